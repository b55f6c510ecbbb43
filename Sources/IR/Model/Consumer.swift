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

/// A key by which a consumer is known.
package struct Credential: Equatable, Sendable {
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
    package var key: Key

    package init(consumer: Int, id: String, key: Key) {
        self.consumer = consumer
        self.id = id
        self.key = key
    }
}

/// Groups of consumers.
package enum ConsumerGroups {
    /// How the names of groups begin that the linker made; nobody is told of them. No group of a spec begins so.
    package static let unlistedMark = "~"
}
