internal import CPlatform
internal import Glibc

/// Files that are read whole.
enum WholeFile {
    /// The content of a regular file.
    ///
    /// - Parameter byteCountMax: a longer file is refused.
    static func bytes(at path: String, byteCountMax: Int) throws(LoadError) -> [UInt8] {
        let file = unsafe apic_open_for_reading(path)
        guard file >= 0 else { throw .cannotOpen(path: path, code: errno) }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw .cannotRead(path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unusableFile(path: path, reason: "it is not a regular file")
        }
        // One byte more than it may have.
        var bytes = [UInt8](repeating: 0, count: byteCountMax + 1)
        var count = 0
        while count < bytes.count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe read(file, buffer.baseAddress.unsafelyUnwrapped + count, buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .cannotRead(path: path, code: errno) }
            if got == 0 { break }
            count += got
        }
        guard count <= byteCountMax else {
            throw .unusableFile(path: path, reason: "it has more than \(byteCountMax) bytes")
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
