/// Why a token is refused. The client is not told; metrics and the access log are.
package enum TokenFault: UInt8, BitwiseCopyable, CaseIterable, Sendable {
    case none = 0
    /// It is no signed token: its form, its base64, its JSON, a claim there twice, a time that is no number.
    case malformed
    case tooLong
    /// No key goes with the algorithm that it names.
    case algorithm
    /// It says that more must be understood than is (`crit`).
    case critical
    /// There is no such key.
    case unknownKey
    case signature
    case expired
    /// It holds later, or was issued in the future.
    case notYetValid
    /// It does not say when it ends, or only long after it may.
    case lifetime
    case issuer
    case audience
    /// A claim that the route needs.
    case claim
    /// The claim that says who calls names nobody.
    case consumer
    /// Who issued it says that it holds no more, or never did.
    case inactive

    /// The word in metrics and the access log.
    package var word: StaticString {
        switch self {
        case .none: "none"
        case .malformed: "token-malformed"
        case .tooLong: "token-too-long"
        case .algorithm: "token-algorithm"
        case .critical: "token-critical"
        case .unknownKey: "token-key-unknown"
        case .signature: "token-signature"
        case .expired: "token-expired"
        case .notYetValid: "token-not-yet-valid"
        case .lifetime: "token-lifetime"
        case .issuer: "token-issuer"
        case .audience: "token-audience"
        case .claim: "token-claim"
        case .consumer: "token-consumer"
        case .inactive: "token-inactive"
        }
    }
}

/// Takes a token of JWS's compact form (RFC 7515 section 3.1) apart, in memory of its own that the next token takes
/// over. It believes nothing of it: signature and claims are for others to check.
///
/// Unsafe operations hold because every part was measured before it is decoded into its room.
@safe
package struct TokenReader: ~Copyable {
    package static let tokenBytesMax = 16_384
    private static let headerBytesMax = 4_096
    private static let headerNodeCountMax = 64
    private static let signatureBytesMax = 1_024
    private static let claimNodeCountMax = 512

    package private(set) var header = JSONTree(byteCountMax: headerBytesMax, nodeCountMax: headerNodeCountMax)
    package private(set) var claims = JSONTree(byteCountMax: tokenBytesMax, nodeCountMax: claimNodeCountMax)
    private let signatureBytes: UnsafeMutablePointer<UInt8>
    private var signatureCount = 0
    /// Characters of the token that are signed.
    package private(set) var signedCount = 0
    package private(set) var algorithm = SignatureAlgorithm.hs256

    package init() { unsafe signatureBytes = .allocate(capacity: TokenReader.signatureBytesMax) }

    deinit { unsafe signatureBytes.deallocate() }

    package var signature: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: signatureBytes, count: signatureCount)
    }

    /// `kid`; empty if the token has none.
    package var keyID: UnsafeRawBufferPointer {
        unsafe header.string(0, "kid") ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Reads a token.
    ///
    /// - Returns: `none`, or what is wrong with it.
    package mutating func read(_ token: UnsafeRawBufferPointer) -> TokenFault {
        guard token.count <= TokenReader.tokenBytesMax else { return .tooLong }
        guard let parts = unsafe TokenReader.parts(of: token) else { return .malformed }
        signedCount = parts.second
        let headerText = unsafe UnsafeRawBufferPointer(rebasing: token[..<parts.first])
        guard unsafe TokenReader.decode(headerText, into: &header) else { return .malformed }
        let fault = readHeader()
        guard fault == .none else { return fault }
        let signatureText = unsafe UnsafeRawBufferPointer(rebasing: token[(parts.second + 1)...])
        guard let count = Base64URL.byteCount(ofTextCount: signatureText.count), count > 0,
            count <= TokenReader.signatureBytesMax,
            let decoded = unsafe Base64URL.decode(signatureText, into: signatureBytes)
        else { return .malformed }
        signatureCount = decoded
        return unsafe readClaims(of: token, from: parts.first + 1, to: parts.second) ? .none : .malformed
    }

    /// Reads the claims of a token that was checked before.
    package mutating func readClaims(_ token: UnsafeRawBufferPointer) -> Bool {
        guard token.count <= TokenReader.tokenBytesMax, let parts = unsafe TokenReader.parts(of: token) else {
            return false
        }
        return unsafe readClaims(of: token, from: parts.first + 1, to: parts.second)
    }

    /// Reads claims that somebody else says of a token: one JSON object.
    package mutating func readClaims(object text: UnsafeRawBufferPointer) -> Bool {
        guard unsafe claims.read(text) else { return false }
        return claims[0].kind == .object
    }

    private mutating func readClaims(of token: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Bool {
        unsafe TokenReader.decode(UnsafeRawBufferPointer(rebasing: token[start..<end]), into: &claims)
    }

    /// Where the two dots are. There are exactly two, and something between them.
    private static func parts(of token: UnsafeRawBufferPointer) -> (first: Int, second: Int)? {
        var dots = (first: 0, second: 0)
        var count = 0
        for index in 0..<token.count where unsafe token[index] == 0x2E {
            count += 1
            if count == 1 { dots.first = index }
            if count == 2 { dots.second = index }
        }
        return count == 2 && dots.first > 0 && dots.second > dots.first + 1 ? dots : nil
    }

    /// Decodes a part, and reads it as an object.
    private static func decode(_ text: UnsafeRawBufferPointer, into tree: inout JSONTree) -> Bool {
        tree.clear()
        guard let count = Base64URL.byteCount(ofTextCount: text.count), count <= tree.byteCountMax,
            let decoded = unsafe Base64URL.decode(text, into: tree.text), tree.readText(count: decoded)
        else { return false }
        return tree[0].kind == .object
    }

    private mutating func readHeader() -> TokenFault {
        // Nothing is understood that a token may call critical, and a payload that is not encoded is no token here.
        if header.member(0, "crit") != nil || header.member(0, "b64") != nil { return .critical }
        guard let name = unsafe header.string(0, "alg") else { return .malformed }
        guard let named = unsafe SignatureAlgorithm(named: name) else { return .algorithm }
        if let id = header.member(0, "kid"), header[id].kind != .string { return .malformed }
        algorithm = named
        return .none
    }
}
