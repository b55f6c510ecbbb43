import GatewayIR
import Testing

@testable import GatewayCompiler

/// What a node with `serves` gets of a gateway.
@Suite("Slices of single nodes")
struct SliceTests {
    private static let head = """
        apic: 1
        gateway: shop
        plugins: [ request-id ]
        """
    private static let orders = """
        upstreams:
          cart: { targets: [ "http://cart:80" ] }
          orders: { targets: [ "http://orders:80" ] }
          orders-next: { targets: [ "http://orders-next:80" ] }
          orders-lab: { targets: [ "http://orders-lab:80" ] }
          orders-shadow: { targets: [ "http://orders-shadow:80" ] }
        consumers:
          acme:
            groups: [ partners ]
            credentials: [ { key: "${env:ACME_KEY}" } ]
          zoe:
            groups: [ staff ]
            credentials: [ { key: "${env:ZOE_KEY}" } ]
        apis:
          orders:
            path: /orders
            upstream: orders
            plugins: [ key-auth, { acl: { allow: [ partners, staff ] } } ]
            versions:
              v1: { released: 2024-01-01, deprecated: 2026-01-01, sunset: 2099-01-01, successor: v2, routes: [ GET / ] }
              v2: { released: 2025-06-01, preview: [ staff ], routes: [ GET /, { match: GET /cart, upstream: cart } ] }
              v4: { plugins: [ mirror: { upstream: orders-shadow } ], routes: [ GET / ] }
              v3: { plugins: [ canary: { shares: { orders-next: 5%, orders-lab: 1% } } ], routes: [ GET / ] }

        """
    private static let others = """
        upstreams:
          billing: { targets: [ "http://billing:80" ] }
          zeta: { targets: [ "http://zeta:80" ] }
        consumers:
          basil: { groups: [ accountants ], credentials: [ { basic: { username: basil, password: "${env:BASIL}" } } ] }
          globex: { groups: [ accountants ], credentials: [ { key: "${file:/run/secrets/globex.key}" } ] }
        apis:
          billing:
            path: /billing
            upstream: billing
            plugins: [ basic-auth, key-auth, { authentication: { require: any } }, { acl: { allow: [ accountants ] } } ]
            versions: { v1: { routes: [ GET /, GET /last ] } }
          zeta:
            path: /zeta
            upstream: zeta
            plugins: [ { rate-limit: { limit: 1/minute } }, key-auth, { acl: { deny: [ partners, staff ] } } ]
            versions: { v7: { routes: [ GET / ] } }

        """

    private static func gateway(_ parts: [String]) throws -> Gateway {
        let files = ([head] + parts).enumerated().map { SourceFile(path: "\($0).yaml", bytes: Array($1.utf8)) }
        let compilation = Compiler.compile(files, buildEnvironment: [:])
        return try #require(
            compilation.gateway,
            "\(DiagnosticRenderer.text(compilation.diagnostics, files: files))"
        )
    }

    private static func dump(_ gateway: Gateway) -> String {
        var gateway = gateway
        gateway.nodes = []
        return GatewayDump(gateway).text
    }

    @Test("a slice is what the compiler makes of the spec without the rest")
    func equality() throws {
        let whole = try Self.gateway([Self.orders, Self.others])
        let slice = whole.slice(for: Node(name: "n", serves: ["orders"]))
        #expect(Self.dump(slice) == Self.dump(try Self.gateway([Self.orders])))
        let other = whole.slice(for: Node(name: "n", serves: ["billing", "zeta"]))
        #expect(Self.dump(other).contains("api billing") && Self.dump(other).contains("api zeta"))
        for word in ["acme", "zoe", "orders", "cart", "partners", "ZOE_KEY"] {
            #expect(!Self.dump(other).contains(word), "\(word)")
        }
        #expect(other.consumers.map(\.name) == ["basil", "globex"])
        #expect(whole.slice(for: Node(name: "n")) == whole)
    }

    @Test("consumers come along for the credentials that a route looks for, and as far as it lets them pass")
    func consumers() throws {
        let whole = try Self.gateway([Self.orders, Self.others])
        let zeta = whole.slice(for: Node(name: "n", serves: ["zeta"]))
        // He is let in by his absence from a list; the other one has a password, and nobody asks for it.
        #expect(zeta.consumers.map(\.name) == ["globex"])
        let billing = whole.slice(for: Node(name: "n", serves: ["billing"]))
        #expect(billing.consumers.map(\.name) == ["basil", "globex"])
        #expect(billing.credentials.map(\.consumer) == [0, 1])
        #expect(billing.groups == ["accountants"])
    }

    @Test("who calls without a credential comes along, and an API without authentication knows nobody")
    func anonymous() throws {
        let spec = """
            upstreams: { u: { targets: [ "http://u:80" ] } }
            consumers:
              guest: {}
              acme: { credentials: [ { key: "${env:ACME_KEY}" } ] }
            apis:
              open: { path: /open, upstream: u, versions: { v1: { routes: [ GET / ] } } }
              half:
                path: /half
                upstream: u
                plugins: [ key-auth, { authentication: { anonymous: guest } } ]
                versions: { v1: { routes: [ GET / ] } }

            """
        let whole = try Self.gateway([spec])
        #expect(whole.slice(for: Node(name: "n", serves: ["open"])).consumers.isEmpty)
        let half = whole.slice(for: Node(name: "n", serves: ["half"]))
        #expect(half.consumers.map(\.name) == ["acme", "guest"])
        #expect(half.upstreams.map(\.name) == ["u"])
    }
}
