/// Diagnostics as text, for people and for tools. Pure functions: whoever calls them writes.
package enum DiagnosticRenderer {
    /// How many are shown; more than these nobody reads.
    package static let shownCountMax = 200

    /// For people: the message, the source lines with carets, notes and help.
    package static func text(_ diagnostics: [Diagnostic], files: [SourceFile], isColoured: Bool = false) -> String {
        let shown = diagnostics.prefix(shownCountMax)
        let renderer = TextRenderer(sources: SourceMap(files, for: shown), style: isColoured ? .coloured : .plain)
        var text = shown.map(renderer.render).joined(separator: "\n")
        if shown.count < diagnostics.count {
            text += "\n" + notShown(diagnostics.dropFirst(shown.count), style: isColoured ? .coloured : .plain)
        }
        return text
    }

    /// `warning: another 9800 warnings are not shown; mend the first ones`, as severe as the worst of them.
    private static func notShown(_ rest: ArraySlice<Diagnostic>, style: TextStyle) -> String {
        let severities = rest.map(\.severity)
        let worst = [Diagnostic.Severity.error, .warning].first(where: severities.contains) ?? .note
        let verb = rest.count == 1 ? "is" : "are"
        return style(worst.role, worst.rawValue)
            + style(.strong, ": another \(summary(rest)) \(verb) not shown; mend the first ones") + "\n"
    }

    /// `3 errors and 1 warning`; empty if there is nothing.
    package static func summary(_ diagnostics: some Collection<Diagnostic>) -> String {
        let parts = [(Diagnostic.Severity.error, "error"), (.warning, "warning"), (.note, "note")].compactMap {
            severity,
            noun in
            let count = diagnostics.count { $0.severity == severity }
            return count == 0 ? nil : "\(count) \(noun)\(count == 1 ? "" : "s")"
        }
        guard let last = parts.last, parts.count > 1 else { return parts.first ?? "" }
        return parts.dropLast().joined(separator: ", ") + " and " + last
    }
}

/// The colours of a terminal (ECMA-48 section 8.3.117), or none.
struct TextStyle {
    static let plain = TextStyle(isColoured: false)
    static let coloured = TextStyle(isColoured: true)

    let isColoured: Bool

    enum Role {
        case error
        case warning
        case note
        case help
        case gutter
        case strong
    }

    func callAsFunction(_ role: Role, _ text: String) -> String {
        guard isColoured, !text.isEmpty else { return text }
        let code =
            switch role {
            case .error: "1;31"
            case .warning: "1;33"
            case .note: "1;32"
            case .help: "1;36"
            case .gutter: "34"
            case .strong: "1"
            }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}

extension Diagnostic.Severity {
    var role: TextStyle.Role {
        switch self {
        case .error: .error
        case .warning: .warning
        case .note: .note
        }
    }
}

/// One diagnostic with its excerpts.
private struct TextRenderer {
    let sources: SourceMap
    let style: TextStyle

    /// A stretch of a line to mark.
    private struct Mark {
        var span: SourceSpan
        /// `nil` for the mistake itself.
        var label: String?
    }

    func render(_ diagnostic: Diagnostic) -> String {
        let title = "\(diagnostic.severity.rawValue)[\(diagnostic.code.id)]"
        var text = style(diagnostic.severity.role, title) + style(.strong, ": \(diagnostic.message)") + "\n"
        let marks =
            [Mark(span: diagnostic.span, label: nil)]
            + diagnostic.related.map { Mark(span: $0.span, label: $0.message) }
        let gutterWidth = marks.map { String(sources.start(of: $0.span).line).utf8.count }.max() ?? 1
        var isFirst = true
        for file in filesInOrder(marks) {
            text += excerpt(
                marks.filter { $0.span.file == file },
                arrow: isFirst ? "-->" : ":::",
                gutterWidth: gutterWidth,
                severity: diagnostic.severity
            )
            isFirst = false
        }
        let indent = String(repeating: " ", count: gutterWidth + 1)
        for note in diagnostic.notes { text += indent + style(.gutter, "=") + style(.note, " note: ") + note + "\n" }
        if let help = diagnostic.help { text += indent + style(.gutter, "=") + style(.help, " help: ") + help + "\n" }
        return text
    }

    private func filesInOrder(_ marks: [Mark]) -> [UInt32] {
        var files: [UInt32] = []
        for mark in marks where !files.contains(mark.span.file) { files.append(mark.span.file) }
        return files
    }

    /// The marked lines of one file, with those between them left out.
    private func excerpt(_ marks: [Mark], arrow: String, gutterWidth: Int, severity: Diagnostic.Severity) -> String {
        guard let first = marks.first else { return "" }
        let lines = sources[first.span.file]
        let start = lines.position(of: first.span.start)
        let indent = String(repeating: " ", count: gutterWidth)
        let place = "\(lines.file.path.excerpt(maxCount: 4096)):\(start.line):\(start.column)"
        var text = indent + style(.gutter, arrow) + " " + place + "\n"
        guard !lines.file.bytes.isEmpty else { return text }
        text += indent + style(.gutter, " |") + "\n"

        let byLine = Dictionary(grouping: marks) { lines.line(at: $0.span.start) }
        var previous: Int?
        for line in byLine.keys.sorted() {
            if let previous, line == previous + 2 {
                text += sourceLine(lines, line - 1, gutterWidth, focus: lines.range(ofLine: line - 1).lowerBound)
            } else if let previous, line > previous + 1 {
                text += style(.gutter, "...") + "\n"
            }
            text += markedLine(lines, line, byLine[line] ?? [], gutterWidth, severity)
            previous = line
        }
        text += indent + style(.gutter, " |") + "\n"
        return text
    }

    /// A line with the marks below it. Of a line too long for the screen, parts are shown one after another.
    private func markedLine(
        _ lines: SourceLines,
        _ line: Int,
        _ marks: [Mark],
        _ gutterWidth: Int,
        _ severity: Diagnostic.Severity
    ) -> String {
        var rest = marks.sorted { $0.span.start < $1.span.start }
        var text = ""
        while let next = rest.first(where: { $0.label == nil }) ?? rest.first {
            let focus = Int(next.span.start)
            let shown = LineText(lines, line: line, focus: focus)
            if !text.isEmpty { text += style(.gutter, "...") + "\n" }
            text += sourceLine(lines, line, gutterWidth, focus: focus)
            for mark in rest where shown.shows(Int(mark.span.start)) {
                let indent = String(repeating: " ", count: gutterWidth)
                text += indent + style(.gutter, " |") + underline(mark, lines, line, focus: focus, severity) + "\n"
            }
            rest.removeAll { shown.shows(Int($0.span.start)) }
        }
        return text
    }

    private func sourceLine(_ lines: SourceLines, _ line: Int, _ gutterWidth: Int, focus: Int) -> String {
        let number = String(line + 1)
        let gutter = String(repeating: " ", count: gutterWidth - number.utf8.count) + number + " |"
        let text = LineText(lines, line: line, focus: focus).text
        return style(.gutter, gutter) + (text.isEmpty ? "" : " " + text) + "\n"
    }

    private func underline(
        _ mark: Mark,
        _ lines: SourceLines,
        _ line: Int,
        focus: Int,
        _ severity: Diagnostic.Severity
    ) -> String {
        let range = lines.range(ofLine: line)
        let start = min(max(Int(mark.span.start), range.lowerBound), range.upperBound)
        // Of a stretch over several lines the first shows where it begins.
        let end = min(max(Int(mark.span.end), start), range.upperBound)
        let columns = LineText(lines, line: line, focus: focus).columns(of: start..<end)
        let space = String(repeating: " ", count: columns.lowerBound + 1)
        guard let label = mark.label else {
            return space + style(severity.role, String(repeating: "^", count: columns.count))
        }
        return space + style(.gutter, String(repeating: "-", count: columns.count) + " " + label)
    }
}
