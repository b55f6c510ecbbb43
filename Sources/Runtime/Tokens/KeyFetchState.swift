internal import Tokens

/// Bounds and times of fetching keys.
enum KeyFetchLimits {
    /// Places that are asked at once.
    static let threadCountMax = 2
    static let timeoutMilliseconds = 10_000
    /// What holds where an answer does not say for how long it does, or wants to be asked every time.
    static let usualMilliseconds: Int64 = 300_000
    static let millisecondsMin: Int64 = 60_000
    static let millisecondsMax: Int64 = 86_400_000
    static let firstRetryMilliseconds: Int64 = 1_000
    static let retryMillisecondsMax: Int64 = 300_000
    /// Between two fetches because of tokens whose key is not there.
    static let wishMilliseconds: Int64 = 30_000
}

/// What came of fetching.
enum KeyFetchOutcome {
    /// - Parameters: the keys, a digest of what they were read from, and for how many seconds they hold, or -1.
    case keys(KeySet, digest: String, maxAgeSeconds: Int64)
    /// One clause, for people.
    case failure(String)
}

/// What the fetcher knows and is about to do. Its functions decide; threads, locks and libcurl are the fetcher's.
struct KeyFetchState {
    /// What is known of one place, for `/status` and metrics.
    struct Report: Sendable {
        var url: String
        var keyCount = 0
        /// Seconds since 1970; 0 before keys came.
        var fetchedInstant: Int64 = 0
        var succeededCount: UInt64 = 0
        var failedCount: UInt64 = 0
        /// Why the last attempt failed; `nil` if it did not.
        var failure: String?
    }

    struct Source {
        let ring: KeyRing
        var report: Report
        var digest = ""
        var isFetching = false
        var failureCount = 0
        var dueMilliseconds: Int64 = 0
        /// When it was begun last.
        var begunMilliseconds: Int64 = .min / 2

        var isAnswered: Bool { report.succeededCount + report.failedCount > 0 }
    }

    var sources: [KeyRing.Name: Source] = [:]
    var threadCount = 0
    var mustStop = false

    /// Says which places there are from now on.
    mutating func set(_ rings: [KeyRing]) {
        let names = Set(rings.map(\.name))
        sources = sources.filter { names.contains($0.key) }
        for ring in rings where sources[ring.name] == nil {
            let url = ring.name.url
            sources[ring.name] = Source(
                ring: ring,
                report: Report(url: String(url[..<(url.firstIndex(of: "?") ?? url.endIndex)]))
            )
        }
    }

    /// Hears those who came with tokens of other keys: their place is asked soon, but not more often than every
    /// `wishMilliseconds`, and not sooner than its last failure wants.
    mutating func hearWishes(now: Int64) {
        for (name, source) in sources where source.ring.takeWish() && !source.isFetching && source.failureCount == 0 {
            let soonest = max(now, source.begunMilliseconds + KeyFetchLimits.wishMilliseconds)
            sources[name]?.dueMilliseconds = min(source.dueMilliseconds, soonest)
        }
    }

    /// The place that has been due for longest, marked as being asked.
    mutating func takeDue(now: Int64) -> KeyRing? {
        let due = sources.values.filter { !$0.isFetching && $0.dueMilliseconds <= now }
        let first = due.min { ($0.dueMilliseconds, $0.ring.name.url) < ($1.dueMilliseconds, $1.ring.name.url) }
        guard let ring = first?.ring else { return nil }
        sources[ring.name]?.isFetching = true
        sources[ring.name]?.begunMilliseconds = now
        return ring
    }

    /// How long to wait for the next place to be due.
    func nextDue(after now: Int64) -> Int64 {
        let waiting = sources.values.filter { !$0.isFetching }.map(\.dueMilliseconds)
        return max(1, min((waiting.min() ?? .max) - now, 60_000))
    }

    /// Takes in what came of fetching.
    ///
    /// - Parameters:
    ///   - instant: seconds since 1970.
    ///   - spread: from -1 to 1, so that gateways that started together do not ask together.
    /// - Returns: what is new: a line for the log, and the keys if they are others than before.
    mutating func note(
        _ outcome: KeyFetchOutcome,
        for name: KeyRing.Name,
        now: Int64,
        instant: Int64,
        spread: Double
    ) -> (isNews: Bool, keys: KeySet?) {
        guard var source = sources[name] else { return (false, nil) }
        defer { sources[name] = source }
        source.isFetching = false
        switch outcome {
        case .failure(let reason):
            source.report.failedCount += 1
            let backoff = KeyFetchLimits.firstRetryMilliseconds << Int64(min(source.failureCount, 10))
            source.failureCount += 1
            source.dueMilliseconds = now + spreadOut(min(backoff, KeyFetchLimits.retryMillisecondsMax), spread)
            let isNews = source.report.failure != reason
            source.report.failure = reason
            return (isNews, nil)
        case .keys(let keys, let digest, let maxAgeSeconds):
            let isNews = source.report.failure != nil || source.digest != digest
            let isOther = source.digest != digest
            source.report.succeededCount += 1
            source.report.failure = nil
            source.report.keyCount = keys.keys.count
            source.report.fetchedInstant = instant
            source.failureCount = 0
            source.digest = digest
            let said = maxAgeSeconds > 0 ? min(maxAgeSeconds, 1_000_000) * 1_000 : KeyFetchLimits.usualMilliseconds
            let age = min(max(said, KeyFetchLimits.millisecondsMin), KeyFetchLimits.millisecondsMax)
            // Before they end to hold, with time to try again.
            source.dueMilliseconds = now + spreadOut(age / 10 * 8, spread)
            return (isNews, isOther ? keys : nil)
        }
    }

    private func spreadOut(_ milliseconds: Int64, _ spread: Double) -> Int64 {
        milliseconds + Int64(Double(milliseconds / 10) * spread)
    }
}
