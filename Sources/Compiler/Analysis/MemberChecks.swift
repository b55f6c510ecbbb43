internal import GatewayIR

/// What the specs of a link own, and whether they keep to it and out of each other's way.
struct MemberChecks {
    /// Overlaps that are reported, of routes and of what is owned; one of them says nearly all.
    private static let reportCountMax = 100

    private let linkage: Linkage
    private let document: SpecDocument
    private let versions: LoweredVersions
    private var owned: OwnedSpace
    private var diagnostics: [Diagnostic] = []
    /// Routes that are reported.
    private var reported: Set<SourceSpan> = []

    /// - Returns: routes about which something is said.
    static func check(
        _ document: SpecDocument,
        linkage: Linkage,
        versions: LoweredVersions,
        mounts: [Mount],
        routes: LoweredRoutes,
        constraints: inout ConstraintLibrary,
        into diagnostics: inout [Diagnostic]
    ) -> Set<SourceSpan> {
        guard linkage.hasMembers else { return [] }
        var checks = MemberChecks(
            linkage: linkage,
            document: document,
            versions: versions,
            owned: OwnedSpace(linkage, constraints: &constraints, into: &diagnostics)
        )
        checks.checkOwners(constraints)
        checks.checkAPIs(mounts)
        checks.checkRoutes(routes, mounts, constraints)
        diagnostics += checks.diagnostics
        return checks.reported
    }

    private init(linkage: Linkage, document: SpecDocument, versions: LoweredVersions, owned: OwnedSpace) {
        self.linkage = linkage
        self.document = document
        self.versions = versions
        self.owned = owned
    }

    // MARK: What is owned

    private mutating func checkOwners(_ constraints: ConstraintLibrary) {
        let territories = owned.territories
        let linkage = linkage
        var relations = ConstraintRelations(constraints)
        var found: [Diagnostic] = []
        var pairs: Set<[Int]> = []
        var search = OverlapSearch(territories.map(\.territory), constraints) { left, right in
            let units = [territories[left].territory.unit, territories[right].territory.unit].sorted()
            guard !linkage.areRelated(units[0], units[1]), pairs.insert(units).inserted else { return }
            let isInOrder = territories[left].span.isBefore(territories[right].span)
            let (first, second) =
                isInOrder ? (territories[left], territories[right]) : (territories[right], territories[left])
            let witness = Witness.place(in: first.territory, second.territory, &relations)
            found.append(.ownersOverlap(second, first: first, linkage, witness: witness))
        }
        search.run()
        diagnostics += found.prefix(Self.reportCountMax)
        for excess in owned.excesses() { diagnostics.append(.ownsTooMuch(excess, linkage)) }
    }

    private mutating func checkAPIs(_ mounts: [Mount]) {
        var last: Int?
        for mount in mounts where mount.api != last {
            let plan = versions.apiPlans[mount.api]
            let api = document.apis[plan.spec]
            let constraints = plan.prefix.constraints
            guard let owner = linkage.ancestry(of: api.value.unit).first(where: { linkage.units[$0].owns != nil }),
                !owned.covers(mount.host, mount.prefix.segments, constraints: constraints, owner: owner)
            else { continue }
            last = mount.api
            diagnostics.append(.outsideOwnership(api, mount, owner: linkage.units[owner]))
        }
    }

    // MARK: Routes

    /// The APIs with a place that lies in a place of another spec's. Where specs keep apart there is none, and what
    /// each of their routes takes need not be looked at.
    private func crossing(
        _ routes: LoweredRoutes,
        _ mounts: [Mount],
        _ constraints: ConstraintLibrary
    ) -> Set<Int> {
        func unit(_ api: Int) -> Int { document.apis[versions.apiPlans[api].spec].value.unit }
        var places = mounts.map { mount in
            let territory = Territory(
                host: mount.host,
                path: PathPattern(segments: mount.prefix.segments, end: .tail(name: nil)),
                constraints: versions.apiPlans[mount.api].prefix.constraints,
                unit: unit(mount.api)
            )
            return (territory: territory, api: mount.api)
        }
        // Those from Kong keep to no mount.
        for index in routes.routes.indices where routes.routes[index].kong != nil {
            let (route, api) = (routes.routes[index], routes.facts[index].api)
            let territory = Territory(host: route.host, path: route.path, constraints: [], unit: unit(api))
            places.append((territory: territory, api: api))
        }
        var apis: Set<Int> = []
        var search = OverlapSearch(places.map(\.territory), constraints) { left, right in
            apis.formUnion([places[left].api, places[right].api])
        }
        search.run()
        return search.isExhausted ? Set(versions.apis.indices) : apis
    }

    private mutating func checkRoutes(
        _ routes: LoweredRoutes,
        _ mounts: [Mount],
        _ constraints: ConstraintLibrary
    ) {
        let crossing = crossing(routes, mounts, constraints)
        guard !crossing.isEmpty else { return }
        let indices = routes.routes.indices.filter { crossing.contains(routes.facts[$0].api) }
        let compatibility = RouteCompatibility(
            routes: routes.routes,
            apis: versions.apis,
            versions: versions.versions
        )
        let territories = indices.map { index in
            let (route, facts) = (routes.routes[index], routes.facts[index])
            let unit = document.apis[versions.apiPlans[facts.api].spec].value.unit
            return Territory(host: route.host, path: route.path, constraints: facts.constraints, unit: unit)
        }
        var relations = ConstraintRelations(constraints)
        var found: [Diagnostic] = []
        var reported: Set<SourceSpan> = []
        let facts = routes.facts
        let linkage = linkage
        var search = OverlapSearch(territories, constraints) { left, right in
            let isInOrder = facts[indices[left]].match.isBefore(facts[indices[right]].match)
            let units = (isInOrder ? [left, right] : [right, left]).map { linkage.units[territories[$0].unit] }
            let (first, second) = isInOrder ? (indices[left], indices[right]) : (indices[right], indices[left])
            guard compatibility.canMeet(routes.routes[first], routes.routes[second]),
                !reported.contains(facts[second].match)
            else { return }
            reported.insert(facts[second].match)
            reported.insert(facts[first].match)
            guard found.count < Self.reportCountMax else { return }
            let witness = Witness.request(
                matching: (routes.routes[first], facts[first]),
                (routes.routes[second], facts[second]),
                compatibility,
                &relations
            )
            let mention = { (route: Int) in
                let text = "\(routes.routes[route].methods.text) \(routes.routes[route].pathText)"
                return RouteMention(text: text, span: facts[route].match)
            }
            found.append(
                .membersOverlap(
                    mention(second),
                    of: units[1],
                    first: mention(first),
                    of: units[0],
                    witness: witness
                )
            )
        }
        search.run()
        if search.isExhausted, let first = facts.first { found.append(.tooManyComparisons(at: first.match)) }
        diagnostics += found
        self.reported = reported
    }
}

/// The hosts and paths that units own.
struct OwnedSpace {
    struct Claim {
        var territory: Territory
        /// Where it is claimed.
        var span: SourceSpan
    }

    /// Every host with every path that a unit owns.
    private(set) var territories: [Claim] = []
    private let linkage: Linkage
    private var walks: RouteWalks
    /// By unit that owns something.
    private var roots: [Int: Int] = [:]
    private var hosts: [Int: [HostPattern]] = [:]

    init(_ linkage: Linkage, constraints: inout ConstraintLibrary, into diagnostics: inout [Diagnostic]) {
        self.linkage = linkage
        var trie = RouteTrie()
        var claims: [Claim] = []
        var hostsByUnit: [Int: [HostPattern]] = [:]
        for (unit, member) in linkage.units.enumerated() {
            guard let owns = member.owns else { continue }
            let hosts = OwnedSpace.hosts(owns, into: &diagnostics)
            let paths = OwnedSpace.paths(owns, constraints: &constraints, into: &diagnostics)
            hostsByUnit[unit] = hosts.map(\.value)
            let root = trie.addRoot()
            roots[unit] = root
            for path in paths {
                let pattern = path.value.pattern
                let number = claims.count
                for host in hosts {
                    let territory = Territory(
                        host: host.value,
                        path: pattern,
                        constraints: path.value.constraints,
                        unit: unit
                    )
                    claims.append(Claim(territory: territory, span: path.span))
                }
                trie.insert(
                    number,
                    pattern.segments[...],
                    end: pattern.end,
                    constraints: path.value.constraints,
                    at: root
                )
            }
        }
        walks = RouteWalks(trie: trie, relations: ConstraintRelations(constraints))
        hosts = hostsByUnit
        // Who owns no place in particular keeps nobody else out.
        territories = claims.filter { claim in
            guard let owns = linkage.units[claim.territory.unit].owns else { return false }
            return !owns.hosts.isEmpty || !owns.paths.isEmpty
        }
    }

    private static func hosts(
        _ owns: OwnershipSpec,
        into diagnostics: inout [Diagnostic]
    ) -> [Spanned<HostPattern>] {
        var result: [Spanned<HostPattern>] = []
        for text in owns.hosts {
            do throws(PatternFault) {
                result.append(Spanned(try HostPatternParser.parse(text.value), text.span))
            } catch {
                diagnostics.append(error.diagnostic(in: text))
            }
        }
        return result.isEmpty ? [Spanned(.any, owns.span)] : result
    }

    private static func paths(
        _ owns: OwnershipSpec,
        constraints: inout ConstraintLibrary,
        into diagnostics: inout [Diagnostic]
    ) -> [Spanned<ParsedPath>] {
        var result: [Spanned<ParsedPath>] = []
        for text in owns.paths {
            do throws(PatternFault) {
                let path = try PathPatternParser.parse(Array(text.value.utf8), constraints: &constraints)
                result.append(Spanned(path, text.span))
            } catch {
                diagnostics.append(error.diagnostic(in: text))
            }
        }
        let everything = ParsedPath(pattern: PathPattern(segments: [], end: .tail(name: nil)))
        return result.isEmpty ? [Spanned(everything, owns.span)] : result
    }

    /// Whether a unit owns a host and everything at and below a path.
    mutating func covers(_ host: HostPattern, _ segments: [PathSegment], constraints: [Int], owner: Int) -> Bool {
        let path = PathPattern(segments: segments, end: .tail(name: nil))
        return covers(host, path, constraints: constraints, owner: owner)
    }

    private mutating func covers(_ host: HostPattern, _ path: PathPattern, constraints: [Int], owner: Int) -> Bool {
        guard let root = roots[owner], let hosts = hosts[owner], hosts.contains(where: { $0.covers(host) }) else {
            return false
        }
        let steps = path.steps(constraints: constraints)
        return !walks.covering(steps, isTail: path.isTail, from: root, .all).isEmpty
    }

    /// Claims beyond what the spec owns that gives them: the first of each unit.
    mutating func excesses() -> [Claim] {
        var results: [Claim] = []
        for claim in territories where results.last?.territory.unit != claim.territory.unit {
            let unit = claim.territory.unit
            guard let owner = linkage.ancestry(of: unit).dropFirst().first(where: { linkage.units[$0].owns != nil }),
                !covers(
                    claim.territory.host,
                    claim.territory.path,
                    constraints: claim.territory.constraints,
                    owner: owner
                )
            else { continue }
            results.append(claim)
        }
        return results
    }
}
