internal import Digests
internal import GatewayIR

/// Consumers and the keys by which they are known.
enum ConsumerLowering {
    static func lower(
        _ document: SpecDocument,
        gateway: String,
        names: NameTable,
        into diagnostics: inout [Diagnostic]
    ) -> (consumers: [Consumer], credentials: [Credential]) {
        var consumers: [Consumer] = []
        var credentials: [Credential] = []
        var registry = CredentialRegistry(gateway: gateway)
        for consumer in document.consumers.sorted(by: { $0.name.value < $1.name.value }) {
            let index = consumers.count
            let name = consumer.name.value
            consumers.append(Consumer(name: name, groups: names.groups(consumer.value.groups, into: &diagnostics)))
            for (number, spec) in consumer.value.credentials.enumerated() {
                let id = spec.id ?? Spanned("\(name)-\(number + 1)", spec.key.span)
                let key = registry.register(spec, id: id, into: &diagnostics)
                credentials.append(
                    Credential(
                        consumer: index,
                        id: id.value,
                        scheme: spec.scheme,
                        key: key,
                        notBefore: spec.notBefore?.value,
                        expires: spec.expires?.value
                    )
                )
            }
        }
        return (consumers, credentials)
    }
}

/// The keys and ids of credentials that have been seen, to find what stands twice.
private struct CredentialRegistry {
    private let salt: HMACKey
    private var keys: [KeyIdentity: SourceSpan] = [:]
    private var ids: [String: SourceSpan] = [:]

    /// Literal keys are compared by digest; a secret by the place that it comes from.
    private enum KeyIdentity: Hashable {
        case digest(Digest256)
        case secret(SecretReference)
        /// A user name has one password at a time; two are two credentials only if they differ.
        case password(username: String, SecretReference)
    }

    init(gateway: String) {
        salt = HMACKey(Digests.credentialSalt(gatewayName: gateway))
    }

    mutating func register(
        _ spec: CredentialSpec,
        id: Spanned<String>,
        into diagnostics: inout [Diagnostic]
    ) -> Credential.Key {
        let identity: KeyIdentity
        let result: Credential.Key
        let key = spec.key
        switch key.value {
        case .literal(let bytes):
            let digest = salt.authenticate(bytes)
            identity = .digest(digest)
            result = .digest(digest.bytes)
        case .certificate(let bytes):
            let digest = salt.authenticate(CredentialMessage.certificate + bytes)
            identity = .digest(digest)
            result = .digest(digest.bytes)
        case .token(let bytes):
            let digest = salt.authenticate(CredentialMessage.token + bytes)
            identity = .digest(digest)
            result = .digest(digest.bytes)
        case .secret(let reference) where spec.keyID != nil:
            // Requests say which key it is, so that its name must be that of one only.
            let name = spec.keyID.map { Array($0.value.utf8) } ?? []
            identity = .digest(salt.authenticate(CredentialMessage.signature + name))
            result = .secret(reference)
        case .secret(let reference):
            identity = spec.username.map { .password(username: $0.value, reference) } ?? .secret(reference)
            result = .secret(reference)
        }
        if let first = keys.updateValue(key.span, forKey: identity) {
            diagnostics.append(.sameKeyTwice(key.span, first: first))
        }
        if let first = ids.updateValue(id.span, forKey: id.value) {
            diagnostics.append(.sameCredentialID(id, first: first))
        }
        return result
    }
}

extension CredentialSpec {
    fileprivate var scheme: Credential.Scheme {
        if let username { return .basic(username: username.value) }
        if let keyID { return .signature(keyID: keyID.value) }
        switch key.value {
        case .literal, .secret: return .key
        case .certificate: return .certificate
        case .token: return .token
        }
    }
}

extension Diagnostic {
    /// The key itself is never shown.
    static func sameKeyTwice(_ span: SourceSpan, first: SourceSpan) -> Diagnostic {
        Diagnostic(
            .sameKeyTwice,
            "this is what another credential is known by",
            at: span,
            related: [.init(first, "first used here")],
            help: "give each credential one of its own"
        )
    }

    static func sameCredentialID(_ id: Spanned<String>, first: SourceSpan) -> Diagnostic {
        Diagnostic(
            .sameCredentialID,
            "another credential has the id `\(id.value)`",
            at: id.span,
            related: [.init(first, "first used here")],
            help: "give each credential an `id` of its own"
        )
    }
}
