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
        /// Into `places` and `groups`.
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

    /// Entries that end at one place: mostly one, so that none has an array of its own.
    private struct Group {
        var count: Int32 = 1
        /// Into `links`.
        var first: Int32
        var last: Int32
    }

    private struct Link {
        var entry: Int
        var next: Int32 = -1
    }

    private var nodes: [Node] = []
    private var edges: [Edge] = []
    private var literals: [String: Int32] = [:]
    private var literalTexts: [String] = []
    private var children = LiteralChildren()
    /// One per place.
    private var groups: [Group] = []
    private var links: [Link] = []
    private(set) var places: [Place] = []
    /// The segments of the last pattern, and the nodes on its way, its root first: neighbours mostly begin alike.
    private var lastSegments: ArraySlice<PathSegment> = []
    private var lastNodes: [Int] = []

    init() {}

    mutating func reserve(_ count: Int) {
        nodes.reserveCapacity(count)
        children.reserve(count)
        groups.reserveCapacity(count)
        links.reserveCapacity(count)
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
        let sharedCount = sharedCount(segments, root)
        lastNodes.removeSubrange((sharedCount + 1)...)
        var node = lastNodes[sharedCount]
        var next = 0
        for segment in segments.dropFirst(sharedCount) {
            switch segment {
            case .literal(let text): node = literalChild(text, of: node)
            case .capture: node = captureChild(of: node)
            case .constrained:
                node = constrainedChild(constraints[next], of: node)
                next += 1
            }
            lastNodes.append(node)
        }
        lastSegments = segments
        switch end {
        case .exact: nodes[node].exact = append(entry, to: nodes[node].exact, Place(node: node, isTail: false))
        case .tail: nodes[node].tail = append(entry, to: nodes[node].tail, Place(node: node, isTail: true))
        }
    }

    /// How many literals a pattern and the last one begin with alike.
    private mutating func sharedCount(_ segments: ArraySlice<PathSegment>, _ root: Int) -> Int {
        guard lastNodes.first == root else {
            lastNodes = [root]
            return 0
        }
        var count = 0
        for (segment, last) in zip(segments, lastSegments) {
            guard case .literal(let text) = segment, case .literal(text) = last else { break }
            count += 1
        }
        return count
    }

    private mutating func append(_ entry: Int, to group: Int32, _ place: Place) -> Int32 {
        let link = Int32(links.count)
        links.append(Link(entry: entry))
        guard group < 0 else {
            links[Int(groups[Int(group)].last)].next = link
            groups[Int(group)].last = link
            groups[Int(group)].count += 1
            return group
        }
        groups.append(Group(first: link, last: link))
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
        if let child = children.find(literal, of: Int32(parent)) { return Int(child) }
        let child = add(Node(parent: Int32(parent), literal: literal))
        children.insert(Int32(child), literal, of: Int32(parent))
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

    // Reading.

    var nodeCount: Int { nodes.count }
    var hasConstraints: Bool { !edges.isEmpty }

    func entries(at place: Place) -> [Int] {
        let group = group(at: place)
        guard group >= 0 else { return [] }
        var entries: [Int] = []
        entries.reserveCapacity(Int(groups[Int(group)].count))
        var link = groups[Int(group)].first
        while link >= 0 {
            entries.append(links[Int(link)].entry)
            link = links[Int(link)].next
        }
        return entries
    }

    func entryCount(at place: Place) -> Int {
        let group = group(at: place)
        return group >= 0 ? Int(groups[Int(group)].count) : 0
    }

    private func group(at place: Place) -> Int32 {
        place.isTail ? nodes[place.node].tail : nodes[place.node].exact
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
        guard let literal = literals[text], let child = children.find(literal, of: Int32(node)) else { return nil }
        return Int(child)
    }

    func captureChild(_ node: Int) -> Int? {
        let child = nodes[node].capture
        return child >= 0 ? Int(child) : nil
    }

    /// Whether at most one constrained child is below a node.
    func hasLoneConstraint(_ node: Int) -> Bool {
        let edge = nodes[node].firstEdge
        return edge < 0 || edges[Int(edge)].next < 0
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

/// Literal children by parent and number of the literal: open addressing, at most half full.
private struct LiteralChildren {
    private struct Entry {
        var parent: Int32 = -1
        var literal: Int32 = -1
        var child: Int32 = -1
    }

    /// A power of two of them.
    private var slots = [Entry](repeating: Entry(), count: 16)
    private var count = 0

    mutating func reserve(_ count: Int) {
        while slots.count < 2 * count { grow() }
    }

    func find(_ literal: Int32, of parent: Int32) -> Int32? {
        var slot = home(literal, parent)
        while slots[slot].child >= 0 {
            if slots[slot].parent == parent, slots[slot].literal == literal { return slots[slot].child }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    mutating func insert(_ child: Int32, _ literal: Int32, of parent: Int32) {
        place(Entry(parent: parent, literal: literal, child: child))
        count += 1
        if 2 * count > slots.count { grow() }
    }

    private mutating func grow() {
        let old = slots
        slots = [Entry](repeating: Entry(), count: 2 * old.count)
        for entry in old where entry.child >= 0 { place(entry) }
    }

    private mutating func place(_ entry: Entry) {
        var slot = home(entry.literal, entry.parent)
        while slots[slot].child >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = entry
    }

    private func home(_ literal: Int32, _ parent: Int32) -> Int {
        let key = UInt64(UInt32(bitPattern: parent)) << 32 | UInt64(UInt32(bitPattern: literal))
        let product = key.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: product.high ^ product.low) & (slots.count - 1)
    }
}
