/// Gives the names of one spec those that they have in the linked gateway, and says which it cannot mean.
struct UnitRenaming {
    private let symbols: LinkSymbols
    private let unit: Int
    private var known: [[String: String?]] = NameKind.allCases.map { _ in [:] }
    /// What others define and the unit names.
    private(set) var uses: [Linkage.Use] = []
    private(set) var diagnostics: [Diagnostic] = []

    init(_ unit: Int, _ symbols: LinkSymbols) {
        self.unit = unit
        self.symbols = symbols
    }

    mutating func rename(_ document: inout SpecDocument) {
        document.upstreams.removeAll { symbols.isReplaced($0.name.value, .upstream, in: unit) }
        document.policies.removeAll { symbols.isReplaced($0.name.value, .policy, in: unit) }
        document.consumers.removeAll { symbols.isReplaced($0.name.value, .consumer, in: unit) }
        for index in document.upstreams.indices { rename(&document.upstreams[index].name, .upstream) }
        for index in document.policies.indices { rename(&document.policies[index].name, .policy) }
        for index in document.consumers.indices { rename(&document.consumers[index]) }
        document.forEachPluginList { rename(&$0) }
        for api in document.apis.indices {
            document.apis[api].value.unit = unit
            rename(&document.apis[api].value.upstream, .upstream)
            rename(&document.apis[api].value.policies)
            for version in document.apis[api].value.versions.indices {
                rename(&document.apis[api].value.versions[version].value)
            }
        }
    }

    private mutating func rename(_ consumer: inout Named<ConsumerSpec>) {
        let name = consumer.name.value
        rename(&consumer.name, .consumer)
        for index in consumer.value.groups.indices { rename(&consumer.value.groups[index], .group) }
        guard consumer.name.value != name else { return }
        let prefix = consumer.name.value.dropLast(name.count)
        for index in consumer.value.credentials.indices {
            guard let id = consumer.value.credentials[index].id else { continue }
            consumer.value.credentials[index].id?.value = prefix + id.value
        }
    }

    private mutating func rename(_ version: inout VersionSpec) {
        rename(&version.upstream, .upstream)
        rename(&version.policies)
        for index in version.preview.indices { rename(&version.preview[index], .group) }
        for index in version.routes.indices where !version.routes[index].isPlain {
            guard var details = version.routes[index].details else { continue }
            rename(&details.upstream, .upstream)
            rename(&details.policies)
            version.routes[index].details = details
        }
    }

    private mutating func rename(_ policies: inout [Spanned<String>]) {
        for index in policies.indices { rename(&policies[index], .policy) }
    }

    private mutating func rename(_ uses: inout [PluginUse]) {
        for index in uses.indices {
            switch uses[index].setting {
            case .acl(var allow, var deny, let claims):
                for index in allow.indices { rename(&allow[index], .group) }
                for index in deny.indices { rename(&deny[index], .group) }
                uses[index].setting = .acl(allow: allow, deny: deny, claims: claims)
            case .rateLimit(var spec):
                for index in spec.tiers.indices { rename(&spec.tiers[index].name, .group) }
                uses[index].setting = .rateLimit(spec)
            case .authentication(var spec):
                rename(&spec.anonymous, .consumer)
                uses[index].setting = .authentication(spec)
            case .oauth2Introspection(var spec):
                rename(&spec.upstream, .upstream)
                uses[index].setting = .oauth2Introspection(spec)
            case .forwardAuth(var spec):
                rename(&spec.upstream, .upstream)
                uses[index].setting = .forwardAuth(spec)
            case .canary(var spec):
                for index in spec.upstreams.indices { rename(&spec.upstreams[index], .upstream) }
                uses[index].setting = .canary(spec)
            case .mirror(var spec):
                rename(&spec.upstream, .upstream)
                uses[index].setting = .mirror(spec)
            case .off, .requestID, .ipRestriction, .cors, .requestSizeLimit, .mtlsAuth, .keyAuth, .basicAuth, .jwt,
                .concurrencyLimit, .fault, .requestHeaders, .redirect, .respond, .responseHeaders, .securityHeaders,
                .traceContext, .botDetection, .hmacAuth, .requestQuery, .requestBody, .compress, .responseCache:
                break
            }
        }
    }

    private mutating func rename(_ name: inout Spanned<String>?, _ kind: NameKind) {
        guard var present = name else { return }
        rename(&present, kind)
        name = present
    }

    /// What is unknown keeps its name: the analysis reports it.
    private mutating func rename(_ name: inout Spanned<String>, _ kind: NameKind) {
        if let known = known[kind.rawValue][name.value] {
            if let known { name.value = known }
            return
        }
        let written = name
        switch symbols.meaning(of: name.value, kind, in: unit) {
        case .definition(let definition):
            name.value = symbols.linkedName(definition)
            guard definition.unit != unit else { break }
            uses.append(
                Linkage.Use(unit: unit, definer: definition.unit, kind: kind.noun, name: definition.name.value)
            )
        case .hidden(let definition):
            diagnostics.append(.privateName(kind, name, of: symbols.unit(definition.unit), definition.name.span))
            name.value = symbols.linkedName(definition)
        case .contested(let first, let second):
            diagnostics.append(.contestedName(kind, name, first.name.span, second.name.span))
            name.value = symbols.linkedName(first)
        case .unknown:
            known[kind.rawValue][written.value] = .some(nil)
            return
        }
        known[kind.rawValue][written.value] = name.value
    }
}

extension SpecDocument {
    /// Every item of all lists of plugins.
    func forEachPluginUse(_ look: (PluginUse) -> Void) {
        for policy in policies { policy.value.forEach(look) }
        plugins.forEach(look)
        for api in apis {
            api.value.plugins.forEach(look)
            for version in api.value.versions {
                version.value.plugins.forEach(look)
                for route in version.value.routes where !route.isPlain { route.plugins.forEach(look) }
            }
        }
    }

    /// All lists of plugins, those of every route included.
    mutating func forEachPluginList(_ change: (inout [PluginUse]) -> Void) {
        change(&plugins)
        for index in policies.indices { change(&policies[index].value) }
        for api in apis.indices {
            change(&apis[api].value.plugins)
            for version in apis[api].value.versions.indices {
                change(&apis[api].value.versions[version].value.plugins)
                for (route, spec) in apis[api].value.versions[version].value.routes.enumerated() {
                    guard var details = spec.details, !details.plugins.isEmpty else { continue }
                    change(&details.plugins)
                    apis[api].value.versions[version].value.routes[route].details = details
                }
            }
        }
    }
}
