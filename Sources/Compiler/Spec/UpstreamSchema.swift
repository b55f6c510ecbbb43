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
                "The servers, as `http://host:port` or `https://host:port`, or `unix:/PATH` for a Unix socket. With "
                    + "`http+srv://name` or `https+srv://name` SRV records tell their hosts and ports."
            ),
            .optional(
                "balance",
                "`round-robin`, `least-connections`, `random-two` or `consistent-hash`",
                default: "round-robin",
                example: "balance: least-connections",
                "How each worker spreads its requests; weights are respected."
            ),
            .optional(
                "hash",
                "map",
                default: "the client's address",
                example: "hash: { by: header, name: X-User }",
                "What `consistent-hash` hashes."
            ),
            .optional(
                "health",
                "map",
                example: "health: { active: { path: /healthz }, passive: { failures: 3 } }",
                "Which targets are used. Without it, all are, and failures cost an attempt each."
            ),
            .optional(
                "timeouts",
                "map",
                example: "timeouts: { connect: 1s, response: 30s }",
                "How long a server may take."
            ),
            .optional(
                "retries",
                "number or map",
                default: "1",
                example: "retries: 1",
                "Further attempts, each on another target; idempotent requests only. At most 10."
            ),
            .optional(
                "connections",
                "map",
                example: "connections: { max: 1024, queue: 100 }",
                "Connections to each target, per worker."
            ),
            .optional(
                "resolve",
                "duration",
                default: "30s",
                example: "resolve: 10s",
                "How often the addresses of targets with names are asked for."
            ),
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
            .optional(
                "priority",
                "number from 0 to 9",
                default: "0",
                example: "priority: 1",
                "Targets with higher numbers are used when those with lower ones are out; see `health.panic`."
            ),
            .optional(
                "zone",
                "name",
                example: "zone: eu-west-1a",
                "Where it is. Nodes of the same zone prefer it."
            ),
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
            .optional(
                "queue",
                "number",
                default: "0",
                example: "queue: 100",
                "Requests to the upstream that may wait while all its targets are busy. Without it they are refused at once."
            ),
            .optional(
                "wait",
                "duration",
                default: "1s",
                example: "wait: 500ms",
                "How long they wait before they are refused."
            ),
        ]
    )
}
