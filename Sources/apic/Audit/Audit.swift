internal import GatewayCompiler
internal import GatewayEmitters
internal import GatewayIR
internal import GatewayTable

/// Who may call what, how often and from where: every route of a gateway by the chain that holds for it, and every
/// credential with its dates. What is said follows from the compiled gateway alone.
struct Audit {
    let gateway: Gateway
    let files: [SourceFile]
    /// Credentials are judged, and states told, as they are then.
    let instant: Int64

    /// What is known of one route.
    struct RouteRow {
        var method: String
        /// With the host in front, where there is one.
        var path: String
        var version: String
        var state: String
        var who: String
        /// Nobody has to show a credential.
        var isOpen: Bool
        var limits: String
        var addresses: String
        var origins: String
        var body: String
        var leads: String
        var position: String
    }

    /// What is known of one credential.
    struct CredentialRow {
        var consumer: String
        var groups: String
        var id: String
        var kind: String
        var validity: String
    }

    func routes() -> [RouteRow] { gateway.routes.map(row) }

    func credentials() -> [CredentialRow] {
        var rows: [CredentialRow] = []
        for (index, consumer) in gateway.consumers.enumerated() {
            let groups = consumer.groups.map { gateway.groups[$0] }.joined(separator: ", ")
            let own = gateway.credentials.filter { $0.consumer == index }
            if own.isEmpty {
                rows.append(CredentialRow(consumer: consumer.name, groups: groups, id: "none", kind: "", validity: ""))
            }
            for credential in own {
                rows.append(
                    CredentialRow(
                        consumer: consumer.name,
                        groups: groups,
                        id: credential.id,
                        kind: credential.kindText,
                        validity: validity(of: credential)
                    )
                )
            }
        }
        return rows
    }

    private func row(_ route: Route) -> RouteRow {
        let version = gateway.versions[route.version]
        let host = route.host == .any ? "" : route.host.text
        var row = RouteRow(
            method: route.methods.text,
            path: host + route.pathText + route.conditions.map { " if \($0.name): \($0.value)" }.joined(),
            version: "\(gateway.apis[version.api].name)/\(version.name)",
            state: "\(version.lifecycle.state(at: instant).name)",
            who: "",
            isOpen: true,
            limits: "no limit",
            addresses: "anywhere",
            origins: "none",
            body: gateway.limits.bodyBytesMax.map { "\($0) bytes" } ?? "no limit",
            leads: leads(route),
            position: files.position(route.origin)
        )
        let plugins = PluginText(gateway: gateway, captureNames: route.path.captureNames)
        var ways: [String] = []
        var isAny = true
        var anonymous: Int?
        var who: String?
        var admitsStrangers = false
        var authorizer: String?
        var limits: [String] = []
        for step in gateway.chains[route.chain].steps {
            switch step.plugin {
            case .mtlsAuth, .keyAuth, .basicAuth, .hmacAuth: ways.append(step.plugin.name)
            case .jwt, .oauth2Introspection:
                ways.append(step.plugin.name)
                if step.plugin.tokenSettings?.consumerClaim == nil { admitsStrangers = true }
            case .authentication(let settings): (isAny, anonymous) = (settings.requirement == .any, settings.anonymous)
            case .acl(let settings): who = people(settings)
            case .forwardAuth(let settings): authorizer = gateway.upstreams[settings.upstream].name
            case .rateLimit(let settings) where settings.isShared: limits.append(plugins.text(step.plugin))
            case .concurrencyLimit, .rateLimit: limits.append(plugins.text(step.plugin) + nodeText)
            case .ipRestriction: row.addresses = plugins.text(step.plugin)
            case .cors: row.origins = plugins.text(step.plugin)
            case .requestSizeLimit(let settings): row.body = "\(settings.bodyBytesMax) bytes"
            case .canary, .mirror:
                if route.forwarding != nil { row.leads += ", \(plugins.text(step.plugin))" }
            case .requestID, .fault, .requestHeaders, .redirect, .respond, .responseHeaders, .securityHeaders,
                .traceContext, .botDetection, .requestQuery, .requestBody, .compress, .responseCache:
                continue
            }
        }
        if !limits.isEmpty { row.limits = limits.joined(separator: "; ") }
        guard !ways.isEmpty else {
            row.who = authorizer.map { "whom \($0) lets pass" } ?? "everyone"
            row.isOpen = authorizer == nil
            return row
        }
        row.isOpen = anonymous != nil && authorizer == nil
        let guest = anonymous.map { ", and everyone as \(gateway.consumers[$0].name)" } ?? ""
        row.who =
            "\(who ?? (admitsStrangers ? "whoever authenticates" : "every consumer")) by \(ways.joined(separator: isAny ? " or " : " and "))\(guest)"
            + (authorizer.map { ", if \($0) lets them pass" } ?? "")
        return row
    }

    /// Counts are a node's own, unless it is said otherwise.
    private var nodeText: String {
        gateway.nodes.count > 1 ? "; each of \(gateway.nodes.count) nodes counts alone, so up to as many times" : ""
    }

    private func people(_ settings: ACLSettings) -> String {
        switch settings {
        case .allow(let groups):
            let names = gateway.consumers.filter { !Set($0.groups).isDisjoint(with: groups) }.map(\.name)
            return "\(list(groups)) (\(names.isEmpty ? "nobody" : names.joined(separator: ", ")))"
        case .deny(let groups): return "every consumer but \(list(groups))"
        case .audience(let group): return "\(people(.allow([group]))) and strangers"
        case .claims(let needed): return "those whose token has \(PluginText.claims(needed))"
        }
    }

    private func list(_ groups: [Int]) -> String { groups.map { gateway.groups[$0] }.joined(separator: ", ") }

    private func leads(_ route: Route) -> String {
        guard let forwarding = route.forwarding else {
            return gateway.chains[route.chain].steps.last { $0.plugin.phase == .answer }?.plugin.name ?? "nowhere"
        }
        let upstream = gateway.upstreams[forwarding.upstream]
        let isSecure = upstream.targets.allSatisfy(\.isSecure)
        return upstream.name + (isSecure ? " over TLS" : "")
    }

    private func validity(of credential: Credential) -> String {
        var text = "always"
        let dates = [("from", credential.notBefore), ("until", credential.expires)].compactMap { word, date in
            date.map { "\(word) \(CalendarTime($0).rfc3339)" }
        }
        if !dates.isEmpty { text = dates.joined(separator: " ") }
        if let expires = credential.expires, expires <= instant { return text + ", expired" }
        if let notBefore = credential.notBefore, instant < notBefore { return text + ", not yet" }
        return text
    }
}

extension Credential {
    fileprivate var kindText: String {
        switch scheme {
        case .key: "key"
        case .basic(let username): "user \(username)"
        case .signature(let keyID): "hmac \(keyID)"
        case .certificate: "certificate"
        case .token: "token"
        }
    }
}
