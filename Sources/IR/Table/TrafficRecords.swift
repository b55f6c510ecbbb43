// The records of plugins that steer traffic. Structs of fixed-width integers without padding, like those of
// `TableRecords.swift`.

/// What becomes of some requests, to see how everybody copes.
@usableFromInline
package struct FaultRecord: BitwiseCopyable, Sendable {
    /// Seconds since 1970: from when on, and until when.
    package var from: Int64 = .min
    package var until: Int64 = .max
    /// The field that requests must have, in lower case; empty if it is all the same.
    package var header = TextReference()
    /// Milliseconds; 0 if nothing is delayed.
    package var delay: UInt32 = 0
    /// How many requests are delayed, and how many answered, in millionths.
    package var delayShare: UInt32 = 0
    package var abortShare: UInt32 = 0
    /// 0 if nothing is answered.
    package var status: UInt32 = 0

    package init() {}
}

/// Upstreams that get shares of the requests.
@usableFromInline
package struct CanaryRecord: BitwiseCopyable, Sendable {
    /// Names the choice: the hash of a key begins with it.
    package var identity: UInt64 = 0
    /// Of a header field, in lower case, or of a claim.
    package var keyName = TextReference()
    /// Into `canarySteps`.
    package var steps = RangeRecord()
    /// `RateKeyKind`; `all` is at random.
    package var keyKind: UInt32 = 0
    package var reserved: UInt32 = 0

    package init() {}
}

/// From an instant on, these requests.
@usableFromInline
package struct CanaryStepRecord: BitwiseCopyable, Sendable {
    /// Seconds since 1970.
    package var from: Int64 = .min
    /// Into `canaryPieces`: all requests.
    package var pieces = RangeRecord()

    package init() {}
}

/// Neighbours among the million places that requests are hashed to, which all go the same way.
@usableFromInline
package struct CanaryPieceRecord: BitwiseCopyable, Sendable {
    /// The place behind the last one; that of the last piece is a million.
    package var end: UInt32 = 0
    /// Index into `upstreams`; none is the route's own.
    package var upstream: UInt32 = TableLayout.none
    /// Which of the canary's upstreams that is, from 0.
    package var branch: UInt32 = 0
    package var reserved: UInt32 = 0

    package init() {}
}
