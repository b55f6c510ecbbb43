internal import Digests
internal import Glibc

/// One connection of the echo server: reads a request, answers, and again. It blocks its thread and keeps nothing of a
/// body but its digest, so any body fits.
struct EchoConnection: ~Copyable {
    private static let headByteCountMax = 64 * 1024
    private static let bufferByteCount = 64 * 1024
    private static let chunkLineByteCountMax = 256

    /// Why a connection ends early.
    private enum End: Error {
        case closed
        case malformed
    }

    private let socket: Int32
    private let server: String
    private var buffer: [UInt8] = []

    /// - Parameter socket: is closed with the connection.
    init(socket: Int32, server: String) {
        self.socket = socket
        self.server = server
    }

    deinit { close(socket) }

    mutating func serve() {
        do throws(End) {
            while try serveOne() {}
        } catch {
            if error == .malformed {
                send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            }
        }
    }

    /// - Returns: whether another request may follow.
    private mutating func serveOne() throws(End) -> Bool {
        guard let head = try readHead() else { return false }
        guard let request = EchoRequest(head: head) else { throw .malformed }
        if request.expectsContinue && request.framing != .none { send("HTTP/1.1 100 Continue\r\n\r\n") }

        var digest = SHA256()
        var byteCount: UInt64 = 0
        switch request.framing {
        case .none: break
        case .length(let count): try readBody(count, &byteCount, &digest)
        case .chunked: try readChunks(&byteCount, &digest)
        }
        let hex = byteCount > 0 ? digest.finish().hex : nil
        let reply = EchoReply(to: request, server: server, bodyByteCount: byteCount, bodyDigest: hex)
        if reply.delayMilliseconds > 0 { usleep(reply.delayMilliseconds * 1000) }
        return send(reply, to: request) && request.keepsAlive
    }

    private func send(_ reply: EchoReply, to request: EchoRequest) -> Bool {
        let hasBody = reply.status != 204 && reply.status != 304
        var text = "HTTP/1.1 \(reply.status) Echo\r\n"
        if hasBody { text += "Content-Type: application/json\r\nContent-Length: \(reply.body.utf8.count)\r\n" }
        text += request.keepsAlive ? "\r\n" : "Connection: close\r\n\r\n"
        if hasBody && request.method != "HEAD" { text += reply.body }
        return send(text)
    }

    /// - Returns: `nil` if the client closed between two requests.
    private mutating func readHead() throws(End) -> ArraySlice<UInt8>? {
        var searched = 0
        while true {
            if let end = endOfHead(from: max(searched - 3, 0)) {
                let head = buffer[..<end]
                buffer.removeSubrange(..<(end + 4))
                return head
            }
            guard buffer.count < Self.headByteCountMax else { throw .malformed }
            searched = buffer.count
            guard receive() else {
                if buffer.isEmpty { return nil }
                throw .closed
            }
        }
    }

    private func endOfHead(from start: Int) -> Int? {
        guard buffer.count >= 4 else { return nil }
        for index in start...(buffer.count - 4) where buffer[index] == 13 {
            if buffer[index + 1] == 10 && buffer[index + 2] == 13 && buffer[index + 3] == 10 { return index }
        }
        return nil
    }

    private mutating func readBody(_ count: UInt64, _ byteCount: inout UInt64, _ digest: inout SHA256) throws(End) {
        var left = count
        while left > 0 {
            if buffer.isEmpty && !receive() { throw .closed }
            let taken = Int(min(UInt64(buffer.count), left))
            digest.update(Array(buffer.prefix(taken)))
            buffer.removeFirst(taken)
            left -= UInt64(taken)
        }
        byteCount += count
    }

    private mutating func readChunks(_ byteCount: inout UInt64, _ digest: inout SHA256) throws(End) {
        while true {
            let line = try readLine()
            let digits = line.prefix { $0 != ";" }
            guard let size = UInt64(digits, radix: 16), size < 1 << 60 else { throw .malformed }
            if size == 0 { break }
            try readBody(size, &byteCount, &digest)
            guard try readLine().isEmpty else { throw .malformed }
        }
        while try !readLine().isEmpty {}
    }

    private mutating func readLine() throws(End) -> String {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = buffer[..<end]
                guard line.last == 13 else { throw .malformed }
                let text = String(decoding: line.dropLast(), as: UTF8.self)
                buffer.removeSubrange(...end)
                return text
            }
            guard buffer.count < Self.chunkLineByteCountMax else { throw .malformed }
            guard receive() else { throw .closed }
        }
    }

    /// Reads what there is into the buffer; `false` at the end, on a fault and after the idle time.
    private mutating func receive() -> Bool {
        while true {
            let piece = [UInt8](unsafeUninitializedCapacity: Self.bufferByteCount) { space, count in
                count = max(recv(socket, space.baseAddress, space.count, 0), 0)
            }
            if piece.isEmpty && errno == EINTR { continue }
            buffer += piece
            return !piece.isEmpty
        }
    }

    @discardableResult
    private func send(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let slice = UnsafeBufferPointer(rebasing: rest)
                let count = Glibc.send(socket, slice.baseAddress, slice.count, Int32(MSG_NOSIGNAL))
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }
}
