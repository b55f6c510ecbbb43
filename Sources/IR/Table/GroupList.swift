extension TableView {
    /// Whether two lists of groups, ranges of `groupLists`, have one in common.
    package func haveCommonGroup(_ left: RangeRecord, _ right: RangeRecord) -> Bool {
        var (index, other) = (left.first, right.first)
        let (end, otherEnd) = (left.first + left.count, right.first + right.count)
        // Both are ascending.
        while index < end, other < otherEnd {
            let (group, otherGroup) = (groupLists[index], groupLists[other])
            if group == otherGroup { return true }
            if group < otherGroup { index += 1 } else { other += 1 }
        }
        return false
    }

    /// Whether a group is in a list.
    package func contains(_ list: RangeRecord, _ group: UInt32) -> Bool {
        for index in list.first..<list.first + list.count where groupLists[index] == group { return true }
        return false
    }

    /// A list of groups: ascending, of groups that there are.
    func checkGroups(
        _ list: RangeRecord,
        _ section: TableSection,
        _ record: Int,
        _ field: StaticString
    ) throws(TableError) {
        // Both are below 2^32: no overflow in 64 bits.
        guard Int(list.first) + Int(list.count) <= groupLists.count else {
            throw .outOfRange(section: "\(section)", record: record, field: field.description)
        }
        var next: UInt32 = 0
        for index in list.first..<list.first + list.count {
            let group = groupLists[index]
            try require(group >= next && Int(group) < groups.count, section, record, "unknown groups")
            next = group + 1
        }
    }
}
