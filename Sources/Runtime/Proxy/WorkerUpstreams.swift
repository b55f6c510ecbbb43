internal import CPlatform
internal import GatewayTable
internal import Glibc

// The upstream's side: choose a target, take or make a connection, try another, give connections back.

extension Worker {
    /// Sends the exchange's request to its upstream.
    mutating func forward(_ x: Int32) {
        exchanges[x].upstreamStarted = now
        exchanges[x].asksOverHTTP2 = exchanges[x].table.view.targets[upstream(of: x).targets.first].speaksHTTP2
        // HTTP/2 knows no change of the protocol (RFC 9113 section 8.6).
        if exchanges[x].asksOverHTTP2 { exchanges[x].upgradeCount = 0 }
        if exchanges[x].cache != .none { takeConditions(x) }
        let block = blocks.take()
        guard writeUpstreamHead(x, into: block) else {
            blocks.give(block)
            return refuse(x, .headTooLarge)
        }
        if exchanges[x].cache == .meanwhile { return renewBehind(x, block) }
        if edits.mirror != TableLayout.none { return forwardWithCopy(x, block) }
        attempt(x, block)
    }

    /// One attempt: a target, a connection, the head.
    ///
    /// - Parameter block: holds the head as it is to be sent, with the `Host` line of some target.
    mutating func attempt(_ x: Int32, _ block: Block) {
        exchanges[x].attemptCount += 1
        if exchanges[x].hedgeOf >= 0 { return attemptHedge(x, block) }
        if upstream(of: x).retryBudget | upstream(of: x).queueCountMax != 0, isBehindOthers(x) {
            return waitForTarget(x, block)
        }
        guard let record = chooseTarget(x) else {
            if upstream(of: x).queueCountMax > 0, noTargetRefusal(x) == .upstreamBusy {
                return waitForTarget(x, block)
            }
            blocks.give(block)
            return refuse(x, exchanges[x].attemptCount > 1 ? .upstreamUnavailable : noTargetRefusal(x))
        }
        ask(x, block, of: record)
    }

    /// Sends the head to a target that was chosen.
    mutating func ask(_ x: Int32, _ block: Block, of record: UInt32) {
        exchanges[x].target = record
        exchanges[x].refusingAddressCount = 0
        setHostLine(x, block, record)
        ask(x, block)
    }

    /// Sends the head to the chosen target, over a connection that is idle or a new one.
    private mutating func ask(_ x: Int32, _ block: Block) {
        let target = exchanges[x].table.targetOfRecord[exchanges[x].target]
        if exchanges[x].asksOverHTTP2 { return askOverSession(x, block, target) }
        let idle = takeIdle(target, mustBeQuiet: !exchanges[x].isIdempotent)
        let descriptor = idle >= 0 ? idle : connect(x, target)
        guard descriptor >= 0 else { return failToConnect(x, keeping: block) }
        exchanges[x].isReusedConnection = idle >= 0
        exchanges[x].upstream = descriptor
        sockets[descriptor].exchange = x
        if let old = sockets[descriptor].output { blocks.give(old) }
        sockets[descriptor].output = block
        sockets[descriptor].outputStart = 0
        sockets[descriptor].outputEnd = exchanges[x].upstreamHeadCount
        if idle >= 0 {
            sockets[descriptor].state = .busy
            disarm(descriptor)
            sendOn(x)
        } else {
            sockets[descriptor].state = .connecting
            exchanges[x].state = .connecting
            arm(descriptor, .connect, after: upstream(of: x).connectTimeout)
        }
    }

    /// Refused on the spot, as on loopback, or out of descriptors.
    mutating func failToConnect(_ x: Int32, keeping block: Block) {
        metrics.add(.upstreamConnectFailures)
        exchanges[x].state = .connecting
        failAttempt(x, .connect, keeping: block)
    }

    mutating func upstream(of x: Int32) -> UpstreamRecord {
        exchanges[x].table.view.upstreams[exchanges[x].upstreamIndex]
    }

    mutating func noTargetRefusal(_ x: Int32) -> RefusalKind {
        let range = upstream(of: x).targets
        for record in range.first..<range.first + range.count
        where targets[exchanges[x].table.targetOfRecord[record]].addressCount > 0 {
            return .upstreamBusy
        }
        return .upstreamUnavailable
    }

    // MARK: Targets

    /// What the control thread says of targets.
    mutating func take(_ changes: TargetChanges) {
        for target in changes.forgotten {
            targets.reserve(target)
            // No table that a request runs on has the target, so its connections are all idle.
            while targets[target].idleHead >= 0 { closeUpstream(targets[target].idleHead) }
            while targets[target].carrierHead >= 0 { closeUpstream(targets[target].carrierHead) }
            targets.forget(target)
        }
        for entry in changes.addresses { targets.setAddresses(entry) }
        for entry in changes.standings { take(entry) }
    }

    // MARK: Connections

    /// An idle connection to a target, or -1. The one used last comes first: it is the least likely to be closed.
    private mutating func takeIdle(_ target: UInt32, mustBeQuiet: Bool) -> Int32 {
        while true {
            let descriptor = targets[target].idleHead
            guard descriptor >= 0 else { return -1 }
            removeIdle(descriptor)
            let isLoud = sockets[descriptor].isReadable && sockets[descriptor].transport == .plain
            let isAsked = mustBeQuiet || sockets[descriptor].isReadable
            if isLoud || sockets[descriptor].hasFailed || (isAsked && !isQuiet(descriptor)) {
                closeUpstream(descriptor)
                continue
            }
            return descriptor
        }
    }

    mutating func connect(_ x: Int32, _ target: UInt32) -> Int32 {
        let address = targets[target].addresses[Int(targets[target].nextAddress)]
        targets[target].nextAddress = (targets[target].nextAddress + 1) % targets[target].addressCount
        let descriptor = unsafe address.withSockaddr { unsafe apic_connect($0, $1) }
        guard descriptor >= 0 else { return -1 }
        guard register(descriptor, .upstream, edges: true) else {
            close(descriptor)
            return -1
        }
        sockets[descriptor].target = target
        sockets[descriptor].idleTimeout = upstream(of: x).idleTimeout
        targets[target].openCount += 1
        metrics.add(.upstreamsOpened)
        metrics.add(.upstreamsOpen)
        return descriptor
    }

    mutating func advanceUpstream(_ descriptor: Int32) {
        switch sockets[descriptor].state {
        case .connecting: finishConnecting(descriptor)
        case .handshaking: shakeHands(withUpstream: descriptor)
        case .busy: progress(sockets[descriptor].exchange)
        case .multiplexed: advanceCarrier(descriptor)
        case .idle where sockets[descriptor].isReadable || sockets[descriptor].hasFailed:
            // Closed by the upstream, or it speaks unasked: nothing that could be used again.
            if sockets[descriptor].transport == .tls, !sockets[descriptor].hasFailed, isQuiet(descriptor) { return }
            closeUpstream(descriptor)
        case .idle, .greeting, .closing, .lingering: break
        }
    }

    private mutating func finishConnecting(_ descriptor: Int32) {
        guard sockets[descriptor].isWritable || sockets[descriptor].hasFailed else { return }
        if sockets[descriptor].hasFailed || apic_socket_error(descriptor) != 0 {
            metrics.add(.upstreamConnectFailures)
            return failConnecting(descriptor, .connect)
        }
        var x = sockets[descriptor].exchange
        if sockets[descriptor].isCarrier {
            let stream = http2.sessions[descriptor].firstStream
            // Everybody went away meanwhile.
            guard stream >= 0 else { return breakCarrier(descriptor, .closed) }
            x = sockets[stream].exchange
        }
        if exchanges[x].table.view.targets[exchanges[x].target].isSecure {
            secureUpstream(descriptor, for: x)
        } else {
            begin(on: descriptor)
        }
    }

    /// The connection of an upstream's side can be used.
    mutating func begin(on descriptor: Int32) {
        if sockets[descriptor].isCarrier { return beginCarrier(descriptor) }
        sockets[descriptor].state = .busy
        sendOn(sockets[descriptor].exchange)
    }

    /// The connection stands: sends the head and what there is of the body.
    mutating func sendOn(_ x: Int32) {
        if exchanges[x].consultation == .asking { return pose(x) }
        exchanges[x].state = .awaitingAnswer
        exchanges[x].isRequestSent = false
        if exchanges[x].owesContinue, !exchanges[x].isBodyRead { sendContinue(x) }
        progress(x)
    }

    mutating func sendContinue(_ x: Int32) {
        exchanges[x].owesContinue = false
        let client = exchanges[x].client
        let block = outputBlock(client)
        var writer = ByteWriter(block, count: Int(sockets[client].outputEnd))
        writer.append("HTTP/1.1 100 Continue\r\n\r\n")
        sockets[client].outputEnd = Int32(writer.count)
        _ = transmit(client)
    }

    // MARK: Failures

    /// The upstream failed before its answer began: another attempt, or a refusal.
    mutating func failUpstream(_ x: Int32, _ failure: UpstreamFailure) {
        guard x >= 0 else { return }
        if exchanges[x].state == .relaying {
            metrics.add(.upstreamProtocolFailures)
            if exchanges[x].duties.contains(.judged) { noteFailure(x) }
            return abandonClient(exchanges[x].client)
        }
        if failure == .closed || failure == .malformed { metrics.add(.upstreamProtocolFailures) }
        let descriptor = exchanges[x].upstream
        let block = descriptor >= 0 ? sockets[descriptor].output : nil
        if descriptor >= 0 {
            sockets[descriptor].output = nil
            clearOutput(descriptor)
            exchanges[x].upstream = -1
            sockets[descriptor].exchange = -1
            closeUpstream(descriptor)
        }
        failAttempt(x, failure, keeping: block)
    }

    private mutating func failAttempt(_ x: Int32, _ failure: UpstreamFailure, keeping block: Block?) {
        if failure == .connect, let block, hasOtherAddress(x) { return ask(x, block) }
        let record = upstream(of: x)
        let isOfAge = failure == .closed && exchanges[x].isReusedConnection
        if exchanges[x].duties.contains(.judged), failure.isOfTarget, !isOfAge { noteFailure(x) }
        leaveTarget(x)
        // A copy is sent once.
        let isOver = exchanges[x].hedgeOf >= 0
        if isOver || goesOnHedged(x) {
            if let block { blocks.give(block) }
            if isOver { abandonCopy(x) }
            return
        }
        let hasOtherTarget = markTried(x, record)
        let isAllowed = RetryDecision.retries(
            failure,
            attemptCount: Int(exchanges[x].attemptCount),
            retryCountMax: Int(record.retryCountMax),
            isIdempotent: exchanges[x].isIdempotent,
            isRewindable: exchanges[x].isRewindable,
            isFresh: !exchanges[x].isReusedConnection,
            hasOtherTarget: hasOtherTarget
        )
        guard isAllowed, let block, isOfAge || failure == .refused || takeRetry(x) else {
            if let block { blocks.give(block) }
            return refuse(x, failure.refusal)
        }
        metrics.add(.retries)
        rewind(x)
        attempt(x, block)
    }

    /// Whether the target's name stands for another address: that one refuses says nothing of the next, and costs no
    /// attempt.
    private mutating func hasOtherAddress(_ x: Int32) -> Bool {
        exchanges[x].refusingAddressCount += 1
        let target = exchanges[x].table.targetOfRecord[exchanges[x].target]
        return exchanges[x].refusingAddressCount < targets[target].addressCount
    }

    /// The next attempt asks another target, if there is one.
    ///
    /// - Returns: whether there is one that was not asked yet.
    private mutating func markTried(_ x: Int32, _ record: UpstreamRecord) -> Bool {
        guard record.targets.count > 1, exchanges[x].target != TableLayout.none else { return false }
        let position = exchanges[x].target - record.targets.first
        if position < 64 { exchanges[x].triedTargets |= 1 << UInt64(position) }
        let all = record.targets.count >= 64 ? UInt64.max : 1 << UInt64(record.targets.count) - 1
        guard exchanges[x].triedTargets == all else { return true }
        exchanges[x].triedTargets = 0
        return false
    }

    /// Sets the body back to its first byte, which still stands in the client's block.
    private mutating func rewind(_ x: Int32) {
        if exchanges[x].isBodyHeld { return rewindHeldBody(x) }
        let client = exchanges[x].client
        let start = sockets[client].inputStart + exchanges[x].headCount
        let taken = UInt64(exchanges[x].bodyCursor - start)
        if exchanges[x].body.framing == .length {
            exchanges[x].body = BodyReader(.length, length: exchanges[x].body.remaining + taken)
        }
        if exchanges[x].body.framing == .untilClose { exchanges[x].body = BodyReader(.untilClose) }
        exchanges[x].trailers.rewind()
        exchanges[x].bytesIn -= min(exchanges[x].bytesIn, taken)
        exchanges[x].bodyCursor = start
    }

    // MARK: Giving back

    /// The exchange needs its upstream no more, and the connection cannot be used again.
    mutating func dropUpstream(_ x: Int32) {
        let descriptor = exchanges[x].upstream
        exchanges[x].upstream = -1
        sockets[descriptor].exchange = -1
        closeUpstream(descriptor)
        leaveTarget(x)
    }

    /// The answer is complete: the connection goes to its target's pool if it can serve again.
    ///
    /// - Precondition: nobody borrows from its input block.
    mutating func releaseUpstream(_ x: Int32) {
        let descriptor = exchanges[x].upstream
        // A stream is for one request.
        if sockets[descriptor].transport == .stream { return dropUpstream(x) }
        let isClean =
            exchanges[x].isRequestSent && !sockets[descriptor].hasOutput && !sockets[descriptor].hasInput
            && !sockets[descriptor].isEnding && !sockets[descriptor].hasFailed && phase == .serving
        let target = sockets[descriptor].target
        guard isClean, targets[target].idleCount < upstream(of: x).idleConnectionCountMax else {
            return dropUpstream(x)
        }
        exchanges[x].upstream = -1
        sockets[descriptor].exchange = -1
        sockets[descriptor].state = .idle
        if sockets[descriptor].transport == .tls { keepSession(descriptor) }
        if let block = sockets[descriptor].input { blocks.give(block) }
        if let block = sockets[descriptor].output { blocks.give(block) }
        (sockets[descriptor].input, sockets[descriptor].output) = (nil, nil)
        (sockets[descriptor].inputStart, sockets[descriptor].inputEnd) = (0, 0)
        addIdle(descriptor, target)
        arm(descriptor, .idle, after: sockets[descriptor].idleTimeout)
        leaveTarget(x)
    }

    private mutating func addIdle(_ descriptor: Int32, _ target: UInt32) {
        let head = targets[target].idleHead
        sockets[descriptor].poolNext = head
        sockets[descriptor].poolPrevious = -1
        if head >= 0 { sockets[head].poolPrevious = descriptor }
        targets[target].idleHead = descriptor
        targets[target].idleCount += 1
        sockets[descriptor].isPooled = true
        metrics.add(.upstreamsIdle)
    }

    private mutating func removeIdle(_ descriptor: Int32) {
        guard sockets[descriptor].isPooled else { return }
        let target = sockets[descriptor].target
        let next = sockets[descriptor].poolNext
        let previous = sockets[descriptor].poolPrevious
        if next >= 0 { sockets[next].poolPrevious = previous }
        if previous >= 0 { sockets[previous].poolNext = next } else { targets[target].idleHead = next }
        targets[target].idleCount -= 1
        sockets[descriptor].isPooled = false
        metrics.subtract(.upstreamsIdle)
    }

    mutating func closeUpstream(_ descriptor: Int32) {
        if sockets[descriptor].transport == .stream { return closeUpstreamStream(descriptor) }
        if sockets[descriptor].isCarrier { return endCarrier(descriptor) }
        removeIdle(descriptor)
        if sockets[descriptor].transport == .tls, !sockets[descriptor].hasFailed { keepSession(descriptor) }
        targets[sockets[descriptor].target].openCount -= 1
        metrics.subtract(.upstreamsOpen)
        closeSocket(descriptor)
    }
}
