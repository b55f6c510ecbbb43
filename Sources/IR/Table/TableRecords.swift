// The records of a table. Each is a struct of fixed-width integers without padding, read in place; a test compares
// their sizes with docs/table-format.md. `Range` fields count in records of the section that they name.

/// A piece of the text pool.
@usableFromInline
package struct TextReference: BitwiseCopyable, Equatable, Sendable {
    @usableFromInline package var offset: UInt32 = 0
    /// In bytes.
    @usableFromInline package var count: UInt32 = 0

    @inlinable
    package init(offset: UInt32 = 0, count: UInt32 = 0) {
        self.offset = offset
        self.count = count
    }
}

/// A run of records of another section.
@usableFromInline
package struct RangeRecord: BitwiseCopyable, Equatable, Sendable {
    @usableFromInline package var first: UInt32 = 0
    @usableFromInline package var count: UInt32 = 0

    package init(first: UInt32 = 0, count: UInt32 = 0) {
        self.first = first
        self.count = count
    }
}

/// Settings of the gateway as a whole; exactly one record.
@usableFromInline
package struct GatewayRecord: BitwiseCopyable, Sendable {
    /// In `flags`: clients may speak HTTP/2.
    package static var http2Flag: UInt32 { 1 }

    /// 0 is no bound.
    package var bodyBytesMax: UInt64 = 0
    /// The 32 bytes of the key under which credentials are digested.
    package var salt0: UInt64 = 0
    package var salt1: UInt64 = 0
    package var salt2: UInt64 = 0
    package var salt3: UInt64 = 0
    package var name = TextReference()
    package var statusHost = TextReference()
    /// Empty is standard output.
    package var accessLogPath = TextReference()
    package var statusPort: UInt32 = 0
    /// Bit per `AccessLogField`; 0 is no access log.
    package var accessLogFields: UInt32 = 0
    package var accessLogSamplePerMillion: UInt32 = 0
    package var headBytesMax: UInt32 = 0
    package var headerCountMax: UInt32 = 0
    package var connectionCountMax: UInt32 = 0
    package var headTimeout: UInt32 = 0
    package var bodyTimeout: UInt32 = 0
    package var requestTimeout: UInt32 = 0
    package var idleTimeout: UInt32 = 0
    package var writeTimeout: UInt32 = 0
    package var drainDelay: UInt32 = 0
    package var drainTimeout: UInt32 = 0
    /// 0 is no bound.
    package var connectionsPerAddressMax: UInt32 = 0
    /// 0 is no bound.
    package var requestCountMax: UInt32 = 0
    /// Milliseconds; 0 is no bound.
    package var lagMax: UInt32 = 0
    /// Grows whenever certificates of nodes are revoked; 0 where none ever was.
    package var revocationEpoch: UInt32 = 0
    /// Hosts come as exact ones, wildcards, then at most one for any host.
    @usableFromInline package var exactHostCount: UInt32 = 0
    @usableFromInline package var wildcardHostCount: UInt32 = 0
    package var flags: UInt32 = 0

    package init() {}

    package var speaksHTTP2: Bool { flags & GatewayRecord.http2Flag != 0 }
}

/// An address of the proxy's listener.
@usableFromInline
package struct ListenerRecord: BitwiseCopyable, Sendable {
    /// In `flags`: connections begin with a TLS handshake.
    package static var secureFlag: UInt32 { 1 }
    /// In `flags`: connections begin with a PROXY header.
    package static var proxyHeaderFlag: UInt32 { 2 }

    /// An IPv4 or IPv6 literal, or the path of a Unix socket, whose port is 0.
    package var host = TextReference()
    package var port: UInt32 = 0
    package var flags: UInt32 = 0

    package init() {}

    package var isSecure: Bool { flags & ListenerRecord.secureFlag != 0 }
    package var takesProxyHeader: Bool { flags & ListenerRecord.proxyHeaderFlag != 0 }
}

/// A network whose peers are believed.
@usableFromInline
package struct AddressBlockRecord: BitwiseCopyable, Sendable {
    /// 16 bytes in network order, as two integers read from memory.
    package var network0: UInt64 = 0
    package var network1: UInt64 = 0
    package var prefixLength: UInt32 = 0
    package var reserved: UInt32 = 0

    package init() {}
}

/// A host and the root of its tree. Exact hosts ascend by bytes, then wildcards by their suffix's bytes, then any.
@usableFromInline
package struct HostRecord: BitwiseCopyable, Sendable {
    /// Host, or suffix without its leading dot; lower-case.
    @usableFromInline package var name = TextReference()
    @usableFromInline package var root: UInt32 = 0
    @usableFromInline package var wholePathEdges = RangeRecord()
    /// 1: routes here carry explicit ranks, so the best one is searched among all that match.
    @usableFromInline package var isExhaustive: UInt32 = 0

    package init() {}
}

/// How one arrives at a tree node.
@usableFromInline
package enum TreeNodeKind: UInt8, Sendable {
    case root = 0
    /// By the segments of its label.
    case literal = 1
    /// By any one segment; the label begins with how the capture is written, and more segments may follow.
    case capture = 2
    /// By one segment in the language of an automaton; the label is how the capture is written.
    case constrained = 3
    /// By a literal segment, and then the rest of the label, in which a segment that begins with `{` is a capture.
    case pattern = 4

    /// Whether a parent finds the node in `literalSlots`.
    @inlinable
    package var isHashed: Bool { self == .literal || self == .pattern }
}

/// A node of the tree of paths. A child's index is greater than its parent's.
///
/// Where a path runs through segments at which nothing ends and nothing branches, they are one label.
@usableFromInline
package struct TreeNodeRecord: BitwiseCopyable, Sendable {
    /// In `kind`: some child is in `literalSlots`. Nodes without one are not looked for there.
    @inlinable package static var hasLiteralsFlag: UInt8 { 0x08 }
    /// In `kind`: the next node is the child by capture.
    @inlinable package static var hasCaptureFlag: UInt8 { 0x10 }
    /// In `kind`: routes end here.
    @inlinable package static var hasExactFlag: UInt8 { 0x20 }
    /// In `kind`: routes take any rest from here (`/**`).
    @inlinable package static var hasTailFlag: UInt8 { 0x40 }
    /// In `kind`: `link` leads to `nodeExtras`.
    @inlinable package static var hasExtraFlag: UInt8 { 0x80 }

    @usableFromInline package var parent: UInt32 = TableLayout.none
    /// In the text pool. A label has no slash at its ends.
    @usableFromInline package var labelOffset: UInt32 = 0
    @usableFromInline package var labelByteCount: UInt16 = 0
    /// Segments in the label; 0 for roots.
    @usableFromInline package var labelSegmentCount: UInt8 = 0
    /// A `TreeNodeKind`, and flags.
    @usableFromInline package var kind: UInt8 = 0
    /// First route: of those that end here, which those with a tail follow. Or an index into `nodeExtras`.
    @usableFromInline package var link: UInt32 = TableLayout.none

    package init() {}

    /// `kind` without its flags.
    @inlinable
    package var arrival: UInt8 { kind & 7 }
    /// Whether `arrival` is that of `TreeNodeKind.literal`.
    @inlinable
    package var isLiteral: Bool { arrival == 1 }
    @inlinable
    package var hasLiterals: Bool { kind & TreeNodeRecord.hasLiteralsFlag != 0 }
    @inlinable
    package var hasCapture: Bool { kind & TreeNodeRecord.hasCaptureFlag != 0 }
    @inlinable
    package var hasExact: Bool { kind & TreeNodeRecord.hasExactFlag != 0 }
    @inlinable
    package var hasTail: Bool { kind & TreeNodeRecord.hasTailFlag != 0 }
    @inlinable
    package var hasExtra: Bool { kind & TreeNodeRecord.hasExtraFlag != 0 }
    @inlinable
    package var label: TextReference { TextReference(offset: labelOffset, count: UInt32(labelByteCount)) }
}

/// What few tree nodes have.
@usableFromInline
package struct NodeExtraRecord: BitwiseCopyable, Sendable {
    /// First route, as in a node's `link`.
    @usableFromInline package var routes: UInt32 = TableLayout.none
    /// First of the children by automaton, in `constrainedEdges`.
    @usableFromInline package var constrained: UInt32 = TableLayout.none
    /// First of the node's byte prefixes, in `prefixEdges`.
    @usableFromInline package var prefixes: UInt32 = TableLayout.none
    /// Index into `mounts`.
    @usableFromInline package var mount: UInt32 = TableLayout.none

    package init() {}
}

/// A child by automaton. Those of one node are neighbours; the last one is marked.
@usableFromInline
package struct ConstrainedEdgeRecord: BitwiseCopyable, Sendable {
    @inlinable package static var isLastFlag: UInt32 { 1 << 31 }

    /// Index into `automata`, and `isLastFlag`.
    @usableFromInline package var automatonAndFlag: UInt32 = 0
    @usableFromInline package var node: UInt32 = 0

    package init() {}

    @inlinable
    package var automaton: UInt32 { automatonAndFlag & ~ConstrainedEdgeRecord.isLastFlag }
    @inlinable
    package var isLast: Bool { automatonAndFlag & ConstrainedEdgeRecord.isLastFlag != 0 }
}

/// Routes whose path continues with these bytes, whatever follows them, segment or not. The edges of one node are
/// neighbours; the last one is marked.
@usableFromInline
package struct PrefixEdgeRecord: BitwiseCopyable, Sendable {
    @inlinable package static var isLastFlag: UInt32 { 1 << 31 }

    @usableFromInline package var prefix = TextReference()
    /// First route, and `isLastFlag`.
    @usableFromInline package var routeAndFlag: UInt32 = 0

    package init() {}

    @inlinable
    package var route: UInt32 { routeAndFlag & ~PrefixEdgeRecord.isLastFlag }
    @inlinable
    package var isLast: Bool { routeAndFlag & PrefixEdgeRecord.isLastFlag != 0 }
}

/// Routes whose whole path is in an automaton's language.
@usableFromInline
package struct WholePathEdgeRecord: BitwiseCopyable, Sendable {
    /// A beginning of the path that the automaton accepts is enough.
    @inlinable package static var beginningFlag: UInt32 { 1 << 31 }

    @usableFromInline package var automatonAndFlag: UInt32 = 0
    /// First route.
    @usableFromInline package var route: UInt32 = 0

    package init() {}

    @inlinable
    package var automaton: UInt32 { automatonAndFlag & ~WholePathEdgeRecord.beginningFlag }
    @inlinable
    package var takesBeginnings: Bool { automatonAndFlag & WholePathEdgeRecord.beginningFlag != 0 }
}

/// A deterministic automaton over bytes; its parts are offsets into `automatonBytes`.
@usableFromInline
package struct AutomatonRecord: BitwiseCopyable, Sendable {
    /// 256 bytes: the class of each byte.
    @usableFromInline package var classesOffset: UInt32 = 0
    /// `stateCount × classCount` little-endian 16-bit states, aligned to two bytes; 0xFFFF rejects.
    @usableFromInline package var transitionsOffset: UInt32 = 0
    /// `stateCount` bytes, 0 or 1.
    @usableFromInline package var acceptingOffset: UInt32 = 0
    @usableFromInline package var stateCount: UInt16 = 0
    @usableFromInline package var classCount: UInt16 = 0

    package init() {}
}

/// What begins at a tree node.
@usableFromInline
package struct MountRecord: BitwiseCopyable, Sendable {
    package var api: UInt32 = 0
    /// `none` where the selector decides or the path names no version.
    package var version: UInt32 = TableLayout.none

    package init() {}
}

/// A route. The routes of one end of the tree are neighbours, best rank first; the last one is marked.
@usableFromInline
package struct RouteRecord: BitwiseCopyable, Sendable {
    @inlinable package static var isLastFlag: UInt8 { 1 }
    /// The request says by a header, a parameter or a media type whether it means the route's version.
    @inlinable package static var isSelectedFlag: UInt8 { 2 }

    /// The greatest of all that match wins: where the route's 64-bit rank stands among the table's distinct ones.
    @usableFromInline package var rank: UInt32 = 0
    /// Bit per method index; `MethodTable.anyBit` for all.
    @usableFromInline package var methods: UInt32 = 0
    @usableFromInline package var flags: UInt8 = 0
    /// Captures in the path, its tail included.
    @usableFromInline package var captureCount: UInt8 = 0
    /// Index into `conditionSets`; 0 is the empty set.
    @usableFromInline package var conditionSet: UInt16 = 0
    /// Which also names the version.
    @usableFromInline package var program: UInt32 = 0
    /// Where the path ends in the tree.
    @usableFromInline package var node: UInt32 = 0

    package init() {}

    @inlinable
    package var isLast: Bool { flags & RouteRecord.isLastFlag != 0 }
    @inlinable
    package var isSelected: Bool { flags & RouteRecord.isSelectedFlag != 0 }
}

/// The text of a route whose captures are named otherwise than its tree nodes say; ascending by route.
@usableFromInline
package struct RouteTextRecord: BitwiseCopyable, Sendable {
    package var route: UInt32 = 0
    package var text = TextReference()

    package init() {}
}

/// A header field that a request must carry.
@usableFromInline
package struct ConditionRecord: BitwiseCopyable, Sendable {
    /// Lower-case.
    @usableFromInline package var name = TextReference()
    @usableFromInline package var value = TextReference()

    package init() {}
}

/// How a request names a version.
package enum SelectorKind: UInt32, Sendable {
    case path = 0
    case host = 1
    case header = 2
    case query = 3
    case mediaType = 4
}

/// An API. Its versions are neighbours.
@usableFromInline
package struct APIRecord: BitwiseCopyable, Sendable {
    package var name = TextReference()
    package var title = TextReference()
    package var owner = TextReference()
    /// Header (lower-case) or parameter name, or what precedes the version in a media type (lower-case).
    package var selectorName = TextReference()
    /// What follows the version in a media type (lower-case).
    package var selectorSuffix = TextReference()
    /// A whole header line that every answer carries, or empty: `Vary: …\r\n`.
    package var varyLine = TextReference()
    package var versions = RangeRecord()
    package var selector: UInt32 = 0
    package var defaultVersion: UInt32 = TableLayout.none

    package init() {}
}

/// A version and its dates, in seconds since 1970 (`never`, `always` where there is none).
@usableFromInline
package struct VersionRecord: BitwiseCopyable, Sendable {
    package var released: Int64 = 0
    package var deprecated: Int64 = TableLayout.never
    package var sunset: Int64 = TableLayout.never
    /// From here on answers carry `headerLines`.
    package var announced: Int64 = TableLayout.never
    package var retired: Int64 = TableLayout.never
    package var name = TextReference()
    /// What a request says to select it.
    package var value = TextReference()
    /// Whole header lines: `Deprecation`, `Sunset`, `Link`; empty if there is nothing to say.
    package var headerLines = TextReference()
    /// The problem+json body of 410.
    package var goneBody = TextReference()
    package var successorLink = TextReference()
    package var docs = TextReference()
    package var brownouts = RangeRecord()
    @usableFromInline package var api: UInt32 = 0
    package var successor: UInt32 = TableLayout.none
    /// 1: groups may call it while it is planned; its program decides.
    package var hasPreview: UInt32 = 0
    package var reserved: UInt32 = 0

    package init() {}
}

/// A window of refusal.
@usableFromInline
package struct BrownoutRecord: BitwiseCopyable, Sendable {
    package var from: Int64 = 0
    package var until: Int64 = 0
    package var status: UInt32 = 503
    package var reserved: UInt32 = 0

    package init() {}
}
