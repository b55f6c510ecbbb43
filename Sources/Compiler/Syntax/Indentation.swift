/// The columns that the maps and lists around a line use, read off the lines above it.
struct Indentation {
    /// A line that opens or continues a map or list.
    struct Line {
        var column: Int
        /// Offset of its first character.
        var offset: Int
        /// The key, or `-`.
        var word: String
    }

    private let bytes: [UInt8]
    private let start: Int

    /// - Parameter start: where the line in question begins.
    init(_ bytes: [UInt8], above start: Int) {
        self.bytes = bytes
        self.start = start
    }

    /// From the nearest outwards.
    func columns(ofItems isItem: Bool) -> [Line] {
        var result: [Line] = []
        var limit = Int.max
        var end = start
        // A spec is about ten levels deep; a thousand lines up is far enough.
        for _ in 0..<1000 where end > 0 && limit > 0 {
            let lineEnd = end - 1
            let lineStart = bytes[..<lineEnd].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
            end = lineStart
            let text = bytes[lineStart..<lineEnd]
            guard let first = text.firstIndex(where: { $0 != 0x20 && $0 != 0x0D }), bytes[first] != UInt8(ascii: "#")
            else {
                continue
            }
            let column = first - lineStart
            let startsItem = bytes[first] == UInt8(ascii: "-")
            // A list may stand in the column of its key.
            guard column < limit || column == limit && startsItem else { continue }
            limit = column
            if startsItem == isItem {
                result.append(Line(column: column, offset: first, word: word(at: first, lineEnd)))
            }
            guard startsItem, !isItem, let inner = text[(first + 1)...].firstIndex(where: { $0 != 0x20 }) else {
                continue
            }
            // `- key: …` opens a map in the column of its key.
            if text[inner...].contains(UInt8(ascii: ":")) {
                result.append(Line(column: inner - lineStart, offset: inner, word: word(at: inner, lineEnd)))
            }
        }
        return result
    }

    private func word(at offset: Int, _ end: Int) -> String {
        let word = bytes[offset..<end].prefix { $0 > 0x20 && $0 != UInt8(ascii: ":") }
        return String(decoding: word, as: UTF8.self).excerpt(maxCount: 40)
    }
}
