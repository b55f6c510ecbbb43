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
