internal import GatewayIR

/// Which of two routes wins where a request matches both: in the spec, and in Kong (router flavour
/// `traditional_compatible`), whose order does not follow paths first.
struct KongPriority {
    /// Pairs that are compared.
    private static let comparisonCountMax = 4_000_000

    /// A route with its priority in Kong: more kinds of conditions, a plain host, more header fields, expressions by
    /// `regex_priority`, longer prefixes.
    struct Entry {
        var route: Route
        var hasHost: Bool
        var regexPriority: Int?
        var prefixByteCount = 0

        fileprivate var isPlainHost: Bool { if case .exact = route.host { hasHost } else { false } }

        /// What decides before the path does: routes that have it in common are ordered as the spec orders them.
        fileprivate var kind: Int {
            // Methods and a path are always there.
            let weight = 2 + (hasHost ? 1 : 0) + (route.conditions.isEmpty ? 0 : 1)
            return (weight << 9) | (isPlainHost ? 1 << 8 : 0) | min(route.conditions.count, 255)
        }

        fileprivate var inKind: (Int, Int, Int) { (regexPriority == nil ? 0 : 1, regexPriority ?? 0, prefixByteCount) }
    }

    /// Pairs of routes that some request matches and between which Kong would decide otherwise: the one that the spec
    /// prefers, and the one that Kong does. `nil` if there is too much to compare.
    static func contradictions(_ entries: [Entry]) -> [(preferred: Int, other: Int)]? {
        var comparisonCount = 0
        var found: [(preferred: Int, other: Int)] = []
        func compare(_ preferred: [Int], _ others: [Int], isSameKind: Bool) -> Bool {
            comparisonCount += preferred.count * others.count
            guard comparisonCount <= comparisonCountMax else { return false }
            for preferred in preferred {
                for other in others where other != preferred {
                    let (one, second) = (entries[preferred], entries[other])
                    guard !isSameKind || one.inKind <= second.inKind, beats(one.route, second.route),
                        meet(one.route, second.route)
                    else { continue }
                    found.append((preferred, other))
                }
            }
            return true
        }
        let kinds = Dictionary(grouping: entries.indices, by: { entries[$0].kind }).sorted { $0.key < $1.key }
        for (place, lower) in kinds.enumerated() {
            // Within a kind, routes of the spec's own are numbered in its order.
            let foreign = lower.value.filter { entries[$0].route.kong != nil }
            let own = lower.value.filter { entries[$0].route.kong == nil }
            guard compare(foreign, lower.value, isSameKind: true), compare(own, foreign, isSameKind: true) else {
                return nil
            }
            for higher in kinds[(place + 1)...] {
                guard compare(lower.value, higher.value, isSameKind: false) else { return nil }
            }
        }
        return found
    }

    /// Numbers routes in the order of the spec, from 1 on: those that it prefers have greater numbers.
    static func numbers(_ routes: [Route]) -> [Int] {
        struct Place: Hashable {
            var host: Int
            var rank: UInt64
        }
        let places = routes.map { Place(host: $0.kong == nil ? hostRank($0.host) : 0, rank: RouteTables.rank(of: $0)) }
        let order = Set(places).sorted { ($0.host, $0.rank) < ($1.host, $1.rank) }
        let numbers = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0 + 1) })
        return places.map { numbers[$0] ?? 0 }
    }

    /// Whether the spec prefers one route to another: by host, and then by rank.
    static func beats(_ route: Route, _ other: Route) -> Bool {
        if route.kong == nil || other.kong == nil {
            let hosts = (hostRank(route.host), hostRank(other.host))
            if hosts.0 != hosts.1 { return hosts.0 > hosts.1 }
        }
        return RouteTables.rank(of: route) > RouteTables.rank(of: other)
    }

    private static func hostRank(_ host: HostPattern) -> Int {
        switch host {
        case .any: 0
        case .wildcard(let suffix): 1 + suffix.utf8.count
        case .exact: .max
        }
    }

    /// Whether some request may match both. Expressions are not compared: they may.
    private static func meet(_ left: Route, _ right: Route) -> Bool {
        if case .listed(let one) = left.methods, case .listed(let other) = right.methods,
            Set(KongRoute.methods(one)).isDisjoint(with: KongRoute.methods(other))
        {
            return false
        }
        return left.host.meets(right.host) && left.sharesConditions(with: right) && pathsMeet(left, right)
    }

    private static func pathsMeet(_ left: Route, _ right: Route) -> Bool {
        if left.kong != nil || right.kong != nil {
            guard let one = left.kong?.path, let other = right.kong?.path else { return true }
            return one.mayMeet(other)
        }
        for (one, other) in zip(left.path.segments, right.path.segments) {
            if case .literal(let text) = one, case .literal(let second) = other, text != second { return false }
        }
        let counts = (left.path.segments.count, right.path.segments.count)
        if counts.0 == counts.1 { return true }
        // The shorter one has to go on.
        return (counts.0 < counts.1 ? left : right).path.end != .exact
    }
}
