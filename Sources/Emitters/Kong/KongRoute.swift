internal import GatewayIR

/// A route on its way to Kong.
struct KongRoute {
    /// Those that Kong knows; `ANY` is all of them.
    private static let knownMethods = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
    ]

    let route: Route
    let name: String
    var plugins: [(name: String, config: KongValue)] = []
    /// The expression of the path, or a prefix.
    let path: String
    /// A part of the service's address, in front of what is left of the path.
    let base: String
    private let strips: Bool
    var regexPriority: Int?

    /// - Parameter pattern: of its path; a route that was taken over from Kong has a path as Kong writes it.
    init(_ route: Route, name: String, pattern: KongPattern) {
        self.route = route
        self.name = name
        switch route.kong?.path {
        case .prefix(let prefix): path = prefix
        case .regex(let automaton, _): path = "~" + automaton.source
        case nil: path = pattern.path
        }
        if case .joined(let base, let strips) = route.forwarding?.path {
            (self.base, self.strips) = (base, strips)
        } else {
            (base, strips) = ("/", false)
        }
    }

    var isRegex: Bool { path.hasPrefix("~") }

    /// `GET` takes `HEAD`, too.
    static func methods(_ methods: [String]) -> [String] {
        methods.contains("GET") && !methods.contains("HEAD") ? methods + ["HEAD"] : methods
    }

    var value: KongValue {
        var entries: KongMap = ["name": .text(name)]
        if route.host != .any { entries.append("hosts", .texts([route.host.text])) }
        switch route.methods {
        case .any: entries.append("methods", .texts(Self.knownMethods))
        case .listed(let listed):
            var methods = Self.methods(listed)
            // Kong answers a preflight on a route only that takes its method.
            if plugins.contains(where: { $0.name == "cors" }), !methods.contains("OPTIONS") {
                methods.append("OPTIONS")
            }
            entries.append("methods", .texts(methods))
        }
        if !route.conditions.isEmpty {
            var fields: KongMap = [:]
            for condition in route.conditions { fields.append(condition.name, .texts([condition.value])) }
            entries.append("headers", .map(fields))
        }
        entries.append("paths", .texts([path]))
        if let regexPriority { entries.append("regex_priority", .number(regexPriority)) }
        entries.append("strip_path", .flag(strips))
        entries.append("preserve_host", .flag(route.forwarding?.preservesHost ?? false))
        if !plugins.isEmpty { entries.append("plugins", KongPluginList.value(plugins)) }
        return .map(entries)
    }
}

/// `plugins` of a route, a service or of all.
enum KongPluginList {
    static func value(_ plugins: [(name: String, config: KongValue)]) -> KongValue {
        .list(plugins.map { .map(["name": .text($0.name), "config": $0.config]) })
    }
}

/// `rate-limit` as Kong's, which counts in fixed windows, and for each place where it is attached.
enum KongRateLimit {
    static func plugin(_ settings: RateLimitSettings) throws(KongRefusal) -> (name: String, config: KongValue) {
        guard !settings.isShared else { throw KongRefusal("a rate limit that nodes count together") }
        guard settings.tiers.isEmpty else { throw KongRefusal("rates of their own for groups (`tiers`)") }
        var config: KongMap = [:]
        for rate in settings.rates {
            config.append(rate.windowName, .number(Int(rate.limit)))
        }
        config.append("policy", .text("local"))
        switch settings.key {
        case .consumer: config.append("limit_by", .text("consumer"))
        case .address: config.append("limit_by", .text("ip"))
        case .header(let name): config += ["limit_by": .text("header"), "header_name": .text(name)]
        case .path: throw KongRefusal("a rate limit of each path")
        case .all: throw KongRefusal("one rate limit of all callers together")
        case .claim(let name): throw KongRefusal("a rate limit by the claim `\(name)`")
        }
        return ("rate-limiting", .map(config))
    }
}
