// The records of tokens: what they must say, and the keys that they are checked by. Structs of fixed-width integers
// without padding, like those of `TableRecords.swift`.

/// What a token must be, and what becomes of it.
@usableFromInline
package struct TokenPolicyRecord: BitwiseCopyable, Sendable {
    /// In `flags`: the upstream gets to see the token.
    package static var forwardsFlag: UInt32 { 1 }

    /// Lower-case for a header.
    package var placeName = TextReference()
    /// What `iss` must be, or empty.
    package var issuer = TextReference()
    /// The claim that names the consumer, or empty.
    package var consumerClaim = TextReference()
    /// Into `tokenTexts`: one of which `aud` must name; empty if it does not matter.
    package var audiences = RangeRecord()
    /// Into `tokenKeys`.
    package var keys = RangeRecord()
    /// Into `claimRequirements`: all must be met.
    package var requirements = RangeRecord()
    /// Into `claimHeaders`.
    package var headers = RangeRecord()
    /// Index into `keySources`, or none.
    package var keySource: UInt32 = TableLayout.none
    /// Algorithms by their bits.
    package var algorithms: UInt32 = 0
    package var skewSeconds: UInt32 = 0
    /// How far away the end of a token may be; 0 if that does not matter.
    package var lifetimeSecondsMax: UInt32 = 0
    /// `KeySourceCode`.
    package var place: UInt32 = 0
    package var flags: UInt32 = 0

    package init() {}

    package var forwards: Bool { flags & TokenPolicyRecord.forwardsFlag != 0 }
}

/// Where a token's key is.
package enum TokenKeyKind: UInt32, Sendable {
    /// `value` is the key.
    case text = 0
    /// `value` names an environment variable.
    case environment = 1
    /// `value` is a path.
    case file = 2
}

/// A key that tokens are checked by.
@usableFromInline
package struct TokenKeyRecord: BitwiseCopyable, Sendable {
    /// `kid`, or empty.
    package var id = TextReference()
    package var value = TextReference()
    /// `TokenKeyKind`.
    package var kind: UInt32 = 0
    /// The algorithm's number, or none where the key says it. Of one below `TableLayout.symmetricAlgorithmCount` the
    /// key is a secret.
    package var algorithm: UInt32 = TableLayout.none

    package init() {}
}

/// Keys that are fetched.
@usableFromInline
package struct KeySourceRecord: BitwiseCopyable, Sendable {
    /// In `flags`: `url` is an issuer's, whose metadata says where the keys are.
    package static var issuerFlag: UInt32 { 1 }

    package var url = TextReference()
    /// A path: PEM; empty is the system's authorities.
    package var authorities = TextReference()
    package var flags: UInt32 = 0

    package init() {}

    package var isIssuer: Bool { flags & KeySourceRecord.issuerFlag != 0 }
}

/// What a claim must say.
@usableFromInline
package struct ClaimRequirementRecord: BitwiseCopyable, Sendable {
    /// In `flags`: each of the values must be there, rather than one.
    package static var allFlag: UInt32 { 1 }

    package var claim = TextReference()
    /// Into `tokenTexts`.
    package var values = RangeRecord()
    package var flags: UInt32 = 0

    package init() {}

    package var needsAll: Bool { flags & ClaimRequirementRecord.allFlag != 0 }
}

/// A claim that the upstream gets as a header field.
@usableFromInline
package struct ClaimHeaderRecord: BitwiseCopyable, Sendable {
    /// As it is sent.
    package var header = TextReference()
    /// The same in lower case.
    package var headerLowercase = TextReference()
    package var claim = TextReference()

    package init() {}
}
