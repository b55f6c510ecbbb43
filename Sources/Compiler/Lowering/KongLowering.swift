internal import GatewayIR

/// Routes that were taken over from Kong: what they match, and at which hosts.
enum KongLowering {
    private static let prefixByteCountMax = 4_096

    /// Which paths a route matches.
    static func path(_ spec: KongRouteSpec) throws(PatternFault) -> KongMatch.Path {
        guard let regex = spec.regex else {
            let prefix = spec.prefix?.value ?? "/"
            try checkPath(prefix, "a prefix")
            return .prefix(prefix)
        }
        let bytes = Array(regex.value.utf8)
        let parsed = try RegexParser.parsePath(bytes)
        var stepCount = 0
        let automaton = try ConstraintLibrary.automaton(
            of: parsed.syntax,
            source: regex.value,
            alphabet: .pathAlphabet,
            in: 0..<bytes.count,
            &stepCount
        )
        return .regex(automaton, isWhole: parsed.isWhole)
    }

    /// What the upstream gets.
    static func forwarded(_ spec: KongRouteSpec, strips: Bool) throws(PatternFault) -> ForwardedPath {
        let base = spec.base?.value ?? "/"
        try checkPath(base, "a base")
        return .joined(base: base, strips: strips)
    }

    /// Normalised, or no request would ever match it.
    private static func checkPath(_ text: String, _ what: String) throws(PatternFault) {
        let bytes = Array(text.utf8)
        let characters = ByteSet.pathCharacters.union(of: "/%")
        guard bytes.first == UInt8(ascii: "/") else {
            throw PatternFault(.kongRoute, "\(what) begins with `/`", at: 0..<bytes.count, help: "write `/` in front")
        }
        guard bytes.count <= prefixByteCountMax else {
            throw PatternFault(
                .kongRoute,
                "\(what) has at most \(prefixByteCountMax) bytes",
                at: prefixByteCountMax..<bytes.count,
                help: "shorten it"
            )
        }
        if let offset = bytes.firstIndex(where: { !characters.contains($0) }) {
            throw PatternFault(
                .kongRoute,
                "this character stands in a path only percent-encoded",
                at: offset..<offset + 1,
                help: "write `\(PathText.percentEncoded([bytes[offset]]))`"
            )
        }
        let segments = bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            guard segment.isEmpty && !isLast || segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8)
            else { continue }
            throw PatternFault(
                .kongRoute,
                "a path is normalised before it is matched: it has no empty segment, no `.` and no `..`",
                at: segment.startIndex..<max(segment.endIndex, segment.startIndex + 1),
                help: "leave it out"
            )
        }
    }

    /// Adds each route to the more specific hosts of other such routes that its own host covers, since under a host
    /// only its own routes are looked at: Kong weighs all routes together, whatever their hosts.
    static func spread(_ routes: inout [Route], _ facts: inout [RouteFacts]) {
        let hosts = Set(routes.lazy.filter { $0.kong != nil }.map(\.host)).sorted { $0.text < $1.text }
        guard hosts.count > 1 else { return }
        struct Place: Hashable {
            var origin: Origin
            var host: HostPattern
        }
        // One that names both hosts is there already.
        var known = Set(routes.lazy.filter { $0.kong != nil }.map { Place(origin: $0.origin, host: $0.host) })
        for index in routes.indices where routes[index].kong != nil {
            for host in hosts where routes[index].host != host && routes[index].host.covers(host) {
                guard known.insert(Place(origin: routes[index].origin, host: host)).inserted else { continue }
                var copy = routes[index]
                copy.host = host
                routes.append(copy)
                facts.append(facts[index])
            }
        }
    }
}

/// Routes taken over from Kong that match the same request with the same rank: nothing would say which of them wins.
enum KongConflicts {
    /// Pairs that are compared.
    private static let comparisonCountMax = 4_000_000

    static func check(_ routes: [Route], facts: [RouteFacts], into diagnostics: inout [Diagnostic]) {
        struct Place: Hashable {
            var host: HostPattern
            var rank: UInt64
        }
        var places: [Place: [Int]] = [:]
        for index in routes.indices {
            guard let rank = routes[index].kong?.rank else { continue }
            places[Place(host: routes[index].host, rank: rank), default: []].append(index)
        }
        var reported: Set<SourceSpan> = []
        var comparisonCount = 0
        for group in places.values.sorted(by: { $0[0] < $1[0] }) where group.count > 1 {
            for (position, second) in group.enumerated() {
                for first in group[..<position] {
                    comparisonCount += 1
                    guard comparisonCount <= comparisonCountMax else { return }
                    guard facts[first].match != facts[second].match, !reported.contains(facts[second].match),
                        canMeet(routes[first], routes[second])
                    else { continue }
                    reported.insert(facts[second].match)
                    diagnostics.append(.sameRank(facts[first].match, facts[second].match, routes[second]))
                }
            }
        }
    }

    /// Whether a request may match both, which have the same host.
    private static func canMeet(_ left: Route, _ right: Route) -> Bool {
        if case .listed(let one) = left.methods, case .listed(let other) = right.methods,
            Set(one).isDisjoint(with: other)
        {
            return false
        }
        guard left.sharesConditions(with: right) else { return false }
        guard let one = left.kong?.path, let other = right.kong?.path else { return true }
        return one.mayMeet(other)
    }
}

extension Diagnostic {
    static func sameRank(_ first: SourceSpan, _ second: SourceSpan, _ route: Route) -> Diagnostic {
        Diagnostic(
            .ambiguousRoutes,
            "two routes can match the same request, and both have rank \(route.kong?.rank ?? 0)",
            at: second,
            related: [.init(first, "the other one is here")],
            help: "give one of them another `rank`: the greater one wins"
        )
    }
}
