internal import GatewayIR
internal import GatewayTable

/// What the instructions about signatures refer to: policies, each distinct one once.
struct SignatureTables {
    private(set) var policies = RecordPool<SignatureSettings, SignaturePolicyRecord>()

    /// The number of a policy.
    ///
    /// - Parameter tokens: keeps the names of the fields.
    mutating func add(_ settings: SignatureSettings, _ tokens: inout TokenTables, _ text: inout TextPool) -> UInt32 {
        if let known = policies.number(of: settings) { return known }
        var record = SignaturePolicyRecord()
        record.label = text.add(settings.label ?? "")
        record.challenge = text.add(settings.challenge)
        record.parts = settings.components.reduce(0) { $0 | $1.parts }
        record.fields = tokens.add(settings.components.compactMap(\.fieldName), &text)
        record.lifetimeSeconds = settings.lifetimeSeconds
        record.skewSeconds = settings.skewSeconds
        if settings.forwardsCredential { record.flags |= SignaturePolicyRecord.forwardsFlag }
        if settings.checksBody { record.flags |= SignaturePolicyRecord.bodyFlag }
        if settings.schemes.contains(.messageSignatures) { record.flags |= SignaturePolicyRecord.messagesFlag }
        if settings.schemes.contains(.kong) { record.flags |= SignaturePolicyRecord.kongFlag }
        return policies.add(record, of: settings)
    }
}

extension SignatureSettings {
    /// RFC 9421 section 5.1; nothing where it does not speak of this scheme.
    fileprivate var challenge: String {
        guard schemes.contains(.messageSignatures) else { return "" }
        let covered = components.map { "\"\($0.name)\"" }.joined(separator: " ")
        return "Accept-Signature: \(label ?? "sig1")=(\(covered));created;alg=\"hmac-sha256\"\r\n"
    }
}

extension SignatureComponent {
    /// Parts of the request that it stands for; none for a field.
    fileprivate var parts: UInt32 {
        switch self {
        case .method: SignedParts.method
        case .authority: SignedParts.authority
        case .scheme: SignedParts.scheme
        case .path: SignedParts.path
        case .query: SignedParts.query
        case .targetURI: SignedParts.scheme | SignedParts.authority | SignedParts.path | SignedParts.query
        case .requestTarget: SignedParts.path | SignedParts.query
        case .field("content-digest"): SignedParts.bodyDigest
        case .field: 0
        }
    }

    fileprivate var fieldName: String? {
        if case .field(let name) = self, name != "content-digest" { name } else { nil }
    }
}
