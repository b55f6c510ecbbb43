/// Records of a section, each distinct one once, by what it was made of.
struct RecordPool<Source: Hashable, Record> {
    /// In the order in which they were added.
    private(set) var records: [Record] = []
    /// Only ever asked for a value, never walked: its order does not reach the table.
    private var numbers: [Source: UInt32] = [:]

    /// The number of the record that was made of this, if there is one.
    func number(of source: Source) -> UInt32? { numbers[source] }

    /// - Returns: the record's number.
    mutating func add(_ record: Record, of source: Source) -> UInt32 {
        let number = UInt32(records.count)
        records.append(record)
        numbers[source] = number
        return number
    }
}
