internal import GatewayIR
internal import GatewayTable

/// The tree of paths while it grows: one node per segment. `FlatTree` joins and numbers them.
struct PathTree {
    /// No node, no route.
    static let none: Int32 = -1

    /// How one arrives at a node.
    enum Arrival: Equatable {
        case root
        case literal
        case capture
        /// By the automaton with this number.
        case constrained(UInt32)
    }

    /// A node. Children and routes hang on it as linked lists: a tree of a hundred thousand nodes is one array.
    struct Node {
        var arrival: Arrival
        /// The segment as first written, a number in `segments`; 0 and meaningless for roots.
        var segment: UInt32 = 0
        var firstLiteral = PathTree.none
        var literalCount: Int32 = 0
        var firstConstrained = PathTree.none
        var capture = PathTree.none
        /// The next among the literal or constrained children of the parent.
        var next = PathTree.none
        /// First of the routes that end here, as an index into `Gateway.routes`; they go on in `nextRoute`.
        var exact = PathTree.none
        var tail = PathTree.none
        /// Whether routes go on from here by bytes: they are in `prefixes`.
        var hasPrefixes = false
        /// Index into the records of mounts.
        var mount: UInt32 = TableLayout.none
    }

    /// Routes whose paths go on with the same bytes.
    struct PrefixGroup {
        var prefix: String
        /// First of the routes.
        var route: Int32
    }

    /// Routes whose whole path, or its beginning, is in a language.
    struct LanguageGroup {
        var automaton: UInt32
        var isWhole: Bool
        /// First of the routes.
        var route: Int32
    }

    private(set) var nodes: [Node] = []
    /// Every segment as written: `orders`, `{id}`, `{id:[0-9]+}`.
    private(set) var segments = TextPool()
    /// Per route, the next one with the same end.
    private(set) var nextRoute: [Int32]
    /// Per route, whether its captures are named otherwise than its nodes say.
    private(set) var isNamedOtherwise: [Bool]
    let automata: AutomatonTable
    /// By node. Only ever asked for a value, never walked.
    private(set) var prefixes: [Int32: [PrefixGroup]] = [:]
    /// By root. Only ever asked for a value, never walked.
    private(set) var languages: [Int32: [LanguageGroup]] = [:]
    private var literals = Children()
    /// Numbers in `segments` of captures by their names. Only ever asked for a value, never walked.
    private var captureSegments: [String: UInt32] = [:]
    /// The last constrained segment: neighbours mostly have the same.
    private var lastConstrained: (name: String, source: String, segment: UInt32, automaton: UInt32)?
    /// The literals that the last path began with: neighbours mostly begin alike.
    private var lastRoot = PathTree.none
    private var lastLiterals: [(text: String, node: Int32)] = []

    /// - Parameter automata: those of the gateway.
    init(routeCount: Int, _ automata: AutomatonTable) {
        self.automata = automata
        nextRoute = [Int32](repeating: PathTree.none, count: routeCount)
        isNamedOtherwise = [Bool](repeating: false, count: routeCount)
    }

    /// A new root.
    mutating func addRoot() -> Int32 {
        nodes.append(Node(arrival: .root))
        return Int32(nodes.count - 1)
    }

    /// Hangs a route at the end of its path.
    mutating func add(route: Int, _ path: PathPattern, under root: Int32) {
        var depth = 0
        var node = beginning(of: path.segments, under: root, &depth)
        while depth < path.segments.count {
            let (child, isNamedAlike) = self.child(path.segments[depth], of: node)
            if !isNamedAlike { isNamedOtherwise[route] = true }
            node = child
            depth += 1
        }
        switch path.end {
        case .exact:
            nextRoute[route] = nodes[Int(node)].exact
            nodes[Int(node)].exact = Int32(route)
        case .tail(let name):
            if name != nil { isNamedOtherwise[route] = true }
            nextRoute[route] = nodes[Int(node)].tail
            nodes[Int(node)].tail = Int32(route)
        }
    }

    /// The node behind the literals that a path begins with.
    ///
    /// - Parameter depth: becomes their number.
    private mutating func beginning(of path: [PathSegment], under root: Int32, _ depth: inout Int) -> Int32 {
        if lastRoot != root { lastLiterals.removeAll(keepingCapacity: true) }
        lastRoot = root
        var node = root
        while depth < path.count, case .literal(let text) = path[depth] {
            // Literals are ASCII, so that texts that Unicode holds for equal have the same bytes.
            if depth < lastLiterals.count, lastLiterals[depth].text == text {
                node = lastLiterals[depth].node
            } else {
                node = literal(segments.number(text), of: node)
                if depth < lastLiterals.count { lastLiterals.removeSubrange(depth...) }
                lastLiterals.append((text, node))
            }
            depth += 1
        }
        return node
    }

    /// Hangs a route that matches by bytes at the last node whose segments are whole.
    mutating func add(route: Int, _ match: KongMatch, under root: Int32) {
        isNamedOtherwise[route] = true
        switch match.path {
        case .prefix(let prefix):
            var node = root
            var parts = prefix.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)[
                ...
            ]
            while parts.count > 1, let part = parts.popFirst() {
                node = literal(segments.number(String(decoding: part, as: UTF8.self)), of: node)
            }
            let last = "/" + (parts.first.map { String(decoding: $0, as: UTF8.self) } ?? "")
            var groups = prefixes[node] ?? []
            if let index = groups.firstIndex(where: { $0.prefix == last }) {
                nextRoute[route] = groups[index].route
                groups[index].route = Int32(route)
            } else {
                groups.append(PrefixGroup(prefix: last, route: Int32(route)))
            }
            prefixes[node] = groups
            nodes[Int(node)].hasPrefixes = true
        case .regex(let automaton, let isWhole):
            let number = automata.number(of: automaton)
            var groups = languages[root] ?? []
            if let index = groups.firstIndex(where: { $0.automaton == number && $0.isWhole == isWhole }) {
                nextRoute[route] = groups[index].route
                groups[index].route = Int32(route)
            } else {
                groups.append(LanguageGroup(automaton: number, isWhole: isWhole, route: Int32(route)))
            }
            languages[root] = groups
        }
    }

    /// Hangs a mount at the end of its prefix; of two at one place, the first stays.
    mutating func add(mount: UInt32, _ prefix: PathPattern, under root: Int32) {
        var node = root
        for segment in prefix.segments { node = child(segment, of: node).child }
        if nodes[Int(node)].mount == TableLayout.none { nodes[Int(node)].mount = mount }
    }

    /// The child for a segment, made if it is not there, and whether it is named as the segment names it.
    private mutating func child(_ segment: PathSegment, of parent: Int32) -> (child: Int32, isNamedAlike: Bool) {
        switch segment {
        case .literal(let text):
            return (literal(segments.number(text), of: parent), true)
        case .capture(let name):
            return capture(captureSegment(name), of: parent)
        case .constrained(let name, let automaton):
            if let last = lastConstrained, last.name == name, last.source == automaton.source {
                return constrained(last.segment, last.automaton, of: parent)
            }
            let segment = segments.number("{\(name):\(automaton.source)}")
            let number = automata.number(of: automaton)
            lastConstrained = (name, automaton.source, segment, number)
            return constrained(segment, number, of: parent)
        }
    }

    private mutating func captureSegment(_ name: String) -> UInt32 {
        if let known = captureSegments[name] { return known }
        let number = segments.number("{\(name)}")
        captureSegments[name] = number
        return number
    }

    private mutating func literal(_ segment: UInt32, of parent: Int32) -> Int32 {
        if let known = literals.find(parent: parent, segment: segment) { return known }
        var node = Node(arrival: .literal, segment: segment)
        node.next = nodes[Int(parent)].firstLiteral
        let child = append(node)
        nodes[Int(parent)].firstLiteral = child
        nodes[Int(parent)].literalCount += 1
        literals.insert(child, parent: parent, segment: segment)
        return child
    }

    private mutating func capture(_ segment: UInt32, of parent: Int32) -> (Int32, Bool) {
        let known = nodes[Int(parent)].capture
        if known != PathTree.none { return (known, nodes[Int(known)].segment == segment) }
        let child = append(Node(arrival: .capture, segment: segment))
        nodes[Int(parent)].capture = child
        return (child, true)
    }

    private mutating func constrained(_ segment: UInt32, _ number: UInt32, of parent: Int32) -> (Int32, Bool) {
        var last = PathTree.none
        var known = nodes[Int(parent)].firstConstrained
        while known != PathTree.none {
            if nodes[Int(known)].arrival == .constrained(number) {
                return (known, nodes[Int(known)].segment == segment)
            }
            last = known
            known = nodes[Int(known)].next
        }
        let child = append(Node(arrival: .constrained(number), segment: segment))
        if last == PathTree.none {
            nodes[Int(parent)].firstConstrained = child
        } else {
            nodes[Int(last)].next = child
        }
        return (child, true)
    }

    private mutating func append(_ node: Node) -> Int32 {
        nodes.append(node)
        return Int32(nodes.count - 1)
    }
}

/// Literal children by parent and segment: open addressing, at most half full.
private struct Children {
    private struct Entry {
        var parent: Int32 = PathTree.none
        var segment: UInt32 = 0
        var child: Int32 = PathTree.none
    }

    private var slots = [Entry](repeating: Entry(), count: 1024)
    private var count = 0

    func find(parent: Int32, segment: UInt32) -> Int32? {
        var slot = home(parent, segment)
        while slots[slot].child != PathTree.none {
            if slots[slot].parent == parent, slots[slot].segment == segment { return slots[slot].child }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    mutating func insert(_ child: Int32, parent: Int32, segment: UInt32) {
        place(Entry(parent: parent, segment: segment, child: child))
        count += 1
        guard 2 * count > slots.count else { return }
        let old = slots
        slots = [Entry](repeating: Entry(), count: 2 * old.count)
        for entry in old where entry.child != PathTree.none { place(entry) }
    }

    private mutating func place(_ entry: Entry) {
        var slot = home(entry.parent, entry.segment)
        while slots[slot].child != PathTree.none { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = entry
    }

    private func home(_ parent: Int32, _ segment: UInt32) -> Int {
        let key = UInt64(UInt32(bitPattern: parent)) << 32 | UInt64(segment)
        let product = key.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: product.high ^ product.low) & (slots.count - 1)
    }
}
