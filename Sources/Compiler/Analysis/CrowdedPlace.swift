internal import GatewayIR

/// Many routes with one host and path, told apart by methods, versions and header conditions: `X-Tenant: a`,
/// `X-Tenant: b`, … Pairs are found by hashing, as a database joins tables.
enum CrowdedPlace {
    /// What hashing the values of a route costs, in comparisons of two routes.
    private static let joinCost = 8

    /// Routes that ask for the same header fields, whatever the values, with one method and version.
    private struct Kind: Hashable {
        /// `nil` for any method.
        var method: String?
        var version: Int
        var names: [String]
    }

    /// - Returns: pairs that one request can match with equal rank; at least one for each route that is in any.
    static func conflicts(
        among entries: [Int],
        _ compatibility: RouteCompatibility,
        _ comparisonCount: inout Int
    ) -> [(Int, Int)] {
        var order: [Kind] = []
        var members: [Kind: [Int]] = [:]
        for entry in entries {
            let route = compatibility.routes[entry]
            for method in route.methods.expanded {
                let kind = Kind(method: method, version: route.version, names: route.conditions.map(\.name))
                if members[kind] == nil { order.append(kind) }
                members[kind, default: []].append(entry)
            }
        }
        var results: [(Int, Int)] = []
        for kinds in partition(order) {
            for (index, kind) in kinds.enumerated() {
                for other in kinds[...index] {
                    comparisonCount += 1
                    guard comparisonCount <= RouteConflicts.comparisonCountMax else { return results }
                    guard let left = members[other], let right = members[kind],
                        compatibility.versionsAgree(compatibility.routes[left[0]], compatibility.routes[right[0]])
                    else { continue }
                    comparisonCount += joinCost * (left.count + right.count)
                    results += joined(left, right, names: Set(other.names).intersection(kind.names), compatibility)
                }
            }
        }
        return results
    }

    /// Kinds that can be ranked equally, together.
    private static func partition(_ kinds: [Kind]) -> [[Kind]] {
        struct Rank: Hashable {
            var method: String?
            var conditionCount: Int
        }
        var order: [Rank] = []
        var parts: [Rank: [Kind]] = [:]
        for kind in kinds {
            let rank = Rank(method: kind.method, conditionCount: min(kind.names.count, ConditionLowering.countMax))
            if parts[rank] == nil { order.append(rank) }
            parts[rank, default: []].append(kind)
        }
        return order.compactMap { parts[$0] }
    }

    /// Pairs that agree in the fields that both ask for: for each on the right, the first on the left before it.
    private static func joined(
        _ left: [Int],
        _ right: [Int],
        names: Set<String>,
        _ compatibility: RouteCompatibility
    ) -> [(Int, Int)] {
        func key(_ entry: Int) -> [String] {
            compatibility.routes[entry].conditions.filter { names.contains($0.name) }.map(\.value)
        }
        var firsts: [[String]: Int] = [:]
        for entry in left where firsts[key(entry)] == nil { firsts[key(entry)] = entry }
        return right.compactMap { entry in
            guard let first = firsts[key(entry)], first != entry else { return nil }
            return (first, entry)
        }
    }
}

extension MethodSet {
    /// One by one; `nil` for any.
    fileprivate var expanded: [String?] {
        switch self {
        case .any: [nil]
        case .listed(let methods): methods
        }
    }
}
