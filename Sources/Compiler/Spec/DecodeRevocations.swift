/// A certificate of a node that may serve no more.
package struct RevocationSpec: Sendable {
    package var fingerprint: Spanned<[UInt8]>
    package var serveUntil: Spanned<Int64>?
}

/// `revoked` as written.
package struct RevocationsSpec: Sendable {
    package var epoch: Spanned<UInt32>?
    package var certificates: [RevocationSpec] = []
}

extension SpecDecoder {
    /// A list of certificates, or a map with one.
    mutating func revocations(_ field: Field) -> RevocationsSpec {
        var spec = RevocationsSpec()
        guard tree[field.node].kind == .map else {
            spec.certificates = revokedCertificates(field)
            return spec
        }
        guard let fields = fields(field, SpecSchema.revocations) else { return spec }
        spec.epoch = scalar(fields["epoch"], .number(1...UInt32.max))
        if let field = fields["certificates"] { spec.certificates = revokedCertificates(field) }
        return spec
    }

    private mutating func revokedCertificates(_ field: Field) -> [RevocationSpec] {
        var certificates: [RevocationSpec] = []
        for node in items(field, of: "certificates") {
            guard let certificate = revokedCertificate(node) else { continue }
            let isSame = { (other: RevocationSpec) in other.fingerprint.value == certificate.fingerprint.value }
            if let first = certificates.first(where: isSame) {
                report(
                    Diagnostic(
                        .listedTwice,
                        "the same certificate is revoked twice",
                        at: certificate.fingerprint.span,
                        related: [.init(first.fingerprint.span, "it is here first")],
                        help: "delete one of them"
                    )
                )
                continue
            }
            certificates.append(certificate)
        }
        return certificates
    }

    private mutating func revokedCertificate(_ node: NodeIndex) -> RevocationSpec? {
        guard tree[node].kind == .map else {
            return scalar(node, .fingerprint, example: "revoked: [ \"sha256:9f86…\" ]")
                .map { RevocationSpec(fingerprint: $0) }
        }
        guard let fields = fields(node, SpecSchema.revocation) else { return nil }
        let until = scalar(fields["serve-until"], .instant)
        return scalar(fields["certificate"], .fingerprint).map { RevocationSpec(fingerprint: $0, serveUntil: until) }
    }
}
