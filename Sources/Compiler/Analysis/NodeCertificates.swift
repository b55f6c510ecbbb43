internal import GatewayIR

/// A certificate that a spec gives to a node, for those who can open the file.
package struct NodeCertificate: Sendable {
    package var node: String
    /// Relative to the spec's file that names it.
    package var path: String
    package var span: SourceSpan
}

extension Compilation {
    /// Warns of a node's certificate that ends soon, or that the same spec revokes. The compiler opens no file and
    /// knows no clock: whoever can says what he saw.
    ///
    /// - Parameters:
    ///   - fingerprint: SHA-256 of the certificate.
    ///   - expiry: when it ends, in seconds since 1970.
    package mutating func note(_ certificate: NodeCertificate, fingerprint: [UInt8], expiry: Int64, now: Int64) {
        var found: [Diagnostic] = []
        let revocations = gateway?.revocations.certificates ?? []
        if revocations.contains(where: { $0.fingerprint == fingerprint }) {
            found.append(.nodeRevoked(certificate))
        }
        if expiry - now < Diagnostic.nodeCertificateSeconds {
            found.append(.nodeCertificateEnds(certificate, expiry: expiry, now: now))
        }
        diagnostics = Diagnostic.sorted(diagnostics + found)
    }
}

extension Diagnostic {
    /// From here on a certificate ends soon.
    fileprivate static let nodeCertificateSeconds: Int64 = 30 * 86_400

    fileprivate static func nodeRevoked(_ certificate: NodeCertificate) -> Diagnostic {
        Diagnostic(
            .nodeRevoked,
            "`\(certificate.node)` has a certificate that this spec revokes: the node will not serve",
            at: certificate.span,
            help: "issue another one (`apic cert issue \(certificate.node) --renew`), or delete the node"
        )
    }

    fileprivate static func nodeCertificateEnds(
        _ certificate: NodeCertificate,
        expiry: Int64,
        now: Int64
    ) -> Diagnostic {
        let days = (expiry - now) / 86_400
        let when =
            expiry <= now ? "has ended" : days == 0 ? "ends today" : "ends in \(days) \(days == 1 ? "day" : "days")"
        return Diagnostic(
            .nodeCertificateEnds,
            "the certificate of `\(certificate.node)` \(when)",
            at: certificate.span,
            help: "issue another one: `apic cert issue \(certificate.node) --renew`"
        )
    }
}
