internal import GatewayIR

/// What the plugins of one chain need of each other. A mistake is reported once, however many routes share it.
struct PluginChecks {
    private struct Reported: Hashable {
        var code: DiagnosticCode
        var span: SourceSpan
    }

    private var reported: Set<Reported> = []
    private(set) var diagnostics: [Diagnostic] = []

    mutating func report(_ diagnostic: Diagnostic) {
        guard reported.insert(Reported(code: diagnostic.code, span: diagnostic.span)).inserted else { return }
        diagnostics.append(diagnostic)
    }

    /// Whether the listeners ask clients for certificates.
    let asksForCertificates: Bool
    let nodes: NodeTally
    /// Whether nodes can count together.
    let hasRedis: Bool

    init(_ document: SpecDocument) {
        hasRedis = document.redis != nil
        asksForCertificates = document.listen.https?.clientCertificates != nil
        nodes = NodeTally(document)
    }

    /// - Parameter api: that of the route, by its name.
    mutating func check(_ chain: EffectiveChain, of api: String, on route: RouteMention, isWhole: Bool) {
        checkAuthentication(chain, on: route, isWhole: isWhole)
        if isWhole, !chain.authenticates { checkUnauthenticated(chain, on: route) }
        checkTokens(chain, on: route, isWhole: isWhole)
        checkCredentialHeader(chain)
        checkRequestID(chain)
        checkTrace(chain)
        checkQuery(chain)
        checkAuthorizer(chain)
        checkResponseHeaders(chain)
        checkNodes(chain, of: api)
        if let cache = chain.active(.responseCache), let canary = chain.active(.canary) {
            report(.cacheBesideCanary(cache, canary))
        }
        let answers = chain.active(in: .answer)
        if answers.count > 1 { report(.twoAnswers(answers[0], answers[1])) }
    }

    /// One writer for each field of an answer.
    private mutating func checkResponseHeaders(_ chain: EffectiveChain) {
        var names: [(plugin: String, name: Spanned<String>)] = []
        for use in chain.activeUses {
            let plugin = use.use.name.value
            switch use.use.setting {
            case .responseHeaders(let edits):
                names += (edits.remove + edits.set.map(\.name) + edits.add.map(\.name)).map { (plugin, $0) }
            case .respond(let spec): names += spec.headers.map { (plugin, $0.name) }
            case .forwardAuth(let spec): names += spec.clientHeaders.map { (plugin, $0) }
            default: continue
            }
        }
        guard !names.isEmpty else { return }
        if let other = chain.active(.securityHeaders), case .securityHeaders(let settings) = other.use.setting {
            var written = settings.edits.set.map { $0.name.lowercased() }
            if settings.strictTransport != nil { written.append("strict-transport-security") }
            for (plugin, name) in names where written.contains(name.value.lowercased()) {
                report(.headerOfTwoPlugins(name, of: plugin, other: other))
            }
        }
        if let compress = chain.active(.compress) {
            for (plugin, name) in names where FieldRules.areSame(name.value, "Content-Encoding") {
                report(.headerOfTwoPlugins(name, of: plugin, other: compress))
            }
        }
        guard let cors = chain.active(.cors) else { return }
        for (plugin, name) in names where name.value.lowercased().hasPrefix("access-control-") {
            report(.headerOfTwoPlugins(name, of: plugin, other: cors))
        }
    }

    private mutating func checkUnauthenticated(_ chain: EffectiveChain, on route: RouteMention) {
        if let acl = chain.active(.acl) {
            report(.needsAuthentication("`acl`", acl, help: "add `key-auth`, or delete `acl`", route: route))
        }
        for (limit, key) in chain.limitKeys {
            let name = limit.use.name.value
            switch key {
            case .consumer:
                report(
                    .needsAuthentication(
                        "`\(name)` by consumer",
                        limit,
                        help: "add `key-auth`, or write `by: address`",
                        route: route
                    )
                )
            case .claim:
                report(
                    .needsAuthentication(
                        "`\(name)` by a claim",
                        limit,
                        help: "add `jwt` or `oauth2-introspection`, or write `by: address`",
                        route: route
                    )
                )
            case .address, .header, .path, .all: break
            }
        }
        guard let limit = chain.active(.rateLimit), case .rateLimit(let spec) = limit.use.setting, !spec.tiers.isEmpty,
            spec.key?.value != .consumer
        else { return }
        report(
            .needsAuthentication(
                "`rate-limit` with tiers",
                limit,
                help: "add `key-auth`, or delete `tiers`",
                route: route
            )
        )
    }

    /// Several ways to find the consumer go together as somebody has said.
    private mutating func checkAuthentication(_ chain: EffectiveChain, on route: RouteMention, isWhole: Bool) {
        let finders = chain.finders
        if let use = chain.active(.mtlsAuth), !asksForCertificates { report(.noClientCertificates(use)) }
        guard let use = chain.active(.authentication), case .authentication(let spec) = use.use.setting else {
            if finders.count > 1 { report(.authenticationUnclear(finders, on: route)) }
            return
        }
        if isWhole, finders.isEmpty { report(.authenticationOfNothing(use, on: route)) }
        if finders.count > 1, spec.requirement == nil { report(.authenticationUnclear(finders, on: route)) }
    }

    /// Authentication comes before transforms, so an upstream's own key may be set in the place of the caller's, unless
    /// that is to be forwarded. Taking away what the gateway takes away shows a misunderstanding.
    private mutating func checkCredentialHeader(_ chain: EffectiveChain) {
        guard let transform = chain.active(.requestHeaders), case .requestHeaders(let edits) = transform.use.setting
        else { return }
        for auth in chain.finders {
            let reads = auth.use.setting.credentialHeaders
            for (header, isWhole) in reads.headers {
                for name in edits.remove where FieldRules.areSame(name.value, header) {
                    // A cookie beside the credential's may well be removed.
                    if !isWhole, !reads.forwards { continue }
                    report(.stripsCredential(name, auth: auth, forwards: reads.forwards, verb: "removes"))
                }
                guard reads.forwards else { continue }
                for field in edits.set where FieldRules.areSame(field.name.value, header) {
                    report(.stripsCredential(field.name, auth: auth, forwards: true, verb: "replaces"))
                }
            }
        }
    }

    private mutating func checkRequestID(_ chain: EffectiveChain) {
        guard let id = chain.active(.requestID), case .requestID(let settings) = id.use.setting else { return }
        for auth in chain.finders
        where auth.use.setting.credentialHeaders.headers.contains(where: {
            FieldRules.areSame($0.name, settings.header)
        }) {
            report(.requestIDIsCredential(settings.header, id: id, auth: auth))
        }
        if let use = chain.active(.requestHeaders), case .requestHeaders(let edits) = use.use.setting {
            checkEdits(edits, plugin: .requestHeaders, header: settings.header, id: id)
        }
        if settings.echo, let use = chain.active(.responseHeaders), case .responseHeaders(let edits) = use.use.setting {
            checkEdits(edits, plugin: .responseHeaders, header: settings.header, id: id)
        }
    }

    private mutating func checkQuery(_ chain: EffectiveChain) {
        guard let use = chain.active(.requestQuery), case .requestQuery(let edits) = use.use.setting else { return }
        for auth in chain.finders {
            for name in edits.remove + edits.set.map(\.name) where auth.use.setting.readsParameter(name.value) {
                report(.parameterIsCredential(name, auth: auth))
            }
        }
    }

    /// What a trace goes on by is the gateway's own word.
    private mutating func checkTrace(_ chain: EffectiveChain) {
        guard let trace = chain.active(.traceContext) else { return }
        if let use = chain.active(.requestHeaders), case .requestHeaders(let edits) = use.use.setting {
            for name in edits.remove + (edits.set + edits.add).map(\.name) where FieldRules.isOfTrace(name.value) {
                report(.traceEdited(name, plugin: use.use.name.value, trace: trace))
            }
        }
        if let use = chain.active(.requestID), case .requestID(let settings) = use.use.setting,
            FieldRules.isOfTrace(settings.header)
        {
            let name = Spanned(settings.header, use.use.span)
            report(.traceEdited(name, plugin: use.use.name.value, trace: trace))
        }
    }

    private mutating func checkEdits(_ edits: HeaderEditsSpec, plugin: PluginKind, header: String, id: EffectiveUse) {
        for name in edits.remove + edits.set.map(\.name) + edits.add.map(\.name)
        where FieldRules.areSame(name.value, header) {
            report(.requestIDEdited(name, plugin: plugin.name, id: id))
        }
    }
}

extension FieldRules {
    /// Names of header fields have no case.
    static func areSame(_ left: String, _ right: String) -> Bool { left.lowercased() == right.lowercased() }
}

extension PluginUse.Setting {
    /// Whether a plugin reads a credential from a parameter of the query.
    fileprivate func readsParameter(_ name: String) -> Bool {
        if case .keyAuth(let settings) = self { return settings.sources.contains(.query(name)) }
        return tokenSettings?.source == .query(name)
    }

    /// The header fields that a plugin reads a credential from, and whether each is nothing else; whether the upstream
    /// is to see it.
    fileprivate var credentialHeaders: (headers: [(name: String, isWhole: Bool)], forwards: Bool) {
        switch self {
        case .keyAuth(let settings):
            let headers = settings.sources.compactMap { source -> (name: String, isWhole: Bool)? in
                switch source {
                case .header(let name): (name, true)
                case .cookie: ("Cookie", false)
                case .query: nil
                }
            }
            return (headers, settings.forwardsCredential)
        case .basicAuth(let settings): return ([("Authorization", true)], settings.forwardsCredential)
        case .hmacAuth(let settings):
            var headers: [(name: String, isWhole: Bool)] = []
            if settings.schemes.contains(.messageSignatures) {
                headers += [("Signature-Input", true), ("Signature", true)]
            }
            if settings.schemes.contains(.kong) { headers.append(("Authorization", true)) }
            return (headers, settings.forwardsCredential)
        case .jwt, .oauth2Introspection:
            guard let settings = tokenSettings else { return ([], false) }
            let forwards = settings.forwardsCredential
            switch settings.source {
            case .header(let name): return ([(name, true)], forwards)
            case .cookie: return ([("Cookie", false)], forwards)
            case .query: return ([], forwards)
            }
        case .off, .requestID, .ipRestriction, .cors, .requestSizeLimit, .mtlsAuth, .authentication, .acl, .forwardAuth,
            .concurrencyLimit, .rateLimit, .fault, .requestHeaders, .canary, .mirror, .redirect, .respond,
            .responseHeaders, .traceContext, .botDetection, .requestQuery, .requestBody,
            .securityHeaders, .compress, .responseCache:
            return ([], false)
        }
    }
}
