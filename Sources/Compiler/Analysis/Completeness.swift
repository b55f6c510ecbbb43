/// Where a spec is as its author wrote it, and where something was refused and is reported already. What seems to be
/// missing there may only have been refused: nothing more is said about it.
struct Completeness {
    private let document: SpecDocument
    private let isWholeOutsideAPIs: Bool
    /// Whether every group that a consumer is in is known.
    let knowsAllGroups: Bool

    init(_ document: SpecDocument) {
        self.document = document
        isWholeOutsideAPIs = document.refused.allSatisfy { refusal in
            document.apis.contains { $0.value.span.holds(refusal) }
        }
        knowsAllGroups =
            document.refused.isEmpty || !document.consumers.contains { document.hasRefusal(within: $0.value.span) }
    }

    /// Whether nothing was refused within an API.
    func isWhole(_ api: Named<APISpec>) -> Bool {
        document.refused.isEmpty || !document.hasRefusal(within: api.value.span)
    }

    /// Whether nothing was refused that is in force for the routes of an API.
    func isWholeForRoutes(of api: Named<APISpec>) -> Bool { isWholeOutsideAPIs && isWhole(api) }

    func isWhole(within span: SourceSpan) -> Bool {
        document.refused.isEmpty || !document.hasRefusal(within: span)
    }
}

extension SourceSpan {
    func holds(_ other: SourceSpan) -> Bool { file == other.file && start <= other.start && other.end <= end }
}
