internal import CNGHTTP2

/// What an HTTP/2 session of the gateway makes of bytes that a client sends behind its preface, without a connection:
/// the real session, the real parser of heads, and an answer to every request. For fuzzing.
package struct SessionRehearsal: StreamServant {
    /// Requests that the parser took.
    private var requestCount = 0
    /// Body bytes that were read on.
    private var bodyByteCount = 0

    let rehearsed: RehearsedSession
    private var sockets: Slab<Socket> { rehearsed.sockets }
    private var store: SessionStore { rehearsed.store }
    private var session: Session { rehearsed.session }

    /// - Parameters:
    ///   - input: frames, right or wrong ones.
    ///   - pieceBytes: how many of them come at once.
    package static func play(_ input: [UInt8], pieceBytes: Int) -> (requestCount: Int, bodyByteCount: Int) {
        guard let rehearsed = RehearsedSession(with: .client) else { return (0, 0) }
        var rehearsal = SessionRehearsal(rehearsed: rehearsed)
        rehearsal.play("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0", input, pieceBytes: pieceBytes)
        rehearsed.end()
        return (rehearsal.requestCount, rehearsal.bodyByteCount)
    }

    private init(rehearsed: RehearsedSession) { self.rehearsed = rehearsed }

    mutating func serve(_ socket: Int32) {
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
        guard case .complete = head.parse(text, RehearsedSession.bounds) else { return end(socket) }
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
}
