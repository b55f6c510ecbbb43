internal import Digests
package import GatewayTable
internal import Glibc
internal import Tokens

/// The keys that a table holds or names, read. A table without tokens costs nothing here.
package struct TokenKeys: Sendable {
    /// By policy; `nil` where there are none.
    let sets: [KeySet?]
    let files: [Security.WatchedFile]
    /// Of the content of all files and variables.
    let digest: Digest256
    let warnings: [String]
    /// As whom the gateway asks what tokens are worth.
    let clients: ClientSecrets
    /// What consumers sign requests with.
    let signatures: SignatureKeys
    /// Where nodes count together.
    let redis: RedisAccess?

    /// - Parameters:
    ///   - bundle: a bundle's directory, or a table file: relative paths are relative to its folder.
    ///   - seal: its signature, if only signed ones are served.
    package static func load(_ view: TableView, bundle: String, seal: BundleSeal?) throws(LoadError) -> TokenKeys {
        if let seal { try check(view, bundle: bundle, seal) }
        var loader = TokenKeyLoader(view, folder: MappedTable.folder(ofBundle: bundle))
        var sets: [KeySet?] = []
        for index in 0..<view.tokenPolicies.count {
            let range = view.tokenPolicies[index].keys
            var keys: [SigningKey] = []
            for record in range.first..<range.first + range.count { keys += try loader.keys(view.tokenKeys[record]) }
            sets.append(range.count == 0 ? nil : KeySet(keys))
        }
        let folder = MappedTable.folder(ofBundle: bundle)
        let clients = try ClientSecrets.load(view, folder: folder, files: &loader.files, digest: &loader.digest)
        let signatures = try SignatureKeys.load(view, folder: folder, files: &loader.files, digest: &loader.digest)
        let redis = try RedisAccess.load(view, folder: folder, files: &loader.files, digest: &loader.digest)
        return TokenKeys(
            sets: sets,
            files: loader.files,
            digest: loader.digest.finish(),
            warnings: loader.warnings,
            clients: clients,
            signatures: signatures,
            redis: redis
        )
    }
}

extension TokenKeys {
    /// Checks the authorities by which servers of keys are known. They are read when keys are fetched.
    private static func check(_ view: TableView, bundle: String, _ seal: BundleSeal) throws(LoadError) {
        for index in 0..<view.keySources.count {
            let name = view.string(view.keySources[index].authorities)
            guard !name.isEmpty, !name.hasPrefix("/") else { continue }
            let path = MappedTable.folder(ofBundle: bundle) + name
            let bytes = try WholeFile.bytes(at: path, byteCountMax: SecretBytes.byteCountMax)
            try seal.check(SHA256.digest(bytes), byteCount: bytes.count, of: name, at: path)
        }
    }
}

/// Reads one key after the other.
private struct TokenKeyLoader {
    private let view: TableView
    private let folder: String
    var files: [Security.WatchedFile] = []
    var digest = SHA256()
    var warnings: [String] = []

    init(_ view: TableView, folder: String) {
        self.view = view
        self.folder = folder
    }

    mutating func keys(_ record: TokenKeyRecord) throws(LoadError) -> [SigningKey] {
        let id = view.bytes(record.id).array
        let value = view.string(record.value)
        let algorithm = UInt8(exactly: record.algorithm).flatMap { SignatureAlgorithm(rawValue: $0) }
        switch TokenKeyKind(rawValue: record.kind) {
        case .environment:
            let place = "environment variable `\(value)`"
            // The environment is never changed after the start.
            guard let text = unsafe getenv(value) else {
                throw .unusableTokenKey(place: place, reason: "there is no such variable")
            }
            let bytes = unsafe UnsafeRawBufferPointer(start: text, count: strlen(text))
            unsafe digest.update(bytes)
            return try unsafe keys(in: bytes, algorithm, id, place: place)
        case .file:
            let path = value.hasPrefix("/") ? value : folder + value
            // First what it is, then what it holds: a change in between is noticed later.
            files.append(Security.WatchedFile(path: path, identity: BundleWatch.Identity(path: path)))
            let bytes = try SecretBytes.file(path)
            unsafe digest.update(bytes.buffer)
            if bytes.isExposed, algorithm?.isSymmetric == true {
                warnings.append("others than its owner can read the secret of tokens `\(path)`; `chmod 600` it")
            }
            return try unsafe keys(in: bytes.buffer, algorithm, id, place: "file `\(path)`")
        case .text, nil:
            let text = view.bytes(record.value).array
            var result: Result<[SigningKey], LoadError> = .success([])
            unsafe text.withUnsafeBytes { bytes in
                do throws(LoadError) {
                    result = .success(try unsafe keys(in: bytes, algorithm, id, place: "the spec"))
                } catch {
                    result = .failure(error)
                }
            }
            return try result.get()
        }
    }

    private func keys(
        in bytes: UnsafeRawBufferPointer,
        _ algorithm: SignatureAlgorithm?,
        _ id: [UInt8],
        place: String
    ) throws(LoadError) -> [SigningKey] {
        do throws(KeyFault) {
            guard let algorithm, algorithm.isSymmetric else {
                return try unsafe WebKeys.keys(in: bytes, algorithm: algorithm, id: id)
            }
            // Without the line break at its end, as other secrets are read.
            var count = bytes.count
            if count > 0, unsafe bytes[count - 1] == 0x0A { count -= 1 }
            if count > 0, unsafe bytes[count - 1] == 0x0D { count -= 1 }
            let secret = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<count])
            let key = try unsafe VerificationKey(secret: secret, for: algorithm)
            return [SigningKey(id: id, algorithm: algorithm, key: key)]
        } catch {
            throw .unusableTokenKey(place: place, reason: error.message)
        }
    }
}
