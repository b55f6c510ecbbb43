internal import GatewayIR

/// Groups that the linker makes: whom the APIs of one spec know.
///
/// All keys of a gateway are looked up in one table. A consumer that is private to one team has no business with the
/// APIs of another, so where a chain authenticates without naming groups, one of these stands for everybody whom its
/// spec knows. Upstreams never hear of them.
struct AudienceTable {
    private let audiences: [[String]?]
    private let labels: [String]
    /// Of the groups that specs name themselves; the others come behind.
    private let groupCount: Int
    /// Distinct sets of consumers in the order of their first use, and the unit after which each is called.
    private var groups: [(audience: [String], unit: Int)] = []
    private var numbers: [[String]: Int] = [:]
    /// Units whose groups something names, in the order of their first use.
    private var used: [Int] = []

    init(_ linkage: Linkage, groupCount: Int) {
        audiences = linkage.units.map(\.audience)
        labels = linkage.units.map { $0.name.isEmpty ? $0.label : $0.name }
        self.groupCount = groupCount
    }

    /// What stands for the group until all that are needed are known: see `take`.
    ///
    /// - Returns: `nil` if there is no consumer that the unit's APIs do not know.
    mutating func group(of unit: Int) -> Int? {
        guard unit < audiences.count, audiences[unit] != nil else { return nil }
        if used.last != unit, !used.contains(unit) { used.append(unit) }
        return groupCount + unit
    }

    /// Gives the groups of other routes their numbers.
    ///
    /// - Returns: by what has stood for them.
    mutating func take(_ other: AudienceTable) -> [Int: Int] {
        var result: [Int: Int] = [:]
        for unit in other.used {
            guard let audience = audiences[unit] else { continue }
            if numbers[audience] == nil {
                numbers[audience] = groups.count
                groups.append((audience, unit))
            }
            result[groupCount + unit] = numbers[audience].map { groupCount + $0 }
        }
        return result
    }

    /// All groups of the gateway; the consumers get those that are made here.
    func groups(
        _ named: [String],
        adding consumers: inout [Consumer],
        _ document: SpecDocument,
        into diagnostics: inout [Diagnostic]
    ) -> [String] {
        guard !groups.isEmpty else { return named }
        let indices = Dictionary(
            zip(consumers.map(\.name), consumers.indices),
            uniquingKeysWith: { first, _ in first }
        )
        var names = named
        for (audience, unit) in groups {
            for name in audience {
                guard let index = indices[name] else { continue }
                consumers[index].groups.append(names.count)
            }
            names.append(ConsumerGroups.unlistedMark + labels[unit])
        }
        if named.count <= NameTable.groupCountMax, names.count > NameTable.groupCountMax {
            diagnostics.append(.tooManyGroups(document.span, count: names.count))
        }
        return names
    }
}
