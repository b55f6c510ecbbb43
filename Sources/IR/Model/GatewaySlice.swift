extension Gateway {
    /// The gateway as one node gets it: with the APIs that it serves, and of everything else only what those need. What
    /// is left out leaves no trace, names included.
    ///
    /// The result is what the compiler would have made of a spec without the rest: every index is the place in the
    /// smaller array.
    package func slice(for node: Node) -> Gateway {
        guard let serves = node.serves else { return self }
        return GatewaySlicer(self, serves: Set(serves)).slice(for: node)
    }
}

/// Leaves out of a gateway what one node does not serve.
private struct GatewaySlicer {
    /// Where the kept elements of an array are in the smaller one.
    struct Selection {
        private(set) var kept: [Int] = []
        private var places: [Int: Int] = [:]

        init() {}

        init(_ kept: some Sequence<Int>) {
            for index in kept { add(index) }
        }

        mutating func add(_ index: Int) {
            guard places[index] == nil else { return }
            places[index] = kept.count
            kept.append(index)
        }

        /// `nil` if it was left out.
        subscript(index: Int) -> Int? { places[index] }

        func of<Element>(_ elements: [Element]) -> [Element] { kept.map { elements[$0] } }
    }

    private let gateway: Gateway
    private var apis: Selection
    private var versions: Selection
    private var chains = Selection()
    private var upstreams: Selection
    private var consumers: Selection
    private var credentials: Selection
    private var groups: Selection
    private let routes: [Route]

    init(_ gateway: Gateway, serves: Set<String>) {
        self.gateway = gateway
        let apis = Selection(gateway.apis.indices.filter { serves.contains(gateway.apis[$0].name) })
        let versions = Selection(gateway.versions.indices.filter { apis[gateway.versions[$0].api] != nil })
        let routes = gateway.routes.filter { versions[$0.version] != nil }
        // In the order of their first use.
        for route in routes { chains.add(route.chain) }
        let asked = chains.of(gateway.chains).flatMap(\.steps).flatMap { $0.plugin.askedUpstreams }
        upstreams = Selection(Set(routes.compactMap { $0.forwarding?.upstream } + asked).sorted())
        let gates = Set(chains.of(gateway.chains).map(Gate.init))
        credentials = Selection(
            gateway.credentials.indices.filter { index in
                let credential = gateway.credentials[index]
                let groups = gateway.consumers[credential.consumer].groups
                return gates.contains { $0.takes(credential.scheme) && $0.admits(groups) }
            }
        )
        let known = Set(credentials.of(gateway.credentials).map(\.consumer)).union(gates.compactMap(\.anonymous))
        consumers = Selection(known.sorted())
        let audiences = gates.flatMap(\.audiences)
        groups = Selection(Set(consumers.of(gateway.consumers).flatMap(\.groups) + audiences).sorted())
        (self.apis, self.versions, self.routes) = (apis, versions, routes)
    }

    func slice(for node: Node) -> Gateway {
        var slice = gateway
        slice.nodes = [node]
        slice.apis = apis.of(gateway.apis).map(sliced)
        slice.versions = versions.of(gateway.versions).map(sliced)
        slice.mounts = gateway.mounts.compactMap { mount in
            var mount = mount
            guard let api = apis[mount.api] else { return nil }
            mount.api = api
            mount.version = mount.version.flatMap { versions[$0] }
            return mount
        }
        slice.chains = chains.of(gateway.chains).map { chain in
            Chain(steps: chain.steps.map { ChainStep(plugin: sliced($0.plugin), scope: $0.scope, origin: $0.origin) })
        }
        if !slice.chains.contains(where: \.isCountedTogether) { slice.redis = nil }
        slice.routes = routes.map(sliced)
        slice.upstreams = upstreams.of(gateway.upstreams)
        slice.groups = groups.of(gateway.groups)
        slice.consumers = consumers.of(gateway.consumers).map {
            Consumer(name: $0.name, groups: $0.groups.compactMap { groups[$0] })
        }
        slice.credentials = credentials.of(gateway.credentials).map { credential in
            var credential = credential
            credential.consumer = consumers[credential.consumer] ?? 0
            return credential
        }
        return slice
    }

    // Versions are ascending by API, so those of one stay together; all that a kept element names of its own API is
    // kept, too.

    private func sliced(_ api: API) -> API {
        var api = api
        let first = versions[api.versions.lowerBound] ?? 0
        api.versions = first..<first + api.versions.count
        api.defaultVersion = api.defaultVersion.flatMap { versions[$0] }
        return api
    }

    private func sliced(_ version: Version) -> Version {
        var version = version
        version.api = apis[version.api] ?? 0
        version.successor = version.successor.flatMap { versions[$0] }
        version.previewGroups = version.previewGroups.compactMap { groups[$0] }
        return version
    }

    private func sliced(_ route: Route) -> Route {
        var route = route
        route.version = versions[route.version] ?? 0
        route.chain = chains[route.chain] ?? 0
        if let forwarding = route.forwarding { route.forwarding?.upstream = upstreams[forwarding.upstream] ?? 0 }
        return route
    }

    /// Groups in which nobody is left change nothing; only whether there is an audience does.
    private func sliced(_ plugin: Plugin) -> Plugin {
        switch plugin {
        case .acl(.allow(let indices)): return .acl(.allow(indices.compactMap { groups[$0] }))
        case .acl(.deny(let indices)): return .acl(.deny(indices.compactMap { groups[$0] }))
        case .acl(.audience(let index)): return .acl(.audience(groups[index] ?? 0))
        case .authentication(var settings):
            settings.anonymous = settings.anonymous.flatMap { consumers[$0] }
            return .authentication(settings)
        case .rateLimit(var settings):
            settings.tiers = settings.tiers.compactMap { tier in
                groups[tier.group].map { RateLimitTier(group: $0, rates: tier.rates) }
            }
            return .rateLimit(settings)
        case .forwardAuth(var settings):
            settings.upstream = upstreams[settings.upstream] ?? 0
            return .forwardAuth(settings)
        case .oauth2Introspection(var settings):
            settings.upstream = upstreams[settings.upstream] ?? 0
            return .oauth2Introspection(settings)
        case .canary(var settings):
            settings.upstreams = settings.upstreams.map { upstreams[$0] ?? 0 }
            return .canary(settings)
        case .mirror(var settings):
            settings.upstream = upstreams[settings.upstream] ?? 0
            return .mirror(settings)
        case .acl(.claims), .requestID, .ipRestriction, .cors, .requestSizeLimit, .mtlsAuth, .keyAuth, .basicAuth,
            .hmacAuth, .jwt, .traceContext, .botDetection, .concurrencyLimit, .fault, .requestHeaders, .requestQuery,
            .requestBody, .redirect, .respond, .responseHeaders, .securityHeaders, .compress, .responseCache:
            return plugin
        }
    }
}

extension Plugin {
    /// The upstreams of servers that the plugin asks, or sends requests to, beside the route's own.
    fileprivate var askedUpstreams: [Int] {
        switch self {
        case .forwardAuth(let settings): [settings.upstream]
        case .oauth2Introspection(let settings): [settings.upstream]
        case .canary(let settings): settings.upstreams
        case .mirror(let settings): [settings.upstream]
        default: []
        }
    }
}

/// Whom a chain lets pass.
private struct Gate: Hashable {
    private var schemes: Set<PluginKind> = []
    /// All of them must let a consumer pass.
    private var lists: [ACLSettings] = []
    /// Who passes without a credential.
    private(set) var anonymous: Int?

    /// Groups of the linker's. Strangers pass, too, so they stay where nobody is in them.
    var audiences: [Int] {
        lists.compactMap { if case .audience(let group) = $0 { group } else { nil } }
    }

    init(_ chain: Chain) {
        for step in chain.steps {
            switch step.plugin {
            case .acl(let list): lists.append(list)
            case .authentication(let settings): anonymous = settings.anonymous
            case let plugin: if plugin.kind.findsConsumer { schemes.insert(plugin.kind) }
            }
        }
    }

    func takes(_ scheme: Credential.Scheme) -> Bool {
        switch scheme {
        case .key: schemes.contains(.keyAuth)
        case .basic: schemes.contains(.basicAuth)
        case .signature: schemes.contains(.hmacAuth)
        case .certificate: schemes.contains(.mtlsAuth)
        case .token: schemes.contains(.jwt) || schemes.contains(.oauth2Introspection)
        }
    }

    /// - Parameter groups: of a consumer.
    func admits(_ groups: [Int]) -> Bool {
        lists.allSatisfy { list in
            switch list {
            case .allow(let allowed): groups.contains { allowed.contains($0) }
            case .deny(let denied): !groups.contains { denied.contains($0) }
            case .audience(let group): groups.contains(group)
            case .claims: true
            }
        }
    }
}
