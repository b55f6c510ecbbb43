extension DiagnosticCode {
    /// What can be wrong with scalars: E03xx.
    package static let scalarCodes: [DiagnosticCode] = []
}
