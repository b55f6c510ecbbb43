internal import CSignatures

/// Why a key is not used.
package enum KeyFault: Error, Equatable, Sendable {
    /// It is neither PEM nor a JSON Web Key.
    case malformed
    /// It is a private key, which nobody but its owner should have.
    case isPrivate
    /// An RSA key below 2048 bits, or with an exponent that protects nothing.
    case weak
    /// An RSA key above 8192 bits.
    case large
    /// Its kind goes with no algorithm.
    case foreign
    /// It is of another kind than the algorithm needs.
    case ofOtherAlgorithm
    /// A secret of so few bytes; the algorithm needs as many as its digest has (RFC 7518 section 3.2).
    case shortSecret(byteCount: Int, needed: Int)
    case noMemory

    /// One clause, for people.
    package var message: String {
        switch self {
        case .malformed: "it is neither a public key as PEM nor a JSON Web Key"
        case .isPrivate: "it is a private key; give the gateway the public one"
        case .weak: "it is an RSA key that is too weak: 2048 bits and an odd exponent above 1 are the least"
        case .large: "it is an RSA key of more than 8192 bits"
        case .foreign: "no algorithm goes with a key of its kind: RSA, P-256, P-384, P-521 and Ed25519 are known"
        case .ofOtherAlgorithm: "it is no key for the algorithm"
        case .shortSecret(let count, let needed):
            "the secret has \(count) bytes, and \(needed) are the least for the algorithm"
        case .noMemory: "there is no memory for it"
        }
    }
}

/// A public key or a secret that checks signatures. It never changes, so that threads share it.
///
/// Unsafe operations hold because the key lives as long as the object, and what is lent to C lives until it returns.
@safe
package final class VerificationKey: @unchecked Sendable {
    private let key: OpaquePointer
    package let family: KeyFamily

    /// Takes over what C has made.
    private init(_ made: OpaquePointer?, _ fault: Int32) throws(KeyFault) {
        guard let made = unsafe made else {
            switch Int(fault) {
            case apic_key_weak: throw .weak
            case apic_key_large: throw .large
            case apic_key_foreign: throw .foreign
            case apic_key_no_memory: throw .noMemory
            default: throw .malformed
            }
        }
        unsafe key = made
        family = KeyFamily(rawValue: unsafe apic_key_family(made)) ?? .secret
    }

    deinit { unsafe apic_key_free(key) }

    /// A public key or a certificate as PEM.
    package convenience init(pem text: UnsafeRawBufferPointer) throws(KeyFault) {
        var fault: Int32 = 0
        let made = unsafe apic_key_of_pem(text.lent, &fault)
        try unsafe self.init(made, fault)
    }

    package convenience init(modulus: [UInt8], exponent: [UInt8]) throws(KeyFault) {
        var fault: Int32 = 0
        let made = unsafe modulus.withUnsafeBytes { modulus in
            unsafe exponent.withUnsafeBytes { unsafe apic_key_of_rsa(modulus.lent, $0.lent, &fault) }
        }
        try unsafe self.init(made, fault)
    }

    /// - Parameters: coordinates in the length of the curve's field.
    package convenience init(_ family: KeyFamily, x: [UInt8], y: [UInt8]) throws(KeyFault) {
        var fault: Int32 = 0
        let made = unsafe x.withUnsafeBytes { x in
            unsafe y.withUnsafeBytes { unsafe apic_key_of_point(family.rawValue, x.lent, $0.lent, &fault) }
        }
        try unsafe self.init(made, fault)
    }

    package convenience init(ed25519 bytes: [UInt8]) throws(KeyFault) {
        var fault: Int32 = 0
        let made = unsafe bytes.withUnsafeBytes { unsafe apic_key_of_ed25519($0.lent, &fault) }
        try unsafe self.init(made, fault)
    }

    /// - Throws: a secret that is shorter than the algorithm's digest.
    package convenience init(
        secret: UnsafeRawBufferPointer,
        for algorithm: SignatureAlgorithm
    ) throws(KeyFault) {
        let needed = Int(algorithm.digestBits) / 8
        guard secret.count >= needed else { throw .shortSecret(byteCount: secret.count, needed: needed) }
        var fault: Int32 = 0
        let made = unsafe apic_key_of_secret(secret.lent, &fault)
        try unsafe self.init(made, fault)
    }

    /// Whether a signature is that of a message under this key. The algorithm is the key's business: a caller that
    /// takes it from a token has compared it before; a key of another kind holds nothing.
    package func holds(
        _ signature: UnsafeRawBufferPointer,
        of message: UnsafeRawBufferPointer,
        by algorithm: SignatureAlgorithm
    ) -> Bool {
        guard algorithm.family == family else { return false }
        return unsafe apic_signature_holds(
            key,
            algorithm.digestBits,
            algorithm.isPSS ? 1 : 0,
            message.lent,
            signature.lent
        ) == 1
    }
}

extension UnsafeRawBufferPointer {
    /// For one call.
    fileprivate var lent: apic_key_bytes {
        unsafe apic_key_bytes(bytes: baseAddress?.assumingMemoryBound(to: UInt8.self), count: count)
    }
}
