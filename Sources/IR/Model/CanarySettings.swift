/// `canary`: shares of the requests go to other upstreams.
package struct CanarySettings: Hashable, Sendable {
    /// From an instant on, so many requests.
    package struct Step: Hashable, Sendable {
        /// `nil` is always.
        package var from: Instant?
        /// Of each upstream, in millionths: together at most all.
        package var shares: [UInt32]

        package init(from: Instant? = nil, shares: [UInt32]) {
            self.from = from
            self.shares = shares
        }
    }

    /// Names the choice: the same callers are chosen wherever it is the same.
    package var identity: String
    /// Indices into `Gateway.upstreams`.
    package var upstreams: [Int]
    /// Ascending by their instants, all different.
    package var steps: [Step]
    /// What a choice sticks to; `nil` is chance.
    package var key: RateLimitKey?

    package static let stepCountMax = 64
    package static let upstreamCountMax = 6

    package init(identity: String, upstreams: [Int], steps: [Step], key: RateLimitKey?) {
        self.identity = identity
        self.upstreams = upstreams
        self.steps = steps
        self.key = key
    }

    /// How many requests each upstream gets at an instant, in millionths.
    package func shares(at instant: Instant) -> [UInt32] {
        steps.last { ($0.from ?? .min) <= instant }?.shares ?? upstreams.map { _ in 0 }
    }
}
