import Testing

@testable import GatewayRuntime

/// Instants are chosen: nothing here waits.
@Suite("How long a bundle may be served that its source does not confirm")
struct FreshnessTests {
    private static let policy = StalePolicy(warnSeconds: 10, stopSeconds: 60)

    @Test("it warns, then stops, to the millisecond, and a word of the source ends both")
    func levels() {
        var freshness = Freshness(Self.policy, now: 5_000)
        #expect(freshness.deadline == 15_000)
        #expect(freshness.advance(now: 14_999) == nil)
        #expect(freshness.advance(now: 15_000) == .stale)
        #expect(freshness.advance(now: 15_001) == nil)
        #expect(freshness.deadline == 65_000)
        #expect(freshness.age(now: 64_999) == 59)
        #expect(freshness.advance(now: 64_999) == nil)
        #expect(freshness.advance(now: 65_000) == .expired)
        #expect(freshness.deadline == .max)
        freshness.confirm(now: 70_000)
        #expect(freshness.advance(now: 70_000) == .fresh)
        #expect(freshness.deadline == 80_000)
        #expect(freshness.age(now: 70_000) == 0)
    }

    @Test("what an earlier process knew counts, and one that slept long goes over the warning")
    func atStart() {
        for (age, level) in [(0, nil), (9, nil), (10, .stale), (59, .stale), (60, .expired), (1 << 50, .expired)]
            as [(Int64, Freshness.Level?)]
        {
            var freshness = Freshness(Self.policy, ageSeconds: age, now: 1_000)
            #expect(freshness.advance(now: 1_000) == level, "\(age)")
        }
        // A clock that was set back makes nothing younger than it can be.
        var future = Freshness(Self.policy, ageSeconds: -100, now: 1_000)
        #expect(future.age(now: 1_000) == 0)
        #expect(future.advance(now: 11_000) == .stale)
        var slept = Freshness(Self.policy, now: 0)
        #expect(slept.advance(now: 1_000_000) == .expired)
    }

    @Test("what nobody limits is for ever")
    func without() {
        var endless = Freshness(StalePolicy(), now: 0)
        #expect(endless.deadline == .max)
        #expect(endless.advance(now: 1 << 60) == nil)
        var warned = Freshness(StalePolicy(warnSeconds: 1), now: 0)
        #expect(warned.advance(now: 1 << 60) == .stale)
        #expect(warned.deadline == .max)
        var stopped = Freshness(StalePolicy(stopSeconds: 1), now: 0)
        #expect(stopped.deadline == 1_000)
        #expect(stopped.advance(now: 1_000) == .expired)
    }
}
