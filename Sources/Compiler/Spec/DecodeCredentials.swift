internal import GatewayIR

extension SpecDecoder {
    mutating func credential(_ node: NodeIndex) -> CredentialSpec? {
        guard let fields = fields(node, SpecSchema.credential) else { return nil }
        let id = scalar(fields["id"], .personName)
        let notBefore = scalar(fields["not-before"], .instant)
        let expires = scalar(fields["expires"], .instant)
        if let notBefore, let expires, expires.value <= notBefore.value {
            report(
                Diagnostic(
                    .credentialNeverValid,
                    "the credential expires before it holds",
                    at: expires.span,
                    related: [.init(notBefore.span, "it holds from here on")],
                    help: "write a later instant"
                )
            )
        }
        guard let field = exactlyOne(fields, ["key", "basic", "hmac", "certificate", "jwt"]) else { return nil }
        var spec: CredentialSpec?
        switch field.key.name {
        case "key": spec = credentialKey(field).map { CredentialSpec(id: id, key: Spanned($0, span(field.node))) }
        case "basic": spec = basicCredential(field, id: id)
        case "hmac": spec = signatureCredential(field, id: id)
        case "jwt": spec = tokenCredential(field, id: id)
        default: spec = certificateCredential(field, id: id)
        }
        spec?.notBefore = notBefore
        spec?.expires = expires
        return spec
    }

    private mutating func basicCredential(_ field: Field, id: Spanned<String>?) -> CredentialSpec? {
        guard let fields = fields(field, SpecSchema.basicCredential) else { return nil }
        let username = scalar(fields["username"], .username)
        guard let password = fields["password"] else { return nil }
        guard let secret = secretReference(password.node) else {
            report(
                Diagnostic(
                    .literalPassword,
                    "this password can be read by everybody who can read the spec",
                    at: span(password.node),
                    help:
                        "write `${env:NAME}` or `${file:PATH}`, give the password to the gateway, and choose another one"
                )
            )
            return nil
        }
        guard let username else { return nil }
        return CredentialSpec(id: id, key: Spanned(.secret(secret), span(password.node)), username: username)
    }

    private mutating func certificateCredential(_ field: Field, id: Spanned<String>?) -> CredentialSpec? {
        guard let fields = fields(field, SpecSchema.certificateCredential),
            let match = exactlyOne(fields, ["fingerprint", "name", "subject"])
        else { return nil }
        let identity: [UInt8]?
        switch match.key.name {
        case "fingerprint": identity = scalar(match, .fingerprint).map { Array("f".utf8) + $0.value }
        case "name": identity = scalar(match, .alternativeName).map { Array("n\($0.value)".utf8) }
        default: identity = scalar(match, .line()).map { Array("s\($0.value)".utf8) }
        }
        return identity.map { CredentialSpec(id: id, key: Spanned(.certificate($0), span(match.node))) }
    }

    // MARK: Plugins

    mutating func keyAuth(_ fields: Fields) -> KeyAuthSettings {
        var settings = KeyAuthSettings()
        let headers = distinct(oneOrMore(fields["header"], of: "header names", .editableHeaderName), "header names") {
            $0.lowercased()
        }
        var sources = headers.map { KeySource.header($0.value) }
        if let name = scalar(fields["query"], .queryName) { sources.append(.query(name.value)) }
        if let name = scalar(fields["cookie"], .token("the name of a cookie")) { sources.append(.cookie(name.value)) }
        if !sources.isEmpty { settings.sources = sources }
        if let forwards = scalar(fields["forward-credential"], .boolean) {
            settings.forwardsCredential = forwards.value
        }
        return settings
    }

    mutating func basicAuth(_ fields: Fields) -> BasicAuthSettings {
        BasicAuthSettings(forwardsCredential: scalar(fields["forward-credential"], .boolean)?.value ?? false)
    }

    mutating func authentication(_ fields: Fields) -> AuthenticationSpec? {
        guard fields.keyNode("require") != nil || fields.keyNode("anonymous") != nil else {
            report(
                Diagnostic(
                    .oneKeyNeeded,
                    "`authentication` needs `require` or `anonymous`",
                    at: span(fields.node),
                    help: "add `\(fields.schema.keys[0].example)`"
                )
            )
            return nil
        }
        let requirement = scalar(
            fields["require"],
            ScalarType<AuthenticationSettings.Requirement>.word("`any` or `all`")
        )
        let anonymous = scalar(fields["anonymous"], .personName)
        if let requirement, let anonymous, requirement.value == .all {
            report(
                Diagnostic(
                    .exclusiveKeys,
                    "who needs all credentials cannot come without any",
                    at: anonymous.span,
                    related: [.init(requirement.span, "all are required here")],
                    help: "keep one of them"
                )
            )
        }
        return AuthenticationSpec(requirement: requirement, anonymous: anonymous)
    }
}

extension ScalarType where Value == [UInt8] {
    /// `sha256:` and 64 hexadecimal digits, with or without colons between pairs.
    static let fingerprint = ScalarType("a fingerprint such as `sha256:9f86…`") {
        text throws(ScalarProblem) in
        let lowered = text.lowercased()
        let digits = (lowered.hasPrefix("sha256:") ? lowered.dropFirst(7) : lowered[...]).filter { $0 != ":" }
        let bytes = stride(from: 0, to: digits.utf8.count, by: 2).compactMap { offset in
            UInt8(digits.dropFirst(offset).prefix(2), radix: 16)
        }
        guard digits.utf8.count == 64, bytes.count == 32, digits.allSatisfy(\.isHexDigit) else {
            throw ScalarProblem(
                .badText,
                "`\(text.excerpt)` is no SHA-256 fingerprint",
                help: "write what `openssl x509 -noout -fingerprint -sha256` prints behind `=`"
            )
        }
        return bytes
    }
}

extension ScalarType where Value == String {
    /// RFC 7617 section 2: no colon, no control characters.
    fileprivate static let username = ScalarType("a user name") { text throws(ScalarProblem) in
        let name = try ScalarType<String>.line().parse(text)
        guard !name.contains(":") else {
            throw ScalarProblem(
                .badName,
                "`\(name.excerpt)` holds a colon, which ends a user name",
                help: "leave it out"
            )
        }
        return name
    }

    /// As certificates are asked about by OpenSSL.
    fileprivate static let alternativeName = ScalarType("a name such as `DNS:client.example.com`") {
        text throws(ScalarProblem) in
        let name = try ScalarType<String>.line().parse(text)
        let kinds = ["DNS:", "URI:", "email:"]
        guard let kind = kinds.first(where: { name.hasPrefix($0) }), name.utf8.count > kind.utf8.count,
            name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") })
        else {
            throw ScalarProblem(
                .badText,
                "`\(name.excerpt)` is no alternative name of a certificate",
                help: "write its kind in front: `DNS:client.example.com`, `URI:spiffe://example.com/client`, `email:…`"
            )
        }
        return name
    }
}
