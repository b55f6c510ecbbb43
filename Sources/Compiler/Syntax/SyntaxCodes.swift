extension DiagnosticCode {
    /// What can be wrong with files and YAML: E01xx.
    package static let syntaxCodes: [DiagnosticCode] = []
}
