package import Digests
package import GatewayCompiler
internal import GatewayEmitters
internal import Glibc
internal import Synchronization

/// What the YAML of a spec's members was read to, kept from one build to the next by the members' content: after an
/// edit of one, the others need not be read again. One file per spec in the user's cache folder.
///
/// It is only ever a short cut. Whatever cannot be read, was altered, was written by another version or belongs to
/// somebody else is as good as nothing, and a cache that cannot be written is no error.
package final class SyntaxCache: Sendable {
    /// Fewer members are read sooner than looked up.
    package static let memberCountMin = 8
    /// Of a file, and so of what one spec keeps.
    package static let byteCountMax = 256 << 20
    /// Files of other specs that stay, the youngest ones.
    private static let fileCountMax = 16
    private static let suffix = ".syntax"
    /// Digest of all that follows it; behind it the number of entries.
    private static let headByteCount = 32 + 4
    /// Digest of the content, and number of bytes.
    private static let entryByteCount = 32 + 4

    private let folder: String
    private let name: String
    private let known: [Digest256: KeptSyntax]
    /// What this build's members need, and whether something of it is new.
    private let wanted = Mutex<(entries: [Digest256: KeptSyntax], isChanged: Bool)>(([:], false))

    /// Of a spec's file; `nil` if the user has no folder for caches.
    package convenience init?(of spec: String) {
        guard let folder = Self.folder, let path = realpath(spec, nil) else { return nil }
        defer { free(path) }
        self.init(of: String(cString: path), in: folder)
    }

    /// - Parameters:
    ///   - spec: what makes it another spec than others.
    ///   - folder: made if it is missing, for its owner alone.
    package init(of spec: String, in folder: String) {
        self.folder = folder
        name = String(SHA256.digest(spec.utf8).hex.prefix(32)) + Self.suffix
        known = Self.read("\(folder)/\(name)")
    }

    /// Contents of which something is known.
    package var knownCount: Int { known.count }

    /// As the XDG Base Directory Specification has it.
    private static var folder: String? {
        if let cache = environment("XDG_CACHE_HOME"), cache.hasPrefix("/") { return cache + "/apic" }
        guard let home = environment("HOME"), home.hasPrefix("/") else { return nil }
        return home + "/.cache/apic"
    }

    /// What is known of a content.
    package func syntax(of content: Digest256) -> KeptSyntax? { known[content] }

    /// Takes down what a member of this build was read to.
    package func note(_ syntax: KeptSyntax?, of content: Digest256) {
        guard let syntax else { return }
        let isNew = known[content] == nil
        wanted.withLock { wanted in
            wanted.entries[content] = syntax
            if isNew { wanted.isChanged = true }
        }
    }

    // MARK: The file

    /// What a file begins with. What another version wrote is not understood, nor is what another build of the same
    /// version did, which may read otherwise.
    private static var mark: [UInt8] {
        let program = FileFacts("/proc/self/exe")
        let build = "\(program?.byteCount ?? 0) \(program?.modified ?? 0)"
        return Array("apic \(CompilerVersion.text) syntax \(KeptSyntax.version) \(build)\n".utf8)
    }

    private static func read(_ path: String) -> [Digest256: KeptSyntax] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return [:] }
        defer { close(file) }
        let mark = mark
        guard let facts = FileFacts(open: file), facts.kind == .file, facts.isOwn, facts.byteCount <= byteCountMax,
            let bytes = try? FileReading.bytes(of: file, path: path, byteCountMax: byteCountMax),
            bytes.starts(with: mark)
        else { return [:] }
        let head = bytes[mark.count...]
        guard head.count >= headByteCount,
            SHA256.digest(head.dropFirst(32)) == Digest256(bytes: head.prefix(32))
        else { return [:] }
        var rest = head.dropFirst(32)
        let count = word(&rest)
        var entries: [(content: Digest256, byteCount: Int)] = []
        for _ in 0..<count {
            guard rest.count >= entryByteCount else { return [:] }
            let content = Digest256(bytes: rest.prefix(32))
            rest = rest.dropFirst(32)
            entries.append((content, word(&rest)))
        }
        var known: [Digest256: KeptSyntax] = [:]
        for entry in entries {
            guard rest.count >= entry.byteCount else { return [:] }
            known[entry.content] = KeptSyntax(rest.prefix(entry.byteCount))
            rest = rest.dropFirst(entry.byteCount)
        }
        return known
    }

    /// - Precondition: four bytes are there.
    private static func word(_ bytes: inout ArraySlice<UInt8>) -> Int {
        defer { bytes = bytes.dropFirst(4) }
        return bytes.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// Puts what this build's members need in the place of what was there, if something of it is new.
    package func save() {
        let wanted = wanted.withLock { $0 }
        guard wanted.isChanged else { return }
        // In an order of its own, so that equal builds write equal files.
        let entries = wanted.entries.map { (key: $0.key.bytes, syntax: $0.value) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let size = entries.reduce(Self.headByteCount) { $0 + Self.entryByteCount + $1.syntax.bytes.count }
        guard size < Self.byteCountMax else { return }
        var body: [UInt8] = []
        body.reserveCapacity(size)
        body += Self.bytes(entries.count)
        for entry in entries { body += entry.key + Self.bytes(entry.syntax.bytes.count) }
        for entry in entries { body += entry.syntax.bytes }
        write([Self.mark, SHA256.digest(body).bytes, body])
    }

    private static func bytes(_ word: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }

    /// Beside the old file and in its place by renaming: a build that runs meanwhile sees one or the other.
    private func write(_ parts: [[UInt8]]) {
        _ = try? Folder(making: folder)
        chmod(folder, 0o700)
        let staged = "\(folder)/\(name).\(getpid())"
        unlink(staged)
        guard (try? FileWriting.create(staged, parts.flatMap(\.self), mode: 0o600)) != nil else { return }
        if rename(staged, "\(folder)/\(name)") != 0 { unlink(staged) }
        removeOld()
    }

    /// Specs come and go, and so do builds that were killed.
    private func removeOld() {
        guard let folder = try? Folder(folder) else { return }
        let files = folder.names(in: ".").filter { $0.contains(Self.suffix) }
            .compactMap { name in FileFacts("\(self.folder)/\(name)").map { (name: name, modified: $0.modified) } }
            .sorted { $0.modified > $1.modified }
        for file in files.dropFirst(Self.fileCountMax) { try? folder.remove(file.name) }
    }
}
