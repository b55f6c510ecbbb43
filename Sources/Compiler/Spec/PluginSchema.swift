internal import GatewayIR

/// The plugins with their settings.
enum PluginSchema {
    /// Every map, in the order of the phases; those of a plugin's parts follow it.
    static let all = PluginKind.allCases.flatMap { [schema(of: $0)] + parts(of: $0) }

    /// Whether a map is that of a plugin or of a part of one.
    static func isPart(_ map: SchemaMap) -> Bool { all.contains { $0.path == map.path } }

    /// Names of the plugins that this version has, in the order of their phases.
    static let names = PluginKind.allCases.map(\.name)

    /// Names of plugins that are part of the language, but not of this version of apic.
    static let later = ["request-validation"]

    /// The settings of a plugin.
    static func schema(of kind: PluginKind) -> SchemaMap {
        switch kind {
        case .requestID: requestID
        case .traceContext: traceContext
        case .ipRestriction: ipRestriction
        case .botDetection: botDetection
        case .cors: cors
        case .requestSizeLimit: requestSizeLimit
        case .mtlsAuth: mtlsAuth
        case .keyAuth: keyAuth
        case .basicAuth: basicAuth
        case .hmacAuth: hmacAuth
        case .jwt: jwt
        case .oauth2Introspection: oauth2Introspection
        case .authentication: authentication
        case .acl: acl
        case .forwardAuth: forwardAuth
        case .concurrencyLimit: concurrencyLimit
        case .rateLimit: rateLimit
        case .fault: fault
        case .requestHeaders: requestHeaders
        case .canary: canary
        case .mirror: mirror
        case .requestQuery: requestQuery
        case .requestBody: requestBody
        case .redirect: redirect
        case .respond: respond
        case .responseHeaders: responseHeaders
        case .securityHeaders: securityHeaders
        case .compress: compress
        case .responseCache: responseCache
        }
    }

    /// Maps within the settings of a plugin.
    private static func parts(of kind: PluginKind) -> [SchemaMap] {
        switch kind {
        case .jwt: [tokenKey]
        case .rateLimit: [rateLimitKey]
        case .canary: [canaryStep]
        case .requestID, .ipRestriction, .cors, .requestSizeLimit, .mtlsAuth, .keyAuth, .basicAuth,
            .oauth2Introspection, .authentication, .acl, .forwardAuth, .concurrencyLimit, .fault, .requestHeaders,
            .mirror, .redirect, .respond, .responseHeaders, .securityHeaders, .traceContext, .botDetection, .hmacAuth,
            .requestQuery, .requestBody, .compress, .responseCache:
            []
        }
    }

    /// What other gateways call a plugin that this version has.
    static let foreignNames = [
        "api-key": "key-auth", "keyauth": "key-auth", "basicauth": "basic-auth", "hmac": "hmac-auth",
        "http-signatures": "hmac-auth",
        "multi-auth": "authentication",
        "tls-auth": "mtls-auth", "jwt-auth": "jwt", "openid-connect": "jwt", "oidc": "jwt",
        "rate-limiting": "rate-limit", "ratelimit": "rate-limit",
        "request-transformer": "request-headers", "response-transformer": "response-headers",
        "in-flight-req": "concurrency-limit", "inflightreq": "concurrency-limit", "limit-conn": "concurrency-limit",
        "proxy-mirror": "mirror", "mirroring": "mirror", "shadow": "mirror", "request-mirror": "mirror",
        "traffic-split": "canary", "split": "canary", "canary-release": "canary",
        "fault-injection": "fault", "faultinjection": "fault", "chaos": "fault",
        "request-termination": "respond", "mock": "respond", "correlation-id": "request-id", "tracing": "trace-context",
        "opentelemetry": "trace-context",
        "traceparent": "trace-context",
        "request-size-limiting": "request-size-limit", "headers": "request-headers", "ip-allow-list": "ip-restriction",
        "ipallowlist": "ip-restriction", "ip-whitelist": "ip-restriction", "secure-headers": "security-headers",
        "user-agent-restriction": "bot-detection", "ua-restriction": "bot-detection", "bot-protection": "bot-detection",
        "helmet": "security-headers", "forwardauth": "forward-auth", "ext-auth": "forward-auth",
        "ext-authz": "forward-auth", "auth-request": "forward-auth", "external-auth": "forward-auth",
        "introspection": "oauth2-introspection", "token-introspection": "oauth2-introspection",
        "cache": "response-cache", "proxy-cache": "response-cache", "http-cache": "response-cache",
        "gzip": "compress", "compression": "compress", "encode": "compress", "compressor": "compress",
    ]

    static let requestID = SchemaMap(
        "request-id",
        "`request-id`",
        path: "request-id",
        "Names every request, for the upstream, the client and the log.",
        [
            .optional(
                "header",
                "header name",
                default: "X-Request-Id",
                example: "header: X-Request-Id",
                "The field that carries the id."
            ),
            .optional(
                "accept",
                "`never`, `trusted` or `always`",
                default: "trusted",
                example: "accept: trusted",
                "Whether a request's own id is kept: `trusted` is from peers in `listen.trusted-proxies`."
            ),
            .optional("echo", "boolean", default: "true", example: "echo: true", "Whether the answer carries the id."),
        ]
    )

    static let traceContext = SchemaMap(
        "trace-context",
        "`trace-context`",
        path: "trace-context",
        "Takes part in traces (W3C Trace Context): the upstream gets a `traceparent` of the gateway's own.",
        [
            .optional(
                "accept",
                "`never`, `trusted` or `always`",
                default: "trusted",
                example: "accept: trusted",
                "Whose traces go on, with their word whether they are sampled: `trusted` is peers in "
                    + "`listen.trusted-proxies`. Others begin here."
            ),
            .optional(
                "sample",
                "share from `0%` to `100%`",
                default: "100%",
                example: "sample: 1%",
                "Of the traces that begin here, how many are sampled."
            ),
        ]
    )

    static let requestSizeLimit = SchemaMap(
        "request-size-limit",
        "`request-size-limit`",
        path: "request-size-limit",
        "Bounds the body of a request; beyond it 413.",
        [.required("body", "size", example: "body: 64KiB", "The largest body that passes.")]
    )

    static let acl = SchemaMap(
        "acl",
        "`acl`",
        path: "acl",
        "Which groups of consumers may pass, or what their tokens must say; others get 403. Needs authentication. Exactly "
            + "one of `allow`, `deny` and the last two.",
        [
            .optional("allow", "list of groups", example: "allow: [ partners ]", "Only consumers in one of these."),
            .optional(
                "deny",
                "list of groups",
                example: "deny: [ suspended ]",
                "All consumers but those in one of these."
            ),
        ] + aclClaims
    )

    static let requestHeaders = headerEdits("request-headers", "Changes header fields before the upstream gets them.")
    static let responseHeaders = headerEdits("response-headers", "Changes header fields before the client gets them.")

    static let requestBody = SchemaMap(
        "request-body",
        "`request-body`",
        path: "request-body",
        "Changes members of a JSON body before the upstream gets it. A path has dots: `user.role`; it does not lead "
            + "into arrays. At most 32 edits.",
        [
            .optional(
                "remove",
                "list of paths",
                default: "none",
                example: "remove: [ internal, user.role ]",
                "Taken away, wherever they stand."
            ),
            .optional(
                "set",
                "map of paths to values",
                default: "none",
                example: "set: { source: gateway, user.verified: false }",
                "Set, replacing what is there. Values are text, numbers, `true`, `null`, lists or maps."
            ),
            .optional(
                "add",
                "map of paths to values",
                default: "none",
                example: "add: { page.size: 20 }",
                "Added, unless something is there."
            ),
            .optional(
                "max-size",
                "size from `1B` to `64KiB`",
                default: "64KiB",
                example: "max-size: 16KiB",
                "How large a body may be, before and after it is changed."
            ),
        ]
    )

    static let requestQuery = SchemaMap(
        "request-query",
        "`request-query`",
        path: "request-query",
        "Changes the query before the upstream gets it. Values may hold captures of the path: `{id}`; a brace is doubled. "
            + "They are percent-encoded as they need it. At most 32 edits.",
        [
            .optional(
                "remove",
                "list of names",
                default: "none",
                example: "remove: [ debug ]",
                "Taken away, first."
            ),
            .optional(
                "set",
                "map of texts",
                default: "none",
                example: "set: { order: \"{id}\" }",
                "Set, replacing what is there."
            ),
            .optional(
                "add",
                "map of texts",
                default: "none",
                example: "add: { via: apic }",
                "Added beside what is there, last."
            ),
        ]
    )

    static let respond = SchemaMap(
        "respond",
        "`respond`",
        path: "respond",
        "Answers by itself; no upstream is contacted.",
        [
            .optional(
                "status",
                "status code from 200 to 599",
                default: "200",
                example: "status: 200",
                "The answer's status."
            ),
            .optional(
                "headers",
                "map of texts",
                default: "none",
                example: "headers: { Cache-Control: no-store }",
                "Its header fields."
            ),
            .optional(
                "body",
                "text",
                default: "empty",
                example: "body: pong",
                "Its body, `text/plain` unless `headers` says otherwise."
            ),
            .optional(
                "json",
                "anything",
                example: "json: { status: ok }",
                "Its body as JSON, instead; keys are sorted."
            ),
        ]
    )

    private static func headerEdits(_ name: String, _ meaning: String) -> SchemaMap {
        SchemaMap(
            name,
            "`\(name)`",
            path: name,
            meaning + " Values may hold captures of the path: `{id}`; a brace is doubled.",
            [
                .optional(
                    "remove",
                    "list of header names",
                    default: "none",
                    example: "remove: [ X-Debug ]",
                    "Taken away, first."
                ),
                .optional(
                    "set",
                    "map of texts",
                    default: "none",
                    example: "set: { X-Order: \"{id}\" }",
                    "Set, replacing what is there."
                ),
                .optional(
                    "add",
                    "map of texts",
                    default: "none",
                    example: "add: { X-Via: apic }",
                    "Added beside what is there, last."
                ),
            ]
        )
    }
}
