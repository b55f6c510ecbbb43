import Testing

@testable import GatewayRuntime
@testable import Tokens

/// When keys are fetched, by a clock and a chance that are parameters.
@Suite("When keys are fetched")
struct KeyFetchStateTests {
    private static func name(_ url: String) -> KeyRing.Name {
        KeyRing.Name(url: url, isIssuer: false, authorities: "")
    }

    private static let keys = KeySet([])

    /// A state with one place, whose first fetch has come to something.
    private static func state(_ outcome: KeyFetchOutcome, spread: Double = 0) -> (KeyFetchState, KeyRing) {
        var state = KeyFetchState()
        let ring = KeyRing(name("https://a/"))
        state.set([ring])
        _ = state.takeDue(now: 0)
        _ = state.note(outcome, for: ring.name, now: 0, instant: 7, spread: spread)
        return (state, ring)
    }

    private static func due(_ state: KeyFetchState) -> Int64 { state.sources.values.map(\.dueMilliseconds).min() ?? -1 }

    @Test("what is new is due at once, and by one thread at a time")
    func beginning() {
        var state = KeyFetchState()
        let rings = ["https://b/", "https://a/"].map { KeyRing(Self.name($0)) }
        state.set(rings)
        #expect(state.sources.values.allSatisfy { !$0.isAnswered })
        #expect(state.takeDue(now: 0)?.name.url == "https://a/")
        #expect(state.takeDue(now: 0)?.name.url == "https://b/")
        #expect(state.takeDue(now: 0) == nil)
        // The same places again change nothing; one that is gone is forgotten, and what comes of it too.
        state.set(rings)
        #expect(state.takeDue(now: 0) == nil)
        state.set([rings[0]])
        let late = state.note(.failure("x"), for: rings[1].name, now: 0, instant: 0, spread: 0)
        #expect(!late.isNews && state.sources.count == 1)
    }

    @Test("keys are fetched again before they end to hold, within bounds, and not all at the same time")
    func refreshing() {
        // Seconds that the answer says, and milliseconds until the next fetch.
        let cases: [(Int64, Int64)] = [
            (600, 480_000), (-1, 240_000), (0, 240_000), (1, 48_000), (3_600, 2_880_000), (10_000_000, 69_120_000),
        ]
        for (seconds, milliseconds) in cases {
            let outcome = KeyFetchOutcome.keys(Self.keys, digest: "1", maxAgeSeconds: seconds)
            #expect(Self.due(Self.state(outcome).0) == milliseconds, "\(seconds)")
            #expect(Self.due(Self.state(outcome, spread: 1).0) == milliseconds / 10 * 11, "\(seconds)")
            #expect(Self.due(Self.state(outcome, spread: -1).0) == milliseconds / 10 * 9, "\(seconds)")
        }
    }

    @Test("after a failure ever later, but always again; a success begins anew")
    func failing() {
        var (state, ring) = Self.state(.failure("down"))
        var pauses: [Int64] = []
        var now: Int64 = 0
        for _ in 0..<14 {
            let due = Self.due(state)
            pauses.append(due - now)
            now = due
            #expect(state.takeDue(now: now) != nil)
            let told = state.note(.failure("down"), for: ring.name, now: now, instant: 7, spread: 0)
            // The same reason again is no news.
            #expect(!told.isNews && told.keys == nil)
        }
        #expect(Array(pauses.prefix(5)) == [1_000, 2_000, 4_000, 8_000, 16_000])
        #expect(pauses.last == KeyFetchLimits.retryMillisecondsMax)
        #expect(state.note(.failure("other"), for: ring.name, now: now, instant: 7, spread: 0).isNews)
        let good = KeyFetchOutcome.keys(Self.keys, digest: "1", maxAgeSeconds: 600)
        #expect(state.note(good, for: ring.name, now: now, instant: 9, spread: 0).keys === Self.keys)
        #expect(Self.due(state) == now + 480_000)
        let report = state.sources[ring.name]?.report
        #expect(report?.fetchedInstant == 9 && report?.failure == nil && report?.failedCount == 16)
        // The same keys again are no news either, and change no version.
        let again = state.note(good, for: ring.name, now: now, instant: 10, spread: 0)
        #expect(!again.isNews && again.keys == nil)
    }

    @Test("tokens of unknown keys hasten a fetch, at most every half a minute, and never a failing one")
    func wishing() {
        let good = KeyFetchOutcome.keys(Self.keys, digest: "1", maxAgeSeconds: 600)
        var (state, ring) = Self.state(good)
        for _ in 0..<1_000 { ring.askForKeys() }
        state.hearWishes(now: 10_000)
        #expect(Self.due(state) == 30_000)
        // Later than that at once.
        (state, ring) = Self.state(good)
        ring.askForKeys()
        state.hearWishes(now: 100_000)
        #expect(Self.due(state) == 100_000)
        // A wish is heard once.
        (state, ring) = Self.state(good)
        state.hearWishes(now: 100_000)
        #expect(Self.due(state) == 480_000)
        (state, ring) = Self.state(.failure("down"))
        _ = state.takeDue(now: 1_000)
        _ = state.note(.failure("down"), for: ring.name, now: 1_000, instant: 0, spread: 0)
        ring.askForKeys()
        state.hearWishes(now: 1_500)
        #expect(Self.due(state) == 3_000)
    }

    @Test("a token is known until it ends, its keys change, or another bundle is loaded; a full set loses its oldest")
    func remembering() {
        let cache = TokenCache()
        func token(_ number: UInt64) -> VerifiedToken {
            var token = VerifiedToken()
            // All in one set.
            token.digest = (number, 0, 0, 0)
            (token.generation, token.keyVersion, token.expires, token.policy) = (1, 1, 1_000, 2)
            return token
        }
        func find(_ number: UInt64, policy: UInt32 = 2, generation: UInt64 = 1, version: UInt64 = 1, at seconds: Int64)
            -> Bool
        {
            cache.find((number, 0, 0, 0), policy: policy, generation: generation, keyVersion: version, seconds: seconds)
                >= 0
        }
        #expect(!find(0, at: 10))
        cache.insert(token(1), seconds: 10)
        #expect(find(1, at: 999) && !find(1, at: 1_000))
        #expect(!find(1, policy: 3, at: 10) && !find(1, generation: 2, at: 10) && !find(1, version: 2, at: 10))
        for number in 2..<5 as Range<UInt64> { cache.insert(token(number), seconds: 20) }
        #expect(find(1, at: 30))
        cache.insert(token(5), seconds: 40)
        #expect(find(1, at: 50) && find(5, at: 50))
        #expect([2, 3, 4].count { find($0, at: 50) } == 2)
    }
}
