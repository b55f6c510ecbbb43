internal import GatewayIR

extension SpecDecoder {
    mutating func botDetection(_ fields: Fields) -> BotDetectionSettings? {
        guard fields.keyNode("allow") != nil || fields.keyNode("deny") != nil else {
            report(
                Diagnostic(
                    .oneKeyNeeded,
                    "`bot-detection` needs `allow` or `deny`",
                    at: span(fields.node),
                    help: "add `\(fields.schema.keys[1].example)`"
                )
            )
            return nil
        }
        let reportedCount = diagnostics.count
        let allow = agents(fields["allow"])
        let deny = agents(fields["deny"])
        let missing = scalar(fields["missing"], .refusesMissing)
        guard diagnostics[reportedCount...].allSatisfy({ $0.code.severity != .error }) else { return nil }
        return BotDetectionSettings(allow: allow, deny: deny, refusesMissing: missing?.value ?? (deny == nil))
    }

    /// Expressions, and one automaton for all of them.
    private mutating func agents(_ field: Field?) -> AgentPatterns? {
        guard let field else { return nil }
        let listed = list(field, of: "expressions", .pattern("an expression"), isNeeded: true)
        let patterns = distinct(listed, "expressions") { $0 }
        var language = AgentLanguage()
        for pattern in patterns {
            do throws(PatternFault) {
                try language.add(pattern.value)
            } catch {
                report(error.diagnostic(in: pattern))
            }
        }
        guard !patterns.isEmpty, language.count == patterns.count else { return nil }
        guard let automaton = language.automaton(&agentStepCount) else {
            report(
                Diagnostic(
                    .constraintTooLarge,
                    "together these have more than \(ConstraintLibrary.stateCountMax) states, or match nothing",
                    at: span(field.node),
                    help: "write fewer of them, and words without `.*` and counts"
                )
            )
            return nil
        }
        return AgentPatterns(patterns: patterns.map(\.value), automaton: automaton)
    }
}

extension ScalarType where Value == Bool {
    /// `deny` is true.
    fileprivate static let refusesMissing = ScalarType("`allow` or `deny`") { text throws(ScalarProblem) in
        switch text {
        case "allow": return false
        case "deny": return true
        default: throw Words.problem(text, among: ["allow", "deny"])
        }
    }
}
