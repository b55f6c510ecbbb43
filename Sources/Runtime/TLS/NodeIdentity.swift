internal import CTLS

/// The certificate by which this node is known to those who run it.
///
/// Unsafe operations hold because what is lent to OpenSSL lives until the call returns.
package struct NodeIdentity: Equatable, Sendable {
    /// Of PEM: the certificate first.
    package let path: String
    /// SHA-256.
    package let fingerprint: [UInt8]
    /// Seconds since 1970.
    package let expiry: Int64

    package static func load(_ path: String) throws(LoadError) -> NodeIdentity {
        let bytes = try SecretBytes.file(path)
        var fingerprint = [UInt8](repeating: 0, count: 32)
        var expiry: Int64 = 0
        guard unsafe apic_tls_read_leaf(bytes.lent, &fingerprint, &expiry) == 0 else {
            throw .unusableFile(path: path, reason: "it holds no certificate as PEM")
        }
        return NodeIdentity(path: path, fingerprint: fingerprint, expiry: expiry)
    }
}
