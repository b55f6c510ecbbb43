internal import GatewayIR

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

    /// The decoder has refused names that no plugin has.
    var kind: PluginKind? { PluginKind(named: use.name.value) }
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

    /// The plugins in force that run in a phase, in their order.
    func active(in phase: Phase) -> [EffectiveUse] { activeUses.filter { $0.kind?.phase == phase } }

    /// The plugins in force that find the consumer.
    var finders: [EffectiveUse] { activeUses.filter { $0.kind?.findsConsumer == true } }

    /// Whether the consumer is known behind authentication.
    var authenticates: Bool { !finders.isEmpty }

    /// Whether it names the groups whose consumers pass.
    var admitsGroups: Bool {
        guard case .acl(let allow, _, _)? = active(.acl)?.use.setting else { return false }
        return !allow.isEmpty
    }
}
