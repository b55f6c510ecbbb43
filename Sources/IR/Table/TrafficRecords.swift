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
