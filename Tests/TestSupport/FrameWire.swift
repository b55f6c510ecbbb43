/// A frame of HTTP/2 (RFC 9113 section 4.1).
package struct Frame: Sendable {
    package enum Kind: UInt8, Sendable {
        case data = 0
        case headers
        case priority
        case reset
        case settings
        case pushPromise
        case ping
        case goAway
        case windowUpdate
        case continuation
        /// What no specification knows.
        case unknown = 0x77
    }

    package static let endStream: UInt8 = 1
    package static let acknowledgement: UInt8 = 1
    package static let endHeaders: UInt8 = 4

    package var kind: Kind
    package var flags: UInt8
    package var stream: UInt32
    package var payload: [UInt8]
    /// Of a whole header block that came: what it says.
    package var fields: [(name: String, value: String)] = []

    package init(_ kind: Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
        (self.kind, self.flags, self.stream, self.payload) = (kind, flags, stream, payload)
    }

    package var bytes: [UInt8] {
        let count = payload.count
        return [UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255), kind.rawValue, flags]
            + Frame.bytes(stream) + payload
    }

    /// The first value of a field of the header block.
    package subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    package var endsStream: Bool { (kind == .data || kind == .headers) && flags & Frame.endStream != 0 }

    /// The 32 bits at an offset of the payload, such as an error code.
    package func number(at offset: Int = 0) -> UInt32 {
        payload[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    package static func bytes(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    package static func headers(
        _ stream: UInt32,
        _ fields: [(String, String)],
        endsStream: Bool = true,
        endsHeaders: Bool = true
    ) -> Frame {
        let flags = (endsStream ? Frame.endStream : 0) | (endsHeaders ? Frame.endHeaders : 0)
        return Frame(.headers, flags: flags, stream: stream, fields.flatMap { literal($0.0, $0.1) })
    }

    package static func data(_ stream: UInt32, _ text: String, endsStream: Bool = false) -> Frame {
        Frame(.data, flags: endsStream ? Frame.endStream : 0, stream: stream, Array(text.utf8))
    }

    package static func reset(_ stream: UInt32, code: UInt32 = 8) -> Frame {
        Frame(.reset, stream: stream, bytes(code))
    }

    package static func windowUpdate(_ stream: UInt32, _ count: UInt32) -> Frame {
        Frame(.windowUpdate, stream: stream, bytes(count))
    }

    package static func settings(_ entries: [(UInt16, UInt32)]) -> Frame {
        Frame(.settings, entries.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 255)] + bytes($0.1) })
    }

    /// A field that no table keeps (RFC 7541 section 6.2.2), byte for byte.
    package static func literal(_ name: String, _ value: String) -> [UInt8] {
        [0] + text(Array(name.utf8)) + text(Array(value.utf8))
    }

    private static func text(_ bytes: [UInt8]) -> [UInt8] { integer(bytes.count, bits: 7) + bytes }

    private static func integer(_ value: Int, bits: Int) -> [UInt8] {
        let most = 1 << bits - 1
        guard value >= most else { return [UInt8(value)] }
        var rest = value - most
        var bytes = [UInt8(most)]
        while rest >= 128 {
            bytes.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}

/// A client or a server that writes frames byte by byte, right or wrong ones, and reads what comes.
package final class FrameWire {
    package static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    package let wire: Wire
    /// Answers acknowledgements are owed to.
    private let acknowledges: Bool
    private let reader = HeaderBlockReader()

    /// What came on one stream.
    package struct Answer {
        package var status = 0
        package var body: [UInt8] = []
        package var text: String { String(decoding: body, as: UTF8.self) }
        /// Fields of its head, and behind its body.
        package var fields: [(name: String, value: String)] = []
        package var trailers: [(name: String, value: String)] = []
        /// The stream was reset with this code.
        package var reset: UInt32?
    }

    /// Sends the preface and settings of its own; the gateway may keep no table of fields, so that each header block
    /// can be read by itself.
    package init(_ wire: Wire, settings: [(UInt16, UInt32)] = [], acknowledges: Bool = true) throws {
        self.wire = wire
        self.acknowledges = acknowledges
        try wire.send(Array(FrameWire.preface.utf8) + Frame.settings([(1, 0)] + settings).bytes)
    }

    /// Serves a connection that was accepted: reads the client's preface, and sends settings.
    package init(serving wire: Wire, settings: [(UInt16, UInt32)] = []) throws {
        self.wire = wire
        acknowledges = true
        let preface = try wire.receive(exactly: FrameWire.preface.utf8.count)
        guard preface == Array(FrameWire.preface.utf8) else { throw WireError("no preface") }
        try wire.send(Frame.settings(settings).bytes)
    }

    package func send(_ frames: Frame...) throws { try wire.send(frames.flatMap(\.bytes)) }

    /// The fields of a request, as every client sends them.
    package static func request(_ method: String, _ path: String, _ more: [(String, String)] = []) -> [(String, String)]
    {
        [(":method", method), (":scheme", "http"), (":authority", "gateway.test"), (":path", path)] + more
    }

    /// The next frame; `nil` at the end of the connection.
    package func receive() throws -> Frame? {
        guard let first = try? wire.receive(exactly: 9) else { return nil }
        let count = Int(first[0]) << 16 | Int(first[1]) << 8 | Int(first[2])
        let stream = first[5...8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let payload = try wire.receive(exactly: count)
        let kind = Frame.Kind(rawValue: first[3]) ?? .unknown
        var frame = Frame(kind, flags: first[4], stream: stream & 0x7FFF_FFFF, payload)
        if kind == .headers { frame.fields = reader.read(payload) }
        if acknowledges, kind == .settings, first[4] & Frame.acknowledgement == 0 {
            wire.trySend(Frame(.settings, flags: Frame.acknowledgement).bytes)
        }
        return frame
    }

    /// The next frame of a kind; others are passed over. `nil` at the end of the connection.
    package func receive(_ kind: Frame.Kind) throws -> Frame? {
        while let frame = try receive() {
            if frame.kind == kind { return frame }
        }
        return nil
    }

    /// Everything on a stream up to its end; other streams are passed over.
    package func answer(_ stream: UInt32) throws -> Answer {
        var answer = Answer()
        while let frame = try receive() {
            guard frame.stream == stream else { continue }
            switch frame.kind {
            case .headers:
                let status = Int(frame[":status"] ?? "") ?? 0
                if answer.status > 0 {
                    answer.trailers = frame.fields
                } else if status >= 200 {
                    (answer.status, answer.fields) = (status, frame.fields)
                }
            case .data: answer.body += frame.payload
            case .reset:
                answer.reset = frame.number()
                return answer
            default: continue
            }
            if frame.endsStream { return answer }
        }
        throw WireError("the connection ended before stream \(stream) did")
    }

    /// The error code with which the gateway ends the connection.
    package func goAwayCode() throws -> UInt32? { try receive(.goAway)?.number(at: 4) }
}

extension RunningGateway {
    /// A connection that speaks HTTP/2, frame by frame.
    package func connectFrames(
        settings: [(UInt16, UInt32)] = [],
        receiveBuffer: Int32? = nil,
        acknowledges: Bool = true
    ) throws -> FrameWire {
        try FrameWire(connect(receiveBuffer: receiveBuffer), settings: settings, acknowledges: acknowledges)
    }
}
