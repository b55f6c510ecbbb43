import Foundation
import TestSupport
import Testing

/// How a request says which version it means, in five ways.
@Suite("a05 lifecycle: version selection")
struct VersionSelection {
    struct Case: Sendable {
        var request: WireRequest
        /// What the upstream sees, or the problem.
        var expected: String

        init(_ line: String, _ fields: [String] = [], _ expected: String) {
            request = WireRequest(line, fields)
            self.expected = expected
        }
    }

    struct Scheme: Sendable, CustomTestStringConvertible {
        var name: String
        /// Inside of the API.
        var spec: String
        var cases: [Case]
        var vary: String?

        var testDescription: String { name }
    }

    static let schemes = [
        Scheme(
            name: "path",
            spec: "path: /orders",
            cases: [
                Case("GET /orders/v1/7", [], "v1 /7"),
                Case("GET /orders/v2/7", [], "v2 /7"),
                Case("GET /orders/V2/7", [], "version-unknown"),
                Case("GET /orders/7", [], "version-unknown"),
                Case("GET /orders/v1", [], "v1 /"),
                Case("GET /orders/%76%31/7", [], "v1 /7"),
            ]
        ),
        Scheme(
            name: "path, the version in front",
            spec: "path: /{version}/orders",
            cases: [
                Case("GET /v1/orders/7", [], "v1 /7"),
                Case("GET /v2/orders", [], "v2 /"),
                Case("GET /v9/orders/7", [], "version-unknown"),
                Case("GET /v1/other", [], "route-not-found"),
            ]
        ),
        Scheme(
            name: "header",
            spec: "path: /orders\n    versioning: { by: header, name: X-API-Version }",
            cases: [
                Case("GET /orders/7", ["X-API-Version: v1"], "v1 /7"),
                Case("GET /orders/7", ["x-api-version:v2 "], "v2 /7"),
                Case("GET /orders/7", [], "v2 /7"),
                Case("GET /orders/7", ["X-API-Version: v9"], "version-unknown"),
                Case("GET /orders/7", ["X-API-Version: V1"], "version-unknown"),
                Case("GET /orders/7", ["X-API-Version:"], "version-unknown"),
                Case("GET /orders/7", ["X-API-Version: v1", "X-API-Version: v1"], "version-contradictory"),
                Case("GET /orders/7", ["X-API-Version: v1", "X-API-Version: v2"], "version-contradictory"),
                Case("GET /orders/no/such", ["X-API-Version: v1", "X-API-Version: v2"], "version-contradictory"),
                Case("GET /orders/7", ["X-API-Version: v1, v2"], "version-unknown"),
            ],
            vary: "x-api-version"
        ),
        Scheme(
            name: "query",
            spec: "path: /orders\n    versioning: { by: query, name: v }",
            cases: [
                Case("GET /orders/7?v=v1", [], "v1 /7?v=v1"),
                Case("GET /orders/7?a=v2&v=%76%32&b", [], "v2 /7?a=v2&v=%76%32&b"),
                Case("GET /orders/7?vv=v1", [], "v2 /7?vv=v1"),
                Case("GET /orders/7", [], "v2 /7"),
                Case("GET /orders/7?v=", [], "version-unknown"),
                Case("GET /orders/7?v", [], "version-unknown"),
                Case("GET /orders/7?v=v9", [], "version-unknown"),
                Case("GET /orders/7?v=v1&v=v1", [], "version-contradictory"),
                Case("GET /orders/7?v=v1&x&%76=v2", [], "version-contradictory"),
            ]
        ),
        Scheme(
            name: "media-type",
            spec:
                "path: /orders\n    versioning: { by: media-type, pattern: \"application/vnd.acme.{version}+json\" }",
            cases: [
                Case("GET /orders/7", ["Accept: application/vnd.acme.v1+json"], "v1 /7"),
                Case("GET /orders/7", ["Accept: text/html, application/vnd.acme.v2+json;q=0.5, */*"], "v2 /7"),
                Case("GET /orders/7", ["Accept: application/json"], "v2 /7"),
                Case("GET /orders/7", ["Content-Type: application/vnd.acme.v1+json"], "v1 /7"),
                Case(
                    "GET /orders/7",
                    ["Accept: application/vnd.acme.v2+json", "Content-Type: application/vnd.acme.v1+json"],
                    "v2 /7"
                ),
                Case("GET /orders/7", ["Accept: application/vnd.acme.v9+json"], "version-unknown"),
                Case(
                    "GET /orders/7",
                    ["Accept: application/vnd.acme.v1+json, application/vnd.acme.v2+json"],
                    "version-contradictory"
                ),
                Case(
                    "GET /orders/7",
                    ["Accept: application/vnd.acme.v1+json", "Accept: application/vnd.acme.v2+json"],
                    "version-contradictory"
                ),
            ],
            vary: "accept"
        ),
        Scheme(
            name: "host",
            spec: "path: /orders\n    versioning: { by: host, pattern: \"{version}.api.example.com\" }",
            cases: [
                Case("GET /orders/7", ["Host: v1.api.example.com"], "v1 /7"),
                Case("GET /orders/7", ["Host: V2.API.example.com:8000"], "v2 /7"),
                Case("GET /orders/7", ["Host: v9.api.example.com"], "version-unknown"),
                Case("GET /orders/7", ["Host: api.example.com"], "route-not-found"),
                Case("GET http://v1.api.example.com/orders/7", ["Host: v1.api.example.com"], "v1 /7"),
                Case("GET http://v1.api.example.com/orders/7", ["Host: v2.api.example.com"], "malformed-request"),
                Case("GET /orders/7", ["Host: v1.api.example.com", "Host: v2.api.example.com"], "malformed-request"),
            ]
        ),
    ]

    @Test(
        "each scheme finds its versions, their default, and refuses doubled and contradictory ones",
        arguments: schemes
    )
    func scheme(_ scheme: Scheme) throws {
        let first = try ScriptedUpstream { try $0.answer(200, [], "v1 \($0.request.target)") }
        let second = try ScriptedUpstream { try $0.answer(200, ["Vary: Origin"], "v2 \($0.request.target)") }
        defer {
            first.stop()
            second.stop()
        }
        let hasDefault = ["header", "query", "media-type"].contains(scheme.name)
        let spec = """
            upstreams:
              first: { targets: [ "http://127.0.0.1:\(first.port)" ] }
              second: { targets: [ "http://127.0.0.1:\(second.port)" ] }
            apis:
              orders:
                \(scheme.spec)
                versions:
                  v1: { upstream: first, routes: [ "GET /", "GET /{id}" ] }
                  v2: { upstream: second, \(hasDefault ? "default: true, " : "")routes: [ "GET /", "GET /{id}" ] }
            """
        let gateway = try RunningGateway(spec)
        for request in scheme.cases {
            let answer = try gateway.ask(request.request)
            let comment: Comment = "\(request.request.text) got \(answer.head.text)\(answer.text)"
            #expect(
                answer.status == 200 ? answer.text == request.expected : answer.problem == request.expected,
                comment
            )
            guard answer.problem != "malformed-request", answer.problem != "route-not-found" else { continue }
            let vary = answer.values("Vary").map { $0.lowercased() }
            if let expected = scheme.vary {
                #expect(vary.contains(expected), comment)
                if answer.text.hasPrefix("v2") { #expect(vary.contains("origin"), comment) }
            }
            if answer.problem == "version-unknown" {
                #expect(answer.json["versions"] as? [String] == ["v1", "v2"], comment)
            }
            if answer.problem == "version-contradictory" { #expect(answer.status == 400, comment) }
        }
    }

    @Test("a version may be said by another value than its name")
    func values() throws {
        let upstream = try ScriptedUpstream { try $0.answer(200, [], $0.request.target) }
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            """
            upstreams: { shop: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
            apis:
              dated:
                path: /dated
                upstream: shop
                versioning: { by: header, name: X-Date }
                versions:
                  first: { value: "2026-01-01", routes: [ { match: GET /, rewrite: /first } ] }
                  second: { value: "2026-06-01", routes: [ { match: GET /, rewrite: /second } ] }
              plain:
                path: /plain
                upstream: shop
                versions:
                  v1: { value: "1", routes: [ "GET /**" ] }
            """
        )
        #expect(try gateway.ask("GET /dated", ["X-Date: 2026-01-01"]).text == "/first")
        #expect(try gateway.ask("GET /dated", ["X-Date: 2026-06-01"]).text == "/second")
        #expect(try gateway.ask("GET /dated", ["X-Date: first"]).problem == "version-unknown")
        let unsaid = try gateway.ask("GET /dated")
        #expect(unsaid.problem == "version-unknown")
        #expect(unsaid.json["versions"] as? [String] == ["2026-01-01", "2026-06-01"])
        #expect(try gateway.ask("GET /plain/1/x").text == "/x")
        #expect(try gateway.ask("GET /plain/v1/x").problem == "version-unknown")
    }
}
