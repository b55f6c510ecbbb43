/// A line of source as a terminal shows it: tabs as spaces, nothing that moves the cursor, secrets hidden; and where
/// each byte of it ends up.
struct LineText {
    /// What is shown for one character.
    private struct Cell {
        var offset: Int
        var text: String
        var width: Int
    }

    private static let tabWidth = 4
    private static let widthMax = 110
    private var cells: [Cell] = []
    /// The columns that are shown; the rest of a long line is cut away.
    private var window: Range<Int>
    private let end: Int
    private let width: Int

    /// - Parameter focus: offset of the byte that must be seen.
    init(_ lines: SourceLines, line: Int, focus: Int) {
        let bytes = lines.file.bytes
        let range = lines.range(ofLine: line)
        let hidden = Redaction(bytes).hiddenRanges(in: range)
        var offset = range.lowerBound
        var column = 0
        var focusColumn: Int?
        while offset < range.upperBound {
            let (scalar, length) = UTF8Decoding.scalar(in: bytes, at: offset) ?? (0xFFFD, 1)
            let isHidden = hidden.contains { $0.contains(offset) }
            let cell = Self.cell(isHidden ? 0x2A : scalar, at: offset, column: column)
            if focusColumn == nil, offset + length > focus { focusColumn = column }
            cells.append(cell)
            column += cell.width
            offset += length
        }
        end = range.upperBound
        width = column
        window = Self.window(width: column, focus: focusColumn ?? column)
    }

    private static func cell(_ scalar: UInt32, at offset: Int, column: Int) -> Cell {
        if scalar == 0x09 {
            let width = tabWidth - column % tabWidth
            return Cell(offset: offset, text: String(repeating: " ", count: width), width: width)
        }
        let character = Unicode.Scalar(scalar) ?? "\u{FFFD}"
        guard character.isSafeToShow else {
            let text = character.escaped
            return Cell(offset: offset, text: text, width: text.utf8.count)
        }
        return Cell(offset: offset, text: String(character), width: character.cellCount)
    }

    private static func window(width: Int, focus: Int) -> Range<Int> {
        guard width > widthMax else { return 0..<width }
        let start = min(max(0, focus - widthMax / 3), width - widthMax)
        return start..<(start + widthMax)
    }

    /// The line, with `…` where it is cut.
    var text: String {
        var text = window.lowerBound > 0 ? "…" : ""
        var column = 0
        for cell in cells {
            if column >= window.lowerBound, column + cell.width <= window.upperBound { text += cell.text }
            column += cell.width
        }
        if window.upperBound < width { text += "…" }
        while text.last == " " { text.removeLast() }
        return text
    }

    /// Whether the byte at an offset can be seen; the focus always can.
    func shows(_ offset: Int) -> Bool {
        let column = column(of: offset)
        return window.contains(column) || column == window.upperBound
    }

    /// The columns under which a stretch is marked: at least one.
    func columns(of range: Range<Int>) -> Range<Int> {
        let start = column(of: range.lowerBound)
        let end = column(of: max(range.upperBound, range.lowerBound))
        let shift = window.lowerBound > 0 ? window.lowerBound - 1 : 0
        let left = min(max(start, window.lowerBound), window.upperBound) - shift
        let right = min(max(end, window.lowerBound), window.upperBound) - shift
        return left..<max(right, left + 1)
    }

    private func column(of offset: Int) -> Int {
        var column = 0
        for cell in cells {
            if cell.offset >= offset { return column }
            column += cell.width
        }
        return column
    }
}

extension Unicode.Scalar {
    /// Columns that a terminal gives the character: East Asian wide and emoji two, marks that sit on others none.
    var cellCount: Int {
        if value < 0x300 { return 1 }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        let wide: [ClosedRange<UInt32>] = [
            0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
        ]
        return wide.contains { $0.contains(value) } || properties.isEmojiPresentation ? 2 : 1
    }
}
