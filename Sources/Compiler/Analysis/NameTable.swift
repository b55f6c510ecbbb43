internal import GatewayIR

/// What the names of a spec stand for, as indices into the gateway's sorted arrays.
struct NameTable {
    /// What a table holds (`TableLayout.groupCountMax`).
    static let groupCountMax = 4096

    /// Ascending: every group that a consumer is in.
    let groups: [String]
    /// Ascending.
    let upstreams: [String]
    /// Ascending.
    let consumers: [String]
    private let groupIndices: [String: Int]
    private let consumerIndices: [String: Int]
    private let upstreamIndices: [String: Int]
    /// By name: index into `SpecDocument.policies`.
    private let policyIndices: [String: Int]
    private let knowsAllGroups: Bool

    init(_ document: SpecDocument, _ completeness: Completeness) {
        knowsAllGroups = completeness.knowsAllGroups
        groups = Set(document.consumers.flatMap { $0.value.groups.map(\.value) }).sorted()
        upstreams = document.upstreams.map(\.name.value).sorted()
        consumers = document.consumers.map(\.name.value).sorted()
        groupIndices = NameTable.indices(groups)
        consumerIndices = NameTable.indices(consumers)
        upstreamIndices = NameTable.indices(upstreams)
        policyIndices = NameTable.indices(document.policies.map(\.name.value))
    }

    private static func indices(_ names: [String]) -> [String: Int] {
        Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    }

    func upstream(_ name: String) -> Int? { upstreamIndices[name] }

    func upstream(_ name: Spanned<String>, into diagnostics: inout [Diagnostic]) -> Int? {
        if let index = upstreamIndices[name.value] { return index }
        diagnostics.append(.unknownUpstream(name, known: upstreams))
        return nil
    }

    func consumer(_ name: Spanned<String>, into diagnostics: inout [Diagnostic]) -> Int? {
        if let index = consumerIndices[name.value] { return index }
        if knowsAllGroups { diagnostics.append(.unknownConsumer(name, known: consumers)) }
        return nil
    }

    func group(_ name: Spanned<String>, into diagnostics: inout [Diagnostic]) -> Int? {
        if let index = groupIndices[name.value] { return index }
        if knowsAllGroups { diagnostics.append(.unknownGroup(name, known: groups)) }
        return nil
    }

    /// The groups' indices, ascending, each once.
    func groups(_ names: [Spanned<String>], into diagnostics: inout [Diagnostic]) -> [Int] {
        var indices: [Int] = []
        for name in names {
            if let index = group(name, into: &diagnostics), !indices.contains(index) { indices.append(index) }
        }
        return indices.sorted()
    }

    func policy(_ name: Spanned<String>, into diagnostics: inout [Diagnostic]) -> Int? {
        if let index = policyIndices[name.value] { return index }
        diagnostics.append(.unknownPolicy(name, known: policyIndices.keys.sorted()))
        return nil
    }
}

extension Diagnostic {
    static func unknownUpstream(_ name: Spanned<String>, known: [String]) -> Diagnostic {
        Diagnostic(
            .unknownUpstream,
            "there is no upstream `\(name.value)`",
            at: name.span,
            help: suggestion(for: name.value, among: known) ?? "declare it under `upstreams`"
        )
    }

    static func unknownPolicy(_ name: Spanned<String>, known: [String]) -> Diagnostic {
        Diagnostic(
            .unknownPolicy,
            "there is no policy `\(name.value)`",
            at: name.span,
            help: suggestion(for: name.value, among: known) ?? "declare it under `policies`"
        )
    }

    static func unknownConsumer(_ name: Spanned<String>, known: [String]) -> Diagnostic {
        Diagnostic(
            .unknownConsumer,
            "there is no consumer `\(name.value)`",
            at: name.span,
            help: suggestion(for: name.value, among: known) ?? "declare it under `consumers`"
        )
    }

    static func unknownGroup(_ name: Spanned<String>, known: [String]) -> Diagnostic {
        Diagnostic(
            .unknownGroup,
            "no consumer is in the group `\(name.value)`",
            at: name.span,
            help: suggestion(for: name.value, among: known) ?? "add it to the `groups` of a consumer"
        )
    }

    static func suggestion(for name: String, among known: [String]) -> String? {
        Spelling.suggestion(for: name, among: known).map { "did you mean `\($0)`?" }
    }
}
