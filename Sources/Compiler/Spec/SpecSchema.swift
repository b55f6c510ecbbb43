/// Every map of the spec language with its keys. A plugin's settings are in `PluginSchema`.
enum SpecSchema {
    /// All maps in the order in which docs/spec.md shows them.
    static let all: [SchemaMap] =
        [
            document, listen, https, certificate, clientCertificates, listenLimits, listenTimeouts, drain, accessLog,
            upstream, target, upstreamTimeouts, upstreamTLS, connections, consumer, credential, basicCredential,
            tokenCredential, signatureCredential,
            certificateCredential, governance, api, versioning, version, brownout, route, kongRoute, node, nodeKong,
            nodePorts, nodeListen, nodeResources, nodeReplicas, bundles, staleness, redis, revocations, revocation,
            member,
            ownership, names,
        ] + balancing + PluginSchema.all

    static let document = SchemaMap(
        "The document",
        "a spec",
        path: "(top level)",
        "A file is a map with these keys. Keys that begin with `x-` are passed over: a place for anchors.",
        [
            .required("apic", "`1`", example: "apic: 1", "The version of the spec language."),
            .required(
                "gateway",
                "name",
                example: "gateway: storefront",
                "The gateway's name. Stored credentials are salted with it."
            ),
            .optional(
                "listen",
                "map",
                example: "listen: { http: 8000 }",
                "Where the gateway listens, and what it accepts."
            ),
            .optional(
                "drain",
                "map",
                example: "drain: { delay: 5s, timeout: 30s }",
                "How the gateway stops on SIGTERM."
            ),
            .optional(
                "access-log",
                "`off`, `stdout`, a path or a map",
                default: "stdout, every request, all fields",
                example: "access-log: { path: /var/log/apic.log, sample: 10% }",
                "What is logged of each request."
            ),
            .optional(
                "upstreams",
                "map of upstreams",
                example: "upstreams: { orders: { targets: [ \"http://orders:8080\" ] } }",
                "Named sets of servers that requests are forwarded to."
            ),
            .optional(
                "consumers",
                "map of consumers",
                example: "consumers: { acme: { groups: [partners] } }",
                "Who calls, in which groups, with which keys."
            ),
            .optional(
                "policies",
                "map of lists of plugins",
                example: "policies: { partner: [ key-auth ] }",
                "Lists of plugins under a name, for `policy`."
            ),
            .optional(
                "plugins",
                "list of plugins",
                default: "none",
                example: "plugins: [ request-id ]",
                "Plugins of every route."
            ),
            .optional(
                "governance",
                "map",
                default: "nothing is required",
                example: "governance: { notice: 180d }",
                "Rules that every API must keep."
            ),
            .optional(
                "apis",
                "map of APIs",
                default: "**required** where there are no `members`",
                example: "apis: { orders: { path: /orders, versions: { … } } }",
                "What is offered."
            ),
            .optional(
                "nodes",
                "map of nodes",
                example: "nodes: { eu-1: { ports: { http: 8000 } } }",
                "The machines or containers that run the gateway; each gets a service and an env file."
            ),
            .optional(
                "bundles",
                "map",
                default: "bundles are mounted, or copied",
                example: "bundles: { url: https://bundles.example.com/storefront/, trust: keys/release.pub }",
                "Where nodes [pull](pulling.md) their bundles from."
            ),
            .optional(
                "redis",
                "map",
                default: "every node counts by itself",
                example: "redis: { url: \"redis://redis:6379\" }",
                "Where nodes count together what [rate limits](plugins/rate-limit.md#counting-together) of `nodes: together` count."
            ),
            .optional(
                "members",
                "list of members",
                default: "none",
                example: "members: [ { spec: teams/orders/api.yaml, owns: { paths: [ /orders/** ] } } ]",
                "Specs of other teams that are linked into this gateway; see [federation.md](federation.md)."
            ),
            .optional(
                "export",
                "map of lists of names",
                default: "nothing",
                example: "export: { policies: [ partner ] }",
                "Names that the other specs of a link may use. All others are private to their spec."
            ),
            .optional(
                "weak",
                "map of lists of names",
                default: "nothing",
                example: "weak: { policies: [ standard ] }",
                "Names that are exported as defaults: another spec's definition takes their place there."
            ),
            .optional(
                "revoked",
                "list of fingerprints, or a map",
                default: "none",
                example: "revoked: [ \"sha256:9f86…\" ]",
                "Certificates of nodes that may serve no more; see [nodes.md](nodes.md)."
            ),
            .later("allow", "leave it out: `apic plan`, which asks for it, is not there yet"),
        ]
    )

    static let listen = SchemaMap(
        "listen",
        "`listen`",
        path: "listen",
        "Sockets, bounds and timeouts towards clients.",
        [
            .optional(
                "http",
                "listen address, or a list of them",
                default: "8000, or none if there is `https`",
                example: "http: 8000",
                "Plain HTTP. A bare port means all IPv4 addresses; `unix:/PATH` is a Unix socket, for owner and group."
            ),
            .optional(
                "https",
                "map",
                default: "none",
                example: "https: { port: 8443, certificate: certs/edge.crt, key: /run/secrets/edge.key }",
                "HTTP over TLS."
            ),
            .optional(
                "status",
                "listen address",
                default: "127.0.0.1:8100",
                example: "status: 127.0.0.1:8100",
                "Health, metrics and node status. A bare port means the loopback address only."
            ),
            .optional(
                "trusted-proxies",
                "list of address blocks",
                default: "none",
                example: "trusted-proxies: [ 10.0.0.0/8 ]",
                "Peers whose `Forwarded` and `X-Forwarded-*` are believed; `unix` means those on Unix sockets."
            ),
            .optional(
                "proxy-protocol",
                "boolean",
                default: "false",
                example: "proxy-protocol: true",
                "Every connection begins with a PROXY header, version 1 or 2, that says who the peer is. One without is closed."
            ),
            .optional("http2", "boolean", default: "true", example: "http2: false", "Clients may speak HTTP/2."),
            .optional("limits", "map", example: "limits: { head: 16KiB }", "Bounds on what a client may send."),
            .optional("timeouts", "map", example: "timeouts: { idle: 60s }", "How long a client may take."),
        ]
    )

    static let drain = SchemaMap(
        "drain",
        "`drain`",
        path: "drain",
        "What happens from SIGTERM to exit.",
        [
            .optional(
                "delay",
                "duration",
                default: "0s",
                example: "delay: 5s",
                "Readiness already says 503, connections are still accepted."
            ),
            .optional(
                "timeout",
                "duration",
                default: "30s",
                example: "timeout: 30s",
                "Requests in flight may end; then the gateway exits."
            ),
        ]
    )

    static let accessLog = SchemaMap(
        "access-log",
        "`access-log`",
        path: "access-log",
        "JSON lines, one per request.",
        [
            .optional(
                "path",
                "`stdout` or a path",
                default: "stdout",
                example: "path: /var/log/apic.log",
                "Where lines go."
            ),
            .optional(
                "sample",
                "percentage",
                default: "100%",
                example: "sample: 10%",
                "Which share of requests is logged."
            ),
            .optional(
                "fields",
                "list of field names",
                default: "all",
                example: "fields: [ time, method, path, status ]",
                "What a line holds; docs/operations.md lists them."
            ),
        ]
    )

    static let consumer = SchemaMap(
        "A consumer",
        "a consumer",
        path: "consumers.NAME",
        "Somebody who calls APIs.",
        [
            .optional(
                "groups",
                "list of names",
                default: "none",
                example: "groups: [ partners ]",
                "For `acl`, `tiers` and `preview`."
            ),
            .optional(
                "credentials",
                "list of credentials",
                default: "none",
                example: "credentials: [ { key: \"${env:ACME_KEY}\" } ]",
                "What the consumer is known by."
            ),
        ]
    )

    static let governance = SchemaMap(
        "governance",
        "`governance`",
        path: "governance",
        "What every API must keep; a breach is an error.",
        [
            .optional(
                "notice",
                "duration",
                default: "none",
                example: "notice: 180d",
                "Shortest time from `deprecated` to `sunset`."
            ),
            .optional(
                "require",
                "list of `owner`, `authentication`, `rate-limit`, `timeouts`, `size-limit`, `docs`, `successor`, "
                    + "`upstream-tls`, `credentials`",
                default: "nothing",
                example: "require: [ owner, authentication ]",
                "What no API, route, version, upstream or consumer may lack."
            ),
            .optional(
                "public",
                "list of route patterns",
                default: "none",
                example: "public: [ \"GET /catalog/**\" ]",
                "The only routes that may go without authentication."
            ),
            .optional(
                "credential-age",
                "duration",
                default: "none",
                example: "credential-age: 365d",
                "Longest time from `not-before` to `expires` of a key, a password or a secret; each must say both."
            ),
        ]
    )
}
