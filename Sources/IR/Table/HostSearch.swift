/// The hosts of a table that a request's host matches, from most to least specific.
@safe
@usableFromInline
package struct HostSearch {
    @usableFromInline package let base: UnsafePointer<UInt8>?
    @usableFromInline package let count: Int
    /// Where the next wildcard's suffix begins; negative before the exact hosts were asked.
    @usableFromInline package var offset = -1
    @usableFromInline package var isDone = false

    @inlinable
    package init(_ host: UnsafeBufferPointer<UInt8>) {
        unsafe base = host.baseAddress
        count = host.count
    }
}

extension TableView {
    /// The next host that matches: the exact one, then wildcards from the longest suffix, then any.
    @inlinable
    package func nextHost(_ search: inout HostSearch) -> UInt32? {
        let exactCount = gateway.exactHostCount
        let namedCount = exactCount + gateway.wildcardHostCount
        if let base = unsafe search.base, namedCount > 0 {
            if search.offset < 0 {
                search.offset = 0
                if let index = unsafe host(base, search.count, in: 0..<exactCount) { return index }
            }
            while exactCount < namedCount, search.offset < search.count {
                // The next suffix begins behind the next dot.
                while search.offset < search.count, unsafe base[search.offset] != UInt8(ascii: ".") {
                    search.offset += 1
                }
                search.offset += 1
                guard search.offset < search.count else { break }
                let suffix = unsafe base + search.offset
                if let index = unsafe host(suffix, search.count - search.offset, in: exactCount..<namedCount) {
                    return index
                }
            }
        }
        guard !search.isDone else { return nil }
        search.isDone = true
        return Int(namedCount) < hosts.count ? namedCount : nil
    }

    /// The host with a name, among hosts that ascend by name.
    @inlinable
    package func host(_ name: UnsafePointer<UInt8>, _ count: Int, in range: Range<UInt32>) -> UInt32? {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = low + (high - low) / 2
            let other = bytes(hosts[middle].name)
            let order = unsafe TableBytes.order(name, count, other.base, other.count)
            if order == 0 { return middle }
            if order < 0 { high = middle } else { low = middle + 1 }
        }
        return nil
    }
}

extension TableBytes {
    /// Negative, zero or positive as the left bytes stand before, at or behind the right ones.
    ///
    /// - Precondition: the pointers have as many bytes as their counts say.
    @inlinable
    package static func order(
        _ left: UnsafePointer<UInt8>,
        _ leftCount: Int,
        _ right: UnsafePointer<UInt8>,
        _ rightCount: Int
    ) -> Int {
        for offset in 0..<min(leftCount, rightCount) {
            let difference = unsafe Int(left[offset]) - Int(right[offset])
            if difference != 0 { return difference }
        }
        return leftCount - rightCount
    }
}
