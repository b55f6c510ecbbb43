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
        spec.samplePerMillion = scalar(fields["sample"], .share)
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
        spec.publicRoutes = list(
            fields["public"],
            of: "route patterns",
            .pattern("a route pattern such as `GET /catalog/**`")
        )
        return spec
    }

    // MARK: Nodes

    private mutating func node(_ name: Spanned<String>, _ node: NodeIndex) -> NodeSpec? {
        guard let fields = fields(node, SpecSchema.node, heading: name.span) else { return nil }
        var spec = NodeSpec(span: span(node))
        spec.cloud = scalar(fields["cloud"], .line())
        spec.region = scalar(fields["region"], .line())
        spec.zone = scalar(fields["zone"], .name)
        spec.labels = entries(fields["labels"], of: "texts", name: .anyText) {
            $0.scalar($2, .anyText, example: "labels: { tier: edge }")
        }
        spec.workers = scalar(fields["workers"], .number(1...1024))
        spec.certificate = scalar(fields["certificate"], .bundledPath)
        if let field = fields["resources"], let resources = self.fields(field, SpecSchema.nodeResources) {
            spec.cpu = scalar(resources["cpu"], .cores)
            spec.memory = scalar(resources["memory"], .size((16 << 20)...(1 << 44), shown: "from `16MiB` to `16TiB`"))
        }
        replicas(fields["replicas"], into: &spec)
        guard let field = fields["ports"], let ports = self.fields(field, SpecSchema.nodePorts) else { return spec }
        for name in ["http", "https"] {
            guard let field = ports[name], let port = scalar(field, .port) else { continue }
            spec.ports.append(Named(Spanned(name, field.keySpan), port))
        }
        return spec
    }
}

extension SpecDecoder {
    /// A number, or a map of two.
    private mutating func replicas(_ field: Field?, into spec: inout NodeSpec) {
        guard let field else { return }
        guard tree[field.node].kind == .map else {
            spec.replicasMin = scalar(field, .number(1...1000))
            spec.replicasMax = spec.replicasMin
            return
        }
        guard let fields = fields(field, SpecSchema.nodeReplicas) else { return }
        spec.replicasMin = scalar(fields["min"], .number(1...1000))
        spec.replicasMax = scalar(fields["max"], .number(1...1000))
    }
}

extension ScalarType where Value == UInt32 {
    /// `2` or `500m`, in thousandths.
    static let cores = ScalarType("cores such as `2` or `500m`") { text throws(ScalarProblem) in
        let isMillis = text.hasSuffix("m")
        let digits = isMillis ? String(text.dropLast()) : text
        let isNumber = !digits.isEmpty && digits.utf8.allSatisfy(Digits.isDigit)
        guard isNumber, let number = try Digits.parse(digits), number <= 1_024_000 else {
            throw ScalarProblem(
                .outOfRange,
                "`\(text.excerpt)` is no number of cores",
                help: "write whole cores, as `2`, or thousandths of one, as `500m`"
            )
        }
        let millis = isMillis ? number : number * 1000
        guard (10...1_024_000).contains(millis) else {
            throw ScalarProblem(
                .outOfRange,
                "`\(text.excerpt)` is not between `10m` and `1024`",
                help: "write whole cores, as `2`, or thousandths of one, as `500m`"
            )
        }
        return UInt32(millis)
    }
}

extension ScalarType where Value == AccessLogField {
    static let accessLogField = ScalarType("the name of a field") { text throws(ScalarProblem) in
        if let field = AccessLogField.allCases.first(where: { $0.name == text }) { return field }
        throw Words.problem(text, among: AccessLogField.allCases.map(\.name))
    }
}
