internal import GatewayIR

/// An upstream, and the scope that chose it.
struct UpstreamChoice {
    var name: Spanned<String>
    /// `nil` for a name that is unknown, which is reported.
    var index: Int?
    var scope: Scope
}

/// What the routes of one version have in common.
struct VersionContext {
    var version: Int
    var api: Int
    var apiName: String
    /// `orders/v1`.
    var name: String
    var selector: VersionSelector
    var base: VersionBase
    var chain: EffectiveChain
    /// Whether that is the chain of the API.
    var inheritsChain: Bool
    var chainNamesCaptures: Bool
    /// What answers in the upstream's place for routes without plugins of their own.
    var answer: EffectiveUse?
    /// Likewise, where a share of their requests goes.
    var canary: EffectiveUse?
    /// Likewise, where copies of them go.
    var mirror: EffectiveUse?
    var upstream: UpstreamChoice?
    /// Whether nothing was refused that is in force here.
    var isWhole: Bool
    /// The chain of routes without plugins of their own, where no text names captures.
    var chainNumber: Int?
    /// The same where some do, by the captures that there are.
    var chainNumbers: [[String]: Int] = [:]
    var withoutUpstream: [Spanned<String>] = []

    init(
        version: Int,
        api: Int,
        apiName: String,
        name: String,
        selector: VersionSelector,
        base: VersionBase,
        chain: EffectiveChain,
        inheritsChain: Bool,
        upstream: UpstreamChoice?,
        isWhole: Bool
    ) {
        self.version = version
        self.api = api
        self.apiName = apiName
        self.name = name
        self.selector = selector
        self.base = base
        self.chain = chain
        self.inheritsChain = inheritsChain
        chainNamesCaptures = chain.namesCaptures
        answer = chain.active(in: .answer).first
        canary = chain.active(.canary)
        mirror = chain.active(.mirror)
        self.upstream = upstream
        self.isWhole = isWhole
    }
}
