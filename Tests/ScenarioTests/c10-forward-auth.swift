import Foundation
import TestSupport
import Testing

/// Another server decides whether requests pass.
@Suite("c10 plugins: forward-auth")
struct ForwardAuthScenario {
    /// A spec with two upstreams: `up`, which serves, and `gatekeeper`, which decides.
    static func spec(
        _ upstream: UInt16,
        _ gatekeeper: [UInt16],
        settings: String = "",
        upstreams: String = "",
        plugins: String = "",
        top: String = "",
        more: String = ""
    ) -> String {
        let targets = gatekeeper.map { "\"http://127.0.0.1:\($0)\"" }.joined(separator: ", ")
        let asked = "upstream: gatekeeper, path: /verify" + (settings.isEmpty ? "" : ", \(settings)")
        return """
            \(top)
            upstreams:
              up: { targets: [ "http://127.0.0.1:\(upstream)" ] }
              gatekeeper: { targets: [ \(targets) ]\(upstreams) }
            \(more)
            apis:
              shop:
                path: /shop
                upstream: up
                plugins: [ \(plugins){ forward-auth: { \(asked) } } ]
                versions: { v1: { routes: [ "ANY /items/{id}", "ANY /**" ] } }
            """
    }

    static func echo() throws -> ScriptedUpstream { try ScriptedUpstream { try $0.answer(200, ["X-Of: up"], "hello") } }

    @Test("yes: the request goes on as it was, with what the server says of its caller")
    func yes() throws {
        let upstream = try Self.echo()
        let gatekeeper = try ScriptedUpstream { turn in
            let fields = [
                "X-User: alice", "X-Role: a", "X-Role: b", "X-Other: o", "Set-Cookie: s=1", "Set-Cookie: t=2",
            ]
            try turn.answer(200, fields, "some words of no use")
        }
        defer {
            upstream.stop()
            gatekeeper.stop()
        }
        let settings = "upstream-headers: [ X-User, X-Role, X-Absent ], client-headers: [ Set-Cookie ]"
        let gateway = try RunningGateway(Self.spec(upstream.port, [gatekeeper.port], settings: settings))
        let wire = try gateway.connect()
        let fields = [
            "Authorization: Bearer abc", "Cookie: session=1", "X-User: root", "X-Absent: forged", "X-Mine: kept",
            "X-Consumer-Username: forged", "X-Forwarded-Method: forged",
        ]
        let answer = try wire.ask(WireRequest("POST /shop/v1/./items/%37?a=b", fields, body: "body"))
        #expect(answer.status == 200 && answer.text == "hello" && answer["X-Of"] == "up")
        #expect(answer.values("Set-Cookie") == ["s=1", "t=2"] && answer["X-User"] == nil)

        let question = try #require(gatekeeper.requests.first)
        #expect(question.head.startLine == "GET /verify HTTP/1.1")
        #expect(question["Host"] == "127.0.0.1:\(gatekeeper.port)" && question.body.isEmpty)
        #expect(question["Authorization"] == "Bearer abc" && question["Cookie"] == "session=1")
        #expect(question.values("X-Forwarded-Method") == ["POST"])
        #expect(question["X-Forwarded-Uri"] == "/shop/v1/items/7?a=b")
        #expect(question["X-Forwarded-Host"] == "gateway.test" && question["X-Forwarded-Proto"] == "http")
        #expect(question["X-Forwarded-For"] == "127.0.0.1")
        for name in ["X-User", "X-Mine", "X-Consumer-Username", "Content-Length", "Transfer-Encoding"] {
            #expect(question[name] == nil, "\(name)")
        }

        let request = try #require(upstream.requests.first)
        #expect(request.head.startLine == "POST /items/7?a=b HTTP/1.1" && request.text == "body")
        #expect(request.values("X-User") == ["alice"] && request.values("X-Role") == ["a", "b"])
        #expect(request["X-Absent"] == nil && request["X-Other"] == nil && request["Authorization"] == nil)
        #expect(request["Cookie"] == "session=1" && request["X-Mine"] == "kept")
        // Both connections go on.
        for _ in 0..<3 { #expect(try wire.ask(WireRequest("GET /shop/v1/x")).status == 200) }
        #expect(gatekeeper.connectionCount == 1 && upstream.connectionCount == 1)
        #expect(try gateway.metric(#"apic_authorizer_answers_total{result="allowed"}"#) == 4)
    }

    @Test("no: the client gets the server's own answer, and the upstream hears nothing")
    func no() throws {
        let upstream = try Self.echo()
        let gatekeeper = try ScriptedUpstream { turn in
            switch turn.request["X-Forwarded-Uri"] {
            case "/shop/v1/login":
                try turn.answer(302, ["Location: https://login.example.com/", "Set-Cookie: state=1"], "go there")
            case "/shop/v1/chunks":
                try turn.send(
                    "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n20000\r\n"
                        + String(repeating: "x", count: 0x20000) + "\r\n0\r\n\r\n"
                )
            case "/shop/v1/early":
                try turn.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
                try turn.answer(404, [], "hidden")
            default: try turn.answer(401, ["WWW-Authenticate: Bearer"], "who are you?")
            }
        }
        defer {
            upstream.stop()
            gatekeeper.stop()
        }
        let gateway = try RunningGateway(
            Self.spec(upstream.port, [gatekeeper.port], plugins: "request-id, ")
        )
        let wire = try gateway.connect()
        let unknown = try wire.ask(WireRequest("GET /shop/v1/items/7", ["Authorization: wrong"]))
        #expect(unknown.status == 401 && unknown.text == "who are you?" && unknown["WWW-Authenticate"] == "Bearer")
        #expect(unknown["X-Request-Id"] != nil)
        let login = try wire.ask(WireRequest("GET /shop/v1/login"))
        #expect(login.status == 302 && login["Location"] == "https://login.example.com/" && login.text == "go there")
        #expect(login["Set-Cookie"] == "state=1")
        let chunks = try wire.ask(WireRequest("GET /shop/v1/chunks"))
        #expect(chunks.status == 403 && chunks.body.count == 0x20003)
        let early = try wire.ask(WireRequest("GET /shop/v1/early"))
        #expect(early.status == 404 && early.text == "hidden")
        // A HEAD is asked about by GET; its answer has no body all the same.
        let head = try wire.ask(WireRequest("HEAD /shop/v1/items/7"))
        #expect(head.status == 401 && head["Content-Length"] == "12")
        #expect(try wire.ask(WireRequest("GET /shop/v1/items/7")).text == "who are you?")
        // A body that nobody read ends the connection.
        let refused = try wire.ask(WireRequest("POST /shop/v1/items/7", body: "body"))
        #expect(refused.status == 401 && refused["Connection"] == "close" && wire.isClosed())
        #expect(upstream.requests.isEmpty)
        #expect(gatekeeper.requests.allSatisfy { $0.method == "GET" })
        #expect(try gateway.metric(#"apic_authorizer_answers_total{result="denied"}"#) == 7)
        #expect(gateway.program.wait(20) { gateway.accessLog.count == 7 })
        let line = try #require(gateway.accessLog.first)
        #expect(line["refused_by"] as? String == "forward-auth" && line["reason"] as? String == "authorizer-denied")
        #expect(line["status"] as? Int == 401)
    }

    @Test("nobody to ask: 503, or the request passes if the spec says so, never with the client's own word for it")
    func failures() throws {
        let upstream = try Self.echo()
        let gone = try ScriptedUpstream()
        gone.stop()
        let hold = Latch<Bool>()
        let gatekeeper = try ScriptedUpstream { turn in
            switch turn.request["X-Forwarded-Uri"] {
            case "/shop/v1/error": try turn.answer(500, [], "secret trace")
            case "/shop/v1/garbage": try turn.send("what?\r\n\r\n")
            case "/shop/v1/upgrade": try turn.send("HTTP/1.1 101 Switching Protocols\r\n\r\n")
            case "/shop/v1/cut":
                try turn.send("HTTP/1.1 200 OK\r\nX-User: cut\r\nContent-Length: 10\r\n\r\nabc")
                turn.close()
            case "/shop/v1/fields":
                try turn.answer(200, ["X-User: " + String(repeating: "x", count: 17_000)])
            case "/shop/v1/silence": _ = hold.wait(20)
            default: turn.reset()
            }
        }
        defer {
            hold.set(true)
            upstream.stop()
            gatekeeper.stop()
        }
        let paths = ["error", "garbage", "upgrade", "cut", "fields", "reset", "silence"]
        for (failure, isOpen) in [("deny", false), ("allow", true)] {
            let settings = "timeout: 300ms, upstream-headers: [ X-User ], on-failure: \(failure)"
            let gateway = try RunningGateway(Self.spec(upstream.port, [gatekeeper.port], settings: settings))
            for path in paths {
                upstream.forget()
                let answer = try gateway.ask("POST /shop/v1/\(path)", ["X-User: root"], body: "body")
                if isOpen {
                    #expect(answer.status == 200 && answer.text == "hello", "\(path)")
                    let request = try #require(upstream.requests.first)
                    #expect(request.text == "body" && request["X-User"] == nil, "\(path)")
                } else {
                    #expect(answer.status == 503 && answer.problem == "authorizer-unavailable", "\(path)")
                    #expect(answer["Retry-After"] == "1" && upstream.requests.isEmpty, "\(path)")
                    #expect(answer.json["refused_by"] as? String == "forward-auth")
                }
            }
            let failed = #"apic_authorizer_answers_total{result="failed"}"#
            #expect(try gateway.metric(failed) == Double(paths.count))
            #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        }
        let absent = try RunningGateway(Self.spec(upstream.port, [gone.port]))
        #expect(try absent.ask("GET /shop/v1/x").status == 503)
        // Another target is asked instead.
        let good = try ScriptedUpstream { try $0.answer(204) }
        defer { good.stop() }
        let two = try RunningGateway(
            Self.spec(upstream.port, [gone.port, good.port], upstreams: ", retries: { attempts: 1 }")
        )
        for _ in 0..<6 { #expect(try two.ask("GET /shop/v1/x").status == 200) }
        #expect(good.requests.count == 6)
    }

    @Test("while the server thinks, the body is not read and nobody is told to go on; who leaves is forgotten")
    func meanwhile() throws {
        let upstream = try Self.echo()
        let go = Latch<Bool>()
        let closed = Latch<Bool>()
        let gatekeeper = try ScriptedUpstream { turn in
            if turn.request["X-Forwarded-Uri"] == "/shop/v1/leave" {
                closed.set(turn.wire.isClosed(within: 20))
                return turn.close()
            }
            _ = go.wait(20)
            try turn.answer(200)
        }
        defer {
            upstream.stop()
            gatekeeper.stop()
        }
        let gateway = try RunningGateway(Self.spec(upstream.port, [gatekeeper.port]))
        let wire = try gateway.connect()
        try wire.send(WireRequest("POST /shop/v1/x", ["Expect: 100-continue", "Content-Length: 4"]).text)
        #expect(gatekeeper.waitForRequests(1))
        #expect(!wire.isReadable(within: 0.1))
        go.set(true)
        #expect(try wire.receiveAnyAnswer().status == 100)
        try wire.send("body")
        #expect(try wire.receiveAnswer().text == "hello" && upstream.requests.first?.text == "body")

        let leaving = try gateway.connect()
        try leaving.send(WireRequest("GET /shop/v1/leave").text)
        #expect(gatekeeper.waitForRequests(2))
        leaving.reset()
        #expect(closed.wait(20) == true)
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        #expect(upstream.requests.count == 1)
    }

    @Test("a crowd behind one connection: everybody waits for the own answer, or no longer than allowed")
    func crowd() throws {
        let upstream = try Self.echo()
        let gatekeeper = try ScriptedUpstream { turn in
            let uri = turn.request["X-Forwarded-Uri"] ?? ""
            try turn.answer(uri.hasSuffix("1") ? 403 : 200, ["X-User: \(uri)"])
        }
        defer {
            upstream.stop()
            gatekeeper.stop()
        }
        let gateway = try RunningGateway(
            Self.spec(
                upstream.port,
                [gatekeeper.port],
                settings: "upstream-headers: [ X-User ]",
                upstreams: ", connections: { max: 1, queue: 100, wait: 30s }"
            )
        )
        let wires = try (0..<40).map { _ in try gateway.connect() }
        for round in 0..<5 {
            for (number, wire) in wires.enumerated() {
                try wire.send(WireRequest("GET /shop/v1/\(round)/\(number)").text)
            }
            for (number, wire) in wires.enumerated() {
                #expect(try wire.receiveAnswer().status == ("\(number)".hasSuffix("1") ? 403 : 200))
            }
        }
        #expect(gatekeeper.connectionCount == 1 && gatekeeper.requests.count == 200)
        #expect(upstream.requests.count == 180)
        #expect(upstream.requests.allSatisfy { $0["X-User"] == "/shop/v1" + $0.target })
        // Requests in a row on one connection are answered in their order.
        let wire = try gateway.connect()
        try wire.send((0..<5).map { WireRequest("GET /shop/v1/row/\($0)").text }.joined())
        let statuses = try (0..<5).map { _ in try wire.receiveAnswer().status }
        #expect(statuses == [200, 403, 200, 200, 200])
    }
}
