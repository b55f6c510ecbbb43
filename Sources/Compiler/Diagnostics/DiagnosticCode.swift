/// A stable name for a kind of mistake, and what `apic explain` says about it.
///
/// Codes are declared as static members in one file per stage (`SyntaxCodes.swift`, `SpecCodes.swift`, …) and listed
/// in `DiagnosticCode.all`. E01xx: files and YAML. E02xx: shape of the spec. E03xx: scalars. E04xx: names. E05xx:
/// lifecycle. E06xx: routes. E07xx: plugins. E08xx: governance. E09xx: nodes and listeners. E10xx: members. Codes that
/// are warnings by themselves begin with W. A code is never used again for another mistake.
package struct DiagnosticCode: Hashable, Sendable {
    /// `E0503`.
    package let id: String
    /// One line, lower case: what the mistake is.
    package let title: String
    package let severity: Diagnostic.Severity
    /// Paragraphs for people: why it is a mistake, how to mend it.
    package let explanation: String
    /// A spec, or the part of one, that makes the mistake.
    package let example: String

    package init(_ id: String, _ title: String, explanation: String, example: String) {
        self.id = id
        self.title = title
        self.severity = id.hasPrefix("W") ? .warning : .error
        self.explanation = explanation
        self.example = example
    }
}
