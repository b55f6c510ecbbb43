extension DiagnosticRenderer {
    /// One JSON object per line, the keys always in this order. Lines and columns count from 1, columns in characters;
    /// the end is behind the last character.
    package static func json(_ diagnostics: [Diagnostic], files: [SourceFile]) -> String {
        let sources = SourceMap(files, for: diagnostics)
        var bytes: [UInt8] = []
        for diagnostic in diagnostics {
            var writer = JSONWriter()
            writer.object { writer in
                writer.key("code") { $0.string(diagnostic.code.id) }
                writer.key("severity") { $0.string(diagnostic.severity.rawValue) }
                writer.key("message") { $0.string(diagnostic.message) }
                place(diagnostic.span, sources, &writer)
                writer.key("related") { writer in
                    writer.array { writer in
                        for related in diagnostic.related {
                            writer.object { writer in
                                writer.key("message") { $0.string(related.message) }
                                place(related.span, sources, &writer)
                            }
                        }
                    }
                }
                writer.key("notes") { writer in
                    writer.array { writer in
                        for note in diagnostic.notes { writer.string(note) }
                    }
                }
                writer.key("help") { writer in
                    if let help = diagnostic.help { writer.string(help) } else { writer.verbatim("null".utf8) }
                }
            }
            bytes += writer.bytes
            bytes.append(0x0A)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func place(_ span: SourceSpan, _ sources: SourceMap, _ writer: inout JSONWriter) {
        let start = sources.start(of: span)
        let end = sources.end(of: span)
        writer.key("file") { $0.string(sources.path(of: span)) }
        writer.key("line") { $0.number(start.line) }
        writer.key("column") { $0.number(start.column) }
        writer.key("endLine") { $0.number(end.line) }
        writer.key("endColumn") { $0.number(end.column) }
    }

    // MARK: GitHub

    /// Workflow commands that put annotations on the lines of a pull request, one per line.
    package static func github(_ diagnostics: [Diagnostic], files: [SourceFile]) -> String {
        let sources = SourceMap(files, for: diagnostics)
        var text = ""
        for diagnostic in diagnostics {
            let start = sources.start(of: diagnostic.span)
            let end = sources.end(of: diagnostic.span)
            let command =
                switch diagnostic.severity {
                case .error: "error"
                case .warning: "warning"
                case .note: "notice"
                }
            var properties = "file=\(property(sources.path(of: diagnostic.span))),line=\(start.line)"
            properties += ",endLine=\(end.line),col=\(start.column)"
            if end.line == start.line { properties += ",endColumn=\(end.column)" }
            properties += ",title=\(property("\(diagnostic.code.id): \(diagnostic.code.title)"))"
            text += "::\(command) \(properties)::\(data(body(diagnostic, sources)))\n"
        }
        return text
    }

    /// Message, related places, notes and help as lines.
    private static func body(_ diagnostic: Diagnostic, _ sources: SourceMap) -> String {
        var lines = [diagnostic.message]
        for related in diagnostic.related {
            let start = sources.start(of: related.span)
            lines.append("\(sources.path(of: related.span)):\(start.line):\(start.column): \(related.message)")
        }
        lines += diagnostic.notes.map { "note: \($0)" }
        if let help = diagnostic.help { lines.append("help: \(help)") }
        return lines.joined(separator: "\n")
    }

    private static func data(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "%": "%25"
            case "\r": "%0D"
            case "\n": "%0A"
            default: String(scalar)
            }
        }.joined()
    }

    private static func property(_ text: String) -> String {
        data(text).unicodeScalars.map { scalar in
            switch scalar {
            case ":": "%3A"
            case ",": "%2C"
            default: String(scalar)
            }
        }.joined()
    }
}
