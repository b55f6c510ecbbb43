internal import Digests
internal import GatewayTable

/// The key under which a table's credentials are digested, ready for use: a digest of a short key allocates nothing.
package struct KeySalt: Sendable {
    private let key: HMACKey

    init(_ table: TableView) {
        let gateway = table.gateway
        key = HMACKey(Digest256(words: (gateway.salt0, gateway.salt1, gateway.salt2, gateway.salt3)).bytes)
    }

    /// The digest of a key that a request brought, for `CredentialIndex.find`.
    package func digest(_ key: UnsafeRawBufferPointer) -> CredentialIndex.Digest {
        unsafe self.key.authenticate(key).words
    }

    package func digest(_ key: [UInt8]) -> CredentialIndex.Digest {
        self.key.authenticate(key).words
    }
}
