internal import GatewayIR

extension PluginChecks {
    /// Who needs groups needs consumers, and who needs claims needs a token.
    mutating func checkTokens(_ chain: EffectiveChain, on route: RouteMention, isWhole: Bool) {
        guard isWhole, chain.authenticates else { return }
        let token = chain.active(.jwt)
        if case .acl(_, _, let claims)? = chain.active(.acl)?.use.setting, !claims.isEmpty, token == nil,
            let acl = chain.active(.acl)
        {
            report(.claimsWithoutToken(acl, on: route))
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
    /// Whether some plugin in force finds out which consumer calls, or says so itself.
    var namesConsumers: Bool {
        if case .authentication(let spec)? = active(.authentication)?.use.setting, spec.anonymous != nil { return true }
        return finders.contains { finder in
            guard case .jwt(let spec) = finder.use.setting else { return true }
            return spec.settings.consumerClaim != nil
        }
    }

    /// Whether some of those who pass are no consumers.
    var admitsStrangers: Bool {
        guard case .jwt(let spec)? = active(.jwt)?.use.setting else { return false }
        return spec.settings.consumerClaim == nil
    }
}

extension Diagnostic {
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
            help: "write `consumer: sub` in `jwt`, or decide by `acl: { scopes: … }` or `claims`"
        )
    }

    fileprivate static func claimsWithoutToken(_ acl: EffectiveUse, on route: RouteMention) -> Diagnostic {
        Diagnostic(
            .claimsWithoutToken,
            "`acl` asks for claims, and no token is checked on `\(route.text)`",
            at: acl.use.span,
            related: [.init(route.span, "on this route")],
            help: "add `jwt`, or write `allow` or `deny` with groups"
        )
    }
}
