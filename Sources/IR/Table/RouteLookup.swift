// From host, path and method to a route. Candidates are all routes that match; the best-ranked wins. Walking the tree
// in order of precedence (literal, constrained, capture, tail) meets the best-ranked first, so that the first match
// ends the walk; only where several constrained segments match, or routes carry ranks of their own, are matches
// compared.
//
// Nothing here allocates, and nothing is checked that validation has checked.

extension TableView {
    /// Finds the route of a request.
    ///
    /// A route of a more specific host that matches wins over every route of a less specific one; where none matches,
    /// the next host is tried: exact, then wildcards from the longest suffix, then any.
    ///
    /// - Parameters:
    ///   - host: lower-case, without port and trailing dot.
    ///   - path: normalised, begins with `/`; beyond 65 535 bytes nothing matches.
    ///   - method: what `methodBit` says.
    ///   - match: what was found; overwritten.
    @inlinable
    package func find<Probe: RouteProbe>(
        host: UnsafeBufferPointer<UInt8>,
        path: UnsafeBufferPointer<UInt8>,
        method: UInt32,
        probe: inout Probe,
        match: inout RouteMatch
    ) {
        match.route = TableLayout.none
        match.mount = TableLayout.none
        match.allowedMethods = 0
        match.captureCount = 0
        guard let start = path.baseAddress, path.count > 0, path.count <= Int(UInt16.max) else { return }
        let path = unsafe PathBytes(base: start, count: path.count)
        guard path[0] == PathBytes.slash else { return }
        var walk = RouteWalk(path: path, method: method)
        var search = unsafe HostSearch(host)
        while let index = nextHost(&search) {
            if find(in: hosts[index], &walk, &probe, &match) { return }
        }
    }

    /// Whether a route of one host matches.
    @inlinable
    package func find<Probe: RouteProbe>(
        in host: HostRecord,
        _ walk: inout RouteWalk,
        _ probe: inout Probe,
        _ match: inout RouteMatch
    ) -> Bool {
        walk.isExhaustive = host.isExhaustive != 0
        walk.mountDepth = -1
        walk.findsMounts = match.mount == TableLayout.none
        var found = descend(host.root, RouteWalk.Position(), &walk, &probe, &match)
        if host.wholePathEdges.count > 0 {
            for index in host.wholePathEdges.first..<host.wholePathEdges.first + host.wholePathEdges.count {
                let edge = wholePathEdges[index]
                let end = acceptedEnd(edge.automaton, walk.path)
                guard end >= 0, end == walk.path.count || edge.takesBeginnings else { continue }
                if takeBytes(edge.route, until: end, RouteWalk.Position(), &walk, &probe, &match) { found = true }
            }
        }
        return found
    }

    /// The bit of a method: a known one's, a listed one's, or `MethodTable.unlisted`.
    ///
    /// - Parameter bytes: as sent; methods are case-sensitive (RFC 9110 section 9.1).
    @inlinable
    package func methodBit(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return MethodTable.unlisted }
        let known = unsafe MethodTable.knownBit(start, bytes.count)
        if known != 0 { return known }
        for index in 0..<methods.count where Int(methods[index].count) == bytes.count {
            // Both have `count` bytes.
            if unsafe PathBytes.areEqual(start, self.bytes(methods[index]).base, bytes.count) {
                return 1 << UInt32(MethodTable.knownCount + index)
            }
        }
        return MethodTable.unlisted
    }

    /// Where the longest beginning of a path ends that an automaton's language holds; -1 if it holds none.
    @inlinable
    package func acceptedEnd(_ index: UInt32, _ path: PathBytes) -> Int {
        let automaton = automata[index]
        let bytes = unsafe UnsafeRawPointer(automatonBytes.base)
        let classCount = Int(automaton.classCount)
        var state = 0
        var end = -1
        var offset = 0
        // Validated as for `accepts`.
        while true {
            if unsafe bytes.load(fromByteOffset: Int(automaton.acceptingOffset) + state, as: UInt8.self) != 0 {
                end = offset
            }
            guard offset < path.count else { return end }
            let byteClass = unsafe bytes.load(
                fromByteOffset: Int(automaton.classesOffset) + Int(path[offset]),
                as: UInt8.self
            )
            let transition = 2 * (state * classCount + Int(byteClass))
            let next = unsafe bytes.load(
                fromByteOffset: Int(automaton.transitionsOffset) + transition,
                as: UInt16.self
            )
            guard next != RouteWalk.deadState else { return end }
            state = Int(next)
            offset += 1
        }
    }

    /// Whether an automaton's language holds `path[start..<end]`.
    @inlinable
    package func accepts(_ index: UInt32, _ path: PathBytes, _ start: Int, _ end: Int) -> Bool {
        let automaton = automata[index]
        let bytes = unsafe UnsafeRawPointer(automatonBytes.base)
        let classCount = Int(automaton.classCount)
        var state = 0
        for offset in start..<end {
            // Validated: a class for each byte, a transition for each state and class, and no state beyond the last.
            let byteClass = unsafe bytes.load(
                fromByteOffset: Int(automaton.classesOffset) + Int(path[offset]),
                as: UInt8.self
            )
            let transition = 2 * (state * classCount + Int(byteClass))
            let next = unsafe bytes.load(
                fromByteOffset: Int(automaton.transitionsOffset) + transition,
                as: UInt16.self
            )
            guard next != RouteWalk.deadState else { return false }
            state = Int(next)
        }
        return unsafe bytes.load(fromByteOffset: Int(automaton.acceptingOffset) + state, as: UInt8.self) != 0
    }
}
