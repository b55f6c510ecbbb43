internal import GatewayIR

/// A stretch of the space of hosts and paths that belongs to one spec of a link: that of a route, or one that is owned.
struct Territory {
    var host: HostPattern
    var path: PathPattern
    /// Numbers of the path's constraints, in the order of its segments.
    var constraints: [Int]
    /// Index into `Linkage.units`.
    var unit: Int
}

/// Looks for territories of different specs that some request lies in both, whatever their rank.
///
/// Two walks go down the tree of paths together, to every pair of nodes that one path can lead to. What belongs to one
/// spec alone is not entered: where specs keep apart, that is nearly everything.
struct OverlapSearch {
    /// Pairs of nodes and of territories that are looked at. Specs that keep apart need a few for each of their APIs.
    static let visitCountMax = 20_000_000

    /// Owner of a subtree with territories of several specs.
    private static let mixed = -1
    private static let nobody = -2

    private let territories: [Territory]
    private var trie = RouteTrie()
    private var relations: ConstraintRelations
    private var roots: [HostPattern: Int] = [:]
    /// By node: the spec that everything at and below it belongs to.
    private var owners: [Int] = []
    private var children: [[Int]] = []
    private(set) var visitCount = 0
    private var found: (Int, Int) -> Void

    var isExhausted: Bool { visitCount > Self.visitCountMax }

    init(_ territories: [Territory], _ constraints: ConstraintLibrary, found: @escaping (Int, Int) -> Void) {
        self.territories = territories
        self.found = found
        relations = ConstraintRelations(constraints)
        trie.reserve(territories.count)
        for (index, territory) in territories.enumerated() {
            let root = roots[territory.host] ?? trie.addRoot()
            roots[territory.host] = root
            trie.insert(
                index,
                territory.path.segments[...],
                end: territory.path.end,
                constraints: territory.constraints,
                at: root
            )
        }
        findOwners()
    }

    private mutating func findOwners() {
        owners = Array(repeating: Self.nobody, count: trie.nodeCount)
        children = Array(repeating: [], count: trie.nodeCount)
        for place in trie.places {
            for entry in trie.entries(at: place) { claim(place.node, territories[entry].unit) }
        }
        // Children have higher numbers than their parents.
        for node in stride(from: trie.nodeCount - 1, through: 0, by: -1) {
            guard let parent = trie.parent(of: node) else { continue }
            claim(parent, owners[node])
            children[parent].append(node)
        }
    }

    private mutating func claim(_ node: Int, _ unit: Int) {
        owners[node] = owners[node] == Self.nobody || owners[node] == unit ? unit : Self.mixed
    }

    /// Hands all pairs to `found`, each once.
    mutating func run() {
        let hosts = roots.keys.sorted { $0.text < $1.text }
        for host in hosts {
            guard let root = roots[host] else { continue }
            walk(root, root)
            for wider in host.wider {
                if let other = roots[wider] { walk(root, other) }
            }
        }
    }

    private mutating func walk(_ left: Int, _ right: Int) {
        visitCount += 1
        let owner = owners[left]
        guard owner == Self.mixed || owner != owners[right], !isExhausted else { return }
        compare(at: left, right)
        if left == right {
            for (index, child) in children[left].enumerated() {
                walk(child, child)
                // Two literals are never the same.
                if case .literal = trie.kind(of: child) { continue }
                for (other, sibling) in children[left].enumerated() where other != index {
                    if case .literal = trie.kind(of: sibling) {
                        if canMeet(child, sibling) { walk(child, sibling) }
                    } else if other < index, canMeet(child, sibling) {
                        walk(child, sibling)
                    }
                }
            }
            return
        }
        for child in children[left] {
            if let text = trie.literal(of: child), let same = trie.literalChild(right, text) { walk(child, same) }
            for other in children[right] where !bothLiteral(child, other) && canMeet(child, other) {
                walk(child, other)
            }
        }
    }

    private func bothLiteral(_ left: Int, _ right: Int) -> Bool {
        guard case .literal = trie.kind(of: left), case .literal = trie.kind(of: right) else { return false }
        return true
    }

    /// Whether some segment leads to both; two literals are not asked about.
    private mutating func canMeet(_ left: Int, _ right: Int) -> Bool {
        switch (trie.kind(of: left), trie.kind(of: right)) {
        case (.capture, _), (_, .capture): true
        case (.constrained(let number), .constrained(let other)): relations.commonSegment(number, other) != nil
        case (.constrained(let number), .literal):
            trie.literal(of: right).map { relations.accepts(number, $0) } ?? false
        case (.literal, .constrained(let number)): trie.literal(of: left).map { relations.accepts(number, $0) } ?? false
        case (.literal, .literal): false
        }
    }

    private mutating func compare(at left: Int, _ right: Int) {
        let exact = trie.entries(at: .init(node: left, isTail: false))
        let tail = trie.entries(at: .init(node: left, isTail: true))
        if left == right {
            compareAll(exact)
            compareAll(tail)
            compare(tail, with: exact)
            for entry in tail { for child in children[left] { descend(child, from: entry) } }
            return
        }
        compare(exact, with: trie.entries(at: .init(node: right, isTail: false)))
        let other = trie.entries(at: .init(node: right, isTail: true))
        // A tail takes what ends here and everything below.
        for entry in tail { descend(right, from: entry) }
        compare(exact, with: other)
        for entry in other { for child in children[left] { descend(child, from: entry) } }
    }

    private mutating func compareAll(_ entries: [Int]) {
        for (index, entry) in entries.enumerated() { compare([entry], with: Array(entries[..<index])) }
    }

    private mutating func compare(_ left: [Int], with right: [Int]) {
        for entry in left {
            for other in right {
                visitCount += 1
                guard !isExhausted else { return }
                if territories[entry].unit != territories[other].unit { found(entry, other) }
            }
        }
    }

    private mutating func descend(_ node: Int, from entry: Int) {
        visitCount += 1
        guard owners[node] != territories[entry].unit, !isExhausted else { return }
        compare([entry], with: trie.entries(at: .init(node: node, isTail: false)))
        compare([entry], with: trie.entries(at: .init(node: node, isTail: true)))
        for child in children[node] { descend(child, from: entry) }
    }
}

extension HostPattern {
    /// The other patterns that take all hosts that this one takes.
    var wider: [HostPattern] {
        var name: Substring
        switch self {
        case .any: return []
        case .exact(let host): name = host[...]
        case .wildcard(let suffix): name = suffix[...]
        }
        var result: [HostPattern] = []
        while let dot = name.firstIndex(of: ".") {
            name = name[name.index(after: dot)...]
            result.append(.wildcard(suffix: String(name)))
        }
        return result + [.any]
    }
}
