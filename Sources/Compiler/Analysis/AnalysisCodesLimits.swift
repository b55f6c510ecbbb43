extension DiagnosticCode {
    /// E076x: the arithmetic of limits.
    static let limitCodes: [DiagnosticCode] = [
        .countedByEachNode, .windowNeverFull, .costOfNothing, .costBeyondLimit, .togetherNowhere, .redisForNothing,
        .literalRedisPassword,
    ]

    static let countedByEachNode = DiagnosticCode(
        "W0760",
        "a rate limit is counted by each of several nodes",
        explanation: """
            Each gateway counts requests by itself. Who reaches all of them, as through a load balancer, may call as often as
            all limits together allow: 100/minute on 6 nodes is 600/minute. Let them count together, `nodes: together`;
            or divide the limit by the number of nodes; or say that it is meant for each of them: `nodes: each`.
            """,
        example: """
            plugins: [ rate-limit: { limit: 100/minute, by: address } ]
            nodes: { eu-1: {}, eu-2: {} }
            """
    )

    static let windowNeverFull = DiagnosticCode(
        "W0761",
        "a window of a limit is never full",
        explanation: """
            Of several windows each must have room. Where another one already allows no more than this one does, this one
            never refuses anything: 10/second are at most 600 in a minute, so that 1000/minute are never reached, and
            100/minute are never more than 200/second.
            """,
        example: """
            rate-limit: { limits: [ 10/second, 1000/minute ] }
            """
    )

    static let costOfNothing = DiagnosticCode(
        "W0762",
        "a route has a cost, and nothing is counted",
        explanation:
            "`cost` says how much of a rate limit a request takes, and no `rate-limit` is in force on this route.",
        example: """
            routes: [ { match: GET /report, cost: 5 } ]
            """
    )

    static let costBeyondLimit = DiagnosticCode(
        "E0763",
        "a request takes more than its limit allows",
        explanation: """
            A request passes where every window has room for its whole `cost`. One that takes more than a window ever has is
            always refused.
            """,
        example: """
            plugins: [ rate-limit: { limit: 3/second, by: address } ]
            routes: [ { match: GET /report, cost: 5 } ]
            """
    )

    static let togetherNowhere = DiagnosticCode(
        "E0764",
        "nodes are to count together, and there is no place for it",
        explanation: """
            With `nodes: together` the nodes of a gateway tell each other through a Redis server what they have counted. The
            spec that is built says where it is: `redis`. A member that is also built alone has one of its own.
            """,
        example: """
            plugins: [ rate-limit: { limit: 100/minute, by: address, nodes: together } ]
            """
    )

    static let redisForNothing = DiagnosticCode(
        "W0765",
        "there is a Redis server, and nothing is counted in it",
        explanation: "`redis` is for rate limits with `nodes: together`, and this gateway has none.",
        example: """
            redis: { url: "redis://redis:6379" }
            plugins: [ rate-limit: { limit: 100/minute, by: address } ]
            """
    )

    static let literalRedisPassword = DiagnosticCode(
        "E0766",
        "the password of the Redis server is written out in the spec",
        explanation: """
            The gateway needs it readable: it can be in no table. Write `${env:NAME}` or `${file:PATH}`; a password that
            stood in a spec is none any more.
            """,
        example: """
            redis: { url: "redis://redis:6379", password: letmein }
            """
    )
}
