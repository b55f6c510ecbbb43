/// A place as people and editors name it.
package struct SourcePosition: Equatable, Sendable {
    /// From 1.
    package var line: Int
    /// From 1, in characters (Unicode scalars), a tab being one.
    package var column: Int
}

/// Where the lines of a file begin: made only for files that diagnostics speak of.
struct SourceLines {
    let file: SourceFile
    private let starts: [UInt32]

    init(_ file: SourceFile) {
        self.file = file
        var starts: [UInt32] = [0]
        for (offset, byte) in file.bytes.enumerated() {
            // LF, CR LF, or CR alone, as YAML has it.
            let endsLine =
                byte == 0x0A || byte == 0x0D && !(offset + 1 < file.bytes.count && file.bytes[offset + 1] == 0x0A)
            if endsLine { starts.append(UInt32(truncatingIfNeeded: offset + 1)) }
        }
        self.starts = starts
    }

    /// Index of the line that holds an offset.
    func line(at offset: UInt32) -> Int {
        var low = 0
        var high = starts.count
        while low + 1 < high {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    /// The bytes of a line without its break and without a byte order mark.
    func range(ofLine line: Int) -> Range<Int> {
        var start = Int(starts[line])
        var end = line + 1 < starts.count ? Int(starts[line + 1]) : file.bytes.count
        while end > start, file.bytes[end - 1] == 0x0A || file.bytes[end - 1] == 0x0D { end -= 1 }
        if line == 0, file.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { start = min(3, end) }
        return start..<end
    }

    /// An offset behind a line's end belongs to its end.
    func position(of offset: UInt32) -> SourcePosition {
        let line = line(at: offset)
        let range = range(ofLine: line)
        let end = min(max(Int(offset), range.lowerBound), range.upperBound)
        let column = file.bytes[range.lowerBound..<end].count { $0 & 0xC0 != 0x80 }
        return SourcePosition(line: line + 1, column: column + 1)
    }
}

/// The files of a build as diagnostics show them.
struct SourceMap {
    private let files: [SourceFile]
    private var lines: [UInt32: SourceLines] = [:]

    /// - Parameter diagnostics: those whose files are needed.
    init(_ files: [SourceFile], for diagnostics: some Sequence<Diagnostic>) {
        self.files = files
        for diagnostic in diagnostics {
            add(diagnostic.span.file)
            for related in diagnostic.related { add(related.span.file) }
        }
    }

    private mutating func add(_ file: UInt32) {
        guard lines[file] == nil else { return }
        lines[file] = SourceLines(Int(file) < files.count ? files[Int(file)] : SourceFile(path: "<spec>", bytes: []))
    }

    subscript(file: UInt32) -> SourceLines { lines[file] ?? SourceLines(SourceFile(path: "<spec>", bytes: [])) }

    func path(of span: SourceSpan) -> String { self[span.file].file.path }

    func start(of span: SourceSpan) -> SourcePosition { self[span.file].position(of: span.start) }

    func end(of span: SourceSpan) -> SourcePosition { self[span.file].position(of: max(span.end, span.start)) }
}
