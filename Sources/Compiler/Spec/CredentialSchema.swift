/// What consumers are known by.
extension SpecSchema {
    static let credential = SchemaMap(
        "A credential",
        "a credential",
        path: "consumers.NAME.credentials[]",
        "What the consumer is known by: exactly one of `key`, `basic`, `hmac`, `certificate` and `jwt`. To rotate one, add "
            + "its successor and let the old one expire.",
        [
            .optional(
                "key",
                "secret",
                example: "key: \"${env:ACME_KEY}\"",
                "An API key: `${env:NAME}` or `${file:PATH}`, read by the gateway at load. A key written out is a warning; "
                    + "only its digest is stored."
            ),
            .optional(
                "basic",
                "map",
                example: "basic: { username: acme, password: \"${env:ACME_PASSWORD}\" }",
                "User name and password."
            ),
            .optional(
                "hmac",
                "map",
                example: "hmac: { key-id: acme, secret: \"${env:ACME_SECRET}\" }",
                "A secret that signs requests, and its name."
            ),
            .optional(
                "certificate",
                "map",
                example: "certificate: { name: \"DNS:client.acme.example\" }",
                "A client's certificate."
            ),
            .optional("jwt", "text or map", example: "jwt: billing-service", "What a token's claim says."),
            .optional(
                "id",
                "name",
                default: "the consumer's name, `-` and a number",
                example: "id: acme-2026",
                "What `X-Credential-Id` tells the upstream."
            ),
            .optional("not-before", "instant", example: "not-before: 2026-01-01", "From here on it holds."),
            .optional("expires", "instant", example: "expires: 2027-01-01", "From here on it holds no more."),
        ]
    )

    static let basicCredential = SchemaMap(
        "A user name and a password",
        "`basic`",
        path: "consumers.NAME.credentials[].basic",
        "For `basic-auth`.",
        [
            .required("username", "name", example: "username: acme", "As clients send it, without a colon."),
            .required(
                "password",
                "secret",
                example: "password: \"${env:ACME_PASSWORD}\"",
                "`${env:NAME}` or `${file:PATH}`: a password is never written out, and never in a table."
            ),
        ]
    )

    static let signatureCredential = SchemaMap(
        "A secret that signs",
        "`hmac`",
        path: "consumers.NAME.credentials[].hmac",
        "For `hmac-auth`. Its algorithm is HMAC-SHA-256, whatever a request says.",
        [
            .required(
                "key-id",
                "text",
                example: "key-id: acme",
                "As requests name it: `keyid` of a message signature, `username` in Kong's scheme. No secret, and of one "
                    + "credential only."
            ),
            .required(
                "secret",
                "secret",
                example: "secret: \"${env:ACME_SECRET}\"",
                "`${env:NAME}` or `${file:PATH}`, 16 bytes at least: never written out, and never in a table."
            ),
        ]
    )

    static let certificateCredential = SchemaMap(
        "A certificate",
        "`certificate`",
        path: "consumers.NAME.credentials[].certificate",
        "For `mtls-auth`: exactly one of these. Which authorities are believed says `listen.https.client-certificates`.",
        [
            .optional(
                "fingerprint",
                "SHA-256 in hexadecimal digits",
                example: "fingerprint: \"sha256:…\"",
                "That of the certificate itself, with or without colons."
            ),
            .optional(
                "name",
                "`DNS:`, `URI:` or `email:` and a name",
                example: "name: \"URI:spiffe://example.com/billing\"",
                "One of its alternative names."
            ),
            .optional(
                "subject",
                "text",
                example: "subject: \"CN=billing,O=Acme\"",
                "Its subject, as RFC 4514 writes it."
            ),
        ]
    )
}
