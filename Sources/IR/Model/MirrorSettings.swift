/// `mirror`: a copy of requests goes to another upstream, and what it answers to nobody.
package struct MirrorSettings: Hashable, Sendable {
    /// An index into `Gateway.upstreams`.
    package var upstream: Int
    /// How many requests, in millionths.
    package var share: UInt32

    package init(upstream: Int, share: UInt32 = 1_000_000) {
        self.upstream = upstream
        self.share = share
    }
}
