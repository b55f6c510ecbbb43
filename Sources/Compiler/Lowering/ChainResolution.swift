internal import GatewayIR

/// Merges the plugins of nested scopes: the nearest setting wins, `off` removes, `sealed` stays.
struct ChainResolution {
    private let policies: [Named<[PluginUse]>]
    private let names: NameTable
    /// Policies that something names, by index.
    private(set) var usedPolicies: Set<Int> = []
    private(set) var diagnostics: [Diagnostic] = []

    init(_ document: SpecDocument, names: NameTable) {
        policies = document.policies
        self.names = names
    }

    /// The chain within a scope: that of the scope around it, then the scope's policies, then its plugins.
    mutating func chain(
        within outer: EffectiveChain,
        policies: [Spanned<String>],
        plugins: [PluginUse],
        at place: ChainPlace
    ) -> EffectiveChain {
        guard !policies.isEmpty || !plugins.isEmpty else { return outer }
        let own = plugins.compactMap { EffectiveUse($0, at: place, span: $0.span) }
        let ownKinds = Set(own.map(\.kind))
        var inner = outer
        for use in policyUses(policies, overriddenBy: ownKinds, at: place, &inner.isWhole) {
            inner = applying(use, to: inner)
        }
        for use in own {
            warnIfIdle(use, in: inner)
            inner = applying(use, to: inner)
        }
        return inner
    }

    /// The plugins of a scope's policies. Two policies may not set the same plugin unless the scope itself decides.
    private mutating func policyUses(
        _ references: [Spanned<String>],
        overriddenBy ownKinds: Set<PluginKind>,
        at place: ChainPlace,
        _ areAllKnown: inout Bool
    ) -> [EffectiveUse] {
        var results: [EffectiveUse] = []
        var setters: [PluginKind: Spanned<String>] = [:]
        for reference in references {
            guard let index = names.policy(reference, into: &diagnostics) else {
                areAllKnown = false
                continue
            }
            usedPolicies.insert(index)
            for use in policies[index].value {
                guard let use = EffectiveUse(use, at: place, span: reference.span) else { continue }
                if let first = setters[use.kind], first.value != reference.value, !ownKinds.contains(use.kind) {
                    diagnostics.append(.policiesDisagree(use.kind.name, reference, first: first))
                    continue
                }
                setters[use.kind] = reference
                results.append(use)
            }
        }
        return results
    }

    private mutating func applying(_ use: EffectiveUse, to chain: EffectiveChain) -> EffectiveChain {
        if let outer = chain[use.kind], outer.use.isSealed {
            // The same item again, by a policy that two scopes name, changes nothing.
            guard outer.use.span != use.use.span else { return chain }
            diagnostics.append(.pluginSealed(use.kind.name, use, outer: outer))
            return chain
        }
        var result = chain
        result[use.kind] = use.isOff && !use.use.isSealed ? nil : use
        return result
    }

    private mutating func warnIfIdle(_ use: EffectiveUse, in chain: EffectiveChain) {
        guard use.isOff, !use.use.isSealed, chain[use.kind] == nil else { return }
        diagnostics.append(.offRemovesNothing(use.kind.name, at: use.span))
    }
}

extension Diagnostic {
    static func policiesDisagree(
        _ plugin: String,
        _ policy: Spanned<String>,
        first: Spanned<String>
    ) -> Diagnostic {
        Diagnostic(
            .policiesDisagree,
            "the policies `\(first.value)` and `\(policy.value)` both set `\(plugin)`",
            at: policy.span,
            related: [.init(first.span, "the other one is named here")],
            help: "name one of them, or set `\(plugin)` in `plugins` beside them, which decides"
        )
    }

    static func pluginSealed(_ plugin: String, _ use: EffectiveUse, outer: EffectiveUse) -> Diagnostic {
        Diagnostic(
            .pluginSealed,
            "`\(plugin)` is sealed and can be neither replaced nor removed here",
            at: use.span,
            related: [.init(outer.use.span, "sealed here")],
            help: "delete it; the sealed setting holds"
        )
    }

    static func offRemovesNothing(_ plugin: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .offRemovesNothing,
            "there is no `\(plugin)` further out for this to remove",
            at: span,
            help: "delete it"
        )
    }
}
