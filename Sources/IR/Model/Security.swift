/// A certificate and its key, as PEM somewhere else: the gateway reads both when it loads a bundle.
package struct CertificatePair: Equatable, Sendable {
    /// A path; a relative one is relative to the bundle, into which the build copies the file.
    package var certificate: String
    /// Where the private key is. It is never in a bundle.
    package var key: SecretReference
    /// A path to an OCSP response (DER) that is stapled to handshakes.
    package var ocspResponse: String?

    package init(certificate: String, key: SecretReference, ocspResponse: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.ocspResponse = ocspResponse
    }
}

/// What clients are asked to show of themselves.
package struct ClientCertificates: Equatable, Sendable {
    package enum Mode: Sendable {
        /// Who shows none is served, too; who shows a wrong one is not.
        case request
        case require
    }

    /// A path to the authorities that are believed, as PEM.
    package var authorities: String
    package var mode: Mode

    package init(authorities: String, mode: Mode = .require) {
        self.authorities = authorities
        self.mode = mode
    }
}

/// The oldest version of TLS that is spoken.
package enum TLSVersion: Sendable {
    case v12
    case v13
}

/// Listeners whose connections begin with a TLS handshake.
package struct SecureListeners: Equatable, Sendable {
    /// At least one.
    package var addresses: [ListenAddress]
    /// At least one; the first is for clients that ask for no name, or one that nobody has.
    package var certificates: [CertificatePair]
    package var oldestVersion: TLSVersion
    package var clientCertificates: ClientCertificates?

    package init(
        addresses: [ListenAddress] = [ListenAddress(host: "0.0.0.0", port: 8443)],
        certificates: [CertificatePair],
        oldestVersion: TLSVersion = .v12,
        clientCertificates: ClientCertificates? = nil
    ) {
        self.addresses = addresses
        self.certificates = certificates
        self.oldestVersion = oldestVersion
        self.clientCertificates = clientCertificates
    }
}

/// How the gateway speaks TLS with the targets of an upstream.
package struct UpstreamTLS: Equatable, Sendable {
    /// Whether a server must prove that it is the one that was meant.
    package var verifies: Bool
    /// A path to the authorities that are believed, as PEM; `nil` is those of the system.
    package var authorities: String?
    /// What servers are asked for and must be called; `nil` is each target's host.
    package var serverName: String?
    /// What the gateway shows if it is asked.
    package var certificate: CertificatePair?

    package init(
        verifies: Bool = true,
        authorities: String? = nil,
        serverName: String? = nil,
        certificate: CertificatePair? = nil
    ) {
        self.verifies = verifies
        self.authorities = authorities
        self.serverName = serverName
        self.certificate = certificate
    }
}

extension Gateway {
    /// Certificates with their keys: those of listeners, then those of upstreams.
    package var certificatePairs: [CertificatePair] {
        (listeners.https?.certificates ?? []) + upstreams.compactMap { $0.tls?.certificate }
    }
}
