/// A certificate of a node that may serve no more.
@usableFromInline
package struct RevocationRecord: BitwiseCopyable, Sendable {
    /// SHA-256 of the certificate, eight bytes at a time, as little-endian integers.
    package var digest0: UInt64 = 0
    package var digest1: UInt64 = 0
    package var digest2: UInt64 = 0
    package var digest3: UInt64 = 0
    /// Seconds since 1970 until when its node goes on; `TableLayout.always` is not at all.
    package var serveUntil: Int64 = TableLayout.always

    package init() {}

    package init(fingerprint: [UInt8], serveUntil: Int64?) {
        precondition(fingerprint.count == 32, "a SHA-256 has 32 bytes")
        let words = stride(from: 0, to: 32, by: 8).map { start in
            (0..<8).reduce(0) { $0 | UInt64(fingerprint[start + $1]) << UInt64($1 * 8) }
        }
        (digest0, digest1, digest2, digest3) = (words[0], words[1], words[2], words[3])
        self.serveUntil = serveUntil ?? TableLayout.always
    }

    /// The 32 bytes of the digest.
    package var fingerprint: [UInt8] {
        [digest0, digest1, digest2, digest3].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }
        }
    }
}

extension TableView {
    /// Until when the node with a certificate may serve, if that was revoked: seconds since 1970, or
    /// `TableLayout.always`, which is not at all.
    package func revocation(of fingerprint: [UInt8]) -> Int64? {
        for index in 0..<revocations.count where revocations[index].fingerprint == fingerprint {
            return revocations[index].serveUntil
        }
        return nil
    }

    /// Certificates ascend, so that none is there twice.
    func validateRevocations() throws(TableError) {
        for index in 1..<max(revocations.count, 1) {
            let (before, after) = (revocations[index - 1].fingerprint, revocations[index].fingerprint)
            try require(before.lexicographicallyPrecedes(after), .revocations, index, "not in order")
        }
        try require(
            revocations.count == 0 || gateway.revocationEpoch > 0,
            .gateway,
            0,
            "`revocationEpoch` is 0"
        )
    }
}
