import Foundation
import TestSupport
import Testing

/// What the answers of a version say about its end, beside what its upstream says.
@Suite("a02 lifecycle: headers")
struct LifecycleHeaders {
    static let docs = "https://developer.example.com/end"

    static func spec(_ upstream: ScriptedUpstream) -> String {
        """
        upstreams: { shop: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        consumers: { acme: { credentials: [ { key: "${env:ACME_KEY}" } ] } }
        apis:
          orders:
            path: /orders
            upstream: shop
            versions:
              v1:
                released: 2024-01-01
                deprecated: 2030-06-01
                sunset: 2031-01-01
                docs: \(docs)
                successor: v2
                routes:
                  - GET /**
                  - { match: POST /locked, plugins: [ key-auth ] }
                  - { match: GET /limited, plugins: [ { rate-limit: { limit: 1/hour, by: address } } ] }
                  - { match: POST /small, plugins: [ { request-size-limit: { body: 4B } } ] }
                  - { match: GET /said, plugins: [ { respond: { body: here } } ] }
              v2:
                released: 2025-01-01
                deprecated: 2032-01-01
                routes: [ "GET /**" ]
              v3:
                routes: [ "GET /**" ]
        """
    }

    @Test("an upstream's own values are replaced, other links are kept")
    func replaced() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.answer(
                200,
                [
                    "Deprecation: @1", "deprecation: true", "Sunset: Sat, 01 Jan 2000 00:00:00 GMT",
                    #"Link: <https://x.example/a,b>; rel="next", <https://x.example/old>; rel="sunset""#,
                    #"Link: <https://x.example/z>; rel=deprecation"#,
                    #"link: <https://x.example/s>; title="x; rel=sunset, y"; rel="prev""#,
                    #"Link: </v9/>; rel="alternate successor-version""#,
                    "X-Kept: yes",
                ],
                "body"
            )
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), ["--at", "2030-07-01"], environment: ["ACME_KEY": "k"])
        let answer = try gateway.ask("GET /orders/v1/7")
        #expect(answer.values("Deprecation") == ["@1906502400"])
        #expect(answer.values("Sunset") == ["Wed, 01 Jan 2031 00:00:00 GMT"])
        #expect(
            Set(answer.values("Link")) == [
                #"<https://x.example/a,b>; rel="next""#,
                #"<https://x.example/s>; title="x; rel=sunset, y"; rel="prev""#,
                #"<\#(Self.docs)>; rel="deprecation"; type="text/html""#,
                #"<\#(Self.docs)>; rel="sunset"; type="text/html""#,
                #"</orders/v2/>; rel="successor-version""#,
            ]
        )
        #expect(answer["X-Kept"] == "yes")
        // A version without an end leaves its upstream's words alone.
        let other = try gateway.ask("GET /orders/v3/7")
        #expect(other.values("Deprecation") == ["@1", "true"])
        #expect(other.values("Link").count == 4)
    }

    @Test("refusals and answers of the gateway itself carry them, too")
    func refusals() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), ["--at", "2030-01-01"], environment: ["ACME_KEY": "k"])
        _ = try gateway.ask("GET /orders/v1/limited")
        let cases: [(WireRequest, Int)] = [
            (WireRequest("GET /orders/v1/7"), 200),
            (WireRequest("POST /orders/v1/locked"), 401),
            (WireRequest("GET /orders/v1/limited"), 429),
            (WireRequest("POST /orders/v1/small", body: "large"), 413),
            (WireRequest("PUT /orders/v1/7"), 405),
            (WireRequest("GET /orders/v1/said"), 200),
        ]
        for (request, status) in cases {
            let answer = try gateway.ask(request)
            let comment: Comment = "\(request.method) \(request.target)"
            #expect(answer.status == status, comment)
            #expect(answer.values("Deprecation") == ["@1906502400"], comment)
            #expect(answer.values("Sunset") == ["Wed, 01 Jan 2031 00:00:00 GMT"], comment)
            #expect(answer.values("Link").count == 3, comment)
            if status >= 400 {
                #expect(answer["Cache-Control"] == "no-store", comment)
                #expect(answer["Content-Type"] == "application/problem+json", comment)
            }
        }
    }

    @Test("no sunset, no docs: only what is known is said")
    func partial() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: ["ACME_KEY": "k"])
        let second = try gateway.ask("GET /orders/v2/7")
        #expect(second.values("Deprecation") == ["@1956528000"])
        #expect(second["Sunset"] == nil)
        #expect(second["Link"] == nil)
        let third = try gateway.ask("GET /orders/v3/7")
        #expect(third["Deprecation"] == nil)
        #expect(third["Sunset"] == nil)
    }

    @Test("502 and 504 of a deprecated version say so")
    func failures() throws {
        let upstream = try ScriptedUpstream { turn in turn.reset() }
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: ["ACME_KEY": "k"])
        let answer = try gateway.ask("GET /orders/v1/7")
        #expect(answer.status == 502)
        #expect(answer["Deprecation"] == "@1906502400")
        #expect(answer["Cache-Control"] == "no-store")
    }
}
