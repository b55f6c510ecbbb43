internal import GatewayTable

// Hedged requests (Dean and Barroso, "The Tail at Scale", 2013): where an answer has not begun in time, another target
// is asked, too, and whichever begins to answer first is heard. The second question is a copy of the request, as for
// `mirror`; if it wins, the request takes over its connection.

extension Worker {
    /// The client's side waits for the answer alone: after a while another target is asked.
    @inline(__always)
    mutating func awaitAnswer(_ x: Int32, hedgeAfter: UInt32) {
        let client = exchanges[x].client
        guard hedgeAfter > 0, mayHedge(x) else { return disarm(client) }
        rearm(client, .hedge, after: hedgeAfter, hasMoved: false)
    }

    /// Requests that may be made twice, and whose copy is their head alone.
    private mutating func mayHedge(_ x: Int32) -> Bool {
        exchanges[x].state == .awaitingAnswer && exchanges[x].isIdempotent && exchanges[x].body.framing == .none
            && !exchanges[x].hasHedged && !exchanges[x].isCopy && exchanges[x].upgradeCount == 0
    }

    /// The answer has not begun in time.
    mutating func hedge(_ x: Int32) {
        guard x >= 0, mayHedge(x), exchanges[x].upstream >= 0,
            let sent = sockets[exchanges[x].upstream].output
        else { return }
        exchanges[x].hasHedged = true
        let copy = copyRequest(x, to: exchanges[x].upstreamIndex, capture: exchanges[x].hashedCapture)
        guard copy >= 0 else { return metrics.add(.hedgesRefused) }
        (exchanges[copy].hedgeOf, exchanges[x].hedge) = (x, copy)
        guard takeRetry(x) else {
            abandonCopy(copy)
            return metrics.add(.hedgesRefused)
        }
        let position = exchanges[x].target - upstream(of: x).targets.first
        if position < 64 { exchanges[copy].triedTargets |= 1 << UInt64(position) }
        exchanges[copy].attemptCount = 0
        let block = blocks.take()
        block.copy(sent.bytes(0, Int(exchanges[x].upstreamHeadCount)), to: 0)
        attempt(copy, block)
    }

    /// The one attempt of a copy: it waits for nobody, and asks nobody who is out.
    mutating func attemptHedge(_ copy: Int32, _ block: Block) {
        if upstream(of: copy).queueCountMax > 0 { exchanges[copy].duties.insert(.awaited) }
        guard let record = chooseTarget(copy) else {
            exchanges[copy].duties = TargetDuties()
            blocks.give(block)
            abandonCopy(copy)
            return metrics.add(.hedgesRefused)
        }
        metrics.add(.hedgesSent)
        ask(copy, block, of: record)
    }

    /// The head of a copy's answer is there, and stands in its connection's input: the request goes on with it, unless
    /// it says no more than that the target has failed.
    mutating func win(_ copy: Int32) {
        guard answerHead.status < 500 else {
            if exchanges[copy].duties.contains(.judged) { noteAnswer(copy, answerHead.status) }
            return abandonCopy(copy)
        }
        let x = exchanges[copy].hedgeOf
        if exchanges[x].upstream >= 0 { dropUpstream(x) }
        takeOver(x, from: copy)
        if takeAnswerHead(x) { progress(x) }
    }

    /// The request's own attempt has failed: it goes on with that of its copy.
    ///
    /// - Returns: `false` if there is none that has begun.
    mutating func goesOnHedged(_ x: Int32) -> Bool {
        let copy = exchanges[x].hedge
        guard copy >= 0 else { return false }
        guard exchanges[copy].upstream >= 0 else {
            abandonCopy(copy)
            return false
        }
        takeOver(x, from: copy)
        return true
    }

    private mutating func takeOver(_ x: Int32, from copy: Int32) {
        let upstream = exchanges[copy].upstream
        metrics.add(.hedgesWon)
        disarm(exchanges[x].client)
        sockets[upstream].exchange = x
        exchanges[x].upstream = upstream
        exchanges[x].state = exchanges[copy].state
        exchanges[x].target = exchanges[copy].target
        exchanges[x].duties = exchanges[copy].duties
        exchanges[x].isReusedConnection = exchanges[copy].isReusedConnection
        exchanges[x].isRequestSent = exchanges[copy].isRequestSent
        exchanges[x].interimCount = exchanges[copy].interimCount
        exchanges[x].refusingAddressCount = exchanges[copy].refusingAddressCount
        exchanges[x].hostLineCount = exchanges[copy].hostLineCount
        exchanges[x].upstreamHeadCount = exchanges[copy].upstreamHeadCount
        exchanges[x].triedTargets |= exchanges[copy].triedTargets
        exchanges[x].attemptCount = min(exchanges[x].attemptCount, 254) + 1
        exchanges[copy].upstream = -1
        exchanges[copy].duties = TargetDuties()
        abandonCopy(copy)
    }

    /// The request is answered, or over: nobody waits for its copy.
    mutating func dropHedge(_ x: Int32) {
        let copy = exchanges[x].hedge
        guard copy >= 0 else { return }
        abandonCopy(copy)
    }

    /// A copy is over.
    mutating func forgetHedge(_ copy: Int32) {
        guard exchanges[copy].hedgeOf >= 0 else { return }
        exchanges[exchanges[copy].hedgeOf].hedge = -1
        exchanges[copy].hedgeOf = -1
    }
}
