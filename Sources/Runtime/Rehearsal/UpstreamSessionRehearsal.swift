internal import CNGHTTP2

/// What an HTTP/2 session of the gateway makes of bytes that an upstream sends, without a connection: the real session,
/// with requests that wait for their answers, and the real parser of answers. For fuzzing.
package struct UpstreamSessionRehearsal: StreamServant {
    /// Final answers that the parser took.
    private var answerCount = 0
    /// Body bytes that were read on.
    private var bodyByteCount = 0

    let rehearsed: RehearsedSession
    private var sockets: Slab<Socket> { rehearsed.sockets }
    private var store: SessionStore { rehearsed.store }
    private var session: Session { rehearsed.session }
    private static let requestCount = 6

    /// - Parameters:
    ///   - input: frames, right or wrong ones. Streams 1, 3, … 11 wait for answers.
    ///   - pieceBytes: how many of them come at once.
    package static func play(_ input: [UInt8], pieceBytes: Int) -> (answerCount: Int, bodyByteCount: Int) {
        guard let rehearsed = RehearsedSession(with: .upstream) else { return (0, 0) }
        var rehearsal = UpstreamSessionRehearsal(rehearsed: rehearsed)
        for index in 0..<requestCount { rehearsal.ask(hasBody: index % 3 == 2) }
        rehearsal.play("\0\0\0\u{4}\0\0\0\0\0", input, pieceBytes: pieceBytes)
        rehearsed.end()
        return (rehearsal.answerCount, rehearsal.bodyByteCount)
    }

    private init(rehearsed: RehearsedSession) { self.rehearsed = rehearsed }

    /// Sends a request, as the worker writes it.
    private mutating func ask(hasBody: Bool) {
        let socket = store.openStream(on: 0, id: -1, role: .upstream)
        guard socket >= 0 else { return }
        let block = store.blocks.take()
        var writer = ByteWriter(block)
        writer.append(hasBody ? "POST" : "GET")
        writer.append(" /path HTTP/1.1\r\nHost: upstream\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n")
        sockets[socket].output = block
        sockets[socket].outputEnd = Int32(writer.count)
        if !session.sendRequestHead(socket, scheme: "http", isLast: !hasBody) { close(socket) }
    }

    mutating func serve(_ socket: Int32) {
        let scratch = store.blocks.take()
        defer { store.blocks.give(scratch) }
        if store[socket].headsCount > 0 {
            let count = store.takeHeads(of: socket, into: scratch, from: 0)
            guard readHeads(scratch.bytes(0, count)) else { return close(socket) }
        }
        let count = store.takeKept(of: socket, into: scratch, from: 0)
        bodyByteCount += count
        if count > 0, !store[socket].isClosed { session.consume(store[socket].id, count) }
        let isOver = store[socket].isClosed || store[socket].hasPeerEnded
        if isOver, store[socket].storedCount == 0 { close(socket) }
    }

    /// Interim answers, and perhaps a final one: whole heads, and nothing else.
    ///
    /// - Returns: whether the exchange would go on.
    private mutating func readHeads(_ text: Bytes) -> Bool {
        var rest = text
        while !rest.isEmpty {
            var head = AnswerHead()
            switch head.parse(rest, isToHead: false) {
            case .refused: return false
            case .incomplete: preconditionFailure("a head that was written has no end")
            case .complete: break
            }
            rest = rest.from(head.message.count)
            if head.status < 200 { continue }
            // Nothing was smuggled in: behind the final head stands no other one.
            precondition(rest.isEmpty)
            answerCount += 1
        }
        return true
    }

    private func close(_ socket: Int32) {
        if !store[socket].isClosed, store[socket].id >= 0 {
            session.forget(store[socket].id)
            session.reset(store[socket].id, NGHTTP2_CANCEL)
        }
        store.closeStream(socket)
    }
}
