/// The hash by which a literal child of a tree node is found: of the parent's index and the bytes of one segment.
///
/// Sixty-four bits at a time are mixed by a multiplication whose halves are folded (the construction of wyhash). The
/// keys are the spec's own, so it needs to be fast and even, not secret: a request can only probe.
@usableFromInline
package enum LiteralHash {
    @inlinable package static var multiplier: UInt64 { 0x9E37_79B9_7F4A_7C15 }
    @inlinable package static var secret: UInt64 { 0xD6E8_FEB8_6659_FD93 }

    @inlinable @inline(__always)
    package static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    /// - Parameters:
    ///   - bytes: the segment.
    ///   - count: its length; short reads never touch bytes behind it.
    /// - Returns: 32 well-mixed bits.
    @inlinable @inline(__always)
    package static func hash(parent: UInt32, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt32 {
        var state = fold(UInt64(parent) ^ secret, UInt64(count) ^ multiplier)
        var offset = 0
        let raw = unsafe UnsafeRawPointer(bytes)
        while count - offset >= 8 {
            // In bounds: at least eight bytes remain.
            let word = unsafe raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            state = fold(state ^ word, multiplier)
            offset += 8
        }
        if offset < count {
            var word: UInt64 = 0
            while offset < count {
                unsafe word = word << 8 | UInt64(bytes[offset])
                offset += 1
            }
            state = fold(state ^ word, secret)
        }
        return UInt32(truncatingIfNeeded: state ^ (state >> 32))
    }

    /// The slot at which the search for a hash begins.
    @inlinable @inline(__always)
    package static func slot(_ hash: UInt32, slotCount: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: (UInt64(hash) * UInt64(slotCount)) >> 32)
    }

    /// Bits of a slot that hold a node; those above hold the low bits of the hash, so that a search for something else
    /// mostly passes by without a look at the node. A file of `fileByteCountMax` has fewer nodes.
    @inlinable package static var nodeBitCount: UInt32 { 26 }
    @inlinable package static var nodeMask: UInt32 { 1 << nodeBitCount - 1 }

    /// What a slot holds for a node. An empty slot holds `TableLayout.none`, which no node gives.
    @inlinable @inline(__always)
    package static func word(_ hash: UInt32, node: UInt32) -> UInt32 { hash << nodeBitCount | node }

    /// The node of a slot that is not empty.
    @inlinable @inline(__always)
    package static func node(_ word: UInt32) -> UInt32 { word & nodeMask }

    /// Whether a slot that is not empty may be the one of a hash.
    @inlinable @inline(__always)
    package static func mayHold(_ word: UInt32, _ hash: UInt32) -> Bool { word ^ hash << nodeBitCount <= nodeMask }

    /// Taken slots in a row at most; the first slot follows the last.
    @inlinable
    package static func longestRun(_ slots: some RandomAccessCollection<UInt32>) -> Int {
        var longest = 0
        var run = 0
        for word in slots {
            run = word == TableLayout.none ? 0 : run + 1
            longest = max(longest, run)
        }
        // The run at the end goes on at the beginning.
        for word in slots {
            if word == TableLayout.none { break }
            run += 1
        }
        longest = max(longest, run)
        return min(longest, slots.count)
    }
}
