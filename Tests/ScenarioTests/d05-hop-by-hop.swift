import Foundation
import TestSupport
import Testing

/// What ends at the gateway, and what it says of itself and of the client.
@Suite("d05 HTTP/1.1: fields of the hop")
struct HopByHop {
    @Test("fields of the connection and those it names stay here, both ways")
    func connectionFields() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.answer(
                200,
                [
                    "Connection: X-Private, keep-alive", "X-Private: 1", "Keep-Alive: timeout=5", "Upgrade: h2",
                    "Proxy-Connection: keep-alive", "Proxy-Authenticate: Basic", "Trailer: X-T", "X-Public: 2",
                ],
                "x"
            )
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let answer = try gateway.ask(
            "GET /",
            [
                "Connection: X-One,  ,keep-alive", "X-One: 1", "Connection: x-two", "X-TWO: 2", "X-Three: 3",
                "Keep-Alive: timeout=9", "TE: trailers", "Trailer: X-T", "Proxy-Connection: close",
                "Proxy-Authorization: Basic x", "Authorization: Bearer kept",
            ]
        )
        let dropped = [
            "x-one", "x-two", "keep-alive", "te", "trailer", "proxy-connection", "proxy-authorization", "connection",
        ]
        let request = try #require(upstream.requests.first)
        for name in dropped { #expect(request[name] == nil, "\(name)") }
        #expect(request["X-Three"] == "3")
        #expect(request["Authorization"] == "Bearer kept")
        for name in ["connection", "x-private", "keep-alive", "upgrade", "proxy-connection", "proxy-authenticate"] {
            #expect(answer[name] == nil, "\(name)")
        }
        #expect(answer["X-Public"] == "2")
    }

    @Test("naming a field that matters in Connection does not take it from the gateway")
    func namedFraming() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        for name in ["Content-Length", "Host", "X-Forwarded-For", "Via"] {
            upstream.forget()
            let answer = try gateway.ask("POST /", ["Connection: \(name)"], body: "hello")
            #expect(answer.status == 200, "\(name)")
            let request = try #require(upstream.requests.first)
            #expect(request.text == "hello", "\(name)")
            #expect(request.values("Host").count == 1, "\(name)")
            #expect(request.values("X-Forwarded-For") == ["127.0.0.1"], "\(name)")
        }
    }

    @Test("an offer to change to HTTP/2 is ignored, a tunnel to anywhere refused")
    func upgrade() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let ignored = try gateway.ask(
            "GET /",
            ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"]
        )
        #expect(ignored.status == 200)
        #expect(upstream.requests.first?["Upgrade"] == nil)
        #expect(upstream.requests.first?["HTTP2-Settings"] == nil)
        let tunnel = try gateway.connect()
        try tunnel.send("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
        #expect(try tunnel.receiveAnswer().status == 400)
        #expect(tunnel.isClosed())
        let preface = try gateway.connect()
        try preface.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")
        #expect([400, 505].contains(try preface.receiveAnswer().status))
        #expect(upstream.requests.count == 1)
    }

    static let claims = [
        "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", "X-Forwarded-Host: outer.example.com",
        "X-Forwarded-Port: 443", "X-Forwarded-Prefix: /x", "Forwarded: for=203.0.113.9;proto=https",
        "X-Real-Other: kept",
        "Via: 1.1 outer",
    ]

    @Test("what a stranger claims about the way here is replaced")
    func strangers() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        _ = try gateway.ask("GET /", Self.claims + ["Host: api.example.com"])
        let request = try #require(upstream.requests.first)
        #expect(request.values("X-Forwarded-For") == ["127.0.0.1"])
        #expect(request.values("X-Forwarded-Proto") == ["http"])
        #expect(request.values("X-Forwarded-Host") == ["api.example.com"])
        #expect(request["X-Forwarded-Port"] == nil)
        #expect(request["X-Forwarded-Prefix"] == nil)
        #expect(request.values("Forwarded") == [#"for=127.0.0.1;proto=http;host="api.example.com""#])
        #expect(request.values("Via").joined(separator: ", ") == "1.1 outer, 1.1 apic")
        #expect(request["X-Real-Other"] == "kept")
    }

    @Test("what a trusted proxy claims is kept, and the proxy is added")
    func trusted() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            PlainSpec.text(upstream, top: "listen: { trusted-proxies: [ 127.0.0.0/8, \"2001:db8::/32\" ] }")
        )
        _ = try gateway.ask("GET /", Self.claims + ["Host: api.example.com"])
        _ = try gateway.ask("GET /", ["Host: api.example.com"])
        let request = try #require(upstream.requests.first)
        #expect(request.values("X-Forwarded-For").joined(separator: ", ") == "203.0.113.9, 127.0.0.1")
        #expect(request.values("X-Forwarded-Proto") == ["https"])
        #expect(request.values("X-Forwarded-Host") == ["outer.example.com"])
        #expect(request.values("X-Forwarded-Port") == ["443"])
        #expect(
            request.values("Forwarded").joined(separator: ", ")
                == #"for=203.0.113.9;proto=https, for=127.0.0.1;proto=http;host="api.example.com""#
        )
        #expect(upstream.requests.last?.values("X-Forwarded-Proto") == ["http"])
        #expect(upstream.requests.last?.values("X-Forwarded-Host") == ["api.example.com"])
    }

    @Test("an HTTP/1.0 client is said to be one; without a host none is invented")
    func oldClient() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        try wire.send("GET / HTTP/1.0\r\n\r\n")
        #expect(try wire.receiveAnswer().status == 200)
        let request = try #require(upstream.requests.first)
        #expect(request.values("Via") == ["1.0 apic"])
        #expect(request["X-Forwarded-Host"] == nil)
        #expect(request.values("Forwarded") == ["for=127.0.0.1;proto=http"])
        #expect(request.values("Host") == ["127.0.0.1:\(upstream.port)"])
        #expect(request.head.startLine == "GET / HTTP/1.1")
    }
}
