internal import GatewayIR

/// Plugins that bound how often and how many at once.
extension PluginSchema {
    static let rateLimit = SchemaMap(
        "rate-limit",
        "`rate-limit`",
        path: "rate-limit",
        "Bounds how often; beyond it 429.",
        [
            .optional("limit", "rate", example: "limit: 100/minute", "One window."),
            .optional(
                "limits",
                "list of rates",
                example: "limits: [ 10/second, 1000/hour ]",
                "Several windows; each must have room."
            ),
            .optional(
                "tiers",
                "map of rates by group",
                default: "none",
                example: "tiers: { gold: 1000/minute }",
                "Rates of their own for groups of consumers; a rate or a list."
            ),
            .optional(
                "by",
                "`consumer`, `address`, `path`, `all`, `{ header: NAME }` or `{ claim: NAME }`",
                default: "consumer where the route authenticates, else address",
                example: "by: consumer",
                "What is counted by."
            ),
            .optional(
                "nodes",
                "`each` or `together`",
                default: "each, with a warning where several nodes serve a route",
                example: "nodes: together",
                "Whether each node counts by itself, so that the limit holds as often as there are nodes; or all together, "
                    + "through the `redis` of the top level."
            ),
        ]
    )

    static let concurrencyLimit = SchemaMap(
        "concurrency-limit",
        "`concurrency-limit`",
        path: "concurrency-limit",
        "Bounds how many requests are in flight at once; beyond it 429, or 503 where callers share a count.",
        [
            .required("limit", "number from 1", example: "limit: 20", "So many at once."),
            .optional(
                "by",
                "as in `rate-limit`",
                default: "consumer where the route authenticates, else address",
                example: "by: all",
                "What is counted by; `all` is one count for all."
            ),
        ]
    )

    static let rateLimitKey = SchemaMap(
        "rate-limit.by",
        "`by`",
        path: "rate-limit.by",
        "Counting by a header field or a claim; exactly one.",
        [
            .optional(
                "header",
                "header name",
                example: "header: X-Team",
                "The field; requests without it share one count."
            ),
            .optional(
                "claim",
                "claim",
                example: "claim: tenant",
                "What the token says, of `jwt` or `oauth2-introspection`; those without it share one count."
            ),
        ]
    )
}
