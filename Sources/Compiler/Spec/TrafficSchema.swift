internal import GatewayIR

/// Plugins that steer traffic.
extension PluginSchema {
    static let fault = SchemaMap(
        "fault",
        "`fault`",
        path: "fault",
        "Rehearses slow and failing requests. At least one of `delay` and `abort`.",
        [
            .optional("delay", "duration up to 1m", example: "delay: 300ms", "How long requests are held up."),
            .optional(
                "delay-share",
                "share",
                default: "100%",
                example: "delay-share: 10%",
                "How many of them."
            ),
            .optional(
                "abort",
                "status code from 400 to 599",
                example: "abort: 503",
                "What requests are answered with, after the delay if there is one."
            ),
            .optional(
                "abort-share",
                "share",
                default: "100%",
                example: "abort-share: 1%",
                "How many of them, whether they were delayed or not."
            ),
            .optional(
                "header",
                "header name",
                default: "none",
                example: "header: X-Rehearsal",
                "Only requests with this field."
            ),
            .optional("from", "instant", default: "always", example: "from: 2026-12-01T10:00:00Z", "When it begins."),
            .optional("until", "instant", default: "never", example: "until: 2026-12-01T11:00:00Z", "When it ends."),
        ]
    )

    static let canary = SchemaMap(
        "canary",
        "`canary`",
        path: "canary",
        "Sends shares of the requests to other upstreams: to one `upstream` its `share`, or to several their `shares`; "
            + "or either by `steps`.",
        [
            .optional(
                "upstream",
                "name of an upstream",
                example: "upstream: orders-next",
                "Where they go, with the same path and fields."
            ),
            .optional("share", "share", example: "share: 5%", "How many requests; `0%` is none."),
            .optional(
                "shares",
                "map of upstreams to shares",
                example: "shares: { orders-next: 5%, orders-lab: 1% }",
                "How many requests each of several upstreams gets, with the same path and fields; at most 6. What is "
                    + "left of 100% goes to the upstream of the route."
            ),
            .optional(
                "steps",
                "list of steps",
                example: "steps: [ { from: 2026-12-01, share: 1% }, { from: 2026-12-08, share: 100% } ]",
                "How many requests, from when on. Before the first one none; at most 64."
            ),
            .optional(
                "by",
                "as in `rate-limit`, but `random` instead of `all`",
                default: "consumer where the route authenticates, else address",
                example: "by: random",
                "What the choice sticks to: who is chosen once stays it while the share grows. A request without it is "
                    + "sent at random."
            ),
        ]
    )

    static let canaryStep = SchemaMap(
        "A step of a canary",
        "a step",
        path: "canary.steps[]",
        "From an instant on, so many requests.",
        [
            .required("from", "instant", example: "from: 2026-12-01", "Its begin."),
            .optional(
                "share",
                "share",
                example: "share: 5%",
                "How many requests `upstream` gets; `0%` is none. **Required** with it."
            ),
            .optional(
                "shares",
                "map of upstreams to shares",
                example: "shares: { orders-next: 5%, orders-lab: 1% }",
                "How many requests each of several upstreams gets, those that are not named none. **Required** without "
                    + "`upstream`."
            ),
        ]
    )

    static let mirror = SchemaMap(
        "mirror",
        "`mirror`",
        path: "mirror",
        "Sends a copy of requests to another upstream, whose answers nobody gets.",
        [
            .required("upstream", "name of an upstream", example: "upstream: orders-next", "Where the copies go."),
            .optional(
                "share",
                "share",
                default: "100%",
                example: "share: 10%",
                "How many requests, by chance."
            ),
        ]
    )
}
