extension DiagnosticCode {
    /// E11xx: how requests are spread over targets, and which targets are used.
    static let balancingCodes: [DiagnosticCode] = [
        .tooManyTargets, .idleBalancing, .hashName, .hashWithoutCapture, .hashWithoutConsumer, .contradictoryTimes,
        .nothingElseToAsk, .zoneWithoutNode, .noOtherTarget,
    ]

    static let tooManyTargets = DiagnosticCode(
        "E1101",
        "an upstream has too many targets",
        explanation: """
            An upstream has at most 1024 targets: every worker keeps connections, counts and health for each of them.
            So many servers are better reached through a few balancers, or through DNS names with many addresses.
            """,
        example: """
            upstreams:
              orders: { targets: [ "http://orders-1:8080", "http://orders-2:8080" ] }     # and 1023 more
            """
    )

    static let idleBalancing = DiagnosticCode(
        "E1102",
        "a setting of an upstream needs another one",
        explanation: """
            `hash` says what `balance: consistent-hash` hashes, `burst` belongs to a retry `budget`, `wait` to a
            `queue`, and `health` is `active`, `passive` or both. Alone they would do nothing, which is hardly what
            was meant.
            """,
        example: """
            upstreams:
              orders:
                targets: [ "http://orders-a:8080", "http://orders-b:8080" ]
                hash: { by: header, name: X-User }          # balance: consistent-hash is missing
            """
    )

    static let hashName = DiagnosticCode(
        "E1103",
        "a hash has no name, or one too many",
        explanation: """
            A header field, a cookie and a capture are hashed by their name. A request has one address and one
            consumer, so that there is nothing to name.
            """,
        example: """
            upstreams:
              orders:
                targets: [ "http://orders-a:8080", "http://orders-b:8080" ]
                balance: consistent-hash
                hash: { by: header }
            """
    )

    static let hashWithoutCapture = DiagnosticCode(
        "E1104",
        "a route lacks the capture that its upstream hashes",
        explanation: """
            An upstream that hashes a capture needs it in the path of every route that leads to it. Requests of a
            route without it would be spread in turn, and meet servers that know nothing of them.
            """,
        example: """
            upstreams:
              orders:
                targets: [ "http://orders-a:8080", "http://orders-b:8080" ]
                balance: consistent-hash
                hash: { by: capture, name: id }
            apis:
              orders: { path: /orders, upstream: orders, versions: { v1: { routes: [ GET / ] } } }
            """
    )

    static let hashWithoutConsumer = DiagnosticCode(
        "W1105",
        "an upstream hashes the consumer, and nobody is asked who they are",
        explanation: """
            Without an authentication plugin a request has no consumer. It is spread in turn, like requests to any
            other upstream.
            """,
        example: """
            upstreams:
              orders:
                targets: [ "http://orders-a:8080", "http://orders-b:8080" ]
                balance: consistent-hash
                hash: { by: consumer }
            apis:
              orders: { path: /orders, upstream: orders, versions: { v1: { routes: [ GET / ] } } }
            """
    )

    static let contradictoryTimes = DiagnosticCode(
        "E1106",
        "two times of a health check contradict each other",
        explanation: """
            A target is asked again after `interval`, so an answer cannot take longer than that. The longest ejection
            is not shorter than the first.
            """,
        example: """
            upstreams:
              orders:
                targets: [ "http://orders-a:8080", "http://orders-b:8080" ]
                health: { active: { path: /healthz, interval: 1s, timeout: 5s } }
            """
    )

    static let noOtherTarget = DiagnosticCode(
        "E1109",
        "an upstream with one target cannot hedge",
        explanation: """
            A hedged request goes to another target than the first one, since what is slow is mostly the server and not
            the request. Where there is one target alone, it would only be asked twice.
            """,
        example: """
            upstreams:
              orders: { targets: [ "http://orders:8080" ], retries: { hedge: 200ms } }
            """
    )

    static let nothingElseToAsk = DiagnosticCode(
        "W1107",
        "the only target of an upstream is judged in vain",
        explanation: """
            When all targets are out, all of them are used: nothing is gained by refusing what might work. So the
            only target of an upstream is always used. `active` still tells the metrics and `/status` how it is.
            """,
        example: """
            upstreams:
              orders: { targets: [ "http://orders:8080" ], health: { passive: { failures: 3 } } }
            """
    )

    static let zoneWithoutNode = DiagnosticCode(
        "W1108",
        "no node is in the zone of a target",
        explanation: """
            Nodes prefer the targets of their own zone. The spec names nodes, and none of them is in this one, so that
            nobody prefers the target. Often the zone is misspelt on one side.
            """,
        example: """
            upstreams:
              orders: { targets: [ { url: "http://orders-a:8080", zone: eu-west-1 } ] }
            nodes:
              eu-1: { zone: eu-west-1a }
            """
    )
}
