internal import GatewayTable

/// One target of an upstream, as a worker balances it.
struct TargetTurn: BitwiseCopyable {
    /// The virtual time of its next turn: of targets that are alike in load, the one with the least comes first.
    var pass: UInt64 = 0
    /// When it came back and began to get more and more requests, in microseconds; 0 if it gets all that it can.
    var rampStart: UInt64 = 0
    /// The virtual time that one request takes: the less, the heavier the target.
    var stride: UInt32 = 0
    /// What it bears, in requests of the lightest target; 0 where that does not matter, and more than anything if the
    /// target is not among those that are used.
    var load: UInt32 = 0
    /// What one request adds to the load, in 65536ths.
    var unit: UInt32 = 0
    /// Requests that were sent to it and not answered yet.
    var inFlight: UInt32 = 0
    /// The weights of all targets in use up to and with this one.
    var weightEnd: UInt32 = 0
    var weight: UInt32 = 0
    var isOut = false
    var isMember = false
}

/// An upstream, as a worker balances it. Zeros are one that was not settled yet.
struct UpstreamTurns: BitwiseCopyable {
    /// The virtual time: that of the last turn.
    var now: UInt64 = 0
    /// What was known of targets when it was settled; 0 for nothing.
    var epoch: UInt32 = 0
    /// Leaves of its tree: a power of two, not less than its targets.
    var leafCount: UInt32 = 0
    /// Where its tree begins among the nodes.
    var treeStart: UInt32 = 0
    var memberCount: UInt32 = 0
    /// Of the targets that are used.
    var weightSum: UInt32 = 0
    /// Requests that were sent and not answered yet.
    var inFlight: UInt32 = 0
    /// Of a slow start, in microseconds.
    var slowStart: UInt64 = 0
    /// What retries have used up of their budget, in hundredths of a retry.
    var retryDebt: UInt32 = 0
    /// Exchanges that wait for a target, in the order of their arrival; -1 for none once there was one.
    var waitingHead: Int32 = 0
    var waitingTail: Int32 = 0
    var waitingCount: UInt32 = 0
}

/// How one worker spreads the requests of one table over its targets: for each upstream a tournament, in which the
/// target with the least load, and among equals the one whose turn it is, stands at the top. Looking is one step, a
/// change one step for each level.
///
/// Turns are those of stride scheduling (Waldspurger and Weihl, 1995): a target's next turn is its stride, the inverse
/// of its weight, behind its last one, and the earliest is taken. Any run of as many requests as the sum of weights
/// gives each target exactly its weight.
///
/// A handle, free to copy, over memory that comes zeroed and is touched upstream by upstream.
struct BalanceStore: @unchecked Sendable {
    /// The stride of weight 1.
    static let unitStride: UInt32 = 1 << 24
    /// Beyond every load.
    private static let outside: UInt32 = .max
    /// No target: a leaf without one.
    static let nobody: UInt16 = .max
    /// What slow starts begin with, of 1024.
    private static let leastShare: UInt64 = 102

    let upstreams: Slab<UpstreamTurns>
    let targets: Slab<TargetTurn>
    /// The trees: winners by node, the leaves behind all others. A tree of `n` targets has fewer than `4 n` nodes.
    private let nodes: Slab<UInt16>

    init(upstreamCount: Int, targetCount: Int) {
        upstreams = Slab(zeroed: max(upstreamCount, 1))
        targets = Slab(zeroed: max(targetCount, 1))
        nodes = Slab(zeroed: max(4 * targetCount, 1))
    }

    func deallocate() {
        upstreams.deallocate()
        targets.deallocate()
        nodes.deallocate()
    }

    // MARK: Settling

    /// Decides which targets of an upstream are used, from `isOut` of each, and begins anew where they changed.
    ///
    /// - Parameters:
    ///   - zone: where this gateway is; empty if that is not known.
    ///   - now: microseconds.
    ///   - phases: what turns begin with, so that not every worker begins with the same target.
    func settle(
        _ upstream: UInt32,
        _ view: TableView,
        zone: TextReference,
        epoch: UInt32,
        now: UInt64,
        phases: inout BalanceRandom
    ) {
        let record = view.upstreams[upstream]
        let range = record.targets
        let isFirst = upstreams[Int(upstream)].epoch == 0
        if isFirst { prepare(upstream, range) }
        upstreams[Int(upstream)].epoch = epoch
        var panic: UInt32 = 0
        if record.health != TableLayout.none {
            panic = view.healthChecks[record.health].panic
            upstreams[Int(upstream)].slowStart = UInt64(view.healthChecks[record.health].slowStart) * 1000
        }
        let choice = MemberChoice(self, view, range, panic: panic, zone: zone)
        var lightest: UInt32 = .max
        for index in range.first..<range.first + range.count where choice.holds(index, self, view) {
            lightest = min(lightest, view.targets[index].weight)
        }
        var sum: UInt32 = 0
        var count: UInt32 = 0
        for index in range.first..<range.first + range.count {
            let turn = Int(index)
            let weight = view.targets[index].weight
            let isMember = choice.holds(index, self, view)
            targets[turn].weight = weight
            targets[turn].stride = BalanceStore.unitStride / weight
            // Upwards, so that as many requests as the weight says are one whole.
            targets[turn].unit = ((lightest << 16) &+ weight - 1) / weight
            if isFirst {
                targets[turn].pass = UInt64(phases.next(below: targets[turn].stride))
            } else if isMember, !targets[turn].isMember {
                // Who was away has no turns to catch up with, and begins behind those whose turn has come.
                let next = upstreams[Int(upstream)].now + UInt64(targets[turn].stride)
                targets[turn].pass = max(targets[turn].pass, next)
            }
            targets[turn].isMember = isMember
            if isMember { (sum, count) = (sum + weight, count + 1) }
            targets[turn].weightEnd = sum
            weigh(index, counts: record.balance == BalanceKind.leastConnections.rawValue, upstream, now: now)
        }
        upstreams[Int(upstream)].weightSum = sum
        upstreams[Int(upstream)].memberCount = count
        play(upstream, range)
    }

    private func prepare(_ upstream: UInt32, _ range: RangeRecord) {
        var leafCount: UInt32 = 1
        while leafCount < range.count { leafCount *= 2 }
        upstreams[Int(upstream)].leafCount = leafCount
        upstreams[Int(upstream)].treeStart = 4 * range.first
        let start = Int(4 * range.first + leafCount)
        for leaf in 0..<Int(leafCount) {
            nodes[start + leaf] = leaf < Int(range.count) ? UInt16(leaf) : BalanceStore.nobody
        }
    }

    /// All matches of a tree.
    private func play(_ upstream: UInt32, _ range: RangeRecord) {
        var node = Int(upstreams[Int(upstream)].leafCount) - 1
        while node > 0 {
            playMatch(node, Int(upstreams[Int(upstream)].treeStart), range.first)
            node -= 1
        }
    }

    @inline(__always)
    private func playMatch(_ node: Int, _ start: Int, _ first: UInt32) {
        let left = nodes[start + 2 * node]
        let right = nodes[start + 2 * node + 1]
        nodes[start + node] = precedes(right, left, first) ? right : left
    }

    /// Whether one target of an upstream comes before another; nobody comes before nobody else.
    @inline(__always)
    private func precedes(_ one: UInt16, _ other: UInt16, _ first: UInt32) -> Bool {
        if one == BalanceStore.nobody { return false }
        if other == BalanceStore.nobody { return true }
        let (one, other) = (Int(first) + Int(one), Int(first) + Int(other))
        if targets[one].load != targets[other].load { return targets[one].load < targets[other].load }
        return targets[one].pass < targets[other].pass
    }

    // MARK: Choosing

    /// The position of the target with the least load whose turn it is.
    ///
    /// - Precondition: the upstream is settled.
    @inline(__always)
    func leader(_ upstream: UInt32) -> UInt16 { nodes[Int(upstreams[Int(upstream)].treeStart) + 1] }

    /// The less busy of two that chance picks by weight (Mitzenmacher, 2001).
    ///
    /// - Precondition: the upstream is settled.
    func lessBusyOfTwo(
        _ upstream: UInt32,
        _ range: RangeRecord,
        now: UInt64,
        _ random: inout BalanceRandom
    ) -> UInt16 {
        let sum = upstreams[Int(upstream)].weightSum
        let first = member(at: random.next(below: sum), range)
        guard upstreams[Int(upstream)].memberCount > 1 else { return first }
        let weight = targets[Int(range.first) + Int(first)].weight
        // Among the others: those behind the first are moved up by its weight.
        var ticket = random.next(below: sum - weight)
        if ticket >= targets[Int(range.first) + Int(first)].weightEnd - weight { ticket += weight }
        let second = member(at: ticket, range)
        let (one, other) = (range.first + UInt32(first), range.first + UInt32(second))
        let isFirstRare = isHeldBack(one, upstream, now: now, ticket: random.next())
        if isFirstRare || isHeldBack(other, upstream, now: now, ticket: random.next()) {
            return isFirstRare ? second : first
        }
        let (left, right) = (targets[Int(one)], targets[Int(other)])
        let isFirstLess = UInt64(left.inFlight) * UInt64(right.weight) <= UInt64(right.inFlight) * UInt64(left.weight)
        return isFirstLess ? first : second
    }

    /// The member whose stretch of the weights holds a ticket.
    private func member(at ticket: UInt32, _ range: RangeRecord) -> UInt16 {
        var low: UInt32 = 0
        var high = range.count - 1
        while low < high {
            let middle = (low + high) / 2
            if targets[Int(range.first + middle)].weightEnd > ticket { high = middle } else { low = middle + 1 }
        }
        return UInt16(low)
    }

    /// The target that a hash belongs to, or the next one in the order of its slots that is used and does not have more
    /// than its share of what is in flight (Mirrokni, Thorup and Zadimoghaddam, 2018).
    ///
    /// - Returns: `nobody` if none is found soon.
    func owner(of hash: UInt64, _ upstream: UInt32, _ view: TableView, now: UInt64) -> UInt16 {
        let record = view.upstreams[upstream]
        let slots = record.hashSlots
        var slot = UInt32(((hash >> 32) &* UInt64(slots.count)) >> 32)
        for _ in 0..<Limits.hashStepsMax {
            let position = view.hashSlots[slots.first + slot]
            let index = record.targets.first + UInt32(position)
            if targets[Int(index)].isMember, hasShare(index, upstream, bound: record.hashBound),
                !isHeldBack(index, upstream, now: now, ticket: hash << 32)
            {
                return position
            }
            slot = slot + 1 == slots.count ? 0 : slot + 1
        }
        return BalanceStore.nobody
    }

    /// Whether one more request stays within a target's share of all that are in flight, with this one.
    private func hasShare(_ index: UInt32, _ upstream: UInt32, bound: UInt32) -> Bool {
        let inFlight = UInt64(targets[Int(index)].inFlight)
        if inFlight < Limits.hashFloor { return true }
        let sum = UInt64(upstreams[Int(upstream)].weightSum)
        let all = UInt64(upstreams[Int(upstream)].inFlight) + 1
        return inFlight * sum * 100 < UInt64(bound) * all * UInt64(targets[Int(index)].weight)
    }

    // MARK: Slow start

    /// What a target can get of its share, of 1024.
    private func share(_ index: UInt32, _ upstream: UInt32, now: UInt64) -> UInt64 {
        let start = targets[Int(index)].rampStart
        guard start > 0 else { return 1024 }
        let length = upstreams[Int(upstream)].slowStart
        let age = now > start ? now - start : 0
        guard age < length else {
            if now > start { targets[Int(index)].rampStart = 0 }
            return 1024
        }
        return max(age * 1024 / length, BalanceStore.leastShare)
    }

    /// Whether a target that came back shortly leaves this request to another one.
    ///
    /// - Parameter ticket: evenly spread; its upper bits decide.
    @inline(__always)
    private func isHeldBack(_ index: UInt32, _ upstream: UInt32, now: UInt64, ticket: UInt64) -> Bool {
        if targets[Int(index)].rampStart == 0 { return false }
        return ticket >> 54 >= share(index, upstream, now: now)
    }

    // MARK: Coming and going

    /// A request goes to a target.
    ///
    /// - Parameters:
    ///   - counts: what is in flight decides.
    ///   - isTurn: it takes the target's turn. A further attempt does not: who stands in for a target that fails is
    ///     next all the same, so that the one that fails is not first again and again.
    @inline(__always)
    func enter(
        _ upstream: UInt32,
        _ range: RangeRecord,
        _ position: UInt16,
        counts: Bool,
        kind: BalanceKind,
        isTurn: Bool = true,
        now: UInt64
    ) {
        let index = Int(range.first) + Int(position)
        if counts {
            targets[index].inFlight += 1
            upstreams[Int(upstream)].inFlight += 1
            if kind == .leastConnections { weigh(UInt32(index), counts: true, upstream, now: now) }
        }
        if isTurn { takeTurn(upstream, index, now: now) }
        climb(upstream, range.first, position)
    }

    @inline(__always)
    private func takeTurn(_ upstream: UInt32, _ index: Int, now: UInt64) {
        // Of what was missed while others had less load, one request of the lightest is made up for.
        let past = upstreams[Int(upstream)].now
        let earliest = past > UInt64(BalanceStore.unitStride) ? past - UInt64(BalanceStore.unitStride) : 0
        let turn = max(targets[index].pass, earliest)
        var stride = UInt64(targets[index].stride)
        if targets[index].rampStart > 0 { stride = stride * 1024 / share(UInt32(index), upstream, now: now) }
        targets[index].pass = turn + stride
        upstreams[Int(upstream)].now = max(past, turn)
    }

    /// A request has left its target.
    func leave(_ upstream: UInt32, _ range: RangeRecord, _ position: UInt16, kind: BalanceKind, now: UInt64) {
        let index = Int(range.first) + Int(position)
        assert(targets[index].inFlight > 0)
        targets[index].inFlight -= 1
        upstreams[Int(upstream)].inFlight -= 1
        guard kind == .leastConnections else { return }
        weigh(UInt32(index), counts: true, upstream, now: now)
        climb(upstream, range.first, position)
    }

    /// A target whose turn it was had no room: the turn is over.
    func skip(_ upstream: UInt32, _ range: RangeRecord, _ position: UInt16) {
        let index = Int(range.first) + Int(position)
        targets[index].pass = max(targets[index].pass, upstreams[Int(upstream)].now)
        climb(upstream, range.first, position)
    }

    private func weigh(_ index: UInt32, counts: Bool, _ upstream: UInt32, now: UInt64) {
        guard targets[Int(index)].isMember else {
            targets[Int(index)].load = BalanceStore.outside
            return
        }
        guard counts else {
            targets[Int(index)].load = 0
            return
        }
        var load = UInt64(targets[Int(index)].inFlight) * UInt64(targets[Int(index)].unit)
        if targets[Int(index)].rampStart > 0 { load = load * 1024 / share(index, upstream, now: now) }
        targets[Int(index)].load = UInt32(min(load >> 16, UInt64(BalanceStore.outside) - 1))
    }

    /// The matches of one leaf.
    @inline(__always)
    private func climb(_ upstream: UInt32, _ first: UInt32, _ position: UInt16) {
        let start = Int(upstreams[Int(upstream)].treeStart)
        var node = (Int(upstreams[Int(upstream)].leafCount) + Int(position)) / 2
        while node > 0 {
            playMatch(node, start, first)
            node /= 2
        }
    }
}

/// Which targets of an upstream are used: those of the first priority of which enough are in, and of these those of
/// the own zone if enough of them are. Where there are not enough of any priority, all of the best one.
struct MemberChoice {
    private var priority: UInt32 = 0
    private var isPanic = false
    private var zone = TextReference()

    /// - Parameter panic: how many percent are enough.
    init(_ store: BalanceStore, _ view: TableView, _ range: RangeRecord, panic: UInt32, zone: TextReference) {
        var all = InlineArray<10, UInt32>(repeating: 0)
        var usable = InlineArray<10, UInt32>(repeating: 0)
        for index in range.first..<range.first + range.count {
            let priority = Int(view.targets[index].priority)
            all[priority] += 1
            if !store.targets[Int(index)].isOut { usable[priority] += 1 }
        }
        var best = -1
        var isFound = false
        for level in 0..<10 where all[level] > 0 {
            if usable[level] > 0, usable[level] * 100 >= panic * all[level] {
                (best, isFound) = (level, true)
                break
            }
            if best < 0 || usable[level] * all[best] > usable[best] * all[level] { best = level }
        }
        priority = UInt32(max(best, 0))
        isPanic = !isFound
        guard isFound, zone.count > 0 else { return }
        var near: UInt32 = 0
        var nearUsable: UInt32 = 0
        for index in range.first..<range.first + range.count
        where view.targets[index].priority == priority && view.targets[index].zone == zone {
            near += 1
            if !store.targets[Int(index)].isOut { nearUsable += 1 }
        }
        if nearUsable > 0, nearUsable * 100 >= panic * near { self.zone = zone }
    }

    func holds(_ index: UInt32, _ store: BalanceStore, _ view: TableView) -> Bool {
        let target = view.targets[index]
        guard target.priority == priority else { return false }
        if isPanic { return true }
        return !store.targets[Int(index)].isOut && (zone.count == 0 || target.zone == zone)
    }
}
