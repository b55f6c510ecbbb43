import Foundation
import TestSupport
import Testing

/// Requests that change the protocol, as WebSocket's do: through every policy, then bytes both ways.
@Suite("d09 HTTP/1.1: upgrades")
struct Upgrades {
    static let wish = [
        "Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ]
    static let consent =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: X-Hop, Upgrade\r\nX-Hop: 1\r\n"
        + "Sec-WebSocket-Accept: yes\r\n\r\n"

    /// Says yes to every upgrade and sends back what comes, up to the end.
    static func echo() throws -> ScriptedUpstream {
        try ScriptedUpstream { turn in
            guard turn.request["Upgrade"] != nil else { return try turn.answer(200, [], "plain") }
            try turn.wire.send(consent)
            while true {
                let bytes = try turn.wire.receive()
                if bytes.isEmpty { break }
                try turn.wire.send(bytes)
            }
            turn.close()
        }
    }

    /// A client's connection that has become a tunnel.
    static func tunnel(_ gateway: RunningGateway, _ target: String = "/") throws -> Wire {
        let wire = try gateway.connect()
        try wire.send(WireRequest("GET \(target)", wish).text)
        #expect(try wire.receiveAnyAnswer().status == 101)
        return wire
    }

    @Test("the upgrade is asked for and answered with the fields it needs, then bytes pass, and a line tells of it")
    func webSocket() throws {
        let upstream = try Self.echo()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        // Requests before it, on both connections.
        #expect(try wire.ask(WireRequest("GET /before")).text == "plain")
        try wire.send(WireRequest("GET /first").text + WireRequest("GET /chat?room=1", Self.wish).text + "early")
        #expect(try wire.receiveAnswer().text == "plain")
        let answer = try wire.receiveAnyAnswer()
        #expect(answer.status == 101)
        #expect(answer.values("Upgrade") == ["WebSocket"])
        #expect(answer.values("Connection") == ["upgrade"])
        #expect(answer["Sec-WebSocket-Accept"] == "yes")
        #expect(answer["X-Hop"] == nil)
        #expect(answer["Content-Length"] == nil && answer["Transfer-Encoding"] == nil)
        #expect(try wire.receive(exactly: 5) == Array("early".utf8))
        for text in ["one", "GET / HTTP/1.1\r\n\r\n", "\u{0}\u{1}"] {
            try wire.send(text)
            #expect(try wire.receive(exactly: text.utf8.count) == Array(text.utf8))
        }
        let request = try #require(upstream.requests.last)
        #expect(request.target == "/chat?room=1")
        #expect(request.values("Upgrade") == ["websocket"])
        #expect(request.values("Connection") == ["upgrade"])
        #expect(request["Sec-WebSocket-Key"] != nil)
        #expect(request.values("X-Forwarded-For") == ["127.0.0.1"])
        #expect(try gateway.metric("apic_tunnels") == 1)
        #expect(try gateway.metric("apic_requests_in_flight") == 0)
        wire.endSending()
        #expect(wire.isClosed())
        #expect(gateway.waits(for: "apic_tunnels", toBe: 0))
        #expect(gateway.waits(for: "apic_client_connections", toBe: 0))
        #expect(gateway.program.wait(20) { gateway.accessLog.count == 3 })
        let line = try #require(gateway.accessLog.last)
        #expect(line["status"] as? Int == 101)
        #expect(line["path"] as? String == "/chat")
        #expect(line["method"] as? String == "GET")
        #expect(line["bytes_in"] as? Int == 28)
        #expect(line["bytes_out"] as? Int == 28)
        // The upstream's connection is not used again.
        let connections = upstream.connectionCount
        #expect(try gateway.ask("GET /after").text == "plain")
        #expect(upstream.connectionCount == connections + 1)
        #expect(try gateway.metric("apic_upstream_connections") == 1)
    }

    @Test("what stands right behind the 101 passes, with a head as long as heads may be")
    func behindTheHead() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.wire.send(Self.consent + "hello")
            let bytes = try turn.wire.receive(exactly: 300_000)
            try turn.wire.send("\(bytes.reduce(0) { $0 &+ Int($1) })")
            turn.close()
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: "listen: { limits: { head: 60KiB } }"))
        for padding in [1, 30_000, 58_000] {
            let wire = try gateway.connect()
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let head = WireRequest("GET /", Self.wish + ["X-Long: \(String(repeating: "a", count: padding))"]).text
            try wire.send(Array(head.utf8) + bytes)
            #expect(try wire.receiveAnyAnswer().status == 101)
            let sum = bytes.reduce(0) { $0 &+ Int($1) }
            #expect(try String(decoding: wire.receiveToEnd(), as: UTF8.self) == "hello\(sum)")
        }
    }

    @Test("a side that does not read stops the other one, and every byte arrives when it does")
    func backpressure() throws {
        let count = 24_000_000
        let go = Latch<Bool>()
        let upstream = try ScriptedUpstream(receiveBuffer: 32_768) { turn in
            try turn.wire.send(Self.consent)
            let bytes = [UInt8](repeating: 0x75, count: 65_536)
            if turn.request.target == "/down" {
                var sent = 0
                while sent < count {
                    try turn.wire.send(bytes)
                    sent += bytes.count
                }
            } else {
                _ = go.wait(30)
                var received = 0
                while true {
                    let bytes = try turn.wire.receive()
                    if bytes.isEmpty { break }
                    received += bytes.count
                }
                try turn.wire.send("\(received)")
            }
            turn.close()
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        // Down: the client does not read until the upstream is stuck.
        let slow = try gateway.connect(receiveBuffer: 32_768)
        try slow.send(WireRequest("GET /down", Self.wish).text)
        #expect(try slow.receiveAnyAnswer().status == 101)
        let before = gateway.peakResidentBytes
        #expect(before < 64 << 20)
        #expect(try slow.receiveToEnd().count >= count)
        // Up: the upstream does not read until the client is stuck.
        let wire = try gateway.connect()
        try wire.send(WireRequest("GET /up", Self.wish).text)
        #expect(try wire.receiveAnyAnswer().status == 101)
        let bytes = [UInt8](repeating: 0x75, count: 65_536)
        var sent = 0
        while true {
            let taken = wire.sendWithoutWaiting(bytes)
            if taken == 0, !Self.becomesWritable(wire) { break }
            sent += max(taken, 0)
            #expect(sent < 64 << 20, "nobody stops the client")
        }
        go.set(true)
        wire.endSending()
        #expect(try String(decoding: wire.receiveToEnd(), as: UTF8.self) == "\(sent)")
        #expect(gateway.peakResidentBytes < 64 << 20)
    }

    private static func becomesWritable(_ wire: Wire) -> Bool {
        var entry = pollfd(fd: wire.descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, 500) == 1
    }

    @Test("the end of one side passes on, and the other side may go on")
    func halfClosed() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.wire.send(Self.consent)
            if turn.request.target == "/client-first" {
                let all = try turn.wire.receiveToEnd()
                try turn.wire.send("got \(all.count)")
            } else {
                try turn.wire.send("bye")
                turn.wire.endSending()
                _ = try turn.wire.receiveToEnd()
            }
            turn.close()
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let first = try Self.tunnel(gateway, "/client-first")
        try first.send("12345")
        first.endSending()
        #expect(try String(decoding: first.receiveToEnd(), as: UTF8.self) == "got 5")
        let second = try Self.tunnel(gateway, "/upstream-first")
        #expect(try String(decoding: second.receiveToEnd(), as: UTF8.self) == "bye")
        try second.send("still here")
        #expect(try gateway.metric("apic_tunnels") == 1)
        second.endSending()
        #expect(gateway.waits(for: "apic_tunnels", toBe: 0))
        #expect(gateway.waits(for: "apic_response_body_bytes_total{api=\"all\",version=\"v1\"}", toBe: 8))
        #expect(try gateway.metric("apic_request_body_bytes_total{api=\"all\",version=\"v1\"}") == 15)
    }

    @Test("a side that breaks off breaks off the other one")
    func resets() throws {
        let (cut, ended, released) = (Latch<Bool>(), Latch<Bool>(), Latch<Bool>())
        let upstream = try ScriptedUpstream { turn in
            try turn.wire.send(Self.consent)
            switch turn.request.target {
            case "/upstream":
                _ = try turn.wire.receive(exactly: 1)
                turn.reset()
            case "/ended":
                // Takes the end for no reason to end as well.
                _ = try turn.wire.receive()
                ended.set(true)
                _ = released.wait(30)
                turn.close()
            default:
                cut.set(turn.wire.isReset(within: 20))
                turn.close()
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let first = try Self.tunnel(gateway, "/upstream")
        try first.send("x")
        #expect(first.isReset(within: 20))
        let second = try Self.tunnel(gateway, "/client")
        second.reset()
        #expect(cut.wait(30) == true)
        #expect(gateway.waits(for: "apic_tunnels", toBe: 0))
        #expect(gateway.waits(for: "apic_upstream_connections", toBe: 0))
        // Behind its end, too, while the other side is silent.
        let third = try Self.tunnel(gateway, "/ended")
        third.endSending()
        #expect(ended.wait(30) == true)
        third.reset()
        #expect(gateway.waits(for: "apic_tunnels", toBe: 0))
        released.set(true)
        #expect(gateway.waits(for: "apic_client_connections", toBe: 0))
    }

    @Test("a tunnel that is silent too long is closed; one that speaks is not")
    func idle() throws {
        let upstream = try Self.echo()
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            PlainSpec.text(upstream, upstream: "timeouts: { tunnel: 3s, response: 2s }")
        )
        let silent = try Self.tunnel(gateway)
        let speaking = try Self.tunnel(gateway)
        // Longer than the time a silent one has, in pieces that are shorter.
        for _ in 0..<18 {
            try speaking.send("x")
            #expect(try speaking.receive(exactly: 1) == [0x78])
            usleep(200_000)
        }
        #expect(silent.isClosed(within: 20))
        #expect(try gateway.metric("apic_timeouts_total{kind=\"tunnel\"}") == 1)
        #expect(try gateway.metric("apic_tunnels") == 1)
        #expect(speaking.isClosed(within: 20))
    }

    @Test("SIGTERM leaves tunnels their time to end, and cuts them when it is over")
    func drain() throws {
        let upstream = try Self.echo()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: "drain: { timeout: 2s }"))
        let ending = try Self.tunnel(gateway)
        let staying = try Self.tunnel(gateway)
        gateway.signal(SIGTERM)
        #expect(gateway.program.wait(20) { (try? gateway.connect()) == nil })
        try ending.send("last")
        #expect(try ending.receive(exactly: 4) == Array("last".utf8))
        ending.endSending()
        #expect(ending.isClosed())
        #expect(gateway.program.isRunning)
        #expect(gateway.program.waitForEnd() == 0)
        #expect(staying.isClosed())
        #expect(gateway.accessLog.count == 2)
    }

    @Test("any other answer than 101 is an answer like others, and policy comes before both")
    func refusals() throws {
        let upstream = try ScriptedUpstream { try $0.answer(426, ["Upgrade: x/2", "Connection: Upgrade"], "not so") }
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            """
            consumers: { acme: { credentials: [ { key: "${env:KEY}" } ] } }
            upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
            apis:
              all:
                path: /a
                upstream: up
                plugins: [ key-auth ]
                versions: { v1: { routes: [ "GET /" ] } }
            """,
            environment: ["KEY": "0123456789abcdef0123456789abcdef"]
        )
        let wire = try gateway.connect()
        #expect(try wire.ask(WireRequest("GET /a/v1", Self.wish)).status == 401)
        #expect(upstream.requests.isEmpty)
        for _ in 0..<2 {
            let answer = try wire.ask(
                WireRequest("GET /a/v1", Self.wish + ["apikey: 0123456789abcdef0123456789abcdef"])
            )
            #expect(answer.status == 426)
            #expect(answer.text == "not so")
            #expect(answer["Upgrade"] == "x/2")
        }
        #expect(upstream.connectionCount == 1)
        #expect(try gateway.metric("apic_tunnels_total") == 0)
    }

    @Test("what is no upgrade is a request like others, without its wish")
    func noUpgrades() throws {
        let upstream = try ScriptedUpstream { try $0.answer(200, [], $0.request["Upgrade"] ?? "none") }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        func ask(_ line: String, _ fields: [String], body: String? = nil) throws -> String {
            try gateway.ask(line, fields, body: body).text
        }
        #expect(try ask("GET /", ["Connection: upgrade", "Upgrade: a/1, h2c, HTTP/3.0 , b"]) == "a/1, b")
        #expect(try ask("POST /", Self.wish, body: "") == "none")
        #expect(try ask("POST /", Self.wish, body: "x") == "none")
        #expect(try ask("GET /", Self.wish, body: "x") == "none")
        #expect(try ask("GET /", ["Upgrade: websocket"]) == "none")
        #expect(try ask("GET /", ["Connection: upgrade"]) == "none")
        for carrier in ["h2c", "H2C", "HTTP/2.0", "h2", "TLS/1.2", "tls", "a b", "/1", "a/", "\"a\""] {
            #expect(try ask("GET /", ["Connection: Upgrade", "Upgrade: \(carrier)"]) == "none", "\(carrier)")
        }
        let wire = try gateway.connect()
        try wire.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        #expect(try wire.receiveAnswer().text == "none")
    }

    @Test("a change that nobody asked for is refused")
    func unasked() throws {
        let upstream = try ScriptedUpstream { turn in
            let upgrade = String(turn.request.target.dropFirst()).replacingOccurrences(of: "_", with: ", ")
            let field = upgrade == "none" ? "" : "Upgrade: \(upgrade)\r\n"
            let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n\(field)\r\n"
            try turn.wire.send(head + "HTTP/1.1 200 OK\r\n\r\n")
            turn.close()
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, upstream: "retries: 0"))
        for target in ["none", "other", "websocket_other", "h2c", "websocket/13"] {
            let answer = try gateway.ask("GET /\(target)", ["Connection: upgrade", "Upgrade: websocket, h2c"])
            #expect(answer.status == 502, "\(target)")
            #expect(answer.problem == "upstream-answer-malformed", "\(target)")
        }
        #expect(try gateway.ask("GET /websocket").status == 502)
        #expect(try gateway.metric("apic_tunnels_total") == 0)
    }
}
