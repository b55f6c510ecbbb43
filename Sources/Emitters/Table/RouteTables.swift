internal import GatewayIR
internal import GatewayTable

/// Routes as records, still in the order of the gateway: what a lookup compares of each beside its path.
struct RouteTables {
    private(set) var methods: [TextReference] = []
    private(set) var conditionSets: [RangeRecord] = [RangeRecord()]
    private(set) var conditions: [ConditionRecord] = []
    /// By index into `Gateway.routes`; node, program and the last flag are not set yet.
    private(set) var records: [RouteRecord] = []

    /// By index into `Gateway.routes`.
    private let versions: [Int]
    /// The table's methods by their bits. Few, and short: found by comparing sooner than by hashing.
    private var methodNames = MethodTable.known.map(\.description)
    private var knownConditionSets: [[HeaderCondition]: UInt16] = [[]: 0]

    init(_ gateway: Gateway, _ text: inout TextPool) {
        let routes = gateway.routes
        versions = routes.indices.map { routes[$0].version }
        collectMethods(routes, &text)
        records.reserveCapacity(routes.count)
        var selects: [Bool] = []
        for version in gateway.versions { selects.append(gateway.apis[version.api].selector.isAskedOfRequests) }
        for index in routes.indices {
            var record = RouteRecord()
            record.methods = bits(routes[index].methods)
            if selects[routes[index].version] { record.flags = RouteRecord.isSelectedFlag }
            record.captureCount = UInt8(routes[index].path.captureCount)
            record.conditionSet = conditionSet(routes[index].conditions, &text)
            records.append(record)
        }
        rank(routes)
    }

    /// Numbers the distinct ranks of all routes from the least on: they are only ever compared.
    private mutating func rank(_ routes: [Route]) {
        let ranks = routes.indices.map { RouteTables.rank(of: routes[$0]) }
        var ordinals: [UInt64: UInt32] = [:]
        // Neighbours mostly rank alike.
        for (index, rank) in ranks.enumerated() where index == 0 || ranks[index - 1] != rank { ordinals[rank] = 0 }
        for (ordinal, rank) in ordinals.keys.sorted().enumerated() { ordinals[rank] = UInt32(ordinal) }
        var last: UInt32 = 0
        for (index, rank) in ranks.enumerated() {
            if index == 0 || ranks[index - 1] != rank { last = ordinals[rank] ?? 0 }
            records[index].rank = last
        }
    }

    /// Lets `GET` routes of one end take `HEAD`, except where another route of the same version and conditions lists
    /// it.
    ///
    /// - Parameter group: indices of routes with the same host and path.
    mutating func letHeadFollowGet(_ group: [Int]) {
        let head = group.filter { records[$0].methods & MethodTable.head != 0 }
        let taken = Set(head.map { selection($0) })
        for index in group where records[index].methods & (MethodTable.get | MethodTable.anyBit) == MethodTable.get {
            if taken.isEmpty || !taken.contains(selection(index)) {
                records[index].methods |= MethodTable.head
            }
        }
    }

    /// The same for a route that is alone at its end.
    mutating func letHeadFollowGet(_ index: Int) {
        if records[index].methods & (MethodTable.get | MethodTable.anyBit) == MethodTable.get {
            records[index].methods |= MethodTable.head
        }
    }

    /// Which requests a route means, beside host, path and method.
    private struct Selection: Hashable {
        var version: Int
        var conditionSet: UInt16
    }

    private func selection(_ index: Int) -> Selection {
        Selection(version: versions[index], conditionSet: records[index].conditionSet)
    }

    private mutating func collectMethods(_ routes: [Route], _ text: inout TextPool) {
        var listed: Set<String> = []
        for index in routes.indices {
            guard case .listed(let names) = routes[index].methods else { continue }
            for name in names where !methodNames.contains(name) { listed.insert(name) }
        }
        precondition(listed.count <= MethodTable.listedCountMax, "a table lists at most 22 methods of its own")
        for name in listed.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            methodNames.append(name)
            methods.append(text.add(name))
        }
    }

    private func bits(_ set: MethodSet) -> UInt32 {
        switch set {
        case .any: MethodTable.anyBit
        case .listed(let names):
            names.reduce(0) { $0 | (methodNames.firstIndex(of: $1).map { 1 << UInt32($0) } ?? 0) }
        }
    }

    private mutating func conditionSet(_ set: [HeaderCondition], _ text: inout TextPool) -> UInt16 {
        guard !set.isEmpty else { return 0 }
        if let known = knownConditionSets[set] { return known }
        precondition(conditionSets.count <= Int(UInt16.max), "a table has at most 65 536 distinct sets of conditions")
        let number = UInt16(conditionSets.count)
        conditionSets.append(RangeRecord(first: UInt32(conditions.count), count: UInt32(set.count)))
        for condition in set {
            var record = ConditionRecord()
            record.name = text.add(condition.name)
            record.value = text.add(condition.value)
            conditions.append(record)
        }
        knownConditionSets[set] = number
        return number
    }

    static func rank(of route: Route) -> UInt64 {
        if let kong = route.kong { return kong.rank }
        var rank = RouteRank(host: route.host.kind)
        for segment in route.path.segments {
            switch segment {
            case .literal: rank.append(.literal)
            case .constrained: rank.append(.constrained)
            case .capture: rank.append(.capture)
            }
        }
        return rank.route(
            endsExactly: route.path.end == .exact,
            listsMethods: route.methods != .any,
            conditionCount: route.conditions.count
        )
    }

    mutating func set(program: UInt32, of index: Int) { records[index].program = program }
}

extension VersionSelector {
    /// Whether a request names the version otherwise than by host and path.
    fileprivate var isAskedOfRequests: Bool {
        switch self {
        case .path, .host: false
        case .header, .query, .mediaType: true
        }
    }
}

extension PathPattern {
    /// As many as `captureNames` has, without making them.
    fileprivate var captureCount: Int {
        var count = end == .exact ? 0 : 1
        for segment in segments {
            if case .literal = segment { continue }
            count += 1
        }
        return count
    }
}
