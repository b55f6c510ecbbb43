internal import GatewayIR

/// Plugins that ask other servers.
extension PluginSchema {
    static let forwardAuth = SchemaMap(
        "forward-auth",
        "`forward-auth`",
        path: "forward-auth",
        "Another server decides whether a request passes: 2xx lets it, any other answer below 500 goes to the client.",
        [
            .required(
                "upstream",
                "name of an upstream",
                example: "upstream: gatekeeper",
                "Who is asked. Its balancing, health, TLS, timeouts, retries and connections hold."
            ),
            .optional(
                "path",
                "path",
                default: "/",
                example: "path: /verify",
                "What it is asked for, with a query perhaps; the method is GET."
            ),
            .optional(
                "timeout",
                "duration",
                default: "5s",
                example: "timeout: 500ms",
                "From the question to the whole answer, further attempts included."
            ),
            .optional(
                "request-headers",
                "list of header names",
                default: ForwardAuthSettings.defaultRequestHeaders.joined(separator: ", "),
                example: "request-headers: [ Authorization, X-Tenant ]",
                "Fields of the request that it gets to see, beside `X-Forwarded-*` and what the gateway knows of the caller."
            ),
            .optional(
                "upstream-headers",
                "list of header names",
                default: "none",
                example: "upstream-headers: [ X-User ]",
                "Fields of its answer that the upstream gets. The client's own fields of these names are dropped."
            ),
            .optional(
                "client-headers",
                "list of header names",
                default: "none",
                example: "client-headers: [ Set-Cookie ]",
                "Fields of a 2xx answer that the client gets beside those of the upstream's answer."
            ),
            .optional(
                "on-failure",
                "`deny` or `allow`",
                default: "deny",
                example: "on-failure: deny",
                "What becomes of requests while it does not answer, or answers 5xx: 503, or they pass."
            ),
            .optional(
                "forward-credential",
                "boolean",
                default: "false",
                example: "forward-credential: true",
                "Whether the upstream gets the `Authorization` that was judged."
            ),
        ]
    )

    static let oauth2Introspection = SchemaMap(
        "oauth2-introspection",
        "`oauth2-introspection`",
        path: "oauth2-introspection",
        "An authorization server says what a token is worth (RFC 7662); without a good one 401. What it said is kept for a "
            + "while.",
        [
            .required(
                "upstream",
                "name of an upstream",
                example: "upstream: issuer",
                "The server. Its balancing, health, TLS, timeouts, retries and connections hold."
            ),
            .required(
                "path",
                "path",
                example: "path: /oauth2/introspect",
                "Its introspection endpoint, asked by POST."
            ),
            .required(
                "client-id",
                "text",
                example: "client-id: gateway",
                "As whom the gateway asks, by HTTP Basic (RFC 6749 section 2.3.1)."
            ),
            .required(
                "client-secret",
                "`${env:NAME}` or `${file:PATH}`",
                example: "client-secret: \"${env:CLIENT_SECRET}\"",
                "The secret to it; never written out."
            ),
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
                "What `iss` must be, to the byte."
            ),
            .optional(
                "timeout",
                "duration",
                default: "5s",
                example: "timeout: 500ms",
                "From the question to the whole answer, further attempts included."
            ),
            .optional(
                "cache",
                "duration",
                default: "1m",
                example: "cache: 30s",
                "How long a good token is believed without asking again, never beyond its end; `0s` always asks."
            ),
            .optional(
                "cache-refused",
                "duration",
                default: "5s",
                example: "cache-refused: 5s",
                "How long one that is not is refused without asking again."
            ),
        ] + tokenPlaces + [
            .optional(
                "require",
                "map of texts, or of lists of them",
                default: "nothing",
                example: "require: { token_type: Bearer }",
                "Each member of the answer must have one of its values; else 401. As in `jwt`."
            ),
            .optional(
                "headers",
                "map of claims",
                default: "none",
                example: "headers: { X-Subject: sub }",
                "What the upstream gets to know: field, then member of the answer. The client's own fields of these names "
                    + "are dropped."
            ),
            .optional(
                "consumer",
                "claim",
                default: "no consumer",
                example: "consumer: client_id",
                "The member that names the consumer, by a credential `jwt` of it; a token of nobody is 401."
            ),
            .optional(
                "skew",
                "duration up to 1h",
                default: "30s",
                example: "skew: 10s",
                "How far the server's clock may be off."
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
}
