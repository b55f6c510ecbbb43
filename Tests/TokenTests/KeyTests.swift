import Foundation
import TestSupport
import Testing
import Tokens

/// Keys as text, what is refused of them, and what a set makes of a signature.
@Suite struct KeyTests {
    @Test(
        "public keys as PEM and as JSON Web Keys check what openssl signs",
        arguments: [
            ("RS256", TokenIssuer.Kind.rsa), ("RS384", .rsa), ("RS512", .rsa), ("PS256", .rsa), ("PS384", .rsa),
            ("PS512", .rsa), ("ES256", .p256), ("ES384", .p384), ("ES512", .p521), ("EdDSA", .ed25519),
        ]
    )
    func agreement(_ name: String, _ kind: TokenIssuer.Kind) throws {
        let issuer = try TokenIssuer()
        let pem = try issuer.makeKey("k", kind)
        let algorithm = try #require(SignatureAlgorithm.allCases.first { "\($0.name)" == name })
        let parts = Signed(try issuer.token(name, key: "k"))
        for text in [pem, try issuer.webKey("k", kind, #""alg":"\#(name)""#)] {
            let key = try #require(try Fixture.keys(text, algorithm).first)
            #expect(key.algorithm == algorithm)
            #expect(key.key.holds(parts, by: algorithm))
            // The same key by another algorithm of its kind.
            for other in SignatureAlgorithm.allCases where other != algorithm && other.family == algorithm.family {
                #expect(!key.key.holds(parts, by: other), "\(other)")
            }
        }
        try issuer.makeKey("other", kind)
        #expect(
            !(try #require(try Fixture.keys(pem, algorithm).first)).key.holds(
                Signed(try issuer.token(name, key: "other")),
                by: algorithm
            )
        )
        // ECDSA's halves in DER, cut off, or longer.
        for bytes in [parts.signature.dropLast(), parts.signature + [0], parts.signature[1...] + []]
            as [ArraySlice<UInt8>]
        {
            var wrong = parts
            wrong.signature = Array(bytes)
            #expect(!(try #require(try Fixture.keys(pem, algorithm).first)).key.holds(wrong, by: algorithm))
        }
    }

    @Test("keys that protect nothing, or are private, are refused")
    func weakness() throws {
        let issuer = try TokenIssuer()
        let small = try issuer.makeKey("small", .smallRSA)
        try issuer.makeKey("p256", .p256)
        let point = try issuer.webKey("p256", .p256)
        let swapped = point.replacingOccurrences(of: "\"x\"", with: "\"z\"")
            .replacingOccurrences(of: "\"y\"", with: "\"x\"").replacingOccurrences(of: "\"z\"", with: "\"y\"")
        let cases: [(String, SignatureAlgorithm?, KeyFault)] = [
            (small, .rs256, .weak), (try issuer.webKey("small", .smallRSA), nil, .weak),
            (try issuer.webKey("p256", .p256), .es384, .ofOtherAlgorithm), (small, .es256, .weak),
            (issuer.folder.text("p256.key") ?? "", nil, .isPrivate), ("", nil, .malformed), ("PEM", nil, .malformed),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", nil, .malformed),
            (#"{"kty":"oct","k":"c2VjcmV0"}"#, nil, .isPrivate),
            (#"{"kty":"EC","crv":"P-256","d":"AA"}"#, nil, .isPrivate),
            (#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#, nil, .foreign),
            (#"{"kty":"OKP","crv":"X25519","x":"AA"}"#, nil, .foreign), (#"{"kty":"XYZ"}"#, nil, .foreign),
            (#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, nil, .malformed),
            // A point beside the curve.
            (swapped, nil, .malformed),
            (String(point.dropLast()) + #","use":"enc"}"#, nil, .foreign),
            (String(point.dropLast()) + #","key_ops":["encrypt"]}"#, nil, .foreign),
            (String(point.dropLast()) + #","alg":"RS256"}"#, nil, .ofOtherAlgorithm),
            (String(point.dropLast()) + #","alg":"ECDH-ES"}"#, nil, .foreign),
        ]
        for (text, algorithm, fault) in cases {
            #expect(throws: fault, "\(text.prefix(80))") { try Fixture.keys(text, algorithm) }
        }
        // An exponent of 1 makes every message its own signature.
        try issuer.makeKey("rsa", .rsa)
        let one = try issuer.webKey("rsa", .rsa).replacingOccurrences(of: #""e":"AQAB""#, with: #""e":"AQ""#)
        #expect(throws: KeyFault.weak) { try Fixture.keys(one) }
        for (algorithm, count) in [(SignatureAlgorithm.hs256, 32), (.hs384, 48), (.hs512, 64)] {
            #expect(throws: KeyFault.shortSecret(byteCount: count - 1, needed: count)) {
                try Fixture.secret(Array(repeating: 7, count: count - 1), algorithm)
            }
            _ = try Fixture.secret(Array(repeating: 7, count: count), algorithm)
        }
    }

    @Test("of a set what checks signatures is taken, and the rest passed over")
    func sets() throws {
        let issuer = try TokenIssuer()
        try issuer.makeKey("a", .p256)
        try issuer.makeKey("small", .smallRSA)
        let good = try issuer.webKey("a", .p256, id: "a")
        let weak = try issuer.webKey("small", .smallRSA, id: "w")
        let set = try #require(Fixture.set(#"{"x":1,"keys":[\#(weak),{"kty":"oct","k":"AA"},7,\#(good)]}"#))
        #expect(set.map { String(decoding: $0.id, as: UTF8.self) } == ["a"])
        for text in [
            "", "{}", #"{"keys":{}}"#, "[\(good)]", "{\"keys\":[\(good)]", #"{"keys":[],"keys":[]}"#, "<html>",
        ] {
            #expect(Fixture.set(text) == nil, "\(text.prefix(40))")
        }
        let many = Array(repeating: good, count: 100).joined(separator: ",")
        #expect(Fixture.set("{\"keys\":[\(many)]}")?.count == KeySet.keyCountMax)
    }

    @Test("a key checks tokens of its own algorithm and its own name only")
    func judging() throws {
        let issuer = try TokenIssuer()
        for name in ["one", "two"] { try issuer.makeKey(name, .rsa) }
        let keys = KeySet(
            try ["one", "two"].flatMap { try Fixture.keys(try issuer.webKey($0, .rsa, id: $0)) }
        )
        let both: UInt32 =
            1 << UInt32(SignatureAlgorithm.rs256.rawValue) | 1 << UInt32(SignatureAlgorithm.ps256.rawValue)
        func judge(_ token: String, _ algorithm: SignatureAlgorithm, _ id: String, _ allowed: UInt32) -> KeySet.Verdict
        {
            let parts = Signed(token)
            return parts.signature.withUnsafeBytes { signature in
                parts.message.withUnsafeBytes { message in
                    Array(id.utf8).withUnsafeBytes {
                        keys.judge(signature, of: message, by: algorithm, id: $0, allowed: allowed)
                    }
                }
            }
        }
        let token = try issuer.token("RS256", key: "two")
        #expect(judge(token, .rs256, "two", both) == .holds)
        #expect(judge(token, .rs256, "", both) == .holds)
        #expect(judge(token, .rs256, "one", both) == .doesNotHold)
        #expect(judge(token, .rs256, "three", both) == .unknownKey)
        // Keys that do not say theirs go with the first algorithm that is allowed, and with no other.
        let padded = try issuer.token("PS256", key: "two")
        #expect(judge(padded, .ps256, "two", both) == .unknownKey)
        #expect(judge(padded, .ps256, "two", 1 << UInt32(SignatureAlgorithm.ps256.rawValue)) == .holds)
        #expect(judge(token, .rs256, "two", 1 << UInt32(SignatureAlgorithm.ps256.rawValue)) == .unknownKey)
        // A public key is no secret.
        #expect(judge(token, .hs256, "two", .max) == .unknownKey)
    }
}
