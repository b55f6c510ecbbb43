import Foundation
import TestSupport
import Testing

/// forward-auth beside everything else: HTTP/2, other plugins, reloads, changes of the protocol.
@Suite("c11 plugins: forward-auth beside others")
struct ForwardAuthBesideOthers {
    typealias Base = ForwardAuthScenario

    @Test("clients and servers of HTTP/2, bodies that come in the meantime, streams that are cancelled")
    func frames() throws {
        let upstream = try Base.echo()
        let closed = Latch<Bool>()
        let asked = Latch<Bool>()
        let gatekeeper = try FrameUpstream { peer in
            while let question = try peer.nextRequest() {
                let uri = question["x-forwarded-uri"] ?? ""
                #expect(question[":method"] == "GET" && question[":path"] == "/verify" && question.endsStream)
                if uri.hasSuffix("/wait") {
                    asked.set(true)
                    closed.set(try peer.frames.receive(.reset) != nil)
                } else if uri.hasSuffix("/no") {
                    try peer.answer(question.stream, 403, [("x-why", "because")], "no")
                } else {
                    try peer.answer(question.stream, 200, [("x-user", "alice")], "yes")
                }
            }
        }
        defer {
            upstream.stop()
            gatekeeper.stop()
        }
        let gateway = try RunningGateway(
            Base.spec(
                upstream.port,
                [gatekeeper.port],
                settings: "upstream-headers: [ X-User ]",
                upstreams: ", http2: true"
            )
        )
        let body = String(repeating: "b", count: 50_000)
        try gateway.folder.write(body, to: "body")
        let yes = try HTTP2Requests.curl(gateway, "/shop/v1/yes", ["-i", "--data-binary", "@body"])
        #expect(yes.output.hasPrefix("HTTP/2 200 ") && yes.output.hasSuffix("hello"))
        #expect(upstream.requests.first?.text == body && upstream.requests.first?["X-User"] == "alice")
        let no = try HTTP2Requests.curl(gateway, "/shop/v1/no", ["-i", "--data-binary", "@body"])
        #expect(no.output.hasPrefix("HTTP/2 403 ") && no.output.contains("x-why: because\r\n"))
        #expect(no.output.hasSuffix("no"))
        #expect(try HTTP2Requests.curl(gateway, "/shop/v1/no", ["-I"]).output.hasPrefix("HTTP/2 403 "))
        #expect(try gateway.ask("GET /shop/v1/no").text == "no")
        #expect(try gateway.ask("GET /shop/v1/yes").text == "hello")
        #expect(upstream.requests.count == 2)

        let frames = try gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("GET", "/shop/v1/wait"), endsStream: true))
        #expect(asked.wait(20) == true)
        try frames.send(.reset(1))
        #expect(closed.wait(20) == true)
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        #expect(upstream.requests.count == 2)
    }

    @Test("what other plugins found out before is not lost, and what stands behind counts only who may pass")
    func others() throws {
        let upstream = try Base.echo()
        let gatekeeper = try ScriptedUpstream { turn in
            try turn.answer(turn.request["X-Consumer-Username"] == "acme" ? 200 : 403, [], "you are not acme")
        }
        defer {
            upstream.stop()
            gatekeeper.stop()
        }
        let gateway = try RunningGateway(
            Base.spec(
                upstream.port,
                [gatekeeper.port],
                settings: "request-headers: [ apikey ], forward-credential: true",
                plugins: "request-id, { key-auth: { query: key, cookie: key, header: apikey } }, "
                    + "{ rate-limit: { limit: 3/hour, by: consumer } }, "
                    + "{ request-headers: { set: { X-Item: \"{**}\" } } }, ",
                more: """
                    consumers:
                      acme: { groups: [ gold ], credentials: [ { key: "${env:ACME_KEY}", id: acme-key } ] }
                      other: { credentials: [ { key: "${env:OTHER_KEY}" } ] }
                    """
            )
            .replacingOccurrences(of: #""ANY /items/{id}", "#, with: ""),
            environment: ["ACME_KEY": "acme-secret", "OTHER_KEY": "other-secret"]
        )
        for _ in 0..<5 {
            let other = try gateway.ask("GET /shop/v1/a?key=other-secret")
            #expect(other.status == 403 && other.text == "you are not acme" && other["RateLimit"] == nil)
        }
        let byQuery = try gateway.ask("GET /shop/v1/a/../b/c?x=1&key=acme-secret&y=2", ["Authorization: kept"])
        #expect(byQuery.status == 200 && byQuery["RateLimit"] != nil)
        let fields = ["Cookie: a=1; key=acme-secret; b=2", "X-Consumer-Username: root", "X-Request-Id: mine"]
        #expect(try gateway.ask("GET /shop/v1/d", fields).status == 200)
        #expect(try gateway.ask("GET /shop/v1/e", ["apikey: acme-secret"]).status == 200)
        #expect(try gateway.ask("GET /shop/v1/e", ["apikey: acme-secret"]).status == 429)
        #expect(try gateway.ask("GET /shop/v1/e", ["apikey: wrong"]).status == 401)

        let requests = upstream.requests
        #expect(requests.map(\.target) == ["/b/c?x=1&y=2", "/d", "/e"])
        #expect(requests.allSatisfy { $0["X-Consumer-Username"] == "acme" && $0["X-Credential-Id"] == "acme-key" })
        #expect(requests.map { $0["X-Item"] } == ["b/c", "d", "e"])
        #expect(requests[0]["Authorization"] == "kept" && requests[1]["Cookie"] == "a=1; b=2")
        #expect(requests[2]["apikey"] == nil)
        let questions = gatekeeper.requests
        #expect(questions.count == 9)
        #expect(questions[5]["X-Forwarded-Uri"] == "/shop/v1/b/c?x=1&y=2")
        #expect(questions[5]["X-Consumer-Groups"] == "gold" && questions[5]["Authorization"] == nil)
        #expect(questions[7]["apikey"] == "acme-secret")
        for (question, request) in zip(questions[5...], requests) {
            #expect(question["X-Request-Id"] == request["X-Request-Id"] && question["X-Request-Id"] != "mine")
        }
    }

    @Test("a token's claims go on with the request")
    func claims() throws {
        let issuer = try TokenIssuer()
        try issuer.makeKey("key", .p256)
        let upstream = try Base.echo()
        let gatekeeper = try ScriptedUpstream { try $0.answer(200) }
        defer {
            upstream.stop()
            gatekeeper.stop()
        }
        let key = "${file:\(issuer.folder.path)/key.pem}"
        let gateway = try RunningGateway(
            Base.spec(
                upstream.port,
                [gatekeeper.port],
                plugins:
                    "{ jwt: { audience: shop, keys: [ { public-key: \"\(key)\" } ], headers: { X-Subject: sub } } }, "
            )
        )
        // The second time the token is known, and read for its claims alone.
        let token = try issuer.token("ES256", key: "key", #""aud":"shop","sub":"alice""#)
        for _ in 0..<2 { #expect(try gateway.ask("GET /shop/v1/x", ["Authorization: Bearer \(token)"]).status == 200) }
        #expect(upstream.requests.map { $0["X-Subject"] } == ["alice", "alice"])
        #expect(gatekeeper.requests.allSatisfy { $0["Authorization"] == "Bearer \(token)" })
    }

    @Test("a change of the protocol, trailers, and a bundle that changes while the server thinks")
    func changes() throws {
        let go = Latch<Bool>()
        let trailers = Latch<[String]>()
        let upstream = try ScriptedUpstream { turn in
            if turn.request["Upgrade"] != nil {
                try turn.wire.send(Upgrades.consent)
                try turn.wire.send(try turn.wire.receive(exactly: 4))
                return turn.close()
            }
            try turn.readBody()
            if turn.request.target == "/trailers" { trailers.set(turn.wire.trailers) }
            try turn.answer(200, [], "plain")
        }
        let gatekeeper = try ScriptedUpstream { turn in
            if turn.request["X-Forwarded-Uri"] == "/shop/v1/wait" { _ = go.wait(20) }
            try turn.answer(200, ["X-User: alice"])
        }
        defer {
            upstream.stop()
            gatekeeper.stop()
        }
        let settings = "upstream-headers: [ X-User ]"
        let gateway = try RunningGateway(Base.spec(upstream.port, [gatekeeper.port], settings: settings))
        let tunnel = try Upgrades.tunnel(gateway, "/shop/v1/chat")
        try tunnel.send("ping")
        #expect(try tunnel.receive(exactly: 4) == Array("ping".utf8))
        #expect(upstream.requests.first?["X-User"] == "alice")

        let wire = try gateway.connect()
        try wire.send(
            "POST /shop/v1/trailers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "4\r\nbody\r\n0\r\nX-User: root\r\nX-Sum: 1\r\n\r\n"
        )
        #expect(try wire.receiveAnswer().status == 200)
        #expect(upstream.requests.last?.text == "body")
        #expect(trailers.wait(20) == ["X-Sum: 1"])

        let waiting = try gateway.connect()
        try waiting.send(WireRequest("GET /shop/v1/wait").text)
        #expect(gatekeeper.waitForRequests(3))
        try gateway.rebuild(PlainSpec.text([upstream.port]))
        #expect(gateway.waits(for: "apic_generation", toBe: 2))
        #expect(try gateway.ask("GET /shop/v1/x").status == 200)
        #expect(gatekeeper.requests.count == 3)
        go.set(true)
        #expect(try waiting.receiveAnswer().status == 200)
        #expect(upstream.requests.last?["X-User"] == "alice" && upstream.requests.last?.target == "/wait")
    }
}
