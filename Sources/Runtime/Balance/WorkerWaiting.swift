internal import GatewayTable

// Requests that wait while all targets of an upstream have as many connections as they may: in the order of their
// arrival, as many as the spec says, and no longer than it says. And the budget of retries, which is kept beside them.

extension Worker {
    // MARK: Waiting

    /// What an upstream with a queue or a budget asks of an attempt.
    ///
    /// - Returns: whether others came before.
    mutating func isBehindOthers(_ x: Int32) -> Bool {
        let record = upstream(of: x)
        let index = Int(exchanges[x].upstreamIndex)
        if record.retryBudget > 0, exchanges[x].attemptCount == 1, !exchanges[x].isCalled {
            let store = exchanges[x].table.balance
            store.upstreams[index].retryDebt -= min(store.upstreams[index].retryDebt, record.retryBudget)
        }
        guard record.queueCountMax > 0 else { return false }
        exchanges[x].duties.insert(.awaited)
        return exchanges[x].attemptCount == 1 && !exchanges[x].isCalled
            && exchanges[x].table.balance.upstreams[index].waitingCount > 0
    }

    /// Waits until a target has room, unless too many do.
    ///
    /// - Parameter block: holds the head as it is to be sent.
    mutating func waitForTarget(_ x: Int32, _ block: Block) {
        let record = upstream(of: x)
        let store = exchanges[x].table.balance
        let index = Int(exchanges[x].upstreamIndex)
        exchanges[x].attemptCount -= 1
        exchanges[x].duties = TargetDuties()
        guard store.upstreams[index].waitingCount < record.queueCountMax else {
            blocks.give(block)
            metrics.add(.queueRefusals)
            return refuse(x, .upstreamBusy)
        }
        if record.balance == BalanceKind.consistentHash.rawValue, exchanges[x].hash == 0 {
            // Before another head is parsed.
            exchanges[x].hash = hashOfKey(x)
        }
        exchanges[x].state = .waiting
        exchanges[x].waitingBlock = block
        link(x, store, index)
        metrics.add(.requestsWaiting)
        // Who was called keeps the deadline that runs.
        if sockets[exchanges[x].client].deadline != .target {
            let isAsking = exchanges[x].consultation == .asking
            let wait = isAsking ? min(record.queueWait, consultationTime(x)) : record.queueWait
            arm(exchanges[x].client, .target, after: wait)
        }
    }

    /// To the end of the queue; who was called and found no room, to the front.
    private mutating func link(_ x: Int32, _ store: BalanceStore, _ index: Int) {
        let isEmpty = store.upstreams[index].waitingCount == 0
        store.upstreams[index].waitingCount += 1
        (exchanges[x].waitingNext, exchanges[x].waitingPrevious) = (-1, -1)
        let isCalled = exchanges[x].isCalled
        exchanges[x].isCalled = false
        if isEmpty {
            (store.upstreams[index].waitingHead, store.upstreams[index].waitingTail) = (x, x)
        } else if isCalled {
            let head = store.upstreams[index].waitingHead
            exchanges[x].waitingNext = head
            exchanges[head].waitingPrevious = x
            store.upstreams[index].waitingHead = x
        } else {
            let tail = store.upstreams[index].waitingTail
            exchanges[x].waitingPrevious = tail
            exchanges[tail].waitingNext = x
            store.upstreams[index].waitingTail = x
        }
    }

    private mutating func unlink(_ x: Int32) {
        let store = exchanges[x].table.balance
        let index = Int(exchanges[x].upstreamIndex)
        let (next, previous) = (exchanges[x].waitingNext, exchanges[x].waitingPrevious)
        if previous >= 0 { exchanges[previous].waitingNext = next } else { store.upstreams[index].waitingHead = next }
        if next >= 0 {
            exchanges[next].waitingPrevious = previous
        } else {
            store.upstreams[index].waitingTail = previous
        }
        store.upstreams[index].waitingCount -= 1
        metrics.subtract(.requestsWaiting)
    }

    /// A target has room again: whoever waits longest is next, after what is being done now.
    mutating func callNext(_ loaded: LoadedTableReference, _ upstream: UInt32) {
        guard loaded.balance.upstreams[Int(upstream)].waitingCount > 0 else { return }
        let x = loaded.balance.upstreams[Int(upstream)].waitingHead
        unlink(x)
        exchanges[x].isCalled = true
        enqueue(exchanges[x].client)
    }

    /// Who was called asks, or goes back to the front of the queue.
    mutating func askAgain(_ x: Int32) {
        guard let block = exchanges[x].waitingBlock else { return }
        exchanges[x].waitingBlock = nil
        exchanges[x].state = .deciding
        attempt(x, block)
        if exchanges[x].state != .waiting { exchanges[x].isCalled = false }
    }

    /// The client is gone while its request waits.
    mutating func stopWaiting(_ x: Int32) {
        if let block = exchanges[x].waitingBlock { blocks.give(block) }
        exchanges[x].waitingBlock = nil
        if exchanges[x].isCalled {
            callNext(exchanges[x].table, exchanges[x].upstreamIndex)
        } else {
            unlink(x)
        }
    }

    /// It has waited for as long as it may. A target whose connections are used by others, too, may have room without
    /// anybody having called.
    mutating func expireWaiting(_ x: Int32) {
        guard x >= 0, exchanges[x].state == .waiting, let block = exchanges[x].waitingBlock else { return }
        if !exchanges[x].isCalled { unlink(x) }
        exchanges[x].isCalled = false
        exchanges[x].waitingBlock = nil
        exchanges[x].state = .deciding
        exchanges[x].attemptCount += 1
        exchanges[x].duties.insert(.awaited)
        if let record = chooseTarget(x) { return ask(x, block, of: record) }
        exchanges[x].duties = TargetDuties()
        blocks.give(block)
        metrics.add(.queueTimeouts)
        refuse(x, .upstreamBusy)
    }

    // MARK: Retries

    /// Takes a retry out of the upstream's budget.
    ///
    /// - Returns: whether there was one left.
    mutating func takeRetry(_ x: Int32) -> Bool {
        let record = upstream(of: x)
        guard record.retryBudget > 0 else { return true }
        let store = exchanges[x].table.balance
        let index = Int(exchanges[x].upstreamIndex)
        guard store.upstreams[index].retryDebt + 100 <= max(record.retryBurst, 1) * 100 else {
            metrics.add(.retriesRefused)
            return false
        }
        store.upstreams[index].retryDebt += 100
        return true
    }
}
