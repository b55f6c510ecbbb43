import Foundation
import TestSupport
import Testing

/// Fields behind a body pass through, from either protocol to the other, and say nothing that only a head may say.
@Suite("h04 trailers")
struct TrailerFields {
    /// An upstream that answers in chunks, with the trailers that it got and those that the target names.
    static func upstream() throws -> ScriptedUpstream {
        try ScriptedUpstream { turn in
            let body = try turn.readBody()
            let got = turn.wire.trailers.joined(separator: "|")
            let te = turn.request["TE"] ?? "none"
            let connection = turn.request["Connection"] ?? "none"
            try turn.wire.send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nX-Got: \(got)\r\nX-TE: \(te)\r\n"
                    + "X-Connection: \(connection)\r\n\r\n"
            )
            if !body.isEmpty { try turn.wire.send("\(String(body.count, radix: 16))\r\n\(turn.request.text)\r\n") }
            let named = turn.request.target.dropFirst().split(separator: ",").map { "\($0): 1\r\n" }.joined()
            try turn.wire.send("0\r\n\(named)\r\n")
        }
    }

    static func chunked(_ body: String, _ trailers: String) -> String {
        let chunk = body.isEmpty ? "" : "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n"
        return "\(chunk)0\r\n\(trailers)\r\n"
    }

    static let head = "POST /X-Sum HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"

    @Test("HTTP/1.1 to HTTP/1.1, in one piece and byte by byte, with and without a body")
    func plain() throws {
        let upstream = try Self.upstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        for body in ["", "hello", String(repeating: "a", count: 30_000)] {
            for isSlow in [false, true] where body.utf8.count < 100 || !isSlow {
                let wire = try gateway.connect()
                let message = Self.head + "\r\n" + Self.chunked(body, "X-One: 1\r\nX-Two:2\r\n")
                if isSlow {
                    for byte in message.utf8 { try wire.send([byte]) }
                } else {
                    try wire.send(message)
                }
                let answer = try wire.receiveAnswer()
                #expect(answer["X-Got"] == "X-One: 1|X-Two:2" && answer.text == body)
                #expect(answer["Trailer"] == "X-Sum" && wire.trailers == ["X-Sum: 1"])
                // The connection goes on.
                #expect(try wire.ask(WireRequest("GET /")).status == 200)
                #expect(wire.trailers.isEmpty)
            }
        }
        #expect(upstream.connectionCount == 1)
    }

    @Test("HTTP/2 to HTTP/1.1 and back")
    func streams() throws {
        let upstream = try Self.upstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let answer = try HTTP2Requests.curl(gateway, "/X-Sum,X-More", ["-i", "-d", "hello", "-H", "content-length:"])
        #expect(answer.output.hasSuffix("\r\n\r\nhellox-sum: 1\r\nx-more: 1\r\n"), "\(answer.output)")
        let empty = try HTTP2Requests.curl(gateway, "/X-Sum", ["-i"])
        #expect(empty.output.contains("\r\nx-sum: 1\r\n"), "\(empty.output)")
        let frames = try gateway.connectFrames()
        for (index, body) in ["", "hello"].enumerated() {
            let stream = UInt32(2 * index + 1)
            upstream.forget()
            try frames.send(.headers(stream, FrameWire.request("POST", "/", [("te", "trailers")]), endsStream: false))
            if !body.isEmpty { try frames.send(.data(stream, body)) }
            try frames.send(.headers(stream, [("x-one", "1"), ("x-two", "2")]))
            #expect(try frames.answer(stream).text == body)
        }
        #expect(try gateway.metric("apic_http2_streams_reset_total") == 0)
        // What the upstream got is in the answer's head, which curl shows.
        let shown = try HTTP2Requests.curl(gateway, "/", ["-i", "-H", "TE: trailers"])
        #expect(shown.output.contains("x-te: trailers\r\nx-connection: TE\r\n"), "\(shown.output)")
    }

    @Test("trailers from HTTP/2 arrive as they were sent")
    func received() throws {
        let got = Latch<[String]>()
        let upstream = try ScriptedUpstream { turn in
            try turn.readBody()
            got.set(turn.wire.trailers)
            try turn.answer()
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let frames = try gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("POST", "/"), endsStream: false))
        // Before and behind a pause, so that the head is handed on before the trailers come.
        #expect(upstream.waitForRequests(1))
        try frames.send(.headers(1, [("x-one", "1"), ("cookie", "a=1"), ("x-two", "2")]))
        #expect(try frames.answer(1).status == 200)
        #expect(got.wait(20) == ["x-one: 1", "x-two: 2"])
    }

    @Test("`TE: trailers` goes on where the client's connection says that it may")
    func acceptance() throws {
        let upstream = try Self.upstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let cases = [
            (["TE: trailers"], "none"), (["TE: gzip;q=0.5, trailers", "Connection: te"], "trailers"),
            (["TE: gzip", "Connection: TE"], "none"),
        ]
        for (fields, expected) in cases { #expect(try gateway.ask("GET /", fields)["X-TE"] == expected, "\(fields)") }
    }

    @Test("what only a head may say is left out, and framing is refused")
    func forbidden() throws {
        let names = [
            "Host", "Authorization", "Cookie", "Set-Cookie", "Content-Type", "Trailer", "TE", "Connection",
            "X-Consumer-Username", "X-Forwarded-For", "Cache-Control", "If-Match", "Expect", "Proxy-Authorization",
        ]
        let upstream = try Self.upstream()
        defer { upstream.stop() }
        let plugins = "[ { request-headers: { remove: [ X-Mine ] } }, { response-headers: { remove: [ X-Ours ] } } ]"
        let gateway = try RunningGateway(PlainSpec.text([upstream.port], plugins: plugins))
        for name in names + ["X-Mine"] {
            let wire = try gateway.connect()
            try wire.send(Self.head + "\r\n" + Self.chunked("a", "\(name): 1\r\nX-Good: 1\r\n"))
            #expect(try wire.receiveAnswer()["X-Got"] == "X-Good: 1", "\(name)")
        }
        for name in names + ["X-Ours"] {
            let wire = try gateway.connect()
            #expect(try wire.ask(WireRequest("GET /\(name)")).status == 200)
            #expect(wire.trailers.isEmpty, "\(name) \(wire.trailers)")
        }
        for name in ["Content-Length", "Transfer-Encoding"] {
            let wire = try gateway.connect()
            try wire.send(Self.head + "\r\n" + Self.chunked("a", "\(name): 1\r\n"))
            #expect(try wire.receiveAnswer().status == 400, "\(name)")
            #expect(wire.isClosed())
            // The answer's head went out before: all that is left is to cut it.
            let other = try gateway.connect()
            try other.send(WireRequest("GET /\(name)").text)
            #expect(throws: WireError.self, "\(name)") { try other.receiveAnswer() }
        }
        let long = Self.chunked("a", "X-Long: \(String(repeating: "a", count: 9_000))\r\n")
        let wire = try gateway.connect()
        try wire.send(Self.head + "\r\n" + long)
        #expect(try wire.receiveAnswer().status == 400)
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }
}
