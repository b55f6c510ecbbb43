/// Signed tokens.
extension PluginSchema {
    static let jwt = SchemaMap(
        "jwt",
        "`jwt`",
        path: "jwt",
        "A signed token (RFC 7519) says who calls; without a valid one 401. Its keys: `keys`, `jwks` or `discovery`.",
        [
            .required(
                "audience",
                "text, a list of texts, or `any`",
                example: "audience: orders-api",
                "One of these must be in `aud`. `any`: a token that was issued for another service is taken, too."
            ),
            .optional(
                "issuer",
                "text",
                default: "not looked at",
                example: "issuer: https://login.example.com/",
                "What `iss` must be, to the byte. Needed by `discovery`."
            ),
            .optional(
                "keys",
                "list of keys",
                example: "keys: [ { public-key: \"${file:/etc/issuer.pem}\" } ]",
                "Known keys."
            ),
            .optional(
                "jwks",
                "URL",
                example: "jwks: https://login.example.com/jwks.json",
                "A set of keys, fetched when the gateway loads and again and again, never on the way of a request."
            ),
            .optional(
                "discovery",
                "boolean",
                default: "false",
                example: "discovery: true",
                "The issuer's OpenID metadata says where its keys are."
            ),
            .optional(
                "ca",
                "path",
                default: "the system's authorities",
                example: "ca: certs/internal.pem",
                "PEM: whom to believe where keys are fetched. A relative path is copied into the bundle."
            ),
            .optional(
                "algorithms",
                "list of algorithms",
                default: "all but the HS ones",
                example: "algorithms: [ ES256, RS256 ]",
                "Those of public keys that are taken. An RSA key that names none goes with the first one of RS256, RS384, "
                    + "RS512, PS256, PS384, PS512 that is listed."
            ),
        ] + tokenPlaces + [
            .optional(
                "require",
                "map of texts, or of lists of them",
                default: "nothing",
                example: "require: { tenant: acme, scope: [ orders ] }",
                "Each claim must have one of its values; else 401. Of `scope` and `scp` words count; a dot leads into a "
                    + "claim: `realm_access.roles`."
            ),
            .optional(
                "headers",
                "map of claims",
                default: "none",
                example: "headers: { X-Subject: sub }",
                "What the upstream gets to know: field, then claim. The client's own fields of these names are dropped."
            ),
            .optional(
                "consumer",
                "claim",
                default: "no consumer",
                example: "consumer: sub",
                "The claim that names the consumer, by a credential `jwt` of it; a token of nobody is 401."
            ),
            .optional(
                "skew",
                "duration up to 1h",
                default: "30s",
                example: "skew: 10s",
                "How far the issuer's clock may be off."
            ),
            .optional(
                "lifetime",
                "duration",
                default: "any",
                example: "lifetime: 1h",
                "How far away `exp` may be. A token without `exp` is never taken."
            ),
            .optional(
                "forward-credential",
                "boolean",
                default: "false",
                example: "forward-credential: true",
                "Whether the upstream gets to see the token."
            ),
        ]
    )

    static let tokenKey = SchemaMap(
        "A key of tokens",
        "a key of `jwt`",
        path: "jwt.keys[]",
        "Exactly one of `public-key` and `secret`.",
        [
            .optional(
                "public-key",
                "PEM, JSON Web Key, or `${file:PATH}`",
                example: "public-key: \"${file:/etc/issuer.pem}\"",
                "A public key or a certificate as PEM, a JSON Web Key, or a set of them. Weak ones are refused."
            ),
            .optional(
                "secret",
                "`${env:NAME}` or `${file:PATH}`",
                example: "secret: \"${env:TOKEN_SECRET}\"",
                "A secret that the issuer has, too, of at least as many bytes as the algorithm's digest; never written out."
            ),
            .optional(
                "algorithm",
                "algorithm",
                default: "what the key says, or leaves no choice",
                example: "algorithm: HS256",
                "The only one that the key checks tokens of. Needed by `secret`."
            ),
            .optional("id", "text", default: "any", example: "id: key-2026", "The `kid` of tokens that it checks."),
        ]
    )

    static let aclClaims = [
        SchemaKey.optional(
            "scopes",
            "list of texts",
            example: "scopes: [ orders:write ]",
            "Only who comes with a token of `jwt` whose `scope` or `scp` has all of these."
        ),
        .optional(
            "claims",
            "map of texts, or of lists of them",
            example: "claims: { role: [ admin, owner ] }",
            "Only who comes with a token whose claims have one of their values each."
        ),
    ]

    /// Where a request carries its token.
    static let tokenPlaces: [SchemaKey] = [
        .optional(
            "header",
            "header name",
            default: "Authorization",
            example: "header: X-Token",
            tokenPlace("field")
        ),
        .optional("query", "name", example: "query: access_token", tokenPlace("query parameter")),
        .optional("cookie", "name", example: "cookie: session", tokenPlace("cookie")),
    ]

    private static func tokenPlace(_ what: String) -> String {
        "The \(what) that carries the token, and no other place."
    }
}

extension SpecSchema {
    static let tokenCredential = SchemaMap(
        "A token's subject",
        "`jwt`",
        path: "consumers.NAME.credentials[].jwt",
        "For `jwt` with `consumer`: a text alone is the claim's value in a token of any issuer that a route believes.",
        [
            .required("value", "text", example: "value: billing-service", "What the claim says."),
            .optional(
                "issuer",
                "text",
                default: "any",
                example: "issuer: https://login.example.com/",
                "Only in tokens of this one, for where two issuers may call different people the same."
            ),
        ]
    )
}
