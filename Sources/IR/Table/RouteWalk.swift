/// The state of one lookup.
@usableFromInline
package struct RouteWalk {
    /// Where in the path a walk has arrived.
    @usableFromInline
    package struct Position {
        /// At a slash, or behind the path.
        @usableFromInline package var offset = 0
        @usableFromInline package var segmentCount = 0
        @usableFromInline package var captureCount = 0

        @inlinable
        package init() {}
    }

    /// The transition of an automaton that rejects for good.
    @inlinable package static var deadState: UInt16 { .max }

    @usableFromInline package let path: PathBytes
    @usableFromInline package let method: UInt32
    @usableFromInline package var visitsLeft = TableLayout.lookupVisitCountMax
    @usableFromInline package var isExhaustive = false
    @usableFromInline package var findsMounts = true
    /// Segments before the mount found so far; negative if there is none.
    @usableFromInline package var mountDepth = -1
    /// Of the route found so far.
    @usableFromInline package var rank: UInt32 = 0
    /// Pairs of offset and count of the captures on the way to where the walk is.
    @usableFromInline package var captures = InlineArray<32, UInt16>(repeating: 0)

    @inlinable
    package init(path: PathBytes, method: UInt32) {
        self.path = path
        self.method = method
    }

    /// - Precondition: validated tables have at most `TableLayout.captureCountMax` captures on every way.
    @inlinable @inline(__always)
    package mutating func capture(_ start: Int, _ end: Int, _ position: inout Position) {
        captures[2 * position.captureCount] = UInt16(truncatingIfNeeded: start)
        captures[2 * position.captureCount + 1] = UInt16(truncatingIfNeeded: end - start)
        position.captureCount += 1
    }

    /// Captures a segment and moves behind it.
    @inlinable @inline(__always)
    package mutating func pass(_ start: Int, _ end: Int, _ position: inout Position) {
        capture(start, end, &position)
        position.offset = end
        position.segmentCount += 1
    }

    /// Moves over the segments of a label that has captures in it.
    ///
    /// - Parameters:
    ///   - label: segments without a slash at the ends; one that begins with `{` is a capture.
    ///   - start: where in the path the label's first segment has to begin.
    ///   - position: behind the label, if it matches.
    /// - Returns: whether it matches.
    @inlinable
    package mutating func follow(
        _ label: UnsafePointer<UInt8>,
        _ labelCount: Int,
        from start: Int,
        _ position: inout Position
    ) -> Bool {
        let label = unsafe PathBytes(base: label, count: labelCount)
        var labelStart = 0
        var start = start
        while true {
            let labelEnd = label.segmentEnd(from: labelStart)
            let end = path.segmentEnd(from: start)
            guard start < end else { return false }
            if label[labelStart] == PathBytes.brace {
                pass(start, end, &position)
            } else {
                guard end - start == labelEnd - labelStart else { return false }
                // Both have `end - start` bytes.
                guard unsafe PathBytes.areEqual(path.base + start, label.base + labelStart, end - start) else {
                    return false
                }
                position.offset = end
                position.segmentCount += 1
            }
            if labelEnd == labelCount { return true }
            // Another segment follows in the label; one has to follow in the path.
            guard end < path.count else { return false }
            labelStart = labelEnd + 1
            start = end + 1
        }
    }
}
