internal import GatewayIR

/// How much of the tree the lookup of one request visits at worst. A walk that finds nothing behind a literal comes
/// back to try a constraint or a capture, so ways multiply where many levels have both; the gateway gives up beyond a
/// bound, and no spec that builds may come to it.
struct LookupCost {
    /// `TableLayout.lookupVisitCountMax`.
    static let visitCountMax = 4096

    /// By root of the tree, a bound on the nodes that a walk from there visits; saturating.
    private let costs: [Int]

    init(_ trie: RouteTrie, _ relations: inout ConstraintRelations) {
        let saturation = 1 << 30
        var costs = [Int](repeating: 1, count: trie.nodeCount)
        var literalMax = [Int](repeating: 0, count: trie.nodeCount)
        // Children come behind their parents.
        for node in stride(from: trie.nodeCount - 1, through: 0, by: -1) {
            var cost = 1 + literalMax[node]
            if let capture = trie.captureChild(node) { cost += costs[capture] }
            cost += LookupCost.constrained(trie.constrainedChildren(node), costs, &relations)
            costs[node] = min(cost, saturation)
            if let parent = trie.parent(of: node), case .literal = trie.kind(of: node) {
                literalMax[parent] = max(literalMax[parent], costs[node])
            }
        }
        self.costs = costs
    }

    /// The constraints that take one segment overlap each other pair by pair: those that overlap one of them bound it.
    private static func constrained(
        _ children: [(constraint: Int, node: Int)],
        _ costs: [Int],
        _ relations: inout ConstraintRelations
    ) -> Int {
        guard children.count > 1 else { return children.first.map { costs[$0.node] } ?? 0 }
        var most = 0
        for child in children {
            var sum = 0
            for other in children where relations.commonSegment(child.constraint, other.constraint) != nil {
                sum += costs[other.node]
            }
            most = max(most, sum)
        }
        return most
    }

    /// The greatest number of nodes that the lookup of one request visits, over the hosts that it may match.
    ///
    /// - Parameter roots: by host, ascending by its text.
    func worst(_ roots: [(host: HostPattern, root: Int)]) -> (count: Int, root: Int) {
        var (exact, wildcard, any) = (0, 0, 0)
        var worst = (count: 0, root: 0)
        for (host, root) in roots {
            let cost = costs[root]
            if cost > worst.count { worst = (cost, root) }
            switch host {
            case .exact: exact = max(exact, cost)
            case .wildcard(let suffix): wildcard = max(wildcard, cost * LookupCost.nesting(of: suffix, roots))
            case .any: any = cost
            }
        }
        return (exact + wildcard + any, worst.root)
    }

    /// How many wildcards match what a wildcard matches, itself included.
    private static func nesting(of suffix: String, _ roots: [(host: HostPattern, root: Int)]) -> Int {
        var count = 1
        for case (.wildcard(let other), _) in roots where suffix.hasSuffix("." + other) { count += 1 }
        return count
    }
}

extension Diagnostic {
    static func lookupTooCostly(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .tooManyOfRoutes,
            "routes overlap on so many levels that one request could cost more than \(LookupCost.visitCountMax) steps",
            at: span,
            help: "replace captures beside literals by `/**`, on the last levels first"
        )
    }
}
