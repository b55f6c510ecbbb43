/// The hash by which a literal child of a tree node is found: of the parent's index and the bytes of one segment.
///
/// Sixty-four bits at a time are mixed by a multiplication whose halves are folded (the construction of wyhash). The
/// keys are the spec's own, so it needs to be fast and even, not secret: a request can only probe.
package enum LiteralHash {
    @usableFromInline static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15
    @usableFromInline static let secret: UInt64 = 0xD6E8_FEB8_6659_FD93

    @inlinable @inline(__always)
    static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
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
}
