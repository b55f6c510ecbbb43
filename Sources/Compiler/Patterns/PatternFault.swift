/// A mistake in a pattern or template: what is wrong, which bytes of the text are, and how to mend it.
///
/// The parsers of this folder know texts, not files; the analysis turns a fault into a diagnostic at the place where
/// the text was written.
struct PatternFault: Error, Equatable {
    var code: DiagnosticCode
    var message: String
    var notes: [String] = []
    var help: String?
    /// In bytes of the text.
    var range: Range<Int>

    init(_ code: DiagnosticCode, _ message: String, at range: Range<Int>, notes: [String] = [], help: String? = nil) {
        self.code = code
        self.message = message
        self.range = range
        self.notes = notes
        self.help = help
    }

    func diagnostic(in text: Spanned<String>) -> Diagnostic {
        Diagnostic(code, message, at: text.span(of: range), notes: notes, help: help)
    }
}

extension Spanned<String> {
    /// Where bytes of the text stand in the source: exact where the text is written plainly or in quotes without
    /// escapes, else the whole scalar.
    func span(of range: Range<Int>) -> SourceSpan {
        let byteCount = value.utf8.count
        let sourceByteCount = Int(span.end - span.start)
        let indent: Int
        switch sourceByteCount - byteCount {
        case 0: indent = 0
        case 2: indent = 1
        default: return span
        }
        let start = Int(span.start) + indent + min(range.lowerBound, byteCount)
        let end = Int(span.start) + indent + min(range.upperBound, byteCount)
        return SourceSpan(file: span.file, start: UInt32(start), end: UInt32(end))
    }
}
