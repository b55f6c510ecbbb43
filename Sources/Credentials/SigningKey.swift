internal import Crypto
internal import SwiftASN1

/// A private key of Ed25519. Its text form is PKCS #8 in PEM, as `openssl genpkey -algorithm ed25519` writes it, too.
package struct SigningKey: Sendable {
    /// DER of a private key up to its 32 bytes (RFC 8410 section 7).
    private static let privatePrefix: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]
    /// DER of a public key up to its 32 bytes (RFC 8410 section 4).
    private static let publicPrefix: [UInt8] = [
        0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]

    private let key: Curve25519.Signing.PrivateKey

    /// A new key.
    package init() { key = Curve25519.Signing.PrivateKey() }

    /// Reads PEM; `nil` if it holds no such key, or one with a passphrase.
    package init?(pem: String) {
        guard let document = try? PEMDocument(pemString: pem), document.discriminator == "PRIVATE KEY",
            document.derBytes.count == Self.privatePrefix.count + 32,
            document.derBytes.starts(with: Self.privatePrefix),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: document.derBytes.suffix(32))
        else { return nil }
        self.key = key
    }

    /// 32 bytes.
    package var publicKey: [UInt8] { Array(key.publicKey.rawRepresentation) }

    /// Secret.
    package var privatePEM: String {
        PEMDocument(type: "PRIVATE KEY", derBytes: Self.privatePrefix + Array(key.rawRepresentation)).pemString + "\n"
    }

    /// For those who verify.
    package var publicPEM: String {
        PEMDocument(type: "PUBLIC KEY", derBytes: Self.publicPrefix + publicKey).pemString + "\n"
    }

    /// 64 bytes (RFC 8032).
    package func signature(of message: [UInt8]) throws -> [UInt8] { Array(try key.signature(for: message)) }
}
