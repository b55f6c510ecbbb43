extension DiagnosticCode {
    /// Every code, ascending by number within each stage.
    package static let all: [DiagnosticCode] = syntaxCodes + specCodes + scalarCodes + analysisCodes + linkCodes

    /// The code with this name, in any case: `e0203` is `E0203`.
    package static func named(_ id: String) -> DiagnosticCode? {
        let wanted = id.uppercased()
        return all.first { $0.id == wanted }
    }
}
