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
}
