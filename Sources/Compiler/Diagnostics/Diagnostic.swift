/// Something to tell the user about the spec.
///
/// Style of messages: say what is wrong, in lower case, names in backticks; the span shows where; `help` is an
/// instruction that mends it. Never blame, never "invalid" without why. One mistake, one diagnostic.
package struct Diagnostic: Equatable, Sendable {
    package enum Severity: String, Sendable {
        case error
        case warning
        case note
    }

    /// Another place that belongs to the mistake.
    package struct Related: Equatable, Sendable {
        package var span: SourceSpan
        package var message: String

        package init(_ span: SourceSpan, _ message: String) {
            self.span = span
            self.message = message
        }
    }

    package var code: DiagnosticCode
    /// The code's own severity unless governance raises it.
    package var severity: Severity
    package var message: String
    package var span: SourceSpan
    package var related: [Related]
    /// Facts that help to understand, such as a witness request.
    package var notes: [String]
    package var help: String?

    package init(
        _ code: DiagnosticCode,
        severity: Severity? = nil,
        _ message: String,
        at span: SourceSpan,
        related: [Related] = [],
        notes: [String] = [],
        help: String? = nil
    ) {
        self.code = code
        self.severity = severity ?? code.severity
        self.message = message
        self.span = span
        self.related = related
        self.notes = notes
        self.help = help
    }
}
