internal import GatewayIR

extension SpecDecoder {
    mutating func node(_ name: Spanned<String>, _ node: NodeIndex) -> NodeSpec? {
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
        spec.key = scalar(fields["key"], .absoluteKeyPath)
        spec.serves = fields["serves"].map { names($0, of: "APIs", .line(maxCount: 128), isNeeded: true) }
        spec.bundles = fields["bundles"].flatMap { bundlesOfNode($0) }
        spec.listen = fields["listen"].flatMap { listenOfNode($0) }
        if let field = fields["resources"], let resources = self.fields(field, SpecSchema.nodeResources) {
            spec.cpu = scalar(resources["cpu"], .cores)
            spec.memory = scalar(resources["memory"], .size((16 << 20)...(1 << 44), shown: "from `16MiB` to `16TiB`"))
        }
        replicas(fields["replicas"], into: &spec)
        spec.runtime = scalar(fields["runtime"], .nodeRuntime)
        spec.kong = kong(fields["kong"])
        guard let field = fields["ports"], let ports = self.fields(field, SpecSchema.nodePorts) else { return spec }
        for name in ["http", "https"] {
            guard let field = ports[name], let port = scalar(field, .port) else { continue }
            spec.ports.append(Named(Spanned(name, field.keySpan), port))
        }
        return spec
    }
}

extension SpecDecoder {
    private mutating func kong(_ field: Field?) -> KongNodeSpec? {
        guard let field, let fields = fields(field, SpecSchema.nodeKong) else { return nil }
        return KongNodeSpec(
            controlPlane: scalar(fields["control-plane"], .endpoint),
            telemetry: scalar(fields["telemetry"], .endpoint),
            image: scalar(fields["image"], .line()),
            span: field.keySpan
        )
    }

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

extension ScalarType where Value == NodeRuntime {
    static let nodeRuntime = ScalarType("`apic` or `kong`") { text throws(ScalarProblem) in
        if let runtime = NodeRuntime(rawValue: text) { return runtime }
        throw Words.problem(text, among: NodeRuntime.allCases.map(\.rawValue))
    }
}

extension ScalarType where Value == KongDataPlane.Endpoint {
    /// `x.us.cp0.konghq.com` or `10.0.0.7:8005`.
    static let endpoint = ScalarType("a host and a port such as `cp.example.com:443`") { text throws(ScalarProblem) in
        guard let address = try? ScalarType<TargetAddress>.target.parse("https://\(text)"), !text.hasSuffix("/") else {
            throw ScalarProblem(
                .badURL,
                "`\(text.excerpt)` is no host",
                help: "write the host alone, or with its port: `cp.example.com:443`"
            )
        }
        return KongDataPlane.Endpoint(host: address.host, port: address.port)
    }
}
