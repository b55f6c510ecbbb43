extension TableView {
    /// Looks for a route at a node and below it, in order of precedence.
    ///
    /// - Parameters:
    ///   - index: the node at which the walk has arrived.
    ///   - position: where in the path that is.
    /// - Returns: whether one was found; it is in `match`.
    @inlinable
    package func descend<Probe: RouteProbe>(
        _ index: UInt32,
        _ position: RouteWalk.Position,
        _ walk: inout RouteWalk,
        _ probe: inout Probe,
        _ match: inout RouteMatch
    ) -> Bool {
        guard walk.visitsLeft > 0 else { return false }
        walk.visitsLeft -= 1
        let node = treeNodes[index]
        if node.hasExtra { notice(nodeExtras[node.link].mount, position, &walk, &match) }
        var found = false
        if walk.path.isEnd(position.offset) {
            if node.hasExact { found = take(firstRoute(of: node), position, &walk, &probe, &match) }
        } else {
            found = descend(below: node, index, position, &walk, &probe, &match)
        }
        if found, !walk.isExhaustive { return true }
        if node.hasTail, takeTail(firstTailRoute(of: node), position, &walk, &probe, &match) { found = true }
        if found, !walk.isExhaustive { return true }
        if node.hasExtra {
            let edge = nodeExtras[node.link].prefixes
            if edge != TableLayout.none, takePrefixes(edge, position, &walk, &probe, &match) { found = true }
        }
        return found
    }

    /// Looks for a route below a node, by the segment that follows.
    @inlinable @inline(__always)
    package func descend<Probe: RouteProbe>(
        below node: TreeNodeRecord,
        _ index: UInt32,
        _ position: RouteWalk.Position,
        _ walk: inout RouteWalk,
        _ probe: inout Probe,
        _ match: inout RouteMatch
    ) -> Bool {
        let start = position.offset + 1
        let end = walk.path.segmentEnd(from: start)
        // An empty segment is matched by tails only.
        guard start < end else { return false }
        var found = false
        if node.hasLiterals {
            let child = literalChild(of: index, start, end, walk.path)
            if child != TableLayout.none { found = descend(into: child, start, position, &walk, &probe, &match) }
            if found, !walk.isExhaustive { return true }
        }
        if node.hasExtra {
            var index = nodeExtras[node.link].constrained
            // Several may match one segment, so that the order of the edges says nothing: all are tried.
            while index != TableLayout.none {
                let edge = constrainedEdges[index]
                if accepts(edge.automaton, walk.path, start, end) {
                    var arrived = position
                    walk.pass(start, end, &arrived)
                    if descend(edge.node, arrived, &walk, &probe, &match) { found = true }
                }
                index = edge.isLast ? TableLayout.none : index + 1
            }
            if found, !walk.isExhaustive { return true }
        }
        if node.hasCapture, descend(into: index + 1, start, position, &walk, &probe, &match) { found = true }
        return found
    }

    /// The first route of those that end at a node or below it by a tail.
    @inlinable @inline(__always)
    package func firstRoute(of node: TreeNodeRecord) -> UInt32 {
        node.hasExtra ? nodeExtras[node.link].routes : node.link
    }

    /// The first route with a tail, behind those that end at the node.
    ///
    /// - Precondition: the node has a tail.
    @inlinable
    package func firstTailRoute(of node: TreeNodeRecord) -> UInt32 {
        var index = firstRoute(of: node)
        guard node.hasExact else { return index }
        while !routes[index].isLast { index += 1 }
        return index + 1
    }

    /// Looks for a route at a child whose label has to match, too.
    @inlinable @inline(__always)
    package func descend<Probe: RouteProbe>(
        into child: UInt32,
        _ start: Int,
        _ position: RouteWalk.Position,
        _ walk: inout RouteWalk,
        _ probe: inout Probe,
        _ match: inout RouteMatch
    ) -> Bool {
        let node = treeNodes[child]
        let label = unsafe text.base + Int(node.labelOffset)
        var arrived = position
        if node.isLiteral {
            guard unsafe walk.path.hasSegments(label, Int(node.labelByteCount), at: start) else { return false }
            arrived.offset = start + Int(node.labelByteCount)
            arrived.segmentCount += Int(node.labelSegmentCount)
        } else {
            guard unsafe walk.follow(label, Int(node.labelByteCount), from: start, &arrived) else { return false }
        }
        return descend(child, arrived, &walk, &probe, &match)
    }

    /// The child in `literalSlots` whose label begins with the segment `path[start..<end]`, or `TableLayout.none`.
    @inlinable @inline(__always)
    package func literalChild(of parent: UInt32, _ start: Int, _ end: Int, _ path: PathBytes) -> UInt32 {
        // Validated: a node whose children are hashed implies slots, some of them empty.
        let segment = unsafe path.base + start
        let count = end - start
        let hash = unsafe LiteralHash.hash(parent: parent, segment, count)
        let slotCount = UInt32(truncatingIfNeeded: literalSlots.count)
        var slot = LiteralHash.slot(hash, slotCount: slotCount)
        while true {
            let word = literalSlots[slot]
            if word == TableLayout.none { return TableLayout.none }
            if LiteralHash.mayHold(word, hash) {
                let index = LiteralHash.node(word)
                let node = unsafe treeNodes.pointer(index)
                // Most nodes lead to their routes: those come from memory while the labels are compared.
                unsafe routes.prefetch(node.pointee.link)
                if unsafe node.pointee.parent == parent, unsafe begins(node, segment, count) { return index }
            }
            slot += 1
            if slot == slotCount { slot = 0 }
        }
    }

    /// Whether a segment is the first of a node's label.
    @inlinable @inline(__always)
    package func begins(_ node: UnsafePointer<TreeNodeRecord>, _ segment: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        let labelCount = unsafe Int(node.pointee.labelByteCount)
        guard count <= labelCount else { return false }
        let label = unsafe text.base + Int(node.pointee.labelOffset)
        guard unsafe count == labelCount || label[count] == PathBytes.slash else { return false }
        // Both have `count` bytes.
        return unsafe PathBytes.areEqual(label, segment, count)
    }

    /// Takes the best-ranked route of a group that matches, unless a better one is known.
    ///
    /// - Parameter first: the first route of the group; they descend by rank.
    /// - Returns: whether one matches.
    @inlinable
    package func take<Probe: RouteProbe>(
        _ first: UInt32,
        _ position: RouteWalk.Position,
        _ walk: inout RouteWalk,
        _ probe: inout Probe,
        _ match: inout RouteMatch
    ) -> Bool {
        var index = first
        while true {
            let route = unsafe routes.pointer(index)
            if unsafe selects(route, &probe) {
                if unsafe route.pointee.methods & (walk.method | MethodTable.anyBit) != 0 {
                    unsafe programs.prefetch(route.pointee.program)
                    let rank = unsafe route.pointee.rank
                    if match.route == TableLayout.none || rank > walk.rank {
                        match.route = index
                        match.captureCount = position.captureCount
                        match.captures = walk.captures
                        walk.rank = rank
                    }
                    return true
                }
                unsafe match.allowedMethods |= route.pointee.methods
            }
            if unsafe route.pointee.isLast { return false }
            index += 1
        }
    }

    /// Whether a request that a route's host and path match means its version and meets its conditions.
    @inlinable @inline(__always)
    package func selects<Probe: RouteProbe>(_ route: UnsafePointer<RouteRecord>, _ probe: inout Probe) -> Bool {
        if unsafe route.pointee.isSelected {
            let version = unsafe programs.pointer(route.pointee.program).pointee.version
            let api = unsafe versions.pointer(version).pointee.api
            guard probe.selectedVersion(api: api) == version else { return false }
        }
        guard unsafe route.pointee.conditionSet != 0 else { return true }
        let set = unsafe conditionSets[UInt32(route.pointee.conditionSet)]
        for index in set.first..<set.first + set.count {
            let condition = conditions[index]
            guard probe.hasHeader(bytes(condition.name), bytes(condition.value)) else { return false }
        }
        return true
    }

    /// Takes a route that matches any rest, which is its last capture.
    @inlinable
    package func takeTail<Probe: RouteProbe>(
        _ first: UInt32,
        _ position: RouteWalk.Position,
        _ walk: inout RouteWalk,
        _ probe: inout Probe,
        _ match: inout RouteMatch
    ) -> Bool {
        var arrived = position
        walk.capture(min(position.offset + 1, walk.path.count), walk.path.count, &arrived)
        return take(first, arrived, &walk, &probe, &match)
    }

    /// Takes the best-ranked route whose path goes on with the bytes of a prefix.
    ///
    /// - Parameter first: the first of a node's edges.
    @inlinable
    package func takePrefixes<Probe: RouteProbe>(
        _ first: UInt32,
        _ position: RouteWalk.Position,
        _ walk: inout RouteWalk,
        _ probe: inout Probe,
        _ match: inout RouteMatch
    ) -> Bool {
        var found = false
        var index = first
        while true {
            let edge = prefixEdges[index]
            let prefix = bytes(edge.prefix)
            if walk.path.hasBytes(prefix, at: position.offset),
                takeBytes(edge.route, until: position.offset + prefix.count, position, &walk, &probe, &match)
            {
                found = true
            }
            if edge.isLast { return found }
            index += 1
        }
    }

    /// Takes a route that matches the beginning of the path, which is its last capture. Such routes are not what a 405
    /// speaks of: where they take no method, nothing is there.
    @inlinable
    package func takeBytes<Probe: RouteProbe>(
        _ first: UInt32,
        until end: Int,
        _ position: RouteWalk.Position,
        _ walk: inout RouteWalk,
        _ probe: inout Probe,
        _ match: inout RouteMatch
    ) -> Bool {
        let allowed = match.allowedMethods
        var arrived = position
        walk.capture(0, end, &arrived)
        let found = take(first, arrived, &walk, &probe, &match)
        match.allowedMethods = allowed
        return found
    }

    /// Keeps a mount that is deeper than the one known of the same host.
    @inlinable @inline(__always)
    package func notice(
        _ mount: UInt32,
        _ position: RouteWalk.Position,
        _ walk: inout RouteWalk,
        _ match: inout RouteMatch
    ) {
        guard mount != TableLayout.none, walk.findsMounts, position.segmentCount > walk.mountDepth else { return }
        match.mount = mount
        walk.mountDepth = position.segmentCount
    }
}
