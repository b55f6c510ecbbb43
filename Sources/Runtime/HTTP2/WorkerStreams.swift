internal import CNGHTTP2
internal import GatewayTable

// Streams of HTTP/2 as sockets: requests come from them and answers go to them, or the other way round, as if they were
// connections.

extension Worker {
    /// Something happened to a stream.
    mutating func serveEvent(_ socket: Int32) {
        if sockets[socket].role == .upstream { return progress(sockets[socket].exchange) }
        let record = http2[socket]
        if record.isClosed, !record.isEndSent { return closeClient(socket) }
        guard !record.isStarted else { return advance(socket) }
        if record.hasHead { startInOrder(socket) }
    }

    /// The head of a request is complete: it goes the way of every request.
    mutating func startStream(_ socket: Int32) {
        http2[socket].isStarted = true
        if http2[socket].isHeadMalformed { return resetMalformed(socket) }
        if http2[socket].isHeadTooLarge { return refuseMalformed(socket, .headTooLarge) }
        guard let block = sockets[socket].input else { return closeClient(socket) }
        switch head.parse(block.bytes(0, Int(sockets[socket].inputEnd)), current.bounds) {
        // The parser finds the end where it was written, or the head is none.
        case .complete where head.message.count == Int(sockets[socket].inputEnd):
            head.takeStream(hasEnded: http2[socket].hasEndedEmpty)
            begin(socket)
        case .refused:
            let kind = RefusalKind.of(head.fault)
            if kind == .malformed { return resetMalformed(socket) }
            refuseMalformed(socket, kind)
        case .complete, .incomplete: resetMalformed(socket)
        }
    }

    /// A malformed request is a stream error (RFC 9113 section 8.1.1).
    private mutating func resetMalformed(_ socket: Int32) {
        metrics.add(.malformed400)
        endStream(socket, NGHTTP2_PROTOCOL_ERROR)
    }

    // MARK: Reading

    /// Reads on what came of a stream: heads of answers, then the body.
    mutating func receiveStream(_ socket: Int32) -> Received {
        guard sockets[socket].isReadable else { return sockets[socket].hasEnded ? .ended : .blocked }
        if http2[socket].headsCount > 0 {
            let count = http2.takeHeads(of: socket, into: inputBlock(socket), from: Int(sockets[socket].inputEnd))
            sockets[socket].inputEnd += Int32(count)
            return count > 0 ? .data : .failed
        }
        if http2[socket].storedCount > 0 {
            let block = inputBlock(socket)
            let count = http2.takeKept(of: socket, into: block, from: Int(sockets[socket].inputEnd))
            sockets[socket].inputEnd += Int32(count)
            let carrier = http2[socket].carrier
            if !http2[socket].isClosed {
                Session(http2, carrier).consume(http2[socket].id, count)
                enqueue(carrier)
            }
            sockets[socket].isReadable =
                http2[socket].storedCount > 0 || http2[socket].hasPeerEnded || http2[socket].isClosed
            return .data
        }
        sockets[socket].isReadable = false
        if http2[socket].hasPeerEnded {
            sockets[socket].hasEnded = true
            return .ended
        }
        return http2[socket].isClosed ? .failed : .blocked
    }

    // MARK: Writing

    /// Hands what waits to the session: heads by translation, the body as far as windows and the connection admit.
    mutating func transmitStream(_ socket: Int32) -> Transmitted {
        sentCount = 0
        guard !http2[socket].isClosed || http2[socket].isEndSent else { return .failed }
        let session = Session(http2, http2[socket].carrier)
        let isLast = isLastStaged(socket)
        var hasNews = false
        while !http2[socket].isHeadSent, sockets[socket].hasOutput {
            hasNews = true
            if sockets[socket].role == .upstream {
                guard session.sendRequestHead(socket, scheme: scheme(of: sockets[socket].exchange), isLast: isLast)
                else {
                    session.refuse(socket)
                    return .failed
                }
                break
            }
            switch session.sendAnswerHead(socket, isLast: isLast) {
            case .interim: continue
            case .final: break
            case .refused: return .failed
            }
        }
        guard http2[socket].isHeadSent else {
            if hasNews { enqueue(http2[socket].carrier) }
            return .done
        }
        http2[socket].isLastStaged = isLast
        let needsEnd = isLast && !http2[socket].isEndSent
        if sockets[socket].hasOutput || needsEnd {
            hasNews = true
            session.resume(socket)
        }
        if hasNews {
            // What fits goes to the connection's output now; the connection sends when all streams had their turn.
            enqueue(http2[socket].carrier)
            guard session.pump() else { return .failed }
        }
        sentCount = Int(http2[socket].sentCount)
        http2[socket].sentCount = 0
        let isDone = !sockets[socket].hasOutput && (!isLast || http2[socket].isEndSent)
        return isDone ? .done : .blocked
    }

    /// Whether the output holds the last of the message.
    private mutating func isLastStaged(_ socket: Int32) -> Bool {
        if sockets[socket].state == .closing { return true }
        let x = sockets[socket].exchange
        if sockets[socket].role == .upstream { return exchanges[x].body.isComplete && !exchanges[x].trailers.isWaiting }
        return x >= 0 && exchanges[x].state == .relaying && exchanges[x].answer.isComplete
            && !exchanges[x].answerTrailers.isWaiting && exchanges[x].deflation < 0
    }

    // MARK: The end

    /// The exchange is over. A client that still sends is told that this is of no use, or that the answer is cut.
    mutating func closeStream(_ socket: Int32) {
        endStream(socket, http2[socket].isEndSent ? NGHTTP2_NO_ERROR : NGHTTP2_INTERNAL_ERROR)
    }

    /// nghttp2 hears of the stream no more, nor does anybody else.
    mutating func endStream(_ socket: Int32, _ code: nghttp2_error_code) {
        timers.remove(socket, sockets)
        let record = http2[socket]
        // A request to an upstream has no number before it is handed on.
        if !record.isClosed, record.id >= 0 {
            let session = Session(http2, record.carrier)
            session.forget(record.id)
            if !record.isEndSent || !record.hasPeerEnded { session.reset(record.id, code) }
            // Body bytes that nobody read are acknowledged with the stream's end; only the connection's window counts.
            enqueue(record.carrier)
        }
        http2.closeStream(socket)
    }
}
