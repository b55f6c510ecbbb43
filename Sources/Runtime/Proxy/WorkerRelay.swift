internal import GatewayTable

// Bodies both ways. A stretch that was read is sent before more is read, so a slow reader slows its writer and memory
// stays that of one block per direction.

extension Worker {
    /// Moves an exchange as far as both sides allow.
    mutating func progress(_ x: Int32) {
        guard x >= 0 else { return }
        switch exchanges[x].state {
        case .free, .deciding, .delayed, .connecting: return
        case .consulting: hear(x)
        case .gathering: gatherBody(x)
        case .waiting: if exchanges[x].isCalled { askAgain(x) }
        case .discarding: discardBody(x)
        case .tunneling: relayTunnel(x)
        case .awaitingAnswer, .relaying:
            guard relayRequest(x), relayAnswer(x) else { return }
            armDeadlines(x)
        }
    }

    // MARK: Request

    /// - Returns: whether the exchange goes on.
    private mutating func relayRequest(_ x: Int32) -> Bool {
        let upstream = exchanges[x].upstream
        // Answered before the body was sent: only the answer's last bytes still wait for the client.
        if exchanges[x].isRequestSent || upstream < 0 { return true }
        for _ in 0..<Limits.relayTurnsMax {
            let transmitted = transmit(upstream)
            if sentCount > 0 { exchanges[x].hasUpstreamMoved = true }
            switch transmitted {
            case .done: break
            case .blocked: return true
            case .failed: return sendingFailed(x)
            }
            if exchanges[x].body.isComplete {
                if exchanges[x].trailers.isWaiting {
                    exchanges[x].trailers.isWaiting = false
                    lend(exchanges[x].trailers, to: upstream)
                    continue
                }
                exchanges[x].isRequestSent = true
                return true
            }
            switch stageRequestBody(x) {
            case .data: continue
            case .blocked: return true
            case .ended, .failed:
                abandonClient(exchanges[x].client)
                return false
            case .refused: return false
            }
        }
        enqueue(upstream)
        return true
    }

    /// The upstream takes no more; it may have answered before it closed, so what it said is read first.
    private mutating func sendingFailed(_ x: Int32) -> Bool {
        let upstream = exchanges[x].upstream
        clearOutput(upstream)
        sockets[upstream].hasFailed = false
        sockets[upstream].isReadable = true
        sockets[upstream].isEnding = true
        if sockets[upstream].transport == .tls { sockets[upstream].tls.note(isReadable: true, isEnding: true) }
        exchanges[x].isRequestSent = true
        exchanges[x].closesClient = exchanges[x].closesClient || !exchanges[x].isBodyRead
        return true
    }

    private enum Staged {
        case data
        case blocked
        case ended
        case failed
        case refused
    }

    /// Lends the next stretch of the request's body to the upstream's output.
    private mutating func stageRequestBody(_ x: Int32) -> Staged {
        let client = exchanges[x].client
        if exchanges[x].isBodyHeld { return stageHeldBody(x) ? .data : .failed }
        if exchanges[x].bodyCursor == sockets[client].inputEnd {
            makeRoom(x)
            switch receive(client) {
            case .data: exchanges[x].hasClientMoved = true
            case .blocked: return .blocked
            // The end of a stream is that of a body without a stated length.
            case .ended: guard exchanges[x].body.end() else { return .ended }
            case .failed: return .failed
            }
        }
        guard let block = sockets[client].input else { return .failed }
        let start = exchanges[x].bodyCursor
        guard
            case .progress(let data, let trailers, let consumed) =
                exchanges[x].body.step(block, from: Int(start), to: Int(sockets[client].inputEnd)),
            takeTrailers(x, block, from: Int(start) + data, count: trailers)
        else {
            refuse(x, .malformed)
            return .refused
        }
        exchanges[x].bytesIn += UInt64(data)
        if exchanges[x].bytesIn > exchanges[x].bodyBytesMax {
            metrics.add(.bodyTooLarge)
            refuse(x, .bodyTooLarge)
            return .refused
        }
        exchanges[x].bodyCursor = start + Int32(consumed)
        let upstream = exchanges[x].upstream
        if exchanges[x].isRewindable {
            // The head was sent, and stays as it is for another attempt: copies of the body go behind it.
            sockets[upstream].outputStart = exchanges[x].upstreamHeadCount
            sockets[upstream].outputEnd = exchanges[x].upstreamHeadCount
        }
        lend(
            block,
            start,
            data,
            to: upstream,
            isChunked: exchanges[x].body.framing.isOpen && sockets[upstream].transport != .stream,
            isLast: exchanges[x].body.isComplete && !exchanges[x].trailers.isWaiting
        )
        return .data
    }

    /// Room behind the head for more of the body: everything before was sent.
    mutating func makeRoom(_ x: Int32) {
        let client = exchanges[x].client
        let bodyStart = sockets[client].inputStart + exchanges[x].headCount
        if exchanges[x].bodyCursor > bodyStart, exchanges[x].bodyCursor > Int32(Limits.blockBytes / 2) {
            exchanges[x].isRewindable = false
            exchanges[x].bodyCursor = bodyStart
            sockets[client].inputEnd = bodyStart
        }
        // Requests before this one took the front of the block; their place is free.
        if Int(sockets[client].inputEnd) > Limits.blockBytes / 2 {
            exchanges[x].bodyCursor -= moveInputToFront(client)
        }
    }

    /// Appends a stretch of another block to a connection's output: small ones by copy, behind what is there, so that
    /// one call sends both; large ones by reference.
    mutating func lend(
        _ block: Block,
        _ start: Int32,
        _ count: Int,
        to descriptor: Int32,
        isChunked: Bool,
        isLast: Bool
    ) {
        guard let output = sockets[descriptor].output else { return }
        var writer = ByteWriter(output, count: Int(sockets[descriptor].outputEnd))
        if isChunked, count > 0 {
            writer.append(hexadecimal: UInt64(count))
            writer.append("\r\n")
        }
        let tail: OutputTail =
            !isChunked
            ? .none : isLast ? (count > 0 ? .chunkEndAndLastChunk : .lastChunk) : count > 0 ? .chunkEnd : .none
        if count <= Limits.copiedBodyBytesMax, writer.room > count + 16 {
            writer.append(block.bytes(Int(start), Int(start) + count))
            writer.append(tail.bytes)
        } else {
            sockets[descriptor].borrowed = block
            sockets[descriptor].borrowedStart = start
            sockets[descriptor].borrowedEnd = start + Int32(count)
            sockets[descriptor].tail = tail
        }
        sockets[descriptor].outputEnd = Int32(writer.count)
    }

    // MARK: Answer

    /// - Returns: whether the exchange goes on.
    private mutating func relayAnswer(_ x: Int32) -> Bool {
        let client = exchanges[x].client
        for _ in 0..<Limits.relayTurnsMax {
            if exchanges[x].state == .relaying, !stageAnswerBody(x) { return false }
            let transmitted = transmit(client)
            if sentCount > 0 { exchanges[x].hasClientMoved = true }
            switch transmitted {
            case .done: break
            case .blocked: return true
            case .failed:
                abandonClient(client)
                return false
            }
            if exchanges[x].state == .relaying, exchanges[x].deflation >= 0, isCompressing(x) { continue }
            if exchanges[x].state == .relaying, exchanges[x].answer.isComplete {
                if exchanges[x].answerTrailers.isWaiting {
                    exchanges[x].answerTrailers.isWaiting = false
                    lend(exchanges[x].answerTrailers, to: client)
                    continue
                }
                finish(x)
                return false
            }
            if exchanges[x].cache.isServed { continue }
            let upstream = exchanges[x].upstream
            if exchanges[x].state == .relaying { (sockets[upstream].inputStart, sockets[upstream].inputEnd) = (0, 0) }
            // Counted when the answer has ended: the memory comes while the kernel copies the answer.
            if exchanges[x].state == .awaitingAnswer { metrics.prefetch(series: exchanges[x].series) }
            switch receive(upstream) {
            case .data:
                if exchanges[x].state == .awaitingAnswer, !takeAnswerHead(x) { return false }
                if exchanges[x].state == .tunneling {
                    relayTunnel(x)
                    return false
                }
                // A head that drips is no answer yet.
                if exchanges[x].state == .relaying { exchanges[x].hasUpstreamMoved = true }
            case .blocked: if !flushCompressed(x) { return true }
            case .ended: if !answerEnded(x) { return false }
            case .failed:
                failUpstream(x, sockets[upstream].transport == .stream ? http2.failure(of: upstream) : .closed)
                return false
            }
        }
        // Of an answer that is compressed the upstream may be done with.
        enqueue(exchanges[x].upstream >= 0 ? exchanges[x].upstream : client)
        return true
    }

    /// Lends what was read of the answer's body to the client's output; releases the upstream as soon as nothing of it
    /// is needed any more.
    ///
    /// - Returns: whether the exchange goes on.
    private mutating func stageAnswerBody(_ x: Int32) -> Bool {
        if exchanges[x].deflation >= 0 { return stageCompressed(x) }
        if exchanges[x].cache.isServed {
            stageStored(x)
            return true
        }
        let client = exchanges[x].client
        let upstream = exchanges[x].upstream
        guard upstream >= 0, sockets[client].borrowed == nil else { return true }
        if !exchanges[x].answer.isComplete, sockets[upstream].hasInput, let block = sockets[upstream].input {
            let start = sockets[upstream].inputStart
            guard let data = takeAnswerData(x) else { return false }
            exchanges[x].bytesOut += UInt64(data)
            lend(
                block,
                start,
                data,
                to: client,
                isChunked: exchanges[x].isAnswerChunked,
                isLast: exchanges[x].answer.isComplete && !exchanges[x].answerTrailers.isWaiting
            )
        }
        if exchanges[x].answer.isComplete, sockets[client].borrowed == nil {
            exchanges[x].upstreamEnded = now
            releaseUpstream(x)
        }
        return true
    }

    /// Takes the next data of the answer's body: they stand where the upstream's input began.
    ///
    /// - Returns: how many bytes; `nil` if the exchange has failed.
    @inline(__always)
    mutating func takeAnswerData(_ x: Int32) -> Int? {
        let upstream = exchanges[x].upstream
        let start = Int(sockets[upstream].inputStart)
        guard let block = sockets[upstream].input,
            case .progress(let data, let trailers, let consumed) =
                exchanges[x].answer.step(block, from: start, to: Int(sockets[upstream].inputEnd)),
            takeAnswerTrailers(x, block, from: start + data, count: trailers)
        else {
            failUpstream(x, .malformed)
            return nil
        }
        sockets[upstream].inputStart += Int32(consumed)
        keepData(x, block.bytes(start, start + data))
        return data
    }

    /// The upstream sends no more: the end of a body that the connection delimits, a failure otherwise.
    private mutating func answerEnded(_ x: Int32) -> Bool {
        guard exchanges[x].state == .relaying, exchanges[x].answer.end() else {
            failUpstream(x, .closed)
            return false
        }
        guard completeAnswerTrailers(x) else {
            failUpstream(x, .malformed)
            return false
        }
        if exchanges[x].isAnswerChunked, exchanges[x].deflation < 0, !exchanges[x].answerTrailers.isWaiting {
            lend(inputBlock(exchanges[x].upstream), 0, 0, to: exchanges[x].client, isChunked: true, isLast: true)
        }
        return true
    }

    // MARK: Discarding

    /// Reads the rest of an answered request's body, up to a bound, so that the connection can go on.
    private mutating func discardBody(_ x: Int32) {
        let client = exchanges[x].client
        let gateway = exchanges[x].table.view.gateway
        switch transmit(client) {
        case .done: break
        case .blocked: return rearm(client, .write, after: gateway.writeTimeout, hasMoved: sentCount > 0)
        case .failed: return abandonClient(client)
        }
        for _ in 0..<Limits.relayTurnsMax {
            if exchanges[x].body.isComplete || exchanges[x].bytesIn > Limits.drainedBodyBytesMax { return finish(x) }
            switch receiveBody(x) {
            case .data: break
            case .blocked: return
            case .ended, .failed:
                exchanges[x].closesClient = true
                return finish(x)
            }
            guard let block = sockets[client].input,
                case .progress(let data, _, let consumed) = exchanges[x].body.step(
                    block,
                    from: Int(exchanges[x].bodyCursor),
                    to: Int(sockets[client].inputEnd)
                )
            else {
                exchanges[x].closesClient = true
                return finish(x)
            }
            exchanges[x].bytesIn += UInt64(data)
            exchanges[x].bodyCursor += Int32(consumed)
        }
        enqueue(client)
    }

    /// More of a request's body that is not handed on, unless some of it waits in the client's block. Where nothing
    /// comes now, the client has its deadline.
    mutating func receiveBody(_ x: Int32) -> Received {
        let client = exchanges[x].client
        guard exchanges[x].bodyCursor == sockets[client].inputEnd else { return .data }
        makeRoom(x)
        let received = receive(client)
        switch received {
        case .data: exchanges[x].hasClientMoved = true
        case .blocked:
            rearm(client, .body, after: bodyWait(x), hasMoved: exchanges[x].hasClientMoved)
            exchanges[x].hasClientMoved = false
        case .ended, .failed: break
        }
        return received
    }

    // MARK: Deadlines

    /// Each side has a deadline for what is expected of it now, and none while the other side is awaited. A deadline
    /// that runs is moved only by what its own side did.
    private mutating func armDeadlines(_ x: Int32) {
        let client = exchanges[x].client
        let upstream = exchanges[x].upstream
        let gateway = exchanges[x].table.view.gateway
        let isClientBlocked = sockets[client].hasOutput
        let isBodyAwaited =
            !exchanges[x].isRequestSent && !exchanges[x].isBodyRead && upstream >= 0
            && !sockets[upstream].hasOutput
        if isClientBlocked {
            rearm(client, .write, after: gateway.writeTimeout, hasMoved: exchanges[x].hasClientMoved)
        } else if isBodyAwaited {
            let hasMoved = exchanges[x].hasClientMoved || (isStreaming(x) && exchanges[x].hasUpstreamMoved)
            rearm(client, .body, after: bodyWait(x), hasMoved: hasMoved)
        } else if upstream >= 0, exchanges[x].state == .awaitingAnswer {
            awaitAnswer(x, hedgeAfter: self.upstream(of: x).hedgeAfter)
        } else {
            disarm(client)
        }
        exchanges[x].hasClientMoved = false
        guard upstream >= 0 else { return }
        if isClientBlocked || isBodyAwaited {
            disarm(upstream)
        } else {
            let timeout = self.upstream(of: x).responseTimeout
            rearm(upstream, .response, after: timeout, hasMoved: exchanges[x].hasUpstreamMoved)
        }
        exchanges[x].hasUpstreamMoved = false
    }

    /// Whether the request is one whose body lasts as long as the client likes: over HTTP/2 to the upstream, and of no
    /// stated length, as in gRPC. What either side does shows that it is alive.
    private mutating func isStreaming(_ x: Int32) -> Bool {
        exchanges[x].asksOverHTTP2 && exchanges[x].body.framing.isOpen
    }

    /// Milliseconds that the next piece of a request's body may take: as long as any piece may, and no longer than what
    /// is left for all of them, so that a body that drips does not hold a connection for ever.
    private mutating func bodyWait(_ x: Int32) -> UInt32 {
        let gateway = exchanges[x].table.view.gateway
        if isStreaming(x) { return gateway.bodyTimeout }
        let spent = (now - exchanges[x].started) / 1000
        let left = UInt64(gateway.requestTimeout) - min(UInt64(gateway.requestTimeout), spent)
        return UInt32(min(left, UInt64(gateway.bodyTimeout)))
    }

    /// Gives a side its deadline, or leaves it the one that runs if it did nothing.
    mutating func rearm(_ descriptor: Int32, _ what: Deadline, after milliseconds: UInt32, hasMoved: Bool) {
        if hasMoved || sockets[descriptor].deadline != what { arm(descriptor, what, after: milliseconds) }
    }
}
