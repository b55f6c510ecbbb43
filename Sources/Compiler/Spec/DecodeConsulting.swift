internal import GatewayIR

extension SpecDecoder {
    mutating func forwardAuth(_ fields: Fields) -> ForwardAuthSpec? {
        guard let upstream = scalar(fields["upstream"], .name) else { return nil }
        var spec = ForwardAuthSpec(upstream: upstream, settings: ForwardAuthSettings())
        if let path = scalar(fields["path"], .probePath) { spec.settings.path = path.value }
        if let timeout = scalar(fields["timeout"], .duration()) { spec.settings.timeout = timeout.value }
        if let field = fields["request-headers"] {
            spec.requestHeaders = fieldNames(field)
            spec.settings.requestHeaders = spec.requestHeaders.map(\.value).sorted()
        }
        spec.upstreamHeaders = fieldNames(fields["upstream-headers"])
        spec.clientHeaders = fieldNames(fields["client-headers"])
        spec.settings.upstreamHeaders = spec.upstreamHeaders.map(\.value).sorted()
        spec.settings.clientHeaders = spec.clientHeaders.map(\.value).sorted()
        spec.onFailure = scalar(fields["on-failure"], .passesOnFailure)
        spec.settings.passesOnFailure = spec.onFailure?.value ?? false
        spec.settings.forwardsCredential = scalar(fields["forward-credential"], .boolean)?.value ?? false
        return spec
    }

    mutating func introspection(_ fields: Fields) -> IntrospectionSpec? {
        var token = TokenSettings()
        token.audiences = audiences(fields["audience"])
        token.issuer = scalar(fields["issuer"], .claimText)?.value
        takePlace(fields, &token)
        token.requirements = requirements(fields["require"])
        token.headers = claimHeaders(fields["headers"])
        token.consumerClaim = scalar(fields["consumer"], .claimText)?.value
        if let skew = scalar(fields["skew"], .seconds), isInRange(skew, 0...3600, "1h") {
            token.skewSeconds = UInt32(skew.value)
        }
        token.forwardsCredential = scalar(fields["forward-credential"], .boolean)?.value ?? false
        let timeout = scalar(fields["timeout"], .duration())
        let keeps = keptSeconds(fields["cache"]) ?? IntrospectionSettings.defaultKeepsSeconds
        let keepsRefused = keptSeconds(fields["cache-refused"]) ?? IntrospectionSettings.defaultKeepsRefusedSeconds
        let secret = clientSecret(fields["client-secret"])
        guard let upstream = scalar(fields["upstream"], .name), let path = scalar(fields["path"], .probePath),
            let clientID = scalar(fields["client-id"], .claimText), let secret
        else { return nil }
        return IntrospectionSpec(
            upstream: upstream,
            settings: IntrospectionSettings(
                token: token,
                path: path.value,
                timeout: timeout?.value ?? IntrospectionSettings.defaultTimeout,
                clientID: clientID.value,
                clientSecret: secret,
                keepsSeconds: keeps,
                keepsRefusedSeconds: keepsRefused
            )
        )
    }

    private mutating func keptSeconds(_ field: Field?) -> UInt32? {
        guard let seconds = scalar(field, .seconds), isInRange(seconds, 0...86_400, "24h") else { return nil }
        return UInt32(seconds.value)
    }

    private mutating func clientSecret(_ field: Field?) -> SecretReference? {
        guard let field else { return nil }
        if let reference = secretReference(field.node) { return reference }
        report(
            Diagnostic(
                .literalClientSecret,
                "who can read the spec can ask as the gateway",
                at: field.keySpan,
                help: "write `${env:NAME}` or `${file:PATH}`, give the secret to the gateway, and choose another one"
            )
        )
        return nil
    }

    private mutating func fieldNames(_ field: Field?) -> [Spanned<String>] {
        distinct(list(field, of: "header names", .editableHeaderName), "header names") { $0.lowercased() }
    }
}

extension ScalarType where Value == Bool {
    /// `allow` is true.
    fileprivate static let passesOnFailure = ScalarType("`deny` or `allow`") { text throws(ScalarProblem) in
        switch text {
        case "deny": return false
        case "allow": return true
        default: throw Words.problem(text, among: ["deny", "allow"])
        }
    }
}
