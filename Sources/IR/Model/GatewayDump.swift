/// A gateway as text, a line per value: for golden files and for people who look for what the compiler made of a spec.
/// Equal gateways give equal text; positions in the sources are left out.
package struct GatewayDump {
    private let gateway: Gateway
    private var lines: [String] = []

    package init(_ gateway: Gateway) {
        self.gateway = gateway
        addSettings()
        addConsumers()
        addUpstreams()
        addAPIs()
        addChains()
        addRoutes()
        addNodes()
    }

    /// Lines that end in a line feed.
    package var text: String { lines.map { $0 + "\n" }.joined() }

    private mutating func add(_ line: String, depth: Int = 0) {
        lines.append(String(repeating: "  ", count: depth) + line)
    }

    private mutating func addSettings() {
        add("gateway \(gateway.name)")
        for address in gateway.listeners.http {
            add("http \(GatewayDump.address(address.host, address.port))", depth: 1)
        }
        if let https = gateway.listeners.https { addHTTPS(https) }
        if gateway.listeners.takesProxyHeader { add("proxy-protocol", depth: 1) }
        let status = gateway.listeners.status
        add("status \(GatewayDump.address(status.host, status.port))", depth: 1)
        for block in gateway.listeners.trustedProxies {
            add("trusted-proxy \(GatewayDump.text(block))", depth: 1)
        }
        if !gateway.listeners.speaksHTTP2 { add("http2 off", depth: 1) }
        let limits = gateway.limits
        let body = limits.bodyBytesMax.map { "\($0)" } ?? "unbounded"
        add(
            "limits head \(limits.headBytesMax), headers \(limits.headerCountMax), body \(body), "
                + "connections \(limits.connectionCountMax)",
            depth: 1
        )
        if let count = limits.connectionsPerAddressMax { add("limits connections per address \(count)", depth: 1) }
        if let count = limits.requestCountMax { add("limits requests \(count)", depth: 1) }
        if let lag = limits.lagMax { add("limits lag \(lag)", depth: 1) }
        let timeouts = gateway.timeouts
        add(
            "timeouts head \(timeouts.head), body \(timeouts.body), request \(timeouts.request), "
                + "idle \(timeouts.idle), write \(timeouts.write)",
            depth: 1
        )
        if let redis = gateway.redis {
            let user =
                (redis.username.map { " as \($0)" } ?? "")
                + (redis.password.map { " with \(GatewayDump.text($0))" } ?? "")
            let address = GatewayDump.address(redis.host, redis.port)
            add("redis \(address)/\(redis.database)\(user) every \(redis.interval)", depth: 1)
        }
        add("drain delay \(gateway.drain.delay), timeout \(gateway.drain.timeout)", depth: 1)
        guard let log = gateway.accessLog else { return }
        let fields = log.fields.map(\.name).joined(separator: ", ")
        add("access-log \(log.path ?? "stdout"), \(log.samplePerMillion) per million: \(fields)", depth: 1)
    }

    private mutating func addHTTPS(_ https: SecureListeners) {
        for address in https.addresses { add("https \(GatewayDump.address(address.host, address.port))", depth: 1) }
        add("tls from \(https.oldestVersion == .v13 ? "1.3" : "1.2")", depth: 2)
        for pair in https.certificates { add("certificate \(GatewayDump.text(pair))", depth: 2) }
        if let clients = https.clientCertificates {
            add(
                "client-certificates \(clients.mode == .require ? "require" : "request") \(clients.authorities)",
                depth: 2
            )
        }
    }

    private mutating func addConsumers() {
        for group in gateway.groups { add("group \(group)") }
        for consumer in gateway.consumers { add("consumer \(consumer.name) [\(groups(consumer.groups))]") }
        for credential in gateway.credentials {
            let key =
                switch credential.key {
                case .digest(let bytes): "digest " + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                case .secret(let secret): GatewayDump.text(secret)
                }
            let scheme =
                switch credential.scheme {
                case .key: ""
                case .basic(let username): "user \(username) "
                case .signature(let keyID): "hmac \(keyID) "
                case .certificate: "certificate "
                case .token: "token "
                }
            let dates = [("from", credential.notBefore), ("until", credential.expires)].compactMap { word, date in
                date.map { " \(word) \($0)" }
            }
            let name = "\(gateway.consumers[credential.consumer].name)/\(credential.id)"
            add("credential \(name) \(scheme)\(key)\(dates.joined())")
        }
    }

    private mutating func addUpstreams() {
        for upstream in gateway.upstreams {
            let timeouts = upstream.timeouts
            add("upstream \(upstream.name)")
            for target in upstream.targets {
                let scheme = target.isSecure ? "https " : ""
                let priority = target.priority == 0 ? "" : " priority \(target.priority)"
                let zone = target.zone.map { " zone \($0)" } ?? ""
                add(
                    "target \(scheme)\(GatewayDump.address(target)) weight \(target.weight)"
                        + priority + zone,
                    depth: 1
                )
            }
            for line in GatewayDump.balancing(of: upstream) { add(line, depth: 1) }
            if let tls = upstream.tls { add(GatewayDump.text(tls), depth: 1) }
            if upstream.speaksHTTP2 { add("http2", depth: 1) }
            add(
                "timeouts connect \(timeouts.connect), response \(timeouts.response), idle \(timeouts.idle), "
                    + "tunnel \(timeouts.tunnel)",
                depth: 1
            )
            add(
                "retries \(upstream.retryCountMax), connections \(upstream.connectionCountMax), "
                    + "idle \(upstream.idleConnectionCountMax)",
                depth: 1
            )
        }
    }

    private mutating func addAPIs() {
        for api in gateway.apis {
            add("api \(api.name) by \(GatewayDump.text(api.selector))")
            if !api.title.isEmpty { add("title \(api.title)", depth: 1) }
            if !api.owner.isEmpty { add("owner \(api.owner)", depth: 1) }
            if let version = api.defaultVersion { add("default \(gateway.versions[version].name)", depth: 1) }
            for version in gateway.versions[api.versions] { addVersion(version) }
        }
        for mount in gateway.mounts {
            let version = mount.version.map { "/" + gateway.versions[$0].name } ?? ""
            add("mount \(mount.host.text) \(mount.prefix.text) \(gateway.apis[mount.api].name)\(version)")
        }
    }

    private mutating func addVersion(_ version: Version) {
        add("version \(version.name) selected by \(version.value)", depth: 1)
        let lifecycle = version.lifecycle
        let dates: [(String, Instant?)] = [
            ("released", lifecycle.released), ("announced", lifecycle.announced), ("deprecated", lifecycle.deprecated),
            ("sunset", lifecycle.sunset), ("retired", lifecycle.retired),
        ]
        for case (let name, let instant?) in dates { add("\(name) \(instant)", depth: 2) }
        for window in lifecycle.brownouts {
            add("brownout \(window.from) to \(window.until) status \(window.status)", depth: 2)
        }
        if !version.previewGroups.isEmpty { add("preview [\(groups(version.previewGroups))]", depth: 2) }
        if let successor = version.successor { add("successor \(gateway.versions[successor].name)", depth: 2) }
        if let link = version.successorLink { add("successor-link \(link)", depth: 2) }
        if let docs = version.docs { add("docs \(docs)", depth: 2) }
    }

    private mutating func addChains() {
        for (index, chain) in gateway.chains.enumerated() {
            add("chain \(index)")
            for step in chain.steps {
                add("\(step.plugin.name) from \(step.scope): \(settings(of: step.plugin))", depth: 1)
            }
        }
    }

    private mutating func addRoutes() {
        for route in gateway.routes {
            let version = gateway.versions[route.version]
            add("route \(route.methods.text) \(route.host.text) \(route.pathText)")
            if let kong = route.kong { add("rank \(kong.rank)", depth: 1) }
            add("version \(gateway.apis[version.api].name)/\(version.name), chain \(route.chain)", depth: 1)
            for condition in route.conditions { add("header \(condition.name): \(condition.value)", depth: 1) }
            guard let forwarding = route.forwarding else { continue }
            let path =
                switch forwarding.path {
                case .stripping(let count): "without \(count) segments"
                case .whole: "whole path"
                case .rewritten(let template): "as \(GatewayDump.text(template))"
                case .joined(let base, let strips): "behind \(base)\(strips ? ", without what matched" : "")"
                }
            let host = forwarding.preservesHost ? ", host preserved" : ""
            let hashed =
                (forwarding.hashedCapture.map { ", hashed by capture \($0)" } ?? "")
                + forwarding.canaryCaptures.enumerated().compactMap { canary in
                    canary.element.map { ", the canary's upstream \(canary.offset) hashed by capture \($0)" }
                }.joined()
                + (forwarding.mirrorCapture.map { ", the mirror's hashed by capture \($0)" } ?? "")
            add("to \(gateway.upstreams[forwarding.upstream].name) \(path)\(host)\(hashed)", depth: 1)
        }
    }

    private mutating func addNodes() {
        for node in gateway.nodes {
            add("node \(node.name)")
            if let cloud = node.cloud { add("cloud \(cloud)", depth: 1) }
            if let region = node.region { add("region \(region)", depth: 1) }
            if let zone = node.zone { add("zone \(zone)", depth: 1) }
            for label in node.labels { add("label \(label.key)=\(label.value)", depth: 1) }
            for port in node.ports { add("port \(port.name) \(port.published)", depth: 1) }
            if let count = node.workerCount { add("workers \(count)", depth: 1) }
            if let path = node.certificate { add("certificate \(path)", depth: 1) }
            if let kong = node.kong {
                add("kong \(kong.image) of \(kong.controlPlane.text)", depth: 1)
                if let telemetry = kong.telemetry { add("telemetry \(telemetry.text)", depth: 1) }
            }
            addReach(of: node)
        }
        if let source = gateway.source { add(source.text) }
        guard gateway.revocations != Revocations() else { return }
        add("revoked, epoch \(gateway.revocations.epoch)")
        for certificate in gateway.revocations.certificates {
            let digits = certificate.fingerprint.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            let until = certificate.serveUntil.map { ", serves until \($0)" } ?? ""
            add("certificate \(digits.joined())\(until)", depth: 1)
        }
    }

    private mutating func addReach(of node: Node) {
        if let path = node.key { add("key \(path)", depth: 1) }
        if let names = node.serves { add("serves \(names.joined(separator: ", "))", depth: 1) }
        let addresses = node.addresses
        let status = addresses.status.map { [$0] }
        for (name, list) in [("http", addresses.http), ("https", addresses.https), ("status", status)] {
            for address in list ?? [] { add("\(name) \(GatewayDump.address(address.host, address.port))", depth: 1) }
        }
        if let source = node.source { add(source.text, depth: 1) }
    }

    private func settings(of plugin: Plugin) -> String {
        switch plugin {
        case .requestID(let settings): "\(settings.header), accept \(settings.accept), echo \(settings.echo)"
        case .traceContext(let settings): "accept \(settings.accept), \(settings.samplePerMillion) per million sampled"
        case .ipRestriction(let settings):
            "allow \(GatewayDump.text(settings.allow)), deny \(GatewayDump.text(settings.deny))"
        case .botDetection(let settings): settings.text
        case .cors(let settings): GatewayDump.text(settings)
        case .requestSizeLimit(let settings): "\(settings.bodyBytesMax)"
        case .mtlsAuth: "by the client's certificate"
        case .keyAuth(let settings):
            settings.sources.map { GatewayDump.text($0) }.joined(separator: ", ")
                + ", forward \(settings.forwardsCredential)"
        case .basicAuth(let settings): "forward \(settings.forwardsCredential)"
        case .hmacAuth(let settings): settings.text
        case .jwt(let settings): settings.text
        case .oauth2Introspection(let settings): settings.text(gateway)
        case .authentication(let settings):
            "\(settings.requirement), anonymous \(settings.anonymous.map { gateway.consumers[$0].name } ?? "nobody")"
        case .acl(.allow(let indices)): "allow [\(groups(indices))]"
        case .acl(.deny(let indices)): "deny [\(groups(indices))]"
        case .acl(.audience(let index)): "allow [\(groups([index]))] and strangers"
        case .acl(.claims(let requirements)): requirements.map(\.text).joined(separator: ", ")
        case .forwardAuth(let settings): settings.text(gateway)
        case .concurrencyLimit(let settings):
            "\(settings.identity): \(settings.limit) by \(GatewayDump.text(settings.key))"
        case .rateLimit(let settings): text(settings)
        case .fault(let settings): settings.text
        case .canary(let settings): text(settings)
        case .mirror(let settings):
            "\(settings.share) in a million to \(gateway.upstreams[settings.upstream].name)"
        case .requestHeaders(let edits), .responseHeaders(let edits): GatewayDump.text(edits)
        case .requestBody(let edits):
            edits.edits.map { edit in
                let path = edit.path.joined(separator: ".")
                return switch edit.action {
                case .remove: "without \(path)"
                case .set(let value): "\(path) set to \(value)"
                case .add(let value): "\(path) or else \(value)"
                }
            }.joined(separator: ", ") + ", up to \(edits.byteCountMax) bytes"
        case .requestQuery(let edits):
            "remove \(edits.remove), set \(GatewayDump.text(edits.set)), add \(GatewayDump.text(edits.add))"
        case .redirect(let settings):
            "\(settings.status) \(GatewayDump.text(settings.location)), query \(settings.keepsQuery)"
        case .securityHeaders(let settings):
            "\(GatewayDump.text(settings.edits)), over TLS \(settings.strictTransport ?? "nothing")"
        case .responseCache(let settings):
            "\(settings.sizeMax) bytes, of \(settings.bodySizeMax), without a word fresh for "
                + "\(settings.defaultLifetime) s, used for \(settings.staleMeanwhile) s meanwhile, "
                + "\(settings.staleIfError) s on failure"
        case .compress(let settings):
            "level \(settings.level), from \(settings.sizeMin) bytes, \(settings.types.joined(separator: " "))"
        case .respond(let settings):
            "\(settings.status), \(GatewayDump.text(settings.headers)), \(settings.body.count) bytes"
        }
    }

    private func groups(_ indices: [Int]) -> String {
        indices.map { gateway.groups[$0] }.joined(separator: ", ")
    }

    private func text(_ canary: CanarySettings) -> String {
        let names = canary.upstreams.map { gateway.upstreams[$0].name }.joined(separator: ", ")
        let steps = canary.steps.map { step in
            let shares = step.shares.map(String.init).joined(separator: " and ")
            return "\(shares) in a million from \(step.from.map { "\($0)" } ?? "ever")"
        }
        return "\(canary.identity): to \(names), \(steps.joined(separator: ", ")), "
            + (canary.key.map { "by \(GatewayDump.text($0))" } ?? "at random")
    }

    private func text(_ limit: RateLimitSettings) -> String {
        let tiers = limit.tiers.map { "; \(gateway.groups[$0.group]): \(GatewayDump.text($0.rates))" }
        return "\(limit.identity): \(GatewayDump.text(limit.rates)) by \(GatewayDump.text(limit.key))\(tiers.joined())"
            + (limit.cost > 1 ? "; \(limit.cost) a request" : "") + (limit.isShared ? "; nodes together" : "")
    }
}

extension GatewayDump {
    private static func address(_ target: Target) -> String {
        target.isService ? "srv:\(target.host)" : address(target.host, target.port)
    }

    private static func address(_ host: String, _ port: UInt16) -> String {
        if host.utf8.first == UInt8(ascii: "/") { return "unix:\(host)" }
        return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static func text(_ secret: SecretReference) -> String {
        switch secret {
        case .environment(let name): "${env:\(name)}"
        case .file(let path): "${file:\(path)}"
        }
    }

    private static func text(_ pair: CertificatePair) -> String {
        "\(pair.certificate) key \(text(pair.key))" + (pair.ocspResponse.map { " ocsp \($0)" } ?? "")
    }

    private static func text(_ tls: UpstreamTLS) -> String {
        "tls verify \(tls.verifies) against \(tls.authorities ?? "the system's authorities")"
            + (tls.serverName.map { ", server-name \($0)" } ?? "")
            + (tls.certificate.map { ", certificate \(text($0))" } ?? "")
    }

    private static func text(_ selector: VersionSelector) -> String {
        switch selector {
        case .path: "path"
        case .host: "host"
        case .header(let name): "header \(name)"
        case .query(let name): "query \(name)"
        case .mediaType(let prefix, let suffix): "media-type \(prefix){version}\(suffix)"
        }
    }

    private static func text(_ block: AddressBlock) -> String {
        block.network.map { String($0, radix: 16) }.joined(separator: ".") + "/\(block.prefixLength)"
    }

    private static func text(_ blocks: [AddressBlock]) -> String {
        "[" + blocks.map { text($0) }.joined(separator: ", ") + "]"
    }

    private static func text(_ cors: CORSSettings) -> String {
        "origins \(cors.origins), methods \(cors.methods), headers \(cors.headers), expose \(cors.exposes), "
            + "credentials \(cors.takesCredentials), max-age \(cors.maxAgeSeconds), "
            + "private-network \(cors.opensPrivateNetwork)"
    }

    private static func text(_ source: KeySource) -> String {
        switch source {
        case .header(let name): "header \(name)"
        case .query(let name): "query \(name)"
        case .cookie(let name): "cookie \(name)"
        }
    }

    private static func text(_ key: RateLimitKey) -> String {
        switch key {
        case .consumer: "consumer"
        case .address: "address"
        case .header(let name): "header \(name)"
        case .path: "path"
        case .claim(let name): "claim \(name)"
        case .all: "all"
        }
    }

    private static func text(_ rates: [Rate]) -> String {
        rates.map { "\($0.limit) per \($0.windowSeconds) s" }.joined(separator: ", ")
    }

    private static func text(_ edits: HeaderEdits) -> String {
        "remove \(edits.remove), set \(text(edits.set)), add \(text(edits.add))"
    }

    private static func text(_ fields: [HeaderField]) -> String {
        "[" + fields.map { "\($0.name): \(text($0.value))" }.joined(separator: ", ") + "]"
    }

    private static func text(_ template: TextTemplate) -> String {
        let parts = template.parts.map { part in
            switch part {
            case .text(let text): text
            case .capture(let index): "{\(index)}"
            }
        }
        return "`\(parts.joined())`"
    }
}

extension PullSource {
    fileprivate var text: String {
        let every = seconds.map { ", every \($0)" } ?? ""
        let authority = authorities.map { ", ca \($0)" } ?? ""
        let warning = warnsAfter.map { ", warn after \($0)" } ?? ""
        let stop = stopsAfter.map { ", stop after \($0)" } ?? ""
        return "pull \(url)\(every)\(authority), trust \(trust.joined(separator: " "))\(warning)\(stop)"
    }
}
