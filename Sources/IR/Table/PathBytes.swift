/// A normalised path, looked at eight bytes at a time.
@safe
@usableFromInline
package struct PathBytes {
    @usableFromInline package let base: UnsafePointer<UInt8>
    @usableFromInline package let count: Int

    @inlinable
    package init(base: UnsafePointer<UInt8>, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    /// - Precondition: `offset` is below `count`.
    @inlinable @inline(__always)
    package subscript(offset: Int) -> UInt8 {
        assert(offset >= 0 && offset < count)
        return unsafe base[offset]
    }

    /// Whether nothing follows but perhaps one slash, which is not significant.
    @inlinable @inline(__always)
    package func isEnd(_ offset: Int) -> Bool {
        offset >= count || (offset == count - 1 && self[offset] == PathBytes.slash)
    }

    /// Where the segment that begins at `start` ends: at a slash or at the end of the path.
    @inlinable @inline(__always)
    package func segmentEnd(from start: Int) -> Int {
        var offset = start
        while count - offset >= 8 {
            // In bounds: at least eight bytes remain.
            let word = unsafe UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            // The lowest set high bit marks the first byte that is a slash.
            let difference = word ^ 0x2F2F_2F2F_2F2F_2F2F
            let marks = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
            if marks != 0 { return offset + marks.trailingZeroBitCount >> 3 }
            offset += 8
        }
        while offset < count, self[offset] != PathBytes.slash { offset += 1 }
        return offset
    }

    /// Whether the path has these bytes at an offset, and then ends or goes on with a slash.
    @inlinable @inline(__always)
    package func hasSegments(_ label: UnsafePointer<UInt8>, _ labelCount: Int, at offset: Int) -> Bool {
        let end = offset + labelCount
        guard end <= count else { return false }
        guard end == count || self[end] == PathBytes.slash else { return false }
        // Both have `labelCount` bytes.
        return unsafe PathBytes.areEqual(base + offset, label, labelCount)
    }

    /// Whether the path has these bytes at an offset, whatever follows.
    @inlinable @inline(__always)
    package func hasBytes(_ bytes: TableBytes, at offset: Int) -> Bool {
        guard offset + bytes.count <= count else { return false }
        // Both have `bytes.count` bytes.
        return unsafe PathBytes.areEqual(base + offset, bytes.base, bytes.count)
    }

    @inlinable package static var slash: UInt8 { UInt8(ascii: "/") }
    @inlinable package static var brace: UInt8 { UInt8(ascii: "{") }

    /// - Precondition: both have at least `count` bytes.
    @inlinable @inline(__always)
    package static func areEqual(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        var offset = 0
        let left = unsafe UnsafeRawPointer(left)
        let right = unsafe UnsafeRawPointer(right)
        while count - offset >= 8 {
            // In bounds: at least eight bytes remain.
            let difference =
                unsafe left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                ^ right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard difference == 0 else { return false }
            offset += 8
        }
        while offset < count {
            guard
                unsafe left.load(fromByteOffset: offset, as: UInt8.self)
                    == right.load(fromByteOffset: offset, as: UInt8.self)
            else { return false }
            offset += 1
        }
        return true
    }
}
