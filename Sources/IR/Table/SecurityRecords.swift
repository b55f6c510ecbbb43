// The records of TLS: where certificates and keys are, and how handshakes are done.

/// Where a private key is.
package enum PrivateKeyKind: UInt32, Sendable {
    /// `key` is a path; a relative one is relative to the bundle.
    case file = 0
    /// `key` names an environment variable.
    case environment = 1
}

/// A certificate and its key. Paths that are relative are relative to the bundle.
@usableFromInline
package struct CertificateRecord: BitwiseCopyable, Sendable {
    /// A path: PEM, the certificate first, then those that issued it.
    package var certificate = TextReference()
    package var key = TextReference()
    /// A path to an OCSP response, or empty.
    package var ocspResponse = TextReference()
    /// `PrivateKeyKind`.
    package var keyKind: UInt32 = 0

    package init() {}
}

/// What clients are asked to show.
package enum ClientCertificateMode: UInt32, Sendable {
    case none = 0
    case request = 1
    case require = 2
}

/// The rules of secure listeners: at most one record.
@usableFromInline
package struct ListenerTLSRecord: BitwiseCopyable, Sendable {
    /// In `certificates`; the first one is for clients that ask for no name or an unknown one.
    package var certificates = RangeRecord()
    /// A path: PEM; empty where clients are asked for nothing.
    package var clientAuthorities = TextReference()
    /// `ClientCertificateMode`.
    package var clientMode: UInt32 = 0
    /// 12 or 13.
    package var oldestVersion: UInt32 = 12

    package init() {}
}

/// How TLS is spoken with an upstream.
@usableFromInline
package struct UpstreamTLSRecord: BitwiseCopyable, Sendable {
    /// In `flags`: servers must prove who they are.
    package static var verifyFlag: UInt32 { 1 }

    /// A path: PEM; empty is the system's authorities.
    package var authorities = TextReference()
    /// What servers are asked for and must be called; empty is each target's host.
    package var serverName = TextReference()
    /// Index into `certificates`, or none.
    package var certificate: UInt32 = TableLayout.none
    package var flags: UInt32 = 0

    package init() {}

    package var verifies: Bool { flags & UpstreamTLSRecord.verifyFlag != 0 }
}
