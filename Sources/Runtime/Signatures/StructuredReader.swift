/// A value of a structured field (RFC 9651 section 3.3).
struct StructuredItem {
    enum Kind {
        case integer
        case string
        case token
        case bytes
        case boolean
    }

    var kind: Kind
    /// As it is written, with what encloses it.
    var text: Bytes

    /// What stands between quotes or colons, escapes and all.
    var content: Bytes { text[1..<text.count - 1] }

    /// Of at most fifteen digits.
    var integer: Int64? {
        guard kind == .integer else { return nil }
        let isNegative = text[0] == 0x2D
        return (isNegative ? text.from(1) : text).decimal.map { isNegative ? -Int64($0) : Int64($0) }
    }
}

/// Reads structured fields (RFC 9651 section 4.2) as far as signatures need them: dictionaries of inner lists and of
/// byte sequences. Numbers with a fraction, dates and display strings are no part of that, and refused.
struct StructuredReader {
    private let text: Bytes
    private(set) var offset = 0

    init(_ text: Bytes) { self.text = text.trimmed }

    var isAtEnd: Bool { offset == text.count }

    /// The byte that is next; 0 at the end.
    private var next: UInt8 { isAtEnd ? 0 : text[offset] }

    mutating func take(_ byte: UInt8) -> Bool {
        guard !isAtEnd, text[offset] == byte else { return false }
        offset += 1
        return true
    }

    /// - Returns: whether there was one.
    mutating func skipSpaces() -> Bool {
        let start = offset
        while next == ASCII.space { offset += 1 }
        return offset > start
    }

    /// Behind a member of a dictionary: its end, or a comma and another member.
    mutating func endMember() -> Bool {
        while ASCII.isBlank(next) { offset += 1 }
        if isAtEnd { return true }
        guard take(ASCII.comma) else { return false }
        while ASCII.isBlank(next) { offset += 1 }
        return !isAtEnd
    }

    /// A key of a dictionary or of a parameter.
    mutating func key() -> Bytes? {
        let start = offset
        guard StructuredReader.isLower(next) || next == 0x2A else { return nil }
        while StructuredReader.isKeyByte(next) { offset += 1 }
        return text[start..<offset]
    }

    /// One value without its parameters.
    mutating func item() -> StructuredItem? {
        let start = offset
        let kind: StructuredItem.Kind
        switch next {
        case ASCII.quote:
            guard skipString() else { return nil }
            kind = .string
        case ASCII.colon:
            guard let end = text.firstIndex(of: ASCII.colon, from: offset + 1) else { return nil }
            offset = end + 1
            kind = .bytes
        case 0x3F:
            offset += 1
            guard take(0x30) || take(0x31) else { return nil }
            kind = .boolean
        case 0x2D, 0x30...0x39:
            guard skipInteger() else { return nil }
            kind = .integer
        default:
            guard ASCII.lowercased(next) &- 0x61 < 26 || next == 0x2A else { return nil }
            while ASCII.isTokenByte(next) || next == ASCII.colon || next == ASCII.slash { offset += 1 }
            kind = .token
        }
        return StructuredItem(kind: kind, text: text[start..<offset])
    }

    private mutating func skipString() -> Bool {
        offset += 1
        while !isAtEnd {
            let byte = text[offset]
            offset += 1
            if byte == ASCII.quote { return true }
            guard byte >= 0x20, byte < 0x7F else { return false }
            if byte == 0x5C {
                guard take(ASCII.quote) || take(0x5C) else { return false }
            }
        }
        return false
    }

    /// As it would be written: without leading zeros, so that what is read is what was signed.
    private mutating func skipInteger() -> Bool {
        _ = take(0x2D)
        let start = offset
        while ASCII.isDigit(next) { offset += 1 }
        let count = offset - start
        return count > 0 && count <= 15 && next != ASCII.dot && (count == 1 || text[start] != 0x30)
    }

    private static func isLower(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        isLower(byte) || ASCII.isDigit(byte) || byte == 0x5F || byte == 0x2D || byte == ASCII.dot || byte == 0x2A
    }
}
