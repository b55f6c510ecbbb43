internal import GatewayIR

extension SpecDecoder {
    mutating func hmacAuth(_ fields: Fields) -> SignatureSettings? {
        let reportedCount = diagnostics.count
        var settings = SignatureSettings()
        let schemes = distinct(oneOrMore(fields["scheme"], of: "schemes", .signatureScheme), "schemes") { $0.rawValue }
        if !schemes.isEmpty {
            settings.schemes = SignatureSettings.Scheme.allCases.filter { schemes.map(\.value).contains($0) }
        }
        let components = list(fields["components"], of: "components", .signatureComponent, isNeeded: true)
        if !components.isEmpty { settings.components = distinct(components, "components") { $0.name }.map(\.value) }
        settings.label = scalar(fields["label"], .signatureLabel)?.value
        if let label = fields["label"], !settings.schemes.contains(.messageSignatures) {
            report(
                Diagnostic(
                    .exclusiveKeys,
                    "signatures of Kong's scheme have no labels",
                    at: label.keySpan,
                    related: fields["scheme"].map { [.init(span($0.node), "the scheme")] } ?? [],
                    help: "delete `label`"
                )
            )
        }
        if let lifetime = scalar(fields["lifetime"], .positiveSeconds), isInRange(lifetime, 1...86_400, "24h") {
            settings.lifetimeSeconds = UInt32(lifetime.value)
        }
        if let skew = scalar(fields["skew"], .seconds), isInRange(skew, 0...3600, "1h") {
            settings.skewSeconds = UInt32(skew.value)
        }
        settings.forwardsCredential = scalar(fields["forward-credential"], .boolean)?.value ?? false
        settings.checksBody = scalar(fields["check-body"], .boolean)?.value ?? true
        return diagnostics[reportedCount...].contains { $0.code.severity == .error } ? nil : settings
    }

    /// `hmac: { key-id: acme, secret: "${env:ACME_SECRET}" }`.
    mutating func signatureCredential(_ field: Field, id: Spanned<String>?) -> CredentialSpec? {
        guard let fields = fields(field, SpecSchema.signatureCredential) else { return nil }
        let keyID = scalar(fields["key-id"], .keyID)
        guard let field = fields["secret"] else { return nil }
        guard let secret = secretReference(field.node) else {
            report(
                Diagnostic(
                    .literalSigningSecret,
                    "who can read the spec can sign for this consumer",
                    at: field.keySpan,
                    help:
                        "write `${env:NAME}` or `${file:PATH}`, give the secret to the gateway, and choose another one"
                )
            )
            return nil
        }
        guard let keyID else { return nil }
        var spec = CredentialSpec(id: id, key: Spanned(.secret(secret), keyID.span))
        spec.keyID = keyID
        return spec
    }
}

extension ScalarType where Value == SignatureSettings.Scheme {
    fileprivate static let signatureScheme: ScalarType = .word("`message-signatures` or `kong`")
}

extension ScalarType where Value == SignatureComponent {
    fileprivate static let signatureComponent = ScalarType("a component such as `@method`") {
        text throws(ScalarProblem) in
        guard text.hasPrefix("@") else { return .field(try ScalarType<String>.headerName.parse(text).lowercased()) }
        if let component = SignatureComponent.derived.first(where: { $0.name == text }) { return component }
        throw Words.problem(text, among: SignatureComponent.derived.map(\.name))
    }
}

extension ScalarType where Value == String {
    /// A key of a dictionary (RFC 9651 section 3.2).
    fileprivate static let signatureLabel = ScalarType("a label such as `sig1`") { text throws(ScalarProblem) in
        let isGood = text.utf8.allSatisfy { byte in
            Digits.isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || "_-.*".utf8.contains(byte)
        }
        guard isGood, let first = text.utf8.first, !Digits.isDigit(first), !"_-.".utf8.contains(first),
            text.utf8.count <= 64
        else {
            throw ScalarProblem(
                .badName,
                "`\(text.excerpt)` cannot be a label",
                help: "use up to 64 small letters, digits, `-`, `_` and `.`, a letter first"
            )
        }
        return text
    }

    /// What stands between quotes without an escape.
    fileprivate static let keyID = ScalarType("the name of a key") { text throws(ScalarProblem) in
        guard !text.isEmpty, text.utf8.count <= 128,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"\\,".utf8.contains($0) })
        else {
            throw ScalarProblem(
                .badName,
                "`\(text.excerpt)` cannot be the name of a key",
                help: "use up to 128 letters, digits and signs, without blanks, commas, quotes and backslashes"
            )
        }
        return text
    }
}
