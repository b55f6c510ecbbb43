internal import CPlatform
internal import GatewayTable
internal import Glibc

// The client's side: accept, read requests, answer, go on or close.

extension Worker {
    // MARK: Accepting

    mutating func acceptClients(_ listener: Int32) {
        // A handshake costs as much as many requests: while there is too much to do, those to come wait in the kernel.
        let most = lag.isOverloaded && sockets[listener].isSecure ? 1 : Limits.acceptCountMax
        for _ in 0..<most {
            var peer = apic_peer()
            let descriptor = unsafe apic_accept(listener, &peer)
            if descriptor < 0 {
                switch -descriptor {
                case EMFILE, ENFILE, ENOBUFS, ENOMEM: pauseAccepting(listener)
                default: break
                }
                return
            }
            metrics.add(.clientsAccepted)
            guard clientCount < clientCountMax else {
                turnAway(descriptor, from: listener)
                continue
            }
            guard register(descriptor, .client, edges: true) else {
                metrics.add(.clientsRefused)
                close(descriptor)
                continue
            }
            clientCount += 1
            metrics.add(.clientsOpen)
            sockets[descriptor].isWritable = true
            welcome(descriptor, PeerAddress(peer), port: peer.port)
            arm(descriptor, .head, after: current.view.gateway.headTimeout)
            sockets[descriptor].isSecure = sockets[listener].isSecure
            if sockets[listener].takesProxyHeader {
                sockets[descriptor].state = .greeting
            } else if !admit(descriptor) {
                closeClient(descriptor)
            } else if sockets[listener].isSecure {
                beginHandshake(descriptor)
            }
        }
    }

    /// Notes whose connection it is.
    mutating func welcome(_ descriptor: Int32, _ address: PeerAddress, port: UInt16) {
        sockets[descriptor].peer0 = address.high
        sockets[descriptor].peer1 = address.low
        sockets[descriptor].peerPort = port
        sockets[descriptor].peerTextCount = address.write(into: &sockets[descriptor].peerText)
        sockets[descriptor].isTrustedPeer = address.isIn(current.view.trustedBlocks)
    }

    /// Counts the connection for its address.
    ///
    /// - Returns: whether the address may have one more.
    mutating func admit(_ descriptor: Int32) -> Bool {
        let most = current.view.gateway.connectionsPerAddressMax
        let address = PeerAddress(high: sockets[descriptor].peer0, low: sockets[descriptor].peer1)
        if most == 0 || sockets[descriptor].isTrustedPeer || address.isUnix { return true }
        sockets[descriptor].isCountedByAddress = settings.addresses.enter(address, max: most)
        if !sockets[descriptor].isCountedByAddress { metrics.add(.clientsRefusedByAddress) }
        return sockets[descriptor].isCountedByAddress
    }

    /// Out of descriptors or memory: waiting connections stay in the kernel's queue until something is freed.
    private mutating func pauseAccepting(_ listener: Int32) {
        _ = apic_epoll_remove(epoll, listener)
        isAcceptPaused = true
        arm(listener, .acceptPause, after: 100)
    }

    mutating func resumeAccepting() {
        isAcceptPaused = false
        for listener in listeners where sockets[listener.descriptor].role == .listener {
            // A listener that was not removed says EEXIST, which is as good.
            let descriptor = listener.descriptor
            _ = apic_epoll_add(epoll, descriptor, sockets[descriptor].generation, 0)
        }
    }

    // MARK: Reading requests

    mutating func advanceClient(_ descriptor: Int32) {
        switch sockets[descriptor].state {
        case .idle: serveRequests(descriptor)
        case .busy:
            let x = sockets[descriptor].exchange
            // A tunnel reads first what came before both directions were closed, which also looks like a failure.
            if sockets[descriptor].hasFailed, x < 0 || exchanges[x].state != .tunneling {
                abandonClient(descriptor)
            } else {
                progress(sockets[descriptor].exchange)
            }
        case .closing: finishClosing(descriptor)
        case .lingering: linger(descriptor)
        case .handshaking: shakeHands(withClient: descriptor)
        case .greeting: takeProxyHeader(descriptor)
        case .multiplexed: advanceCarrier(descriptor)
        case .connecting: break
        }
    }

    /// Reads and answers requests until one waits for an upstream, the client has to send more, or others want a turn.
    mutating func serveRequests(_ descriptor: Int32) {
        servedClient = descriptor
        defer { servedClient = -1 }
        var turns = 0
        while sockets[descriptor].role == .client, sockets[descriptor].state == .idle {
            switch transmit(descriptor) {
            case .done: break
            case .blocked:
                rearm(descriptor, .write, after: current.view.gateway.writeTimeout, hasMoved: sentCount > 0)
                return
            case .failed:
                closeClient(descriptor)
                return
            }
            if hasToWait(descriptor) { return arrive(descriptor) }
            if sockets[descriptor].hasInput, isWorthParsing(descriptor, bytesMax: current.bounds.headBytesMax) {
                switch parseRequest(descriptor) {
                case .complete:
                    begin(descriptor)
                    turns += 1
                    if turns == Limits.pipelineTurnsMax {
                        enqueue(descriptor)
                        return
                    }
                    continue
                case .refused:
                    switch isPreface(descriptor) {
                    case .whole: return beginSession(descriptor)
                    case .partial: waitForRest(descriptor)
                    case .none: return refuseMalformed(descriptor, RefusalKind.of(head.fault))
                    }
                case .incomplete: waitForRest(descriptor)
                }
            }
            switch receive(descriptor) {
            case .data: continue
            case .blocked:
                rest(descriptor)
                return
            case .ended, .failed:
                closeClient(descriptor)
                return
            }
        }
    }

    private mutating func parseRequest(_ descriptor: Int32) -> RequestHead.Outcome {
        guard let block = sockets[descriptor].input else { return .incomplete }
        var start = Int(sockets[descriptor].inputStart)
        let end = Int(sockets[descriptor].inputEnd)
        // One empty line before a request is forgiven (RFC 9112 section 2.2).
        if block[start] == ASCII.cr {
            guard end - start >= 2 else { return .incomplete }
            if block[start + 1] == ASCII.lf {
                start += 2
                sockets[descriptor].inputStart = Int32(start)
                if start == end { return .incomplete }
            }
        }
        return head.parse(block.bytes(start, end), current.bounds)
    }

    private mutating func waitForRest(_ descriptor: Int32) {
        keepHead(descriptor)
        if sockets[descriptor].deadline != .head {
            arm(descriptor, .head, after: current.view.gateway.headTimeout)
        }
    }

    /// Nothing to do until the client sends: gives back the blocks and waits.
    private mutating func rest(_ descriptor: Int32) {
        guard !sockets[descriptor].hasInput else { return }
        giveBackInput(descriptor)
        giveBackOutput(descriptor)
        if phase != .serving && phase != .yielding {
            closeClient(descriptor)
        } else if sockets[descriptor].deadline != .idle, sockets[descriptor].deadline != .head {
            // A head is still awaited: of the first request, or behind an empty line.
            armIdle(descriptor)
        }
    }

    /// A connection waits for the next request.
    mutating func armIdle(_ descriptor: Int32) {
        let idleTimeout = current.view.gateway.idleTimeout
        guard sockets[descriptor].transport == .tls else { return arm(descriptor, .idle, after: idleTimeout) }
        sockets[descriptor].isResting = false
        arm(descriptor, .idle, after: min(idleTimeout, Limits.secureRestMilliseconds))
    }

    // MARK: Exchanges

    /// Takes an exchange for the request whose head was just parsed, and lets policy decide.
    mutating func begin(_ descriptor: Int32) {
        disarm(descriptor)
        let x = takeExchange(descriptor)
        sockets[descriptor].state = .busy
        sockets[descriptor].exchange = x
        sockets[descriptor].requestCount &+= 1
        sockets[descriptor].scannedEnd = 0
        exchanges[x].headCount = Int32(head.message.count)
        exchanges[x].methodCount = UInt16(head.method.count)
        exchanges[x].isOldClient = head.minorVersion == 0
        exchanges[x].closesClient = !head.keepsAlive || phase != .serving
        exchanges[x].owesContinue = head.expectsContinue
        exchanges[x].body = BodyReader(head.framing, length: head.contentLength)
        if !head.upgrade.isEmpty { noteUpgrade(x) }
        exchanges[x].bodyCursor = sockets[descriptor].inputStart + Int32(head.message.count)
        decide(x)
    }

    /// A place for an exchange.
    mutating func takeSlot() -> Int32 {
        if freeExchange >= 0 {
            let x = freeExchange
            freeExchange = exchanges[x].next
            return x
        }
        // There are as many exchanges as sockets, and a client has at most one.
        exchangeCount += 1
        return Int32(exchangeCount - 1)
    }

    mutating func takeExchange(_ descriptor: Int32) -> Int32 {
        let x = takeSlot()
        exchanges[x] = Exchange()
        exchanges[x].state = .deciding
        exchanges[x].client = descriptor
        exchanges[x].isStream = sockets[descriptor].transport == .stream
        exchanges[x].table = current
        exchanges[x].started = calledClient == descriptor ? calledSince : now
        exchanges[x].startedWall = wall - Int64(now - exchanges[x].started) / 1000
        current.inFlightCount += 1
        metrics.add(.requestsInFlight)
        requestCount += 1
        return x
    }

    /// The exchange is over and its answer is with the kernel, or in the client's output block.
    mutating func finish(_ x: Int32) {
        if exchanges[x].isCopy { return finishCopy(x) }
        let descriptor = exchanges[x].client
        record(x)
        if exchanges[x].answerPlace >= 0 { finishCaching(x) }
        if exchanges[x].upstream >= 0 { releaseUpstream(x) }
        let cursor = exchanges[x].bodyCursor
        let isBodyRead = exchanges[x].isBodyRead
        let closes = exchanges[x].closesClient
        freeSlot(x)
        sockets[descriptor].exchange = -1
        sockets[descriptor].inputStart = cursor
        if cursor == sockets[descriptor].inputEnd {
            (sockets[descriptor].inputStart, sockets[descriptor].inputEnd) = (0, 0)
        }
        if closes || !isBodyRead {
            sockets[descriptor].state = .closing
            finishClosing(descriptor)
            return
        }
        sockets[descriptor].state = .idle
        if descriptor == servedClient {
            // Its loop goes on by itself.
        } else if sockets[descriptor].hasInput || sockets[descriptor].isReadable || sockets[descriptor].hasOutput {
            enqueue(descriptor)
        } else {
            rest(descriptor)
        }
    }

    mutating func freeSlot(_ x: Int32) {
        if exchanges[x].state == .tunneling {
            metrics.subtract(.tunnelsOpen)
        } else {
            metrics.subtract(.requestsInFlight)
            requestCount -= 1
        }
        if exchanges[x].limitPlace >= 0 { inFlight.leave(exchanges[x].limitPlace) }
        if exchanges[x].consultation != .none {
            forgetConsultation(x)
            releaseHeldBody(x)
        }
        returnSlot(x)
    }

    /// Gives back what every exchange holds, and its place.
    mutating func returnSlot(_ x: Int32) {
        let table = exchanges[x].table
        endCompression(x)
        dropAnswer(x)
        dropStale(x)
        dropHedge(x)
        forgetHedge(x)
        if let block = exchanges[x].trailers.block { blocks.give(block) }
        if let block = exchanges[x].answerTrailers.block { blocks.give(block) }
        exchanges[x].state = .free
        exchanges[x].next = freeExchange
        freeExchange = x
        table.inFlightCount -= 1
        if table.inFlightCount == 0, !table.isCurrent { release(table) }
    }

    // MARK: Closing

    /// The last answer is on its way; closes when it is gone. What the client still sends is read for a while, because
    /// closing on unread bytes resets the connection and may destroy the answer on its way (RFC 9112 section 9.6).
    mutating func finishClosing(_ descriptor: Int32) {
        switch transmit(descriptor) {
        case .blocked:
            rearm(descriptor, .write, after: current.view.gateway.writeTimeout, hasMoved: sentCount > 0)
        case .failed: closeClient(descriptor)
        case .done:
            // A stream ends with its answer.
            if sockets[descriptor].hasEnded || sockets[descriptor].hasFailed
                || sockets[descriptor].transport == .stream
            {
                closeClient(descriptor)
                return
            }
            endSending(descriptor)
            sockets[descriptor].state = .lingering
            arm(descriptor, .linger, after: Limits.lingerMilliseconds)
            linger(descriptor)
        }
    }

    private mutating func linger(_ descriptor: Int32) {
        for _ in 0..<Limits.relayTurnsMax {
            (sockets[descriptor].inputStart, sockets[descriptor].inputEnd) = (0, 0)
            switch receive(descriptor) {
            case .data: continue
            case .blocked:
                giveBackInput(descriptor)
                return
            case .ended, .failed:
                closeClient(descriptor)
                return
            }
        }
        enqueue(descriptor)
    }

    mutating func closeClient(_ descriptor: Int32) {
        if sockets[descriptor].exchange >= 0 {
            abandonClient(descriptor)
            return
        }
        if sockets[descriptor].transport == .stream { return closeStream(descriptor) }
        if sockets[descriptor].state == .multiplexed { leaveSession(descriptor) }
        if sockets[descriptor].isTurnedAway {
            turnedAwayCount -= 1
        } else {
            clientCount -= 1
            metrics.subtract(.clientsOpen)
        }
        if sockets[descriptor].isCountedByAddress {
            settings.addresses.leave(
                PeerAddress(high: sockets[descriptor].peer0, low: sockets[descriptor].peer1)
            )
        }
        closeSocket(descriptor)
    }

    /// The client is gone, or its answer cannot be completed: ends the exchange without one.
    mutating func abandonClient(_ descriptor: Int32) {
        let x = sockets[descriptor].exchange
        if x >= 0 {
            if exchanges[x].isCopy { return abandonCopy(x) }
            if exchanges[x].consultation == .asking { stopConsulting(x) }
            record(x)
            clearOutput(descriptor)
            if exchanges[x].upstream >= 0 { dropUpstream(x) }
            if exchanges[x].state == .waiting { stopWaiting(x) }
            freeSlot(x)
            sockets[descriptor].exchange = -1
            // A reset, so that nobody takes a cut answer for a whole one.
            resetOnClose(descriptor)
        }
        closeClient(descriptor)
    }

    /// Forgets what waits to be sent.
    mutating func clearOutput(_ descriptor: Int32) {
        (sockets[descriptor].outputStart, sockets[descriptor].outputEnd) = (0, 0)
        sockets[descriptor].borrowed = nil
        (sockets[descriptor].borrowedStart, sockets[descriptor].borrowedEnd) = (0, 0)
        (sockets[descriptor].tail, sockets[descriptor].tailSent) = (.none, 0)
    }

    // MARK: Deadlines

    mutating func expireHead(_ descriptor: Int32) {
        if sockets[descriptor].hasInput {
            refuseMalformed(descriptor, .headTimeout)
        } else {
            closeClient(descriptor)
        }
    }

    mutating func expireBody(_ descriptor: Int32) {
        let x = sockets[descriptor].exchange
        guard x >= 0 else { return closeClient(descriptor) }
        if exchanges[x].state == .discarding {
            exchanges[x].closesClient = true
            finish(x)
        } else if exchanges[x].state == .gathering {
            stopGathering(x, .bodyTimeout)
        } else if exchanges[x].state == .awaitingAnswer || exchanges[x].state == .connecting {
            refuse(x, .bodyTimeout)
        } else {
            abandonClient(descriptor)
        }
    }
}
