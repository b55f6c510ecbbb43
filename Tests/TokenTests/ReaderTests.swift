import Testing
import Tokens

/// What the reader takes apart, and what it refuses before anybody looks at a signature.
@Suite struct ReaderTests {
    private static func token(_ header: String, _ payload: String, _ signature: String = "AAAA") -> String {
        "\(Fixture.encoded(header)).\(Fixture.encoded(payload)).\(signature)"
    }

    private static let good = token(#"{"alg":"ES256","kid":"a\u0062"}"#, #"{"sub":"x"}"#)

    @Test("a token is three parts, and the parts are texts of base64url without padding or stray bits")
    func form() {
        var reader = TokenReader()
        #expect(Fixture.read(Self.good, &reader) == .none)
        #expect(reader.keyID.elementsEqual("ab".utf8) && reader.algorithm == .es256)
        let parts = Self.good.split(separator: ".").map(String.init)
        let header = parts[0]
        let payload = parts[1]
        let bad = [
            "", ".", "..", "...", "a.b", header, "\(header).\(payload)", "\(header).\(payload).", ".\(payload).AAAA",
            "\(header)..AAAA", "\(header).\(payload).AAAA.", "\(header).\(payload).AAAA.AAAA",
            // Padding, the other alphabet, blanks, a lone character, bits that stand for nothing.
            "\(header)=.\(payload).AAAA", "\(header).\(payload)==.AAAA", "\(header).\(payload).AA==",
            "\(header).\(payload).AA+A", "\(header).\(payload).AA/A", "\(header).\(payload).AA A",
            " \(header).\(payload).AAAA", "\(header).\(payload).AAAA\n", "\(header).\(payload).A",
            "\(header).\(payload).AB", "\(header).\(payload).AAB",
        ]
        for token in bad { #expect(Fixture.read(token, &reader) == .malformed, "\(token)") }
        // A refused token leaves nothing of the one before it.
        let left = reader.claims.nodeCount
        #expect(left == 0)
    }

    @Test("a header names one known algorithm, and nothing critical")
    func headers() {
        var reader = TokenReader()
        let cases: [(String, TokenFault)] = [
            (#"{"alg":"none"}"#, .algorithm), (#"{"alg":"None"}"#, .algorithm), (#"{"alg":""}"#, .algorithm),
            (#"{"alg":"es256"}"#, .algorithm), (#"{"alg":"ES256K"}"#, .algorithm), (#"{"alg":"ES256 "}"#, .algorithm),
            (#"{"alg":"RSA-OAEP"}"#, .algorithm), (#"{"alg":null}"#, .malformed), (#"{"alg":["ES256"]}"#, .malformed),
            (#"{}"#, .malformed), (#"[]"#, .malformed), (#""ES256""#, .malformed), (#"{"alg":"ES256""#, .malformed),
            (#"{"alg":"ES256","alg":"ES256"}"#, .malformed), (#"{"alg":"ES256","\u0061lg":"none"}"#, .malformed),
            (#"{"alg":"ES256","kid":7}"#, .malformed), (#"{"alg":"ES256","crit":[]}"#, .critical),
            (#"{"alg":"ES256","crit":["exp"]}"#, .critical), (#"{"alg":"ES256","b64":false}"#, .critical),
            (#"{"alg":"ES256","b64":true}"#, .critical), (#"{"alg":"Ed25519"}"#, .none), (#"{"alg":"EdDSA"}"#, .none),
            // Where a key comes from is never the token's business.
            (#"{"alg":"ES256","jku":"https://evil.example/","jwk":{"kty":"oct","k":"AA"},"x5u":"y"}"#, .none),
        ]
        for (header, fault) in cases {
            #expect(Fixture.read(Self.token(header, "{}"), &reader) == fault, "\(header)")
        }
    }

    @Test("claims are one object in which no name stands twice")
    func claims() {
        var reader = TokenReader()
        let header = #"{"alg":"ES256"}"#
        for payload in [
            "", "x", "null", "[]", "{", "{}}", "{} {}", #"{"a":1,"a":1}"#, #"{"sub":"x","s\u0075b":"y"}"#,
            #"{"a":{"b":1,"b":2}}"#, #"{"a":01}"#, #"{"a":.5}"#, #"{"a":1.}"#, #"{"a":+1}"#, #"{"a":1e}"#,
            #"{"a":NaN}"#,
            #"{"a":'x'}"#, #"{a:1}"#, #"{"a":1,}"#, #"{"a" 1}"#, "{\"a\":\"\n\"}", #"{"a":"\x"}"#, #"{"a":"\u12"}"#,
            #"{"a":"\ud800"}"#, #"{"a":"\ud800\u0041"}"#, #"{"a":"\udc00"}"#, "/**/{}", "{}\u{0}", "\u{FEFF}{}",
        ] {
            #expect(Fixture.read(Self.token(header, payload), &reader) == .malformed, "\(payload)")
        }
        for payload in ["{}", " {\t} \r\n", #"{"a":-0.5e+10,"b":[[],{}],"c":"\ud83d\ude00","d":true,"e":null}"#] {
            #expect(Fixture.read(Self.token(header, payload), &reader) == .none, "\(payload)")
        }
    }

    @Test("depth, members, values and bytes are bounded")
    func bounds() {
        var reader = TokenReader()
        let header = #"{"alg":"ES256"}"#
        func nested(_ depth: Int) -> String {
            #"{"a":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        #expect(Fixture.read(Self.token(header, nested(JSONTree.depthMax - 1)), &reader) == .none)
        #expect(Fixture.read(Self.token(header, nested(JSONTree.depthMax)), &reader) == .malformed)
        func members(_ count: Int) -> String {
            "{" + (0..<count).map { "\"m\($0)\":0" }.joined(separator: ",") + "}"
        }
        #expect(Fixture.read(Self.token(header, members(JSONTree.memberCountMax)), &reader) == .none)
        #expect(Fixture.read(Self.token(header, members(JSONTree.memberCountMax + 1)), &reader) == .malformed)
        func elements(_ count: Int) -> String {
            "{\"a\":[" + Array(repeating: "0", count: count).joined(separator: ",") + "]}"
        }
        #expect(Fixture.read(Self.token(header, elements(500)), &reader) == .none)
        #expect(Fixture.read(Self.token(header, elements(600)), &reader) == .malformed)
        let long = Self.token(header, "{\"a\":\"\(String(repeating: "x", count: TokenReader.tokenBytesMax))\"}")
        #expect(Fixture.read(long, &reader) == .tooLong)
        #expect(Fixture.read(Self.token(header, "{}", String(repeating: "A", count: 4_000)), &reader) == .malformed)
    }

    /// What a text stands for that is one string; `nil` if it is none.
    private static func string(_ bytes: [UInt8]) -> [UInt8]? {
        var tree = JSONTree(byteCountMax: 256, nodeCountMax: 16)
        return tree.read(bytes) && tree[0].kind == .string ? Array(tree.bytes(0)) : nil
    }

    @Test("strings are what they stand for, in UTF-8")
    func strings() {
        let cases: [(String, String)] = [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20ac\ud83d\ude00""#, "Aé€😀"),
            (#""é€😀""#, "é€😀"), (#""\u0000""#, "\u{0}"),
        ]
        for (text, meaning) in cases {
            #expect(Self.string(Array(text.utf8)) == Array(meaning.utf8), "\(text)")
        }
        // No UTF-8: cut off, longer than needed, a surrogate, beyond the last character.
        let bad: [[UInt8]] = [
            [0xC3], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF], [0x80],
        ]
        for bytes in bad { #expect(Self.string([0x22] + bytes + [0x22]) == nil, "\(bytes)") }
    }
}
