extension TableView {
    /// The tree of paths: parents before children, labels that are segments, children that are found, routes that end
    /// where they say.
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
                _ = try validateGroup(wholePathEdges[edge].route, of: Int(hosts[index].root), captureCount: 0, &walk)
            }
        }
        guard walk.constrainedCount == constrainedEdges.count, walk.prefixCount == prefixEdges.count else {
            throw .outOfRange(section: "nodeExtras", record: nodeExtras.count, field: "constrained, prefixes")
        }
        try require(walk.routeCount == routes.count, .routes, walk.routeCount, "routes that no path leads to, or two")
        try validateSlots(hashedCount: walk.hashedCount)
    }

    /// How one arrives at a node: from its parent, by its label.
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
        guard let (segmentCount, captureCount) = LabelCheck.count(bytes(node.label), kind) else {
            throw .malformed(section: "treeNodes", record: index, what: "the label does not fit the kind")
        }
        try require(segmentCount == Int(node.labelSegmentCount), .treeNodes, index, "the label has other segments")
        let depth = Int(walk.depths[Int(node.parent)]) + segmentCount
        let captures = Int(walk.captureCounts[Int(node.parent)]) + captureCount
        try require(
            depth <= TableLayout.patternSegmentCountMax && captures <= TableLayout.captureCountMax,
            .treeNodes,
            index,
            "the path is too deep"
        )
        walk.depths[index] = UInt8(depth)
        walk.captureCounts[index] = UInt8(captures)
        guard kind.isHashed else { return }
        walk.hashedCount += 1
        let parent = unsafe treeNodes.pointer(node.parent)
        try require(unsafe parent.pointee.hasLiterals, .treeNodes, index, "its parent does not look for it")
        try require(isInSlot(node, UInt32(index)), .treeNodes, index, "no slot leads to it")
    }

    /// Where a node leads on.
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
    private func validateChild(_ child: UInt32, of index: Int, _ kind: TreeNodeKind) throws(TableError) {
        try check(child, below: treeNodes.count, .treeNodes, index, "child")
        let node = unsafe treeNodes.pointer(child)
        guard unsafe Int(child) > index && node.pointee.parent == UInt32(index) && node.pointee.arrival == kind.rawValue
        else { throw .malformed(section: "treeNodes", record: index, what: "a child of another node or kind") }
    }

    /// The routes that end at a node.
    private func validateEnds(_ node: TreeNodeRecord, _ index: Int, _ walk: inout TreeWalk) throws(TableError) {
        let captureCount = Int(walk.captureCounts[index])
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
            _ = try validateGroup(record.route, of: index, captureCount: captureCount, &walk)
            walk.prefixCount += 1
            edge += 1
            if record.isLast { break }
        }
        walk.prefixEnd = Int(edge)
    }

    /// A group of routes: whole, descending by rank, and all of one node.
    ///
    /// - Returns: the route behind the group.
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

    /// Whether the search for a node's first segment comes by its slot.
    private func isInSlot(_ node: TreeNodeRecord, _ index: UInt32) -> Bool {
        guard literalSlots.count > 0 else { return false }
        let label = unsafe PathBytes(base: bytes(node.label).base, count: Int(node.labelByteCount))
        let hash = unsafe LiteralHash.hash(parent: node.parent, label.base, label.segmentEnd(from: 0))
        let word = LiteralHash.word(hash, node: index)
        var slot = Int(LiteralHash.slot(hash, slotCount: UInt32(literalSlots.count)))
        for _ in 0..<TableLayout.literalRunCountMax {
            if literalSlots[slot] == word { return true }
            if literalSlots[slot] == TableLayout.none { return false }
            slot = slot + 1 == literalSlots.count ? 0 : slot + 1
        }
        return false
    }

    /// Slots hold what was found there and nothing else, and every search comes by an empty one soon.
    private func validateSlots(hashedCount: Int) throws(TableError) {
        let taken = (0..<literalSlots.count).lazy.filter { literalSlots[$0] != TableLayout.none }.count
        try require(taken == hashedCount, .literalSlots, taken, "slots that lead to no node")
        guard literalSlots.count > 0 else { return }
        try require(taken < literalSlots.count, .literalSlots, taken, "no slot is empty")
        let run = unsafe LiteralHash.longestRun(
            UnsafeBufferPointer(start: literalSlots.pointer(0), count: literalSlots.count)
        )
        try require(run <= TableLayout.literalRunCountMax, .literalSlots, run, "too many slots in a row are taken")
    }
}

/// What the walk over the tree has seen.
private struct TreeWalk {
    /// Segments and captures from the root, per node.
    var depths: [UInt8]
    var captureCounts: [UInt8]
    /// Nodes that are found through `literalSlots`.
    var hashedCount = 0
    /// Routes of all groups.
    var routeCount = 0
    /// Edges of all nodes so far, and where those of the last node that has some end.
    var constrainedCount = 0
    var constrainedEnd = 0
    var prefixCount = 0
    var prefixEnd = 0

    init(nodeCount: Int) {
        depths = [UInt8](repeating: 0, count: nodeCount)
        captureCounts = [UInt8](repeating: 0, count: nodeCount)
    }
}

/// The labels of tree nodes.
private enum LabelCheck {
    /// The segments of a label and how many of them are captures; `nil` if it is no label of that kind.
    static func count(_ label: TableBytes, _ kind: TreeNodeKind) -> (segmentCount: Int, captureCount: Int)? {
        guard label.count > 0 else { return nil }
        guard kind != .constrained else { return (1, 1) }
        let path = unsafe PathBytes(base: label.base, count: label.count)
        guard (path[0] == PathBytes.brace) == (kind == .capture) || kind == .literal else { return nil }
        var segmentCount = 0
        var captureCount = 0
        var start = 0
        while true {
            let end = path.segmentEnd(from: start)
            guard start < end else { return nil }
            segmentCount += 1
            if kind != .literal, path[start] == PathBytes.brace { captureCount += 1 }
            if end == path.count { break }
            start = end + 1
            guard start < path.count else { return nil }
        }
        return kind == .pattern && captureCount == 0 ? nil : (segmentCount, captureCount)
    }
}
