extension DiagnosticCode {
    /// E075x: plugins that steer traffic.
    static let trafficCodes: [DiagnosticCode] = [
        .faultWithoutEnd, .faultOfAll, .sameUpstream, .cacheBesideCanary,
    ]

    static let faultWithoutEnd = DiagnosticCode(
        "W0750",
        "a fault hits everybody and never ends",
        explanation: """
            `fault` makes requests slow or fail on purpose. A rehearsal has an end: with `until` it is over by itself,
            whatever becomes of those who began it. With `header` it hits only those who ask for it.
            """,
        example: """
            fault: { abort: 503, abort-share: 10% }
            """
    )

    static let faultOfAll = DiagnosticCode(
        "W0751",
        "a fault hits all APIs of the gateway",
        explanation: """
            At the top level of a spec `fault` holds for every route of every API, and for all callers. Set it on the
            API, version or route that is rehearsed, or let `header` say who takes part.
            """,
        example: """
            plugins: [ fault: { delay: 2s, until: 2026-12-01T11:00:00Z } ]
            """
    )

    static let sameUpstream = DiagnosticCode(
        "E0752",
        "a canary or mirror leads where all requests go",
        explanation: """
            `canary` sends a share of the requests to another upstream than that of the route, `mirror` a copy of them. Here
            both are the same, so that nothing would come of it, or everything would be done twice. Name the other
            upstream, or delete the plugin once the rollout is over.
            """,
        example: """
            orders: { upstream: orders, plugins: [ canary: { upstream: orders, share: 5% } ] }
            """
    )

    static let cacheBesideCanary = DiagnosticCode(
        "E0753",
        "a route has both a cache and a canary",
        explanation: """
            A stored answer does not tell which of the two upstreams made it, and would be given to those who are sent to
            the other one: the share would be that of whoever came first. Turn the cache off while the rollout lasts.
            """,
        example: """
            plugins: [ response-cache, canary: { upstream: orders-next, share: 5% } ]
            """
    )
}
