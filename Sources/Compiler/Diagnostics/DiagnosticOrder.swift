extension Diagnostic {
    /// By file, position and code; what is said twice about the same place is said once.
    static func sorted(_ diagnostics: some Sequence<Diagnostic>) -> [Diagnostic] {
        let sorted = diagnostics.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            if a.span.file != b.span.file { return a.span.file < b.span.file }
            if a.span.start != b.span.start { return a.span.start < b.span.start }
            if a.code.id != b.code.id { return a.code.id < b.code.id }
            return left.offset < right.offset
        }
        var kept: [Diagnostic] = []
        for (_, diagnostic) in sorted {
            // Aliases show the same text to the decoder again and again.
            let isRepeated = kept.reversed().prefix { $0.span == diagnostic.span }.contains {
                $0.code == diagnostic.code && $0.message == diagnostic.message
            }
            if !isRepeated { kept.append(diagnostic) }
        }
        return kept
    }
}

extension DiagnosticCode {
    /// What `apic explain E0203` prints.
    package var longForm: String {
        let indented = example.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
        return """
            \(severity.rawValue)[\(id)]: \(title)

            \(explanation)

            Example:

            \(indented.joined(separator: "\n"))

            """
    }
}
