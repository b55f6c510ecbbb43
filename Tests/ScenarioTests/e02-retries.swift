import Foundation
import TestSupport
import Testing

/// What is tried again, where, and what never is.
@Suite("e02 upstreams: retries")
struct Retries {
    /// A server that resets each connection when a request is there.
    static func resetting() throws -> ScriptedUpstream {
        try ScriptedUpstream { turn in
            try turn.readBody()
            turn.reset()
        }
    }

    @Test("a refused connection leads to the other target, whatever the method, with the whole body")
    func refused() throws {
        let alive = try ScriptedUpstream()
        defer { alive.stop() }
        let gateway = try RunningGateway(PlainSpec.text([try RefusingPort.take(), alive.port], upstream: "retries: 1"))
        let body = String(repeating: "body ", count: 5_000)
        for index in 0..<6 {
            #expect(try gateway.ask("GET /\(index)").status == 200)
            #expect(try gateway.ask("POST /\(index)", body: body).status == 200)
            let chunked = try gateway.connect()
            try chunked.send("POST /\(index) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            try chunked.send("61A8\r\n\(body)\r\n0\r\n\r\n")
            #expect(try chunked.receiveAnswer().status == 200)
        }
        #expect(alive.requests.count == 18)
        #expect(alive.requests.filter { $0.method == "POST" }.allSatisfy { $0.text == body })
        #expect(alive.requests.allSatisfy { $0.values("Host") == ["127.0.0.1:\(alive.port)"] })
        #expect(try gateway.metric("apic_upstream_retries_total") >= 1)
        #expect(try gateway.metric(#"apic_upstream_failures_total{kind="connect"}"#) >= 1)
    }

    @Test("without retries a refused connection is 503; with all targets dead, too")
    func exhausted() throws {
        let dead = [try RefusingPort.take(), try RefusingPort.take()]
        for (ports, retries) in [(dead, 3), (dead, 0), ([dead[0]], 2)] {
            let gateway = try RunningGateway(PlainSpec.text(ports, upstream: "retries: \(retries)"))
            let answer = try gateway.ask("GET /")
            #expect(answer.status == 503)
            #expect(answer.problem == "upstream-unavailable")
            #expect(answer["Retry-After"] == "1")
            #expect(try gateway.metric("apic_upstream_retries_total") == Double(retries))
        }
    }

    @Test("a connection that is reset before the answer: idempotent requests are repeated elsewhere, others never")
    func reset() throws {
        let broken = try Self.resetting()
        let alive = try ScriptedUpstream()
        defer {
            broken.stop()
            alive.stop()
        }
        let gateway = try RunningGateway(PlainSpec.text([broken.port, alive.port], upstream: "retries: 1"))
        for method in ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"] {
            for _ in 0..<2 {
                let body = method == "PUT" ? "the body" : nil
                #expect(try gateway.connect().ask(WireRequest("\(method) /", body: body)).status == 200, "\(method)")
            }
        }
        #expect(alive.requests.filter { $0.method == "PUT" }.allSatisfy { $0.text == "the body" })
        #expect(alive.requests.count == 10)
        for method in ["POST", "PATCH", "LOCK"] {
            broken.forget()
            alive.forget()
            let statuses = try (0..<2).map { _ in try gateway.ask("\(method) /", body: "x").status }
            // Each target got one of the two, once.
            #expect(statuses.sorted() == [200, 502], "\(method)")
            #expect(broken.requests.count == 1 && alive.requests.count == 1, "\(method)")
        }
    }

    @Test("what is repeated is the same to the last byte, whatever its body looks like", arguments: [0, 20_000])
    func sameAgain(filling: Int) throws {
        let broken = try Self.resetting()
        let alive = try ScriptedUpstream()
        defer {
            broken.stop()
            alive.stop()
        }
        let gateway = try RunningGateway(PlainSpec.text([broken.port, alive.port], upstream: "retries: 1"))
        let body = "GET /other HTTP/1.1\r\nHost: other\r\n\r\n" + String(repeating: "x", count: filling)
        // Each target is asked first once; the body comes with the head, and in pieces behind it.
        for isSplit in [false, false, true, true] {
            let text = WireRequest("PUT /this", ["X-Mark: m"], body: body).text
            let before = broken.requests.count + alive.requests.count
            let wire = try gateway.connect()
            let head = text.prefix(text.count - body.count)
            try wire.send(String(isSplit ? head : text.prefix(text.count)))
            if isSplit {
                while broken.requests.count + alive.requests.count == before { usleep(100) }
                try wire.send(body)
            }
            #expect(try wire.receiveAnswer().status == 200)
        }
        for request in alive.requests {
            #expect(request.head.startLine == "PUT /this HTTP/1.1")
            #expect(request.values("Host") == ["127.0.0.1:\(alive.port)"])
            #expect(request.values("X-Mark") == ["m"])
            #expect(request.text == body)
        }
        #expect(alive.requests.count == 4)
        #expect(broken.requests.count == 2)
    }

    @Test("a body that cannot be sent from its beginning again is not sent again")
    func unrepeatable() throws {
        let broken = try ScriptedUpstream { turn in
            turn.skipBody()
            var count = 0
            while count < 300_000 {
                let bytes = try turn.wire.receive()
                if bytes.isEmpty { break }
                count += bytes.count
            }
            turn.reset()
        }
        let alive = try ScriptedUpstream()
        defer {
            broken.stop()
            alive.stop()
        }
        let gateway = try RunningGateway(PlainSpec.text([broken.port, alive.port], upstream: "retries: 1"))
        let size = 400_000
        var statuses: [Int] = []
        for _ in 0..<2 {
            let wire = try gateway.connect()
            wire.trySend(Array(WireRequest("PUT /", body: String(repeating: "x", count: size)).text.utf8))
            statuses.append(try wire.receiveAnswer().status)
        }
        #expect(statuses.sorted() == [200, 502])
        #expect(alive.requests.map(\.body.count) == [size])
        // Chunks are not kept either.
        alive.forget()
        broken.forget()
        for _ in 0..<2 {
            let wire = try gateway.connect()
            try wire.send("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            wire.trySend(Array(("61A80\r\n" + String(repeating: "x", count: size) + "\r\n0\r\n\r\n").utf8))
            _ = try wire.receiveAnswer()
        }
        #expect(alive.requests.count == 1)
        #expect(alive.requests.first?.body.count == size)
    }

    @Test("a kept connection that the upstream closed costs nobody a request")
    func stale() throws {
        let closing = Counter()
        let upstream = try ScriptedUpstream { turn in
            try turn.answer(200, [], "x")
            if turn.request.target == "/then-close" {
                turn.close()
                closing.add(1)
            }
        }
        defer { upstream.stop() }
        // Without retries: a connection that died of age is no failed attempt.
        let gateway = try RunningGateway(PlainSpec.text(upstream, upstream: "retries: 0"))
        let wire = try gateway.connect()
        for index in 1...20 {
            #expect(try wire.ask(WireRequest("GET /then-close")).status == 200)
            let method = index % 4 < 2 ? "GET" : "POST"
            if index % 2 == 0 { while closing.value < index { usleep(100) } }
            if method == "POST" {
                // What is not repeated is safe only when the end has come to the gateway's side.
                #expect(gateway.waits(for: "apic_upstream_connections", toBe: 0))
            }
            #expect(try wire.ask(WireRequest("\(method) /next", body: "x")).status == 200, "\(index) \(method)")
        }
    }

    @Test("a kept connection that ends on the request itself: repeated if that does no harm")
    func endsOnUse() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.readBody()
            // Every connection serves one request, and says so to nobody.
            let isFirst = turn.number == 0 || turn.request.target == "/first"
            if isFirst || turn.connection == turn.number { return try turn.answer(200, [], "x") }
            turn.close()
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, upstream: "retries: 0"))
        let wire = try gateway.connect()
        #expect(try wire.ask(WireRequest("GET /first")).status == 200)
        #expect(try wire.ask(WireRequest("POST /second", body: "x")).status == 502)
        #expect(upstream.requests.map(\.target) == ["/first", "/second"])
        #expect(upstream.connectionCount == 1)
    }

    @Test("a target that went away and came back is used again, without a reload")
    func downAndBack() throws {
        var upstream = try ScriptedUpstream()
        let port = upstream.port
        let gateway = try RunningGateway(PlainSpec.text([port]))
        let wire = try gateway.connect()
        for _ in 0..<3 {
            #expect(try wire.ask(WireRequest("GET /")).status == 200)
            upstream.stop()
            for method in ["GET", "POST"] {
                let answer = try wire.ask(WireRequest("\(method) /", body: "x"))
                #expect([502, 503].contains(answer.status), "\(method)")
            }
            #expect(try wire.ask(WireRequest("GET /")).status == 503)
            upstream = try ScriptedUpstream(port: port)
            #expect(try wire.ask(WireRequest("GET /")).status == 200)
        }
        upstream.stop()
    }
}
