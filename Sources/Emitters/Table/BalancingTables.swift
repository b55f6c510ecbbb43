internal import GatewayIR
internal import GatewayTable

/// How requests are spread over targets, and when targets are used: what upstreams refer to.
struct BalancingTables {
    private(set) var healthChecks: [HealthRecord] = []
    private(set) var statusRanges: [StatusRangeRecord] = []
    private(set) var hashSlots: [UInt16] = []

    /// Fills in what an upstream says of balancing and health.
    mutating func add(_ upstream: Upstream, to record: inout UpstreamRecord, _ text: inout TextPool) {
        record.hashSlots = RangeRecord(first: UInt32(hashSlots.count), count: 0)
        switch upstream.balance {
        case .roundRobin: record.balance = BalanceKind.roundRobin.rawValue
        case .leastConnections: record.balance = BalanceKind.leastConnections.rawValue
        case .randomTwo: record.balance = BalanceKind.randomTwo.rawValue
        case .consistentHash(let hash):
            record.balance = BalanceKind.consistentHash.rawValue
            record.hashBound = hash.boundPercent
            let (kind, name) = BalancingTables.key(hash.key)
            record.hashKey = kind.rawValue
            record.hashName = text.add(name)
            let slots = HashSlots.make(upstream.targets)
            record.hashSlots.count = UInt32(slots.count)
            hashSlots += slots
        }
        if let budget = upstream.retryBudget {
            (record.retryBudget, record.retryBurst) = (budget.percent, budget.burst)
        }
        if let room = upstream.waitingRoom { (record.queueCountMax, record.queueWait) = (room.countMax, room.wait) }
        record.resolveInterval = upstream.resolveInterval
        record.hedgeAfter = upstream.hedgeAfter ?? 0
        guard let health = upstream.health else { return }
        record.health = UInt32(healthChecks.count)
        healthChecks.append(self.record(of: health, &text))
    }

    private static func key(_ key: HashKey) -> (HashKeyKind, String) {
        switch key {
        case .address: (.address, "")
        case .consumer: (.consumer, "")
        case .header(let name): (.header, name)
        case .cookie(let name): (.cookie, name)
        case .capture: (.capture, "")
        }
    }

    private mutating func record(of health: HealthChecks, _ text: inout TextPool) -> HealthRecord {
        var record = HealthRecord()
        record.path = text.add(health.active?.path ?? "")
        record.host = text.add(health.active?.host ?? "")
        if let active = health.active {
            (record.interval, record.timeout) = (active.interval, active.timeout)
            (record.healthyCount, record.unhealthyCount) = (active.healthyCount, active.unhealthyCount)
        }
        record.goodStatuses = add(health.active?.statuses ?? [])
        if let passive = health.passive {
            record.failureCount = passive.failureCount
            (record.ejection, record.ejectionMax) = (passive.ejection, passive.ejectionMax)
        }
        record.badStatuses = add(health.passive?.statuses ?? [])
        record.panic = health.panicPercent
        record.slowStart = health.slowStart
        return record
    }

    private mutating func add(_ statuses: [ClosedRange<UInt16>]) -> RangeRecord {
        let range = RangeRecord(first: UInt32(statusRanges.count), count: UInt32(statuses.count))
        for status in statuses {
            var record = StatusRangeRecord()
            (record.first, record.last) = (UInt32(status.lowerBound), UInt32(status.upperBound))
            statusRanges.append(record)
        }
        return range
    }
}

/// Which target a hash belongs to, by the lookup tables of Maglev (Eisenbud and others, NSDI 2016, section 3.4): every
/// target has a permutation of the slots, and the targets take turns, as often as their weights say, at taking the
/// first slot of theirs that is free. Shares are exact to a slot, and a target that is removed gives its slots to the
/// others while nearly all others stay.
enum HashSlots {
    /// Primes, by how many targets of the least weight there could be: hundreds of slots for each, so that few slots
    /// change for nothing when a target goes. Two sizes only, since from one to the other nearly all keys move.
    private static let sizes: [(shareCountMax: Int, slotCount: Int)] = [
        (40, 65_521), (.max, TableLayout.hashSlotCountMax),
    ]

    /// - Returns: the position of a target, by slot.
    static func make(_ targets: [Target]) -> [UInt16] {
        let weights = targets.map { UInt64($0.weight) }
        guard let least = weights.min(), let most = weights.max() else { return [] }
        let shareCount = Int((weights.reduce(0, +) + least - 1) / least)
        let slotCount = sizes.first { shareCount <= $0.shareCountMax }?.slotCount ?? TableLayout.hashSlotCountMax
        let walks = targets.map { SlotWalk($0, slotCount: slotCount) }
        var next = walks.map(\.offset)
        // What a target was given so far, in units of its weight: it takes part in a round when it is behind.
        var given = [UInt64](repeating: 0, count: targets.count)
        var slots = [UInt16](repeating: .max, count: slotCount)
        var taken = 0
        var round: UInt64 = 0
        while true {
            round += 1
            for index in targets.indices where round * weights[index] >= given[index] {
                given[index] += most
                while slots[next[index]] != .max { next[index] = (next[index] + walks[index].step) % slotCount }
                slots[next[index]] = UInt16(index)
                taken += 1
                if taken == slotCount { return slots }
            }
        }
    }

    /// A target's permutation: where it begins, and by how much it goes on. Of its name alone, so that the other
    /// targets and their order do not matter.
    private struct SlotWalk {
        let offset: Int
        let step: Int

        init(_ target: Target, slotCount: Int) {
            let name = Array("\(target.host) \(target.port)".utf8)
            let hash = unsafe name.withUnsafeBufferPointer { unsafe TableView.hash($0) }
            offset = Int(hash >> 32) % slotCount
            step = Int(hash & 0xFFFF_FFFF) % (slotCount - 1) + 1
        }
    }
}
