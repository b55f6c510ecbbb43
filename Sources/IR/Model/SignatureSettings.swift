/// What a signature may cover.
package enum SignatureComponent: Hashable, Sendable {
    case method
    case authority
    case scheme
    case path
    case query
    /// Scheme, authority, path and query.
    case targetURI
    /// Path and query.
    case requestTarget
    /// A header field; the name is lower-case.
    case field(String)

    /// Those that are no field (RFC 9421 section 2.2).
    package static let derived: [SignatureComponent] = [
        .method, .authority, .scheme, .path, .query, .targetURI, .requestTarget,
    ]

    /// As specs and signatures write it.
    package var name: String {
        switch self {
        case .method: "@method"
        case .authority: "@authority"
        case .scheme: "@scheme"
        case .path: "@path"
        case .query: "@query"
        case .targetURI: "@target-uri"
        case .requestTarget: "@request-target"
        case .field(let name): name
        }
    }
}

/// `hmac-auth`: a signature over the request names the consumer.
package struct SignatureSettings: Hashable, Sendable {
    package enum Scheme: String, CaseIterable, Hashable, Sendable {
        /// HTTP Message Signatures (RFC 9421).
        case messageSignatures = "message-signatures"
        /// `Authorization: hmac username="…", …`, as Kong takes it.
        case kong
    }

    /// In the order of `Scheme`; at least one.
    package var schemes: [Scheme]
    /// What must be signed, as listed.
    package var components: [SignatureComponent]
    /// Which of several signatures counts; `nil` if there may be only one.
    package var label: String?
    /// How old a signature may be.
    package var lifetimeSeconds: UInt32
    /// How far clocks may be apart.
    package var skewSeconds: UInt32
    /// Whether the upstream gets to see the signature.
    package var forwardsCredential: Bool
    /// Whether a body must be the one of which a signed `Content-Digest` speaks.
    package var checksBody: Bool

    package static let defaultComponents: [SignatureComponent] = [.method, .authority, .path, .query]
    package static let defaultLifetimeSeconds: UInt32 = 300
    package static let defaultSkewSeconds: UInt32 = 30

    package init(
        schemes: [Scheme] = [.messageSignatures],
        components: [SignatureComponent] = SignatureSettings.defaultComponents,
        label: String? = nil,
        lifetimeSeconds: UInt32 = SignatureSettings.defaultLifetimeSeconds,
        skewSeconds: UInt32 = SignatureSettings.defaultSkewSeconds,
        forwardsCredential: Bool = false,
        checksBody: Bool = true
    ) {
        self.schemes = schemes
        self.components = components
        self.label = label
        self.lifetimeSeconds = lifetimeSeconds
        self.skewSeconds = skewSeconds
        self.forwardsCredential = forwardsCredential
        self.checksBody = checksBody
    }
}

extension SignatureSettings {
    /// On one line, for people.
    var text: String {
        schemes.map(\.rawValue).joined(separator: " or ") + (label.map { " labelled \($0)" } ?? "")
            + " over \(components.map(\.name).joined(separator: " ")), lifetime \(lifetimeSeconds), skew \(skewSeconds), "
            + "forward \(forwardsCredential)" + (checksBody ? "" : ", body unchecked")
    }
}
