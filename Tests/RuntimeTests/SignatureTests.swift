import Digests
import Foundation
import GatewayTable
import TestSupport
import Testing

@testable import GatewayRuntime

/// Signatures over requests: their grammar, and the text that is signed.
@Suite("Signatures over requests")
struct SignatureTests {
    /// RFC 9421 appendix B.1.5.
    private static let secret = Data(
        base64Encoded: "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
    )

    /// RFC 9421 appendix B.2, with the signature of B.2.5.
    private static let vector = """
        POST /foo?param=Value&Pet=dog HTTP/1.1
        Host: example.com
        Date: Tue, 20 Apr 2021 02:07:55 GMT
        Content-Type: application/json
        Content-Digest: sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:
        Content-Length: 18
        Signature-Input: sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"
        Signature: sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:


        """

    /// What becomes of a request: a fault's word, `lacks something`, `forged` or `good`.
    private func verdict(_ text: String, label: String = "", kong: Bool = false, key: Data? = secret) -> String {
        verdict(Array(text.replacing("\n", with: "\r\n").utf8), label: label, kong: kong, key: key)
    }

    private func verdict(_ bytes: [UInt8], label: String = "", kong: Bool = false, key: Data? = secret) -> String {
        let scratch = Block(base: .allocate(capacity: Limits.blockBytes))
        defer { scratch.base.deallocate() }
        var head = RequestHead()
        return withBytes(bytes) { bytes in
            guard head.parse(bytes, RequestHeadBounds(headBytesMax: 61_440, fieldCountMax: 100)) == .complete else {
                return "no request"
            }
            let fields = FieldsView(head.table, head.message)
            var fault = SignatureFault.none
            var found: RequestSignature?
            if kong {
                let value = fields.firstIndex(ofName: Bytes("authorization")).map { fields.value($0) }
                found = value.flatMap {
                    $0.count < 5 ? nil : RequestSignature.ofKong($0.from(5), fields, fault: &fault)
                }
            } else {
                found = withBytes(label) { RequestSignature.ofMessage(fields, label: $0, fault: &fault) }
            }
            guard let found else { return "\(fault.word)" }
            let request = SignedRequest(
                fields: fields,
                method: head.method,
                authority: head.authority,
                path: head.path,
                query: head.query,
                isSecure: false,
                isOriginForm: head.message[head.method.count + 1] == ASCII.slash,
                version: "HTTP/1.1"
            )
            var base = SignatureBase(HMACKey(key ?? Data()).begin())
            guard found.append(request, to: &base) else { return "lacks something" }
            return base.matches(found.code, scratch) ? "good" : "forged"
        }
    }

    @Test("the vector of RFC 9421 appendix B.2.5 holds, and no other")
    func vectors() {
        let vector = Self.vector
        #expect(verdict(vector) == "good")
        #expect(verdict(vector, label: "sig-b25") == "good")
        #expect(verdict(vector, label: "sig1") == "signature-malformed")
        #expect(verdict(vector, key: Data("another secret".utf8)) == "forged")
        for (old, new, expected) in [
            ("example.com", "EXAMPLE.com:80", "good"), ("example.com", "example.org", "forged"),
            ("Content-Type: application/json", "Content-Type:   application/json  ", "good"),
            ("Content-Type: application/json", "content-type: application/xml", "forged"),
            ("Content-Type: application/json", "Content-Kind: application/json", "lacks something"),
            ("Content-Length: 18", "Content-Type: application/json\nContent-Length: 18", "forged"),
            // What is not covered is not signed.
            ("POST /foo", "PUT /bar", "good"),
            ("created=1618884473", "created=1618884474", "forged"),
            (";created=1618884473", "", "forged"), ("\"date\" \"@authority\"", "\"@authority\" \"date\"", "forged"),
            ("\"date\" \"@authority\"", "\"date\"   \"@authority\"", "good"),
            ("\"date\" \"@authority\"", "\"date\" \"date\"", "signature-malformed"),
            ("\"date\" \"@authority\"", "\"Date\" \"@authority\"", "lacks something"),
            ("\"date\" ", "\"date\" \"@status\" ", "lacks something"),
            ("pxcQ", "qxcQ", "forged"), ("tE8=:", "tE9=:", "forged"), ("tE8=:", "tE8:", "forged"),
            ("tE8=:", "tE8=", "signature-malformed"), ("sig-b25=:", "sig1=:", "signature-malformed"),
        ] {
            #expect(verdict(vector.replacing(old, with: new)) == expected, "\(old) → \(new)")
        }
    }

    @Test("what is no signature is none")
    func grammar() {
        func input(_ text: String) -> String {
            let line = #"sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#
            return verdict(Self.vector.replacing(line, with: text))
        }
        let good = #"("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#
        #expect(input("sig-b25=\(good)") == "good")
        #expect(input("sig-b25=\(good.replacing(";", with: ";  "))") == "good")
        let many = (1...33).map { "\"x-\($0)\"" }.joined(separator: " ")
        let parameters = (1...9).map { ";p\($0)=1" }.joined()
        for text in [
            "", "sig-b25", "sig-b25=", "sig-b25=()x", "sig-b25=(", "sig-b25=(\"date\"", "sig-b25=(\"date\"\"x\")",
            "sig-b25=(date)", "sig-b25=(1)", "sig-b25=(\"\")", "sig-b25=(\"da\\te\")", "SIG-B25=\(good)",
            "sig-b25=\(good);created=1618884473", "sig-b25=\(good);keyid=\"a\"", "sig-b25=\(good);", "sig-b25=\(good),",
            "sig-b25=\(good), sig-b25=\(good)", "a=\(good), sig-b25=\(good)", "sig-b25=\(good) x",
            "sig-b25=(\"@query-param\";name=\"a\");created=1", "sig-b25=(\"date\" \"content-type\";sf);created=1",
            "sig-b25=(\(many));created=1", "sig-b25=()\(parameters)", "sig-b25=();created=1.5",
            "sig-b25=();created=\"1\"", "sig-b25=();created=01", "sig-b25=();created=-", "sig-b25=();created",
            "sig-b25=();created=1234567890123456", "sig-b25=();keyid=acme", "sig-b25=();keyid=\"a", "sig-b25=();alg=x",
            "sig-b25=();keyid=\"a\\\"", "sig-b25=();x=:AA", "sig-b25=();x=?2", "sig-b25=();x=@1", "sig-b25=();x=%\"a\"",
            "sig-b25=();X=1", "sig-b25=();x=", "sig-b25=();nonce=1",
            "sig-b25=();x=\"\(String(repeating: "x", count: 9000))\"",
        ] {
            #expect(input(text) == "signature-malformed", "\(text.prefix(80))")
        }
        #expect(input(#"sig-b25=();alg="hmac-sha512""#) == "signature-algorithm")
        #expect(input(#"sig-b25=();x=1;y=-20;z="a\"b";u=tok/en:*;v=:QUI=:;w=?0;t=?1;s"#) == "forged")
    }

    @Test("one of several signatures is found by its label, over several lines, too")
    func labels() {
        let other = #"x=("@query-param";name="a" "@query-param";name="b" "date";sf);created=1;keyid="other""#
        let several = Self.vector
            .replacing("Signature-Input: ", with: "Signature-Input: \(other), ")
            .replacing("Signature: ", with: "Signature: a=:AA==:;p=1 ,\tb=:AA==:\nSignature: ")
        #expect(verdict(several, label: "sig-b25") == "good")
        #expect(verdict(several) == "signature-malformed")
        let lines = Self.vector.replacing("Signature-Input: ", with: "Signature-Input: \(other)\nsignature-input: ")
        #expect(verdict(lines, label: "sig-b25") == "good")
        let twice = several.replacing("Signature: a=", with: "Signature: sig-b25=")
        #expect(verdict(twice, label: "sig-b25") == "signature-malformed")
        let crowd = (1...8).map { "s\($0)=()" }.joined(separator: ", ")
        let crowded = Self.vector.replacing("Signature-Input: ", with: "Signature-Input: \(crowd), ")
        #expect(verdict(crowded, label: "sig-b25") == "signature-malformed")
    }

    @Test("Kong's scheme: four parameters, once each, and a date that is signed")
    func kong() {
        func ask(_ authorization: String, _ fields: String = "Date: Tue, 20 Apr 2021 02:07:55 GMT") -> String {
            verdict("GET / HTTP/1.1\nHost: a\n\(fields)\nAuthorization: hmac \(authorization)\n\n", kong: true)
        }
        func written(_ headers: String = "date request-line", algorithm: String = "hmac-sha256") -> String {
            #"username="a", algorithm="\#(algorithm)", headers="\#(headers)", signature="AA==""#
        }
        #expect(ask(written()) == "forged")
        #expect(ask(written("Date @request-target host")) == "forged")
        #expect(ask(written(algorithm: "hmac-sha1")) == "signature-algorithm")
        #expect(ask(written("date x-none")) == "lacks something")
        #expect(ask(written("date"), "Date: Tue, 20 Apr 2021 02:07:55 GMT\nX-A: 1\nX-A: 2") == "forged")
        #expect(ask(written("date x-a"), "Date: Tue, 20 Apr 2021 02:07:55 GMT\nX-A: 1\nX-A: 2") == "lacks something")
        for bad in [
            "x", written("date date"), written("date DATE"), written("date  host"), written("date "), written(""),
            written() + ", " + written(), written() + #", nonce="a""#, written().replacing("username", with: "user"),
            written().replacing("\"a\"", with: "a"), written().replacing("\"a\"", with: "\"a\\\\b\""), written() + ",",
            written(String(repeating: "x", count: 9000)),
        ] {
            #expect(ask(bad) == "signature-malformed", "\(bad.prefix(80))")
        }
        for date in ["Tue, 20 Apr 2021 02:07:55", "Wed, 20 Apr 2021 02:07:55 GMT", "1618884475", ""] {
            #expect(ask(written(), "Date: \(date)") == "signature-malformed", "\(date)")
        }
        // A date that is there and not signed tells nothing.
        var signature = RequestSignature()
        #expect(signature.age(lifetime: 300, skew: 30, seconds: 0) == .incomplete)
        signature.created = 1_000
        for (seconds, expected) in [
            (969, .notYetValid), (970, .none), (1_300, .none), (1_301, .expired),
        ] as [(Int64, SignatureFault)] {
            #expect(signature.age(lifetime: 300, skew: 30, seconds: seconds) == expected, "\(seconds)")
        }
        signature.expires = 1_100
        #expect(signature.age(lifetime: 300, skew: 30, seconds: 1_129) == .none)
        #expect(signature.age(lifetime: 300, skew: 30, seconds: 1_130) == .expired)
    }

    @Test("dates of HTTP are read as they are written")
    func dates() {
        for instant in [0, 784_111_777, 951_782_400, 1_618_884_475, 4_102_444_799] as [Int64] {
            let text = CalendarTime(instant).imfFixdate
            #expect(withBytes(text) { CalendarTime.instant(imfFixdate: $0.tableBytes) } == instant, "\(text)")
        }
        for text in [
            "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994", "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT", "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        ] {
            #expect(withBytes(text) { CalendarTime.instant(imfFixdate: $0.tableBytes) } == nil, "\(text)")
        }
    }

    @Test("whatever is changed of a request, nothing traps, and what is signed is signed")
    func mutations() {
        var random = SeededRandom(seed: 9421)
        let kong = """
            GET /a HTTP/1.1
            Host: a
            Date: Tue, 20 Apr 2021 02:07:55 GMT
            Authorization: hmac username="a", algorithm="hmac-sha256", headers="date host", signature="AA=="


            """
        let telling = Array("()\"\\:;,=@*?-. \t09azAZ".utf8)
        for (text, isKong) in [(Self.vector, false), (kong, true)] {
            let whole = Array(text.replacing("\n", with: "\r\n").utf8)
            for _ in 0..<20_000 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: bytes[place] = telling.randomElement(using: &random) ?? 0
                    case 1: bytes.remove(at: place)
                    case 2: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
                    default: bytes.insert(telling.randomElement(using: &random) ?? 0, at: place)
                    }
                }
                let found = verdict(bytes, kong: isKong)
                #expect(!isKong || found != "good")
            }
        }
    }
}
