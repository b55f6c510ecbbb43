internal import GatewayIR

/// Path patterns as a tree, for questions about which patterns overlap or cover another.
///
/// Equal patterns, whatever their captures are called, end at one node. Only what can overlap is ever compared: that
/// keeps the checks near to linear.
struct RouteTrie {
    /// One segment, as far as matching goes.
    enum Step: Hashable {
        case literal(String)
        /// By number in the `ConstraintLibrary`.
        case constrained(Int)
        case capture
        /// One segment of many that a constraint takes: ranks like the constraint, matches like the literal. No pattern
        /// has it; questions do.
        case sample(String)
    }

    /// Where patterns end.
    struct Place: Hashable {
        var node: Int
        var isTail: Bool
    }

    /// A node reached by a walk, and whether the way there is more specific than the pattern asked about.
    struct Arrival: Hashable {
        var node: Int
        var isBetter: Bool
    }

    private struct Node {
        var parent: Int32
        var capture: Int32 = -1
        /// Into `edges`; the edges of a node are a list.
        var firstEdge: Int32 = -1
        /// Into `places`.
        var exact: Int32 = -1
        var tail: Int32 = -1
        var literal: Int32 = -1
        var constraint: Int32 = -1
    }

    private struct Edge {
        var constraint: Int32
        var node: Int32
        var next: Int32
    }

    private var nodes: [Node] = []
    private var edges: [Edge] = []
    private var literals: [String: Int32] = [:]
    private var literalTexts: [String] = []
    /// By parent and literal.
    private var children: [UInt64: Int32] = [:]
    /// Entries that end at one place.
    private var groups: [[Int]] = []
    /// One per group.
    private(set) var places: [Place] = []

    init() {}

    mutating func reserve(_ count: Int) {
        nodes.reserveCapacity(count)
        children.reserveCapacity(count)
        literals.reserveCapacity(count)
        groups.reserveCapacity(count)
        places.reserveCapacity(count)
    }

    // Building.

    mutating func addRoot() -> Int { add(Node(parent: -1)) }

    /// - Parameter constraints: numbers of the pattern's constraints, in order.
    mutating func insert(
        _ entry: Int,
        _ segments: ArraySlice<PathSegment>,
        end: PathPattern.End,
        constraints: [Int],
        at root: Int
    ) {
        var node = root
        var next = 0
        for segment in segments {
            switch segment {
            case .literal(let text): node = literalChild(text, of: node)
            case .capture: node = captureChild(of: node)
            case .constrained:
                node = constrainedChild(constraints[next], of: node)
                next += 1
            }
        }
        switch end {
        case .exact: nodes[node].exact = append(entry, to: nodes[node].exact, Place(node: node, isTail: false))
        case .tail: nodes[node].tail = append(entry, to: nodes[node].tail, Place(node: node, isTail: true))
        }
    }

    private mutating func append(_ entry: Int, to group: Int32, _ place: Place) -> Int32 {
        if group >= 0 {
            groups[Int(group)].append(entry)
            return group
        }
        groups.append([entry])
        places.append(place)
        return Int32(groups.count - 1)
    }

    private mutating func add(_ node: Node) -> Int {
        nodes.append(node)
        return nodes.count - 1
    }

    private mutating func literalChild(_ text: String, of parent: Int) -> Int {
        let literal: Int32
        if let known = literals[text] {
            literal = known
        } else {
            literal = Int32(literalTexts.count)
            literals[text] = literal
            literalTexts.append(text)
        }
        let key = RouteTrie.key(parent, literal)
        if let child = children[key] { return Int(child) }
        let child = add(Node(parent: Int32(parent), literal: literal))
        children[key] = Int32(child)
        return child
    }

    private mutating func captureChild(of parent: Int) -> Int {
        if nodes[parent].capture >= 0 { return Int(nodes[parent].capture) }
        let child = add(Node(parent: Int32(parent)))
        nodes[parent].capture = Int32(child)
        return child
    }

    private mutating func constrainedChild(_ constraint: Int, of parent: Int) -> Int {
        var edge = nodes[parent].firstEdge
        while edge >= 0 {
            if edges[Int(edge)].constraint == Int32(constraint) { return Int(edges[Int(edge)].node) }
            edge = edges[Int(edge)].next
        }
        let child = add(Node(parent: Int32(parent), constraint: Int32(constraint)))
        edges.append(Edge(constraint: Int32(constraint), node: Int32(child), next: nodes[parent].firstEdge))
        nodes[parent].firstEdge = Int32(edges.count - 1)
        return child
    }

    private static func key(_ parent: Int, _ literal: Int32) -> UInt64 {
        UInt64(UInt32(truncatingIfNeeded: parent)) << 32 | UInt64(UInt32(bitPattern: literal))
    }

    // Reading.

    var nodeCount: Int { nodes.count }
    var hasConstraints: Bool { !edges.isEmpty }

    func entries(at place: Place) -> [Int] {
        let group = place.isTail ? nodes[place.node].tail : nodes[place.node].exact
        return group >= 0 ? groups[Int(group)] : []
    }

    /// The steps from the root to a node, and the root.
    func way(to node: Int) -> (root: Int, steps: [Step]) {
        var steps: [Step] = []
        var node = node
        while nodes[node].parent >= 0 {
            steps.append(step(to: nodes[node]))
            node = Int(nodes[node].parent)
        }
        return (node, steps.reversed())
    }

    private func step(to node: Node) -> Step {
        if node.literal >= 0 { return .literal(literalTexts[Int(node.literal)]) }
        return node.constraint >= 0 ? .constrained(Int(node.constraint)) : .capture
    }

    func parent(of node: Int) -> Int? {
        let parent = nodes[node].parent
        return parent >= 0 ? Int(parent) : nil
    }

    /// How one arrives at a node.
    enum Kind {
        case literal
        case constrained(Int)
        case capture
    }

    /// - Precondition: not of a root.
    func kind(of node: Int) -> Kind {
        if nodes[node].literal >= 0 { return .literal }
        return nodes[node].constraint >= 0 ? .constrained(Int(nodes[node].constraint)) : .capture
    }

    /// The segment that leads to a node, if it is a literal.
    func literal(of node: Int) -> String? {
        let literal = nodes[node].literal
        return literal >= 0 ? literalTexts[Int(literal)] : nil
    }

    func literalChild(_ node: Int, _ text: String) -> Int? {
        guard let literal = literals[text], let child = children[RouteTrie.key(node, literal)] else { return nil }
        return Int(child)
    }

    func captureChild(_ node: Int) -> Int? {
        let child = nodes[node].capture
        return child >= 0 ? Int(child) : nil
    }

    func constrainedChildren(_ node: Int) -> [(constraint: Int, node: Int)] {
        var result: [(constraint: Int, node: Int)] = []
        var edge = nodes[node].firstEdge
        while edge >= 0 {
            result.append((Int(edges[Int(edge)].constraint), Int(edges[Int(edge)].node)))
            edge = edges[Int(edge)].next
        }
        return result
    }
}
