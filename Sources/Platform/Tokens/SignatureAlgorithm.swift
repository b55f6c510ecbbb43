internal import CSignatures

/// How tokens are signed (RFC 7518 section 3.1, RFC 8037). The numbers stand in tables.
package enum SignatureAlgorithm: UInt8, CaseIterable, Sendable {
    case hs256 = 0
    case hs384
    case hs512
    case rs256
    case rs384
    case rs512
    case ps256
    case ps384
    case ps512
    case es256
    case es384
    case es512
    case edDSA

    /// As `alg` says it.
    package var name: StaticString {
        switch self {
        case .hs256: "HS256"
        case .hs384: "HS384"
        case .hs512: "HS512"
        case .rs256: "RS256"
        case .rs384: "RS384"
        case .rs512: "RS512"
        case .ps256: "PS256"
        case .ps384: "PS384"
        case .ps512: "PS512"
        case .es256: "ES256"
        case .es384: "ES384"
        case .es512: "ES512"
        case .edDSA: "EdDSA"
        }
    }

    /// The algorithm that a header names: by exactly this text, and by nothing else. `none` is none of them.
    package init?(named text: UnsafeRawBufferPointer) {
        for algorithm in SignatureAlgorithm.allCases {
            let name = algorithm.name
            let bytes = unsafe UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            guard unsafe JSONTree.areEqual(bytes, text) else { continue }
            self = algorithm
            return
        }
        // RFC 9864 calls it by its curve.
        let newName: StaticString = "Ed25519"
        let bytes = unsafe UnsafeRawBufferPointer(start: newName.utf8Start, count: newName.utf8CodeUnitCount)
        guard unsafe JSONTree.areEqual(bytes, text) else { return nil }
        self = .edDSA
    }

    /// Whether who can check a signature can make one.
    package var isSymmetric: Bool { rawValue <= SignatureAlgorithm.hs512.rawValue }

    /// Of its digest.
    var digestBits: Int32 {
        switch self {
        case .hs256, .rs256, .ps256, .es256: 256
        case .hs384, .rs384, .ps384, .es384: 384
        case .hs512, .rs512, .ps512, .es512, .edDSA: 512
        }
    }

    var isPSS: Bool { (SignatureAlgorithm.ps256.rawValue...SignatureAlgorithm.ps512.rawValue).contains(rawValue) }

    /// The kind of key that it needs.
    package var family: KeyFamily {
        switch self {
        case .hs256, .hs384, .hs512: .secret
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
        case .es256: .p256
        case .es384: .p384
        case .es512: .p521
        case .edDSA: .ed25519
        }
    }
}

/// What a key is. Only a secret and an RSA key leave open which algorithm goes with it.
package enum KeyFamily: Int32, Sendable {
    case secret = 0
    case rsa = 1
    case p256 = 2
    case p384 = 3
    case p521 = 4
    case ed25519 = 5

    /// The one algorithm that goes with a key of the family, if there is only one.
    package var algorithm: SignatureAlgorithm? {
        switch self {
        case .secret, .rsa: nil
        case .p256: .es256
        case .p384: .es384
        case .p521: .es512
        case .ed25519: .edDSA
        }
    }
}
