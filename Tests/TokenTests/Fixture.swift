import Tokens

/// What is signed of a token, and its signature.
struct Signed {
    var message: [UInt8]
    var signature: [UInt8]

    init(_ token: String) {
        let dot = token.lastIndex(of: ".") ?? token.startIndex
        message = Array(token[..<dot].utf8)
        signature = Fixture.decoded(String(token[token.index(after: dot)...])) ?? []
    }
}

extension VerificationKey {
    func holds(_ parts: Signed, by algorithm: SignatureAlgorithm) -> Bool {
        parts.signature.withUnsafeBytes { signature in
            parts.message.withUnsafeBytes { holds(signature, of: $0, by: algorithm) }
        }
    }
}

/// Arrays and strings in the place of memory.
enum Fixture {
    static func keys(_ text: String, _ algorithm: SignatureAlgorithm? = nil) throws -> [SigningKey] {
        try Array(text.utf8).withUnsafeBytes { try WebKeys.keys(in: $0, algorithm: algorithm, id: []) }
    }

    static func set(_ text: String) -> [SigningKey]? { Array(text.utf8).withUnsafeBytes { WebKeys.set($0) } }

    static func secret(_ bytes: [UInt8], _ algorithm: SignatureAlgorithm) throws -> VerificationKey {
        try bytes.withUnsafeBytes { try VerificationKey(secret: $0, for: algorithm) }
    }

    static func decoded(_ text: String) -> [UInt8]? { Array(text.utf8).withUnsafeBytes { Base64URL.decode($0) } }

    static func read(_ token: String, _ reader: inout TokenReader) -> TokenFault {
        Array(token.utf8).withUnsafeBytes { reader.read($0) }
    }

    /// Base64 of URLs, as an independent few lines.
    static func encoded(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var result = ""
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8 {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                result.append(alphabet[Int(bits >> UInt32(count) & 63)])
            }
        }
        if count > 0 { result.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
        return result
    }
}
