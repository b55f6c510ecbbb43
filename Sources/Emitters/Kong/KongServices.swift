internal import GatewayIR

/// Routes below services, and rate limits where their counts are shared: in Kong all requests of the route, the service
/// or the gateway to which the plugin is attached.
struct KongServices {
    private struct Key: Hashable {
        var api: Int
        /// `nil` where all versions share one.
        var version: Int?
        var upstream: Int
        var base: String
    }

    private(set) var services: [KongValue] = []
    /// Those that answer by themselves.
    private(set) var routes: [KongValue] = []
    /// Of all services and routes.
    private(set) var plugins: [(name: String, config: KongValue)] = []
    private(set) var refusals: [(clause: String, origin: Origin)] = []

    private let gateway: Gateway
    private var drafts: [KongRoute]
    private var members: [Key: [Int]] = [:]
    private var ofServices: [Key: [(name: String, config: KongValue)]] = [:]

    init(_ routes: [KongRoute], in gateway: Gateway) {
        self.gateway = gateway
        drafts = routes
        let limits = routes.map { limit(of: $0.route) }
        // APIs with limits of a version have a service for each.
        let divided = Set(
            zip(routes, limits).filter { $1?.scope == .version }.map { gateway.versions[$0.0.route.version].api }
        )
        for (index, route) in routes.enumerated() {
            guard let forwarding = route.route.forwarding else { continue }
            let api = gateway.versions[route.route.version].api
            let version = divided.contains(api) ? route.route.version : nil
            let key = Key(api: api, version: version, upstream: forwarding.upstream, base: route.base)
            members[key, default: []].append(index)
        }
        attach(limits)
        write()
    }

    private func limit(of route: Route) -> (settings: RateLimitSettings, scope: Scope, origin: Origin)? {
        for step in gateway.chains[route.chain].steps {
            if case .rateLimit(let settings) = step.plugin { return (settings, step.scope, step.origin) }
        }
        return nil
    }

    private mutating func attach(_ limits: [(settings: RateLimitSettings, scope: Scope, origin: Origin)?]) {
        let identities = limits.map { $0?.settings.identity }
        var byIdentity: [String: [Int]] = [:]
        for (index, identity) in identities.enumerated() {
            if let identity { byIdentity[identity, default: []].append(index) }
        }
        for (identity, indices) in byIdentity.sorted(by: { $0.key < $1.key }) {
            guard let limit = limits[indices[0]] else { continue }
            do throws(KongRefusal) {
                guard indices.allSatisfy({ limits[$0]?.settings.cost == 1 }) else {
                    throw KongRefusal("requests that take more than one of a limit (`cost`)")
                }
                let plugin = try KongRateLimit.plugin(limit.settings)
                if indices.count == 1 {
                    drafts[indices[0]].plugins.append(plugin)
                } else if let key = holder(of: indices, identities, identity) {
                    ofServices[key, default: []].append(plugin)
                } else if covers(drafts.indices, indices, identities, identity) {
                    plugins.append(plugin)
                } else {
                    throw KongRefusal(
                        "one count of requests (`rate-limit`) for routes of several services, or not for all of one"
                    )
                }
            } catch {
                refusals.append((error.clause, limit.origin))
            }
        }
    }

    /// The service all of whose routes count together, apart from those with a limit of their own.
    private func holder(of indices: [Int], _ identities: [String?], _ identity: String) -> Key? {
        members.first { $0.value.contains(indices[0]) && covers($0.value, indices, identities, identity) }?.key
    }

    private func covers(
        _ places: some Sequence<Int>,
        _ indices: [Int],
        _ identities: [String?],
        _ identity: String
    ) -> Bool {
        var count = 0
        for place in places {
            // Without any limit, it would get this one.
            guard let own = identities[place] else { return false }
            if own == identity { count += 1 }
        }
        return count == indices.count
    }

    private mutating func write() {
        let keys = members.keys.sorted {
            ($0.api, $0.version ?? -1, $0.upstream, $0.base) < ($1.api, $1.version ?? -1, $1.upstream, $1.base)
        }
        for key in keys {
            let upstream = gateway.upstreams[key.upstream]
            var name = gateway.apis[key.api].name
            if let version = key.version { name += ".\(gateway.versions[version].name)" }
            let others = keys.filter { $0.api == key.api && $0.version == key.version && $0 != key }
            if !others.isEmpty { name += ".\(upstream.name)" }
            if others.contains(where: { $0.upstream == key.upstream }) { name += ".\(keys.firstIndex(of: key) ?? 0)" }
            var entries: KongMap = ["name": .text(name)]
            entries += KongUpstream(upstream: upstream).serviceEntries
            if key.base != "/" { entries.append("path", .text(key.base)) }
            if let plugins = ofServices[key] { entries.append("plugins", KongPluginList.value(plugins)) }
            entries.append("routes", .list((members[key] ?? []).map { drafts[$0].value }))
            services.append(.map(entries))
        }
        routes = drafts.filter { $0.route.forwarding == nil }.map(\.value)
    }
}
