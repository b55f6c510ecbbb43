/// Base64 (RFC 4648 section 4), strictly: no line breaks, padding as it must be or left out, no stray bits.
enum Base64 {
    /// Appends what a text stands for.
    ///
    /// - Returns: whether it is well-formed; else a part may have been written.
    static func decode(_ text: Bytes, into output: inout ByteWriter) -> Bool {
        var count = text.count
        if count > 0, count % 4 == 0, text[count - 1] == 0x3D {
            count -= text[count - 2] == 0x3D ? 2 : 1
        }
        guard count % 4 != 1 else { return false }
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for index in 0..<count {
            guard let value = value(text[index]) else { return false }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            guard bitCount >= 8 else { continue }
            bitCount -= 8
            output.append(byte: UInt8(truncatingIfNeeded: bits >> bitCount))
        }
        return bits & (1 << bitCount - 1) == 0
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5A: byte - 0x41
        case 0x61...0x7A: byte - 0x61 + 26
        case 0x30...0x39: byte - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
