internal import CNGHTTP2

/// What an HTTP/2 session of the gateway makes of bytes that a client sends behind its preface, without a connection:
/// the real session, the real parser of heads, and an answer to every request. For fuzzing.
package struct SessionRehearsal {
    /// Requests that the parser took.
    package private(set) var requestCount = 0
    /// Body bytes that were read on.
    package private(set) var bodyByteCount = 0
    /// The session goes on.
    package private(set) var goesOn = true

    private let sockets: Slab<Socket>
    private let store: SessionStore
    private let session: Session
    private static let bounds = RequestHeadBounds(headBytesMax: 4_096, fieldCountMax: 32)

    /// - Parameters:
    ///   - input: frames, right or wrong ones.
    ///   - pieceBytes: how many of them come at once.
    package static func play(_ input: [UInt8], pieceBytes: Int) -> (requestCount: Int, bodyByteCount: Int) {
        guard var rehearsal = SessionRehearsal() else { return (0, 0) }
        rehearsal.take(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0".utf8))
        var start = 0
        while start < input.count, rehearsal.goesOn {
            let end = min(start + max(pieceBytes, 1), input.count)
            rehearsal.take(Array(input[start..<end]))
            start = end
        }
        let outcome = (rehearsal.requestCount, rehearsal.bodyByteCount)
        rehearsal.end()
        return outcome
    }

    private init?() {
        guard let metrics = WorkerMetrics.make() else { return nil }
        sockets = Slab(zeroed: 1 + 64)
        sockets[0] = Socket()
        store = SessionStore(sockets: sockets, descriptorCount: 1, blocks: BlockPool(), metrics: metrics)
        store.setBounds(SessionRehearsal.bounds, openCountMax: 64)
        guard let session = Session.begin(store, 0, role: .client, now: 0) else { return nil }
        self.session = session
    }

    private mutating func take(_ bytes: [UInt8]) {
        goesOn = unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return true }
            // The array is valid for the call.
            return unsafe session.feed(Bytes(base, count: buffer.count), now: 0)
        }
        while goesOn {
            let socket = store.takeEvent(0)
            guard socket >= 0 else { break }
            serve(socket)
        }
        if goesOn { goesOn = session.pump() }
        // Whoever sent this reads everything.
        (sockets[0].outputStart, sockets[0].outputEnd) = (0, 0)
    }

    private mutating func serve(_ socket: Int32) {
        if store[socket].isClosed { return store.closeStream(socket) }
        if store[socket].hasHead, !store[socket].isStarted { start(socket) }
        let scratch = store.blocks.take()
        let count = store.takeKept(of: socket, into: scratch, from: 0)
        store.blocks.give(scratch)
        bodyByteCount += count
        if count > 0 { session.consume(store[socket].id, count) }
    }

    private mutating func start(_ socket: Int32) {
        store[socket].isStarted = true
        guard let block = sockets[socket].input, !store[socket].isHeadMalformed, !store[socket].isHeadTooLarge else {
            return end(socket)
        }
        var head = RequestHead()
        let text = block.bytes(0, Int(sockets[socket].inputEnd))
        guard case .complete = head.parse(text, SessionRehearsal.bounds) else { return end(socket) }
        // Nothing was smuggled in: one head, whose fields are those that were written, and no framing of HTTP/1.1.
        precondition(head.message.count == text.count)
        precondition(head.framing != .chunked && head.upgrade.isEmpty)
        requestCount += 1
        let output = store.blocks.take()
        var writer = ByteWriter(output)
        writer.append("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Host: ")
        writer.append(head.authority)
        writer.append("\r\n\r\nok")
        sockets[socket].output = output
        sockets[socket].outputEnd = Int32(writer.count)
        if case .refused = session.sendAnswerHead(socket, isLast: true) { end(socket) }
    }

    private func end(_ socket: Int32) {
        session.forget(store[socket].id)
        session.reset(store[socket].id, NGHTTP2_PROTOCOL_ERROR)
        store.closeStream(socket)
    }

    /// Gives back what the session held.
    private func end() {
        while session.record.firstStream >= 0 { store.closeStream(session.record.firstStream) }
        session.end()
        if let block = sockets[0].output { store.blocks.give(block) }
        store.blocks.deallocate()
        store.metrics.deallocate()
        store.deallocate()
        sockets.deallocate()
    }
}
