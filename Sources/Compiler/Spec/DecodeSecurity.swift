internal import GatewayIR

// Certificates, keys and what else TLS needs.

extension SpecDecoder {
    /// `listen.https`.
    mutating func https(_ field: Field) -> HTTPSSpec? {
        guard let fields = fields(field, SpecSchema.https) else { return nil }
        var spec = HTTPSSpec(span: field.keySpan)
        _ = exclusive(fields, ["port", "address"])
        if let port = scalar(fields["port"], .port) {
            spec.addresses = [Spanned(ListenAddress(host: "0.0.0.0", port: port.value), port.span)]
        } else {
            spec.addresses = oneOrMore(fields["address"], of: "addresses", .listenAddress(defaultHost: "0.0.0.0"))
        }
        if exactlyOne(fields, ["certificate", "certificates"])?.key.name == "certificate" {
            if let pair = pair(fields) { spec.certificates = [pair] }
        } else {
            for item in items(fields["certificates"], of: "certificates", isNeeded: true) {
                guard let fields = self.fields(item, SpecSchema.certificate), let pair = pair(fields) else { continue }
                spec.certificates.append(pair)
            }
            reportStray(fields, ["key", "ocsp"])
        }
        spec.oldestVersion = scalar(fields["min-version"], .tlsVersion)
        if let field = fields["client-certificates"],
            let fields = self.fields(field, SpecSchema.clientCertificates)
        {
            let mode = scalar(fields["mode"], .clientCertificateMode)
            if let path = scalar(fields["ca"], .bundledPath) {
                spec.clientCertificates = ClientCertificatesSpec(authorities: path, mode: mode)
            }
        }
        return spec
    }

    /// `upstreams.NAME.tls`.
    mutating func upstreamTLS(_ field: Field) -> UpstreamTLSSpec? {
        guard let fields = fields(field, SpecSchema.upstreamTLS) else { return nil }
        var spec = UpstreamTLSSpec(span: field.keySpan)
        spec.authorities = scalar(fields["ca"], .bundledPath)
        spec.verifies = scalar(fields["verify"], .boolean)
        spec.serverName = scalar(fields["server-name"], .serverName)
        if fields.keyNode("certificate") != nil {
            spec.certificate = pair(fields)
        } else {
            reportStray(fields, ["key"])
        }
        return spec
    }

    /// `certificate`, `key` and `ocsp` of a map.
    private mutating func pair(_ fields: Fields) -> CertificateSpec? {
        let certificate = scalar(fields["certificate"], .bundledPath)
        let key = fields["key"].flatMap { privateKey($0) }
        if fields.keyNode("key") == nil,
            fields.schema.keys.contains(where: { $0.name == "key" && $0.presence == .optional })
        {
            reportMissingKey(fields)
        }
        let response = fields.schema.index(of: "ocsp") == nil ? nil : scalar(fields["ocsp"], .filePath)
        guard let certificate, let key else { return nil }
        return CertificateSpec(certificate: certificate, key: key, ocspResponse: response)
    }

    private mutating func reportMissingKey(_ fields: Fields) {
        guard let certificate = fields.keyNode("certificate") else { return }
        report(
            Diagnostic(
                .missingKey,
                "a certificate needs the key `key`",
                at: span(certificate),
                help: "add `key: \"${file:/run/secrets/edge.key}\"`, or a path"
            )
        )
    }

    /// Keys that say something of a certificate which is not there.
    private mutating func reportStray(_ fields: Fields, _ names: [String]) {
        for name in names {
            guard let node = fields.keyNode(name) else { continue }
            report(
                Diagnostic(
                    .missingKey,
                    "`\(name)` belongs to a `certificate`, and there is none beside it",
                    at: span(node),
                    help: "write it beside its `certificate`, or delete it"
                )
            )
        }
    }

    /// A path, or a reference to a secret. The key itself is refused, and no message repeats it.
    private mutating func privateKey(_ field: Field) -> Spanned<SecretReference>? {
        if let secret = secretReference(field.node) { return Spanned(secret, span(field.node)) }
        return scalar(field, .keyPath).map { Spanned(.file($0.value), $0.span) }
    }
}

extension ScalarType where Value == String {
    /// A path that the gateway opens as it is.
    static let filePath = ScalarType("a path") { text throws(ScalarProblem) in
        let path = try line(maxCount: 4096).parse(text)
        guard !path.contains("-----BEGIN") else {
            throw ScalarProblem(.badPath, "a file's content stands where its path belongs", help: "write the path")
        }
        return path
    }

    /// A path to a private key.
    static let keyPath = ScalarType("a path, or a secret such as `${file:/run/secrets/edge.key}`") {
        text throws(ScalarProblem) in
        guard !text.contains("-----BEGIN") else {
            throw ScalarProblem(
                .badPath,
                "the private key itself stands in the spec, where everybody can read it",
                help: "put it into a file and write the file's path, or `${env:NAME}`; this one is no secret any more"
            )
        }
        return try filePath.parse(text)
    }

    /// A path to a file of which the bundle gets a copy, unless it is absolute: at most one folder deep, as all of a
    /// bundle is, and under a name that nothing else has there.
    static let bundledPath = ScalarType("a path") { text throws(ScalarProblem) in
        let path = try filePath.parse(text)
        guard !path.hasPrefix("/") else { return path }
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        let isInside = names.count <= 2 && names.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
        let taken = [
            "gateway.apib", "bundle.sig", "manifest.json", "docker-compose.yml", "nodes", "kubernetes", "systemd",
        ]
        guard isInside, let first = names.first, !taken.contains(String(first)), !first.hasPrefix(".apic") else {
            throw ScalarProblem(
                .badPath,
                "`\(path.excerpt)` cannot be copied into the bundle under this path",
                help: "put it beside the spec, or one folder below: `certs/edge.crt`; an absolute path is not copied"
            )
        }
        return path
    }

    /// A DNS name, for the name that a server is asked for.
    static let serverName = ScalarType("a host such as `orders.internal`") { text throws(ScalarProblem) in
        guard let address = try? ScalarType<TargetAddress>.target.parse("https://\(text)"), address.port == 443,
            address.host == text.lowercased()
        else {
            throw ScalarProblem(
                .badTarget,
                "`\(text.excerpt)` is no name of a server",
                help: "write a DNS name or an address, without a port: `orders.internal`"
            )
        }
        return address.host
    }
}

extension ScalarType where Value == TLSVersion {
    fileprivate static let tlsVersion = ScalarType("`1.2` or `1.3`") { text throws(ScalarProblem) in
        switch text {
        case "1.2": return .v12
        case "1.3": return .v13
        case "1.0", "1.1", "1":
            throw ScalarProblem(
                .badWord,
                "`\(text)` is a broken version of TLS (RFC 8996), which is not spoken",
                help: "write `1.2` or `1.3`"
            )
        default: throw Words.problem(text, among: ["1.2", "1.3"])
        }
    }
}

extension ScalarType where Value == ClientCertificates.Mode {
    fileprivate static let clientCertificateMode = ScalarType("`require` or `request`") { text throws(ScalarProblem) in
        switch text {
        case "require": return .require
        case "request": return .request
        default: throw Words.problem(text, among: ["require", "request"])
        }
    }
}
