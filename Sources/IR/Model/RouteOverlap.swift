extension HostPattern {
    /// Whether it takes all hosts that another one takes.
    package func covers(_ other: HostPattern) -> Bool {
        switch (self, other) {
        case (.any, _): true
        case (.wildcard(let suffix), .exact(let name)): name.hasSuffix("." + suffix)
        case (.wildcard(let suffix), .wildcard(let inner)): inner == suffix || inner.hasSuffix("." + suffix)
        case (.exact(let one), .exact(let two)): one == two
        case (.wildcard, .any), (.exact, .any), (.exact, .wildcard): false
        }
    }

    /// Whether some host is taken by both: the hosts of two patterns are apart, or those of one are among the other's.
    package func meets(_ other: HostPattern) -> Bool { covers(other) || other.covers(self) }
}

extension Route {
    /// Whether a request can meet the conditions of both on its header fields.
    package func sharesConditions(with other: Route) -> Bool {
        !conditions.contains { condition in
            other.conditions.contains { $0.name == condition.name && $0.value != condition.value }
        }
    }
}

extension KongMatch.Path {
    /// Whether a path may match both. Expressions are not compared: they may.
    package func mayMeet(_ other: KongMatch.Path) -> Bool {
        guard case .prefix(let one) = self, case .prefix(let two) = other else { return true }
        return one.hasPrefix(two) || two.hasPrefix(one)
    }
}
