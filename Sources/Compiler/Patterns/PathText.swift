/// Literal segments of paths in the normal form of RFC 3986, section 6.2.2: what the gateway compares requests with.
enum PathText {
    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    /// Normalises one literal segment: unreserved escapes decoded, others in upper case, characters of other scripts
    /// encoded as UTF-8 (RFC 3987, section 3.1).
    ///
    /// - Parameter range: where the segment stands in `text`; faults are positions in `text`.
    static func normalisedSegment(_ text: [UInt8], in range: Range<Int>) throws(PatternFault) -> String {
        if range.allSatisfy({ ByteSet.pathCharacters.contains(text[$0]) && text[$0] != UInt8(ascii: "*") }) {
            try refuseDots(text, in: range)
            return String(decoding: text[range], as: UTF8.self)
        }
        var result: [UInt8] = []
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = text[position]
            if byte == UInt8(ascii: "%") {
                result += try normalisedEscape(text, at: position, end: range.upperBound)
                position += 3
                continue
            }
            if byte >= 0x80 {
                result += escape(byte)
            } else if ByteSet.pathCharacters.contains(byte), byte != UInt8(ascii: "*") {
                result.append(byte)
            } else {
                throw .byteInPath(byte, at: position)
            }
            position += 1
        }
        try refuseDots(result, in: 0..<result.count, reporting: range)
        return String(decoding: result, as: UTF8.self)
    }

    static func percentEncoded(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.flatMap { escape($0) }, as: UTF8.self)
    }

    private static func escape(_ byte: UInt8) -> [UInt8] {
        [UInt8(ascii: "%"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
    }

    private static func normalisedEscape(
        _ text: [UInt8],
        at position: Int,
        end: Int
    ) throws(PatternFault) -> [UInt8] {
        guard position + 2 < end, let high = hexValue(text[position + 1]), let low = hexValue(text[position + 2]) else {
            throw .badEscape(at: position..<min(position + 3, end))
        }
        let byte = high << 4 | low
        let range = position..<position + 3
        switch byte {
        case UInt8(ascii: "/"): throw .escapedSlash(at: range)
        case 0x00...0x1F, 0x7F, UInt8(ascii: "\\"): throw .refusedEscape(escape(byte), at: range)
        default: return ByteSet.unreserved.contains(byte) ? [byte] : escape(byte)
        }
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private static func refuseDots(
        _ text: [UInt8],
        in range: Range<Int>,
        reporting place: Range<Int>? = nil
    ) throws(PatternFault) {
        let dot = UInt8(ascii: ".")
        guard range.count <= 2, text[range].allSatisfy({ $0 == dot }) else { return }
        throw .dotSegment(String(decoding: text[range], as: UTF8.self), at: place ?? range)
    }
}
