internal import CRedis

/// Which counts are told to other nodes, and what is heard of them: the values of `CountSharer`, without its thread and
/// its server.
///
/// A count that is in use is told once a round: what came to it since the last time is added to the total of all nodes,
/// and what the total is beyond this node's own part, the others have counted. What was told is taken for added even
/// where no answer came: a count that fails to be added once is less wrong than one that is added twice.
struct CountSharing {
    /// Counts that are looked after at once; what is beyond is counted by this node alone.
    static let watchedCountMax = 16_384
    /// Rounds in which a count was not used, until nobody looks after it.
    private static let restingRoundsMax = 50
    /// The least difference for which the shared clock is set.
    private static let clockSlack: UInt64 = 20_000
    /// How long the server keeps a count behind the two windows that need it.
    private static let keptSecondsBeyond: UInt64 = 60

    private struct Watched {
        var index: Int
        var restingRounds = 0
    }

    /// A count that is being told, in two windows.
    private struct Told {
        var index: Int
        var key: UInt64
        var number: UInt64
        var own: WindowCounts
    }

    private let store: RateStore
    private var watched: [Watched] = []
    private var told: [Told] = []
    /// What is to be told in this round: for each count the present window, then the one before it.
    var exchange: [apic_redis_count] = []
    /// Times that a count was not looked after because there were too many.
    private(set) var droppedCount: UInt64 = 0
    private var isClockSet = false

    init(_ store: RateStore) { self.store = store }

    /// Counts that are looked after.
    var watchedCount: Int { watched.count }

    /// Begins a round.
    ///
    /// - Parameter now: microseconds of the monotonic clock.
    mutating func begin(now: UInt64) {
        let shared = store.shared
        shared.takeUsed { index in
            if watched.count < CountSharing.watchedCountMax {
                watched.append(Watched(index: index))
            } else {
                shared.drop(index)
                droppedCount += 1
            }
        }
        told.removeAll(keepingCapacity: true)
        exchange.removeAll(keepingCapacity: true)
        let instant = shared.instant(now)
        var keptCount = 0
        for place in watched.indices {
            var entry = watched[place]
            let isUsed = shared.takeUse(entry.index)
            let isTold = tell(entry.index, at: instant, evenNothing: isUsed)
            entry.restingRounds = isUsed || isTold ? 0 : entry.restingRounds + 1
            if entry.restingRounds > CountSharing.restingRoundsMax, shared.giveUp(entry.index) { continue }
            watched[keptCount] = entry
            keptCount += 1
        }
        watched.removeLast(watched.count - keptCount)
    }

    /// Puts a count among those that are told, if there is anything to tell or somebody asks.
    private mutating func tell(_ index: Int, at instant: UInt64, evenNothing: Bool) -> Bool {
        let shared = store.shared
        let window = shared.window(index)
        guard window > 0 else { return false }
        let (key, word) = store.entry(index)
        let number = WindowCounts.number(of: word, at: instant / window)
        let own = WindowCounts(word, number: number)
        var known = shared.told(index, of: key, number: number)
        // The key was given up and came back: it began at 0 here, and its former part is as others' now.
        if known.present > own.present || known.previous > own.previous { known = WindowCounts() }
        guard evenNothing || known != own else { return false }
        shared.note(told: own, index, of: key, number: number)
        told.append(Told(index: index, key: key, number: number, own: own))
        let seconds = 2 * window / 1_000_000 + CountSharing.keptSecondsBeyond
        for (number, added) in [(number, own.present - known.present), (number &- 1, own.previous - known.previous)] {
            exchange.append(apic_redis_count(key: key, window: number, added: added, seconds: seconds, total: 0))
        }
        return true
    }

    /// Takes in what all nodes have counted.
    ///
    /// - Parameter range: of `exchange`; of counts as a whole.
    func hear(_ range: Range<Int>) {
        let shared = store.shared
        for place in range.lowerBound / 2..<range.upperBound / 2 {
            let count = told[place]
            let total = WindowCounts(present: exchange[2 * place].total, previous: exchange[2 * place + 1].total)
            let own = count.own
            if total.present < own.present || total.previous < own.previous {
                // The server has forgotten something: it is told again.
                let kept = WindowCounts(
                    present: min(total.present, own.present),
                    previous: min(total.previous, own.previous)
                )
                shared.note(told: kept, count.index, of: count.key, number: count.number)
            }
            // Another key may have the entry by now. One that comes between this and the next line is wrong for a
            // round.
            guard store.entry(count.index).key == count.key else { continue }
            let others = WindowCounts(
                present: total.present - min(total.present, own.present),
                previous: total.previous - min(total.previous, own.previous)
            )
            shared.setOthers(others, count.index, number: count.number)
        }
    }

    /// Sets the clock of the windows by the server's, if they differ by more than the way there may take.
    ///
    /// - Parameters:
    ///   - clock: the server's, in microseconds since 1970.
    ///   - asked: when it was asked, by this machine's monotonic clock.
    ///   - heard: when it answered.
    mutating func hear(clock: UInt64, asked: UInt64, heard: UInt64) {
        let offset = clock &- (asked + (heard - asked) / 2)
        let difference = Int64(bitPattern: offset &- (store.shared.instant(heard) &- heard)).magnitude
        guard !isClockSet || difference > CountSharing.clockSlack + (heard - asked) / 2 else { return }
        isClockSet = true
        store.shared.setOffset(offset)
    }
}
