internal import CPlatform
package import Digests
package import GatewayTable
internal import Glibc

/// A table in memory that no later change of its file can touch: a sealed copy, mapped read-only.
///
/// The file itself is not mapped, since truncating it in place would kill every thread that reads the mapping.
package final class MappedTable: Sendable {
    /// The table; valid as long as this object lives.
    package let view: TableView
    /// SHA-256 of everything behind the header, as the header states it: 32 bytes.
    package let digest: [UInt8]

    private init(view: TableView) {
        self.view = view
        digest = view.statedDigest
    }

    deinit {
        // Nothing refers to the mapping any more: the view was only lent.
        unsafe munmap(UnsafeMutableRawPointer(mutating: view.base), view.byteCount)
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

    /// Copies a bundle's table into memory and validates it.
    ///
    /// - Parameter path: a bundle's directory, or a table file.
    package static func load(bundle path: String) throws(LoadError) -> MappedTable {
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
        let bytes = try unsafe sealedCopy(of: file, byteCount: byteCount, path: path)
        let view: TableView
        do throws(TableError) {
            view = try unsafe TableView(validating: bytes)
        } catch {
            // No view came to be, so nothing refers to the mapping.
            unsafe munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), byteCount)
            throw .invalidTable(path: path, error)
        }
        return MappedTable(view: view)
    }

    /// Copies a file into a memory file, seals that, and maps it read-only.
    private static func sealedCopy(
        of file: Int32,
        byteCount: Int,
        path: String
    ) throws(LoadError) -> UnsafeBufferPointer<UInt8> {
        let memory = unsafe apic_memory_file(fileName)
        guard memory >= 0 else { throw .noMemory(code: errno) }
        defer { close(memory) }
        guard ftruncate(memory, byteCount) == 0 else { throw .noMemory(code: errno) }
        var copied = 0
        while copied < byteCount {
            let count = apic_copy_file(memory, file, byteCount - copied)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .cannotRead(path: path, code: errno) }
            guard count > 0 else { throw .changedWhileRead(path: path) }
            copied += count
        }
        var rest: UInt8 = 0
        guard unsafe read(file, &rest, 1) == 0 else { throw .changedWhileRead(path: path) }
        guard apic_seal_memory_file(memory) == 0 else { throw .noMemory(code: errno) }
        // Every page is about to be validated: populating at once spares a fault for each.
        let mapping = unsafe mmap(nil, byteCount, PROT_READ, MAP_SHARED | apic_map_populate, memory, 0)
        guard let start = unsafe mapping, unsafe start != MAP_FAILED else { throw .noMemory(code: errno) }
        return unsafe UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: byteCount)
    }
}
