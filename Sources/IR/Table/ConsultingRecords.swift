// The records of servers that are asked about requests. Structs of fixed-width integers without padding, like those of
// `TableRecords.swift`.

/// A server that decides whether requests pass.
@usableFromInline
package struct AuthorizerRecord: BitwiseCopyable, Sendable {
    /// In `flags`: requests pass while it cannot be asked.
    package static var passesFlag: UInt32 { 1 }
    /// In `flags`: the upstream does not get to see `Authorization`.
    package static var removesFlag: UInt32 { 2 }

    /// What it is asked for.
    package var path = TextReference()
    /// Into `fieldNames`: fields of the request that it gets to see.
    package var requestHeaders = RangeRecord()
    /// Into `fieldNames`: fields of its answer that the upstream gets.
    package var upstreamHeaders = RangeRecord()
    /// Into `fieldNames`: fields of its answer that the client gets beside the upstream's.
    package var clientHeaders = RangeRecord()
    /// Index into `upstreams`.
    package var upstream: UInt32 = 0
    /// Milliseconds from the question to the whole answer.
    package var timeout: UInt32 = 0
    package var flags: UInt32 = 0

    package init() {}

    package var passesOnFailure: Bool { flags & AuthorizerRecord.passesFlag != 0 }
    package var removesAuthorization: Bool { flags & AuthorizerRecord.removesFlag != 0 }
}

/// An authorization server that says what tokens are worth.
@usableFromInline
package struct IntrospectionRecord: BitwiseCopyable, Sendable {
    /// What it is asked for.
    package var path = TextReference()
    /// As whom the gateway asks.
    package var clientID = TextReference()
    /// The name of an environment variable, or a path.
    package var secret = TextReference()
    /// Index into `tokenPolicies`: where tokens are, and what the server must say of them.
    package var policy: UInt32 = 0
    /// Index into `upstreams`.
    package var upstream: UInt32 = 0
    /// Milliseconds from the question to the whole answer.
    package var timeout: UInt32 = 0
    /// `CredentialKind`, but no digest.
    package var secretKind: UInt32 = 0
    /// How long a good token is believed, and a bad one; 0 is not at all.
    package var keepsSeconds: UInt32 = 0
    package var keepsRefusedSeconds: UInt32 = 0

    package init() {}
}
