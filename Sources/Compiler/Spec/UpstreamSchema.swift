extension SpecSchema {
    static let upstream = SchemaMap(
        "An upstream",
        "an upstream",
        path: "upstreams.NAME",
        "Servers that answer the same requests.",
        [
            .required(
                "targets",
                "list of URLs or targets",
                example: "targets: [ \"http://orders-a:8080\" ]",
                "The servers, as `http://host:port` or `https://host:port`, or `unix:/PATH` for a Unix socket."
            ),
            .optional(
                "balance",
                "`round-robin`",
                default: "round-robin",
                example: "balance: round-robin",
                "How requests are spread; weights are respected."
            ),
            .optional(
                "timeouts",
                "map",
                example: "timeouts: { connect: 1s, response: 30s }",
                "How long a server may take."
            ),
            .optional(
                "retries",
                "number",
                default: "1",
                example: "retries: 1",
                "Further attempts, each on another target; idempotent requests only. At most 10."
            ),
            .optional(
                "connections",
                "map",
                example: "connections: { max: 1024, idle: 64 }",
                "Connections to each target, per worker."
            ),
            .later("health", "leave it out; `retries` tries another target meanwhile"),
            .optional(
                "tls",
                "map",
                example: "tls: { ca: certs/internal.pem }",
                "How `https://` targets are spoken to."
            ),
            .optional(
                "http2",
                "boolean",
                default: "false",
                example: "http2: true",
                "The servers speak HTTP/2, as gRPC needs it: over TLS, or in the clear by prior knowledge (`h2c`)."
            ),
        ]
    )

    static let target = SchemaMap(
        "A target",
        "a target",
        path: "upstreams.NAME.targets[]",
        "The long form of a server.",
        [
            .required(
                "url",
                "URL",
                example: "url: http://orders-b:8080",
                "`http://` or `https://host:port`, without a path."
            ),
            .optional("weight", "number from 1 to 100", default: "1", example: "weight: 2", "Its share of requests."),
        ]
    )

    static let upstreamTimeouts = SchemaMap(
        "upstreams.NAME.timeouts",
        "`timeouts`",
        path: "upstreams.NAME.timeouts",
        "Towards the upstream's servers.",
        [
            .optional("connect", "duration", default: "1s", example: "connect: 1s", "To connect."),
            .optional(
                "response",
                "duration",
                default: "30s",
                example: "response: 30s",
                "From the request's end to the answer's head, and between two pieces of its body."
            ),
            .optional(
                "idle",
                "duration",
                default: "60s",
                example: "idle: 60s",
                "An unused connection is kept so long."
            ),
            .optional(
                "tunnel",
                "duration",
                default: "5m",
                example: "tunnel: 1h",
                "Between two pieces, either way, once a request has changed the protocol: WebSocket and other upgrades."
            ),
        ]
    )

    static let connections = SchemaMap(
        "upstreams.NAME.connections",
        "`connections`",
        path: "upstreams.NAME.connections",
        "Per target and worker.",
        [
            .optional("max", "number", default: "1024", example: "max: 1024", "Open connections."),
            .optional("idle", "number", default: "512", example: "idle: 64", "Connections kept for the next request."),
        ]
    )
}
