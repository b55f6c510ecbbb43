internal import CCrypto

/// What is built on digests, and its kin from libcrypto.
package enum Digests {
    /// Whether two secrets are equal, in time that depends on their lengths only.
    package static func constantTimeEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let leftStart = left.baseAddress, let rightStart = right.baseAddress else { return true }
        // Both have `count` bytes.
        return unsafe CRYPTO_memcmp(leftStart, rightStart, left.count) == 0
    }

    /// Whether two secrets are equal, in time that depends on their lengths only.
    package static func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in unsafe constantTimeEqual(left, right) }
        }
    }

    /// The key under which a gateway's credentials are digested: 32 bytes that depend on its name alone, so that equal
    /// specs give equal tables and the digests of two gateways cannot be compared.
    package static func credentialSalt(gatewayName: String) -> [UInt8] {
        HMACKey("apic credential salt v1".utf8).authenticate(Array(gatewayName.utf8)).bytes
    }
}

/// What stands before the bytes that a credential is digested from, by its kind: no API key can be the message of
/// another kind, since a lookup asks for the kind, too.
package enum CredentialMessage {
    /// Then the user name, a colon and the password.
    package static let basic = array(basicStart)
    /// Then `f` and the certificate's SHA-256, `n` and an alternative name, or `s` and its subject.
    package static let certificate = array(certificateStart)

    /// Then the issuer or nothing, a zero byte, and what the claim says.
    package static let token = array(tokenStart)

    /// Then the name of a key that signs requests.
    package static let signature = array(signatureStart)

    /// The same for code that must not allocate.
    package static var basicStart: [3 of UInt8] { [0, 0x62, 0] }
    package static var certificateStart: [3 of UInt8] { [0, 0x63, 0] }
    package static var tokenStart: [3 of UInt8] { [0, 0x74, 0] }
    package static var signatureStart: [3 of UInt8] { [0, 0x68, 0] }

    private static func array(_ bytes: [3 of UInt8]) -> [UInt8] { bytes.indices.map { bytes[$0] } }
}
