extension DiagnosticRenderer {
    /// A log of SARIF 2.1.0 (OASIS, 2020) with one run; its rules are the codes that occur.
    package static func sarif(_ diagnostics: [Diagnostic], files: [SourceFile], version: String? = nil) -> String {
        let sources = SourceMap(files, for: diagnostics)
        let rules = Set(diagnostics.map(\.code)).sorted { $0.id < $1.id }
        let indices = Dictionary(uniqueKeysWithValues: rules.enumerated().map { ($1.id, $0) })
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("$schema") { $0.string("https://json.schemastore.org/sarif-2.1.0.json") }
            writer.key("version") { $0.string("2.1.0") }
            writer.key("runs") { writer in
                writer.array { writer in
                    writer.object { writer in
                        writer.key("tool") { tool(rules, version, &$0) }
                        writer.key("columnKind") { $0.string("unicodeCodePoints") }
                        writer.key("results") { writer in
                            writer.array { writer in
                                for diagnostic in diagnostics {
                                    result(diagnostic, sources, rule: indices[diagnostic.code.id] ?? 0, &writer)
                                }
                            }
                        }
                    }
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    private static func tool(_ rules: [DiagnosticCode], _ version: String?, _ writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("driver") { writer in
                writer.object { writer in
                    writer.key("name") { $0.string("apic") }
                    if let version { writer.key("version") { $0.string(version) } }
                    writer.key("rules") { writer in
                        writer.array { writer in
                            for rule in rules { self.rule(rule, &writer) }
                        }
                    }
                }
            }
        }
    }

    private static func rule(_ code: DiagnosticCode, _ writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("id") { $0.string(code.id) }
            writer.key("shortDescription") { text(code.title, &$0) }
            writer.key("fullDescription") { text(code.explanation, &$0) }
            writer.key("help") { text(code.longForm, &$0) }
            writer.key("defaultConfiguration") { writer in
                writer.object { $0.key("level") { $0.string(code.severity.sarifLevel) } }
            }
        }
    }

    private static func result(
        _ diagnostic: Diagnostic,
        _ sources: SourceMap,
        rule: Int,
        _ writer: inout JSONWriter
    ) {
        writer.object { writer in
            writer.key("ruleId") { $0.string(diagnostic.code.id) }
            writer.key("ruleIndex") { $0.number(rule) }
            writer.key("level") { $0.string(diagnostic.severity.sarifLevel) }
            let lines = [diagnostic.message] + diagnostic.notes + (diagnostic.help.map { ["help: \($0)"] } ?? [])
            writer.key("message") { text(lines.joined(separator: "\n"), &$0) }
            writer.key("locations") { writer in
                writer.array { location(diagnostic.span, nil, sources, id: nil, &$0) }
            }
            guard !diagnostic.related.isEmpty else { return }
            writer.key("relatedLocations") { writer in
                writer.array { writer in
                    for (index, related) in diagnostic.related.enumerated() {
                        location(related.span, related.message, sources, id: index, &writer)
                    }
                }
            }
        }
    }

    private static func location(
        _ span: SourceSpan,
        _ message: String?,
        _ sources: SourceMap,
        id: Int?,
        _ writer: inout JSONWriter
    ) {
        writer.object { writer in
            if let id { writer.key("id") { $0.number(id) } }
            writer.key("physicalLocation") { writer in
                writer.object { writer in
                    writer.key("artifactLocation") { writer in
                        writer.object { $0.key("uri") { $0.string(uri(sources.path(of: span))) } }
                    }
                    writer.key("region") { region(span, sources, &$0) }
                }
            }
            if let message { writer.key("message") { text(message, &$0) } }
        }
    }

    private static func region(_ span: SourceSpan, _ sources: SourceMap, _ writer: inout JSONWriter) {
        let start = sources.start(of: span)
        let end = sources.end(of: span)
        writer.object { writer in
            writer.key("startLine") { $0.number(start.line) }
            writer.key("startColumn") { $0.number(start.column) }
            writer.key("endLine") { $0.number(end.line) }
            writer.key("endColumn") { $0.number(end.column) }
        }
    }

    private static func text(_ text: String, _ writer: inout JSONWriter) {
        writer.object { $0.key("text") { $0.string(text) } }
    }

    /// A path as a relative URI reference (RFC 3986 section 4.2).
    private static func uri(_ path: String) -> String {
        var uri = ""
        let kept = Set("-._~/".utf8)
        for byte in path.utf8 {
            if Digits.isLetterOrDigit(byte) || kept.contains(byte) {
                uri.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                uri += "%" + (hex.utf8.count == 1 ? "0" : "") + hex
            }
        }
        return uri
    }
}

extension Diagnostic.Severity {
    fileprivate var sarifLevel: String {
        switch self {
        case .error: "error"
        case .warning: "warning"
        case .note: "note"
        }
    }
}
