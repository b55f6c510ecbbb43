internal import Glibc

/// An open folder. Everything is done relative to its descriptor, so the folder may be renamed meanwhile.
struct Folder: ~Copyable {
    /// What a name in a folder stands for. Symbolic links are not followed.
    enum Kind {
        case missing
        case file
        case folder
        case other
    }

    /// As the user wrote it, for messages.
    let path: String
    private let descriptor: Int32

    /// Opens a folder, and makes it and those above it if they are missing.
    init(making path: String) throws(FileFailure) {
        try Self.makeAll(path)
        try self.init(path)
    }

    init(_ path: String) throws(FileFailure) {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        self.path = path
        if descriptor < 0 { throw FileFailure(cannot: "open the folder `\(path)`", code: errno) }
    }

    deinit { close(descriptor) }

    private static func makeAll(_ path: String) throws(FileFailure) {
        if mkdir(path, 0o777) == 0 || errno == EEXIST {
            guard FileFacts(path)?.kind == .folder else {
                throw FileFailure("`\(path)` is there already and is not a folder; name another one")
            }
            return
        }
        let code = errno
        guard code == ENOENT, let parent = parent(of: path) else {
            throw FileFailure(cannot: "make the folder `\(path)`", code: code)
        }
        try makeAll(parent)
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
            throw FileFailure(cannot: "make the folder `\(path)`", code: errno)
        }
    }

    private static func parent(of path: String) -> String? {
        var trimmed = path[...]
        while trimmed.last == "/" { trimmed.removeLast() }
        guard let slash = trimmed.lastIndex(of: "/"), slash > trimmed.startIndex else { return nil }
        return String(trimmed[..<slash])
    }

    /// Takes the folder's lock; it ends with the descriptor.
    ///
    /// - Parameter seconds: how long to wait for whoever holds it.
    func lock(waiting seconds: Int) throws(FileFailure) {
        for _ in 0...(seconds * 20) {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
            guard errno == EWOULDBLOCK || errno == EINTR else { break }
            usleep(50_000)
        }
        guard errno == EWOULDBLOCK else { throw FileFailure(cannot: "lock `\(path)`", code: errno) }
        throw FileFailure("another build is writing to `\(path)`; try again when it is done")
    }

    func kind(of name: String) -> Kind {
        switch FileFacts(name, in: descriptor)?.kind {
        case nil: .missing
        case .file: .file
        case .folder: .folder
        case .link, .other: .other
        }
    }

    func makeFolder(_ name: String) throws(FileFailure) {
        guard mkdirat(descriptor, name, 0o777) == 0 else {
            throw FileFailure(cannot: "make the folder `\(path)/\(name)`", code: errno)
        }
    }

    /// Writes a file of its own name and hands it to the disk.
    func write(_ bytes: [UInt8], to name: String) throws(FileFailure) {
        let file = openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard file >= 0 else { throw FileFailure(cannot: "write to `\(path)`", code: errno) }
        defer { close(file) }
        let code: Int32 = bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Glibc.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return count < 0 ? errno : EIO }
                rest = rest.dropFirst(count)
            }
            return fsync(file) == 0 ? 0 : errno
        }
        guard code == 0 else { throw FileFailure(cannot: "write to `\(path)`", code: code) }
    }

    /// - Parameter byteCountMax: a longer file is read up to here.
    func read(_ name: String, byteCountMax: Int) throws(FileFailure) -> [UInt8] {
        let file = openat(descriptor, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw FileFailure(cannot: "read `\(path)/\(name)`", code: errno) }
        defer { close(file) }
        return try FileReading.bytes(of: file, path: "\(path)/\(name)", byteCountMax: byteCountMax)
    }

    /// Gives a file a second name, or, where the file system knows no such thing, a copy.
    func keep(_ name: String, as other: String) throws(FileFailure) {
        if linkat(descriptor, name, descriptor, other, 0) == 0 { return }
        try write(try read(name, byteCountMax: .max), to: other)
    }

    func rename(_ name: String, to other: String) throws(FileFailure) {
        guard renameat(descriptor, name, descriptor, other) == 0 else {
            throw FileFailure(cannot: "replace `\(path)/\(other)`", code: errno)
        }
    }

    /// Removes a file; a missing one is fine.
    func remove(_ name: String) throws(FileFailure) {
        guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else {
            throw FileFailure(cannot: "remove `\(path)/\(name)`", code: errno)
        }
    }

    /// Removes a folder if nothing is in it.
    func removeIfEmpty(_ name: String) { unlinkat(descriptor, name, AT_REMOVEDIR) }

    /// Hands renames to the disk.
    func synchronise() { fsync(descriptor) }

    /// Names in a folder below this one, ascending; `.` is the folder itself.
    func names(in name: String) -> [String] {
        let below = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard below >= 0, let stream = fdopendir(below) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
