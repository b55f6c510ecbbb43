import Foundation
import TestSupport
import Testing

/// Upstreams that speak HTTP/2 are asked as others are, many requests at a time on few connections.
@Suite("h05 HTTP/2: upstreams")
struct HTTP2Upstreams {
    static func serve(
        _ upstream: FrameUpstream,
        _ settings: String = "",
        top: String = "",
        workers: Int = 1
    ) throws -> RunningGateway {
        let spec = PlainSpec.text([upstream.port], upstream: join("http2: true", settings), top: top)
        return try RunningGateway(spec, workers: workers)
    }

    static func join(_ first: String, _ second: String) -> String { second.isEmpty ? first : "\(first), \(second)" }

    /// A gateway whose upstream is another one, which speaks HTTP/2 with it and HTTP/1.1 with the upstream.
    static func chain(_ upstream: ScriptedUpstream, _ settings: String = "") throws -> (RunningGateway, RunningGateway)
    {
        let inner = try RunningGateway(PlainSpec.text(upstream))
        let spec = PlainSpec.text([inner.port], upstream: join("http2: true", settings))
        return (try RunningGateway(spec), inner)
    }

    @Test("a request becomes one of HTTP/2, and its answer one of the client's protocol")
    func exchange() throws {
        let heads = Latch<[Frame]>()
        let upstream = try FrameUpstream { peer in
            var seen: [Frame] = []
            while let request = try peer.nextRequest() {
                seen.append(request)
                switch request[":path"] {
                case "/empty": try peer.answer(request.stream, 204, [("x-of", "empty")])
                case "/early":
                    try peer.frames.send(
                        .headers(request.stream, [(":status", "103"), ("link", "</a.css>")], endsStream: false)
                    )
                    try peer.answer(request.stream, 200, [("content-length", "2")], "ok")
                case "/late":
                    // The end comes by itself, behind a body of stated length.
                    let head = [(":status", "200"), ("content-length", "2")]
                    try peer.frames.send(.headers(request.stream, head, endsStream: false), .data(request.stream, "ok"))
                    try peer.frames.send(.data(request.stream, "", endsStream: true))
                case "/last":
                    heads.set(seen)
                    try peer.answer(request.stream, 418, [("x-of", "last")], "last")
                default:
                    let isHead = request[":method"] == "HEAD"
                    try peer.answer(request.stream, 200, [("content-length", "5")], isHead ? "" : "hello")
                }
            }
        }
        defer { upstream.stop() }
        let gateway = try Self.serve(upstream)
        let wire = try gateway.connect()
        let hello = try wire.ask(WireRequest("GET /a/b?c=d", ["X-Mine: 1", "Connection: X-Gone, te", "TE: trailers"]))
        #expect(hello.status == 200 && hello.text == "hello" && hello["Content-Length"] == "5" && !hello.isChunked)
        #expect(hello.head.startLine == "HTTP/1.1 200 OK")
        #expect(try wire.ask(WireRequest("HEAD /")).head["Content-Length"] == "5")
        #expect(try wire.ask(WireRequest("GET /empty"))["X-Of"] == "empty")
        #expect(try wire.ask(WireRequest("GET /early")).text == "ok")
        #expect(try wire.ask(WireRequest("GET /late")).text == "ok")
        let upgrade = ["Connection: upgrade", "Upgrade: websocket"]
        #expect(try wire.ask(WireRequest("GET /upgrade", upgrade)).text == "hello")
        let last = try wire.ask(WireRequest("GET /last"))
        #expect(last.status == 418 && last.text == "last" && last.isChunked)
        let seen = try #require(heads.wait(20))
        let first = seen[0]
        #expect(first[":method"] == "GET" && first[":path"] == "/a/b?c=d" && first[":scheme"] == "http")
        #expect(first[":authority"] == "127.0.0.1:\(upstream.port)")
        #expect(first["x-mine"] == "1" && first["te"] == "trailers")
        #expect(first.fields.prefix(4).allSatisfy { $0.name.hasPrefix(":") } && first.endsStream)
        #expect(first["via"] == "1.1 apic" && first["x-forwarded-for"] == "127.0.0.1")
        for frame in seen {
            for name in ["host", "connection", "transfer-encoding", "upgrade", "keep-alive"] {
                #expect(frame[name] == nil, "\(name)")
            }
        }
        let frames = try gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("GET", "/")))
        #expect(try frames.answer(1).text == "hello")
        #expect(upstream.connectionCount == 1)
        #expect(try gateway.metric("apic_upstream_http2_connections") == 1)
        #expect(try gateway.metric("apic_upstream_connections") == 1)
    }

    @Test("bodies of any size and framing go through, either way, and trailers with them")
    func bodies() throws {
        let upstream = try ScriptedUpstream { turn in
            let body = try turn.readBody()
            let size = String(body.count, radix: 16)
            try turn.wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Sum: \(turn.wire.trailers)\r\n\r\n")
            if !body.isEmpty { try turn.wire.send(Array("\(size)\r\n".utf8) + body + [13, 10]) }
            try turn.wire.send("0\r\nX-Behind: 1\r\n\r\n")
        }
        defer { upstream.stop() }
        let (gateway, inner) = try Self.chain(upstream)
        for size in [0, 1, 8_193, 70_000, 3_000_000] {
            let body = String(repeating: "0123456789", count: size / 10 + 1).prefix(size)
            let wire = try gateway.connect()
            try wire.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            let writer = Thread {
                wire.trySend(Array(TrailerFields.chunked(String(body), "X-One: 1\r\n").utf8))
            }
            writer.start()
            let answer = try wire.receiveAnswer()
            #expect(answer.text == body && answer["X-Sum"] == "[\"x-one: 1\"]", "\(size)")
            #expect(wire.trailers == ["x-behind: 1"], "\(size)")
            let stated = try gateway.ask("POST /", body: String(body))
            #expect(stated.text == body && stated["X-Sum"] == "[]", "\(size)")
        }
        let text = String(repeating: "0123456789abcdef", count: 400_000)
        try gateway.folder.write(text, to: "body")
        for more in [[], ["-H", "content-length:"], ["--limit-rate", "6M"]] {
            let outcome = try HTTP2Requests.curl(gateway, "/", ["-H", "Expect:", "--data-binary", "@body"] + more)
            #expect(outcome.output == text, "\(more) \(outcome.errors)")
        }
        #expect(gateway.peakResidentBytes < 100_000_000)
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        #expect(try gateway.metric("apic_upstream_http2_connections") == 1)
        #expect(try inner.metric("apic_http2_streams_reset_total") == 0)
    }

    @Test("a hundred requests at once share a connection")
    func sharing() throws {
        let streams = HundredStreams()
        let upstream = try streams.upstream()
        defer { upstream.stop() }
        let (gateway, inner) = try Self.chain(upstream)
        let frames = try gateway.connectFrames()
        try streams.play(on: frames)
        #expect(try inner.metric("apic_http2_connections") == 1)
        #expect(try inner.metric("apic_http2_streams_total") == 100)
        #expect(try inner.metric("apic_http2_streams_reset_total") == 0)
        #expect(try gateway.metric("apic_upstream_http2_streams_total") == 100)
    }

    @Test("no more streams are opened on a connection than its peer admits")
    func admission() throws {
        let total = Counter()
        let gate = Latch<Bool>()
        let upstream = try FrameUpstream(settings: [(3, 2)]) { peer in
            // The first connection has room for two.
            var waiting: [UInt32] = []
            while let request = try peer.nextRequest() {
                if request[":path"] == "/first" {
                    try peer.answer(request.stream)
                    continue
                }
                waiting.append(request.stream)
                total.add(1)
                if total.value == 3 { gate.set(true) }
                guard waiting.count == 2 - peer.connection else { continue }
                _ = gate.wait(20)
                for stream in waiting { try peer.answer(stream, 200, [], "\(peer.connection)") }
            }
        }
        defer { upstream.stop() }
        let gateway = try Self.serve(upstream)
        #expect(try gateway.ask("GET /first").status == 200)
        let frames = try gateway.connectFrames()
        for stream: UInt32 in [1, 3, 5] { try frames.send(.headers(stream, FrameWire.request("GET", "/"))) }
        var bodies: [UInt32: String] = [:]
        while bodies.count < 3, let frame = try frames.receive() {
            if frame.kind == .data, !frame.payload.isEmpty {
                bodies[frame.stream] = String(decoding: frame.payload, as: UTF8.self)
            }
        }
        #expect(bodies == [1: "0", 3: "0", 5: "1"])
        #expect(upstream.connectionCount == 2)
    }

    @Test("requests that the server did not begin with go elsewhere, whatever their method; others end where they are")
    func goodbye() throws {
        let upstream = try FrameUpstream { peer in
            guard peer.connection == 0 else { return try peer.serve() }
            var streams: [UInt32] = []
            while streams.count < 2, let request = try peer.nextRequest() { streams.append(request.stream) }
            // The first is the last that was looked at.
            try peer.frames.send(Frame(.goAway, Frame.bytes(streams[0]) + Frame.bytes(0)))
            try peer.answer(streams[0], 200, [], "from the first")
            // It is over, and the gateway closes.
            while try peer.frames.receive() != nil {}
        }
        defer { upstream.stop() }
        let gateway = try Self.serve(upstream, "retries: 0")
        let frames = try gateway.connectFrames()
        for (stream, path) in [(UInt32(1), "/one"), (3, "/two")] {
            try frames.send(.headers(stream, FrameWire.request("POST", path), endsStream: false))
            try frames.send(.data(stream, "a", endsStream: true))
        }
        var bodies: [UInt32: String] = [:]
        while bodies.count < 2, let frame = try frames.receive() {
            if frame.kind == .data, !frame.payload.isEmpty {
                bodies[frame.stream] = String(decoding: frame.payload, as: UTF8.self)
            }
        }
        #expect(bodies == [1: "from the first", 3: "/two"])
        #expect(try gateway.metric("apic_upstream_retries_total") == 1)
        #expect(gateway.waits(for: "apic_upstream_http2_connections", toBe: 1))
    }

    @Test("a refused stream is tried once more, and then is 503; a reset one is 502")
    func refusal() throws {
        let upstream = try FrameUpstream { peer in
            var seen: Set<String> = []
            while let request = try peer.nextRequest() {
                let path = request[":path"] ?? ""
                switch path {
                case "/once" where seen.insert(path).inserted: try peer.frames.send(.reset(request.stream, code: 7))
                case "/always": try peer.frames.send(.reset(request.stream, code: 7))
                case "/reset": try peer.frames.send(.reset(request.stream, code: 2))
                default: try peer.answer(request.stream, 200, [], path)
                }
            }
        }
        defer { upstream.stop() }
        let gateway = try Self.serve(upstream, "retries: 0")
        #expect(try gateway.ask("POST /once", body: "a").text == "/once")
        let always = try gateway.ask("GET /always")
        #expect(always.status == 503 && always.problem == "upstream-unavailable" && always["Retry-After"] == "1")
        let reset = try gateway.ask("POST /reset", body: "a")
        #expect(reset.status == 502 && reset.problem == "upstream-failed")
        #expect(try gateway.ask("GET /").status == 200)
        #expect(upstream.connectionCount == 1)
    }

    @Test("an answer that breaks off is cut for its client, and no other")
    func cut() throws {
        let upstream = try FrameUpstream { peer in
            while let request = try peer.nextRequest() {
                guard request[":path"] != "/" else {
                    try peer.answer(request.stream, 200, [], "whole")
                    continue
                }
                try peer.frames.send(
                    .headers(request.stream, [(":status", "200")], endsStream: false),
                    .data(request.stream, "half"),
                    .reset(request.stream, code: 2)
                )
                if request[":path"] == "/close" { return }
            }
        }
        defer { upstream.stop() }
        let gateway = try Self.serve(upstream)
        for path in ["/cut", "/close"] {
            let frames = try gateway.connectFrames()
            try frames.send(.headers(1, FrameWire.request("GET", path)))
            // A connection that is closed at once may take with it what was sent on it.
            let mayBeLost = path == "/close"
            let cut = try frames.answer(1)
            #expect(cut.reset == 2 || mayBeLost && cut.status == 502, "\(path)")
            let wire = try gateway.connect()
            try wire.send(WireRequest("GET \(path)").text)
            let whole = try? wire.receiveAnswer()
            #expect(whole == nil || mayBeLost && whole?.status == 502, "\(path)")
            #expect(try gateway.ask("GET /").text == "whole")
        }
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test("what was answered in full arrives, though the connection is gone by then")
    func goneConnection() throws {
        let text = String(repeating: "a", count: 60_000)
        let upstream = try FrameUpstream { peer in
            guard let request = try peer.nextRequest() else { return }
            try peer.frames.send(.headers(request.stream, [(":status", "200")], endsStream: false))
            let quarter = String(text.prefix(15_000))
            for index in 0..<4 { try peer.frames.send(.data(request.stream, quarter, endsStream: index == 3)) }
            peer.frames.wire.endSending()
            while try peer.frames.receive() != nil {}
        }
        defer { upstream.stop() }
        let gateway = try Self.serve(upstream)
        let slow = try gateway.connect(receiveBuffer: 4_096)
        try slow.send(WireRequest("GET /").text)
        #expect(gateway.waits(for: "apic_upstream_connections_total", toBe: 1))
        #expect(try slow.receiveAnswer().text == text)
        #expect(gateway.waits(for: "apic_upstream_connections", toBe: 0))
        #expect(try gateway.ask("GET /").text == text)
    }

    @Test("a client that does not read stalls its own stream, and a server that does not, its own request")
    func stalls() throws {
        let large = String(repeating: "a", count: 16_000)
        let upstream = try FrameUpstream { peer in
            while let frame = try peer.frames.receive() {
                guard frame.kind == .headers else { continue }
                switch frame[":path"] {
                case "/large":
                    try peer.frames.send(.headers(frame.stream, [(":status", "200")], endsStream: false))
                    // As much as the stream's window admits; nobody reads it.
                    for _ in 0..<4 { try peer.frames.send(.data(frame.stream, large)) }
                // Its window is never opened.
                case "/upload": continue
                default: try peer.answer(frame.stream, 200, [], "quick")
                }
            }
        }
        defer { upstream.stop() }
        let gateway = try Self.serve(upstream, "timeouts: { response: 20s }")
        let frames = try gateway.connectFrames(settings: [(4, 1_000)])
        try frames.send(.headers(1, FrameWire.request("GET", "/large")))
        try frames.send(.headers(3, FrameWire.request("POST", "/upload"), endsStream: false))
        for _ in 0..<4 { try frames.send(.data(3, large)) }
        for stream: UInt32 in [5, 7, 9] {
            try frames.send(.headers(stream, FrameWire.request("GET", "/")))
            #expect(try frames.answer(stream).text == "quick")
        }
        #expect(upstream.connectionCount == 1)
        #expect(gateway.peakResidentBytes < 60_000_000)
    }

    @Test("an idle connection is closed with a goodbye, and a silent one when it does not answer a ping")
    func ends() throws {
        let ends = Latch<UInt32>()
        let pings = Counter()
        let upstream = try FrameUpstream { peer in
            while let frame = try peer.frames.receive() {
                switch frame.kind {
                case .headers where frame[":path"] == "/": try peer.answer(frame.stream)
                case .ping: pings.add(1)
                case .goAway: ends.set(frame.number(at: 4))
                default: continue
                }
            }
        }
        defer { upstream.stop() }
        let gateway = try Self.serve(upstream, "timeouts: { idle: 1500ms, response: 1500ms }, retries: 0")
        #expect(try gateway.ask("GET /").status == 200)
        #expect(ends.wait(20) == 0)
        #expect(gateway.waits(for: "apic_upstream_http2_connections", toBe: 0))
        let silent = try gateway.ask("GET /silent")
        #expect(silent.status == 504 && silent.problem == "upstream-timeout")
        // A new connection serves meanwhile.
        #expect(try gateway.ask("GET /").status == 200)
        #expect(upstream.connectionCount == 3)
        #expect(gateway.waits(for: #"apic_timeouts_total{kind="ping"}"#, toBe: 1))
        #expect(pings.value == 1)
    }

    @Test("a server that is gone is 503, and asked again when it is back; a target that speaks HTTP/1.1 is 502")
    func unreachable() throws {
        let first = try FrameUpstream()
        let port = first.port
        let gateway = try Self.serve(first)
        #expect(try gateway.ask("GET /a").text == "/a")
        first.stop()
        #expect(gateway.waits(for: "apic_upstream_http2_connections", toBe: 0))
        #expect(try gateway.ask("GET /b").problem == "upstream-unavailable")
        let second = try FrameUpstream(port: port)
        defer { second.stop() }
        #expect(try gateway.ask("GET /c").text == "/c")

        let plain = try ScriptedUpstream()
        defer { plain.stop() }
        let other = try RunningGateway(PlainSpec.text(plain, upstream: "http2: true"))
        let answer = try other.ask("GET /")
        #expect(answer.status == 502, "\(answer.text)")
    }

    @Test("connections outlive a reload; those to a target that is gone are closed")
    func reload() throws {
        let first = try FrameUpstream()
        let second = try FrameUpstream()
        defer {
            first.stop()
            second.stop()
        }
        let gateway = try Self.serve(first)
        #expect(try gateway.ask("GET /a").text == "/a")
        try gateway.rebuild(PlainSpec.text([first.port], upstream: "http2: true, retries: 2"))
        #expect(gateway.waits(for: "apic_generation", toBe: 2))
        #expect(try gateway.ask("GET /b").text == "/b")
        #expect(first.connectionCount == 1)
        try gateway.rebuild(PlainSpec.text([second.port], upstream: "http2: true"))
        #expect(gateway.waits(for: "apic_generation", toBe: 3))
        #expect(gateway.waits(for: "apic_upstream_http2_connections", toBe: 0))
        #expect(try gateway.ask("GET /c").text == "/c")
        #expect(second.connectionCount == 1)
    }

    @Test("reloads under load lose no request")
    func reloadUnderLoad() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let (gateway, inner) = try Self.chain(upstream)
        let load = try Program.installed("h2load").start(
            ["-n", "4000", "-c", "4", "-m", "8", "http://127.0.0.1:\(gateway.port)/"],
            in: gateway.folder.url
        )
        for number in 0..<4 where load.isRunning {
            try gateway.rebuild(PlainSpec.text([inner.port], upstream: "http2: true, retries: \(number)"))
            #expect(gateway.waits(for: "apic_generation", toBe: Double(number + 2)))
        }
        #expect(load.waitForEnd() == 0)
        #expect(load.output.contains("status codes: 4000 2xx"), "\(load.output)")
    }

    @Test("over TLS the protocol is agreed on, and a server that does not speak it is 502")
    func secure() throws {
        let authority = try SecureClients.authority()
        let upstream = try ScriptedUpstream { try $0.answer(200, ["X-Via: \($0.request.values("Via"))"], "upstream") }
        defer { upstream.stop() }
        for speaks in [true, false] {
            let inner = try SecureSpec.serve(authority, [upstream.port], timeouts: "{}, http2: \(speaks)")
            let folder = try ScratchFolder()
            try authority.copy(["authority.crt"], to: folder)
            let tls = "tls: { ca: certs/authority.crt, server-name: edge.example }"
            let spec = PlainSpec.text([inner.securePort], upstream: "http2: true, retries: 0, \(tls)", scheme: "https")
            try RunningGateway.build(spec, in: folder)
            let gateway = try RunningGateway(folder)
            let answer = try gateway.ask("GET /")
            guard speaks else {
                #expect(answer.status == 502 && answer.problem == "upstream-handshake-failed")
                continue
            }
            #expect(answer.text == "upstream" && answer["X-Via"]?.contains("2.0 apic") == true)
            let text = String(repeating: "0123456789abcdef", count: 60_000)
            #expect(try gateway.ask("POST /", body: text).status == 200)
            #expect(upstream.requests.last?.text == text)
            #expect(try inner.metric("apic_http2_connections") == 1)
        }
    }
}
