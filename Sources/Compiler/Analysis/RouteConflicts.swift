internal import GatewayIR

/// Duplicates, ambiguities and unreachable routes over the whole set of routes.
///
/// The rank of a route compares host, then segment by segment, then method, then conditions; the compiler knows it only
/// by its order. Two routes of equal rank have paths of the same kinds, so they end at the same place of the tree, or
/// at places that differ in constraints alone.
struct RouteConflicts {
    /// Routes at one place are compared pair by pair up to this number, by hashing beyond.
    static let pairwiseCountMax = 48
    /// Comparisons of pairs in all.
    static let comparisonCountMax = 40_000_000
    /// Constraints at one place of a path.
    static let constraintCountMax = 64

    private let facts: [RouteFacts]
    private let compatibility: RouteCompatibility
    private let pairwiseCountMax: Int
    /// By host, ascending by its text.
    private let roots: [(host: HostPattern, root: Int)]
    private var walks: RouteWalks
    private var comparisonCount = 0
    private var reported: Set<SourceSpan> = []
    private var diagnostics: [Diagnostic] = []

    /// - Parameter reported: where routes stand about which something is said already.
    static func check(
        _ routes: [Route],
        facts: [RouteFacts],
        versions: LoweredVersions,
        constraints: ConstraintLibrary,
        pairwiseCountMax: Int = RouteConflicts.pairwiseCountMax,
        reported: Set<SourceSpan> = [],
        into diagnostics: inout [Diagnostic]
    ) {
        let (trie, roots) = tree(of: routes, facts)
        var conflicts = RouteConflicts(
            facts: facts,
            compatibility: RouteCompatibility(routes: routes, apis: versions.apis, versions: versions.versions),
            pairwiseCountMax: pairwiseCountMax,
            roots: roots,
            walks: RouteWalks(trie: trie, relations: ConstraintRelations(constraints))
        )
        conflicts.reported = reported
        conflicts.checkAll()
        diagnostics += conflicts.diagnostics
    }

    private init(
        facts: [RouteFacts],
        compatibility: RouteCompatibility,
        pairwiseCountMax: Int,
        roots: [(host: HostPattern, root: Int)],
        walks: RouteWalks
    ) {
        self.facts = facts
        self.compatibility = compatibility
        self.pairwiseCountMax = pairwiseCountMax
        self.roots = roots
        self.walks = walks
    }

    private static func tree(
        of routes: [Route],
        _ facts: [RouteFacts]
    ) -> (trie: RouteTrie, roots: [(host: HostPattern, root: Int)]) {
        var trie = RouteTrie()
        trie.reserve(routes.count)
        var roots: [HostPattern: Int] = [:]
        // Those from Kong have ranks that were given to them; `KongConflicts` compares these.
        var last: (host: HostPattern, root: Int)?
        for index in routes.indices where routes[index].kong == nil {
            // Neighbours mostly share their host.
            if last?.host != routes[index].host {
                let root = roots[routes[index].host] ?? trie.addRoot()
                roots[routes[index].host] = root
                last = (routes[index].host, root)
            }
            guard let last else { continue }
            trie.insert(
                index,
                routes[index].path.segments[...],
                end: routes[index].path.end,
                constraints: facts[index].constraints,
                at: last.root
            )
        }
        return (trie, roots.map { (host: $0.key, root: $0.value) }.sorted { $0.host.text < $1.host.text })
    }

    private mutating func checkCost() {
        let cost = LookupCost(walks.trie, &walks.relations)
        let worst = cost.worst(roots)
        guard worst.count > LookupCost.visitCountMax, let host = roots.first(where: { $0.root == worst.root })?.host,
            let first = routes.firstIndex(where: { $0.host == host })
        else { return }
        diagnostics.append(.lookupTooCostly(at: facts[first].match))
    }

    private var routes: [Route] { compatibility.routes }

    /// Whether the checks have cost more than any reasonable spec needs.
    private var isExhausted: Bool { comparisonCount + walks.visitCount > RouteConflicts.comparisonCountMax }

    private mutating func checkAll() {
        reportCrowds()
        guard diagnostics.isEmpty else { return }
        for place in walks.trie.places where !isExhausted {
            if walks.trie.entryCount(at: place) > 1 { checkPlace(walks.trie.entries(at: place)) }
            if walks.trie.hasConstraints, walks.liesBesideOverlap(place.node) { checkNeighbours(of: place) }
        }
        checkReachability()
        checkCost()
        if isExhausted, let first = facts.first {
            diagnostics.append(.tooManyComparisons(at: first.match))
        }
    }

    // Equal paths.

    private mutating func checkPlace(_ entries: [Int]) {
        if entries.count > pairwiseCountMax {
            for pair in CrowdedPlace.conflicts(among: entries, compatibility, &comparisonCount) {
                report(pair.0, pair.1)
            }
            return
        }
        for (index, right) in entries.enumerated() {
            for left in entries[..<index] where areAmbiguous(left, right) { report(left, right) }
        }
    }

    private mutating func areAmbiguous(_ left: Int, _ right: Int) -> Bool {
        comparisonCount += 1
        return compatibility.areAmbiguous(routes[left], routes[right])
    }

    // Paths that differ in constraints.

    private mutating func checkNeighbours(of place: RouteTrie.Place) {
        let (root, steps) = walks.trie.way(to: place.node)
        let mine = walks.trie.entries(at: place)
        for other in walks.overlapping(steps, isTail: place.isTail, from: root) where other.node < place.node {
            for left in mine {
                for right in walks.trie.entries(at: other) {
                    guard !isExhausted else { return }
                    if areAmbiguous(left, right) { report(left, right) }
                }
            }
        }
    }

    private mutating func reportCrowds() {
        guard walks.trie.hasConstraints else { return }
        for node in 0..<walks.trie.nodeCount {
            let children = walks.trie.constrainedChildren(node)
            guard children.count > RouteConflicts.constraintCountMax else { continue }
            // Any route below the node shows where.
            let below = facts.indices.first { index in
                facts[index].constraints.contains { number in children.contains { $0.constraint == number } }
            }
            if let below { diagnostics.append(.tooManyConstraints(facts[below].match, count: children.count)) }
            return
        }
    }

    /// Reports at the later of the two in the sources; one conflict of a route is enough.
    private mutating func report(_ left: Int, _ right: Int) {
        let isInOrder = facts[left].match.isBefore(facts[right].match)
        let (first, second) = isInOrder ? (left, right) : (right, left)
        guard reported.insert(facts[second].match).inserted else { return }
        if areDuplicates(first, second) {
            diagnostics.append(.duplicateRoute(mention(second), first: mention(first)))
            return
        }
        let witness = Witness.request(
            matching: (routes[first], facts[first]),
            (routes[second], facts[second]),
            compatibility,
            &walks.relations
        )
        diagnostics.append(.ambiguousRoutes(mention(second), first: mention(first), witness: witness))
    }

    private func areDuplicates(_ left: Int, _ right: Int) -> Bool {
        facts[left].constraints == facts[right].constraints && routes[left].methods == routes[right].methods
            && routes[left].conditions == routes[right].conditions && routes[left].version == routes[right].version
    }

    private func mention(_ route: Int) -> RouteMention {
        RouteMention(text: "\(routes[route].methods.text) \(routes[route].path.text)", span: facts[route].match)
    }
}

// Routes that others hide.
extension RouteConflicts {
    /// Only a route with a capture or a tail can be hidden: what ends in literals alone is as specific as can be.
    private mutating func checkReachability() {
        for place in walks.trie.places where !isExhausted {
            guard walks.mayBeHidden(place) else { continue }
            let (root, steps) = walks.trie.way(to: place.node)
            for entry in walks.trie.entries(at: place) where !reported.contains(facts[entry].match) {
                guard let hider = hider(of: entry, steps, isTail: place.isTail, from: root) else { continue }
                reported.insert(facts[entry].match)
                diagnostics.append(.unreachableRoute(mention(entry), hidden: mention(hider)))
            }
        }
    }

    /// A route of those that together take every request of an entry before it.
    private mutating func hider(of entry: Int, _ steps: [RouteTrie.Step], isTail: Bool, from root: Int) -> Int? {
        let whole = walks.covering(steps, isTail: isTail, from: root, .better)
        if let hider = taking(all: entry, whole) { return hider }
        if let hider = hiderOfSamples(of: entry, steps, isTail: isTail, from: root) { return hider }
        guard isTail else { return nil }
        // A tail is the path itself and all that is below it.
        let exact = walks.covering(steps, isTail: false, from: root, .better, exactIsBetter: true)
        guard taking(all: entry, exact) != nil else { return nil }
        let below = walks.covering(steps + [.capture], isTail: true, from: root, .better, extraStepCount: 1)
        return taking(all: entry, below)
    }

    /// A constraint with few segments may be hidden segment by segment.
    private mutating func hiderOfSamples(
        of entry: Int,
        _ steps: [RouteTrie.Step],
        isTail: Bool,
        from root: Int
    ) -> Int? {
        var ways: [[RouteTrie.Step]] = [[]]
        var hasSamples = false
        for step in steps {
            var choices = [step]
            if case .constrained(let number) = step, let segments = walks.relations.segments(number) {
                choices = segments.map { .sample($0) }
                hasSamples = true
            }
            ways = ways.flatMap { way in choices.map { way + [$0] } }
            guard ways.count <= ConstraintRelations.finiteCountMax else { return nil }
        }
        guard hasSamples else { return nil }
        var hider: Int?
        for way in ways {
            hider = taking(all: entry, walks.covering(way, isTail: isTail, from: root, .better))
            if hider == nil { return nil }
        }
        return hider
    }

    /// The first of some routes that together take all methods of an entry, whatever else its requests have.
    private mutating func taking(all entry: Int, _ candidates: [Int]) -> Int? {
        let admitting = candidates.filter { candidate in
            comparisonCount += 1
            return candidate != entry && compatibility.admits(routes[candidate], all: routes[entry])
        }.sorted()
        switch routes[entry].methods {
        case .any: return admitting.first { !routes[$0].methods.isListed }
        case .listed(let methods):
            let areAllTaken = methods.allSatisfy { method in
                admitting.contains { routes[$0].methods.contains(method) }
            }
            return areAllTaken ? admitting.first { routes[$0].methods.contains(methods[0]) } : nil
        }
    }
}

extension MethodSet {
    func contains(_ method: String) -> Bool {
        switch self {
        case .any: true
        case .listed(let methods): methods.contains(method)
        }
    }
}

extension SourceSpan {
    func isBefore(_ other: SourceSpan) -> Bool { (file, start) < (other.file, other.start) }
}
