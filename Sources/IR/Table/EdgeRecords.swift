// The records of plugins at the edge: sets of addresses and cross-origin policies. Structs of fixed-width integers
// without padding, like those of `TableRecords.swift`.

/// A range of addresses, each as the 128-bit integer that its 16 bytes in network order are; IPv4 is IPv4-mapped.
@usableFromInline
package struct AddressRangeRecord: BitwiseCopyable, Sendable {
    package var firstHigh: UInt64 = 0
    package var firstLow: UInt64 = 0
    package var lastHigh: UInt64 = 0
    package var lastLow: UInt64 = 0

    package init() {}

    package var first: UInt128 { UInt128(firstHigh) << 64 | UInt128(firstLow) }
    package var last: UInt128 { UInt128(lastHigh) << 64 | UInt128(lastLow) }
}

/// Which pages of other origins may call, and what they are told.
@usableFromInline
package struct CrossOriginRecord: BitwiseCopyable, Sendable {
    /// Into `origins`; empty if every origin may.
    package var origins = RangeRecord()
    /// Whole header lines for preflights.
    package var preflightLines = TextReference()
    /// Whole header lines for every answer to an origin that may read it.
    package var answerLines = TextReference()
    package var flags: UInt32 = 0

    package init() {}

    /// A preflight is told the method that it asked for.
    package static var reflectsMethod: UInt32 { 1 }
    /// A preflight is told the header fields that it asked for.
    package static var reflectsHeaders: UInt32 { 2 }
    /// Pages of public networks may call.
    package static var opensPrivateNetwork: UInt32 { 4 }
    package static var knownFlags: UInt32 { 7 }
}
