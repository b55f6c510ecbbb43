package import Digests
package import GatewayTable
internal import Glibc

/// Whose bundles are served: those that one of these keys signed.
package struct Trust: Equatable, Sendable {
    /// A key file that is longer is none.
    private static let keyByteCountMax = 4_096

    package var keys: [Ed25519Key]
    /// Whether a bundle may follow one with a higher sequence number.
    package var allowsRollback = false

    package init(keys: [Ed25519Key], allowsRollback: Bool = false) {
        self.keys = keys
        self.allowsRollback = allowsRollback
    }

    /// Reads the files of public keys.
    package init(paths: [String], allowsRollback: Bool) throws(LoadError) {
        keys = []
        for path in paths {
            guard let key = Ed25519Key(pem: try WholeFile.bytes(at: path, byteCountMax: Trust.keyByteCountMax)) else {
                throw .unusableFile(path: path, reason: "it holds no public key of Ed25519 as PEM")
            }
            keys.append(key)
        }
        self.allowsRollback = allowsRollback
    }
}

/// A bundle's signature, verified: what its files must be.
package struct BundleSeal: Equatable, Sendable {
    package let statement: BundleStatement
    package let key: Ed25519Key

    package var sequence: UInt64 { statement.sequence }

    /// Where a bundle's signature is.
    ///
    /// - Parameter bundle: a bundle's directory, or a table file.
    package static func path(ofBundle bundle: String) -> String {
        MappedTable.folder(ofBundle: bundle) + BundleStatement.fileName
    }

    /// Reads the signature of a bundle and verifies that a trusted key made it.
    package static func read(bundle: String, trust: Trust) throws(LoadError) -> BundleSeal {
        let path = path(ofBundle: bundle)
        let bytes: [UInt8]
        do throws(LoadError) {
            bytes = try WholeFile.bytes(at: path, byteCountMax: BundleStatement.byteCountMax)
        } catch {
            if case .cannotOpen(_, ENOENT) = error { throw .unsigned(path: path) }
            throw error
        }
        return try verify(bytes, trust: trust, path: path)
    }

    /// Reads a bundle and everything that its signature lists, as a gateway does.
    package static func verifyWhole(bundle: String, trust: Trust) throws(LoadError) -> BundleSeal {
        let seal = try read(bundle: bundle, trust: trust)
        let table = try MappedTable.load(bundle: bundle, seal: seal)
        for name in table.view.bundledPaths {
            let path = MappedTable.folder(ofBundle: bundle) + name
            let bytes = try WholeFile.bytes(at: path, byteCountMax: SecretBytes.byteCountMax)
            try seal.check(SHA256.digest(bytes), byteCount: bytes.count, of: name, at: path)
        }
        return seal
    }

    /// - Parameter path: where the bytes come from, for errors.
    package static func verify(_ bytes: [UInt8], trust: Trust, path: String) throws(LoadError) -> BundleSeal {
        guard let statement = BundleStatement(bytes) else {
            throw .badSignature(path: path, reason: "it is no signature of a bundle")
        }
        guard let key = trust.keys.first(where: { $0.bytes == statement.key }) else {
            let name = BundleStatement.hex(statement.key)
            throw .badSignature(path: path, reason: "it was made with the key \(name), which is not trusted")
        }
        guard key.verifies(statement.signature, of: statement.signedBytes) else {
            throw .badSignature(path: path, reason: "the signature is not that of its key")
        }
        return BundleSeal(statement: statement, key: key)
    }

    /// Checks that a file of the bundle is the one that was signed.
    ///
    /// - Parameters:
    ///   - digest: of its bytes.
    ///   - name: the file's path in the bundle.
    ///   - path: where its bytes come from, for errors.
    func check(_ digest: Digest256, byteCount: Int, of name: String, at path: String) throws(LoadError) {
        guard let file = statement.file(name) else {
            throw .badSignature(path: path, reason: "the bundle's signature does not list it")
        }
        guard UInt64(byteCount) == file.byteCount, digest.bytes == file.digest else {
            throw .badSignature(path: path, reason: "it is not the file that was signed")
        }
    }
}

/// Which bundles may follow the one that is served.
struct SequenceFloor: Equatable, Sendable {
    /// Of the newest signature that was accepted.
    private(set) var seal: BundleSeal?

    init(_ seal: BundleSeal?) { self.seal = seal }

    /// Refuses what is older, and a second bundle with the same number.
    func check(_ next: BundleSeal, trust: Trust) throws(LoadError) {
        guard !trust.allowsRollback, let seal, seal != next else { return }
        guard next.sequence > seal.sequence else {
            throw .rolledBack(sequence: next.sequence, served: seal.sequence)
        }
    }

    mutating func note(_ next: BundleSeal) { seal = next }
}
