internal import Crypto
internal import GatewayTable
internal import Glibc
internal import SwiftASN1

/// A private key of Ed25519 in a file: PKCS #8 in PEM, as `openssl genpkey -algorithm ed25519` writes it, too.
struct SigningKey {
    private static let byteCountMax = 4_096
    /// DER of a private key up to its 32 bytes (RFC 8410 section 7).
    private static let privatePrefix: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]
    /// DER of a public key up to its 32 bytes (RFC 8410 section 4).
    private static let publicPrefix: [UInt8] = [
        0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]

    private let key: Curve25519.Signing.PrivateKey

    /// Reads a file.
    init(at path: String) throws(FileFailure) {
        let text = String(
            decoding: try FileReading.bytes(
                at: path,
                byteCountMax: Self.byteCountMax,
                missingHelp: "`apic sign --new-key \(path)` makes one"
            ),
            as: UTF8.self
        )
        let document = try? PEMDocument(pemString: text)
        let der = document?.discriminator == "PRIVATE KEY" ? document?.derBytes ?? [] : []
        guard der.count == Self.privatePrefix.count + 32, der.starts(with: Self.privatePrefix),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: der.suffix(32))
        else { throw FileFailure("`\(path)` holds no private key of Ed25519 as PEM, or one with a passphrase") }
        self.key = key
        var status = stat()
        if path != "-", stat(path, &status) == 0, status.st_mode & (S_IRGRP | S_IROTH) != 0 {
            Terminal.error.writeLine(
                "warning: others than its owner can read the private key `\(path)`; `chmod 600` it"
            )
        }
    }

    /// Makes a pair: the private key at a path, for its owner only, and the public one beside it.
    ///
    /// - Returns: the public key in hexadecimal.
    static func make(at path: String) throws(FileFailure) -> String {
        let key = Curve25519.Signing.PrivateKey()
        let publicBytes = Array(key.publicKey.rawRepresentation)
        let pairs = [
            (path, "PRIVATE KEY", privatePrefix + Array(key.rawRepresentation), mode_t(0o600)),
            (path + ".pub", "PUBLIC KEY", publicPrefix + publicBytes, mode_t(0o644)),
        ]
        // Neither is written if one is in the way.
        for (path, _, _, _) in pairs where access(path, F_OK) == 0 {
            throw FileFailure("`\(path)` is there already and stays as it is; name another file")
        }
        for (path, type, der, mode) in pairs {
            let pem = PEMDocument(type: type, derBytes: der).pemString + "\n"
            try FileWriting.create(path, Array(pem.utf8), mode: mode)
        }
        return BundleStatement.hex(publicBytes)
    }

    /// 32 bytes.
    var publicKey: [UInt8] { Array(key.publicKey.rawRepresentation) }

    /// 64 bytes.
    func signature(of message: [UInt8]) throws(FileFailure) -> [UInt8] {
        guard let signature = try? key.signature(for: message) else { throw FileFailure("the key cannot sign") }
        return Array(signature)
    }
}
