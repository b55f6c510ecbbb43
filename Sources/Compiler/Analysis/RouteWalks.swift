internal import GatewayIR

/// Walks over a tree of patterns that look for those which overlap a pattern or cover it.
///
/// A walk keeps a set of nodes per segment. Its size is bounded; a walk that would grow beyond that gives up, which
/// only ever hides a mistake that is far-fetched.
struct RouteWalks {
    static let frontierCountMax = 2048

    let trie: RouteTrie
    var relations: ConstraintRelations
    /// Nodes that walks have come to.
    private(set) var visitCount = 0
    /// By node with several constrained children: whether no segment is taken by two of them.
    private var disjointness: [Int: Bool] = [:]

    init(trie: RouteTrie, relations: ConstraintRelations) {
        self.trie = trie
        self.relations = relations
    }

    /// Whether a segment leads from a node to at most one constrained child, as in most specs.
    private mutating func areDisjoint(_ children: [(constraint: Int, node: Int)], of node: Int) -> Bool {
        guard children.count > 1 else { return true }
        if let known = disjointness[node] { return known }
        var result = true
        for (index, child) in children.enumerated() {
            for other in children[..<index] where result {
                result = relations.commonSegment(child.constraint, other.constraint) == nil
            }
        }
        disjointness[node] = result
        return result
    }

    /// Whether on the way to a node some segment is taken by another constraint, too.
    mutating func liesBesideOverlap(_ node: Int) -> Bool {
        var node = node
        while let parent = trie.parent(of: node) {
            if case .constrained = trie.kind(of: node), !trie.hasLoneConstraint(parent),
                !areDisjoint(trie.constrainedChildren(parent), of: parent)
            {
                return true
            }
            node = parent
        }
        return false
    }

    /// Places where patterns of the same kinds end whose languages overlap that of `steps`: equal rank, as far as the
    /// path goes.
    mutating func overlapping(_ steps: [RouteTrie.Step], isTail: Bool, from root: Int) -> [RouteTrie.Place] {
        var frontier = [root]
        for step in steps {
            var next: [Int] = []
            for node in frontier {
                switch step {
                case .literal(let text):
                    if let child = trie.literalChild(node, text) { next.append(child) }
                case .capture:
                    if let child = trie.captureChild(node) { next.append(child) }
                case .constrained(let number):
                    for edge in trie.constrainedChildren(node)
                    where relations.commonSegment(number, edge.constraint) != nil { next.append(edge.node) }
                case .sample: break
                }
            }
            guard next.count <= RouteWalks.frontierCountMax else { return [] }
            frontier = next
            visitCount += next.count
        }
        return frontier.map { RouteTrie.Place(node: $0, isTail: isTail) }
    }

    /// What a covering pattern may be like, compared with the covered one.
    enum Wanted {
        /// Any.
        case all
        /// Of better rank by its path alone.
        case better
    }

    /// Entries whose patterns take every path that `steps` take.
    ///
    /// - Parameter extraStepCount: so many of the last steps are beyond the pattern that is compared by rank: having
    ///   any segment there is better.
    mutating func covering(
        _ steps: [RouteTrie.Step],
        isTail: Bool,
        from root: Int,
        _ wanted: Wanted,
        extraStepCount: Int = 0,
        exactIsBetter: Bool = false
    ) -> [Int] {
        var results: [Int] = []
        var frontier = [RouteTrie.Arrival(node: root, isBetter: wanted == .all)]
        for (index, step) in steps.enumerated() {
            var next: [RouteTrie.Arrival] = []
            let isExtra = index >= steps.count - extraStepCount
            for arrival in frontier {
                if arrival.isBetter { results += trie.entries(at: .init(node: arrival.node, isTail: true)) }
                next += successors(of: arrival, step).map {
                    RouteTrie.Arrival(node: $0.node, isBetter: $0.isBetter || isExtra)
                }
            }
            guard !next.isEmpty, next.count <= RouteWalks.frontierCountMax else { return results }
            frontier = next
            visitCount += next.count
        }
        for arrival in frontier {
            if arrival.isBetter { results += trie.entries(at: .init(node: arrival.node, isTail: true)) }
            if !isTail, arrival.isBetter || exactIsBetter {
                results += trie.entries(at: .init(node: arrival.node, isTail: false))
            }
        }
        return results
    }

    /// Whether anything better than the patterns that end at a place could cover them, at a glance: most places have
    /// nothing beside them that could.
    mutating func mayBeHidden(_ place: RouteTrie.Place) -> Bool {
        if place.isTail, trie.entryCount(at: .init(node: place.node, isTail: false)) > 0 { return true }
        var node = place.node
        while let parent = trie.parent(of: node) {
            switch trie.kind(of: node) {
            case .literal: break
            case .capture:
                if trie.constrainedChildren(parent).contains(where: { relations.isUniversal($0.constraint) }) {
                    return true
                }
            case .constrained(let number):
                if !trie.hasLoneConstraint(parent), !areDisjoint(trie.constrainedChildren(parent), of: parent) {
                    return true
                }
                let samples = relations.segments(number) ?? []
                if samples.contains(where: { trie.literalChild(parent, $0) != nil }) { return true }
            }
            node = parent
        }
        return false
    }

    /// Children whose segments take every segment of a step.
    private mutating func successors(of arrival: RouteTrie.Arrival, _ step: RouteTrie.Step) -> [RouteTrie.Arrival] {
        var results: [RouteTrie.Arrival] = []
        let (node, isBetter) = (arrival.node, arrival.isBetter)
        switch step {
        case .literal(let text):
            if let child = trie.literalChild(node, text) { results.append(.init(node: child, isBetter: isBetter)) }
            guard isBetter else { return results }
            for edge in trie.constrainedChildren(node) where relations.accepts(edge.constraint, text) {
                results.append(.init(node: edge.node, isBetter: true))
            }
        case .sample(let text):
            if let child = trie.literalChild(node, text) { results.append(.init(node: child, isBetter: true)) }
            for edge in trie.constrainedChildren(node) where relations.accepts(edge.constraint, text) {
                results.append(.init(node: edge.node, isBetter: isBetter))
            }
            guard isBetter else { return results }
        case .constrained(let number):
            if let only = relations.segments(number), only.count == 1, let child = trie.literalChild(node, only[0]) {
                results.append(.init(node: child, isBetter: true))
            }
            for edge in trie.constrainedChildren(node) where relations.contains(edge.constraint, number) {
                results.append(.init(node: edge.node, isBetter: isBetter))
            }
            guard isBetter else { return results }
        case .capture:
            for edge in trie.constrainedChildren(node) where relations.isUniversal(edge.constraint) {
                results.append(.init(node: edge.node, isBetter: true))
            }
        }
        if let child = trie.captureChild(node) { results.append(.init(node: child, isBetter: isBetter)) }
        return results
    }
}
