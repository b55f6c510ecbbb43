/// How tokens are signed (RFC 7518 section 3.1, RFC 8037). The numbers stand in tables.
package enum TokenAlgorithm: UInt8, CaseIterable, Hashable, Sendable {
    case hs256 = 0
    case hs384
    case hs512
    case rs256
    case rs384
    case rs512
    case ps256
    case ps384
    case ps512
    case es256
    case es384
    case es512
    case edDSA

    /// As specs and tokens write it.
    package var name: String {
        switch self {
        case .hs256: "HS256"
        case .hs384: "HS384"
        case .hs512: "HS512"
        case .rs256: "RS256"
        case .rs384: "RS384"
        case .rs512: "RS512"
        case .ps256: "PS256"
        case .ps384: "PS384"
        case .ps512: "PS512"
        case .es256: "ES256"
        case .es384: "ES384"
        case .es512: "ES512"
        case .edDSA: "EdDSA"
        }
    }

    /// Whether who can check a signature can make one.
    package var isSymmetric: Bool { rawValue <= TokenAlgorithm.hs512.rawValue }
}

/// A key that tokens are checked by.
package struct TokenKey: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        /// A public key as PEM or JSON Web Key, or a set of them.
        case text(String)
        /// The same, somewhere else; of a symmetric algorithm, a secret.
        case secret(SecretReference)
    }

    /// `kid`; empty if the key checks tokens of any.
    package var id: String
    /// `nil` where the key itself says it, or its kind leaves no choice.
    package var algorithm: TokenAlgorithm?
    package var source: Source

    package init(id: String = "", algorithm: TokenAlgorithm? = nil, source: Source) {
        self.id = id
        self.algorithm = algorithm
        self.source = source
    }
}

/// Keys that are fetched again and again, off the way of requests.
package struct RemoteKeys: Hashable, Sendable {
    /// Of the set of keys, or of the issuer whose metadata says where it is.
    package var url: String
    /// OpenID Connect Discovery: `url` is the issuer's.
    package var isIssuer: Bool
    /// A path to the authorities that are believed, as PEM; `nil` is those of the system.
    package var authorities: String?

    package init(url: String, isIssuer: Bool = false, authorities: String? = nil) {
        self.url = url
        self.isIssuer = isIssuer
        self.authorities = authorities
    }

    /// Where the server listens; `nil` if the URL says no number.
    package var port: UInt16? {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        let authority = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
        // An IPv6 literal has colons of its own, in brackets.
        let host = authority.lastIndex(of: "]").map { authority[authority.index(after: $0)...] } ?? authority
        guard let colon = host.lastIndex(of: ":") else {
            return url[..<scheme.lowerBound].lowercased() == "https" ? 443 : 80
        }
        return UInt16(host[host.index(after: colon)...])
    }
}

/// What a claim must say.
package struct ClaimRequirement: Hashable, Sendable {
    /// The claim's name; one within others has dots between the names.
    package var claim: String
    /// At least one.
    package var values: [String]
    /// Whether each of the values must be there, rather than one.
    package var needsAll: Bool

    package init(claim: String, values: [String], needsAll: Bool = false) {
        self.claim = claim
        self.values = values
        self.needsAll = needsAll
    }
}

/// A claim that the upstream gets as a header field.
package struct ClaimHeader: Hashable, Sendable {
    /// As written.
    package var header: String
    package var claim: String

    package init(header: String, claim: String) {
        self.header = header
        self.claim = claim
    }
}

/// `jwt`: a signed token says who calls.
package struct TokenSettings: Hashable, Sendable {
    /// In `Authorization` it stands behind `Bearer`.
    package var source: KeySource
    package var keys: [TokenKey]
    package var remoteKeys: RemoteKeys?
    /// Ascending. Tokens of no other algorithm are looked at.
    package var algorithms: [TokenAlgorithm]
    /// What `iss` must be; `nil` if it is not looked at.
    package var issuer: String?
    /// One of which `aud` must name; empty if it is not looked at.
    package var audiences: [String]
    /// How far clocks may be apart.
    package var skewSeconds: UInt32
    /// How far away the end of a token may be; `nil` if that does not matter.
    package var lifetimeSecondsMax: UInt32?
    package var requirements: [ClaimRequirement]
    package var headers: [ClaimHeader]
    /// The claim that names the consumer; `nil` if nobody needs to know one.
    package var consumerClaim: String?
    /// Whether the upstream gets to see the token.
    package var forwardsCredential: Bool

    package static let defaultSkewSeconds: UInt32 = 30

    package init(
        source: KeySource = .header("Authorization"),
        keys: [TokenKey] = [],
        remoteKeys: RemoteKeys? = nil,
        algorithms: [TokenAlgorithm] = [],
        issuer: String? = nil,
        audiences: [String] = [],
        skewSeconds: UInt32 = TokenSettings.defaultSkewSeconds,
        lifetimeSecondsMax: UInt32? = nil,
        requirements: [ClaimRequirement] = [],
        headers: [ClaimHeader] = [],
        consumerClaim: String? = nil,
        forwardsCredential: Bool = false
    ) {
        self.source = source
        self.keys = keys
        self.remoteKeys = remoteKeys
        self.algorithms = algorithms
        self.issuer = issuer
        self.audiences = audiences
        self.skewSeconds = skewSeconds
        self.lifetimeSecondsMax = lifetimeSecondsMax
        self.requirements = requirements
        self.headers = headers
        self.consumerClaim = consumerClaim
        self.forwardsCredential = forwardsCredential
    }
}

extension ClaimRequirement {
    /// `scope all of [orders:read]`.
    var text: String { "\(claim) \(needsAll ? "all of" : "one of") [\(values.joined(separator: ", "))]" }
}

extension TokenKey {
    fileprivate var text: String {
        let place =
            switch source {
            case .text(let text): "text of \(text.utf8.count) bytes"
            case .secret(.environment(let name)): "${env:\(name)}"
            case .secret(.file(let path)): "${file:\(path)}"
            }
        return "key \(id.isEmpty ? "" : "\(id) ")\(algorithm.map { $0.name + " " } ?? "")\(place)"
    }
}

extension TokenSettings {
    /// On one line, for people.
    var text: String {
        var parts: [String] = []
        switch source {
        case .header(let name): parts.append("header \(name)")
        case .query(let name): parts.append("query \(name)")
        case .cookie(let name): parts.append("cookie \(name)")
        }
        parts += keys.map(\.text)
        if let remote = remoteKeys {
            let authorities = remote.authorities.map { " by \($0)" } ?? ""
            parts.append("\(remote.isIssuer ? "discovery" : "jwks") \(remote.url)\(authorities)")
        }
        parts.append("algorithms \(algorithms.map(\.name).joined(separator: " "))")
        if let issuer { parts.append("issuer \(issuer)") }
        parts.append("audience [\(audiences.joined(separator: ", "))], skew \(skewSeconds)")
        if let lifetimeSecondsMax { parts.append("lifetime \(lifetimeSecondsMax)") }
        parts += requirements.map { "needs \($0.text)" } + headers.map { "\($0.header) from \($0.claim)" }
        if let consumerClaim { parts.append("consumer by \(consumerClaim)") }
        return parts.joined(separator: ", ") + ", forward \(forwardsCredential)"
    }
}

extension Gateway {
    /// The keys of every `jwt` of every chain.
    package var tokenKeys: [TokenKey] { tokenSettings.flatMap(\.keys) }

    /// Every `jwt` of every chain.
    package var tokenSettings: [TokenSettings] {
        chains.flatMap(\.steps).compactMap { if case .jwt(let settings) = $0.plugin { settings } else { nil } }
    }
}
