/// Hides secrets in lines of a spec, so that no diagnostic repeats one.
///
/// It looks at the text, not at the tree: a file that cannot be read as YAML has secrets, too. Hidden are the values of
/// `key`, and whatever stands below `credentials` except ids; references such as `${env:NAME}` hold no secret.
struct Redaction {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The offsets of a line's bytes that are not shown.
    ///
    /// - Parameter line: the line's bytes without its break.
    func hiddenRanges(in line: Range<Int>) -> [Range<Int>] {
        let isInside = isInsideCredentials(line)
        var ranges: [Range<Int>] = []
        var offset = line.lowerBound
        var sawKey = false
        while let colon = nextColon(from: offset, in: line) {
            let word = self.word(endingAt: colon, from: offset)
            sawKey = true
            let value = valueRange(from: colon + 1, in: line)
            let isHidden = word == "key" || isInside && word != "id" && word != "credentials" && word != "groups"
            let isNested = value.first.map { bytes[$0] == UInt8(ascii: "{") || bytes[$0] == UInt8(ascii: "[") } ?? true
            if isHidden, !isNested, !isReference(value) { ranges.append(value) }
            offset = isNested ? min(colon + 1, line.upperBound) : max(value.upperBound, colon + 1)
        }
        if isInside, !sawKey {
            let value = valueRange(from: line.lowerBound, in: line)
            if !value.isEmpty, !isReference(value) { ranges.append(value) }
        }
        return ranges
    }

    /// Whether the line continues or belongs to what stands below `credentials:`, or below a `key:` without a value.
    private func isInsideCredentials(_ line: Range<Int>) -> Bool {
        if contains("credentials:", in: line) { return true }
        var indentation = self.indentation(of: line)
        var end = line.lowerBound
        // Upwards, to lines that are indented less; a list may stand in the column of its key.
        for _ in 0..<256 where end > 0 {
            let range = lineRange(endingAt: end - 1)
            end = range.lowerBound
            let text = bytes[range].drop { isBlank($0) }
            guard let first = text.first, first != UInt8(ascii: "#") else { continue }
            let column = self.indentation(of: range)
            let isParent = column < indentation || column == indentation && first != UInt8(ascii: "-")
            guard isParent else { continue }
            if contains("credentials:", in: range) || endsWithKey(range) { return true }
            indentation = column
            if column == 0 { return false }
        }
        return false
    }

    private func endsWithKey(_ range: Range<Int>) -> Bool {
        guard let colon = bytes[range].firstIndex(of: UInt8(ascii: ":")) else { return false }
        return word(endingAt: colon, from: range.lowerBound) == "key"
    }

    private func contains(_ text: String, in range: Range<Int>) -> Bool {
        let wanted = Array(text.utf8)
        guard range.count >= wanted.count else { return false }
        return (range.lowerBound...(range.upperBound - wanted.count)).contains {
            bytes[$0..<($0 + wanted.count)].elementsEqual(wanted)
        }
    }

    private func lineRange(endingAt end: Int) -> Range<Int> {
        let start = bytes[..<end].lastIndex { $0 == 0x0A || $0 == 0x0D }.map { $0 + 1 } ?? 0
        return start..<end
    }

    private func indentation(of line: Range<Int>) -> Int { bytes[line].prefix { $0 == 0x20 }.count }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// The next colon that ends a key.
    private func nextColon(from start: Int, in line: Range<Int>) -> Int? {
        guard start < line.upperBound else { return nil }
        return bytes[start..<line.upperBound].indices.first { index in
            bytes[index] == UInt8(ascii: ":") && (index + 1 >= line.upperBound || isBlank(bytes[index + 1]))
        }
    }

    /// The key before a colon, without dash, braces and quotes.
    private func word(endingAt colon: Int, from start: Int) -> String {
        let word = bytes[start..<colon].reversed().drop {
            isBlank($0) || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'")
        }
        .prefix { Digits.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        return String(decoding: word.reversed(), as: UTF8.self)
    }

    /// From the first character of a value to its comma, brace, or the line's end.
    private func valueRange(from start: Int, in line: Range<Int>) -> Range<Int> {
        var start = min(start, line.upperBound)
        let marks = Set(" \t-".utf8)
        while start < line.upperBound, marks.contains(bytes[start]) { start += 1 }
        guard start < line.upperBound else { return start..<start }
        var end = start
        if bytes[start] == UInt8(ascii: "\"") || bytes[start] == UInt8(ascii: "'") {
            end = bytes[(start + 1)..<line.upperBound].firstIndex(of: bytes[start]) ?? line.upperBound
            return (start + 1)..<max(end, start + 1)
        }
        while end < line.upperBound, !",}]".utf8.contains(bytes[end]) || isOpenReference(start, end) { end += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    private func isOpenReference(_ start: Int, _ end: Int) -> Bool {
        bytes[end] == UInt8(ascii: "}") && bytes[start] == UInt8(ascii: "$")
            && !bytes[start..<end].contains(UInt8(ascii: "}"))
    }

    private func isReference(_ range: Range<Int>) -> Bool { bytes[range].starts(with: "${".utf8) }
}
