internal import CCrypto

/// The 32 bytes of a SHA-256 or an HMAC-SHA-256.
package struct Digest256: BitwiseCopyable, Equatable, Hashable, Sendable {
    /// The bytes in order, eight at a time, as little-endian integers.
    package var words: (UInt64, UInt64, UInt64, UInt64)

    package init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// - Precondition: 32 bytes.
    package init(bytes: some Collection<UInt8>) {
        precondition(bytes.count == 32, "a digest has 32 bytes")
        var all: [UInt64] = [0, 0, 0, 0]
        for (index, byte) in bytes.enumerated() { all[index / 8] |= UInt64(byte) << UInt64(index % 8 * 8) }
        words = (all[0], all[1], all[2], all[3])
    }

    package var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }
        }
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Compares in a time that does not depend on where the two differ.
    @inlinable
    package static func == (left: Digest256, right: Digest256) -> Bool {
        (left.words.0 ^ right.words.0) | (left.words.1 ^ right.words.1) | (left.words.2 ^ right.words.2)
            | (left.words.3 ^ right.words.3) == 0
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece. Its state is plain memory: a copy continues on its own.
package struct SHA256: Sendable {
    private var context = SHA256_CTX()

    package init() {
        // The context is ours alone; the call cannot fail.
        unsafe SHA256_Init(&context)
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        unsafe SHA256_Update(&context, bytes.baseAddress, bytes.count)
    }

    package mutating func update(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    package consuming func finish() -> Digest256 {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        // The tuple has the 32 bytes that the call writes.
        unsafe withUnsafeMutableBytes(of: &words) { buffer in
            _ = unsafe SHA256_Final(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
        }
        return Digest256(
            words: (words.0.littleEndian, words.1.littleEndian, words.2.littleEndian, words.3.littleEndian)
        )
    }

    package static func digest(_ bytes: UnsafeRawBufferPointer) -> Digest256 {
        var state = SHA256()
        unsafe state.update(bytes)
        return state.finish()
    }

    package static func digest(_ bytes: some Sequence<UInt8>) -> Digest256 {
        var state = SHA256()
        let whole: Void? = bytes.withContiguousStorageIfAvailable { unsafe state.update(UnsafeRawBufferPointer($0)) }
        if whole == nil { state.update(Array(bytes)) }
        return state.finish()
    }
}
