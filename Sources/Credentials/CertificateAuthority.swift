internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

/// A certificate with its private key, both as PEM.
package struct CertificatePEM: Sendable {
    package var certificate: String
    /// Secret.
    package var key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// What a certificate says of itself.
package struct CertificateFacts: Sendable {
    /// SHA-256: 32 bytes.
    package var fingerprint: [UInt8]
    /// Seconds since 1970.
    package var expiry: Int64

    /// Of the first certificate in PEM; `nil` if there is none.
    package init?(pem: String) {
        guard let document = try? PEMDocument.parseMultiple(pemString: pem).first,
            let certificate = try? Certificate(pemDocument: document)
        else { return nil }
        fingerprint = Array(SHA256.hash(data: document.derBytes))
        expiry = CertificateAuthority.seconds(certificate.notValidAfter)
    }
}

/// An authority for the certificates of nodes. All keys are of P-256. Instants are seconds since 1970.
package struct CertificateAuthority: Sendable {
    /// Why there is no authority.
    package enum Fault: Error {
        case noCertificate
        /// Or one with a passphrase.
        case noKey
        case foreignKey
    }

    private let certificate: Certificate
    private let key: Certificate.PrivateKey

    /// Reads what `make` made.
    package init(_ pem: CertificatePEM) throws(Fault) {
        guard let certificate = try? Certificate(pemEncoded: pem.certificate) else { throw .noCertificate }
        guard let key = try? Certificate.PrivateKey(pemEncoded: pem.key) else { throw .noKey }
        guard key.publicKey == certificate.publicKey else { throw .foreignKey }
        self.certificate = certificate
        self.key = key
    }

    /// Until when it can issue.
    package var expiry: Int64 { Self.seconds(certificate.notValidAfter) }

    /// A new authority that signs certificates of nodes, and none of other authorities.
    package static func make(name: String, validity: Range<Int64>) throws -> CertificatePEM {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName { CommonName(name) }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: date(validity.lowerBound),
            notValidAfter: date(validity.upperBound),
            issuer: subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: key.publicKey)
            },
            issuerPrivateKey: key
        )
        return try pem(certificate, key)
    }

    /// A certificate for a TLS client that is called `name`, a DNS label.
    package func issue(_ name: String, validity: Range<Int64>) throws -> CertificatePEM {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let issued = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: Self.date(validity.lowerBound),
            notValidAfter: Self.date(validity.upperBound),
            issuer: certificate.subject,
            subject: try DistinguishedName { CommonName(name) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.clientAuth])
                SubjectAlternativeNames([.dnsName(name)])
                SubjectKeyIdentifier(hash: key.publicKey)
                AuthorityKeyIdentifier(
                    keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier
                )
            },
            issuerPrivateKey: self.key
        )
        return try Self.pem(issued, key)
    }

    private static func pem(_ certificate: Certificate, _ key: Certificate.PrivateKey) throws -> CertificatePEM {
        CertificatePEM(
            certificate: try certificate.serializeAsPEM().pemString + "\n",
            key: try key.serializeAsPEM().pemString + "\n"
        )
    }

    private static func date(_ instant: Int64) -> Date { Date(timeIntervalSince1970: TimeInterval(instant)) }

    fileprivate static func seconds(_ date: Date) -> Int64 { Int64(date.timeIntervalSince1970.rounded(.down)) }
}
