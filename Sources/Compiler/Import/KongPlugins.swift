/// A plugin of Kong's as the spec has it.
struct KongPlugin {
    /// Of Kong.
    var name: String
    /// A line of YAML: `rate-limit: { limits: [ "100/minute" ] }`; `nil` where the spec has nothing like it.
    var text: String?

    /// Plugins that let nobody pass who should not: a route that lost one must not be open.
    static let guards: Set<String> = [
        "jwt", "oauth2", "hmac-auth", "ldap-auth", "ldap-auth-advanced", "openid-connect", "mtls-auth", "saml", "opa",
        "session", "oauth2-introspection", "key-auth-enc", "header-cert-auth", "jwt-signer", "jwe-decrypt",
        "vault-auth",
        "acl", "key-auth", "basic-auth", "ip-restriction", "bot-detection", "acme", "pre-function", "request-validator",
    ]

    /// Whether the gateway answers by itself.
    var isAnswer: Bool { text.map { $0.hasPrefix("respond:") || $0.hasPrefix("redirect:") } ?? false }

    /// Whether a route that has it must be closed until somebody says who may call.
    var isLostGuard: Bool { text == nil && KongPlugin.guards.contains(name) }
}

extension ImportFile {
    /// The plugins of a list that are switched on.
    mutating func plugins(_ node: NodeIndex?, of what: String) -> [KongPlugin] {
        var plugins: [KongPlugin] = []
        for entity in entities(node, "a plugin") {
            guard let name = text(entity["name"]) else {
                mistake("a plugin has no `name`", at: entity.node)
                continue
            }
            if boolean(entity["enabled"]) == false { continue }
            if let value = entity["consumer"] ?? entity["consumer_group"] {
                lost("plugin `\(name.excerpt)` for one consumer or group only", at: value)
                continue
            }
            plugins.append(plugin(name, entity, of: what))
        }
        return plugins
    }

    mutating func plugin(_ name: String, _ entity: Entity, of what: String) -> KongPlugin {
        let config = entity["config"].flatMap { self.entity($0, "`config`") } ?? Entity(node: entity.node, entries: [])
        let text: String? =
            switch name {
            case "key-auth": keyAuth(config)
            case "basic-auth": basicAuth(config)
            case "hmac-auth": hmacAuth(config)
            case "acl": groups(config)
            case "ip-restriction": addresses(config)
            case "bot-detection": agents(config)
            case "rate-limiting": rateLimit(config)
            case "cors": cors(config)
            case "request-size-limiting": sizeLimit(config)
            case "request-termination": termination(config)
            case "correlation-id": requestID(config)
            case "request-transformer": transformer(config, "request-headers")
            case "response-transformer": transformer(config, "response-headers")
            case "redirect": redirect(config)
            case "prometheus": nil
            default: nil
            }
        if text == nil, name == "prometheus" {
            changed("`prometheus`: metrics are always on the status port, under names of their own", at: entity.node)
        } else if text == nil {
            let rest = KongPlugin.guards.contains(name) ? "; its routes answer 503 until you say who may call them" : ""
            lost("plugin `\(name.excerpt)` of \(what)\(rest)", at: entity.node)
        }
        return KongPlugin(name: name, text: text)
    }

    /// Says of every setting that is not known, and not as it is by default, that it is lost.
    private mutating func loseSettings(_ config: Entity, of plugin: String, known: Set<String>) {
        for (name, key, value) in config.entries where !known.contains(name) {
            if tree[value].kind != .scalar, tree[value].second == 0 { continue }
            if let text = text(value), ["false", ""].contains(text) { continue }
            lost("`\(name.excerpt)` of plugin `\(plugin)`", at: key)
        }
    }

    private mutating func keyAuth(_ config: Entity) -> String? {
        var names = texts(config["key_names"]).map(\.text)
        if names.isEmpty { names = ["apikey"] }
        if let anonymous = config["anonymous"] {
            lost("`anonymous` of plugin `key-auth`: add `authentication: { anonymous: NAME }`", at: anonymous)
        }
        loseSettings(
            config,
            of: "key-auth",
            known: ["key_names", "hide_credentials", "key_in_header", "key_in_query", "anonymous", "run_on_preflight"]
        )
        var settings: [String] = []
        if boolean(config["key_in_header"]) ?? true { settings.append("header: \(YAMLText.list(names))") }
        if boolean(config["key_in_query"]) ?? true {
            settings.append("query: \(YAMLText.literal(names[0]))")
            if names.count > 1, let node = config["key_names"] {
                changed("keys in a query are looked for under `\(names[0].excerpt)` only", at: node)
            }
        }
        settings.append("forward-credential: \(!(boolean(config["hide_credentials"]) ?? false))")
        return "key-auth: { \(settings.joined(separator: ", ")) }"
    }

    private mutating func basicAuth(_ config: Entity) -> String? {
        if let anonymous = config["anonymous"] {
            lost("`anonymous` of plugin `basic-auth`: add `authentication: { anonymous: NAME }`", at: anonymous)
        }
        loseSettings(config, of: "basic-auth", known: ["hide_credentials", "anonymous", "realm"])
        return "basic-auth: { forward-credential: \(!(boolean(config["hide_credentials"]) ?? false)) }"
    }

    /// Kong takes a signature that covers nothing of the request unless `enforce_headers` says otherwise, and a date
    /// that is not signed.
    private mutating func hmacAuth(_ config: Entity) -> String? {
        if let anonymous = config["anonymous"] {
            lost("`anonymous` of plugin `hmac-auth`: add `authentication: { anonymous: NAME }`", at: anonymous)
        }
        if let body = config["validate_request_body"], boolean(body) == true {
            lost("`validate_request_body` of plugin `hmac-auth`: the upstream must compare the digest", at: body)
        }
        loseSettings(
            config,
            of: "hmac-auth",
            known: [
                "hide_credentials", "clock_skew", "anonymous", "validate_request_body", "enforce_headers", "algorithms",
                "realm",
            ]
        )
        var components = ["@method", "@path", "@query"]
        for (text, node) in texts(config["enforce_headers"]) {
            switch text.lowercased() {
            case "request-line", "@request-target", "date", "x-date": continue
            case let name where name.utf8.allSatisfy({ Digits.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }):
                if !components.contains(name) { components.append(name) }
            default: lost("`\(text.excerpt)` in `enforce_headers` of plugin `hmac-auth`", at: node)
            }
        }
        changed(
            "`hmac-auth` wants `hmac-sha256`, and a signature over the date and `request-line` or `@request-target`",
            at: config["algorithms"] ?? config.node
        )
        let skew = number(config["clock_skew"], 1...3_600) ?? 300
        return
            "hmac-auth: { scheme: kong, components: \(YAMLText.list(components)), lifetime: \(skew)s, skew: \(skew)s, "
            + "forward-credential: \(!(boolean(config["hide_credentials"]) ?? false)) }"
    }

    private mutating func groups(_ config: Entity) -> String? {
        loseSettings(
            config,
            of: "acl",
            known: ["allow", "deny", "whitelist", "blacklist", "hide_groups_header", "always_use_authenticated_groups"]
        )
        let allow = texts(config["allow"] ?? config["whitelist"]).map(\.text)
        let deny = texts(config["deny"] ?? config["blacklist"]).map(\.text)
        if !allow.isEmpty { return "acl: { allow: \(YAMLText.list(allow.map { YAMLText.name($0, countMax: 128) })) }" }
        guard !deny.isEmpty else { return nil }
        return "acl: { deny: \(YAMLText.list(deny.map { YAMLText.name($0, countMax: 128) })) }"
    }

    private mutating func addresses(_ config: Entity) -> String? {
        loseSettings(config, of: "ip-restriction", known: ["allow", "deny", "whitelist", "blacklist"])
        let lists = [("allow", "whitelist"), ("deny", "blacklist")].compactMap { name, old -> String? in
            let blocks = texts(config[name] ?? config[old]).map(\.text)
            return blocks.isEmpty ? nil : "\(name): \(YAMLText.list(blocks))"
        }
        return lists.isEmpty ? nil : "ip-restriction: { \(lists.joined(separator: ", ")) }"
    }

    /// Beside its lists Kong has one of its own, which is not here.
    private mutating func agents(_ config: Entity) -> String? {
        loseSettings(config, of: "bot-detection", known: ["allow", "deny", "whitelist", "blacklist"])
        let allow = texts(config["allow"] ?? config["whitelist"]).map(\.text)
        let deny = texts(config["deny"] ?? config["blacklist"]).map(\.text)
        guard !deny.isEmpty else { return nil }
        changed("`bot-detection` denies what its lists say, and no bots that Kong knows by itself", at: config.node)
        let allowed = allow.isEmpty ? "" : "allow: \(YAMLText.list(allow)), "
        return "bot-detection: { \(allowed)deny: \(YAMLText.list(deny)) }"
    }

    private mutating func rateLimit(_ config: Entity) -> String? {
        loseSettings(
            config,
            of: "rate-limiting",
            known: [
                "second", "minute", "hour", "day", "limit_by", "header_name", "policy", "fault_tolerant",
                "hide_client_headers", "error_code", "error_message", "sync_rate",
            ]
        )
        var rates: [String] = []
        for window in ["second", "minute", "hour", "day"] {
            if let count = number(config[window], 1...Int(UInt32.max)) { rates.append("\(count)/\(window)") }
        }
        guard !rates.isEmpty else { return nil }
        if let policy = config["policy"], text(policy) != "local" {
            changed("`rate-limiting` counts in each gateway by itself (`policy: local`)", at: policy)
        }
        var settings = ["limits: \(YAMLText.list(rates))"]
        switch text(config["limit_by"]) ?? "consumer" {
        case "ip": settings.append("by: address")
        case "header":
            guard let header = text(config["header_name"]) else { return nil }
            settings.append("by: { header: \(YAMLText.literal(header)) }")
        case "consumer", "credential": break
        default: return nil
        }
        return "rate-limit: { \(settings.joined(separator: ", ")) }"
    }

    private mutating func cors(_ config: Entity) -> String? {
        loseSettings(
            config,
            of: "cors",
            known: ["origins", "methods", "headers", "exposed_headers", "credentials", "max_age", "private_network"]
        )
        let origins = texts(config["origins"])
        let credentials = boolean(config["credentials"]) ?? false
        var settings: [String] = []
        if origins.isEmpty || origins.contains(where: { $0.text == "*" }) {
            if credentials {
                lost(
                    "`cors` with credentials for every origin: name the origins",
                    at: config["credentials"] ?? config.node
                )
                return nil
            }
            settings.append("origins: \"*\"")
        } else {
            settings.append("origins: \(YAMLText.list(origins.map(\.text)))")
        }
        for (name, key) in [("methods", "methods"), ("headers", "headers"), ("exposed_headers", "expose")] {
            let values = texts(config[name]).map(\.text)
            if !values.isEmpty { settings.append("\(key): \(YAMLText.list(values))") }
        }
        if credentials { settings.append("allow-credentials: true") }
        if let seconds = number(config["max_age"], 0...86_400) { settings.append("max-age: \(seconds)s") }
        if boolean(config["private_network"]) == true { settings.append("private-network: true") }
        return "cors: { \(settings.joined(separator: ", ")) }"
    }

    private mutating func sizeLimit(_ config: Entity) -> String? {
        loseSettings(config, of: "request-size-limiting", known: ["allowed_payload_size", "size_unit"])
        let size = number(config["allowed_payload_size"], 1...1_048_576) ?? 128
        let unit = ["kilobytes": "KiB", "bytes": "B"][text(config["size_unit"]) ?? ""] ?? "MiB"
        return "request-size-limit: { body: \(size)\(unit) }"
    }

    private mutating func termination(_ config: Entity) -> String? {
        if let trigger = config["trigger"] {
            lost("`trigger` of plugin `request-termination`: without it all requests would end there", at: trigger)
            return nil
        }
        loseSettings(config, of: "request-termination", known: ["status_code", "message", "body", "content_type"])
        var settings = ["status: \(number(config["status_code"], 200...599) ?? 503)"]
        if let body = text(config["body"]) {
            settings.append("body: \(YAMLText.literal(body))")
            if let type = text(config["content_type"]) {
                settings.append("headers: { Content-Type: \(YAMLText.literal(type)) }")
            }
        } else if let message = text(config["message"]) {
            settings.append("json: { message: \(YAMLText.literal(message)) }")
        }
        return "respond: { \(settings.joined(separator: ", ")) }"
    }

    private mutating func requestID(_ config: Entity) -> String? {
        loseSettings(config, of: "correlation-id", known: ["header_name", "generator", "echo_downstream"])
        let header = text(config["header_name"]) ?? "Kong-Request-ID"
        let echo = boolean(config["echo_downstream"]) ?? false
        return "request-id: { header: \(YAMLText.literal(header)), accept: always, echo: \(echo) }"
    }

    private mutating func redirect(_ config: Entity) -> String? {
        loseSettings(config, of: "redirect", known: ["status_code", "location"])
        guard let location = text(config["location"]) else { return nil }
        let status = number(config["status_code"], 300...399) ?? 301
        return "redirect: { to: \(YAMLText.literal(braced(location))), status: \(status), query: false }"
    }

    /// Braces of a text that is no template.
    private func braced(_ text: String) -> String {
        text.replacing("{", with: "{{").replacing("}", with: "}}")
    }

    /// Header fields of a transformer; whatever else it changes is lost.
    private mutating func transformer(_ config: Entity, _ plugin: String) -> String? {
        var lists: [String: [(text: String, node: NodeIndex)]] = [:]
        for (operation, key, value) in config.entries {
            guard tree[value].kind == .map, let parts = entity(value, "`\(operation)`") else {
                if text(value) != nil { lost("`\(operation.excerpt)` of a transformer", at: key) }
                continue
            }
            for (part, key, value) in parts.entries {
                let values = texts(value)
                if values.isEmpty { continue }
                guard part == "headers", ["remove", "add", "append", "replace"].contains(operation) else {
                    lost("`\(operation.excerpt).\(part.excerpt)` of a transformer", at: key)
                    continue
                }
                lists[operation] = values
            }
        }
        if let first = (lists["add"] ?? lists["replace"])?.first {
            changed("a transformer's `add` and `replace` set a field whether it was there or not", at: first.node)
        }
        var settings: [String] = []
        let removed = lists["remove"] ?? []
        if !removed.isEmpty { settings.append("remove: \(YAMLText.list(removed.map(\.text)))") }
        for (key, operations) in [("set", ["replace", "add"]), ("add", ["append"])] {
            var fields: [(name: String, value: String)] = []
            for (text, node) in operations.flatMap({ lists[$0] ?? [] }) {
                let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, !text.contains("$(") else {
                    lost("`\(text.excerpt)` of a transformer", at: node)
                    continue
                }
                let value = String(parts[1].drop { $0 == " " })
                guard !fields.contains(where: { $0.name.lowercased() == parts[0].lowercased() }) else { continue }
                fields.append((String(parts[0]), braced(value)))
            }
            guard !fields.isEmpty else { continue }
            let texts = fields.map { "\(YAMLText.quoted($0.name)): \(YAMLText.literal($0.value))" }
            settings.append("\(key): { \(texts.joined(separator: ", ")) }")
        }
        return settings.isEmpty ? nil : "\(plugin): { \(settings.joined(separator: ", ")) }"
    }
}
