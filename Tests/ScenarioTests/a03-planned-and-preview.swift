import Foundation
import TestSupport
import Testing

/// Before its release a version is as if it were not there, except for those who may preview it.
@Suite("a03 lifecycle: planned and preview")
struct PlannedAndPreview {
    static func spec(_ upstream: ScriptedUpstream) -> String {
        """
        upstreams: { shop: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        consumers:
          partner: { groups: [ partners ], credentials: [ { key: "${env:PARTNER_KEY}" } ] }
          visitor: { groups: [ visitors ], credentials: [ { key: "${env:VISITOR_KEY}" } ] }
        plugins: [ request-id ]
        apis:
          orders:
            path: /orders
            upstream: shop
            versions:
              v1: { routes: [ "GET /{id}" ] }
              v2:
                released: 2999-01-01
                deprecated: 2999-06-01
                routes: [ "GET /{id}", "POST /" ]
              v3:
                released: 2999-01-01
                preview: [ partners ]
                plugins:
                  - key-auth: { header: apikey }
                  - rate-limit: { limit: 3/hour, by: consumer }
                routes:
                  - GET /{id}
                  - { match: POST /, plugins: [ { request-size-limit: { body: 4B } } ] }
        """
    }

    static let environment = ["PARTNER_KEY": "partner-key", "VISITOR_KEY": "visitor-key"]

    @Test("a planned version cannot be told from an unknown one, whoever asks for whatever in whatever way")
    func indistinguishable() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        let requests: [(String, [String], String?)] = [
            ("GET /orders/VERSION/7", [], nil),
            ("GET /orders/VERSION", [], nil),
            ("POST /orders/VERSION/", [], "a body that is too large"),
            ("POST /orders/VERSION/", ["Expect: 100-continue"], "12345"),
            ("DELETE /orders/VERSION/7", [], nil),
            ("GET /orders/VERSION/no/such/place", [], nil),
            ("HEAD /orders/VERSION/7", [], nil),
            ("GET /orders/VERSION/7", ["apikey: visitor-key"], nil),
            ("GET /orders/VERSION/7", ["apikey: wrong"], nil),
            ("GET /orders/VERSION/7", ["apikey: partner-key", "apikey: partner-key"], nil),
            ("GET /orders/VERSION/7", ["X-Request-Id: mine"], nil),
        ]
        for (line, fields, body) in requests {
            func answer(_ version: String) throws -> String {
                let line = line.replacingOccurrences(of: "VERSION", with: version)
                return try gateway.ask(line, fields, body: body).withoutDate
            }
            let unknown = try answer("v9")
            #expect(unknown.hasPrefix("HTTP/1.1 404 "))
            #expect(unknown == (try answer("v2")), "\(line) \(fields)")
            #expect(unknown == (try answer("v3")), "\(line) \(fields)")
            if body == nil, !line.hasPrefix("HEAD") { #expect(unknown.contains(#""versions":["v1"]"#)) }
        }
        #expect(upstream.requests.isEmpty)
    }

    @Test("those of the preview's groups get through, under the rules that will apply to all")
    func preview() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        for _ in 0..<3 {
            let answer = try gateway.ask("GET /orders/v3/7", ["apikey: partner-key"])
            #expect(answer.status == 200)
            #expect(answer["RateLimit"] != nil)
        }
        let limited = try gateway.ask("GET /orders/v3/7", ["apikey: partner-key"])
        #expect(limited.status == 429)
        #expect(limited.problem == "rate-limit-exceeded")
        #expect(upstream.requests.count == 3)
        #expect(upstream.requests.allSatisfy { $0["X-Consumer-Username"] == "partner" && $0["apikey"] == nil })
    }

    @Test("after the release everyone is refused or served as the version says")
    func released() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            Self.spec(upstream),
            ["--at", "2999-01-01"],
            environment: Self.environment
        )
        #expect(try gateway.ask("GET /orders/v2/7").status == 200)
        #expect(try gateway.ask("GET /orders/v3/7").status == 401)
        #expect(try gateway.ask("GET /orders/v3/7", ["apikey: visitor-key"]).status == 200)
        #expect(try gateway.ask("POST /orders/v3/", ["apikey: visitor-key"], body: "12345").status == 413)
        #expect(try gateway.ask("GET /orders/v9/7").json["versions"] as? [String] == ["v1", "v2", "v3"])
    }
}
