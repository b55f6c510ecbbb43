internal import CCrypto
internal import Glibc

/// What is built on digests, and its kin from libcrypto.
package enum Digests {
    /// Whether two secrets are equal, in time that depends on their lengths only.
    package static func constantTimeEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let leftStart = left.baseAddress, let rightStart = right.baseAddress else { return true }
        // Both have `count` bytes.
        return unsafe CRYPTO_memcmp(leftStart, rightStart, left.count) == 0
    }

    /// Whether two secrets are equal, in time that depends on their lengths only.
    package static func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in unsafe constantTimeEqual(left, right) }
        }
    }

    /// Fills a buffer with bytes that nobody can guess, from the kernel: libcrypto's generator takes a millisecond to
    /// begin, which a gateway without TLS need not spend.
    ///
    /// A system that has no randomness cannot name requests or make keys: it stops here rather than go on guessably.
    package static func randomBytes(into buffer: UnsafeMutableRawBufferPointer) {
        // The kernel gives so many at once.
        let pieceByteCountMax = 256
        var rest = unsafe buffer[...]
        while unsafe !rest.isEmpty, let start = unsafe UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress {
            let count = unsafe min(rest.count, pieceByteCountMax)
            // `count` bytes are left behind `start`.
            let outcome = unsafe getentropy(start, count)
            precondition(outcome == 0, "the system's random number generator failed")
            unsafe rest = rest.dropFirst(count)
        }
    }

    /// Bytes that nobody can guess.
    package static func randomBytes(count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            // The buffer has room for `count` bytes, and all of them are written.
            unsafe randomBytes(into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
            initialized = count
        }
    }

    /// The key under which a gateway's credentials are digested: 32 bytes that depend on its name alone, so that equal
    /// specs give equal tables and the digests of two gateways cannot be compared.
    package static func credentialSalt(gatewayName: String) -> [UInt8] {
        HMACKey("apic credential salt v1".utf8).authenticate(Array(gatewayName.utf8)).bytes
    }
}
