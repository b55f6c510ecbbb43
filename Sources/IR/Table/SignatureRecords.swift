// The records of signatures over requests. Structs of fixed-width integers without padding, like those of
// `TableRecords.swift`.

/// Parts of a request's first line that a signature may cover, as bits.
package enum SignedParts {
    package static var method: UInt32 { 1 }
    package static var authority: UInt32 { 2 }
    package static var scheme: UInt32 { 4 }
    package static var path: UInt32 { 8 }
    package static var query: UInt32 { 16 }
    /// Not of the first line: `Content-Digest`, where there is a body.
    package static var bodyDigest: UInt32 { 32 }
    package static var all: UInt32 { 63 }
}

/// What a signature must be, and what becomes of it.
@usableFromInline
package struct SignaturePolicyRecord: BitwiseCopyable, Sendable {
    /// In `flags`: the upstream gets to see the signature.
    package static var forwardsFlag: UInt32 { 1 }
    /// In `flags`: HTTP Message Signatures (RFC 9421) are taken.
    package static var messagesFlag: UInt32 { 2 }
    /// In `flags`: Kong's scheme is taken.
    package static var kongFlag: UInt32 { 4 }
    /// In `flags`: a body must be the one of which a signed `Content-Digest` speaks.
    package static var bodyFlag: UInt32 { 8 }

    /// Of several signatures the one that counts; empty if there may be only one.
    package var label = TextReference()
    /// Whole header lines that tell clients what is wanted.
    package var challenge = TextReference()
    /// Into `tokenTexts`: names of header fields that must be signed.
    package var fields = RangeRecord()
    /// `SignedParts` that must be signed.
    package var parts: UInt32 = 0
    /// How old a signature may be.
    package var lifetimeSeconds: UInt32 = 0
    package var skewSeconds: UInt32 = 0
    package var flags: UInt32 = 0

    package init() {}

    package var forwards: Bool { flags & SignaturePolicyRecord.forwardsFlag != 0 }
    package var takesMessages: Bool { flags & SignaturePolicyRecord.messagesFlag != 0 }
    package var checksBody: Bool { flags & SignaturePolicyRecord.bodyFlag != 0 }
    package var takesKong: Bool { flags & SignaturePolicyRecord.kongFlag != 0 }
}
