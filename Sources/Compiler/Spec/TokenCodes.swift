extension DiagnosticCode {
    /// E073x: what can be wrong with tokens.
    static let tokenCodes: [DiagnosticCode] = [
        .literalTokenSecret, .badTokenKey, .tokenKeyAlgorithm, .keysInPlainText, .tokenNamesNobody, .claimsWithoutToken,
    ]

    static let literalTokenSecret = DiagnosticCode(
        "E0730",
        "a secret of tokens is written out in the spec",
        explanation: """
            Who knows the secret of an HS algorithm can make tokens for anybody, and the gateway needs it readable: it can
            be in no table. The gateway takes it from its environment or from a file. Write `${env:NAME}` or
            `${file:PATH}`; a secret that stood in a spec is none any more. Where the issuer can sign with a private
            key, there is no secret to share.
            """,
        example: """
            jwt: { audience: orders, keys: [ { secret: letmein, algorithm: HS256 } ] }
            """
    )

    static let badTokenKey = DiagnosticCode(
        "E0731",
        "a public key cannot check tokens",
        explanation: """
            The key is no PEM and no JSON Web Key, or one that protects nothing: RSA needs 2048 bits and an odd exponent
            above 1, points must be on their curve. Known are RSA, P-256, P-384, P-521 and Ed25519. A private key has no
            business in a gateway.
            """,
        example: """
            jwt: { audience: orders, keys: [ { public-key: "-----BEGIN PUBLIC KEY-----" } ] }
            """
    )

    static let tokenKeyAlgorithm = DiagnosticCode(
        "E0732",
        "an algorithm does not go with its key",
        explanation: """
            Every key checks tokens of one algorithm, whatever a token says of itself: so a public key is never taken for
            a secret, and `none` is no algorithm. Secrets go with HS256, HS384 and HS512, public keys with the others.
            """,
        example: """
            jwt: { audience: orders, keys: [ { secret: "${env:SECRET}", algorithm: RS256 } ] }
            """
    )

    static let keysInPlainText = DiagnosticCode(
        "W0733",
        "keys are fetched without TLS",
        explanation: """
            Who can change what comes over this connection gives the gateway keys of his own, and makes tokens for
            anybody. Use `https`, with `ca` for an authority of your own, or a file of keys.
            """,
        example: """
            jwt: { audience: orders, jwks: "http://login.example.com/jwks.json" }
            """
    )

    static let tokenNamesNobody = DiagnosticCode(
        "E0734",
        "groups of consumers count, and tokens name no consumer",
        explanation: """
            Only consumers are in groups. A `jwt` without `consumer` lets everybody pass who has a valid token, and never
            finds out who of the consumers that is. Say which claim names the consumer, or decide by what the token
            itself says: `acl: { scopes: … }` and `claims`.
            """,
        example: """
            plugins: [ jwt: { audience: orders, jwks: "https://login.example.com/jwks.json" }, acl: { allow: [ partners ] } ]
            """
    )

    static let claimsWithoutToken = DiagnosticCode(
        "E0735",
        "claims count, and there is no token",
        explanation: "Claims and scopes are those of a token that `jwt` has checked; without it nobody could pass.",
        example: """
            plugins: [ key-auth, acl: { scopes: [ orders:write ] } ]
            """
    )
}
