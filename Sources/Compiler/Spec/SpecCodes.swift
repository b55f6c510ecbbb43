extension DiagnosticCode {
    /// What can be wrong with the shape of a spec: E02xx.
    package static let specCodes: [DiagnosticCode] = []
}
