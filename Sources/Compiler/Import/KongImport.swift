/// Kong's declarative files (formats 1.1 to 3.0, as decK writes them) as specs. Routes keep Kong's way of matching and
/// its precedence; what a spec cannot say is told with its line, and a route that lost its guard answers 503.
package enum KongImport {
    /// - Parameter gateway: what the gateway is called.
    package static func translate(_ file: SourceFile, gateway: String) -> ImportedSpec {
        var result = ImportedSpec()
        let outcome = YAMLReader.read(file: 0, into: SyntaxTree(files: [file.bytes]), expandedNodeCount: 0)
        result.diagnostics = outcome.diagnostics
        guard let root = outcome.root, !outcome.diagnostics.contains(where: { $0.severity == .error }) else {
            return result
        }
        var translation = KongTranslation(ImportFile(outcome.tree, file))
        translation.read(outcome.tree.resolved(root))
        result.spec = translation.spec(gateway: gateway)
        result.notes = translation.file.notes.sorted { left, right in
            (left.position.line, left.position.column) < (right.position.line, right.position.column)
        }
        result.secrets = translation.secrets
        return result
    }
}

/// A file of Kong's on its way to a spec.
struct KongTranslation {
    struct Service {
        var name: String
        var targets: [(url: String, weight: Int)] = []
        var base = "/"
        var speaksHTTP2 = false
        var verifies = true
        var settings: [String] = []
        var plugins: [KongPlugin] = []
        var routes: [KongRoute] = []
    }

    struct Consumer {
        var name: String
        var groups: [String] = []
        /// Lines of YAML.
        var credentials: [String] = []
    }

    private static let knownTopKeys: Set<String> = [
        "services", "routes", "upstreams", "consumers", "plugins", "keyauth_credentials", "basicauth_credentials",
        "hmacauth_credentials",
        "acls",
    ]
    private static let knownServiceKeys: Set<String> = [
        "name", "id", "url", "protocol", "host", "port", "path", "connect_timeout", "read_timeout", "write_timeout",
        "retries", "tls_verify", "routes", "plugins", "tags", "enabled", "created_at", "updated_at",
    ]

    var file: ImportFile
    private(set) var secrets: [ImportedSpec.Secret] = []
    private var marksRegexes = true
    private var pools: [String: [(url: String, weight: Int)]] = [:]
    private var services: [Service] = []
    private var consumers: [Consumer] = []
    private var plugins: [KongPlugin] = []

    init(_ file: ImportFile) { self.file = file }

    mutating func read(_ root: NodeIndex) {
        guard let document = file.entity(root, "a file of Kong's") else { return }
        if let format = document["_format_version"], let version = file.text(format) {
            guard ["1.1", "2.1", "3.0"].contains(version) else {
                file.mistake("`\(version.excerpt)` is no format that is read: 1.1, 2.1 and 3.0 are", at: format)
                return
            }
            marksRegexes = version == "3.0"
        } else {
            file.mistake("the file says no `_format_version`; it is read as 3.0", at: root)
        }
        file.loseRest(of: document, "the file", known: Self.knownTopKeys)
        for upstream in file.entities(document["upstreams"], "an upstream") { read(upstream: upstream) }
        plugins = file.plugins(document["plugins"], of: "all routes")
        for service in file.entities(document["services"], "a service") { read(service: service) }
        for route in file.entities(document["routes"], "a route") { read(route: route) }
        for consumer in file.entities(document["consumers"], "a consumer") { read(consumer: consumer) }
        for key in ["keyauth_credentials", "basicauth_credentials", "hmacauth_credentials", "acls"] {
            for entity in file.entities(document[key], "a credential") { read(credential: entity, kind: key) }
        }
        var routes = services.flatMap(\.routes)
        file.rank(&routes)
        for index in services.indices {
            let count = services[index].routes.count
            services[index].routes = Array(routes.prefix(count))
            routes.removeFirst(count)
        }
    }

    // MARK: Upstreams and services

    private mutating func read(upstream entity: ImportFile.Entity) {
        guard let name = file.text(entity["name"]) else {
            return file.mistake("an upstream has no `name`", at: entity.node)
        }
        file.loseRest(
            of: entity,
            "upstream `\(name.excerpt)`",
            known: ["name", "id", "targets", "tags", "slots", "algorithm", "created_at", "updated_at", "use_srv_name"]
        )
        if let algorithm = entity["algorithm"], file.text(algorithm) != "round-robin" {
            file.changed("upstream `\(name.excerpt)` is served in turn (`round-robin`)", at: algorithm)
        }
        var targets: [(url: String, weight: Int)] = []
        for target in file.entities(entity["targets"], "a target") {
            guard let address = file.text(target["target"]) else {
                file.mistake("a target has no `target`", at: target.node)
                continue
            }
            let weight = file.number(target["weight"], 0...65_535) ?? 100
            if weight == 0 {
                file.changed("target `\(address.excerpt)` with weight 0 is left out", at: target.node)
                continue
            }
            let hasPort = address.hasSuffix("]") ? false : address.split(separator: ":").count > 1
            targets.append((hasPort ? address : address + ":8000", weight))
        }
        pools[name] = scaled(targets, at: entity.node)
    }

    /// Weights from 1 to 100.
    private mutating func scaled(
        _ targets: [(url: String, weight: Int)],
        at node: NodeIndex
    ) -> [(url: String, weight: Int)] {
        func divisor(_ left: Int, _ right: Int) -> Int { right == 0 ? left : divisor(right, left % right) }
        let common = targets.reduce(0) { divisor($0, $1.weight) }
        guard common > 0 else { return targets }
        let greatest = (targets.map(\.weight).max() ?? 1) / common
        if greatest > 100 { file.changed("weights are rounded to parts of 100", at: node) }
        return targets.map { target in
            let weight = target.weight / common
            return (target.url, greatest <= 100 ? weight : max(1, weight * 100 / greatest))
        }
    }

    private mutating func read(service entity: ImportFile.Entity) {
        let host = file.text(entity["host"])
        var name = YAMLText.name(file.text(entity["name"]) ?? host ?? "service")
        if services.contains(where: { $0.name == name }) {
            if entity["name"] != nil {
                file.mistake("a second service is called `\(name.excerpt)`", at: entity.node)
            }
            name = YAMLText.name("\(name.prefix(50))-\(services.count + 1)")
        }
        var service = Service(name: name)
        file.loseRest(of: entity, "service `\(name.excerpt)`", known: Self.knownServiceKeys)
        if file.boolean(entity["enabled"]) == false {
            return file.changed("service `\(name.excerpt)` is off, and left out with its routes", at: entity.node)
        }
        guard readAddress(entity, host, into: &service) else { return }
        readSettings(entity, into: &service)
        service.plugins = file.plugins(entity["plugins"], of: "service `\(name.excerpt)`")
        for (index, route) in file.entities(entity["routes"], "a route").enumerated() {
            read(route: route, fallbackName: "\(name)-\(index + 1)", into: &service)
        }
        services.append(service)
    }

    private mutating func readAddress(
        _ entity: ImportFile.Entity,
        _ host: String?,
        into service: inout Service
    ) -> Bool {
        var scheme = file.text(entity["protocol"]) ?? "http"
        var host = host
        var port = file.number(entity["port"], 0...65_535)
        var path = file.text(entity["path"])
        if let node = entity["url"], let url = file.text(node) {
            guard let end = url.firstRange(of: "://") else {
                file.mistake("`\(url.excerpt)` is no URL", at: node)
                return false
            }
            scheme = String(url[..<end.lowerBound])
            let rest = url[end.upperBound...]
            let authority = rest.prefix { $0 != "/" }
            path = authority.count < rest.count ? String(rest.dropFirst(authority.count)) : nil
            let colon = authority.hasSuffix("]") ? nil : authority.lastIndex(of: ":")
            host = String(authority[..<(colon ?? authority.endIndex)])
            port = colon.flatMap { Int(authority[authority.index(after: $0)...]) }
        }
        guard let host, !host.isEmpty else {
            file.mistake("service `\(service.name.excerpt)` has no `host`", at: entity.node)
            return false
        }
        guard ["http", "https", "grpc", "grpcs"].contains(scheme) else {
            file.lost("service `\(service.name.excerpt)` is left out: it speaks `\(scheme.excerpt)`", at: entity.node)
            return false
        }
        service.speaksHTTP2 = scheme.hasPrefix("grpc")
        let isSecure = scheme == "https" || scheme == "grpcs"
        let start = isSecure ? "https://" : "http://"
        if let pool = pools[host] {
            guard !pool.isEmpty else {
                file.mistake("upstream `\(host.excerpt)` has no targets", at: entity.node)
                return false
            }
            service.targets = pool.map { (start + $0.url, $0.weight) }
        } else {
            service.targets = [("\(start)\(host):\(port ?? (isSecure ? 443 : 80))", 1)]
        }
        if let path, !path.isEmpty { service.base = path }
        return true
    }

    private mutating func readSettings(_ entity: ImportFile.Entity, into service: inout Service) {
        func milliseconds(_ name: String) -> Int { file.number(entity[name], 1...2_147_483_646) ?? 60_000 }
        let connect = milliseconds("connect_timeout")
        let read = milliseconds("read_timeout")
        service.settings.append("timeouts: { connect: \(connect)ms, response: \(read)ms }")
        let retries = file.number(entity["retries"], 0...32_767) ?? 5
        if retries > 10, let node = entity["retries"] { file.changed("at most 10 retries", at: node) }
        service.settings.append("retries: \(min(retries, 10))")
        if service.speaksHTTP2 { service.settings.append("http2: true") }
        guard service.targets.contains(where: { $0.url.hasPrefix("https") }) else { return }
        // Kong verifies upstreams only where it is told to.
        if file.boolean(entity["tls_verify"]) != true { service.settings.append("tls: { verify: false }") }
    }

    // MARK: Routes

    private mutating func read(route entity: ImportFile.Entity) {
        guard let node = entity["service"], let reference = file.reference(node) else {
            return file.lost("a route without a service is left out", at: entity.node)
        }
        guard let index = services.firstIndex(where: { $0.name == YAMLText.name(reference) }) else {
            return file.mistake("there is no service `\(reference.excerpt)`", at: node)
        }
        var service = services[index]
        read(route: entity, fallbackName: "\(service.name)-\(service.routes.count + 1)", into: &service)
        services[index] = service
    }

    private mutating func read(route entity: ImportFile.Entity, fallbackName: String, into service: inout Service) {
        guard var route = file.route(entity, fallbackName: fallbackName, marksRegexes: marksRegexes) else { return }
        let isKnown = (services + [service]).contains { $0.routes.contains { $0.name == route.name } }
        if isKnown, let node = entity["name"] {
            file.mistake("a second route is called `\(route.name.excerpt)`", at: node)
        }
        route.plugins = file.plugins(entity["plugins"], of: "route `\(route.name.excerpt)`")
        service.routes.append(route)
    }

    // MARK: Consumers

    private mutating func read(consumer entity: ImportFile.Entity) {
        guard let name = file.text(entity["username"]) ?? file.text(entity["custom_id"]) else {
            return file.mistake("a consumer has neither `username` nor `custom_id`", at: entity.node)
        }
        consumers.append(Consumer(name: YAMLText.name(name, countMax: 128)))
        file.loseRest(
            of: entity,
            "consumer `\(name.excerpt)`",
            known: [
                "username", "custom_id", "id", "tags", "acls", "keyauth_credentials", "basicauth_credentials",
                "hmacauth_credentials", "created_at", "updated_at",
            ]
        )
        for key in ["keyauth_credentials", "basicauth_credentials", "hmacauth_credentials", "acls"] {
            for credential in file.entities(entity[key], "a credential") {
                add(credential, kind: key, to: consumers.count - 1)
            }
        }
    }

    private mutating func read(credential entity: ImportFile.Entity, kind: String) {
        guard let node = entity["consumer"], let reference = file.reference(node) else {
            return file.mistake("it does not say whose it is", at: entity.node)
        }
        let name = YAMLText.name(reference, countMax: 128)
        guard let index = consumers.firstIndex(where: { $0.name == name }) else {
            return file.mistake("there is no consumer `\(reference.excerpt)`", at: node)
        }
        add(entity, kind: kind, to: index)
    }

    private mutating func add(_ entity: ImportFile.Entity, kind: String, to consumer: Int) {
        switch kind {
        case "acls":
            guard let group = file.text(entity["group"]) else { return file.mistake("no `group`", at: entity.node) }
            consumers[consumer].groups.append(YAMLText.name(group, countMax: 128))
        case "keyauth_credentials":
            guard let key = file.text(entity["key"]) else {
                return file.lost("a key that Kong is to invent", at: entity.node)
            }
            consumers[consumer].credentials.append("key: \"${env:\(variable(for: key, of: consumer))}\"")
        case "hmacauth_credentials":
            guard let username = file.text(entity["username"]) else {
                return file.mistake("a credential needs `username`", at: entity.node)
            }
            guard let secret = file.text(entity["secret"]) else {
                return file.lost("a secret that Kong is to invent", at: entity.node)
            }
            let variable = variable(for: secret, of: consumer)
            consumers[consumer].credentials.append(
                "hmac: { key-id: \(YAMLText.literal(username)), secret: \"${env:\(variable)}\" }"
            )
        default:
            guard let username = file.text(entity["username"]), let password = file.text(entity["password"]) else {
                return file.mistake("a credential needs `username` and `password`", at: entity.node)
            }
            let variable = variable(for: password, of: consumer)
            consumers[consumer].credentials.append(
                "basic: { username: \(YAMLText.literal(username)), password: \"${env:\(variable)}\" }"
            )
        }
    }

    /// The name of a variable for a secret.
    private mutating func variable(for secret: String, of consumer: Int) -> String {
        let letters = consumers[consumer].name.uppercased().utf8.map { byte in
            Digits.isLetterOrDigit(byte) ? byte : UInt8(ascii: "_")
        }
        let name = "KONG_\(String(decoding: letters, as: UTF8.self))_\(secrets.count + 1)"
        secrets.append(.init(variable: name, value: secret))
        return name
    }

    // MARK: Writing

    func spec(gateway: String) -> String {
        var text = "# Imported from Kong. Routes match and win as they do there.\n"
        text += "apic: 1\ngateway: \(YAMLText.quoted(YAMLText.name(gateway)))\n"
        let used = services.filter { service in service.routes.contains { !$0.pieces.isEmpty } }
        if !used.isEmpty { text += "\nupstreams:\n" + used.map(upstream).joined() }
        if !consumers.isEmpty { text += "\nconsumers:\n" + consumers.map(self.consumer).joined() }
        let global = plugins.compactMap(\.text)
        if !global.isEmpty { text += "\nplugins:\n" + global.map { "  - \($0)\n" }.joined() }
        text += used.isEmpty ? "\napis: {}\n" : "\napis:\n" + used.map(api).joined()
        return text
    }

    private func upstream(_ service: Service) -> String {
        let targets = service.targets.map { target in
            let url = YAMLText.literal(target.url)
            return target.weight == 1 ? url : "{ url: \(url), weight: \(target.weight) }"
        }
        var text = "  \(YAMLText.quoted(service.name)):\n    targets: [ \(targets.joined(separator: ", ")) ]\n"
        for setting in service.settings { text += "    \(setting)\n" }
        return text
    }

    private func consumer(_ consumer: Consumer) -> String {
        var text = "  \(YAMLText.quoted(consumer.name)):\n"
        var groups: [String] = []
        for group in consumer.groups where !groups.contains(group) { groups.append(group) }
        text += "    groups: \(groups.isEmpty ? "[]" : YAMLText.list(groups))\n"
        if !consumer.credentials.isEmpty {
            text += "    credentials:\n" + consumer.credentials.map { "      - { \($0) }\n" }.joined()
        }
        return text
    }

    private func api(_ service: Service) -> String {
        let name = YAMLText.quoted(service.name)
        var text = "  \(name):\n    path: \(YAMLText.quoted("/\(service.name)"))\n    upstream: \(name)\n"
        let plugins = service.plugins.compactMap(\.text)
        if !plugins.isEmpty { text += "    plugins:\n" + plugins.map { "      - \($0)\n" }.joined() }
        text += "    versions:\n      kong:\n        routes:\n"
        for route in service.routes {
            for piece in route.pieces { text += self.route(route, piece, of: service) }
        }
        return text
    }

    private func route(_ route: KongRoute, _ piece: KongRoute.Piece, of service: Service) -> String {
        var kong: [String] = []
        switch piece.path {
        case .any: break
        case .prefix(let prefix): kong.append("prefix: \(YAMLText.literal(prefix))")
        case .regex(let regex): kong.append("regex: \(YAMLText.literal(regex))")
        }
        if !route.hosts.isEmpty { kong.append("hosts: \(YAMLText.list(route.hosts))") }
        if !route.methods.isEmpty { kong.append("methods: \(YAMLText.list(route.methods))") }
        if service.base != "/" { kong.append("base: \(YAMLText.literal(service.base))") }
        let indent = String(repeating: " ", count: 12)
        var text = "          # \(YAMLText.quoted(route.name))\n"
        text += "          - kong: {\(kong.isEmpty ? "" : " " + kong.joined(separator: ", ") + " ")}\n"
        text += "\(indent)rank: \(piece.rank)\n"
        let strips: Bool = if case .any = piece.path { false } else { route.strips }
        let all = self.plugins + service.plugins + route.plugins
        let isClosed = all.contains(where: \.isLostGuard)
        // What the gateway answers itself, nobody else gets to see.
        if !isClosed, !all.contains(where: \.isAnswer) {
            if !strips { text += "\(indent)strip: false\n" }
            if route.preservesHost { text += "\(indent)preserve-host: true\n" }
        }
        if !piece.headers.isEmpty {
            let fields = piece.headers.map { "\(YAMLText.quoted($0.name)): \(YAMLText.literal($0.value))" }
            text += "\(indent)headers: { \(fields.joined(separator: ", ")) }\n"
        }
        var plugins = route.plugins.compactMap(\.text)
        // Nobody may pass where Kong would have asked who comes.
        if isClosed {
            // Groups without anybody who is known make no sense, and the build would say so.
            plugins.removeAll { text in ["respond:", "redirect:", "acl:"].contains { text.hasPrefix($0) } }
            let outer = (self.plugins + service.plugins).compactMap(\.text)
            for name in ["acl", "redirect"] where outer.contains(where: { $0.hasPrefix("\(name):") }) {
                plugins.append("\(name): off")
            }
            plugins.append("respond: { status: 503, json: { message: \"not imported: say who may call this route\" } }")
        }
        if !plugins.isEmpty { text += "\(indent)plugins:\n" + plugins.map { "\(indent)  - \($0)\n" }.joined() }
        return text
    }
}
