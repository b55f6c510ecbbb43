internal import GatewayIR

/// What the successor of a version must offer: the operations of the version.
struct SuccessorOperations {
    private let document: SpecDocument
    private let versions: LoweredVersions
    private let routes: LoweredRoutes
    private let compatibility: RouteCompatibility
    private var relations: ConstraintRelations
    private var ranges: [Range<Int>] = []

    static func check(
        _ document: SpecDocument,
        completeness: Completeness,
        versions: LoweredVersions,
        routes: LoweredRoutes,
        constraints: ConstraintLibrary,
        into diagnostics: inout [Diagnostic]
    ) {
        guard versions.versions.contains(where: { $0.successor != nil }) else { return }
        var checks = SuccessorOperations(document, versions: versions, routes: routes, constraints: constraints)
        for (index, version) in versions.versions.enumerated() {
            guard let successor = version.successor,
                completeness.isWhole(document.apis[versions.apiPlans[version.api].spec]),
                !routes.brokenVersions.contains(successor)
            else { continue }
            checks.check(index, successor: successor, into: &diagnostics)
        }
    }

    private init(
        _ document: SpecDocument,
        versions: LoweredVersions,
        routes: LoweredRoutes,
        constraints: ConstraintLibrary
    ) {
        self.document = document
        self.versions = versions
        self.routes = routes
        compatibility = RouteCompatibility(routes: routes.routes, apis: versions.apis, versions: versions.versions)
        relations = ConstraintRelations(constraints)
        // Routes are in the order of versions.
        var first = 0
        for version in versions.versions.indices {
            var past = first
            while past < routes.routes.count, routes.routes[past].version == version { past += 1 }
            ranges.append(first..<past)
            first = past
        }
    }

    private mutating func check(_ index: Int, successor: Int, into diagnostics: inout [Diagnostic]) {
        let plan = versions.apiPlans[versions.versions[index].api]
        // What both have before their routes' own paths is alike but for the version.
        let baseCount = VersionPlacement.segments(of: plan, value: versions.versions[index].value).count
        let baseConstraintCount = plan.prefix.constraints.count
        let all = routes.routes
        guard let first = ranges[index].first else { return }
        var searched: [Int] = []
        for entry in ranges[index] where all[entry].host == all[first].host {
            let twin = ranges[successor].lowerBound + entry - first
            if twin < ranges[successor].upperBound, Self.repeats(all, twin, entry, from: baseCount) { continue }
            searched.append(entry)
        }
        guard !searched.isEmpty else { return }
        var trie = RouteTrie()
        let root = trie.addRoot()
        for entry in ranges[successor] {
            trie.insert(
                entry,
                routes.routes[entry].path.segments.dropFirst(baseCount),
                end: routes.routes[entry].path.end,
                constraints: Array(routes.facts[entry].constraints.dropFirst(baseConstraintCount)),
                at: root
            )
        }
        var walks = RouteWalks(trie: trie, relations: relations)
        var missing: [RouteMention] = []
        for entry in searched {
            let route = routes.routes[entry]
            let own = PathPattern(segments: Array(route.path.segments.dropFirst(baseCount)), end: route.path.end)
            let steps = own.steps(constraints: routes.facts[entry].constraints.dropFirst(baseConstraintCount))
            let candidates = walks.covering(steps, isTail: own.isTail, from: root, .all).filter { candidate in
                routes.routes[candidate].conditions.allSatisfy { route.conditions.contains($0) }
            }
            for method in missingMethods(of: route, candidates) {
                missing.append(RouteMention(text: "\(method) \(own.text)", span: routes.facts[entry].match))
            }
        }
        relations = walks.relations
        guard let spec = successorName(of: index), !missing.isEmpty else { return }
        diagnostics.append(
            .successorLacks(
                missing,
                version: versions.versions[index].name,
                successor: spec,
                isGoverned: document.governance != nil
            )
        )
    }

    /// Whether a route of the successor, at the same place of its list, has the same path and takes all that another
    /// one takes. A successor mostly begins as a copy, and then nothing has to be searched. No method, which would copy
    /// all that is known here for each route.
    private static func repeats(_ all: [Route], _ twin: Int, _ entry: Int, from baseCount: Int) -> Bool {
        let count = all[entry].path.segments.count
        guard count == all[twin].path.segments.count, all[entry].path.end == all[twin].path.end else { return false }
        for index in baseCount..<max(count, baseCount)
        where all[entry].path.segments[index] != all[twin].path.segments[index] { return false }
        let conditions = all[entry].conditions
        return all[twin].methods.containsAll(of: all[entry].methods)
            && all[twin].conditions.allSatisfy { conditions.contains($0) }
    }

    private func missingMethods(of route: Route, _ candidates: [Int]) -> [String] {
        switch route.methods {
        case .any: candidates.contains { !routes.routes[$0].methods.isListed } ? [] : ["ANY"]
        case .listed(let methods):
            methods.filter { method in !candidates.contains { routes.routes[$0].methods.contains(method) } }
        }
    }

    private func successorName(of version: Int) -> Spanned<String>? {
        let plan = versions.versionPlans[version]
        return document.apis[versions.apiPlans[plan.api].spec].value.versions[plan.spec].value.successor
    }
}

extension PathPattern {
    var isTail: Bool {
        guard case .tail = end else { return false }
        return true
    }

    /// The segments as a tree of patterns sees them.
    func steps(constraints: some Collection<Int>) -> [RouteTrie.Step] {
        var numbers = constraints.makeIterator()
        return segments.map { segment in
            switch segment {
            case .literal(let text): .literal(text)
            case .capture: .capture
            case .constrained: numbers.next().map { .constrained($0) } ?? .capture
            }
        }
    }
}

extension Diagnostic {
    static func successorLacks(
        _ missing: [RouteMention],
        version: String,
        successor: Spanned<String>,
        isGoverned: Bool
    ) -> Diagnostic {
        let shown = missing.prefix(3)
        var list = shown.map { "`\($0.text)`" }.joined(separator: ", ")
        if missing.count > shown.count { list += " and \(missing.count - shown.count) more" }
        return Diagnostic(
            .successorLacksOperations,
            severity: isGoverned ? .error : nil,
            "`\(successor.value)` lacks \(list), which `\(version)` has",
            at: successor.span,
            related: shown.map { .init($0.span, "no route of `\(successor.value)` takes all of these requests") },
            help: "add the routes to `\(successor.value)`, or name another successor"
        )
    }
}
