internal import GatewayTable

// rate-limit

extension Worker {
    /// Counts the request in every window, or in none if one has no room for what it takes.
    mutating func takeToken(_ x: Int32, _ index: UInt32, cost: UInt16, _ fields: FieldsView) -> RefusalKind {
        let view = exchanges[x].table.view
        let cost = UInt32(cost)
        let limit = view.rateLimits[index]
        let setIndex = rateSet(of: limit, exchanges[x].consumer, view)
        let set = view.rateSets[setIndex]
        // Nodes that count together mean the same by a key, and by a window.
        let isShared = limit.isShared
        let now = isShared ? rates.shared.instant(self.now) : self.now
        let seed = (isShared ? view.redis[0].seed : rates.seed) ^ limit.identity
        let key = limitKey(x, seed, limit.keyKind, limit.keyName, fields, view) ?? RateStore.hash(.empty, seed)
        exchanges[x].rateLimit = index
        exchanges[x].rateSet = setIndex
        let count = min(Int(set.count), Limits.ratesPerLimitMax)
        var handles = InlineArray<4, RateStore.Handle>(repeating: RateStore.Handle.none)
        var isFull = false
        for position in 0..<count {
            let rate = view.rates[set.first + UInt32(position)]
            let window = UInt64(rate.windowSeconds) * 1_000_000
            let handle = rates.handle(RateStore.mix(key, window), now: now, window: window, isShared: isShared)
            handles[position] = handle
            if isShared { rates.shared.use(handle.index) }
            let reading = rates.read(
                handle,
                limit: rate.limit,
                cost: cost,
                now: now,
                window: window,
                isShared: isShared
            )
            isFull = isFull || reading.wait > 0
            exchanges[x].rates[position] = RateReading(
                remaining: reading.used < UInt64(rate.limit) ? rate.limit - UInt32(reading.used) : 0,
                resetSeconds: UInt32(((reading.wait > 0 ? reading.wait : reading.windowEnd) + 999_999) / 1_000_000),
                isFull: reading.wait > 0
            )
        }
        if isFull {
            metrics.add(.rateLimited)
            return .rateLimited
        }
        for position in 0..<count {
            let window = UInt64(view.rates[set.first + UInt32(position)].windowSeconds) * 1_000_000
            rates.add(cost, to: handles[position], now: now, window: window)
            exchanges[x].rates[position].remaining -= cost
        }
        return .none
    }

    /// The rates of the first tier that holds a group of the consumer, else the limit's own.
    private mutating func rateSet(of limit: RateLimitRecord, _ consumer: UInt32, _ view: TableView) -> UInt32 {
        guard limit.tiers.count > 0, consumer != TableLayout.none else { return limit.rateSet }
        let groups = view.consumers[consumer].groups
        for tier in limit.tiers.first..<limit.tiers.first + limit.tiers.count
        where view.contains(groups, view.rateTiers[tier].group) {
            return view.rateTiers[tier].rateSet
        }
        return limit.rateSet
    }
}
