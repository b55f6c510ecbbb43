/// Base64 of URLs (RFC 4648 section 5) as JWS uses it: no padding, no other characters, no stray bits, so that two
/// texts never stand for the same bytes.
package enum Base64URL {
    /// Bytes that a text of so many characters stands for; `nil` if there is no such text.
    package static func byteCount(ofTextCount count: Int) -> Int? {
        count % 4 == 1 ? nil : count / 4 * 3 + (count % 4 > 0 ? count % 4 - 1 : 0)
    }

    /// Writes what a text stands for.
    ///
    /// - Parameter output: room for at least `byteCount(ofTextCount:)` bytes; it may be where the text is.
    /// - Returns: how many were written; `nil` for what is no such text, of which a part may have been written.
    package static func decode(_ text: UnsafeRawBufferPointer, into output: UnsafeMutablePointer<UInt8>) -> Int? {
        guard byteCount(ofTextCount: text.count) != nil else { return nil }
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        var count = 0
        for index in 0..<text.count {
            // In range; what is written is always behind what is read.
            guard let value = unsafe value(text[index]) else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            guard bitCount >= 8 else { continue }
            bitCount -= 8
            unsafe output[count] = UInt8(truncatingIfNeeded: bits >> bitCount)
            count += 1
        }
        return bits & (1 << bitCount - 1) == 0 ? count : nil
    }

    /// What a text stands for, or `nil`.
    package static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let count = byteCount(ofTextCount: text.count) else { return nil }
        var isGood = true
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            guard let base = buffer.baseAddress, count > 0 else {
                isGood = unsafe text.isEmpty
                return
            }
            // There is room for `count`, and all of it is written if the text is good.
            unsafe base.initialize(repeating: 0, count: count)
            isGood = unsafe decode(text, into: base) == count
            initializedCount = count
        }
        return isGood ? bytes : nil
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5A: byte - 0x41
        case 0x61...0x7A: byte - 0x61 + 26
        case 0x30...0x39: byte - 0x30 + 52
        case 0x2D: 62
        case 0x5F: 63
        default: nil
        }
    }
}
