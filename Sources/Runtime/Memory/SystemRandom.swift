internal import Glibc

/// Random bytes that nobody can guess, from the kernel: libcrypto's generator takes a millisecond to begin, which a
/// gateway without TLS need not spend.
enum SystemRandom {
    /// What the kernel gives at once.
    static let countMax = 256

    /// A system that has no randomness cannot name requests or seed hashes: it stops here rather than go on guessably.
    ///
    /// - Parameter count: at most `countMax`.
    static func bytes(count: Int) -> [UInt8] {
        precondition(count <= countMax, "the kernel gives at most 256 bytes at once")
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let start = buffer.baseAddress else { return }
            // The buffer has room for `count` bytes, and all of them are written.
            precondition(unsafe getentropy(start, count) == 0, "the system's random number generator failed")
            initialized = count
        }
    }
}
