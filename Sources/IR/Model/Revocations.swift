/// Nodes that may serve no more, by their certificates.
package struct Revocations: Equatable, Sendable {
    /// A certificate that was taken back.
    package struct Certificate: Equatable, Sendable {
        /// SHA-256: 32 bytes.
        package var fingerprint: [UInt8]
        /// Seconds since 1970 until when its node goes on; `nil` is not at all.
        package var serveUntil: Int64?

        package init(fingerprint: [UInt8], serveUntil: Int64? = nil) {
            self.fingerprint = fingerprint
            self.serveUntil = serveUntil
        }
    }

    /// A node that has seen one takes no bundle of an earlier one; 0 where nothing was ever revoked.
    package var epoch: UInt32
    /// Ascending by fingerprint.
    package var certificates: [Certificate]

    package init(epoch: UInt32 = 0, certificates: [Certificate] = []) {
        self.epoch = epoch
        self.certificates = certificates.sorted { $0.fingerprint.lexicographicallyPrecedes($1.fingerprint) }
    }
}
