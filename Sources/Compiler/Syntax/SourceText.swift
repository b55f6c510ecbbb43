/// What is known of a file's bytes before YAML is read: that they are UTF-8 without control characters, and where each
/// character begins. The YAML library counts characters, diagnostics count bytes.
struct SourceText {
    /// Length of a byte order mark, which is no part of the text.
    let textStart: Int
    /// Offset of every 256th character; empty where all characters are one byte.
    private let checkpoints: [UInt32]
    private static let stride = 256

    /// Why bytes are no text.
    enum Problem {
        case utf16
        case badEncoding(offset: Int)
        case controlCharacter(offset: Int, length: Int, scalar: UInt32)
    }

    /// Walks all bytes once.
    static func check(_ bytes: [UInt8]) -> (SourceText?, Problem?) {
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) { return (nil, .utf16) }
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var checkpoints: [UInt32] = []
        var offset = start
        var characters = 0
        var isASCII = true
        while offset < bytes.count {
            if characters % stride == 0 { checkpoints.append(UInt32(truncatingIfNeeded: offset)) }
            let byte = bytes[offset]
            if byte < 0x80 {
                guard byte >= 0x20 && byte != 0x7F || byte == 0x0A || byte == 0x09 || byte == 0x0D else {
                    return (nil, .controlCharacter(offset: offset, length: 1, scalar: UInt32(byte)))
                }
                offset += 1
            } else {
                guard let (scalar, length) = UTF8Decoding.scalar(in: bytes, at: offset) else {
                    return (nil, .badEncoding(offset: offset))
                }
                // C1 controls but NEL, and the two noncharacters at the end of the first plane (YAML 1.1 section 5.1).
                if scalar < 0xA0 && scalar != 0x85 || scalar == 0xFFFE || scalar == 0xFFFF {
                    return (nil, .controlCharacter(offset: offset, length: length, scalar: scalar))
                }
                isASCII = false
                offset += length
            }
            characters += 1
        }
        return (SourceText(textStart: start, checkpoints: isASCII ? [] : checkpoints), nil)
    }

    /// The offset in bytes of the character with this index, counted behind the byte order mark.
    func offset(ofCharacter index: Int, in bytes: [UInt8]) -> UInt32 {
        guard !checkpoints.isEmpty else { return UInt32(truncatingIfNeeded: min(textStart + index, bytes.count)) }
        let checkpoint = min(index / Self.stride, checkpoints.count - 1)
        var offset = Int(checkpoints[checkpoint])
        for _ in 0..<(index - checkpoint * Self.stride) {
            guard offset < bytes.count else { break }
            offset += UTF8Decoding.length(of: bytes[offset])
        }
        return UInt32(truncatingIfNeeded: min(offset, bytes.count))
    }
}

/// UTF-8 as RFC 3629 section 4 has it: shortest forms only, no surrogates, nothing above U+10FFFF.
enum UTF8Decoding {
    /// Bytes of a character by its first byte, 1 for a byte that begins none.
    static func length(of first: UInt8) -> Int {
        switch first {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }

    /// The character at an offset and its length in bytes; `nil` if the bytes are none.
    static func scalar(in bytes: [UInt8], at offset: Int) -> (UInt32, Int)? {
        let first = bytes[offset]
        let length = length(of: first)
        guard offset + length <= bytes.count else { return nil }
        guard length > 1 else { return first < 0x80 ? (UInt32(first), 1) : nil }
        var scalar = UInt32(first) & (0xFF >> UInt32(length + 1))
        for index in offset + 1..<offset + length {
            guard bytes[index] & 0xC0 == 0x80 else { return nil }
            scalar = scalar << 6 | UInt32(bytes[index] & 0x3F)
        }
        let smallest: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
        guard scalar >= smallest, scalar <= 0x10FFFF, !(0xD800...0xDFFF).contains(scalar) else { return nil }
        return (scalar, length)
    }
}
