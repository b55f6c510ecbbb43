internal import GatewayIR

extension SpecDecoder {
    /// The top level.
    mutating func document(_ root: NodeIndex) -> SpecDocument {
        var spec = SpecDocument(span: span(root))
        guard tree[root].kind == .map else {
            report(
                Diagnostic(
                    .emptyFile,
                    "a spec is a map of keys such as `apic` and `gateway`, and this is \(tree.describe(root))",
                    at: span(root),
                    help: "begin with `apic: 1`, or write a first spec with `apic init`"
                )
            )
            return spec
        }
        guard let fields = fields(root, SpecSchema.document) else { return spec }
        languageVersion(fields["apic"])
        spec.gateway = scalar(fields["gateway"], .name)
        if let field = fields["listen"] { spec.listen = listen(field) }
        if let field = fields["drain"] { spec.drain = drain(field) }
        spec.accessLog = fields["access-log"].flatMap { accessLog($0) }
        spec.upstreams = entries(fields["upstreams"], of: "upstreams", name: .name) { $0.upstream($1, $2) }
        spec.consumers = entries(fields["consumers"], of: "consumers", name: .personName) { $0.consumer($1, $2) }
        spec.policies = entries(fields["policies"], of: "lists of plugins", name: .name) { $0.policy($1, $2) }
        spec.plugins = plugins(fields["plugins"])
        spec.governance = fields["governance"].flatMap { governance($0) }
        spec.apis = entries(fields["apis"], of: "APIs", name: .name) { $0.api($1, $2) }
        if let field = fields["apis"], isEmptyMap(field) {
            reportEmpty(field, "the map of APIs is empty")
        }
        spec.nodes = entries(fields["nodes"], of: "nodes", name: .name) { $0.node($1, $2) }
        spec.bundles = fields["bundles"].flatMap { bundles($0) }
        spec.redis = fields["redis"].map { redis($0) }
        spec.revocations = fields["revoked"].map { revocations($0) }
        members(fields, into: &spec)
        spec.incompleteKeys = incompleteKeys
        spec.refused = refused.sorted { ($0.file, $0.start, $0.end) < ($1.file, $1.start, $1.end) }
        return spec
    }

    private mutating func languageVersion(_ field: Field?) {
        guard let field, let version = text(field.node, expected: "`1`", of: field.key), version != "1" else { return }
        report(
            Diagnostic(
                .languageVersion,
                "version `\(version.excerpt)` of the spec language is not known",
                at: span(field.node),
                help: "write `apic: 1`; the versions of your APIs stand in `apis`"
            )
        )
    }

    // MARK: Listeners

    private mutating func listen(_ field: Field) -> ListenSpec {
        var spec = ListenSpec()
        guard let fields = fields(field, SpecSchema.listen) else { return spec }
        spec.http = oneOrMore(fields["http"], of: "addresses", .listenAddress(defaultHost: "0.0.0.0"))
        if let field = fields["https"] {
            spec.https = https(field)
            spec.isHTTPSWanted = true
        }
        spec.status = scalar(fields["status"], .listenAddress(defaultHost: "127.0.0.1", takesPaths: false))
        spec.trustedProxies = list(fields["trusted-proxies"], of: "blocks of addresses", .addressBlock)
        spec.takesProxyHeader = scalar(fields["proxy-protocol"], .boolean)
        spec.speaksHTTP2 = scalar(fields["http2"], .boolean)
        if let field = fields["limits"] { listenLimits(field, into: &spec) }
        if let field = fields["timeouts"] { listenTimeouts(field, into: &spec) }
        return spec
    }

    private mutating func listenLimits(_ field: Field, into spec: inout ListenSpec) {
        guard let fields = fields(field, SpecSchema.listenLimits) else { return }
        spec.headBytesMax = scalar(fields["head"], .size(1024...65_536, shown: "from `1KiB` to `64KiB`"))
            .map { Spanned(UInt32($0.value), $0.span) }
        spec.headerCountMax = scalar(fields["headers"], .number(8...1000))
        spec.bodyBytesMax = scalar(fields["body"], .size)
        spec.connectionCountMax = scalar(fields["connections"], .number(1...1_000_000))
        spec.connectionsPerAddressMax = scalar(fields["connections-per-address"], .number(1...1_000_000))
        spec.requestCountMax = scalar(fields["requests"], .number(1...1_000_000))
        spec.lagMax = scalar(fields["lag"], .duration())
    }

    private mutating func listenTimeouts(_ field: Field, into spec: inout ListenSpec) {
        guard let fields = fields(field, SpecSchema.listenTimeouts) else { return }
        spec.headTimeout = scalar(fields["head"], .duration())
        spec.bodyTimeout = scalar(fields["body"], .duration())
        spec.requestTimeout = scalar(fields["request"], .duration())
        spec.idleTimeout = scalar(fields["idle"], .duration())
        spec.writeTimeout = scalar(fields["write"], .duration())
    }

    private mutating func drain(_ field: Field) -> DrainSpec {
        var spec = DrainSpec()
        guard let fields = fields(field, SpecSchema.drain) else { return spec }
        spec.delay = scalar(fields["delay"], .duration(atLeast: 0))
        spec.timeout = scalar(fields["timeout"], .duration(atLeast: 0))
        return spec
    }

    /// `off`, `stdout`, a path, or a map.
    private mutating func accessLog(_ field: Field) -> AccessLogSpec? {
        var spec = AccessLogSpec(span: span(field.node))
        guard tree[field.node].kind == .map else {
            guard let path = scalar(field, .line(maxCount: 4096)) else { return nil }
            if path.value == "off" { spec.isOff = true } else { spec.path = path }
            return spec
        }
        guard let fields = fields(field, SpecSchema.accessLog) else { return nil }
        spec.path = scalar(fields["path"], .line(maxCount: 4096))
        spec.samplePerMillion = scalar(
            fields["sample"],
            .share(insteadOfNothing: "to log nothing write `access-log: off`")
        )
        if let field = fields["fields"] {
            spec.fields = distinct(list(field, of: "field names", .accessLogField, isNeeded: true), "field") { $0.name }
        }
        return spec
    }

    // MARK: Governance

    private mutating func governance(_ field: Field) -> GovernanceSpec? {
        guard let fields = fields(field, SpecSchema.governance) else { return nil }
        var spec = GovernanceSpec(span: span(field.node))
        spec.notice = scalar(fields["notice"], .seconds)
        spec.require = distinct(list(fields["require"], of: "requirements", .word("a requirement")), "requirement") {
            $0.rawValue
        }
        spec.credentialAge = scalar(fields["credential-age"], .seconds)
        spec.publicRoutes = list(
            fields["public"],
            of: "route patterns",
            .pattern("a route pattern such as `GET /catalog/**`")
        )
        return spec
    }
}

extension ScalarType where Value == AccessLogField {
    static let accessLogField = ScalarType("the name of a field") { text throws(ScalarProblem) in
        if let field = AccessLogField.allCases.first(where: { $0.name == text }) { return field }
        throw Words.problem(text, among: AccessLogField.allCases.map(\.name))
    }
}
