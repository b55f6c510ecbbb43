extension Diagnostic {
    static func faultWithoutEnd(_ span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .faultWithoutEnd,
            "this fault hits everybody and never ends",
            at: span,
            help: "say when it is over: `until: 2026-12-01T11:00:00Z`, or who takes part: `header: X-Rehearsal`"
        )
    }

    static func faultOfAll(_ span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .faultOfAll,
            "this fault hits all APIs of the gateway",
            at: span,
            help: "set it on the API that is rehearsed, or say who takes part: `header: X-Rehearsal`"
        )
    }

    static func cacheBesideCanary(_ cache: EffectiveUse, _ canary: EffectiveUse) -> Diagnostic {
        // The outer one is the one to turn off, where the inner one is set.
        let (outer, inner) = cache.place.scope <= canary.place.scope ? (cache, canary) : (canary, cache)
        return Diagnostic(
            .cacheBesideCanary,
            "`\(inner.use.name.value)` and `\(outer.use.name.value)` do not go together",
            at: inner.use.span,
            related: [.init(outer.use.span, "the other one")],
            help: "keep one of them, or write `\(outer.use.name.value): off` beside this one"
        )
    }

    static func sameUpstream(_ upstream: Spanned<String>, plugin: String, route: RouteMention) -> Diagnostic {
        Diagnostic(
            .sameUpstream,
            "`\(upstream.value)` gets all requests of `\(route.text)` anyway",
            at: upstream.span,
            related: [.init(route.span, "on this route")],
            help: "name another upstream, or delete `\(plugin)`"
        )
    }
}

extension PluginUse.Setting {
    /// Of a plugin that sends requests elsewhere, too: where.
    var otherUpstreams: [Spanned<String>] {
        switch self {
        case .canary(let spec): spec.upstreams
        case .mirror(let spec): [spec.upstream]
        default: []
        }
    }
}
