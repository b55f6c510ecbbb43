internal import Foundation

/// A request as an upstream received it.
package struct ReceivedRequest: Sendable {
    /// Number of the connection that it came on, from 0.
    package var connection: Int
    package var head: WireHead
    package var body: [UInt8] = []

    package var method: String { String(head.startLine.prefix { $0 != " " }) }
    package var target: String { String(head.startLine.split(separator: " ").dropFirst().first ?? "") }
    package var text: String { String(decoding: body, as: UTF8.self) }
    package subscript(name: String) -> String? { head[name] }
    package func values(_ name: String) -> [String] { head.values(name) }
}

/// One request of an upstream's connection, and what the script does about it.
package final class UpstreamTurn {
    package let wire: Wire
    /// Number of the connection, from 0.
    package let connection: Int
    /// Number of the request on all connections, from 0.
    package let number: Int
    package private(set) var request: ReceivedRequest
    /// Whether another request may follow on the connection.
    package fileprivate(set) var keepsAlive = true
    fileprivate var isBodyRead = false
    private let record: (ReceivedRequest) -> Void

    fileprivate init(
        _ wire: Wire,
        _ request: ReceivedRequest,
        number: Int,
        record: @escaping (ReceivedRequest) -> Void
    ) {
        self.wire = wire
        self.request = request
        self.number = number
        self.record = record
        connection = request.connection
    }

    /// The request's body, read when asked for.
    @discardableResult
    package func readBody() throws -> [UInt8] {
        guard !isBodyRead else { return request.body }
        isBodyRead = true
        request.body = try wire.receiveBody(request.head, untilClose: false)
        record(request)
        return request.body
    }

    /// Says that the body was read by other means, or will not be.
    package func skipBody() { isBodyRead = true }

    /// Reads the body and sends an answer of known length.
    package func answer(_ status: Int = 200, _ fields: [String] = [], _ body: String = "") throws {
        try readBody()
        let lines = (["HTTP/1.1 \(status) Scripted", "Content-Length: \(body.utf8.count)"] + fields)
        try wire.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + (request.method == "HEAD" ? "" : body))
    }

    /// Reads the body and sends these bytes.
    package func send(_ text: String) throws {
        try readBody()
        try wire.send(text)
    }

    /// Closes after what was sent.
    package func close() {
        keepsAlive = false
        isBodyRead = true
        wire.close()
    }

    /// Closes with a reset.
    package func reset() {
        keepsAlive = false
        isBodyRead = true
        wire.reset()
    }
}

/// An upstream of a test's own: a thread per connection, and a script that sees each request.
package final class ScriptedUpstream: @unchecked Sendable {
    package typealias Script = @Sendable (UpstreamTurn) throws -> Void
    /// What becomes of a whole connection, whose number is told.
    package typealias WholeScript = @Sendable (Wire, Int) throws -> Void

    package var port: UInt16 { held.port }
    /// Keeps the port from other tests once nobody listens any more.
    private let held: RefusingPort
    private let listener: Int32
    private let script: Script
    private let whole: WholeScript?
    private let lock = NSCondition()
    private var received: [ReceivedRequest] = []
    private var wires: [Wire] = []
    private var isStopped = false
    private var isListening = true

    /// Listens on loopback.
    ///
    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - receiveBuffer: bytes that the kernel keeps for a script that reads slowly.
    ///   - script: called with each request once its head is there; an error it throws ends the connection.
    ///   - whole: called with each connection, in place of `script`.
    package init(
        port: UInt16 = 0,
        receiveBuffer: Int32? = nil,
        script: @escaping Script = { try $0.answer(200, [], "upstream") },
        whole: WholeScript? = nil
    ) throws {
        self.whole = whole
        self.script = script
        held = try RefusingPort(port)
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        Wire.set(listener, SO_REUSEADDR, Int32(1))
        if let receiveBuffer { Wire.set(listener, SO_RCVBUF, receiveBuffer) }
        var place = Wire.address("127.0.0.1", port: held.port)
        let code = withUnsafePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                bind(listener, place, socklen_t(MemoryLayout<sockaddr_in>.size)) | listen(listener, 128)
            }
        }
        guard code == 0 else {
            Glibc.close(listener)
            throw WireError("cannot listen: \(String(cString: strerror(errno)))")
        }
        Thread.detachNewThread { [self] in acceptAll() }
    }

    // MARK: What came

    /// Requests so far, in the order of their heads.
    package var requests: [ReceivedRequest] { lock.withLock { received } }
    package var connectionCount: Int { lock.withLock { wires.count } }

    /// Waits until so many requests have come.
    package func waitForRequests(_ count: Int, seconds: Double = 20) -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        lock.lock()
        defer { lock.unlock() }
        while received.count < count {
            if !lock.wait(until: end) { return received.count >= count }
        }
        return true
    }

    /// Forgets the requests so far.
    package func forget() { lock.withLock { received = [] } }

    // MARK: Serving

    private func acceptAll() {
        while true {
            let descriptor = accept(listener, nil, nil)
            if descriptor < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                break
            }
            // A program that a test starts meanwhile must not keep the connection open.
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            let wire = Wire(accepted: descriptor)
            let number: Int? = lock.withLock {
                guard !isStopped else { return nil }
                wires.append(wire)
                return wires.count - 1
            }
            guard let number else {
                wire.reset()
                continue
            }
            Thread.detachNewThread { [self] in serve(wire, number) }
        }
        Glibc.close(listener)
        lock.withLock {
            isListening = false
            lock.broadcast()
        }
    }

    private func serve(_ wire: Wire, _ connection: Int) {
        if let whole {
            try? whole(wire, connection)
            return wire.close()
        }
        while let head = try? wire.receiveHead() {
            let request = ReceivedRequest(connection: connection, head: head)
            let number = lock.withLock {
                received.append(request)
                lock.broadcast()
                return received.count - 1
            }
            let turn = UpstreamTurn(wire, request, number: number) { [self] whole in
                lock.withLock { if number < received.count { received[number] = whole } }
            }
            do {
                try script(turn)
                if !turn.isBodyRead { try turn.readBody() }
            } catch { break }
            guard turn.keepsAlive else { return }
        }
        wire.close()
    }

    /// Stops listening and ends all connections, the first time. The port refuses, and can be listened on again.
    package func stop() {
        let open: [Wire]? = lock.withLock {
            // Later the listener's number may be that of another test's.
            guard !isStopped else { return nil }
            isStopped = true
            return wires
        }
        guard let open else { return }
        // Wakes the thread that accepts, which closes the listener: its number must not be another's before.
        shutdown(listener, Int32(SHUT_RDWR))
        for wire in open { wire.cut() }
        lock.lock()
        while isListening { lock.wait() }
        lock.unlock()
    }
}
