import Foundation
import TestSupport
import Testing

/// Two teams' specs in one gateway: whose key is good where, and what upstreams hear of it.
@Suite("i01 federation: members")
struct MembersScenario {
    private static let environment = [
        "ORDERS_KEY": "orders-key", "BILLING_KEY": "billing-key", "MONITORING_KEY": "monitoring-key",
        "ROOT_KEY": "root-key", "TOKEN_SECRET": "a secret of thirty-two bytes, all",
    ]

    private static func member(_ name: String, _ upstream: ScriptedUpstream) -> String {
        """
        apic: 1
        gateway: \(name)
        listen: { http: 1 }
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        consumers:
          acme: { groups: [ partners ], credentials: [ { id: main, key: "${env:\(name.uppercased())_KEY}" } ] }
        apis:
          \(name):
            path: /\(name)
            upstream: up
            plugins: [ key-auth ]
            versions:
              v1:
                routes:
                  - GET /all
                  - { match: GET /partners, plugins: [ { acl: { allow: [ partners ] } } ] }
                  - { match: GET /others, plugins: [ { acl: { deny: [ partners ] } } ] }
                  - match: GET /tokens
                    plugins:
                      - jwt: { audience: any, keys: [ { secret: "${env:TOKEN_SECRET}", algorithm: HS256 } ] }
                      - authentication: { require: any }
        """
    }

    private static func gateway(_ upstream: ScriptedUpstream) throws -> RunningGateway {
        let folder = try ScratchFolder()
        try folder.write(member("orders", upstream), to: "teams/orders/api.yaml")
        try folder.write(member("billing", upstream), to: "teams/billing/api.yaml")
        let platform = """
            apic: 1
            gateway: platform
            consumers:
              monitoring: { groups: [ watchers ], credentials: [ { key: "${env:MONITORING_KEY}" } ] }
              root: { credentials: [ { key: "${env:ROOT_KEY}" } ] }
            export: { consumers: [ monitoring ] }
            members:
              - { spec: teams/orders/api.yaml, owns: { paths: [ /orders/** ] } }
              - { spec: teams/billing/api.yaml, owns: { paths: [ /billing/** ] } }
            """
        try RunningGateway.build(platform, in: folder)
        return try RunningGateway(folder, environment: environment)
    }

    @Test("a key is good for the APIs of its own spec, and of all specs if its consumer is exported")
    func keys() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try Self.gateway(upstream)
        let cases: [(String, String, Int)] = [
            ("/orders/v1/all", "orders-key", 200), ("/orders/v1/all", "billing-key", 403),
            ("/orders/v1/all", "monitoring-key", 200), ("/orders/v1/all", "root-key", 403),
            ("/orders/v1/all", "nobody's key", 401),
            ("/billing/v1/all", "billing-key", 200), ("/billing/v1/all", "orders-key", 403),
            // Both have a group of this name, and it is not the same.
            ("/orders/v1/partners", "orders-key", 200), ("/orders/v1/partners", "billing-key", 403),
            ("/orders/v1/partners", "monitoring-key", 403),
            ("/orders/v1/others", "orders-key", 403), ("/orders/v1/others", "billing-key", 403),
            ("/orders/v1/others", "monitoring-key", 200), ("/orders/v1/others", "root-key", 403),
        ]
        for (path, key, status) in cases {
            let answer = try gateway.ask("GET \(path)", ["apikey: \(key)"])
            #expect(answer.status == status, "\(path) with \(key)")
        }
    }

    @Test("upstreams hear a consumer's qualified name and groups, and of no group that the linker made")
    func identity() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try Self.gateway(upstream)
        #expect(try gateway.ask("GET /orders/v1/all", ["apikey: orders-key"]).status == 200)
        #expect(try gateway.ask("GET /billing/v1/all", ["apikey: monitoring-key"]).status == 200)
        let requests = upstream.requests
        try #require(requests.count == 2)
        #expect(requests.map { $0.values("X-Consumer-Username") } == [["orders/acme"], ["monitoring"]])
        #expect(requests.map { $0.values("X-Consumer-Groups") } == [["orders/partners"], ["watchers"]])
        #expect(requests.map { $0.values("X-Credential-Id") } == [["orders/main"], ["monitoring-1"]])
    }

    @Test("who comes with a token is nobody's consumer, and passes where a key of another spec does not")
    func strangers() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try Self.gateway(upstream)
        let token = try TokenIssuer().token("HS256", key: Self.environment["TOKEN_SECRET"] ?? "")
        #expect(try gateway.ask("GET /orders/v1/tokens", ["Authorization: Bearer \(token)"]).status == 200)
        #expect(try gateway.ask("GET /orders/v1/tokens", ["apikey: orders-key"]).status == 200)
        #expect(try gateway.ask("GET /orders/v1/tokens", ["apikey: billing-key"]).status == 403)
        #expect(try gateway.ask("GET /orders/v1/tokens").status == 401)
    }
}
