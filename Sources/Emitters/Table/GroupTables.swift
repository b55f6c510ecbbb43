internal import GatewayTable

/// Lists of groups, each distinct one once.
struct GroupTables {
    /// Ascending within each list.
    private(set) var lists: [UInt32] = []
    /// Only ever asked for a value, never walked.
    private var known: [[Int]: RangeRecord] = [:]

    /// Where a list stands.
    ///
    /// - Parameter groups: indices of groups, in any order.
    mutating func add(_ groups: [Int]) -> RangeRecord {
        if let known = known[groups] { return known }
        let distinct = Set(groups).sorted()
        let range = known[distinct] ?? RangeRecord(first: UInt32(lists.count), count: UInt32(distinct.count))
        if range.first == UInt32(lists.count) { lists += distinct.map { UInt32($0) } }
        known[distinct] = range
        known[groups] = range
        return range
    }
}
