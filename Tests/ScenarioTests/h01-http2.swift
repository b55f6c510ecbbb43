import Foundation
import TestSupport
import Testing

/// Clients that speak HTTP/2 get what clients of HTTP/1.1 get.
@Suite("h01 HTTP/2: requests and answers")
struct HTTP2Requests {
    /// A run of curl that begins with HTTP/2.
    static func curl(_ gateway: RunningGateway, _ path: String, _ arguments: [String] = []) throws -> Program.Outcome {
        let url = "http://127.0.0.1:\(gateway.port)\(path)"
        return try Program.installed("curl")
            .run(["-sS", "--max-time", "30", "--http2-prior-knowledge"] + arguments + [url], in: gateway.folder.url)
    }

    @Test("methods, bodies, fields and statuses arrive as they were sent")
    func exchange() throws {
        let upstream = try ScriptedUpstream { turn in
            switch turn.request.target {
            case "/empty": try turn.send("HTTP/1.1 204 No Content\r\nX-Of: empty\r\n\r\n")
            case "/same": try turn.send("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n")
            case "/chunks":
                try turn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
            case "/until-close":
                try turn.send("HTTP/1.0 200 OK\r\n\r\nall there is")
                turn.close()
            case "/early":
                let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
                try turn.send(hints + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            default: try turn.answer(200, ["X-Of: Upstream", "Keep-Alive: timeout=5"], "hello")
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let hello = try Self.curl(
            gateway,
            "/a/b?c=d",
            ["-i", "-H", "X-Mine: 1", "-H", "Cookie: a=1", "-H", "Cookie: b=2"]
        )
        let lines = hello.output.components(separatedBy: "\r\n")
        #expect(lines[0] == "HTTP/2 200 ")
        #expect(lines.contains("x-of: Upstream") && lines.contains("content-length: 5") && lines.last == "hello")
        #expect(!hello.output.lowercased().contains("keep-alive") && !hello.output.contains("connection:"))
        let request = try #require(upstream.requests.first)
        #expect(request.head.startLine == "GET /a/b?c=d HTTP/1.1")
        #expect(request["x-mine"] == "1" && request["Via"] == "2.0 apic")
        // Cookies may come in pieces, and go on as one (RFC 9113 section 8.2.3).
        #expect(request.values("cookie") == ["a=1; b=2"])
        #expect(request["X-Forwarded-Host"] == "127.0.0.1:\(gateway.port)")

        #expect(try Self.curl(gateway, "/", ["-I"]).output.contains("content-length: 5\r\n"))
        #expect(try Self.curl(gateway, "/empty", ["-i"]).output.hasPrefix("HTTP/2 204 \r\nx-of: empty\r\n"))
        #expect(try Self.curl(gateway, "/same", ["-i"]).output.hasPrefix("HTTP/2 304 \r\netag: \"1\"\r\n"))
        #expect(try Self.curl(gateway, "/chunks").output == "abcde")
        #expect(try Self.curl(gateway, "/until-close").output == "all there is")
        let early = try Self.curl(gateway, "/early", ["-i"]).output
        #expect(early.hasPrefix("HTTP/2 103 \r\nlink: </a.css>; rel=preload\r\n\r\nHTTP/2 200 \r\n"), "\(early)")

        upstream.forget()
        _ = try Self.curl(gateway, "/stated", ["-X", "PUT", "--data-binary", "12345"])
        #expect(upstream.requests.first?["Content-Length"] == "5" && upstream.requests.first?.text == "12345")
        upstream.forget()
        _ = try Self.curl(gateway, "/unstated", ["-H", "content-length:", "--data-binary", "12345"])
        #expect(upstream.requests.first?["Transfer-Encoding"] == "chunked" && upstream.requests.first?.text == "12345")
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        #expect(try gateway.metric("apic_http2_streams_reset_total") == 0)
    }

    @Test("megabytes go up and down, with and without a stated length, and to a reader that is slow")
    func largeBodies() throws {
        let upstream = try ScriptedUpstream { turn in
            let body = try turn.readBody()
            try turn.wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
            try turn.wire.send(body)
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let text = String(repeating: "0123456789abcdef", count: 400_000)
        try gateway.folder.write(text, to: "body")
        for more in [[], ["-H", "content-length:"], ["--limit-rate", "6M"]] {
            let outcome = try Self.curl(gateway, "/", ["-H", "Expect:", "--data-binary", "@body"] + more)
            #expect(outcome.output == text, "\(more) \(outcome.errors)")
        }
        #expect(gateway.peakResidentBytes < 100_000_000)
    }

    @Test("Expect: 100-continue is met, and a refusal comes before the body")
    func expectation() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let plugins = "[ { request-size-limit: { body: 1KiB } } ]"
        let gateway = try RunningGateway(PlainSpec.text([upstream.port], plugins: plugins))
        let frames = try gateway.connectFrames()
        let fields = FrameWire.request("POST", "/", [("expect", "100-continue"), ("content-length", "5")])
        try frames.send(.headers(1, fields, endsStream: false))
        let interim = try #require(try frames.receive(.headers))
        #expect(interim[":status"] == "100" && !interim.endsStream)
        try frames.send(.data(1, "hello", endsStream: true))
        #expect(try frames.answer(1).text == "upstream")
        #expect(upstream.requests.first?.text == "hello")
        let large = FrameWire.request("POST", "/", [("expect", "100-continue"), ("content-length", "5000")])
        try frames.send(.headers(3, large, endsStream: false))
        let refused = try frames.answer(3)
        #expect(refused.status == 413 && refused.reset == nil && refused.text.contains("body-too-large"))
        // What the client would still send is of no use (RFC 9113 section 8.1).
        #expect(try frames.receive(.reset)?.number() == 0)
        try frames.send(.headers(5, FrameWire.request("GET", "/")))
        #expect(try frames.answer(5).status == 200)
    }

    @Test("keys, rate limits and unknown routes are refused on the stream alone")
    func refusals() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let top = "consumers: { acme: { credentials: [ { id: one, key: \"${env:ACME_KEY}\" } ] } }"
        let plugins = "[ { key-auth: { header: X-Key } }, { rate-limit: { limit: 2/hour, by: consumer } } ]"
        let gateway = try RunningGateway(
            PlainSpec.text([upstream.port], top: top, plugins: plugins),
            environment: ["ACME_KEY": "0123456789abcdef0123456789abcdef"]
        )
        let frames = try gateway.connectFrames()
        let key = [("x-key", "0123456789abcdef0123456789abcdef")]
        try frames.send(.headers(1, FrameWire.request("GET", "/")))
        let keyless = try frames.answer(1)
        #expect(keyless.status == 401 && keyless.text.contains("authentication-required"))
        var statuses: [Int] = []
        for stream: UInt32 in [3, 5, 7] {
            try frames.send(.headers(stream, FrameWire.request("GET", "/", key)))
            statuses.append(try frames.answer(stream).status)
        }
        #expect(statuses == [200, 200, 429])
        try frames.send(.headers(9, FrameWire.request("GET", "/../..", key)))
        #expect(try frames.answer(9).status == 400)
        #expect(try gateway.metric("apic_http2_connections") == 1)
    }

    @Test("a hundred streams of one connection are served at once, in whatever order they end")
    func manyStreams() throws {
        let streams = HundredStreams()
        let upstream = try streams.upstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let frames = try gateway.connectFrames()
        try streams.play(on: frames)
    }

    @Test("what begins like the preface and is none is refused, and `http2: false` refuses the preface")
    func preface() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: "listen: { timeouts: { head: 2s } }"))
        for text in ["PRI * HTTP/2.0\r\n\r\nSX", "PRI * HTTP/2.1\r\n\r\n", "PRI / HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
            let wire = try gateway.connect()
            try wire.send(text)
            let answer = try wire.receiveAnswer()
            #expect(answer.status == 400 || answer.status == 505, "\(text)")
            #expect(wire.isClosed())
        }
        // Half of it is waited for, as long as for any head.
        let half = try gateway.connect()
        try half.send("PRI * HTTP/2.0\r\n\r\nS")
        #expect(try half.receiveAnswer().status == 408)
        // Byte by byte it is the preface all the same.
        let slow = try gateway.connect()
        for byte in FrameWire.preface.utf8 { try slow.send([byte]) }
        try slow.send(Frame.settings([]).bytes + Frame.headers(1, FrameWire.request("GET", "/")).bytes)
        #expect(try slow.receive(exactly: 9)[3] == Frame.Kind.settings.rawValue)
        // Behind a request it is none.
        let late = try gateway.connect()
        #expect(try late.ask(WireRequest("GET /")).status == 200)
        try late.send(FrameWire.preface)
        #expect(try late.receiveAnswer().status == 400)

        let without = try RunningGateway(PlainSpec.text(upstream, top: "listen: { http2: false }"))
        let refused = try without.connect()
        try refused.send(FrameWire.preface)
        #expect(try refused.receiveAnswer().status == 400)
    }

    @Test("a client that gives up is counted, and its upstream let go")
    func cancelled() throws {
        let ended = Latch<Bool>()
        let upstream = try ScriptedUpstream { turn in
            guard turn.request.target == "/wait" else { return try turn.answer() }
            if turn.wire.isClosed(within: 20) { ended.set(true) }
            turn.close()
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let frames = try gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("GET", "/wait")))
        #expect(upstream.waitForRequests(1))
        try frames.send(.reset(1))
        #expect(ended.wait(20) == true)
        #expect(gateway.waits(for: #"apic_requests_total{api="all",version="v1",class="none"}"#, toBe: 1))
        try frames.send(.headers(3, FrameWire.request("GET", "/")))
        #expect(try frames.answer(3).status == 200)
        // The end of the connection ends all of its streams.
        try frames.send(.headers(5, FrameWire.request("GET", "/wait")))
        #expect(upstream.waitForRequests(3))
        frames.wire.close()
        #expect(gateway.waits(for: #"apic_requests_total{api="all",version="v1",class="none"}"#, toBe: 2))
        #expect(gateway.waits(for: "apic_http2_connections", toBe: 0))
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test("an answer that breaks off resets its stream, and no other")
    func cutAnswers() throws {
        let upstream = try ScriptedUpstream { turn in
            guard turn.request.target == "/cut" else { return try turn.answer(200, [], "whole") }
            try turn.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            turn.close()
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let frames = try gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("GET", "/cut")), .headers(3, FrameWire.request("GET", "/")))
        var resets: [UInt32: UInt32] = [:]
        var isAnswered = false
        while resets.isEmpty || !isAnswered, let frame = try frames.receive() {
            if frame.kind == .reset { resets[frame.stream] = frame.number() }
            if frame.stream == 3, frame.endsStream { isAnswered = true }
        }
        #expect(resets == [1: 2] && isAnswered)
    }
}
