/// A key of HMAC-SHA-256 (RFC 2104) with the work that depends on the key alone already done, so that a digest of a
/// short text costs two rounds of the compression function and nothing is allocated.
package struct HMACKey: Sendable {
    private static let blockByteCount = 64
    private let inner: SHA256
    private let outer: SHA256

    package init(_ key: some Collection<UInt8>) {
        var block = Array(key)
        if block.count > HMACKey.blockByteCount { block = SHA256.digest(block).bytes }
        block += repeatElement(0, count: HMACKey.blockByteCount - block.count)
        var inner = SHA256()
        inner.update(block.map { $0 ^ 0x36 })
        var outer = SHA256()
        outer.update(block.map { $0 ^ 0x5C })
        self.inner = inner
        self.outer = outer
    }

    package func authenticate(_ message: UnsafeRawBufferPointer) -> Digest256 {
        var code = begin()
        unsafe code.update(message)
        return code.finish()
    }

    /// For a message that comes piece by piece.
    package func begin() -> HMACCode { HMACCode(inner: inner, outer: outer) }

    package func authenticate(_ message: [UInt8]) -> Digest256 {
        unsafe message.withUnsafeBytes { unsafe authenticate($0) }
    }
}

/// The code of a message that comes piece by piece. Its state is plain memory, like that of a digest.
package struct HMACCode: Sendable {
    private var inner: SHA256
    private let outer: SHA256

    fileprivate init(inner: SHA256, outer: SHA256) {
        self.inner = inner
        self.outer = outer
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) { unsafe inner.update(bytes) }

    package consuming func finish() -> Digest256 {
        var words = inner.finish().words
        words = (words.0.littleEndian, words.1.littleEndian, words.2.littleEndian, words.3.littleEndian)
        var second = outer
        // The bytes of the tuple are those of the inner digest, in order.
        unsafe withUnsafeBytes(of: &words) { unsafe second.update($0) }
        return second.finish()
    }
}
