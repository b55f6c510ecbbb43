internal import Foundation

/// An issuer of tokens of a test's own: keys and signatures are made by the `openssl` program in a scratch folder.
package final class TokenIssuer {
    /// What openssl is asked for.
    package enum Kind: String, CaseIterable, Sendable {
        case rsa
        case smallRSA
        case p256
        case p384
        case p521
        case ed25519
    }

    package let folder: ScratchFolder

    package init() throws { folder = try ScratchFolder() }

    // MARK: Keys

    /// Makes a key pair, as `NAME.key` and `NAME.pem` in the issuer's folder.
    ///
    /// - Returns: the public key as PEM.
    @discardableResult
    package func makeKey(_ name: String, _ kind: Kind) throws -> String {
        let arguments =
            switch kind {
            case .rsa: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
            case .smallRSA: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]
            case .p256: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
            case .p384: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]
            case .p521: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]
            case .ed25519: ["-algorithm", "ED25519"]
            }
        try openssl(["genpkey"] + arguments + ["-out", "\(name).key"])
        try openssl(["pkey", "-in", "\(name).key", "-pubout", "-out", "\(name).pem"])
        return folder.text("\(name).pem") ?? ""
    }

    /// A public key as a JSON Web Key.
    ///
    /// - Parameter members: beside those that the key has itself, such as `"use":"sig"`.
    package func webKey(_ name: String, _ kind: Kind, id: String? = nil, _ members: String = "") throws -> String {
        try openssl(["pkey", "-in", "\(name).key", "-pubout", "-outform", "DER", "-out", "\(name).der"])
        let bytes = try data("\(name).der")
        var parts: [String]
        switch kind {
        case .rsa, .smallRSA:
            let text = try openssl(["rsa", "-pubin", "-in", "\(name).pem", "-modulus", "-noout"])
            let digits = text.split(separator: "=").last.map { $0.trimmingCharacters(in: .newlines) } ?? ""
            let modulus = stride(from: 0, to: digits.count, by: 2).compactMap {
                UInt8(digits.dropFirst($0).prefix(2), radix: 16)
            }
            parts = [#""kty":"RSA""#, #""e":"AQAB""#, "\"n\":\"\(TokenIssuer.encoded(modulus))\""]
        case .ed25519:
            parts = [#""kty":"OKP","crv":"Ed25519""#, "\"x\":\"\(TokenIssuer.encoded(Array(bytes.suffix(32))))\""]
        case .p256, .p384, .p521:
            let (curve, size) = kind == .p256 ? ("P-256", 32) : kind == .p384 ? ("P-384", 48) : ("P-521", 66)
            let point = Array(bytes.suffix(2 * size))
            parts = [
                "\"kty\":\"EC\",\"crv\":\"\(curve)\"", "\"x\":\"\(TokenIssuer.encoded(Array(point[..<size])))\"",
                "\"y\":\"\(TokenIssuer.encoded(Array(point[size...])))\"",
            ]
        }
        if let id { parts.append("\"kid\":\"\(id)\"") }
        if !members.isEmpty { parts.append(members) }
        return "{" + parts.joined(separator: ",") + "}"
    }

    // MARK: Tokens

    /// A token of these claims, and those that hold everywhere: it ends in five minutes.
    ///
    /// - Parameters:
    ///   - algorithm: of the signature and, unless `header` says otherwise, of the header.
    ///   - key: its name; of HS algorithms, the secret.
    ///   - claims: members of the payload, after `exp`.
    ///   - header: members of the header, after `alg`.
    package func token(
        _ algorithm: String,
        key: String,
        _ claims: String = "",
        header: String = "",
        expires: Int = 300
    ) throws -> String {
        let end = Int(Date().timeIntervalSince1970) + expires
        let payload = "{\"exp\":\(end)" + (claims.isEmpty ? "" : "," + claims) + "}"
        return try sign(
            header: "{\"alg\":\"\(algorithm)\"" + (header.isEmpty ? "" : "," + header) + "}",
            payload: payload,
            algorithm,
            key: key
        )
    }

    /// A token of exactly this header and this payload.
    package func sign(header: String, payload: String, _ algorithm: String, key: String) throws -> String {
        let message = TokenIssuer.encoded(Array(header.utf8)) + "." + TokenIssuer.encoded(Array(payload.utf8))
        return message + "." + TokenIssuer.encoded(try signature(of: message, algorithm, key: key))
    }

    private func signature(of message: String, _ algorithm: String, key: String) throws -> [UInt8] {
        try folder.write(message, to: "message")
        let digest = "-sha" + algorithm.suffix(3)
        switch algorithm.prefix(2) {
        case "HS":
            let digits = key.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            try openssl(
                [
                    "dgst", digest, "-mac", "HMAC", "-macopt", "hexkey:\(digits)", "-binary", "-out", "signature",
                    "message",
                ]
            )
        case "PS":
            try openssl(
                ["dgst", digest, "-sign", "\(key).key", "-sigopt", "rsa_padding_mode:pss", "-sigopt"]
                    + ["rsa_pss_saltlen:digest", "-out", "signature", "message"]
            )
        case "Ed":
            try openssl(["pkeyutl", "-sign", "-rawin", "-inkey", "\(key).key", "-in", "message", "-out", "signature"])
        default: try openssl(["dgst", digest, "-sign", "\(key).key", "-out", "signature", "message"])
        }
        let bytes = Array(try data("signature"))
        guard algorithm.hasPrefix("ES") else { return bytes }
        return TokenIssuer.halves(of: bytes, byteCount: algorithm == "ES256" ? 32 : algorithm == "ES384" ? 48 : 66)
    }

    /// Both integers of a DER sequence, each in full length.
    private static func halves(of der: [UInt8], byteCount: Int) -> [UInt8] {
        var place = der[1] & 0x80 == 0 ? 2 : 3
        var result: [UInt8] = []
        for _ in 0..<2 {
            let count = Int(der[place + 1])
            let value = der[(place + 2)..<(place + 2 + count)].drop { $0 == 0 }
            result += [UInt8](repeating: 0, count: byteCount - value.count) + value
            place += 2 + count
        }
        return result
    }

    /// Base64 of URLs.
    package static func encoded(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    package static func encoded(_ text: String) -> String { encoded(Array(text.utf8)) }

    private func data(_ name: String) throws -> Data { try Data(contentsOf: folder.url.appendingPathComponent(name)) }

    @discardableResult
    private func openssl(_ arguments: [String]) throws -> String {
        let outcome = try Program.timeout.run(["30", "/usr/bin/openssl"] + arguments, in: folder.url)
        guard outcome.status == 0 else { throw WireError("openssl \(arguments): \(outcome.errors)") }
        return outcome.output
    }
}
