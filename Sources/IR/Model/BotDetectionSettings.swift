/// Expressions about `User-Agent`, of which one must match somewhere in it, and the automaton of them all.
package struct AgentPatterns: Hashable, Sendable {
    /// As written.
    package var patterns: [String]
    /// Of the whole value.
    package var automaton: Automaton

    package init(patterns: [String], automaton: Automaton) {
        self.patterns = patterns
        self.automaton = automaton
    }
}

/// `bot-detection`: which programs may call, by what they say of themselves. What is allowed passes though it be
/// denied, too.
package struct BotDetectionSettings: Hashable, Sendable {
    package var allow: AgentPatterns?
    /// `nil` denies whatever is not allowed.
    package var deny: AgentPatterns?
    /// Whether a request that says nothing is refused.
    package var refusesMissing: Bool

    package init(allow: AgentPatterns? = nil, deny: AgentPatterns? = nil, refusesMissing: Bool = false) {
        self.allow = allow
        self.deny = deny
        self.refusesMissing = refusesMissing
    }
}

extension BotDetectionSettings {
    /// On one line, for people.
    var text: String {
        let lists = [("allow", allow), ("deny", deny)].compactMap { name, list in
            list.map { "\(name) \($0.patterns) in \($0.automaton.stateCount) states" }
        }
        return (lists + ["missing \(refusesMissing ? "deny" : "allow")"]).joined(separator: ", ")
    }
}
