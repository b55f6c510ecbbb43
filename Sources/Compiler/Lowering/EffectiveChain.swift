internal import GatewayIR

/// A plugin by its number in the order of phases.
enum PluginKind: Int, CaseIterable {
    case requestID
    case requestSizeLimit
    case keyAuth
    case acl
    case rateLimit
    case requestHeaders
    case respond
    case responseHeaders

    var name: String {
        switch self {
        case .requestID: "request-id"
        case .requestSizeLimit: "request-size-limit"
        case .keyAuth: "key-auth"
        case .acl: "acl"
        case .rateLimit: "rate-limit"
        case .requestHeaders: "request-headers"
        case .respond: "respond"
        case .responseHeaders: "response-headers"
        }
    }

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

    /// - Returns: `nil` for a name that the decoder has refused.
    init?(named name: String) {
        guard let kind = PluginKind.byName[name] else { return nil }
        self = kind
    }
}

/// Where plugins are attached: the scope, and its name for rate limits and messages.
struct ChainPlace {
    var scope: Scope
    /// `global`, `api/orders`, `version/orders/v1`, `route/orders/v1/GET /`.
    var identity: String

    static let global = ChainPlace(scope: .global, identity: "global")
}

/// A plugin in force, and by whose word.
struct EffectiveUse {
    var use: PluginUse
    var place: ChainPlace
    /// Where the scope says so: the item itself, or the name of the policy that holds it.
    var span: SourceSpan

    var isOff: Bool {
        guard case .off = use.setting else { return false }
        return true
    }
}

/// What is in force somewhere: at most one setting of each plugin.
struct EffectiveChain {
    /// By `PluginKind`. A sealed `off` stays, so that nobody within switches the plugin on.
    private var uses: [EffectiveUse?] = Array(repeating: nil, count: PluginKind.allCases.count)

    /// Whether every policy that belongs to it was found; else what seems to be missing may be there.
    var isWhole = true

    /// What has been said about the plugin, `off` included.
    subscript(kind: PluginKind) -> EffectiveUse? {
        get { uses[kind.rawValue] }
        set { uses[kind.rawValue] = newValue }
    }

    /// The plugin's setting, if it runs.
    func active(_ kind: PluginKind) -> EffectiveUse? {
        guard let use = uses[kind.rawValue], !use.isOff else { return nil }
        return use
    }

    /// In the order of phases.
    var activeUses: [EffectiveUse] { PluginKind.allCases.compactMap { active($0) } }

    var authenticates: Bool { active(.keyAuth) != nil }
    var answers: Bool { active(.respond) != nil }
}
