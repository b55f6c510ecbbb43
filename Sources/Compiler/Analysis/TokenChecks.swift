internal import GatewayIR

extension PluginChecks {
    /// Who needs groups needs consumers, and who needs claims needs a token.
    mutating func checkTokens(_ chain: EffectiveChain, on route: RouteMention, isWhole: Bool) {
        if let jwt = chain.active(.jwt), let other = chain.active(.oauth2Introspection) {
            report(.twoTokens(other, jwt: jwt))
        }
        guard isWhole, chain.authenticates else { return }
        let token = chain.active(.jwt) ?? chain.active(.oauth2Introspection)
        if case .acl(_, _, let claims)? = chain.active(.acl)?.use.setting, !claims.isEmpty, token == nil,
            let acl = chain.active(.acl)
        {
            report(
                .claimsWithoutToken(
                    "`acl` asks for claims",
                    acl,
                    help: "write `allow` or `deny` with groups",
                    on: route
                )
            )
        }
        for (limit, key) in chain.limitKeys where token == nil {
            guard case .claim = key else { continue }
            let verb = limit.kind == .canary ? "chooses" : "counts"
            let what = "`\(limit.use.name.value)` \(verb) by a claim"
            report(.claimsWithoutToken(what, limit, help: "write `by: consumer`", on: route))
        }
        guard let token, !chain.namesConsumers else { return }
        if let acl = chain.active(.acl), case .acl(let allow, let deny, _) = acl.use.setting,
            !allow.isEmpty || !deny.isEmpty
        {
            report(.tokenNamesNobody("`acl` by groups", acl, token: token, on: route))
        }
        if let limit = chain.active(.rateLimit), case .rateLimit(let spec) = limit.use.setting, !spec.tiers.isEmpty {
            report(.tokenNamesNobody("`rate-limit` with tiers", limit, token: token, on: route))
        }
    }
}

extension EffectiveChain {
    /// The plugins in force that say what they count or choose by.
    var limitKeys: [(use: EffectiveUse, key: RateLimitKey)] {
        [active(.concurrencyLimit), active(.rateLimit), active(.canary)].compactMap { $0 }.compactMap { use in
            switch use.use.setting {
            case .concurrencyLimit(let spec): spec.key.map { (use, $0.value) }
            case .rateLimit(let spec): spec.key.map { (use, $0.value) }
            case .canary(let spec):
                if case .key(let key) = spec.key?.value { (use, key) } else { nil }
            default: nil
            }
        }
    }

    /// Whether some plugin in force finds out which consumer calls, or says so itself.
    var namesConsumers: Bool {
        if case .authentication(let spec)? = active(.authentication)?.use.setting, spec.anonymous != nil { return true }
        return finders.contains { finder in
            guard let settings = finder.use.setting.tokenSettings else { return true }
            return settings.consumerClaim != nil
        }
    }

    /// Whether some of those who pass are no consumers.
    var admitsStrangers: Bool {
        activeUses.contains { use in
            guard let settings = use.use.setting.tokenSettings else { return false }
            return settings.consumerClaim == nil
        }
    }
}

extension PluginUse.Setting {
    /// Of a plugin that reads tokens: what they must be.
    var tokenSettings: TokenSettings? {
        switch self {
        case .jwt(let spec): spec.settings
        case .oauth2Introspection(let spec): spec.settings.token
        default: nil
        }
    }

    /// The upstream that a plugin asks.
    var consultedUpstream: Spanned<String>? {
        switch self {
        case .forwardAuth(let spec): spec.upstream
        case .oauth2Introspection(let spec): spec.upstream
        default: nil
        }
    }
}

extension Diagnostic {
    fileprivate static func twoTokens(_ use: EffectiveUse, jwt: EffectiveUse) -> Diagnostic {
        Diagnostic(
            .twoTokens,
            "`jwt` and `oauth2-introspection` both read tokens",
            at: use.use.span,
            related: [.init(jwt.use.span, "the other one")],
            help: "keep one of them, or write `jwt: off` beside this one"
        )
    }

    fileprivate static func tokenNamesNobody(
        _ what: String,
        _ use: EffectiveUse,
        token: EffectiveUse,
        on route: RouteMention
    ) -> Diagnostic {
        Diagnostic(
            .tokenNamesNobody,
            "\(what) needs consumers, and tokens name none on `\(route.text)`",
            at: use.use.span,
            related: [.init(token.use.span, "no `consumer` is said here"), .init(route.span, "on this route")],
            help: "write `consumer: sub` in `\(token.use.name.value)`, or decide by `acl: { scopes: … }` or `claims`"
        )
    }

    fileprivate static func claimsWithoutToken(
        _ what: String,
        _ use: EffectiveUse,
        help: String,
        on route: RouteMention
    ) -> Diagnostic {
        Diagnostic(
            .claimsWithoutToken,
            "\(what), and no token is checked on `\(route.text)`",
            at: use.use.span,
            related: [.init(route.span, "on this route")],
            help: "add `jwt` or `oauth2-introspection`, or \(help)"
        )
    }
}
