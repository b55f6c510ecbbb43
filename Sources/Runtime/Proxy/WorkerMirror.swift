internal import GatewayTable

// mirror: a copy of a request goes to another upstream. The copy is an exchange of its own whose client is nobody: a
// socket without a descriptor that holds the request and swallows the answer. So targets, connections, health, retries
// and deadlines are those of every request, and whatever becomes of the copy, the request itself knows nothing of it.

extension Worker {
    /// Sends the request to its upstream, and a copy of it to another one.
    ///
    /// - Parameter block: holds the head as it is to be sent.
    mutating func forwardWithCopy(_ x: Int32, _ block: Block) {
        let copy = copyRequest(x, to: edits.mirror, capture: edits.mirrorCapture)
        guard copy >= 0 else {
            metrics.add(.mirrorsDropped)
            return attempt(x, block)
        }
        metrics.add(.mirrorsSent)
        metrics.add(.mirrorsOpen)
        let copiedBlock = blocks.take()
        copiedBlock.copy(block.bytes(0, Int(exchanges[x].upstreamHeadCount)), to: 0)
        // Before another head is parsed.
        if upstream(of: copy).balance == BalanceKind.consistentHash.rawValue { exchanges[copy].hash = hashOfKey(copy) }
        attempt(x, block)
        attempt(copy, copiedBlock)
    }

    /// An exchange with the request as it stands in the client's block; -1 if it does not stand there whole, or there
    /// are as many copies in flight as there may be.
    mutating func copyRequest(_ x: Int32, to upstreamIndex: UInt32, capture: UInt8) -> Int32 {
        let client = exchanges[x].client
        guard exchanges[x].upgradeCount == 0, let input = sockets[client].input else { return -1 }
        let start = Int(sockets[client].inputStart)
        var end = start + Int(exchanges[x].headCount)
        switch exchanges[x].body.framing {
        case .none: break
        case .length where exchanges[x].isBodyHeld:
            guard exchanges[x].headCount + consultations[x].heldCount <= Int32(Limits.blockBytes) else { return -1 }
        case .length:
            let left = UInt64(sockets[client].inputEnd - exchanges[x].bodyCursor)
            guard exchanges[x].body.remaining <= left else { return -1 }
            end += Int(exchanges[x].body.remaining)
        case .chunked, .untilClose: return -1
        }
        let socket = mirrors.take(sockets)
        guard socket >= 0 else { return -1 }
        let generation = sockets[socket].generation &+ 1
        let peer = sockets[client]
        sockets[socket] = Socket()
        sockets[socket].generation = generation
        sockets[socket].role = .client
        sockets[socket].state = .busy
        sockets[socket].transport = .sink
        sockets[socket].isWritable = true
        (sockets[socket].peer0, sockets[socket].peer1) = (peer.peer0, peer.peer1)
        (sockets[socket].isTrustedPeer, sockets[socket].isSecure) = (peer.isTrustedPeer, peer.isSecure)
        let block = inputBlock(socket)
        block.copy(input.bytes(start, end), to: 0)
        sockets[socket].inputEnd = Int32(end - start)
        if exchanges[x].isBodyHeld, let held = consultations[x].held {
            block.copy(held.bytes(0, Int(consultations[x].heldCount)), to: end - start)
            sockets[socket].inputEnd += consultations[x].heldCount
        }
        let copy = takeSlot()
        exchanges[copy] = exchanges[x]
        exchanges[copy].isCopy = true
        exchanges[copy].client = socket
        exchanges[copy].isStream = false
        exchanges[copy].isOldClient = false
        exchanges[copy].owesContinue = false
        exchanges[copy].isBodyHeld = false
        exchanges[copy].bodyCursor = exchanges[x].headCount
        exchanges[copy].limitPlace = -1
        exchanges[copy].trailers = Trailers()
        exchanges[copy].consultation = .none
        exchanges[copy].encoding = .none
        exchanges[copy].cache = .none
        (exchanges[copy].answerPlace, exchanges[copy].stalePlace) = (-1, -1)
        // Of an attempt that goes on.
        exchanges[copy].state = .deciding
        exchanges[copy].upstream = -1
        exchanges[copy].duties = TargetDuties()
        exchanges[copy].isRequestSent = false
        exchanges[copy].isReusedConnection = false
        (exchanges[copy].interimCount, exchanges[copy].answer) = (0, BodyReader(.none))
        exchanges[copy].upstreamIndex = upstreamIndex
        exchanges[copy].hashedCapture = capture
        let record = upstream(of: copy)
        exchanges[copy].asksOverHTTP2 = exchanges[x].table.view.targets[record.targets.first].speaksHTTP2
        exchanges[copy].table.inFlightCount += 1
        sockets[socket].exchange = copy
        return copy
    }

    /// A copy was answered.
    mutating func finishCopy(_ x: Int32) {
        if exchanges[x].answerPlace >= 0 { finishCaching(x) }
        if exchanges[x].upstream >= 0 { releaseUpstream(x) }
        endCopy(x)
    }

    /// A copy comes to nothing.
    mutating func abandonCopy(_ x: Int32) {
        if exchanges[x].upstream >= 0 { dropUpstream(x) }
        if exchanges[x].state == .waiting { stopWaiting(x) }
        endCopy(x)
    }

    private mutating func endCopy(_ x: Int32) {
        let socket = exchanges[x].client
        if exchanges[x].cache == .none, exchanges[x].hedgeOf < 0 { metrics.subtract(.mirrorsOpen) }
        returnSlot(x)
        timers.remove(socket, sockets)
        if let block = sockets[socket].input { blocks.give(block) }
        if let block = sockets[socket].output { blocks.give(block) }
        let generation = sockets[socket].generation &+ 1
        sockets[socket] = Socket()
        sockets[socket].generation = generation
        mirrors.give(socket, sockets)
    }
}
