/// `canary`: a share of the requests goes to another upstream.
package struct CanarySettings: Hashable, Sendable {
    /// From an instant on, so many requests.
    package struct Step: Hashable, Sendable {
        /// `nil` is always.
        package var from: Instant?
        /// In millionths.
        package var share: UInt32

        package init(from: Instant? = nil, share: UInt32) {
            self.from = from
            self.share = share
        }
    }

    /// Names the choice: the same callers are chosen wherever it is the same.
    package var identity: String
    /// An index into `Gateway.upstreams`.
    package var upstream: Int
    /// Ascending by their instants, all different.
    package var steps: [Step]
    /// What a choice sticks to; `nil` is chance.
    package var key: RateLimitKey?

    package static let stepCountMax = 64

    package init(identity: String, upstream: Int, steps: [Step], key: RateLimitKey?) {
        self.identity = identity
        self.upstream = upstream
        self.steps = steps
        self.key = key
    }

    /// How many requests it is at an instant, in millionths.
    package func share(at instant: Instant) -> UInt32 {
        steps.last { ($0.from ?? .min) <= instant }?.share ?? 0
    }
}
