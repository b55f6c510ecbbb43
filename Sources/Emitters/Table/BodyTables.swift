internal import GatewayIR
internal import GatewayTable

/// What the instructions about bodies refer to, each distinct thing once.
struct BodyTables {
    private(set) var edits = RecordPool<BodyEdits, BodyEditsRecord>()
    private(set) var operations: [BodyOperationRecord] = []

    /// The number of edits.
    ///
    /// - Parameter tokens: keeps the names of members.
    mutating func add(_ settings: BodyEdits, _ tokens: inout TokenTables, _ text: inout TextPool) -> UInt32 {
        if let known = edits.number(of: settings) { return known }
        var record = BodyEditsRecord()
        record.operations = RangeRecord(first: UInt32(operations.count), count: UInt32(settings.edits.count))
        record.byteCountMax = settings.byteCountMax
        for edit in settings.edits {
            var operation = BodyOperationRecord()
            operation.names = tokens.add(edit.path, &text)
            let (kind, value): (BodyOperationKind, String) =
                switch edit.action {
                case .remove: (.remove, "")
                case .set(let value): (.set, value)
                case .add(let value): (.add, value)
                }
            operation.kind = kind.rawValue
            operation.value = text.add(value)
            operations.append(operation)
        }
        return edits.add(record, of: settings)
    }
}
