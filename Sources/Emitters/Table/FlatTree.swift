internal import GatewayIR
internal import GatewayTable

/// The tree of paths as the table stores it: nodes in the order of a walk, chains of segments at which nothing ends or
/// branches joined into one label, the routes of each end side by side.
struct FlatTree {
    /// The tree of a host.
    struct HostTree {
        var root: UInt32
        var wholePathEdges = RangeRecord()
        /// Routes here have ranks of their own, so that the best is searched among all that match.
        var isExhaustive = false
    }

    private(set) var roots: [HostTree] = []
    private(set) var nodes: [TreeNodeRecord] = []
    private(set) var extras: [NodeExtraRecord] = []
    private(set) var constrainedEdges: [ConstrainedEdgeRecord] = []
    private(set) var prefixEdges: [PrefixEdgeRecord] = []
    private(set) var wholePathEdges: [WholePathEdgeRecord] = []
    private(set) var routes: [RouteRecord] = []
    private(set) var routeTexts: [RouteTextRecord] = []

    private static let brace = UInt8(ascii: "{")
    /// The label of the node that is being added; kept for its capacity.
    private var joined: [UInt8] = []
    private let tree: PathTree
    private var table: RouteTables
    private let gateway: Gateway

    /// - Parameters:
    ///   - hostRoots: the roots in `tree`, in the order of the table's hosts.
    ///   - table: the routes' records, complete but for what this decides.
    init(_ tree: PathTree, hostRoots: [Int32], _ table: RouteTables, _ gateway: Gateway, _ text: inout TextPool) {
        self.tree = tree
        self.table = table
        self.gateway = gateway
        nodes.reserveCapacity(tree.nodes.count)
        routes.reserveCapacity(gateway.routes.count)
        for root in hostRoots {
            var host = HostTree(root: UInt32(nodes.count))
            let prefixCount = prefixEdges.count
            _ = add(root, under: TableLayout.none, &text)
            addLanguages(of: root, to: &host, &text)
            host.isExhaustive = prefixEdges.count > prefixCount || host.wholePathEdges.count > 0
            roots.append(host)
        }
    }

    /// Adds the routes of a host that match by languages of whole paths.
    private mutating func addLanguages(of root: Int32, to host: inout HostTree, _ text: inout TextPool) {
        let groups = tree.languages[root] ?? []
        host.wholePathEdges = RangeRecord(first: UInt32(wholePathEdges.count), count: UInt32(groups.count))
        for group in groups {
            var edge = WholePathEdgeRecord()
            edge.automatonAndFlag = group.automaton | (group.isWhole ? 0 : WholePathEdgeRecord.beginningFlag)
            edge.route = UInt32(routes.count)
            _ = addGroup(group.route, at: host.root, &text)
            wholePathEdges.append(edge)
        }
    }

    /// Adds the routes of a node whose paths go on by bytes.
    private mutating func addPrefixes(of node: Int32, at number: UInt32, _ text: inout TextPool) {
        let groups = (tree.prefixes[node] ?? []).sorted { $0.prefix.utf8.lexicographicallyPrecedes($1.prefix.utf8) }
        for (position, group) in groups.enumerated() {
            var edge = PrefixEdgeRecord()
            edge.prefix = text.add(group.prefix)
            edge.routeAndFlag = UInt32(routes.count)
            if position == groups.count - 1 { edge.routeAndFlag |= PrefixEdgeRecord.isLastFlag }
            _ = addGroup(group.route, at: number, &text)
            prefixEdges.append(edge)
        }
    }

    /// Adds a node, joined with the segments that follow it without a choice, and all below it.
    ///
    /// The capture comes right behind its parent: a request that takes it has its record at hand.
    ///
    /// - Returns: the node's number.
    private mutating func add(_ first: Int32, under parent: UInt32, _ text: inout TextPool) -> UInt32 {
        let number = UInt32(nodes.count)
        var record = TreeNodeRecord()
        record.parent = parent
        let last = label(first, &record, &text)
        nodes.append(record)
        let node = tree.nodes[Int(last)]
        let routesStart = UInt32(routes.count)
        if addGroup(node.exact, at: number, &text) { record.kind |= TreeNodeRecord.hasExactFlag }
        if addGroup(node.tail, at: number, &text) { record.kind |= TreeNodeRecord.hasTailFlag }
        let firstRoute = routes.count > Int(routesStart) ? routesStart : TableLayout.none
        record.link = firstRoute
        if let extra = addExtra(node, firstRoute: firstRoute) {
            record.kind |= TreeNodeRecord.hasExtraFlag
            record.link = extra
            if node.hasPrefixes { addPrefixes(of: last, at: number, &text) }
        }
        if node.capture != PathTree.none {
            record.kind |= TreeNodeRecord.hasCaptureFlag
            _ = add(node.capture, under: number, &text)
        }
        if node.firstLiteral != PathTree.none {
            record.kind |= TreeNodeRecord.hasLiteralsFlag
            for child in literalChildren(of: node) { _ = add(child, under: number, &text) }
        }
        if record.kind & TreeNodeRecord.hasExtraFlag != 0 { addConstrained(node, of: record.link, at: number, &text) }
        nodes[Int(number)] = record
        return number
    }

    /// Writes how one arrives at a node, and by what label.
    ///
    /// - Returns: the last of the nodes whose segments the label joins.
    private mutating func label(_ first: Int32, _ record: inout TreeNodeRecord, _ text: inout TextPool) -> Int32 {
        var last = first
        var kind: TreeNodeKind
        switch tree.nodes[Int(first)].arrival {
        case .root:
            record.kind = TreeNodeKind.root.rawValue
            return first
        case .literal: kind = .literal
        case .capture: kind = .capture
        case .constrained: kind = .constrained
        }
        joined.removeAll(keepingCapacity: true)
        joined += tree.segments[tree.nodes[Int(first)].segment]
        // In a label with captures, a segment that begins with a brace is one: literal braces stay apart from captures.
        var hasLiteralBrace = kind == .literal && joined.first == FlatTree.brace
        var segmentCount = 1
        while kind != .constrained, let next = onlyChild(of: tree.nodes[Int(last)]) {
            let segment = tree.segments[tree.nodes[Int(next)].segment]
            guard joined.count + 1 + segment.count <= Int(UInt16.max) else { break }
            if tree.nodes[Int(next)].arrival == .capture {
                if hasLiteralBrace { break }
                if kind == .literal { kind = .pattern }
            } else if segment.first == FlatTree.brace {
                guard kind == .literal else { break }
                hasLiteralBrace = true
            }
            joined.append(UInt8(ascii: "/"))
            joined += segment
            segmentCount += 1
            last = next
        }
        precondition(joined.count <= Int(UInt16.max), "a segment has at most 65 535 bytes")
        let reference = text.add(joined)
        record.labelOffset = reference.offset
        record.labelByteCount = UInt16(reference.count)
        record.labelSegmentCount = UInt8(segmentCount)
        record.kind = kind.rawValue
        return last
    }

    /// The child to which a request has to go from here, because nothing ends here and nothing else is below.
    private func onlyChild(of node: PathTree.Node) -> Int32? {
        guard node.exact == PathTree.none, node.tail == PathTree.none, node.mount == TableLayout.none,
            node.firstConstrained == PathTree.none, !node.hasPrefixes
        else { return nil }
        if node.literalCount == 1, node.capture == PathTree.none { return node.firstLiteral }
        return node.literalCount == 0 && node.capture != PathTree.none ? node.capture : nil
    }

    /// Ascending by bytes.
    private func literalChildren(of node: PathTree.Node) -> [Int32] {
        if node.literalCount == 1 { return [node.firstLiteral] }
        // A closure that knows `self` would copy all of it.
        let (tree, segments) = (tree.nodes, tree.segments)
        var children: [(key: UInt64, node: Int32)] = []
        children.reserveCapacity(Int(node.literalCount))
        var child = node.firstLiteral
        while child != PathTree.none {
            let segment = segments[tree[Int(child)].segment]
            children.append((segment.prefix(8).reduce(into: 0) { $0 = $0 << 8 | UInt64($1) }, child))
            children[children.count - 1].key <<= UInt64(8 * (8 - min(segment.count, 8)))
            child = tree[Int(child)].next
        }
        // Most segments differ in their first eight bytes, which compare as one integer.
        children.sort {
            if $0.key != $1.key { return $0.key < $1.key }
            return segments[tree[Int($0.node)].segment].lexicographicallyPrecedes(
                segments[tree[Int($1.node)].segment]
            )
        }
        return children.map(\.node)
    }

    /// Adds a node's mount and reserves its constrained edges.
    ///
    /// - Returns: the number of the record, if the node needs one.
    private mutating func addExtra(_ node: PathTree.Node, firstRoute: UInt32) -> UInt32? {
        guard node.mount != TableLayout.none || node.firstConstrained != PathTree.none || node.hasPrefixes else {
            return nil
        }
        var extra = NodeExtraRecord()
        extra.routes = firstRoute
        if node.hasPrefixes { extra.prefixes = UInt32(prefixEdges.count) }
        extra.mount = node.mount
        var child = node.firstConstrained
        if child != PathTree.none { extra.constrained = UInt32(constrainedEdges.count) }
        // The edges of a node are neighbours, whatever is below their children.
        while child != PathTree.none {
            guard case .constrained(let automaton) = tree.nodes[Int(child)].arrival else {
                preconditionFailure("only constrained nodes are listed here")
            }
            var edge = ConstrainedEdgeRecord()
            edge.automatonAndFlag = automaton
            child = tree.nodes[Int(child)].next
            if child == PathTree.none { edge.automatonAndFlag |= ConstrainedEdgeRecord.isLastFlag }
            constrainedEdges.append(edge)
        }
        extras.append(extra)
        return UInt32(extras.count - 1)
    }

    /// Adds a node's constrained children and lets the reserved edges lead to them.
    private mutating func addConstrained(
        _ node: PathTree.Node,
        of extra: UInt32,
        at number: UInt32,
        _ text: inout TextPool
    ) {
        var child = node.firstConstrained
        var edge = Int(extras[Int(extra)].constrained)
        while child != PathTree.none {
            constrainedEdges[edge].node = add(child, under: number, &text)
            child = tree.nodes[Int(child)].next
            edge += 1
        }
    }

    /// Adds the routes of one end, best rank first.
    ///
    /// - Parameter first: the first of a list in `tree.nextRoute`.
    /// - Returns: whether there are some.
    private mutating func addGroup(_ first: Int32, at node: UInt32, _ text: inout TextPool) -> Bool {
        guard first != PathTree.none else { return false }
        guard tree.nextRoute[Int(first)] != PathTree.none else {
            // By far the most are alone.
            if gateway.routes[Int(first)].kong == nil { table.letHeadFollowGet(Int(first)) }
            addRoute(Int(first), at: node, isLast: true, &text)
            return true
        }
        var group: [Int] = []
        var index = first
        while index != PathTree.none {
            group.append(Int(index))
            index = tree.nextRoute[Int(index)]
        }
        if gateway.routes[group[0]].kong == nil { table.letHeadFollowGet(group) }
        group.sort { precedes($0, $1) }
        for (position, index) in group.enumerated() {
            addRoute(index, at: node, isLast: position == group.count - 1, &text)
        }
        return true
    }

    private mutating func addRoute(_ index: Int, at node: UInt32, isLast: Bool, _ text: inout TextPool) {
        var record = table.records[index]
        record.node = node
        if isLast { record.flags |= RouteRecord.isLastFlag }
        if tree.isNamedOtherwise[index] {
            var routeText = RouteTextRecord()
            routeText.route = UInt32(routes.count)
            routeText.text = text.add(gateway.routes[index].pathText)
            routeTexts.append(routeText)
        }
        routes.append(record)
    }

    /// Best rank first; equal ranks, which never match the same request, by version, methods and place in the spec.
    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let one = table.records[left]
        let other = table.records[right]
        if one.rank != other.rank { return one.rank > other.rank }
        let versions = (gateway.routes[left].version, gateway.routes[right].version)
        if versions.0 != versions.1 { return versions.0 < versions.1 }
        if one.methods != other.methods { return one.methods < other.methods }
        return left < right
    }
}
