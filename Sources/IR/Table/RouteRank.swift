/// A route's rank: of all routes that match a request, the one with the greatest rank wins.
///
/// From the top: two bits that are zero for computed ranks, the host's kind (2 bits), the kinds of up to 27 segments
/// (2 bits each), whether the path ends exactly, whether the method is listed, and the number of header conditions
/// (4 bits). Comparing two ranks as integers compares host, then segment by segment, then method, then conditions.
/// An explicit rank stands in the table as it is.
package struct RouteRank: Sendable {
    /// How specific a segment is.
    package enum SegmentKind: UInt64, Sendable {
        case capture = 1
        case constrained = 2
        case literal = 3
    }

    /// How specific a host is.
    package enum HostKind: UInt64, Sendable {
        case any = 0
        case wildcard = 1
        case exact = 2
    }

    private static let conditionBitCount: UInt64 = 4
    private static let segmentShift: UInt64 = 6

    /// The rank of a path alone: `value` grows as segments are appended.
    package private(set) var value: UInt64
    private var segmentCount: UInt64 = 0

    package init(host: HostKind) {
        value = host.rawValue << (RouteRank.segmentShift + 2 * UInt64(TableLayout.patternSegmentCountMax))
    }

    /// - Precondition: at most `TableLayout.patternSegmentCountMax` segments.
    package mutating func append(_ kind: SegmentKind) {
        precondition(segmentCount < UInt64(TableLayout.patternSegmentCountMax), "a rank holds 27 segments")
        segmentCount += 1
        let position = UInt64(TableLayout.patternSegmentCountMax) - segmentCount
        value |= kind.rawValue << (RouteRank.segmentShift + 2 * position)
    }

    /// The rank of a route.
    ///
    /// - Parameters:
    ///   - endsExactly: no tail follows the segments.
    ///   - listsMethods: the route does not take any method.
    ///   - conditionCount: header conditions; more than 15 count as 15.
    package func route(endsExactly: Bool, listsMethods: Bool, conditionCount: Int) -> UInt64 {
        let conditions = UInt64(min(conditionCount, (1 << RouteRank.conditionBitCount) - 1))
        return value | (endsExactly ? 1 << 5 : 0) | (listsMethods ? 1 << 4 : 0) | conditions
    }
}
