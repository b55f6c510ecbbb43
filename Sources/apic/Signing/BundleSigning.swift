internal import Credentials
internal import Digests
internal import GatewayEmitters
internal import GatewayRuntime
internal import GatewayTable
internal import Glibc

/// Signs the bundles of a folder, and verifies them by the gateway's own code.
enum BundleSigning {
    private static let fileByteCountMax = 1 << 20
    private static let lockWaitSeconds = 10

    /// Signs a bundle, and those in it that single nodes get of their own, all with the same number.
    ///
    /// - Returns: the signature of the bundle of all nodes.
    static func signAll(
        _ bundle: String,
        with key: SigningKey,
        sequence: UInt64?,
        now: UInt64
    ) throws(FileFailure) -> BundleStatement {
        let folders = try BundleSigning.folders(of: bundle)
        var number = sequence ?? now
        if sequence == nil {
            for folder in [bundle] + folders {
                let next = try nextSequence(of: folder)
                number = max(number, next)
            }
        }
        // That of all nodes comes last, as its table does.
        for folder in folders { _ = try sign(folder, with: key, sequence: number) }
        return try sign(bundle, with: key, sequence: number)
    }

    /// Bundles of single nodes, ascending.
    static func folders(of bundle: String) throws(FileFailure) -> [String] {
        let folder = try Folder(bundle)
        guard folder.kind(of: "nodes") == .folder else { return [] }
        let names = folder.names(in: "nodes").filter { folder.kind(of: "nodes/\($0)/\(Bundle.tablePath)") == .file }
        return names.sorted().map { "\(bundle)/nodes/\($0)" }
    }

    /// Behind the signature that is there.
    private static func nextSequence(of bundle: String) throws(FileFailure) -> UInt64 {
        let folder = try Folder(bundle)
        let former = (try? folder.read(BundleStatement.fileName, byteCountMax: BundleStatement.byteCountMax + 1))
            .flatMap { BundleStatement($0) }
        return former.map { $0.sequence &+ 1 } ?? 0
    }

    /// Writes a bundle's signature.
    ///
    /// - Parameter sequence: where it stands among the bundles of its gateway.
    private static func sign(
        _ bundle: String,
        with key: SigningKey,
        sequence: UInt64
    ) throws(FileFailure) -> BundleStatement {
        let folder = try Folder(bundle)
        try folder.lock(waiting: lockWaitSeconds)
        let table = try FileReading.bytes(
            at: "\(bundle)/\(Bundle.tablePath)",
            byteCountMax: TableLayout.fileByteCountMax,
            missingHelp: "`apic build` writes one"
        )
        var files = [file(Bundle.tablePath, table)]
        for path in try bundledPaths(table, of: bundle) {
            let bytes = try FileReading.bytes(at: "\(bundle)/\(path)", byteCountMax: fileByteCountMax)
            guard BundleStatement.isPath(path) else {
                throw FileFailure("`\(bundle)/\(path)` leads out of the bundle; a signature is of what is in it")
            }
            files.append(file(path, bytes))
        }
        var statement = BundleStatement(
            sequence: sequence,
            files: files,
            key: key.publicKey
        )
        do { statement.signature = try key.signature(of: statement.signedBytes) } catch {
            throw FileFailure("cannot sign: \(error)")
        }
        guard BundleStatement(statement.bytes) == statement else {
            throw FileFailure("the bundle has more files, or longer paths, than a signature can list")
        }
        let beside = ".\(BundleStatement.fileName)-\(getpid())"
        try folder.remove(beside)
        try folder.write(statement.bytes, to: beside)
        do throws(FileFailure) { try folder.rename(beside, to: BundleStatement.fileName) } catch {
            try? folder.remove(beside)
            throw error
        }
        folder.synchronise()
        return statement
    }

    /// - Parameter trust: files of public keys.
    static func verify(_ bundle: String, trust: [String]) throws(FileFailure) -> BundleStatement {
        do throws(LoadError) {
            let trust = try Trust(paths: trust, allowsRollback: true)
            return try BundleSeal.verifyWhole(bundle: bundle, trust: trust).statement
        } catch {
            throw FileFailure(error.message)
        }
    }

    /// `3 files as number 1764115200 with the key 3b6a…`.
    static func summary(_ statement: BundleStatement) -> String {
        let count = statement.files.count
        return "\(count) \(count == 1 ? "file" : "files") as number \(statement.sequence) with the key "
            + BundleStatement.hex(statement.key)
    }

    /// Files that the table names, if it is one that a gateway would load.
    private static func bundledPaths(_ table: [UInt8], of bundle: String) throws(FileFailure) -> [String] {
        do throws(TableError) {
            return try TableMemory(table).withView { $0.bundledPaths }
        } catch {
            throw FileFailure("`\(bundle)/\(Bundle.tablePath)`: \(error.message)")
        }
    }

    private static func file(_ path: String, _ bytes: [UInt8]) -> BundleStatement.File {
        BundleStatement.File(
            path: path,
            byteCount: UInt64(bytes.count),
            digest: SHA256.digest(bytes).bytes
        )
    }
}
