internal import GatewayIR

/// The plugin that finds out who calls by a signature.
extension PluginSchema {
    static let hmacAuth = SchemaMap(
        "hmac-auth",
        "`hmac-auth`",
        path: "hmac-auth",
        "A signature over the request names the consumer (RFC 9421, HMAC-SHA-256); without a good one 401.",
        [
            .optional(
                "scheme",
                "`message-signatures`, `kong`, or a list of both",
                default: "message-signatures",
                example: "scheme: message-signatures",
                "How requests are signed: `Signature-Input` and `Signature`, or Kong's `Authorization: hmac …`."
            ),
            .optional(
                "components",
                "list of components",
                default: SignatureSettings.defaultComponents.map { "`\($0.name)`" }.joined(separator: ", "),
                example: "components: [ \"@method\", \"@target-uri\", content-digest ]",
                "What a signature must cover at least: `@method`, `@authority`, `@scheme`, `@path`, `@query`, "
                    + "`@target-uri`, `@request-target` and header fields. `content-digest` is wanted of requests with a "
                    + "body only."
            ),
            .optional(
                "label",
                "name",
                default: "the only one",
                example: "label: sig1",
                "Which of several message signatures counts; the others are not looked at."
            ),
            .optional(
                "lifetime",
                "duration up to 24h",
                default: "5m",
                example: "lifetime: 1m",
                "How old a signature may be, by `created` or `Date`, which must be there."
            ),
            .optional(
                "skew",
                "duration up to 1h",
                default: "30s",
                example: "skew: 10s",
                "How far the clocks of clients may be ahead, and how long `expires` is forgiven."
            ),
            .optional(
                "forward-credential",
                "boolean",
                default: "false",
                example: "forward-credential: true",
                "Whether the upstream gets to see the signature."
            ),
            .optional(
                "check-body",
                "boolean",
                default: "true",
                example: "check-body: false",
                "Whether a body is compared with its `content-digest`, where that is among the components; then it has "
                    + "at most 64 KiB."
            ),
        ]
    )
}
