extension SpecSchema {
    /// Maps below an upstream that say how requests are spread and targets are watched.
    static let balancing = [retries, hash, health, activeHealth, passiveHealth]

    static let retries = SchemaMap(
        "upstreams.NAME.retries",
        "`retries`",
        path: "upstreams.NAME.retries",
        "The long form: with a bound on what all retries together may add to the load.",
        [
            .optional("attempts", "number", default: "1", example: "attempts: 2", "Further attempts of a request."),
            .optional(
                "budget",
                "percentage up to 100 %",
                default: "none",
                example: "budget: 20%",
                "Retries against requests, per worker: beyond it failures are passed on."
            ),
            .optional(
                "burst",
                "number",
                default: "10",
                example: "burst: 10",
                "Retries beyond the budget that a quiet time allows. At most 1000."
            ),
            .optional(
                "hedge",
                "duration",
                default: "off",
                example: "hedge: 200ms",
                "After so long without an answer an idempotent request without a body goes to another target, too, and "
                    + "whichever answers first is heard. It costs a retry of the budget."
            ),
        ]
    )

    static let hash = SchemaMap(
        "upstreams.NAME.hash",
        "`hash`",
        path: "upstreams.NAME.hash",
        "What `balance: consistent-hash` hashes. Requests without it are spread in turn.",
        [
            .optional(
                "by",
                "`address`, `consumer`, `header`, `cookie` or `capture`",
                default: "address",
                example: "by: header",
                "Requests that agree in it go to the same target."
            ),
            .optional(
                "name",
                "name",
                example: "name: X-User",
                "Of the header field, the cookie or the capture of the route's path."
            ),
            .optional(
                "bound",
                "percentage from 100 % to 1000 %",
                default: "125%",
                example: "bound: 150%",
                "Requests in flight that a target may have, of its share; beyond it and four requests another one helps."
            ),
        ]
    )

    static let health = SchemaMap(
        "upstreams.NAME.health",
        "`health`",
        path: "upstreams.NAME.health",
        "Which targets are used. What is out comes back by itself, always.",
        [
            .optional(
                "active",
                "map",
                example: "active: { path: /healthz, interval: 5s }",
                "Targets are asked."
            ),
            .optional(
                "passive",
                "map",
                example: "passive: { failures: 3, ejection: 10s }",
                "Targets are judged by the requests that they serve."
            ),
            .optional(
                "panic",
                "percentage up to 100 %",
                default: "50%",
                example: "panic: 50%",
                "While fewer of the targets of one priority are in, the next priority is used; behind the last, all are."
            ),
            .optional(
                "slow-start",
                "duration",
                default: "0s",
                example: "slow-start: 30s",
                "A target that comes back gets a tenth of its share at first, and all of it after this time."
            ),
        ]
    )

    static let activeHealth = SchemaMap(
        "upstreams.NAME.health.active",
        "`active`",
        path: "upstreams.NAME.health.active",
        "A `GET` to each target from every gateway. While a target is out, the pauses grow up to four times.",
        [
            .required("path", "path", example: "path: /healthz", "What is asked for."),
            .optional(
                "host",
                "host",
                default: "the target's own",
                example: "host: orders.internal",
                "What `Host` says."
            ),
            .optional("interval", "duration", default: "5s", example: "interval: 5s", "Between two questions."),
            .optional(
                "timeout",
                "duration",
                default: "1s",
                example: "timeout: 1s",
                "For an answer, connecting included; not longer than `interval`."
            ),
            .optional(
                "healthy",
                "number",
                default: "2",
                example: "healthy: 2",
                "Good answers in a row until it is in."
            ),
            .optional("unhealthy", "number", default: "3", example: "unhealthy: 3", "Bad ones until it is out."),
            .optional(
                "statuses",
                "list of statuses, `5xx` or `200-299`",
                default: "200-399",
                example: "statuses: [ 2xx, 304 ]",
                "Good answers."
            ),
        ]
    )

    static let passiveHealth = SchemaMap(
        "upstreams.NAME.health.passive",
        "`passive`",
        path: "upstreams.NAME.health.passive",
        "A target that cannot be reached, breaks off, answers too late or fails is left out for a while.",
        [
            .optional(
                "failures",
                "number",
                default: "3",
                example: "failures: 3",
                "In a row, in one worker, until the target is out for all of them."
            ),
            .optional("ejection", "duration", default: "10s", example: "ejection: 10s", "How long it is out."),
            .optional(
                "ejection-max",
                "duration",
                default: "5m",
                example: "ejection-max: 5m",
                "A target that fails again soon is out for twice as long, up to this."
            ),
            .optional(
                "statuses",
                "list of statuses from 400 on, `5xx` or `502-504`",
                default: "502-504",
                example: "statuses: [ 500, 502-504 ]",
                "Answers that are failures, too."
            ),
        ]
    )
}
