internal import CPlatform
internal import CTLS
internal import Glibc

/// The content of a file or a variable that may be a private key: overwritten as soon as it is not needed any more.
///
/// Unsafe operations hold because `count` bytes behind `base` are the value's own until it ends.
@safe
struct SecretBytes: ~Copyable {
    /// More than any bundle of authorities has.
    static let byteCountMax = 1 << 20

    private let base: UnsafeMutableRawPointer
    let count: Int
    /// Others than its owner may read the file.
    let isExposed: Bool

    private init(_ base: UnsafeMutableRawPointer, count: Int, isExposed: Bool = false) {
        unsafe self.base = base
        self.count = count
        self.isExposed = isExposed
    }

    deinit {
        unsafe apic_tls_wipe(base, count)
        unsafe base.deallocate()
    }

    static var none: SecretBytes {
        unsafe SecretBytes(.allocate(byteCount: 1, alignment: 1), count: 0)
    }

    /// What a file holds.
    static func file(_ path: String) throws(LoadError) -> SecretBytes {
        let file = unsafe apic_open_for_reading(path)
        guard file >= 0 else { throw .cannotOpen(path: path, code: errno) }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw .cannotRead(path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unusableFile(path: path, reason: "it is not a regular file")
        }
        guard (1...byteCountMax).contains(Int(status.st_size)) else {
            let reason = status.st_size == 0 ? "it is empty" : "it has more than \(byteCountMax) bytes"
            throw .unusableFile(path: path, reason: reason)
        }
        let capacity = Int(status.st_size)
        let base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
        var count = 0
        while count < capacity {
            let got = unsafe read(file, base + count, capacity - count)
            if got < 0, errno == EINTR { continue }
            if got <= 0 { break }
            count += got
        }
        let isExposed = status.st_mode & (S_IRGRP | S_IROTH) != 0
        let bytes = unsafe SecretBytes(base, count: count, isExposed: isExposed)
        guard count == capacity else { throw .changedWhileRead(path: path) }
        return bytes
    }

    /// What a variable of the environment holds.
    ///
    /// - Parameter certificate: whose key it is, for errors.
    static func variable(_ name: String, certificate: String) throws(LoadError) -> SecretBytes {
        // The environment is never changed after the start.
        guard let value = unsafe getenv(name) else { throw .missingKeyVariable(name: name, certificate: certificate) }
        let count = unsafe strlen(value)
        let base = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 1)
        unsafe base.copyMemory(from: value, byteCount: count)
        return unsafe SecretBytes(base, count: count)
    }

    /// For one call of OpenSSL's; valid as long as the value lives.
    var lent: apic_tls_bytes { unsafe apic_tls_bytes(bytes: base, count: count) }

    var buffer: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: count) }
}
