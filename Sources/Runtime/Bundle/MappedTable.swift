internal import CPlatform
package import Digests
package import GatewayTable
internal import Glibc
internal import Synchronization

/// A table in memory that no later change of its file can touch: a private copy, read-only once it is there.
///
/// The file itself is not mapped, since truncating it in place would kill every thread that reads the mapping. Private
/// memory can have huge pages, which a memory file mostly cannot: the copy takes a third of the time (3 ms less for the
/// 9 MB of 100 000 routes), and a lookup that jumps about in it misses the address cache less.
package final class MappedTable: Sendable {
    /// The table; valid as long as this object lives.
    package let view: TableView
    /// SHA-256 of everything behind the header, as the header states it: 32 bytes.
    package let digest: [UInt8]

    private let memory: PrivateCopy

    private init(view: TableView, memory: PrivateCopy) {
        self.view = view
        self.memory = memory
        digest = view.statedDigest
    }

    deinit {
        // Nothing refers to the memory any more: the view was only lent.
        memory.unmap()
    }

    /// Whether two tables are the same, byte for byte.
    package func isIdentical(to other: MappedTable) -> Bool {
        // Both mappings live as long as their tables, and are as long as they say.
        unsafe view.byteCount == other.view.byteCount && memcmp(view.base, other.view.base, view.byteCount) == 0
    }

    /// SHA-256 of the file.
    package var fileDigest: Digest256 {
        unsafe SHA256.digest(UnsafeRawBufferPointer(start: view.base, count: view.byteCount))
    }

    /// The table's file within a bundle's directory.
    package static let fileName = "gateway.apib"

    /// The file that holds the table of a bundle.
    ///
    /// - Parameter bundle: a bundle's directory, or a table file.
    package static func tablePath(ofBundle bundle: String) -> String {
        var status = stat()
        guard unsafe stat(bundle, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return bundle }
        return bundle.hasSuffix("/") ? bundle + fileName : bundle + "/" + fileName
    }

    /// The folder of a bundle, with a slash at its end; empty is the current one.
    ///
    /// - Parameter bundle: a bundle's directory, or a table file.
    package static func folder(ofBundle bundle: String) -> String {
        let table = tablePath(ofBundle: bundle)
        return table.lastIndex(of: "/").map { String(table[...$0]) } ?? ""
    }

    /// Copies a bundle's table into memory and validates it.
    ///
    /// - Parameters:
    ///   - path: a bundle's directory, or a table file.
    ///   - seal: what the table must be, where only signed ones are served.
    package static func load(bundle path: String, seal: BundleSeal? = nil) throws(LoadError) -> MappedTable {
        let path = tablePath(ofBundle: path)
        let file = unsafe apic_open_for_reading(path)
        guard file >= 0 else { throw .cannotOpen(path: path, code: errno) }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw .cannotRead(path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
        let byteCount = Int(status.st_size)
        guard byteCount >= TableLayout.headerByteCount else {
            throw .invalidTable(path: path, .tooShort(byteCount: byteCount))
        }
        guard byteCount <= TableLayout.fileByteCountMax else {
            throw .invalidTable(path: path, .tooLong(byteCount: byteCount))
        }
        let memory = try PrivateCopy(of: file, byteCount: byteCount, path: path)
        if let seal {
            // Before anything in it is looked at.
            do throws(LoadError) {
                let name = path.split(separator: "/").last.map(String.init) ?? path
                let digest = unsafe SHA256.digest(UnsafeRawBufferPointer(memory.bytes))
                try seal.check(digest, byteCount: byteCount, of: name, at: path)
            } catch {
                memory.unmap()
                throw error
            }
        }
        do throws(TableError) {
            return MappedTable(view: try unsafe validated(memory.bytes), memory: memory)
        } catch {
            // No view came to be, so nothing refers to the memory.
            memory.unmap()
            throw .invalidTable(path: path, error)
        }
    }

    /// A table that is large enough for a thread to pay.
    private static let largeByteCount = 1 << 20

    /// Validates a table, a large one by two threads.
    private static func validated(_ bytes: UnsafeBufferPointer<UInt8>) throws(TableError) -> TableView {
        guard bytes.count >= largeByteCount else { return try unsafe TableView(validating: bytes) }
        let candidate = try unsafe TableCandidate(bytes)
        let work = Validation(candidate)
        let (aside, here) = Thread.runBoth(work.run, work.run)
        if let first = [aside, here].flatMap(\.self).min(by: { $0.part < $1.part }) { throw first.error }
        return unsafe candidate.view
    }

    /// The parts of a validation, taken one by one by whoever is free: the long ones, which come last, first.
    private final class Validation: Sendable {
        private let candidate: TableCandidate
        private let rest = Atomic(TableCandidate.partCount)

        init(_ candidate: TableCandidate) { self.candidate = candidate }

        /// - Returns: what failed of the parts that were free.
        func run() -> [(part: Int, error: TableError)] {
            var failures: [(part: Int, error: TableError)] = []
            while true {
                let part = rest.subtract(1, ordering: .relaxed).newValue
                guard part >= 0 else { return failures }
                do throws(TableError) { try candidate.validate(part: part) } catch { failures.append((part, error)) }
            }
        }
    }
}
