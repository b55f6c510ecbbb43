extension SpecSchema {
    static let listenLimits = SchemaMap(
        "listen.limits",
        "`limits`",
        path: "listen.limits",
        "A request beyond a bound is refused.",
        [
            .optional(
                "head",
                "size",
                default: "16KiB",
                example: "head: 16KiB",
                "Request line and header fields together."
            ),
            .optional("headers", "number", default: "100", example: "headers: 100", "Header fields of one request."),
            .optional(
                "body",
                "size",
                default: "no bound",
                example: "body: 10MiB",
                "Body of every request; `request-size-limit` bounds single routes."
            ),
            .optional(
                "connections",
                "number",
                default: "16384",
                example: "connections: 16384",
                "Open client connections of the gateway; one more is answered 503 and closed."
            ),
            .optional(
                "connections-per-address",
                "number",
                default: "no bound",
                example: "connections-per-address: 100",
                "Of these, those of one address: IPv4 as it is, IPv6 by its /64. Trusted proxies and Unix sockets are exempt."
            ),
            .optional(
                "requests",
                "number",
                default: "no bound",
                example: "requests: 2000",
                "Requests in flight of the gateway; one beyond is answered 503 with `Retry-After` at once."
            ),
            .optional(
                "lag",
                "duration",
                default: "no bound",
                example: "lag: 20ms",
                "How long what a client sends may wait for its turn; who has waited for longer is answered 503."
            ),
        ]
    )

    static let listenTimeouts = SchemaMap(
        "listen.timeouts",
        "`timeouts`",
        path: "listen.timeouts",
        "A client that takes longer is cut off.",
        [
            .optional(
                "head",
                "duration",
                default: "10s",
                example: "head: 10s",
                "From a request head's first byte to its last."
            ),
            .optional(
                "body",
                "duration",
                default: "30s",
                example: "body: 30s",
                "Between two pieces of a request body."
            ),
            .optional(
                "request",
                "duration",
                default: "1h",
                example: "request: 1h",
                "From the end of a request's head to the last byte of its body, however steadily that drips."
            ),
            .optional(
                "idle",
                "duration",
                default: "60s",
                example: "idle: 60s",
                "Between two requests on one connection."
            ),
            .optional(
                "write",
                "duration",
                default: "30s",
                example: "write: 30s",
                "Between two pieces that the client takes."
            ),
        ]
    )
}
