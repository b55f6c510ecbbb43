internal import GatewayIR

/// The plugins of one route as Kong's, apart from rate limits, which belong where their counts are shared.
struct KongPlugins {
    /// By Kong's name, in the order in which they are written.
    private(set) var plugins: [(name: String, config: KongValue)] = []
    /// What Kong does otherwise, or not at all.
    private(set) var refusals: [(clause: String, origin: Origin)] = []
    private(set) var changes: [(clause: String, origin: Origin)] = []

    private let gateway: Gateway
    private let pattern: KongPattern
    /// Who calls without a credential, as a setting.
    private var anonymous: KongMap = [:]
    private var request = KongTransformer()
    private var response = KongTransformer()

    /// - Parameter announcement: header lines about the end of the route's version.
    init(_ route: Route, in gateway: Gateway, pattern: KongPattern, announcement: String) {
        self.gateway = gateway
        self.pattern = pattern
        request.replacement = pattern.replacement
        let steps = gateway.chains[route.chain].steps
        for case .authentication(let settings) in steps.map(\.plugin) {
            if let consumer = settings.anonymous { anonymous = ["anonymous": .text(gateway.consumers[consumer].name)] }
        }
        for step in steps {
            do throws(KongRefusal) { try add(step, among: steps) } catch {
                refusals.append((error.clause, step.origin))
            }
        }
        for line in announcement.split(separator: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            response.append.append("\(parts[0]):\(parts[1].drop { $0 == " " })")
        }
        if let config = request.config { plugins.append(("request-transformer", config)) }
        if let config = response.config { plugins.append(("response-transformer", config)) }
    }

    private mutating func add(_ name: String, _ config: KongMap) {
        plugins.append((name, .map(config)))
    }

    private mutating func add(_ step: ChainStep, among steps: [ChainStep]) throws(KongRefusal) {
        switch step.plugin {
        case .requestID(let settings):
            add(
                "correlation-id",
                [
                    "header_name": .text(settings.header), "generator": .text("uuid"),
                    "echo_downstream": .flag(settings.echo),
                ]
            )
            if settings.accept != .always {
                changes.append(("`correlation-id` believes whatever id a client sends", step.origin))
            }
        case .ipRestriction(let settings): addAddresses(settings)
        case .cors(let settings):
            addOrigins(settings)
            changes.append(("`OPTIONS` that is no preflight reaches the upstream", step.origin))
        case .requestSizeLimit(let settings):
            guard let size = Int(exactly: settings.bodyBytesMax), size < 1 << 31 else {
                throw KongRefusal("a limit of 2 GiB and more on bodies")
            }
            add("request-size-limiting", ["allowed_payload_size": .number(size), "size_unit": .text("bytes")])
        case .keyAuth(let settings): try addKeys(settings)
        case .basicAuth(let settings):
            add(
                "basic-auth",
                ["hide_credentials": .flag(!settings.forwardsCredential)] + anonymous
            )
        case .authentication: try checkAuthentication(steps)
        case .acl(let settings): try addGroups(settings)
        // Where their counts are shared.
        case .rateLimit: break
        case .requestHeaders(let edits): try edit(\.request, edits)
        case .responseHeaders(let edits): try edit(\.response, edits)
        case .securityHeaders(let settings):
            try edit(\.response, settings.edits)
            if let value = settings.strictTransport { response.set("Strict-Transport-Security", value) }
        case .respond(let settings): try addAnswer(settings)
        case .redirect(let settings):
            guard !settings.keepsQuery else { throw KongRefusal("a redirect that keeps the query: say `query: false`") }
            guard settings.location.parts.allSatisfy({ if case .text = $0 { true } else { false } }) else {
                throw KongRefusal("a redirect to a place with captures")
            }
            let location = try pattern.text(settings.location)
            add("redirect", ["status_code": .number(Int(settings.status)), "location": .text(location)])
        case .mtlsAuth, .forwardAuth, .oauth2Introspection:
            throw KongRefusal("`\(step.plugin.name)`, which only Kong's Enterprise edition has")
        case .hmacAuth, .traceContext, .botDetection, .requestQuery, .requestBody, .concurrencyLimit, .fault,
            .canary, .mirror, .compress, .responseCache:
            throw KongRefusal("`\(step.plugin.name)`")
        case .jwt:
            throw KongRefusal("`jwt` with keys of an issuer: Kong's has keys of each consumer")
        }
    }

    private mutating func checkAuthentication(_ steps: [ChainStep]) throws(KongRefusal) {
        guard steps.count(where: \.plugin.kind.findsConsumer) > 1 else {
            guard let step = steps.first(where: { $0.plugin.kind == .authentication }) else { return }
            changes.append(("a wrong credential passes as the anonymous consumer", step.origin))
            return
        }
        throw KongRefusal("several plugins of which one finds the consumer, or all the same one")
    }

    private mutating func addKeys(_ settings: KeyAuthSettings) throws(KongRefusal) {
        var (headers, queries): ([String], [String]) = ([], [])
        for source in settings.sources {
            switch source {
            case .header(let name): headers.append(name)
            case .query(let name): queries.append(name)
            case .cookie(let name): throw KongRefusal("keys in the cookie `\(name)`")
            }
        }
        guard headers.isEmpty || queries.isEmpty || Set(headers) == Set(queries) else {
            throw KongRefusal("keys that are called otherwise in a header than in a query")
        }
        add(
            "key-auth",
            [
                "key_names": .texts(headers.isEmpty ? queries : headers),
                "key_in_header": .flag(!headers.isEmpty), "key_in_query": .flag(!queries.isEmpty),
                "hide_credentials": .flag(!settings.forwardsCredential),
            ] + anonymous
        )
    }

    private mutating func addGroups(_ settings: ACLSettings) throws(KongRefusal) {
        guard !plugins.contains(where: { $0.name == "acl" }) else {
            throw KongRefusal("two lists of groups on a route")
        }
        let all = gateway.groups
        let names = { (indices: [Int]) in KongValue.texts(indices.map { all[$0] }) }
        switch settings {
        case .allow(let groups): add("acl", ["allow": names(groups), "hide_groups_header": .flag(true)])
        case .deny(let groups): add("acl", ["deny": names(groups), "hide_groups_header": .flag(true)])
        case .audience(let group): add("acl", ["allow": names([group]), "hide_groups_header": .flag(true)])
        case .claims: throw KongRefusal("`acl` on what a token says")
        }
    }

    private mutating func addAddresses(_ settings: IPRestrictionSettings) {
        var config: KongMap = [:]
        if !settings.allow.isEmpty { config.append("allow", .texts(settings.allow.map(\.notation))) }
        if !settings.deny.isEmpty { config.append("deny", .texts(settings.deny.map(\.notation))) }
        add("ip-restriction", config)
    }

    private mutating func addOrigins(_ settings: CORSSettings) {
        let origins = settings.origins.map { origin in
            guard let star = origin.firstRange(of: "://*.") else { return origin }
            let domain = origin[star.upperBound...].replacing(".", with: "\\.")
            return "\(origin[..<star.lowerBound])://[a-z0-9.-]+\\.\(domain)"
        }
        var config: KongMap = ["origins": .texts(origins.isEmpty ? ["*"] : origins)]
        let lists: KeyValuePairs = [
            "methods": settings.methods, "headers": settings.headers, "exposed_headers": settings.exposes,
        ]
        for (key, values) in lists where !values.isEmpty { config.append(key, .texts(values)) }
        add(
            "cors",
            config + [
                "credentials": .flag(settings.takesCredentials), "max_age": .number(Int(settings.maxAgeSeconds)),
                "private_network": .flag(settings.opensPrivateNetwork),
            ]
        )
    }

    private mutating func addAnswer(_ settings: RespondSettings) throws(KongRefusal) {
        guard let body = String(validating: settings.body, as: UTF8.self) else {
            throw KongRefusal("an answer that is no UTF-8")
        }
        var config: KongMap = ["status_code": .number(Int(settings.status))]
        if !body.isEmpty { config.append("body", .text(body)) }
        for field in settings.headers {
            let value = try pattern.text(field.value)
            if field.name.lowercased() == "content-type", !body.isEmpty {
                config.append("content_type", .text(value))
            } else {
                response.set(field.name, value)
            }
        }
        add("request-termination", config)
    }

    private mutating func edit(
        _ transformer: WritableKeyPath<KongPlugins, KongTransformer>,
        _ edits: HeaderEdits
    ) throws(KongRefusal) {
        self[keyPath: transformer].remove += edits.remove
        for field in edits.set { self[keyPath: transformer].set(field.name, try pattern.text(field.value)) }
        for field in edits.add {
            self[keyPath: transformer].append.append("\(field.name):\(try pattern.text(field.value))")
        }
    }
}

/// `request-transformer` or `response-transformer`. Kong removes first, and appends last; its `add` does nothing to a
/// field that is there, and its `replace` nothing to one that is not.
struct KongTransformer {
    var replacement: String?
    var remove: [String] = []
    private var add: [String] = []
    /// `NAME:VALUE`
    var append: [String] = []

    mutating func set(_ name: String, _ value: String) {
        remove.append(name)
        add.append("\(name):\(value)")
    }

    /// `nil` if it does nothing.
    var config: KongValue? {
        var entries: KongMap = [:]
        if !remove.isEmpty { entries.append("remove", .map(["headers": .texts(remove)])) }
        if let replacement { entries.append("replace", .map(["uri": .text(replacement)])) }
        if !add.isEmpty { entries.append("add", .map(["headers": .texts(add)])) }
        if !append.isEmpty { entries.append("append", .map(["headers": .texts(append)])) }
        return entries.pairs.isEmpty ? nil : .map(entries)
    }
}

extension AddressBlock {
    /// `10.0.0.0/8`, `2001:db8:0:0:0:0:0:0/32`.
    var notation: String {
        let isOld =
            prefixLength >= 96 && network.prefix(12).elementsEqual([UInt8](repeating: 0, count: 10) + [0xFF, 0xFF])
        if isOld { return network.suffix(4).map { "\($0)" }.joined(separator: ".") + "/\(prefixLength - 96)" }
        let words = stride(from: 0, to: 16, by: 2).map { UInt16(network[$0]) << 8 | UInt16(network[$0 + 1]) }
        return words.map { String($0, radix: 16) }.joined(separator: ":") + "/\(prefixLength)"
    }
}
