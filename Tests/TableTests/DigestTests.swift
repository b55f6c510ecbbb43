import Digests
import Testing

@Suite struct DigestTests {
    @Test func sha256IsThatOfTheStandard() {
        // FIPS 180-4, as in the examples of the standard.
        #expect(
            SHA256.digest("abc".utf8).hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        #expect(SHA256.digest([UInt8]()).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    /// RFC 4231, cases 1, 2 and 6: a short key, a shorter one, and one longer than a block.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0B, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func hmacIsThatOfTheStandard(key: [UInt8], message: String, code: String) {
        let prepared = HMACKey(key)
        #expect(prepared.authenticate(Array(message.utf8)).hex == code)
        // The key is as it was.
        #expect(prepared.authenticate(Array(message.utf8)).hex == code)
    }

    @Test func secretsAreEqualByAllTheirBytes() {
        #expect(Digests.constantTimeEqual([], []))
        #expect(Digests.constantTimeEqual([1, 2, 3], [1, 2, 3]))
        #expect(!Digests.constantTimeEqual([1, 2, 3], [1, 2, 4]))
        #expect(!Digests.constantTimeEqual([1, 2, 3], [1, 2]))
    }

    @Test func saltDependsOnTheNameAlone() {
        let salt = Digests.credentialSalt(gatewayName: "storefront")
        #expect(salt.count == 32)
        #expect(salt == Digests.credentialSalt(gatewayName: "storefront"))
        #expect(salt != Digests.credentialSalt(gatewayName: "storefront2"))
        // What bundles were built with: another value would lock every consumer out.
        #expect(Digest256(bytes: salt).hex.hasPrefix("470fdca75d069c83"))
    }
}
