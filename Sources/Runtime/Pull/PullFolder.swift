internal import CPlatform
internal import GatewayTable
internal import Glibc

/// The folder of a gateway that pulls its bundles:
///
///     current           a link to the bundle that was good last
///     bundle-…          bundles, each in a folder of its own that is never changed once it is complete
///     .confirmed        was changed when the source last said that the current bundle is the newest
///     .lock             whoever pulls holds it: two processes may have the folder while one takes over from the other
///
/// A bundle becomes the current one by renaming the link, after everything is on the disk.
struct PullFolder {
    private static let prefix = "bundle-"
    let path: String

    /// The bundle that was good last.
    var current: String { "\(path)/current" }

    /// Remembers, for the next process, that the source confirmed the current bundle now.
    ///
    /// - Returns: whether that could be written.
    func noteConfirmed() -> Bool {
        // The path ends with a zero.
        unsafe apic_touch("\(path)/.confirmed") == 0
    }

    /// When the source last confirmed the current bundle, in seconds since 1970; `nil` if nobody knows.
    var confirmedInstant: Int64? {
        for name in [".confirmed", "current/\(BundleStatement.fileName)"] {
            var facts = apic_file_facts()
            // The path ends with a zero.
            if unsafe apic_look_at("\(path)/\(name)", 1, &facts) == 0 { return facts.modified / 1_000_000_000 }
        }
        return nil
    }

    /// Makes the folder if it is missing, and locks it.
    ///
    /// - Returns: a descriptor that holds the lock until it is closed.
    func lock() throws(PullFault) -> Int32 {
        guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else { throw cannot("make the folder `\(path)`") }
        // The path ends with a zero.
        let file = unsafe apic_open_lock("\(path)/.lock")
        guard file >= 0 else { throw cannot("write in `\(path)`") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let fault =
                errno == EWOULDBLOCK ? PullFault("another process pulls into `\(path)`") : cannot("lock `\(path)`")
            close(file)
            throw fault
        }
        return file
    }

    /// A folder for the bundle with a signature.
    func slot(of digest: [UInt8]) -> String {
        "\(path)/\(PullFolder.prefix)\(BundleStatement.hex(Array(digest.prefix(8))))"
    }

    /// Opens a file for writing, in a slot; folders on its way are made.
    func create(_ name: String, in slot: String) throws(PullFault) -> Int32 {
        var folder = slot
        for part in [""] + name.split(separator: "/").dropLast().map(String.init) {
            if !part.isEmpty { folder += "/" + part }
            guard unsafe mkdir(folder, 0o755) == 0 || errno == EEXIST else {
                throw cannot("make the folder `\(folder)`")
            }
        }
        let file = unsafe apic_create_file("\(slot)/\(name)")
        guard file >= 0 else { throw cannot("write `\(slot)/\(name)`") }
        return file
    }

    /// Hands a file to the disk and closes it.
    func finish(_ file: Int32) throws(PullFault) {
        let code = fsync(file) == 0 ? 0 : errno
        close(file)
        if code != 0 { throw PullFault("cannot write to `\(path)`: \(systemMessage(code))") }
    }

    /// Makes a slot the current bundle, and removes the others.
    func commit(_ slot: String) throws(PullFault) {
        synchronise(slot)
        let beside = "\(path)/.current"
        let target = String(slot.dropFirst(path.utf8.count + 1))
        unsafe unlink(beside)
        guard unsafe symlink(target, beside) == 0 else { throw cannot("write in `\(path)`") }
        guard unsafe rename(beside, current) == 0 else { throw cannot("replace `\(current)`") }
        synchronise(path)
        removeSlots(except: target)
    }

    func discard(_ slot: String) { PullFolder.remove(slot, depth: 0) }

    private func removeSlots(except kept: String) {
        for name in PullFolder.names(in: path) where name.hasPrefix(PullFolder.prefix) && name != kept {
            PullFolder.remove("\(path)/\(name)", depth: 0)
        }
    }

    private func synchronise(_ folder: String) {
        let file = unsafe apic_open_for_reading(folder)
        guard file >= 0 else { return }
        fsync(file)
        close(file)
    }

    private func cannot(_ what: String) -> PullFault { PullFault("cannot \(what): \(systemMessage(errno))") }

    /// Removes a file or folder. Links are removed, not followed; a statement's paths are never deep.
    private static func remove(_ path: String, depth: Int) {
        if unsafe unlink(path) == 0 || depth > 64 { return }
        for name in names(in: path) { remove("\(path)/\(name)", depth: depth + 1) }
        unsafe rmdir(path)
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            // The name ends with a zero within its array.
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

/// Why nothing was pulled, for people.
struct PullFault: Error, Equatable {
    let message: String

    init(_ message: String) { self.message = message }
}
