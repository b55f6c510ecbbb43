internal import GatewayIR

extension PluginChecks {
    /// One writer for each field that the upstream gets.
    mutating func checkAuthorizer(_ chain: EffectiveChain) {
        guard let use = chain.active(.forwardAuth), case .forwardAuth(let spec) = use.use.setting else { return }
        for name in spec.upstreamHeaders {
            guard let other = chain.activeUses.first(where: { $0.use.setting.writesForUpstream(name.value) }) else {
                continue
            }
            report(.fieldOfAuthorizer(name, other: other))
        }
    }
}

extension PluginUse.Setting {
    /// Whether the plugin sets, adds or removes a field that the upstream gets, beside `forward-auth` itself.
    fileprivate func writesForUpstream(_ name: String) -> Bool {
        switch self {
        case .requestHeaders(let edits):
            (edits.remove + (edits.set + edits.add).map(\.name)).contains { FieldRules.areSame($0.value, name) }
        case .requestID(let settings): FieldRules.areSame(settings.header, name)
        case .traceContext: FieldRules.isOfTrace(name)
        case .jwt, .oauth2Introspection:
            tokenSettings?.headers.contains { FieldRules.areSame($0.header, name) } ?? false
        case .off, .ipRestriction, .cors, .requestSizeLimit, .mtlsAuth, .keyAuth, .basicAuth, .authentication, .acl,
            .forwardAuth, .concurrencyLimit, .rateLimit, .fault, .canary, .mirror, .redirect, .respond,
            .responseHeaders, .botDetection, .hmacAuth, .requestQuery, .requestBody,
            .securityHeaders, .compress, .responseCache:
            false
        }
    }
}

extension Diagnostic {
    fileprivate static func fieldOfAuthorizer(_ name: Spanned<String>, other: EffectiveUse) -> Diagnostic {
        Diagnostic(
            .fieldOfAuthorizer,
            "`\(name.value)` is written by `\(other.use.name.value)`, too",
            at: name.span,
            related: [.init(other.use.span, "written here")],
            help: "delete it in one of them"
        )
    }

    static func passesOnFailure(_ span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .passesOnFailure,
            "while the server cannot be asked, everybody passes",
            at: span,
            help: "write `on-failure: deny`, which is the default"
        )
    }

    static func hashOfAuthorizer(
        _ hash: HashUse,
        upstream: String,
        plugin: String,
        route: RouteMention
    ) -> Diagnostic {
        Diagnostic(
            .hashOfAuthorizer,
            "`\(upstream)` hashes the capture `\(hash.name)`, and `\(plugin)` asks it without one",
            at: hash.span,
            related: [.init(route.span, "on this route")],
            help: "hash by `address`, `consumer`, `header` or `cookie`"
        )
    }
}
