internal import ArgumentParser

/// How diagnostics are written.
enum DiagnosticFormat: String, CaseIterable, ExpressibleByArgument {
    /// For people: excerpts with carets, on standard error.
    case text
    /// For programs, on standard output.
    case json
    /// For code scanning services (SARIF 2.1.0), on standard output.
    case sarif
    /// Annotations of GitHub Actions, on standard output.
    case github
}
