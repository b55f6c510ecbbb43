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
        var names = named
        let indices =
            groups.isEmpty
            ? [:]
            : Dictionary(zip(consumers.map(\.name), consumers.indices), uniquingKeysWith: { first, _ in first })
        for (audience, unit) in groups {
            for name in audience {
                guard let index = indices[name] else { continue }
                consumers[index].groups.append(names.count)
            }
            names.append(ConsumerGroups.unlistedMark + labels[unit])
        }
        if names.count > NameTable.groupCountMax {
            let extra = named.dropFirst(NameTable.groupCountMax).first
            let span = extra.map { Self.firstUse(of: $0, in: document) } ?? document.span
            diagnostics.append(
                .tooManyGroups(span, count: names.count, made: groups.count, shares: shares(of: named))
            )
        }
        return names
    }

    /// How many of the groups that specs name are whose, most first. Exported ones are the whole gateway's.
    private func shares(of named: [String]) -> [(owner: String, count: Int)] {
        let owners = Set(labels)
        var counts: [String: Int] = [:]
        for group in named {
            let owner = group.lastIndex(of: "/").map { String(group[..<$0]) } ?? ""
            counts[owners.contains(owner) ? owner : "", default: 0] += 1
        }
        return counts.map { (owner: $0.key, count: $0.value) }
            .sorted { $0.count != $1.count ? $0.count > $1.count : $0.owner < $1.owner }
    }

    private static func firstUse(of group: String, in document: SpecDocument) -> SourceSpan {
        for consumer in document.consumers {
            for name in consumer.value.groups where name.value == group { return name.span }
        }
        return document.span
    }
}

extension Diagnostic {
    /// - Parameters:
    ///   - made: groups that the linker made to keep the keys of specs apart.
    ///   - shares: of the others, by spec; no name is those that belong to no member.
    fileprivate static func tooManyGroups(
        _ span: SourceSpan,
        count: Int,
        made: Int,
        shares: [(owner: String, count: Int)]
    ) -> Diagnostic {
        let shownCountMax = 5
        var parts = shares.prefix(shownCountMax).map { share in
            "\(share.count) \(share.owner.isEmpty ? "of no member alone" : "of `\(share.owner)`")"
        }
        let rest = shares.dropFirst(shownCountMax)
        if !rest.isEmpty { parts.append("\(rest.reduce(0) { $0 + $1.count }) of \(rest.count) other specs") }
        if made > 0 { parts.append("\(made) that keep the keys of members apart") }
        let isLinked = made > 0 || shares.count > 1
        return Diagnostic(
            .tooManyGroups,
            "the consumers are in \(count) groups, a gateway has at most \(NameTable.groupCountMax)",
            at: span,
            help: "merge groups that are always used together"
                + (isLinked ? "; there are \(parts.joined(separator: ", "))" : "")
        )
    }
}
