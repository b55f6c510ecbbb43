package import GatewayIR

/// `concurrency-limit: { limit: 20, by: all }`.
package struct ConcurrencyLimitSpec: Sendable {
    package var limit: Spanned<UInt32>
    /// As that of a rate limit.
    package var key: Spanned<RateLimitKey>?
}

/// `fault: { delay: 300ms, delay-share: 10%, until: 2026-12-01 }`.
package struct FaultSpec: Sendable {
    package var settings: FaultSettings
    /// No header field tells the requests that are hit from the others.
    package var isForAll: Bool
}

/// `canary: { upstream: orders-next, share: 5%, by: consumer }`, or with `shares` of several upstreams.
package struct CanarySpec: Sendable {
    /// What a choice sticks to.
    package enum Key: Sendable {
        case random
        case key(RateLimitKey)
    }

    package var upstreams: [Spanned<String>] = []
    /// Ascending by their instants.
    package var steps: [CanarySettings.Step] = []
    package var key: Spanned<Key>?
}

/// `mirror: { upstream: orders-next, share: 10% }`.
package struct MirrorSpec: Sendable {
    package var upstream: Spanned<String>
    /// In millionths.
    package var share: UInt32?
}
