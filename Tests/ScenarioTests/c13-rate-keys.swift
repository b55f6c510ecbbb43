import Foundation
import TestSupport
import Testing

/// Limits that are counted by the path, or by what tokens say.
@Suite("c13 plugins: rate-limit by path and claim")
struct RateKeyScenario {
    @Test("each path and each value has a count of its own")
    func keys() throws {
        let issuer = try TokenIssuer()
        try issuer.makeKey("key", .p256)
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            """
            upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
            apis:
              shop:
                path: /shop
                upstream: up
                versions:
                  v1:
                    routes:
                      - { match: "GET /items/{id}", plugins: [ { rate-limit: { limit: 2/hour, by: path } } ] }
                      - match: GET /tenants
                        plugins:
                          - jwt: { audience: any, keys: [ { public-key: "${file:\(issuer.folder.path)/key.pem}" } ] }
                          - rate-limit: { limit: 2/hour, by: { claim: org.tenant } }
            """
        )
        func statuses(_ line: String, _ fields: [String] = []) throws -> [Int] {
            try (0..<3).map { _ in try gateway.ask(line, fields).status }
        }
        #expect(try statuses("GET /shop/v1/items/1") == [200, 200, 429])
        // The same path in other words, and whatever is asked of it.
        #expect(try gateway.ask("GET /shop/v1/x/../items/%31?q=1").status == 429)
        #expect(try statuses("GET /shop/v1/items/2") == [200, 200, 429])

        func token(_ claims: String) throws -> [String] {
            ["Authorization: Bearer \(try issuer.token("ES256", key: "key", #""aud":"shop""# + claims))"]
        }
        #expect(try statuses("GET /shop/v1/tenants", token(#","sub":"a","org":{"tenant":"red"}"#)) == [200, 200, 429])
        #expect(try gateway.ask("GET /shop/v1/tenants", token(#","sub":"b","org":{"tenant":"red"}"#)).status == 429)
        #expect(try statuses("GET /shop/v1/tenants", token(#","sub":"a","org":{"tenant":7}"#)) == [200, 200, 429])
        // Those that do not say it share one.
        #expect(try statuses("GET /shop/v1/tenants", token(#","sub":"c""#)) == [200, 200, 429])
        #expect(try gateway.ask("GET /shop/v1/tenants", token(#","sub":"d","org":{"tenant":[]}"#)).status == 429)
    }
}
