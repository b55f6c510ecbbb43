extension TableView {
    /// The tree of paths: parents before children, children that are where they are looked for, routes that end where
    /// they say. What the labels say, and that literal children are found, is seen by `validateLabels`.
    func validateTree() throws(TableError) {
        var walk = TreeWalk(nodeCount: treeNodes.count)
        for index in 0..<treeNodes.count {
            let node = unsafe treeNodes.pointer(UInt32(index)).pointee
            try validateArrival(node, index, &walk)
            try validateChildren(node, index, &walk)
            try validateEnds(node, index, &walk)
        }
        for index in 0..<hosts.count {
            let range = hosts[index].wholePathEdges
            for edge in range.first..<range.first + range.count {
                try check(
                    wholePathEdges[edge].automaton,
                    below: automata.count,
                    .wholePathEdges,
                    Int(edge),
                    "automaton"
                )
                _ = try validateGroup(wholePathEdges[edge].route, of: Int(hosts[index].root), captureCount: 1, &walk)
            }
        }
        guard walk.constrainedCount == constrainedEdges.count, walk.prefixCount == prefixEdges.count else {
            throw .outOfRange(section: "nodeExtras", record: nodeExtras.count, field: "constrained, prefixes")
        }
        try require(walk.routeCount == routes.count, .routes, walk.routeCount, "routes that no path leads to, or two")
    }

    /// How one arrives at a node: from its parent, by its label.
    @inline(__always)
    private func validateArrival(_ node: TreeNodeRecord, _ index: Int, _ walk: inout TreeWalk) throws(TableError) {
        guard let kind = TreeNodeKind(rawValue: node.arrival) else {
            throw .malformed(section: "treeNodes", record: index, what: "unknown kind")
        }
        guard kind != .root else {
            try require(
                node.parent == TableLayout.none && node.labelByteCount == 0 && node.labelSegmentCount == 0,
                .treeNodes,
                index,
                "a root has a parent or a label"
            )
            return
        }
        guard Int(node.parent) < index else { throw .disordered(section: "treeNodes", record: index) }
        try check(node.label, .treeNodes, index, "label")
        let above = walk.places[Int(node.parent)]
        let captureCount = kind == .literal ? 0 : LabelCheck.captureCount(bytes(node.label), kind)
        let place = TreePlace(
            depth: above.depth + UInt16(node.labelSegmentCount),
            captureCount: above.captureCount + UInt16(captureCount)
        )
        try require(
            place.depth <= TableLayout.patternSegmentCountMax && place.captureCount <= TableLayout.captureCountMax,
            .treeNodes,
            index,
            "the path is too deep"
        )
        walk.places[index] = place
        guard kind.isHashed else { return }
        let parent = unsafe treeNodes.pointer(node.parent)
        try require(unsafe parent.pointee.hasLiterals, .treeNodes, index, "its parent does not look for it")
    }

    /// Where a node leads on.
    @inline(__always)
    private func validateChildren(_ node: TreeNodeRecord, _ index: Int, _ walk: inout TreeWalk) throws(TableError) {
        try require(!node.hasLiterals || literalSlots.count > 0, .treeNodes, index, "there are no slots to look in")
        if node.hasCapture { try validateChild(UInt32(index + 1), of: index, .capture) }
        guard node.hasExtra else { return }
        try check(node.link, below: nodeExtras.count, .treeNodes, index, "link")
        let extra = nodeExtras[node.link]
        if extra.mount != TableLayout.none { try check(extra.mount, below: mounts.count, .treeNodes, index, "mount") }
        guard extra.constrained != TableLayout.none else { return }
        // The edges of each node follow those of the node before it: none is walked twice.
        guard Int(extra.constrained) >= walk.constrainedEnd else {
            throw .disordered(section: "treeNodes", record: index)
        }
        var edge = extra.constrained
        while true {
            try check(edge, below: constrainedEdges.count, .treeNodes, index, "constrained")
            let record = constrainedEdges[edge]
            try check(record.automaton, below: automata.count, .constrainedEdges, Int(edge), "automaton")
            try validateChild(record.node, of: index, .constrained)
            walk.constrainedCount += 1
            edge += 1
            if record.isLast { break }
        }
        walk.constrainedEnd = Int(edge)
    }

    /// A child has its parent before it, so that no walk comes back to where it was.
    @inline(__always)
    private func validateChild(_ child: UInt32, of index: Int, _ kind: TreeNodeKind) throws(TableError) {
        try check(child, below: treeNodes.count, .treeNodes, index, "child")
        let node = unsafe treeNodes.pointer(child)
        guard unsafe Int(child) > index && node.pointee.parent == UInt32(index) && node.pointee.arrival == kind.rawValue
        else { throw .malformed(section: "treeNodes", record: index, what: "a child of another node or kind") }
    }

    /// The routes that end at a node.
    @inline(__always)
    private func validateEnds(_ node: TreeNodeRecord, _ index: Int, _ walk: inout TreeWalk) throws(TableError) {
        let captureCount = Int(walk.places[index].captureCount)
        var first = firstRoute(of: node)
        if node.hasExact { first = try validateGroup(first, of: index, captureCount: captureCount, &walk) }
        if node.hasTail {
            try require(captureCount < TableLayout.captureCountMax, .treeNodes, index, "the path has too many captures")
            _ = try validateGroup(first, of: index, captureCount: captureCount + 1, &walk)
        }
        if !node.hasExact, !node.hasTail {
            try require(first == TableLayout.none, .treeNodes, index, "routes that end nowhere")
        }
        guard node.hasExtra, nodeExtras[node.link].prefixes != TableLayout.none else { return }
        var edge = nodeExtras[node.link].prefixes
        guard Int(edge) >= walk.prefixEnd else { throw .disordered(section: "treeNodes", record: index) }
        while true {
            try check(edge, below: prefixEdges.count, .treeNodes, index, "prefixes")
            let record = prefixEdges[edge]
            try check(record.prefix, .prefixEdges, Int(edge), "prefix")
            // What matches is one capture more.
            try require(captureCount < TableLayout.captureCountMax, .prefixEdges, Int(edge), "too many captures")
            _ = try validateGroup(record.route, of: index, captureCount: captureCount + 1, &walk)
            walk.prefixCount += 1
            edge += 1
            if record.isLast { break }
        }
        walk.prefixEnd = Int(edge)
    }

    /// A group of routes: whole, descending by rank, and all of one node.
    ///
    /// - Returns: the route behind the group.
    @inline(__always)
    private func validateGroup(
        _ first: UInt32,
        of node: Int,
        captureCount: Int,
        _ walk: inout TreeWalk
    ) throws(TableError) -> UInt32 {
        try check(first, below: routes.count, .treeNodes, node, "routes")
        try require(first == 0 || routes[first - 1].isLast, .routes, Int(first), "a group begins within another")
        var index = first
        var rank = UInt32.max
        while true {
            // In range: the last route of all ends its group.
            let route = unsafe routes.pointer(index).pointee
            try require(Int(route.node) == node, .routes, Int(index), "it ends at another node")
            try require(
                Int(route.captureCount) == captureCount,
                .routes,
                Int(index),
                "it has other captures than its path"
            )
            guard route.rank <= rank else { throw .disordered(section: "routes", record: Int(index)) }
            rank = route.rank
            walk.routeCount += 1
            index += 1
            if route.isLast { return index }
        }
    }
}

/// Where a node is: the segments and captures from the root to its label's end.
private struct TreePlace {
    // A label has at most 255 segments and 65 535 bytes: the sums of two are in range.
    var depth: UInt16 = 0
    var captureCount: UInt16 = 0
}

/// The places of all nodes: an array that has one owner and so need not ask whether it has.
///
/// The unsafe operations hold because every index is below the count of nodes that it was made for.
@safe
private struct TreePlaces: ~Copyable {
    private let base: UnsafeMutableBufferPointer<TreePlace>

    init(count: Int) {
        unsafe base = .allocate(capacity: count)
        unsafe base.initialize(repeating: TreePlace())
    }

    deinit { unsafe base.deallocate() }

    subscript(node: Int) -> TreePlace {
        get { unsafe base[node] }
        set { unsafe base[node] = newValue }
    }
}

/// What the walk over the tree has seen.
private struct TreeWalk: ~Copyable {
    /// Per node.
    var places: TreePlaces
    /// Routes of all groups.
    var routeCount = 0
    /// Edges of all nodes so far, and where those of the last node that has some end.
    var constrainedCount = 0
    var constrainedEnd = 0
    var prefixCount = 0
    var prefixEnd = 0

    init(nodeCount: Int) {
        places = TreePlaces(count: nodeCount)
    }
}
