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
    let kind: PluginKind
    let use: PluginUse
    let place: ChainPlace
    /// Where the scope says so: the item itself, or the name of the policy that holds it.
    let span: SourceSpan

    /// `nil` for a name that no plugin has; the decoder has refused those.
    init?(_ use: PluginUse, at place: ChainPlace, span: SourceSpan) {
        guard let kind = PluginKind(named: use.name.value) else { return nil }
        self.kind = kind
        self.use = use
        self.place = place
        self.span = span
    }

    var isOff: Bool {
        guard case .off = use.setting else { return false }
        return true
    }
}

/// What is in force somewhere: at most one setting of each plugin.
struct EffectiveChain {
    /// Ascending by `PluginKind`; few, and copied at every scope. A sealed `off` stays, so that nobody within switches
    /// the plugin on.
    private var uses: [EffectiveUse] = []

    /// Whether every policy that belongs to it was found; else what seems to be missing may be there.
    var isWhole = true

    /// What has been said about the plugin, `off` included.
    subscript(kind: PluginKind) -> EffectiveUse? {
        get {
            // Only what is found is copied.
            for index in uses.indices where uses[index].kind == kind { return uses[index] }
            return nil
        }
        set {
            let index = uses.firstIndex { $0.kind.rawValue >= kind.rawValue } ?? uses.count
            let isSet = index < uses.count && uses[index].kind == kind
            uses.replaceSubrange(index..<(isSet ? index + 1 : index), with: newValue.map { [$0] } ?? [])
        }
    }

    /// The plugin's setting, if it runs.
    func active(_ kind: PluginKind) -> EffectiveUse? {
        guard let use = self[kind], !use.isOff else { return nil }
        return use
    }

    /// In the order of phases.
    var activeUses: [EffectiveUse] { uses.filter { !$0.isOff } }

    /// The plugins in force that run in a phase, in their order.
    func active(in phase: Phase) -> [EffectiveUse] { uses.filter { $0.kind.phase == phase && !$0.isOff } }

    /// The plugins in force that find the consumer.
    var finders: [EffectiveUse] { uses.filter { $0.kind.findsConsumer && !$0.isOff } }

    /// Whether the consumer is known behind authentication.
    var authenticates: Bool { uses.contains { $0.kind.findsConsumer && !$0.isOff } }

    /// Whether it names the groups whose consumers pass.
    var admitsGroups: Bool {
        guard case .acl(let allow, _, _)? = active(.acl)?.use.setting else { return false }
        return !allow.isEmpty
    }
}
