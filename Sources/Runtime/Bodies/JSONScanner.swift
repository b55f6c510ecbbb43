internal import GatewayTable

/// Reads JSON text strictly (RFC 8259), without making anything of it: what it has read over is well-formed.
///
/// Bounded: nothing is deeper than `depthMax`, and every byte is looked at once or twice.
struct JSONScanner {
    static let depthMax = 64

    let text: Bytes
    private(set) var position = 0

    init(_ text: Bytes) { self.text = text }

    var isAtEnd: Bool { position == text.count }

    /// The next byte, or 0 at the end: no JSON text has a zero byte outside of its strings.
    var next: UInt8 { position < text.count ? text[position] : 0 }

    mutating func skipSpace() {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// Reads over one byte, if it is this one.
    mutating func skip(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    // MARK: Values

    /// Reads over a value with all that is in it.
    mutating func skipValue() -> Bool {
        // A bit per container that is open, the innermost lowest: whether it is an object.
        var kinds: UInt64 = 0
        var depth = 0
        while true {
            skipSpace()
            switch next {
            case JSONByte.openBrace, JSONByte.openBracket:
                let isObject = next == JSONByte.openBrace
                position += 1
                guard depth < Self.depthMax else { return false }
                kinds = kinds << 1 | (isObject ? 1 : 0)
                depth += 1
                skipSpace()
                guard skip(isObject ? JSONByte.closeBrace : JSONByte.closeBracket) else {
                    if isObject, !skipName() { return false }
                    continue
                }
                kinds >>= 1
                depth -= 1
            default: guard skipScalar() else { return false }
            }
            // Behind a value: the ends of containers that end with it, or the next member.
            while true {
                guard depth > 0 else { return true }
                skipSpace()
                if skip(JSONByte.comma) {
                    skipSpace()
                    if kinds & 1 != 0, !skipName() { return false }
                    break
                }
                guard skip(kinds & 1 != 0 ? JSONByte.closeBrace : JSONByte.closeBracket) else { return false }
                kinds >>= 1
                depth -= 1
            }
        }
    }

    /// Reads over the name of a member and the colon behind it.
    mutating func skipName() -> Bool {
        guard next == JSONByte.quote, skipString() else { return false }
        skipSpace()
        return skip(JSONByte.colon)
    }

    private mutating func skipScalar() -> Bool {
        switch next {
        case JSONByte.quote: return skipString()
        case 0x74: return skip("true")
        case 0x66: return skip("false")
        case 0x6E: return skip("null")
        default: return skipNumber()
        }
    }

    private mutating func skip(_ literal: StaticString) -> Bool {
        let word = Bytes(literal)
        guard text.from(position).hasPrefix(word) else { return false }
        position += word.count
        return true
    }

    /// Section 6: no leading zeros, no plus, digits on both sides of a point.
    private mutating func skipNumber() -> Bool {
        _ = skip(0x2D)
        if !skip(0x30), !skipDigits() { return false }
        if skip(0x2E), !skipDigits() { return false }
        if skip(0x65) || skip(0x45) {
            if !skip(0x2B) { _ = skip(0x2D) }
            return skipDigits()
        }
        return true
    }

    private mutating func skipDigits() -> Bool {
        let start = position
        while position < text.count, (0x30...0x39).contains(text[position]) { position += 1 }
        return position > start
    }

    /// Section 7. Bytes that are not UTF-8 are refused, as are escapes of half a surrogate pair: parsers disagree on
    /// what they mean.
    mutating func skipString() -> Bool {
        position += 1
        while position < text.count {
            let byte = text[position]
            switch byte {
            case JSONByte.quote:
                position += 1
                return true
            case JSONByte.backslash:
                var escape = JSONEscape()
                guard escape.read(text, at: position) else { return false }
                position += escape.length
            case 0x00..<0x20: return false
            case 0x20..<0x80: position += 1
            default:
                let length = UTF8Sequence.count(in: text, at: position)
                guard length > 0 else { return false }
                position += length
            }
        }
        return false
    }
}

enum JSONByte {
    static let quote: UInt8 = 0x22
    static let comma: UInt8 = 0x2C
    static let colon: UInt8 = 0x3A
    static let openBracket: UInt8 = 0x5B
    static let backslash: UInt8 = 0x5C
    static let closeBracket: UInt8 = 0x5D
    static let openBrace: UInt8 = 0x7B
    static let closeBrace: UInt8 = 0x7D
}

/// An escape in a string, and the bytes that it stands for.
struct JSONEscape {
    /// Bytes of the escape.
    private(set) var length = 0
    /// UTF-8 of the character.
    private(set) var bytes = InlineArray<4, UInt8>(repeating: 0)
    private(set) var byteCount = 0

    /// Reads the escape whose backslash stands at an index.
    ///
    /// - Returns: whether it is well-formed.
    mutating func read(_ text: Bytes, at start: Int) -> Bool {
        guard start + 1 < text.count else { return false }
        length = 2
        switch text[start + 1] {
        case JSONByte.quote: set(0x22)
        case JSONByte.backslash: set(0x5C)
        case ASCII.slash: set(0x2F)
        case 0x62: set(0x08)
        case 0x66: set(0x0C)
        case 0x6E: set(0x0A)
        case 0x72: set(0x0D)
        case 0x74: set(0x09)
        case 0x75: return readUnicode(text, at: start)
        default: return false
        }
        return true
    }

    private mutating func readUnicode(_ text: Bytes, at start: Int) -> Bool {
        guard let unit = Self.unit(text, at: start) else { return false }
        length = 6
        switch unit {
        case 0xD800..<0xDC00:
            guard let low = Self.unit(text, at: start + 6), (0xDC00..<0xE000).contains(low) else { return false }
            length = 12
            set(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        case 0xDC00..<0xE000: return false
        default: set(unit)
        }
        return true
    }

    /// `\u` and four hexadecimal digits.
    private static func unit(_ text: Bytes, at start: Int) -> UInt32? {
        guard start + 6 <= text.count, text[start] == JSONByte.backslash, text[start + 1] == 0x75 else { return nil }
        var value: UInt32 = 0
        for index in start + 2..<start + 6 {
            guard let digit = ASCII.hexValue(text[index]) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    private mutating func set(_ scalar: UInt32) {
        byteCount = 0
        switch scalar {
        case 0..<0x80: put(scalar)
        case 0x80..<0x800:
            put(0xC0 | scalar >> 6)
            put(0x80 | scalar & 63)
        case 0x800..<0x10000:
            put(0xE0 | scalar >> 12)
            put(0x80 | scalar >> 6 & 63)
            put(0x80 | scalar & 63)
        default:
            put(0xF0 | scalar >> 18)
            put(0x80 | scalar >> 12 & 63)
            put(0x80 | scalar >> 6 & 63)
            put(0x80 | scalar & 63)
        }
    }

    private mutating func put(_ byte: UInt32) {
        bytes[byteCount] = UInt8(truncatingIfNeeded: byte)
        byteCount += 1
    }
}
