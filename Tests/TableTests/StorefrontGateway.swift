import GatewayIR

/// A gateway that has one of everything a table can hold.
enum StorefrontGateway {
    static let released: Instant = 1_700_000_000
    static let deprecated: Instant = 1_780_272_000
    static let sunset: Instant = 1_798_761_599
    static let retired: Instant = 1_806_537_599
    static let number = Automaton.oneOrMore(of: "0123456789", source: "[0-9]+")

    static let gateway = Gateway(
        name: "storefront",
        listeners: Listeners(
            http: [ListenAddress(host: "0.0.0.0", port: 8000), ListenAddress(host: "::", port: 8000)],
            https: SecureListeners(
                certificates: [
                    CertificatePair(certificate: "certs/edge.crt", key: .file("/run/secrets/edge.key")),
                    CertificatePair(
                        certificate: "certs/shop.crt",
                        key: .environment("SHOP_KEY"),
                        ocspResponse: "/var/lib/ocsp/shop.der"
                    ),
                ],
                clientCertificates: ClientCertificates(authorities: "certs/clients.pem", mode: .request)
            ),
            trustedProxies: [
                AddressBlock(network: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 0], prefixLength: 104)
            ]
        ),
        limits: RequestLimits(bodyBytesMax: 10_000_000),
        accessLog: AccessLog(path: "/var/log/apic.log", samplePerMillion: 500_000),
        groups: ["gold", "partners"],
        consumers: [Consumer(name: "acme", groups: [0, 1]), Consumer(name: "beta")],
        credentials: [
            Credential(consumer: 0, id: "acme-1", key: .digest(Array(repeating: 7, count: 32))),
            Credential(consumer: 0, id: "acme-2", key: .secret(.environment("ACME_KEY"))),
            Credential(consumer: 1, id: "beta-1", key: .secret(.file("/run/secrets/beta.key"))),
        ],
        upstreams: [
            Upstream(
                name: "catalog",
                targets: [Target(host: "::1", port: 80)],
                timeouts: UpstreamTimeouts(connect: 250),
                retryCountMax: 0,
                health: HealthChecks(
                    active: ActiveCheck(path: "/healthz", host: "catalog"),
                    passive: PassiveCheck(statuses: [500...500, 502...504])
                )
            ),
            Upstream(
                name: "orders",
                targets: [
                    Target(host: "orders-a", port: 8080),
                    Target(host: "orders-b", port: 8443, weight: 2, isSecure: true),
                ],
                tls: UpstreamTLS(
                    authorities: "certs/internal.pem",
                    serverName: "orders.internal",
                    certificate: CertificatePair(certificate: "certs/gateway.crt", key: .file("keys/gateway.key"))
                ),
                speaksHTTP2: true
            ),
        ],
        apis: [
            API(
                name: "catalog",
                title: "Catalog",
                owner: "catalog-team",
                selector: .header(name: "x-api-version"),
                versions: 0..<2,
                defaultVersion: 0
            ),
            API(name: "media", selector: .mediaType(prefix: "application/vnd.acme.", suffix: "+json"), versions: 2..<3),
            API(name: "orders", title: "Orders", owner: "orders-team", selector: .path, versions: 3..<6),
        ],
        versions: versions,
        mounts: [
            Mount(host: .any, prefix: path("orders"), api: 2, version: nil),
            Mount(host: .any, prefix: path("orders", "v1"), api: 2, version: 3),
            Mount(host: .any, prefix: path("orders", "v2"), api: 2, version: 4),
            Mount(host: .exact("api.example.com"), prefix: path("catalog"), api: 0, version: nil),
        ],
        chains: chains,
        routes: routes,
        nodes: [Node(name: "eu-1", cloud: "aws", region: "eu-west-1"), Node(name: "us-1", workerCount: 4)]
    )

    private static let versions = [
        Version(api: 0, name: "v1", value: "1", lifecycle: Lifecycle(released: released)),
        Version(
            api: 0,
            name: "v2",
            value: "2",
            lifecycle: Lifecycle(released: released, sunset: sunset, announced: deprecated),
            successor: 0,
            docs: "https://developer.example.com/catalog?a=\"b\""
        ),
        Version(api: 1, name: "v1", value: "1", lifecycle: Lifecycle(released: released)),
        Version(
            api: 2,
            name: "v1",
            value: "v1",
            lifecycle: Lifecycle(
                released: released,
                deprecated: deprecated,
                sunset: sunset,
                retired: retired,
                brownouts: [
                    Brownout(from: deprecated + 100, until: deprecated + 200),
                    Brownout(from: deprecated + 300, until: deprecated + 400, status: 429),
                ]
            ),
            successor: 4,
            successorLink: "/orders/v2/",
            docs: "https://developer.example.com/orders/v1-to-v2"
        ),
        Version(api: 2, name: "v2", value: "v2", lifecycle: Lifecycle(released: released)),
        Version(
            api: 2,
            name: "v3",
            value: "v3",
            lifecycle: Lifecycle(released: 4_000_000_000),
            previewGroups: [1]
        ),
    ]

    private static let chains = [
        Chain(),
        Chain(steps: [
            ChainStep(plugin: .requestID(RequestIDSettings()), scope: .global),
            ChainStep(plugin: .ipRestriction(addresses), scope: .global),
            ChainStep(plugin: .cors(crossOrigin), scope: .global),
            ChainStep(plugin: .requestSizeLimit(RequestSizeLimitSettings(bodyBytesMax: 5_000_000_000)), scope: .api),
            ChainStep(plugin: .keyAuth(KeyAuthSettings(sources: [.header("ApiKey")])), scope: .api),
            ChainStep(plugin: .acl(.allow([1])), scope: .api),
            ChainStep(plugin: .rateLimit(rateLimit), scope: .api),
            ChainStep(plugin: .requestHeaders(edits), scope: .route),
            ChainStep(plugin: .responseHeaders(HeaderEdits(remove: ["Server"])), scope: .route),
            ChainStep(plugin: .securityHeaders(security), scope: .global),
        ]),
        Chain(steps: [
            ChainStep(plugin: .keyAuth(queryKey), scope: .api),
            ChainStep(plugin: .acl(.deny([0])), scope: .api),
            ChainStep(plugin: .respond(answer), scope: .route),
        ]),
    ]

    private static let queryKey = KeyAuthSettings(sources: [.query("key")], forwardsCredential: true)

    private static let addresses = IPRestrictionSettings(
        allow: [
            AddressBlock(network: mapped(10, 0, 0, 0), prefixLength: 104),
            AddressBlock(network: [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 12), prefixLength: 32),
        ],
        deny: [AddressBlock(network: mapped(10, 1, 2, 3), prefixLength: 128)]
    )

    private static func mapped(_ bytes: UInt8...) -> [UInt8] {
        [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + bytes
    }

    private static let crossOrigin = CORSSettings(
        origins: ["https://app.example.com", "https://*.example.org"],
        exposes: ["RateLimit"],
        takesCredentials: true
    )

    private static let security = SecurityHeadersSettings(
        edits: HeaderEdits(set: [HeaderField(name: "X-Frame-Options", value: TextTemplate("DENY"))]),
        strictTransport: "max-age=86400"
    )

    private static let rateLimit = RateLimitSettings(
        identity: "api/orders",
        rates: [Rate(limit: 10, windowSeconds: 1), Rate(limit: 1000, windowSeconds: 3600)],
        tiers: [
            RateLimitTier(group: 0, rates: [Rate(limit: 50, windowSeconds: 60)]),
            RateLimitTier(group: 1, rates: [Rate(limit: 2, windowSeconds: 1)]),
        ],
        key: .consumer
    )

    private static let edits = HeaderEdits(
        remove: ["Cookie"],
        set: [HeaderField(name: "X-Order", value: TextTemplate(parts: [.text("order "), .capture(0)]))],
        add: [HeaderField(name: "X-Gateway", value: TextTemplate("apic"))]
    )

    private static let answer = RespondSettings(
        status: 200,
        headers: [
            HeaderField(name: "Content-Type", value: TextTemplate("text/plain")),
            HeaderField(name: "X-Item", value: TextTemplate(parts: [.capture(0)])),
        ],
        body: Array("hello".utf8)
    )

    private static let routes = [
        Route(
            host: .exact("api.example.com"),
            path: path("catalog"),
            methods: .listed(["GET"]),
            version: 0,
            chain: 0,
            forwarding: Forwarding(upstream: 0, path: .whole, preservesHost: true)
        ),
        Route(
            host: .exact("api.example.com"),
            path: path("catalog"),
            methods: .listed(["GET"]),
            version: 1,
            chain: 0,
            forwarding: Forwarding(upstream: 0, path: .whole)
        ),
        Route(
            host: .exact("api.example.com"),
            path: path("catalog", "{item}", "parts", "{part}", end: .tail(name: "rest")),
            methods: .listed(["PURGE", "QUERY"]),
            conditions: [HeaderCondition(name: "x-env", value: "canary")],
            version: 0,
            chain: 2,
            forwarding: nil
        ),
        Route(
            host: .wildcard(suffix: "example.com"),
            path: path("media", end: .tail(name: nil)),
            methods: .any,
            version: 2,
            chain: 0,
            forwarding: Forwarding(upstream: 0, path: .stripping(segmentCount: 1))
        ),
        Route(
            host: .any,
            path: path("orders", "v1"),
            methods: .listed(["GET", "POST"]),
            version: 3,
            chain: 1,
            forwarding: Forwarding(upstream: 1, path: .stripping(segmentCount: 2))
        ),
        Route(
            host: .any,
            path: path("orders", "v1", "#id"),
            methods: .listed(["GET"]),
            version: 3,
            chain: 1,
            forwarding: Forwarding(
                upstream: 1,
                path: .rewritten(TextTemplate(parts: [.text("/internal/"), .capture(0)]))
            )
        ),
        Route(
            host: .any,
            path: path("orders", "v1", "{name}"),
            methods: .listed(["GET"]),
            version: 3,
            chain: 1,
            forwarding: Forwarding(upstream: 1, path: .stripping(segmentCount: 2))
        ),
        Route(
            host: .any,
            path: path("orders", "v2", "{name}"),
            methods: .listed(["GET", "HEAD"]),
            version: 4,
            chain: 0,
            forwarding: Forwarding(upstream: 1, path: .stripping(segmentCount: 2))
        ),
        Route(
            host: .any,
            path: path("orders", "v2", "{id}"),
            methods: .listed(["DELETE"]),
            version: 4,
            chain: 0,
            forwarding: Forwarding(upstream: 1, path: .stripping(segmentCount: 2))
        ),
        Route(
            host: .any,
            path: path("orders", "v3"),
            methods: .listed(["GET"]),
            version: 5,
            chain: 1,
            forwarding: Forwarding(upstream: 1, path: .stripping(segmentCount: 2))
        ),
    ]

    /// `{x}` is a capture, `#x` a number.
    static func path(_ segments: String..., end: PathPattern.End = .exact) -> PathPattern {
        PathPattern(
            segments: segments.map { text in
                switch text.first {
                case "{": .capture(name: String(text.dropFirst().dropLast()))
                case "#": .constrained(name: String(text.dropFirst()), number)
                default: .literal(text)
                }
            },
            end: end
        )
    }
}
