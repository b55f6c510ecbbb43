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
    /// Only ever asked for a value, never walked.
    private var methodBits: [String: UInt32] = [:]
    private var knownConditionSets: [[HeaderCondition]: UInt16] = [[]: 0]

    init(_ gateway: Gateway, _ text: inout TextPool) {
        versions = gateway.routes.map(\.version)
        collectMethods(gateway, &text)
        records.reserveCapacity(gateway.routes.count)
        var selects: [Bool] = []
        for version in gateway.versions { selects.append(gateway.apis[version.api].selector.isAskedOfRequests) }
        for route in gateway.routes {
            var record = RouteRecord()
            record.methods = bits(route.methods)
            if selects[route.version] { record.flags = RouteRecord.isSelectedFlag }
            record.captureCount = UInt8(route.path.captureCount)
            record.conditionSet = conditionSet(route.conditions, &text)
            records.append(record)
        }
        rank(gateway.routes)
    }

    /// Numbers the distinct ranks of all routes from the least on: they are only ever compared.
    private mutating func rank(_ routes: [Route]) {
        let ranks = routes.map(RouteTables.rank(of:))
        var ordinals: [UInt64: UInt32] = [:]
        for rank in ranks { ordinals[rank] = 0 }
        for (ordinal, rank) in ordinals.keys.sorted().enumerated() { ordinals[rank] = UInt32(ordinal) }
        for (index, rank) in ranks.enumerated() { records[index].rank = ordinals[rank] ?? 0 }
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

    /// Which requests a route means, beside host, path and method.
    private struct Selection: Hashable {
        var version: Int
        var conditionSet: UInt16
    }

    private func selection(_ index: Int) -> Selection {
        Selection(version: versions[index], conditionSet: records[index].conditionSet)
    }

    private mutating func collectMethods(_ gateway: Gateway, _ text: inout TextPool) {
        for (index, name) in MethodTable.known.enumerated() { methodBits[name.description] = 1 << UInt32(index) }
        var listed: Set<String> = []
        for route in gateway.routes {
            guard case .listed(let names) = route.methods else { continue }
            for name in names where methodBits[name] == nil { listed.insert(name) }
        }
        precondition(listed.count <= MethodTable.listedCountMax, "a table lists at most 22 methods of its own")
        for (index, name) in listed.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }).enumerated() {
            methodBits[name] = 1 << UInt32(MethodTable.knownCount + index)
            methods.append(text.add(name))
        }
    }

    private func bits(_ set: MethodSet) -> UInt32 {
        switch set {
        case .any: MethodTable.anyBit
        case .listed(let names): names.reduce(0) { $0 | (methodBits[$1] ?? 0) }
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
