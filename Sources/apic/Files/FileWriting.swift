internal import Glibc

/// Writes single files that users name.
enum FileWriting {
    /// Refuses to go on where something has one of these names.
    static func refuseExisting(_ paths: [String]) throws(FileFailure) {
        for path in paths where access(path, F_OK) == 0 {
            throw FileFailure("`\(path)` is there already and stays as it is; name another file")
        }
    }

    /// Makes a new file; one that is there already stays as it is, and that is an error. Nothing half written remains.
    static func create(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o666) throws(FileFailure) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else {
            let code = errno
            if code == EEXIST { throw FileFailure("`\(path)` is there already and stays as it is; name another file") }
            throw FileFailure(cannot: "write `\(path)`", code: code)
        }
        defer { close(file) }
        let count = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard count == bytes.count else {
            let code = count < 0 ? errno : ENOSPC
            unlink(path)
            throw FileFailure(cannot: "write `\(path)`", code: code)
        }
    }
}
