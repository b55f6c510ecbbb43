import Foundation
import TestSupport
import Testing

/// `apic audit` and `apic check --explain-chain`: what holds for a route, without any request.
@Suite("Audits")
struct AuditTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        try folder.write(AuditTests.spec, to: "api.yaml")
    }

    private static let spec = """
        apic: 1
        gateway: shop
        governance: { public: [ "ANY /about/**", "ANY /orders/v1/guests" ] }
        upstreams:
          orders: { targets: [ "http://orders:8080" ] }
          vault: { targets: [ "https://vault:8443" ] }
        nodes: { eu: {}, us: {} }
        consumers:
          acme:
            groups: [ partners ]
            credentials:
              - { key: "${env:OLD}", id: acme-2025, expires: 2026-01-01 }
              - { key: "${env:NEW}", id: acme-2026, not-before: 2025-12-01 }
              - { basic: { username: acme, password: "${env:P}" }, id: acme-basic, not-before: 2027-01-01 }
          guest: { groups: [ guests ] }
        plugins: [ rate-limit: { limits: [ 10/second, 100/minute ], by: address } ]
        apis:
          orders:
            path: /orders
            upstream: orders
            plugins: [ key-auth, request-size-limit: { body: 64KiB } ]
            versions:
              v1:
                released: 2025-01-01
                deprecated: 2025-06-01
                sunset: 2026-06-01
                routes:
                  - { match: GET /guests, plugins: [ authentication: { anonymous: guest } ] }
                  - { match: "GET /{id}", plugins: [ acl: { allow: [ partners ] }, ip-restriction: { allow: [ 10.0.0.0/8 ] } ] }
                  - match: POST /
                    upstream: vault
                    plugins: [ basic-auth, authentication: { require: all }, rate-limit: off ]
          about:
            path: /about
            versions:
              v1: { routes: [ { match: GET /, plugins: [ respond: { body: hi }, cors: { origins: "*" } ] } ] }
        """

    private func run(_ arguments: [String]) throws -> Program.Outcome {
        try Program.apic.run(arguments, in: folder.url)
    }

    @Test("Markdown tells who may call what, how often and from where")
    func markdown() throws {
        let outcome = try run(["audit", "api.yaml", "--at", "2026-03-01"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        expectGolden(outcome.output, at: "Tests/ToolTests/Goldens/audit.md")
    }

    @Test("JSON says the same")
    func json() throws {
        let outcome = try run(["audit", "api.yaml", "--at", "2026-03-01", "--format", "json"])
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        )
        let routes = try #require(object["routes"] as? [[String: Any]])
        #expect(
            routes.map { $0["path"] as? String } == ["/about/v1", "/orders/v1/guests", "/orders/v1/{id}", "/orders/v1"]
        )
        #expect(routes.map { $0["open"] as? Bool } == [true, true, false, false])
        #expect(routes.last?["who"] as? String == "every consumer by key-auth and basic-auth")
        #expect(routes.last?["to"] as? String == "vault over TLS")
        let credentials = try #require(object["consumers"] as? [[String: Any]])
        #expect(credentials.map { $0["credential"] as? String } == ["acme-2025", "acme-2026", "acme-basic", "none"])
        #expect((credentials[0]["valid"] as? String)?.hasSuffix("expired") == true)
        #expect((credentials[2]["valid"] as? String)?.hasSuffix("not yet") == true)
    }

    @Test("a spec with errors has no audit")
    func errors() throws {
        try folder.write("apic: 1\n", to: "wrong.yaml")
        let outcome = try run(["audit", "wrong.yaml"])
        #expect(outcome.status == 1 && outcome.output.isEmpty && outcome.errors.contains("error["))
    }

    @Test("a route's chain is told with the place of each step")
    func chain() throws {
        let outcome = try run(["check", "api.yaml", "--explain-chain", "GET /orders/v1/{id}"])
        #expect(outcome.status == 0)
        expectGolden(outcome.output, at: "Tests/ToolTests/Goldens/explain-chain.txt")
        #expect(try run(["check", "api.yaml", "--explain-chain", "/orders/v1"]).output.contains("basic-auth"))
        let unknown = try run(["check", "api.yaml", "--explain-chain", "GET /nothing"])
        #expect(unknown.status == 2 && unknown.errors.contains("no route `GET /nothing`"))
    }
}
