internal import Credentials
internal import GatewayTable

/// The files of keys that sign bundles.
enum KeyFiles {
    private static let byteCountMax = 4_096

    /// Reads a private key.
    static func read(_ path: String) throws(FileFailure) -> SigningKey {
        let bytes = try FileReading.bytes(
            at: path,
            byteCountMax: byteCountMax,
            missingHelp: "`apic sign --new-key \(path)` makes one"
        )
        guard let key = SigningKey(pem: String(decoding: bytes, as: UTF8.self)) else {
            throw FileFailure("`\(path)` holds no private key of Ed25519 as PEM, or one with a passphrase")
        }
        if path != "-", FileFacts(path)?.isExposed == true {
            Terminal.error.writeLine(
                "warning: others than its owner can read the private key `\(path)`; `chmod 600` it"
            )
        }
        return key
    }

    /// Makes a pair: the private key at a path, for its owner only, and the public one beside it.
    ///
    /// - Returns: the public key in hexadecimal.
    static func make(at path: String) throws(FileFailure) -> String {
        let key = SigningKey()
        // Neither is written if one is in the way.
        try FileWriting.refuseExisting([path, path + ".pub"])
        try FileWriting.create(path, Array(key.privatePEM.utf8), mode: 0o600)
        try FileWriting.create(path + ".pub", Array(key.publicPEM.utf8), mode: 0o644)
        return BundleStatement.hex(key.publicKey)
    }
}
