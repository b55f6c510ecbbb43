import Foundation
import GatewayEmitters
import GatewayIR

/// Gateways that exercise the deployable files.
enum DeployFixture {
    static let table: [UInt8] = Array("APIB stands for a table".utf8)
    static let sources: [[UInt8]] = [Array("apic: 1\n".utf8), Array("gateway: shop\n".utf8)]

    /// Two nodes, secrets of both kinds, labels, workers, two listeners.
    static let shop = Gateway(
        name: "shop",
        listeners: Listeners(
            http: [ListenAddress(host: "127.0.0.1", port: 8000), ListenAddress(host: "::1", port: 8080)],
            https: SecureListeners(
                addresses: [ListenAddress(host: "127.0.0.1", port: 9443)],
                certificates: [CertificatePair(certificate: "certs/edge.crt", key: .file("/run/secrets/edge.key"))]
            ),
            status: ListenAddress(host: "127.0.0.1", port: 8100)
        ),
        drain: Drain(delay: 1_500, timeout: 30_000),
        consumers: [Consumer(name: "acme"), Consumer(name: "globex")],
        credentials: [
            Credential(consumer: 0, id: "acme-1", key: .secret(.environment("ACME_KEY"))),
            Credential(consumer: 0, id: "acme-2", key: .secret(.file("/run/secrets/acme.key"))),
            Credential(consumer: 1, id: "globex-1", key: .secret(.file("keys/globex.key"))),
            Credential(consumer: 1, id: "globex-2", key: .digest(Array(repeating: 7, count: 32))),
        ],
        upstreams: [
            Upstream(name: "a", targets: [Target(host: "a", port: 8080), Target(host: "/run/a.sock", port: 0)]),
            Upstream(name: "b", targets: [Target(host: "b", port: 443, isSecure: true)], tls: UpstreamTLS()),
        ],
        nodes: [
            Node(
                name: "eu-1",
                cloud: "aws",
                region: "eu-west-1",
                labels: [Node.Label(key: "apic.node", value: "mine"), Node.Label(key: "tier", value: "edge")],
                ports: [
                    Node.PublishedPort(name: "http", published: 8000),
                    Node.PublishedPort(name: "https", published: 8443),
                ],
                workerCount: 2,
                replicas: 2...10
            ),
            Node(
                name: "us-1",
                ports: [Node.PublishedPort(name: "http", published: 8001)],
                cpuMillis: 1_500,
                memoryBytes: 256 << 20
            ),
        ]
    )

    /// A node of the gateway's, and two of Kong's: one says all that it can, the other nothing.
    static let kong = Gateway(
        name: "fleet",
        listeners: Listeners(
            http: [ListenAddress(host: "127.0.0.1", port: 8000)],
            status: ListenAddress(host: "127.0.0.1", port: 8100)
        ),
        nodes: [
            Node(name: "eu-1", ports: [Node.PublishedPort(name: "http", published: 8000)]),
            Node(
                name: "kong-1",
                cloud: "aws",
                region: "eu-west-1",
                labels: [Node.Label(key: "tier", value: "edge"), Node.Label(key: "zone", value: "a.1")],
                ports: [
                    Node.PublishedPort(name: "http", published: 8001),
                    Node.PublishedPort(name: "https", published: 8444),
                ],
                workerCount: 2,
                certificate: "certs/kong-1.crt",
                cpuMillis: 1_000,
                memoryBytes: 2 << 30,
                kong: KongDataPlane(
                    controlPlane: KongDataPlane.Endpoint(host: "x.us.cp0.konghq.com", port: 443),
                    telemetry: KongDataPlane.Endpoint(host: "x.us.tp0.konghq.com", port: 443),
                    image: "kong/kong-gateway:3.9"
                )
            ),
            Node(
                name: "kong-2",
                kong: KongDataPlane(
                    controlPlane: KongDataPlane.Endpoint(host: "cp.internal", port: 8005),
                    image: "kong:${x}"
                )
            ),
        ]
    )

    /// No nodes, no secrets.
    static let single = Gateway(name: "single")

    /// Three nodes: one pulls as all do, from files that the build brings; one from elsewhere, with what its machine
    /// has; the last one does not pull.
    static let pulling: Gateway = {
        let source = PullSource(
            url: "https://bundles.example.com/shop/",
            authorities: "certs/bundles-ca.crt",
            trust: ["keys/release.pub", "/etc/keys/older.pub"]
        )
        var gateway = Gateway(
            name: "shop",
            consumers: [Consumer(name: "acme")],
            credentials: [
                Credential(consumer: 0, id: "acme-1", key: .secret(.environment("ACME_KEY"))),
                Credential(consumer: 0, id: "acme-2", key: .secret(.file("/run/secrets/acme.key"))),
            ],
            upstreams: [Upstream(name: "a", targets: [Target(host: "a", port: 8080)])],
            source: source
        )
        var other = source
        other.url = "http://[2001:db8::1]:8090/shop/"
        other.seconds = 60
        other.warnsAfter = 3_600
        other.stopsAfter = 86_400
        other.authorities = nil
        other.trust = ["/etc/keys/release.pub"]
        gateway.nodes = [
            Node(name: "eu-1", certificate: "ca/eu-1.crt", key: "/run/secrets/eu-1.key", source: source),
            Node(name: "local", certificate: "ca/local.crt", key: "/run/secrets/local.key"),
            Node(
                name: "us-1",
                certificate: "/etc/node/us-1.crt",
                key: "/run/secrets/us-1.key",
                source: other,
                addresses: Node.Addresses(
                    http: [ListenAddress(host: "127.0.0.1", port: 8080)],
                    status: ListenAddress(host: "127.0.0.1", port: 8180)
                )
            ),
        ]
        return gateway
    }()

    /// Two APIs, and a node for each: one mounts its bundle, one pulls it; a third node serves both.
    static let sliced: Gateway = {
        let names = ["billing", "orders"]
        var gateway = Gateway(
            name: "shop",
            listeners: pulling.listeners,
            groups: names,
            consumers: names.enumerated().map { Consumer(name: "of-\($1)", groups: [$0]) },
            credentials: names.enumerated().map {
                Credential(consumer: $0, id: "of-\($1)-1", key: .secret(.environment("KEY_OF_\($1.uppercased())")))
            },
            upstreams: names.enumerated().map {
                Upstream(
                    name: "up-\($1)",
                    targets: [Target(host: "\($1).internal", port: UInt16(8443 + $0), isSecure: true)],
                    tls: UpstreamTLS(authorities: "certs/\($1)-ca.crt")
                )
            },
            apis: names.enumerated().map { API(name: $1, selector: .path, versions: $0..<$0 + 1) },
            versions: names.indices.map {
                Version(api: $0, name: "v1", value: "v1", lifecycle: Lifecycle(released: 0))
            },
            chains: names.indices.map {
                Chain(
                    steps: [
                        ChainStep(plugin: .keyAuth(KeyAuthSettings()), scope: .api),
                        ChainStep(plugin: .acl(.allow([$0])), scope: .api),
                    ]
                )
            },
            routes: names.indices.map {
                Route(
                    host: .any,
                    path: PathPattern(segments: [.literal(names[$0])]),
                    methods: .any,
                    version: $0,
                    chain: $0,
                    forwarding: Forwarding(upstream: $0, path: .whole)
                )
            },
            source: pulling.source
        )
        gateway.nodes = [
            Node(name: "all"), Node(name: "eu-1", certificate: "ca/eu-1.crt", serves: ["billing"]),
            Node(name: "us-1", serves: ["orders"], source: gateway.source),
        ]
        return gateway
    }()

    static let copies = [
        "certs/billing-ca.crt", "certs/orders-ca.crt", "ca/eu-1.crt", "ca/local.crt", "certs/bundles-ca.crt",
        "keys/release.pub",
    ].map {
        Artifact(path: $0, bytes: Array("stands for \($0)\n".utf8), isCopy: true)
    }

    static func bundle(_ gateway: Gateway, templates: [String: [UInt8]] = [:]) throws -> [Artifact] {
        Bundle.emit(
            gateway,
            table: table,
            sources: sources,
            copies: gateway.source == nil ? [] : copies,
            templates: try DeployTemplates(overrides: templates)
        )
    }

    static func text(_ path: String, in artifacts: [Artifact]) -> String? {
        artifacts.first { $0.path == path }.map { String(decoding: $0.bytes, as: UTF8.self) }
    }
}
