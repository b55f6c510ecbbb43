import Foundation
import TestSupport
import Testing

/// The CORS protocol as browsers speak it (Fetch standard, section 3.2).
@Suite("c06 plugins: cors")
struct CrossOriginScenario {
    private static func spec(_ upstream: ScriptedUpstream) -> String {
        """
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        consumers: { acme: { credentials: [ { key: "${env:ACME_KEY}" } ] } }
        apis:
          shop:
            path: /shop
            upstream: up
            plugins: [ key-auth, rate-limit: { limit: 3/hour }, request-id ]
            versions:
              v1:
                plugins:
                  - cors:
                      origins: [ "https://app.example.com", "https://*.example.org", "HTTP://localhost:3000" ]
                      allow-credentials: true
                      expose: [ RateLimit, X-Request-Id ]
                routes: [ GET /items, DELETE /items, "OPTIONS /own", GET /own ]
              v2:
                plugins:
                  - cors:
                      { origins: "*", methods: [ GET, PUT ], headers: [ X-A, X-B ], max-age: 1h, private-network: true }
                routes: [ GET /items, PUT /items ]
              v3: { routes: [ GET /items, OPTIONS /items ] }
              v4:
                released: 2099-01-01
                plugins: [ cors: { origins: "*" } ]
                routes: [ GET /items ]
              v5:
                released: 2020-01-01
                deprecated: 2020-06-01
                sunset: 2021-01-01
                tombstone: 36500d
                plugins: [ cors: { origins: "*" } ]
                routes: [ GET /items ]
        """
    }

    private static let app = "Origin: https://app.example.com"
    private static let asksGet = "Access-Control-Request-Method: GET"

    private func start(_ own: [String] = []) throws -> (ScriptedUpstream, RunningGateway) {
        let upstream = try ScriptedUpstream { try $0.answer(200, own) }
        return (upstream, try RunningGateway(Self.spec(upstream), environment: ["ACME_KEY": "k"]))
    }

    @Test("preflights are answered for the request that they announce, without key and uncounted")
    func preflights() throws {
        let (upstream, gateway) = try start()
        defer { upstream.stop() }
        for _ in 0..<5 {
            let answer = try gateway.ask(
                "OPTIONS /shop/v1/items",
                [Self.app, "Access-Control-Request-Method: DELETE", "Access-Control-Request-Headers: apikey, x-b"]
            )
            #expect(answer.status == 204)
            #expect(answer.values("Access-Control-Allow-Origin") == ["https://app.example.com"])
            #expect(answer.values("Access-Control-Allow-Credentials") == ["true"])
            #expect(answer.values("Access-Control-Allow-Methods") == ["DELETE"])
            #expect(answer.values("Access-Control-Allow-Headers") == ["apikey, x-b"])
            #expect(answer.values("Access-Control-Max-Age") == ["600"])
            #expect(answer["Access-Control-Expose-Headers"] == nil && answer["RateLimit"] == nil)
            let vary = answer.values("Vary").joined(separator: ", ")
            for name in ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"] {
                #expect(vary.contains(name))
            }
        }
        let open = try gateway.ask(
            "OPTIONS /shop/v2/items",
            [
                "Origin: null", "Access-Control-Request-Method: PATCH", "Access-Control-Request-Method: x",
                "Access-Control-Request-Private-Network: true",
            ]
        )
        #expect(open.status == 405, "no route takes the method")
        let wild = try gateway.ask(
            "OPTIONS /shop/v2/items",
            ["Origin: null", "Access-Control-Request-Method: PUT", "Access-Control-Request-Private-Network: true"]
        )
        #expect(wild.status == 204)
        #expect(wild.values("Access-Control-Allow-Origin") == ["*"])
        #expect(wild.values("Access-Control-Allow-Methods") == ["GET, PUT"])
        #expect(wild.values("Access-Control-Allow-Headers") == ["X-A, X-B"])
        #expect(wild.values("Access-Control-Max-Age") == ["3600"])
        #expect(wild.values("Access-Control-Allow-Private-Network") == ["true"])
        #expect(wild["Access-Control-Allow-Credentials"] == nil)
        #expect(!wild.values("Vary").contains("Origin"))
        #expect(upstream.requests.isEmpty)
    }

    @Test(
        "an origin is one that is listed, to the byte, or a subdomain of one with a star",
        arguments: [
            ("https://app.example.com", true), ("https://a.example.org", true), ("https://a.b.example.org", true),
            ("http://localhost:3000", true), ("https://app.example.com:443", false), ("http://app.example.com", false),
            ("https://app.example.com.evil.example", false), ("https://evilexample.org", false),
            ("https://.example.org", false), ("https://example.org", false),
            ("https://evil.example/.example.org", false),
            ("https://evil.example:80.example.org", false), ("https://u@a.example.org", false), ("null", false),
            ("https://APP.example.com", false), ("http://localhost:30000", false), ("http://localhost", false),
        ]
    )
    func origins(_ origin: String, _ isAdmitted: Bool) throws {
        let (upstream, gateway) = try start()
        defer { upstream.stop() }
        let preflight = try gateway.ask("OPTIONS /shop/v1/items", ["Origin: \(origin)", Self.asksGet])
        #expect(preflight.status == (isAdmitted ? 204 : 403))
        #expect(preflight.values("Access-Control-Allow-Origin") == (isAdmitted ? [origin] : []))
        #expect(preflight.values("Vary").joined().contains("Origin"))
        if !isAdmitted { #expect(preflight.problem == "origin-not-allowed") }
        let answer = try gateway.ask("GET /shop/v1/items", ["Origin: \(origin)", "apikey: k"])
        #expect(answer.status == 200, "browsers send Origin with requests of the site itself, too")
        #expect(answer.values("Access-Control-Allow-Origin") == (isAdmitted ? [origin] : []))
        #expect(answer.values("Access-Control-Allow-Credentials") == (isAdmitted ? ["true"] : []))
    }

    @Test("pages can read what the gateway refuses, and nothing that an upstream says of origins")
    func answers() throws {
        let (upstream, gateway) = try start(["Access-Control-Allow-Origin: *", "access-control-foo: 1", "Vary: Accept"])
        defer { upstream.stop() }
        let refused = try gateway.ask("GET /shop/v1/items", [Self.app])
        #expect(refused.status == 401)
        #expect(refused.values("Access-Control-Allow-Origin") == ["https://app.example.com"])
        #expect(refused.values("Access-Control-Expose-Headers") == ["RateLimit, X-Request-Id"])
        let served = try gateway.ask("GET /shop/v1/items", [Self.app, "apikey: k"])
        #expect(served.status == 200)
        #expect(served.values("Access-Control-Allow-Origin") == ["https://app.example.com"])
        #expect(served["access-control-foo"] == nil)
        #expect(served.values("Vary") == ["Accept", "Origin"])
        // Caches must know, whoever asks.
        let plain = try gateway.ask("GET /shop/v1/items", ["apikey: k"])
        #expect(plain["Access-Control-Allow-Origin"] == nil)
        #expect(plain.values("Vary") == ["Accept", "Origin"])
        let doubled = try gateway.ask("GET /shop/v1/items", [Self.app, Self.app, "apikey: k"])
        #expect(doubled.status == 200 && doubled["Access-Control-Allow-Origin"] == nil)
        let limited = try gateway.ask("GET /shop/v1/items", [Self.app, "apikey: k"])
        #expect(limited.status == 429)
        #expect(limited.values("Access-Control-Allow-Origin") == ["https://app.example.com"])
    }

    @Test("what is no preflight is a request like any other")
    func others() throws {
        let (upstream, gateway) = try start()
        defer { upstream.stop() }
        #expect(try gateway.ask("OPTIONS /shop/v1/items", [Self.app]).status == 405)
        #expect(try gateway.ask("OPTIONS /shop/v1/items", [Self.asksGet]).status == 405)
        #expect(try gateway.ask("OPTIONS /shop/v1/own", [Self.app, "apikey: k"]).status == 200)
        #expect(try gateway.ask("OPTIONS /shop/v1/own", [Self.app, Self.asksGet]).status == 204)
        // Without the plugin the upstream decides.
        #expect(try gateway.ask("OPTIONS /shop/v3/items", [Self.app, Self.asksGet, "apikey: k"]).status == 200)
        #expect(upstream.requests.map(\.method) == ["OPTIONS", "OPTIONS"])
        // A planned version is unknown to pages, too; a sunset one says so where they can read it.
        let planned = try gateway.ask("OPTIONS /shop/v4/items", [Self.app, Self.asksGet])
        let unknown = try gateway.ask("OPTIONS /shop/v9/items", [Self.app, Self.asksGet])
        #expect(planned.status == 404 && planned.withoutDate == unknown.withoutDate)
        #expect(try gateway.ask("OPTIONS /shop/v5/items", [Self.app, Self.asksGet]).status == 204)
        let gone = try gateway.ask("GET /shop/v5/items", [Self.app])
        #expect(gone.status == 410 && gone.values("Access-Control-Allow-Origin") == ["*"])
    }
}
