/// Hides secrets in lines of a spec, so that no diagnostic repeats one.
///
/// It looks at the text, not at the tree: a file that cannot be read as YAML has secrets, too. Hidden are the values of
/// `key`, `secret`, `client-secret`, `password` and `d` (of a private JSON Web Key), users and passwords in URLs, what
/// follows `PRIVATE` on a line, and whatever stands below `credentials` except ids; references such as `${env:NAME}`
/// hold no secret.
struct Redaction {
    private static let secretKeys: Set = ["key", "secret", "client-secret", "password", "d", "credentials"]
    /// How far before a password its URL is looked for.
    private static let urlByteCountMax = 256
    private static let marks = Set(" \t{}[],:\"'".utf8)
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The offsets of a line's bytes that are not shown.
    ///
    /// - Parameter line: the line's bytes without its break.
    func hiddenRanges(in line: Range<Int>) -> [Range<Int>] {
        var isSecret = isInsideCredentials(line)
        var isID = false
        var ranges: [Range<Int>] = []
        var offset = line.lowerBound
        // Looked for once: a line of a million openings must not be searched a million times.
        let lastClose = bytes[line].lastIndex(of: UInt8(ascii: "}")) ?? line.lowerBound
        while offset < line.upperBound {
            let end = endOfWord(from: offset, in: line, lastClose: lastClose)
            guard end > offset else {
                if ",}".utf8.contains(bytes[offset]) { isID = false }
                offset += 1
                continue
            }
            if let key = key(offset..<end, in: line) {
                isID = key == "id"
                isSecret = isSecret || Redaction.secretKeys.contains(key)
            } else if bytes[offset..<end].elementsEqual("PRIVATE".utf8) {
                isSecret = true
            } else if isSecret, !isID, !isReference(offset..<end), !isMark(offset..<end) {
                ranges.append(offset..<end)
            } else if let hidden = password(in: offset..<end, of: line) {
                ranges.append(hidden)
            }
            offset = end
        }
        return ranges
    }

    /// The end of a run of characters that mean nothing to YAML, or of a whole reference.
    private func endOfWord(from start: Int, in line: Range<Int>, lastClose: Int) -> Int {
        if start < lastClose, isReference(start..<line.upperBound),
            let close = bytes[start...lastClose].firstIndex(of: UInt8(ascii: "}"))
        {
            return close + 1
        }
        return bytes[start..<line.upperBound].firstIndex(where: Redaction.marks.contains) ?? line.upperBound
    }

    /// What stands before the `@` of a word that belongs to a URL.
    private func password(in word: Range<Int>, of line: Range<Int>) -> Range<Int>? {
        guard let end = bytes[word].lastIndex(of: UInt8(ascii: "@")) else { return nil }
        let slashes = Array("//".utf8)
        if let begin = bytes[word.lowerBound..<end].firstRange(of: slashes) { return begin.upperBound..<end }
        let before = bytes[max(line.lowerBound, word.lowerBound - Redaction.urlByteCountMax)..<word.lowerBound]
        let url = before.lastIndex { " \t\"'".utf8.contains($0) }.map { before[$0...] } ?? before
        return url.contains(slashes) ? word.lowerBound..<end : nil
    }

    /// The word, if it is a key: a short name where a key can begin, with a colon behind it.
    private func key(_ word: Range<Int>, in line: Range<Int>) -> String? {
        let isName = bytes[word].allSatisfy {
            Digits.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        guard isName, word.count <= 20 else { return nil }
        let behind = bytes[word.upperBound..<line.upperBound].drop { "\"' \t".utf8.contains($0) }
        guard behind.first == UInt8(ascii: ":"), behind.count == 1 || isBlank(behind[behind.startIndex + 1]) else {
            return nil
        }
        let before = bytes[line.lowerBound..<word.lowerBound].reversed().drop { "\"' \t".utf8.contains($0) }.first
        guard before == nil || "-{[,".utf8.contains(before ?? 0) else { return nil }
        return String(decoding: bytes[word], as: UTF8.self)
    }

    /// Whether the line continues or belongs to what stands below `credentials:`, or below a `key:` without a value.
    private func isInsideCredentials(_ line: Range<Int>) -> Bool {
        var indentation = self.indentation(of: line)
        var isItem = bytes[line].first { !isBlank($0) } == UInt8(ascii: "-")
        var end = line.lowerBound
        // Upwards, to lines that are indented less; a list may stand in the column of its key.
        for _ in 0..<256 where end > 0 {
            let range = lineRange(endingAt: end - 1)
            end = range.lowerBound
            let text = bytes[range].drop { isBlank($0) }
            guard let first = text.first, first != UInt8(ascii: "#") else { continue }
            let column = self.indentation(of: range)
            let startsItem = first == UInt8(ascii: "-")
            guard column < indentation || column == indentation && isItem && !startsItem else { continue }
            if contains("credentials:", in: range) || endsWithKey(range) { return true }
            indentation = column
            isItem = startsItem
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

    /// The key before a colon, without dash, braces and quotes.
    private func word(endingAt colon: Int, from start: Int) -> String {
        let word = bytes[start..<colon].reversed().drop {
            isBlank($0) || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'")
        }
        .prefix { Digits.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        return String(decoding: word.reversed(), as: UTF8.self)
    }

    /// The dash of a list, or the sign of a block of text.
    private func isMark(_ word: Range<Int>) -> Bool {
        word.count <= 2 && bytes[word].allSatisfy { "-|>+".utf8.contains($0) }
    }

    private func isReference(_ range: Range<Int>) -> Bool { bytes[range].starts(with: "${".utf8) }
}
