import CRedis
import Testing

@testable import GatewayRuntime

/// Nodes that count together, without threads, sockets and a server: instants and ways are chosen.
@Suite("Sharing counts")
struct CountSharingTests {
    /// What a server holds.
    private final class Totals {
        private struct Name: Hashable {
            var key: UInt64
            var window: UInt64
        }

        private var totals: [Name: UInt64] = [:]
        var isEmpty: Bool { totals.isEmpty }

        func take(_ counts: inout [apic_redis_count]) {
            for index in counts.indices {
                let name = Name(key: counts[index].key, window: counts[index].window)
                if counts[index].added > 0 { totals[name, default: 0] += counts[index].added }
                counts[index].total = totals[name] ?? 0
            }
        }

        func forget() { totals = [:] }

        /// Of all windows.
        var sum: UInt64 { totals.values.reduce(0, +) }
    }

    /// One gateway.
    private struct Node {
        let store = RateStore()
        var sharing: CountSharing

        init() { sharing = CountSharing(store) }

        /// - Returns: whether a request passes.
        func ask(_ key: UInt64 = 7, limit: UInt32, window: UInt64, now: UInt64) -> Bool {
            let instant = store.shared.instant(now)
            let handle = store.handle(key, now: instant, window: window, isShared: true)
            store.shared.use(handle.index)
            let reading = store.read(handle, limit: limit, cost: 1, now: instant, window: window, isShared: true)
            guard reading.wait == 0 else { return false }
            store.add(1, to: handle, now: instant, window: window)
            return true
        }

        mutating func round(_ totals: Totals, now: UInt64) {
            sharing.begin(now: now)
            totals.take(&sharing.exchange)
            sharing.hear(0..<sharing.exchange.count)
        }
    }

    private static let second: UInt64 = 1_000_000

    /// Three nodes at ten times the limit, each of which tells the others every so many milliseconds.
    ///
    /// - Returns: how many requests passed in each second.
    private func passes(limit: UInt32, windowSeconds: UInt64, interval: UInt64, seconds: Int) -> [Int] {
        let totals = Totals()
        var nodes = (0..<3).map { _ in Node() }
        let start = 10_000 * Self.second
        let perNode = UInt64(limit) / windowSeconds * 10 / 3
        return (0..<seconds).map { second in
            var count = 0
            for step in 0..<1_000 {
                let now = start + UInt64(second) * Self.second + UInt64(step) * 1_000
                for index in nodes.indices {
                    if (UInt64(step) + UInt64(index) * 37).isMultiple(of: interval) {
                        nodes[index].round(totals, now: now)
                    }
                    let due = perNode * UInt64(step + 1) / 1_000 - perNode * UInt64(step) / 1_000
                    for _ in 0..<due
                    where nodes[index].ask(limit: limit, window: windowSeconds * Self.second, now: now) { count += 1 }
                }
            }
            return count
        }
    }

    @Test("three nodes at ten times the limit pass the limit: the longer the window, the nearer")
    func accuracy() {
        let minutes = passes(limit: 6_000, windowSeconds: 60, interval: 50, seconds: 180)
        // The first minute is let in as it comes; the others are steady.
        let steady = minutes[60...].reduce(0, +)
        #expect((11_760...12_240).contains(steady), "\(steady) in two minutes")
        let seconds = passes(limit: 300, windowSeconds: 1, interval: 50, seconds: 20)[1...]
        let mean = Double(seconds.reduce(0, +)) / Double(seconds.count)
        #expect((285.0...330.0).contains(mean), "\(mean) a second")
    }

    @Test("what one node has counted the others hear in the next round")
    func hears() {
        let totals = Totals()
        var (here, there) = (Node(), Node())
        let (now, hour) = (10_000 * Self.second, 3_600 * Self.second)
        for _ in 0..<3 { #expect(here.ask(limit: 3, window: hour, now: now)) }
        #expect(!here.ask(limit: 3, window: hour, now: now))
        here.round(totals, now: now)
        // Who was not asked yet does not know.
        #expect(there.ask(limit: 3, window: hour, now: now))
        there.round(totals, now: now)
        #expect(!there.ask(limit: 3, window: hour, now: now))
        #expect(totals.sum == 4)
        // Nothing is told twice, however often it is asked for.
        for _ in 0..<5 {
            #expect(!here.ask(limit: 3, window: hour, now: now))
            here.round(totals, now: now)
            there.round(totals, now: now)
        }
        #expect(totals.sum == 4)
    }

    @Test("the window before is told to its end, and both windows count")
    func windows() {
        let totals = Totals()
        var (here, there) = (Node(), Node())
        let minute = 60 * Self.second
        let end = 1_000 * minute
        #expect(here.ask(limit: 10, window: minute, now: end - 2))
        here.round(totals, now: end - 2)
        for _ in 0..<9 { #expect(here.ask(limit: 10, window: minute, now: end - 1)) }
        here.round(totals, now: end + 1)
        #expect(there.ask(limit: 10, window: minute, now: end + 1))
        there.round(totals, now: end + 1)
        #expect(!there.ask(limit: 10, window: minute, now: end + 2))
        // Somewhat more than half of the ten are out of the window, and one came.
        for _ in 0..<5 { #expect(there.ask(limit: 10, window: minute, now: end + minute / 2 + 1)) }
        #expect(!there.ask(limit: 10, window: minute, now: end + minute / 2 + 1))
    }

    @Test("a server that has forgotten everything is told again")
    func forgets() {
        let totals = Totals()
        var (here, there) = (Node(), Node())
        let (now, hour) = (10_000 * Self.second, 3_600 * Self.second)
        for _ in 0..<5 { #expect(here.ask(limit: 5, window: hour, now: now)) }
        here.round(totals, now: now)
        totals.forget()
        #expect(!here.ask(limit: 5, window: hour, now: now))
        for _ in 0..<2 { here.round(totals, now: now) }
        #expect(totals.sum == 5)
        #expect(there.ask(limit: 5, window: hour, now: now))
        there.round(totals, now: now)
        #expect(!there.ask(limit: 5, window: hour, now: now))
    }

    @Test("counts that nobody uses are given up, and go on where they were")
    func rests() {
        let totals = Totals()
        var node = Node()
        let (now, hour) = (10_000 * Self.second, 3_600 * Self.second)
        #expect(node.ask(limit: 5, window: hour, now: now))
        node.round(totals, now: now)
        #expect(node.sharing.watchedCount == 1)
        for _ in 0..<100 { node.round(totals, now: now) }
        #expect(node.sharing.watchedCount == 0 && node.sharing.exchange.isEmpty)
        #expect(node.ask(limit: 5, window: hour, now: now))
        node.round(totals, now: now)
        #expect(node.sharing.watchedCount == 1 && totals.sum == 2)
    }

    @Test("what is beyond the bound is counted by this node alone, for now")
    func bound() {
        let totals = Totals()
        var node = Node()
        let now = 10_000 * Self.second
        for key in 1...UInt64(CountSharing.watchedCountMax + 100) {
            #expect(node.ask(RateStore.mix(key, 3), limit: 5, window: Self.second, now: now))
        }
        node.round(totals, now: now)
        #expect(node.sharing.watchedCount == CountSharing.watchedCountMax)
        // Some keys may have had to share a place.
        #expect((90...100).contains(node.sharing.droppedCount))
    }

    @Test("windows begin by the server's clock, and small differences change nothing")
    func clock() {
        var node = Node()
        let shared = node.store.shared
        node.sharing.hear(clock: 5_000_000, asked: 1_000_000, heard: 1_002_000)
        #expect(shared.instant(1_001_000) == 5_000_000)
        node.sharing.hear(clock: 6_010_000, asked: 2_000_000, heard: 2_002_000)
        #expect(shared.instant(2_001_000) == 6_000_000)
        node.sharing.hear(clock: 6_500_000, asked: 2_000_000, heard: 2_002_000)
        #expect(shared.instant(2_001_000) == 6_500_000)
        // A clock that is set back over the begin of a window loses nothing that was counted.
        let minute = 60 * Self.second
        for _ in 0..<3 { #expect(node.ask(limit: 3, window: minute, now: 60_000_000)) }
        node.sharing.hear(clock: 59_900_000, asked: 60_000_000, heard: 60_000_000)
        #expect(!node.ask(limit: 3, window: minute, now: 60_000_000))
        #expect(!node.ask(limit: 3, window: minute, now: 60_200_000))
    }
}
