/// A set of addresses as ranges: ascending, apart from each other, so that a search halves its way through them.
package struct AddressRanges: Hashable, Sendable {
    /// First and last address of each range, as the integers that 16 bytes in network order are.
    package private(set) var ranges: [ClosedRange<UInt128>] = []

    /// - Parameter blocks: in any order; they may overlap.
    package init(_ blocks: [AddressBlock]) {
        for range in blocks.map(\.range).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard let last = ranges.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 else {
                ranges.append(range)
                continue
            }
            ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
        }
    }

    package var isEmpty: Bool { ranges.isEmpty }

    /// What is in this set and not in another one.
    package func subtracting(_ other: AddressRanges) -> AddressRanges {
        var result = AddressRanges([])
        var index = 0
        for range in ranges {
            var start = range.lowerBound
            var isUsedUp = false
            while index < other.ranges.count, other.ranges[index].upperBound < start { index += 1 }
            var cut = index
            while cut < other.ranges.count, other.ranges[cut].lowerBound <= range.upperBound {
                let hole = other.ranges[cut]
                if hole.lowerBound > start { result.ranges.append(start...hole.lowerBound - 1) }
                guard hole.upperBound < range.upperBound else {
                    isUsedUp = true
                    break
                }
                start = hole.upperBound + 1
                cut += 1
            }
            if !isUsedUp { result.ranges.append(start...range.upperBound) }
        }
        return result
    }
}

extension AddressBlock {
    fileprivate var range: ClosedRange<UInt128> {
        let first = network.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        return first...(first | (prefixLength >= 128 ? 0 : UInt128.max >> UInt128(prefixLength)))
    }
}

extension IPRestrictionSettings {
    /// The addresses that decide: those that may call, or, where all may that are not denied, those that may not.
    package var addresses: AddressRanges {
        allow.isEmpty ? AddressRanges(deny) : AddressRanges(allow).subtracting(AddressRanges(deny))
    }
}
