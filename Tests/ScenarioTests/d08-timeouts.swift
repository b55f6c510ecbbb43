import Foundation
import TestSupport
import Testing

/// Who takes too long is cut, on either side. Bounds are wide above and exact below.
@Suite("d08 HTTP/1.1: timeouts")
struct Timeouts {
    static let clientTimeouts = "listen: { timeouts: { head: 1200ms, body: 1200ms, idle: 1200ms, write: 1200ms } }"

    /// Seconds that something took.
    static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try body()
        return Double(start.duration(to: clock.now) / .milliseconds(1)) / 1000
    }

    @Test("a client that says nothing, or only half a head, is cut; a half head gets 408")
    func head() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: Self.clientTimeouts))
        let silent = try gateway.connect()
        let waited = Self.seconds { #expect(silent.isClosed(within: 20)) }
        #expect(waited > 0.3)
        let half = try gateway.connect()
        try half.send("GET / HTTP/1.1\r\nHost: a\r\n")
        let answer = try half.receiveAnswer()
        #expect(answer.status == 408)
        #expect(answer.problem == "request-head-timeout")
        #expect(half.isClosed())
        // Dripping does not buy time: the whole head must come within it.
        let dripping = try gateway.connect()
        var drops = 0
        let dripped = Self.seconds {
            while dripping.sendWithoutWaiting([UInt8(ascii: "G")]) == 1, !dripping.isReadable(within: 0.05), drops < 400
            {
                drops += 1
            }
        }
        #expect(drops < 200 && dripped > 0.3)
        // Nor on a connection that served before.
        let second = try gateway.connect()
        #expect(try second.ask(WireRequest("GET /")).status == 200)
        try second.send("GET / HT")
        #expect(try second.receiveAnswer().status == 408)
        #expect(upstream.requests.count == 1)
        #expect(try gateway.metric(#"apic_timeouts_total{kind="head"}"#) == 4)
        // Nor do empty lines: what is forgiven before a request is no reason to wait for ever.
        let empty = try gateway.connect()
        #expect(try empty.ask(WireRequest("GET /")).status == 200)
        drops = 0
        while empty.sendWithoutWaiting([13, 10]) == 2, !empty.isReadable(within: 0.05), drops < 200 { drops += 1 }
        #expect(drops < 100)
        #expect(gateway.waits(for: #"apic_timeouts_total{kind="head"}"#, toBe: 5))
    }

    @Test("an idle connection is closed, silently")
    func idle() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: Self.clientTimeouts))
        let wire = try gateway.connect()
        for _ in 0..<12 {
            #expect(try wire.ask(WireRequest("GET /")).status == 200)
            usleep(150_000)
        }
        let waited = Self.seconds { #expect(wire.isClosed(within: 20)) }
        #expect(waited > 0.15)
        #expect(try gateway.metric(#"apic_timeouts_total{kind="idle"}"#) == 1)
    }

    @Test("a body that stalls is 408, one that goes on slowly is not")
    func body() throws {
        let upstream = try ScriptedUpstream { try $0.answer(200, [], "\(try $0.readBody().count)") }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: Self.clientTimeouts))
        let slow = try gateway.connect()
        try slow.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n")
        for _ in 0..<20 {
            try slow.send("x")
            usleep(80_000)
        }
        #expect(try slow.receiveAnswer().text == "20")
        for framing in ["Content-Length: 12\r\n\r\nx", "Transfer-Encoding: chunked\r\n\r\n5\r\nx"] {
            let stalled = try gateway.connect()
            try stalled.send("POST / HTTP/1.1\r\nHost: a\r\n\(framing)")
            let answer = try stalled.receiveAnswer()
            #expect(answer.status == 408, "\(framing)")
            #expect(answer.problem == "request-body-timeout", "\(framing)")
            #expect(stalled.isClosed(), "\(framing)")
        }
        #expect(try gateway.metric(#"apic_timeouts_total{kind="body"}"#) == 2)
        // The first of the two took the connection that the slow one had left.
        #expect(gateway.waits(for: "apic_upstream_connections", toBe: 0))
    }

    @Test("a body that drips for ever is 408, however steadily, and others are served meanwhile")
    func drip() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.answer(200, [], "\(try turn.readBody().count)")
        }
        defer { upstream.stop() }
        let top = "listen: { timeouts: { body: 10s, request: 2s } }"
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: top))
        for framing in ["Content-Length: 1000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nf0000\r\n"] {
            let wire = try gateway.connect()
            try wire.send("POST / HTTP/1.1\r\nHost: a\r\n\(framing)")
            var drops = 0
            while wire.sendWithoutWaiting([0x78]) == 1, !wire.isReadable(within: 0.05), drops < 400 {
                drops += 1
                if drops == 3 { #expect(try gateway.ask("POST /", body: "xyz").text == "3") }
            }
            #expect(drops > 3 && drops < 100, "\(framing)")
            let answer = try wire.receiveAnswer()
            #expect(answer.status == 408, "\(framing)")
            #expect(answer.problem == "request-body-timeout", "\(framing)")
            #expect(wire.isClosed(), "\(framing)")
        }
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        #expect(try gateway.metric(#"apic_timeouts_total{kind="body"}"#) == 2)
        // What the gateway reads over, because the request was answered, ends as soon.
        let refused = try gateway.connect()
        try refused.send("POST / HTTP/1.1\r\nHost: a\r\nX-Version-Of-All: v9\r\nContent-Length: 1000\r\n\r\n")
        #expect(try refused.receiveAnswer().status == 404)
        var drops = 0
        while refused.sendWithoutWaiting([0x78]) == 1, !refused.isReadable(within: 0.05), drops < 400 { drops += 1 }
        #expect(drops < 100)
        #expect(gateway.waits(for: #"apic_timeouts_total{kind="body"}"#, toBe: 3))
    }

    @Test("a client that does not take its answer is cut, even while the upstream goes on sending")
    func write() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.wire.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            while turn.wire.trySend([UInt8](repeating: 7, count: 65_536)) { usleep(10_000) }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: Self.clientTimeouts))
        let wire = try gateway.connect(receiveBuffer: 32_768)
        try wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(gateway.waits(for: #"apic_timeouts_total{kind="write"}"#, toBe: 1))
        #expect(gateway.waits(for: "apic_upstream_connections", toBe: 0))
        #expect(wire.isReset())
    }

    @Test("a client that takes none of its answers is cut, whatever it goes on sending")
    func writeWhileSending() throws {
        let gateway = try RunningGateway(
            """
            \(Self.clientTimeouts)
            apis:
              all:
                path: /
                versioning: { by: header, name: X-Version-Of-All }
                plugins: [ { respond: { body: "\(String(repeating: "x", count: 30_000))" } } ]
                versions: { v1: { default: true, routes: [ "GET /**" ] } }
            """
        )
        let wire = try gateway.connect(receiveBuffer: 4_096)
        // More answers than the kernel keeps for the client, so that some of them wait in the gateway.
        let requests = String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 1_000)
        try wire.send(requests)
        var drops = 0
        while wire.sendWithoutWaiting([UInt8(ascii: "G")]) == 1, drops < 400 {
            usleep(25_000)
            drops += 1
        }
        #expect(drops < 200)
        #expect(try gateway.metric(#"apic_timeouts_total{kind="write"}"#) == 1)
        #expect(try gateway.metric("apic_client_connections") == 0)
        // Nor does the kernel keep for it what the gateway gave up: it gets a reset, not the rest some time.
        let silent = try gateway.connect(receiveBuffer: 4_096)
        try silent.send(requests)
        #expect(gateway.waits(for: #"apic_timeouts_total{kind="write"}"#, toBe: 2))
        #expect(silent.isReset())
    }

    @Test("an upstream that does not answer in time is 504, whatever else goes on")
    func response() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.readBody()
            switch turn.request.target {
            case "/head": try turn.wire.send("HTTP/1.1 200 OK\r\nX-Half:")
            case "/drip":
                for byte in "HTTP/1.1 200 OK\r\nX: \(String(repeating: "y", count: 200))".utf8 {
                    if turn.wire.isReadable(within: 0.05) || !turn.wire.trySend([byte]) { break }
                }
            case "/interim": try turn.wire.send("HTTP/1.1 103 Early Hints\r\n\r\n")
            default: break
            }
            _ = turn.wire.isReadable(within: 20)
            turn.close()
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, upstream: "timeouts: { response: 500ms }"))
        for line in ["GET /silent", "POST /silent", "GET /head", "GET /drip", "GET /interim"] {
            let wire = try gateway.connect()
            let waited = try Self.seconds {
                let answer = try wire.ask(WireRequest(line, body: line.hasPrefix("POST") ? "x" : nil))
                #expect(answer.status == 504, "\(line)")
                #expect(answer.problem == "upstream-timeout", "\(line)")
            }
            #expect(waited > 0.4 && waited < 10, "\(line)")
        }
        // A client that sends meanwhile buys its upstream no time.
        let chatty = try gateway.connect()
        try chatty.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n")
        var drops = 0
        while !chatty.isReadable(within: 0.05), drops < 300 {
            try chatty.send("G")
            drops += 1
        }
        #expect(drops < 150)
        #expect(try chatty.receiveAnswer().status == 504)
        #expect(try gateway.metric(#"apic_timeouts_total{kind="response"}"#) == 6)
        // Sent once: an upstream that is slow is not asked again.
        #expect(upstream.requests.count == 6)
    }

    @Test("an answer that stalls is cut, one that goes on slowly is not")
    func stalledAnswer() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.readBody()
            try turn.wire.send("HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n")
            for _ in 0..<(turn.request.target == "/slow" ? 16 : 3) {
                usleep(120_000)
                try turn.wire.send("x")
            }
            if turn.request.target == "/stalled" {
                _ = turn.wire.isReadable(within: 20)
                turn.close()
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, upstream: "timeouts: { response: 1500ms }"))
        #expect(try gateway.ask("GET /slow").text == String(repeating: "x", count: 16))
        let wire = try gateway.connect()
        try wire.send(WireRequest("GET /stalled").text)
        #expect(try wire.receiveHead().startLine == "HTTP/1.1 200 OK")
        #expect(wire.isReset())
    }

    @Test("a connection that does not come about is 504 after the time to connect")
    func connect() throws {
        // A listener with a full queue drops what knocks: nobody answers, nobody refuses.
        let listener = try FullListener()
        let gateway = try RunningGateway(
            PlainSpec.text([listener.port], upstream: "timeouts: { connect: 300ms }, retries: 1")
        )
        let waited = try Self.seconds {
            let answer = try gateway.ask("POST /", body: "x")
            #expect(answer.status == 504)
            #expect(answer.problem == "upstream-timeout")
        }
        // Nothing was sent, so a second attempt does no harm, whatever the method.
        #expect(waited > 0.5 && waited < 20)
        #expect(try gateway.metric(#"apic_timeouts_total{kind="connect"}"#) == 2)
    }

    @Test("an unused connection to an upstream is closed in time")
    func upstreamIdle() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, upstream: "timeouts: { idle: 300ms }"))
        #expect(try gateway.ask("GET /").status == 200)
        #expect(gateway.waits(for: "apic_upstream_connections", toBe: 0))
        #expect(try gateway.ask("GET /").status == 200)
        #expect(upstream.connectionCount == 2)
    }
}
