internal import GatewayIR
internal import GatewayTable

/// The hosts of a gateway in the table's order, found again by their patterns.
struct HostTable {
    /// Exact ones ascending by bytes, then wildcards ascending by their suffix, then any.
    let patterns: [HostPattern]
    /// Only ever asked for a value, never walked.
    private let numbers: [HostPattern: Int]

    init(_ gateway: Gateway) {
        var numbers: [HostPattern: Int] = [:]
        var previous: HostPattern?
        let routes = gateway.routes
        for index in routes.indices where routes[index].host != previous {
            numbers[routes[index].host] = 0
            previous = routes[index].host
        }
        for mount in gateway.mounts { numbers[mount.host] = 0 }
        patterns = numbers.keys.sorted(by: HostTable.precedes)
        for (number, pattern) in patterns.enumerated() { numbers[pattern] = number }
        self.numbers = numbers
    }

    /// - Precondition: the pattern is one of the gateway's.
    func number(of pattern: HostPattern) -> Int {
        guard let number = numbers[pattern] else { preconditionFailure("every host was collected") }
        return number
    }

    private static func precedes(_ left: HostPattern, _ right: HostPattern) -> Bool {
        guard left.kind == right.kind else { return left.kind.rawValue > right.kind.rawValue }
        return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
}

extension HostPattern {
    var kind: RouteRank.HostKind {
        switch self {
        case .exact: .exact
        case .wildcard: .wildcard
        case .any: .any
        }
    }

    /// The host, or the suffix; empty for any.
    var name: String {
        switch self {
        case .exact(let host): host
        case .wildcard(let suffix): suffix
        case .any: ""
        }
    }
}
