/// Someone who calls APIs.
package struct Consumer: Equatable, Sendable {
    package var name: String
    /// Indices into `Gateway.groups`, ascending.
    package var groups: [Int]

    package init(name: String, groups: [Int] = []) {
        self.name = name
        self.groups = groups
    }
}

/// A secret that the gateway resolves when it loads a bundle; only its place is ever written.
package enum SecretReference: Hashable, Sendable {
    /// The value of an environment variable.
    case environment(String)
    /// The content of a file, without a final line break.
    case file(String)
}

/// What a consumer is known by.
package struct Credential: Equatable, Sendable {
    /// By which plugin the credential is looked for.
    package enum Scheme: Hashable, Sendable {
        /// A key: `key-auth`.
        case key
        /// A user name; `key` is the password: `basic-auth`.
        case basic(username: String)
        /// The name of a key; `key` is the secret that signs: `hmac-auth`.
        case signature(keyID: String)
        /// A client's certificate, by what `key` is the digest of: `mtls-auth`.
        case certificate
        /// A token's claim, and perhaps the issuer, that `key` is the digest of: `jwt`.
        case token
    }

    /// How the key is known.
    package enum Key: Equatable, Sendable {
        /// HMAC-SHA-256 of a key that the spec holds literally, under the gateway's salt: 32 bytes.
        case digest([UInt8])
        /// A key that the gateway resolves and digests at load.
        case secret(SecretReference)
    }

    /// Index into `Gateway.consumers`.
    package var consumer: Int
    /// A name that is no secret: what `X-Credential-Id` tells the upstream.
    package var id: String
    package var scheme: Scheme
    package var key: Key
    /// The instant from which it holds; always if `nil`.
    package var notBefore: Instant?
    /// The instant from which it holds no more.
    package var expires: Instant?

    package init(
        consumer: Int,
        id: String,
        scheme: Scheme = .key,
        key: Key,
        notBefore: Instant? = nil,
        expires: Instant? = nil
    ) {
        self.consumer = consumer
        self.id = id
        self.scheme = scheme
        self.key = key
        self.notBefore = notBefore
        self.expires = expires
    }
}

/// Groups of consumers.
package enum ConsumerGroups {
    /// How the names of groups begin that the linker made; nobody is told of them. No group of a spec begins so.
    package static let unlistedMark = "~"
}
