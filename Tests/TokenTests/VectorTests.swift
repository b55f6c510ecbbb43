import GatewayIR
import Testing
import Tokens

/// The examples of the RFCs, as they are printed there.
@Suite struct VectorTests {
    /// RFC 7515 A.1.
    private static let hmacToken =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
        + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let hmacSecret =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

    /// RFC 7515 A.2.
    private static let rsaToken =
        "eyJhbGciOiJSUzI1NiJ9"
        + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU"
        + "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO"
        + "--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN"
        + "_IoypGlUPQGe77Rw"
    private static let rsaKey = """
        {"kty":"RSA",
        "n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR\
        T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB\
        dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia\
        GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        "e":"AQAB"}
        """

    /// RFC 7515 A.3.
    private static let pointToken =
        "eyJhbGciOiJFUzI1NiJ9"
        + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    private static let pointKey = """
        {"kty":"EC","crv":"P-256",
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        """

    /// RFC 7515 A.4, whose payload is no JSON.
    private static let largePointToken =
        "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA"
        + ".AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZC"
        + "PEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"
    private static let largePointKey = """
        {"kty":"EC","crv":"P-521",
        "x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}
        """

    /// RFC 8037 A.4, whose payload is no JSON.
    private static let edwardsToken =
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        + ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    private static let edwardsKey =
        #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    private static let cases: [(String, SignatureAlgorithm, String)] = [
        (rsaToken, .rs256, rsaKey), (pointToken, .es256, pointKey), (largePointToken, .es512, largePointKey),
        (edwardsToken, .edDSA, edwardsKey),
    ]

    @Test("signatures of the RFCs hold, and no other ones", arguments: VectorTests.cases.indices)
    func publicKeys(_ index: Int) throws {
        let (token, algorithm, text) = Self.cases[index]
        let key = try #require(try Fixture.keys(text).first)
        let parts = Signed(token)
        #expect(key.key.holds(parts, by: algorithm))
        #expect(algorithm == .rs256 ? key.algorithm == nil : key.algorithm == algorithm)
        for place in [0, parts.signature.count / 2, parts.signature.count - 1] {
            var other = parts
            other.signature[place] ^= 1
            #expect(!key.key.holds(other, by: algorithm), "byte \(place) of the signature")
        }
        var other = parts
        other.message[20] ^= 1
        #expect(!key.key.holds(other, by: algorithm))
        for wrong in SignatureAlgorithm.allCases where wrong != algorithm {
            #expect(!key.key.holds(parts, by: wrong), "by \(wrong)")
        }
    }

    @Test("a secret's signature holds, and no other one")
    func secret() throws {
        let secret = try #require(Fixture.decoded(Self.hmacSecret))
        let key = try Fixture.secret(secret, .hs256)
        var parts = Signed(Self.hmacToken)
        #expect(key.holds(parts, by: .hs256))
        #expect(!key.holds(parts, by: .hs512) && !key.holds(parts, by: .rs256))
        parts.signature.removeLast()
        #expect(!key.holds(parts, by: .hs256))
        parts.signature = []
        #expect(!key.holds(parts, by: .hs256))
    }

    @Test("the reader takes what the RFCs print apart")
    func reading() throws {
        var reader = TokenReader()
        #expect(Fixture.read(Self.hmacToken, &reader) == .none)
        #expect(reader.algorithm == .hs256)
        let issuer = reader.claims.member(0, "iss").map { reader.claims.isString($0, "joe") }
        let root = reader.claims.member(0, "http://example.com/is_root").map { reader.claims[$0].kind }
        #expect(issuer == true && root == .yes)
        // Payloads that are no claims.
        #expect(Fixture.read(Self.largePointToken, &reader) == .malformed)
        #expect(Fixture.read(Self.edwardsToken, &reader) == .malformed)
    }

    @Test("the compiler's algorithms are the gateway's")
    func sameAlgorithms() {
        #expect(TokenAlgorithm.allCases.map(\.rawValue) == SignatureAlgorithm.allCases.map(\.rawValue))
        #expect(TokenAlgorithm.allCases.map(\.name) == SignatureAlgorithm.allCases.map { "\($0.name)" })
        #expect(TokenAlgorithm.allCases.map(\.isSymmetric) == SignatureAlgorithm.allCases.map(\.isSymmetric))
    }
}
