import TestSupport
import Testing

/// What becomes of a path on its way: normal form, captures, strip, rewrite, trailing slash, query.
@Suite("b02 routing: paths")
struct Paths {
    static func spec(_ upstream: ScriptedUpstream) -> String {
        """
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        apis:
          shop:
            path: /shop
            upstream: up
            versions:
              v1:
                routes:
                  - GET /**
                  - { match: "GET /whole/{id}", strip: false }
                  - { match: "GET /moved/{id}/{name}", rewrite: "/internal/{name}/of-{id}" }
                  - { match: "GET /fixed", rewrite: / }
                  - { match: "GET /host", preserve-host: true }
                  - { match: "GET /number/{n:[0-9]+}", rewrite: "/n/{n}" }
                  - { match: "GET /tail/**", rewrite: "/other" }
        """
    }

    /// Path as sent, and what the upstream gets; `nil` is 400.
    static let normalForm: [(String, String?)] = [
        ("/shop/v1/a", "/a"),
        ("/shop/v1", "/"),
        ("/shop/v1/", "/"),
        ("/shop/v1/a/", "/a/"),
        ("//shop///v1//a", "/a"),
        ("/shop/./v1/a/./b", "/a/b"),
        ("/shop/v1/a/../b", "/b"),
        ("/shop/v1/a/..", "/"),
        ("/shop/v1/a/.", "/a/"),
        ("/x/../shop/v1/a", "/a"),
        ("/shop/v1/%61%7E%2d", "/a~-"),
        ("/shop/v1/%2e%2e/v1/a", "/a"),
        ("/shop/v1/%2E/a", "/a"),
        ("/shop/v1/a%2Fb", "/a%2Fb"),
        ("/shop/v1/a%2fb%3a", "/a%2Fb%3A"),
        ("/shop/v1/a%2F..%2Fb", "/a%2F..%2Fb"),
        ("/shop/v1/a;b=1/..;/c", "/a;b=1/..;/c"),
        ("/shop/v1/...", "/..."),
        ("/shop/v1/.a", "/.a"),
        ("/shop/v1/%20%80%FF", "/%20%80%FF"),
        ("/shop/v1/a%25", "/a%25"),
        ("/shop/v1/%252F", "/%252F"),
        ("/shop/v1/a:b@c!$&'()*+,=", "/a:b@c!$&'()*+,="),
        ("/shop%2Fv1/a", "404"),
        ("/..", nil),
        ("/../shop/v1/a", nil),
        ("/shop/v1/../../../a", nil),
        ("/shop/%2e%2e/%2e%2e/a", nil),
        ("/shop/v1/%", nil),
        ("/shop/v1/%4", nil),
        ("/shop/v1/%zz", nil),
        ("/shop/v1/%00", nil),
        ("/shop/v1/%1f", nil),
        ("/shop/v1/%7F", nil),
        ("/shop/v1/%5c", nil),
        ("/shop/v1/a\\b", nil),
        ("/shop/v1/a\u{1}b", nil),
        ("/shop/v1/a\u{7F}b", nil),
        ("/shop/v1/a#b", nil),
        ("shop/v1/a", nil),
        ("?a", nil),
    ]

    @Test("a path arrives in normal form, or is refused and the connection closed")
    func normalForm() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream))
        for (sent, expected) in Self.normalForm {
            upstream.forget()
            let wire = try gateway.connect()
            let answer = try wire.ask(WireRequest("GET \(sent)"))
            if let expected {
                #expect(answer.status == (expected == "404" ? 404 : 200), "\(sent.debugDescription)")
                #expect(upstream.requests.first?.target == (expected == "404" ? nil : expected), "\(sent)")
            } else {
                #expect(answer.status == 400, "\(sent.debugDescription)")
                #expect(answer["Connection"] == "close", "\(sent.debugDescription)")
                #expect(wire.isClosed(), "\(sent.debugDescription)")
                #expect(upstream.requests.isEmpty, "\(sent.debugDescription)")
            }
        }
    }

    @Test("strip, rewrite, captures; the query is never touched")
    func upstreamPath() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream))
        let cases = [
            ("/shop/v1/whole/7", "/shop/v1/whole/7"),
            ("//shop/./v1/whole/7/", "/shop/v1/whole/7/"),
            ("/shop/v1/moved/7/x", "/internal/x/of-7"),
            ("/shop/v1/moved/7/x/", "/internal/x/of-7"),
            ("/shop/v1/moved/%37/a%2Fb%20c", "/internal/a%2Fb%20c/of-7"),
            ("/shop/v1/fixed", "/"),
            ("/shop/v1/number/0042", "/n/0042"),
            ("/shop/v1/number/4x", "/number/4x"),
            ("/shop/v1/tail/a/b", "/other"),
            ("/shop/v1/a?x=%2F../..//&y=\\%zz", "/a?x=%2F../..//&y=\\%zz"),
            ("/shop/v1?", "/?"),
            ("/shop/v1/moved/7/x?q=1?2&q={id}", "/internal/x/of-7?q=1?2&q={id}"),
            ("http://gateway.test/shop/v1/a?b", "/a?b"),
        ]
        for (sent, expected) in cases {
            upstream.forget()
            #expect(try gateway.ask("GET \(sent)").status == 200, "\(sent)")
            #expect(upstream.requests.first?.target == expected, "\(sent)")
        }
    }

    @Test("an absolute target without a path is the root's")
    func absoluteRoot() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            """
            upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
            apis:
              all: { path: /, upstream: up, versioning: { by: query }, versions: { v1: { default: true, routes: [ "GET /**" ] } } }
            """
        )
        for (target, expected) in [("http://gateway.test", "/"), ("http://gateway.test?a=1", "/?a=1"), ("/", "/")] {
            upstream.forget()
            #expect(try gateway.ask("GET \(target)").status == 200, "\(target)")
            #expect(upstream.requests.first?.target == expected, "\(target)")
        }
    }

    @Test("the upstream's host is the target's, or the client's where the route says so")
    func host() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream))
        _ = try gateway.ask("GET /shop/v1/a", ["Host: shop.example.com:8000"])
        _ = try gateway.ask("GET /shop/v1/host", ["Host: shop.example.com:8000"])
        _ = try gateway.ask("GET http://shop.example.com/shop/v1/host", ["Host: shop.example.com"])
        #expect(
            upstream.requests.map { $0.values("Host") } == [
                ["127.0.0.1:\(upstream.port)"], ["shop.example.com:8000"], ["shop.example.com"],
            ]
        )
    }

    @Test("constraints take the whole segment, in linear time")
    func constraints() throws {
        let gateway = try RunningGateway(
            "apis:\n"
                + RouteChoice.api(
                    "c",
                    "path: /c",
                    [
                        RouteChoice.route("GET /{id:(a+)+b}", "greedy"),
                        RouteChoice.route("GET /{day:[0-9]{4}-[0-9]{2}}/x", "day"),
                        RouteChoice.route("GET /{lang:en|de|fr}", "lang"),
                    ]
                )
        )
        for (path, name) in [
            ("/c/aaab", "greedy"), ("/c/en", "lang"), ("/c/2026-12/x", "day"), ("/c/2026-12", nil), ("/c/eng", nil),
            ("/c/xen", nil), ("/c/a", nil), ("/c/2026-123/x", nil), ("/c/%65n", "lang"),
        ] {
            let answer = try gateway.ask("GET \(path)")
            #expect(answer.status == (name == nil ? 404 : 200), "\(path)")
            if let name { #expect(answer.text == name, "\(path)") }
        }
        let bait = String(repeating: "a", count: 12_000)
        let clock = ContinuousClock()
        let before = clock.now
        #expect(try gateway.ask("GET /c/\(bait)").status == 404)
        #expect(before.duration(to: clock.now) < .seconds(5))
    }
}
