internal import GatewayIR

extension SpecDecoder {
    /// An upstream whose targets are refused is still one: routes that name it are right.
    mutating func upstream(_ name: Spanned<String>, _ node: NodeIndex) -> UpstreamSpec? {
        var spec = UpstreamSpec(span: span(node))
        guard let fields = fields(node, SpecSchema.upstream, heading: name.span) else { return spec }
        for item in items(fields["targets"], of: "targets", isNeeded: true) {
            if let target = target(item) { spec.targets.append(target) }
        }
        spec.balance = scalar(fields["balance"], .word("a way to spread requests"))
        if fields["balance"] == nil || spec.balance != nil { spec.hash = hash(fields["hash"]) }
        spec.health = health(fields["health"])
        spec.resolveInterval = scalar(fields["resolve"], .duration(atLeast: 1_000))
        if let field = fields["timeouts"] { upstreamTimeouts(field, into: &spec) }
        spec.tls = fields["tls"].flatMap { upstreamTLS($0) }
        spec.speaksHTTP2 = scalar(fields["http2"], .boolean)
        retries(fields["retries"], into: &spec)
        if let field = fields["connections"],
            let connections = self.fields(field, SpecSchema.connections)
        {
            spec.connectionCountMax = scalar(connections["max"], .number(1...65_535))
            spec.idleConnectionCountMax = scalar(connections["idle"], .number(0...65_535))
            spec.queueCountMax = scalar(connections["queue"], .number(0...65_535))
            if connections["queue"] == nil || spec.queueCountMax != nil {
                spec.queueWait = scalar(connections["wait"], .duration())
            }
        }
        return spec
    }

    private mutating func upstreamTimeouts(_ field: Field, into spec: inout UpstreamSpec) {
        spec.timeouts = span(field.node)
        guard let fields = fields(field, SpecSchema.upstreamTimeouts) else { return }
        spec.connectTimeout = scalar(fields["connect"], .duration())
        spec.responseTimeout = scalar(fields["response"], .duration())
        spec.idleTimeout = scalar(fields["idle"], .duration())
        spec.tunnelTimeout = scalar(fields["tunnel"], .duration())
    }

    /// A URL, or a map with `url` and `weight`.
    private mutating func target(_ node: NodeIndex) -> TargetSpec? {
        guard tree[node].kind == .map else {
            guard let address = scalar(node, .target) else { return nil }
            return TargetSpec(address, weight: nil)
        }
        guard let fields = fields(node, SpecSchema.target) else { return nil }
        let weight = scalar(fields["weight"], .number(UInt8(1)...100))
        let priority = scalar(fields["priority"], .number(UInt8(0)...9))
        let zone = scalar(fields["zone"], .name)
        guard let address = scalar(fields["url"], .target) else { return nil }
        var target = TargetSpec(address, weight: weight)
        target.priority = priority
        target.zone = zone
        return target
    }

    // MARK: Consumers

    mutating func consumer(_ name: Spanned<String>, _ node: NodeIndex) -> ConsumerSpec? {
        var spec = ConsumerSpec(span: span(node))
        guard let fields = fields(node, SpecSchema.consumer, heading: name.span) else { return spec }
        spec.groups = names(fields["groups"], of: "groups", .personName)
        for item in items(fields["credentials"], of: "credentials") {
            if let credential = credential(item) { spec.credentials.append(credential) }
        }
        return spec
    }

    /// A reference to a secret, or the key itself, which no message repeats.
    mutating func credentialKey(_ field: Field) -> CredentialSpec.Key? {
        let isReference = tree[field.node].flags.contains(.reference)
        if let secret = secretReference(field.node) { return .secret(secret) }
        guard let key = scalar(field, .apiKey) else { return nil }
        if !isReference {
            report(
                Diagnostic(
                    .literalKey,
                    "this API key can be read by everybody who can read the spec",
                    at: key.span,
                    help: "write `${env:NAME}` or `${file:PATH}`, and give the key to the gateway"
                )
            )
        }
        if KeyStrength.bits(of: key.value) < KeyStrength.bitsMin {
            report(
                Diagnostic(
                    .weakKey,
                    "this API key has fewer than \(KeyStrength.bitsMin) bits, so that it can be guessed",
                    at: key.span,
                    help: "make one with `openssl rand -hex 16`"
                )
            )
        }
        return .literal(key.value)
    }
}

extension TargetSpec {
    fileprivate init(_ address: Spanned<TargetAddress>, weight: Spanned<UInt8>?) {
        self.init(
            host: address.value.host,
            port: address.value.port,
            isSecure: address.value.isSecure,
            weight: weight,
            span: address.span
        )
        isService = address.value.isService
    }
}

extension ScalarType where Value == [UInt8] {
    /// An API key; messages do not show it.
    fileprivate static let apiKey = ScalarType("an API key") { text throws(ScalarProblem) in
        guard !text.isEmpty else {
            throw ScalarProblem(.badKey, "the API key is empty", help: "write `${env:NAME}` or `${file:PATH}`")
        }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ScalarProblem(
                .badKey,
                "the API key contains a space or another character that cannot be sent",
                help: "use visible ASCII characters only"
            )
        }
        guard text.utf8.count <= 1024 else {
            throw ScalarProblem(
                .badKey,
                "the API key has \(text.utf8.count) bytes, and 1024 are the most",
                help: "make a shorter one"
            )
        }
        return Array(text.utf8)
    }
}

/// How hard a key is to guess, from above: a key is at most as good as its length and its kinds of characters allow.
enum KeyStrength {
    static let bitsMin = 128

    static func bits(of key: [UInt8]) -> Int {
        // Characters of the smallest usual alphabet that holds the key, and their bits in hundredths.
        let (alphabet, bits): (Int, Int)
        if key.allSatisfy(Digits.isDigit) {
            (alphabet, bits) = (10, 332)
        } else if key.allSatisfy({ Digits.isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20) })
        {
            (alphabet, bits) = (16, 400)
        } else if key.allSatisfy(Digits.isLetterOrDigit) {
            (alphabet, bits) = (62, 595)
        } else {
            (alphabet, bits) = (94, 655)
        }
        // Few different characters in a long key were not drawn from the whole alphabet.
        let distinct = Set(key).count
        guard distinct * 2 < min(key.count, alphabet) else { return key.count * bits / 100 }
        return key.count * (Int.bitWidth - distinct.leadingZeroBitCount)
    }
}
