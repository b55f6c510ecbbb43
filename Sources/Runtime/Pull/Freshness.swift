/// How long a bundle may be served that its source does not confirm any more. Seconds; `nil` is for ever.
package struct StalePolicy: Equatable, Sendable {
    /// When the log and the metrics say so.
    package var warnSeconds: Int64?
    /// When requests are turned away.
    package var stopSeconds: Int64?

    package init(warnSeconds: Int64? = nil, stopSeconds: Int64? = nil) {
        self.warnSeconds = warnSeconds
        self.stopSeconds = stopSeconds
    }
}

/// How long ago the source confirmed the bundle that is served, against how long that may be. Instants are milliseconds
/// of a clock that nobody sets: one that jumps would end a service.
struct Freshness {
    enum Level: UInt8, Comparable, CaseIterable {
        case fresh
        /// Longer than is usual.
        case stale
        /// Longer than may be.
        case expired

        static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    let policy: StalePolicy
    private(set) var level = Level.fresh
    private var confirmed: Int64

    /// - Parameter ageSeconds: how long ago the source confirmed the bundle, perhaps to an earlier process.
    init(_ policy: StalePolicy, ageSeconds: Int64 = 0, now: Int64) {
        self.policy = policy
        confirmed = now - min(max(ageSeconds, 0), 1 << 40) * 1_000
    }

    /// Seconds since the source confirmed it.
    func age(now: Int64) -> Int64 { max(now - confirmed, 0) / 1_000 }

    mutating func confirm(now: Int64) { confirmed = now }

    /// When another level is reached, if nothing is confirmed before.
    var deadline: Int64 {
        let next: Int64? =
            switch level {
            case .fresh: policy.warnSeconds ?? policy.stopSeconds
            case .stale: policy.stopSeconds
            case .expired: nil
            }
        return next.map { confirmed + $0 * 1_000 } ?? .max
    }

    /// - Returns: the level, if it is another one than at the last call.
    mutating func advance(now: Int64) -> Level? {
        let age = now - confirmed
        let isReached = { (seconds: Int64?) in seconds.map { age >= $0 * 1_000 } ?? false }
        let next: Level =
            isReached(policy.stopSeconds) ? .expired : isReached(policy.warnSeconds) ? .stale : .fresh
        guard next != level else { return nil }
        level = next
        return next
    }
}
