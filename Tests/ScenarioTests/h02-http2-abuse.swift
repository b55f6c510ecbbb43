import Foundation
import TestSupport
import Testing

/// What a hostile client can do with HTTP/2 ends its stream or its connection, and harms nobody else.
@Suite("h02 HTTP/2: abuse")
struct HTTP2Abuse {
    static let protocolError: UInt32 = 1
    static let refusedStream: UInt32 = 7
    static let calm: UInt32 = 11

    /// A gateway, its upstream, and the proof that another client is served.
    struct Ground {
        let upstream: ScriptedUpstream
        let gateway: RunningGateway

        init(top: String = "", script: @escaping ScriptedUpstream.Script = { try $0.answer(200, [], "upstream") })
            throws
        {
            upstream = try ScriptedUpstream(script: script)
            gateway = try RunningGateway(PlainSpec.text(upstream, top: top))
        }

        func servesOthers(_ comment: Comment? = nil) throws {
            let other = try gateway.connectFrames()
            try other.send(.headers(1, FrameWire.request("GET", "/other")))
            #expect(try other.answer(1).status == 200, comment)
        }
    }

    typealias Fields = [(String, String)]

    /// Malformed in the eyes of RFC 9113 section 8, each in one way.
    static let malformed: [(String, Fields)] = {
        let good = FrameWire.request("GET", "/")
        func with(_ name: String, _ value: String) -> Fields { good + [(name, value)] }
        func replacing(_ name: String, _ value: String) -> Fields { good.map { $0.0 == name ? (name, value) : $0 } }
        func without(_ name: String) -> Fields { good.filter { $0.0 != name } }
        return [
            ("CR in a value", with("x-a", "1\r\nx-b: 2")), ("LF in a value", with("x-a", "1\nx-b: 2")),
            ("NUL in a value", with("x-a", "1\0")), ("CR in a name", with("x-a\r\nx-b", "1")),
            ("colon in a name", with("x:a", "1")), ("blank in a name", with("x a", "1")),
            ("upper case", with("X-A", "1")),
            ("empty name", with("", "1")), ("connection", with("connection", "close")),
            ("keep-alive", with("keep-alive", "timeout=5")), ("proxy-connection", with("proxy-connection", "close")),
            ("transfer-encoding", with("transfer-encoding", "chunked")), ("upgrade", with("upgrade", "websocket")),
            ("te", with("te", "gzip")), ("another host", with("host", "other.test")),
            ("two content-lengths", with("content-length", "0") + [("content-length", "0")]),
            ("a body that is not there", with("content-length", "5")),
            ("a signed length", with("content-length", "+0")),
            ("no method", without(":method")), ("no path", without(":path")), ("no scheme", without(":scheme")),
            ("no authority", without(":authority")), ("two paths", with(":path", "/")),
            ("pseudo-header behind fields", with("x-a", "1") + [(":path", "/")]),
            ("that of an answer", with(":status", "200")), ("an unknown one", with(":colour", "red")),
            ("relative path", replacing(":path", "a")), ("empty path", replacing(":path", "")),
            ("absolute path", replacing(":path", "http://gateway.test/")), ("star", replacing(":path", "*")),
            ("blank in the path", replacing(":path", "/a b")),
            ("request line in the path", replacing(":path", "/ HTTP/1.1\r\nx: y\r\n\r\n")),
            ("fragment", replacing(":path", "/a#b")), ("blank in the method", replacing(":method", "GET /x")),
            ("empty method", replacing(":method", "")), ("blank in the authority", replacing(":authority", "a b")),
            ("user in the authority", replacing(":authority", "me@gateway.test")),
            ("line end in the authority", replacing(":authority", "a\r\nx: y")),
            ("CONNECT", [(":method", "CONNECT"), (":authority", "gateway.test:443")]),
            ("extended CONNECT", replacing(":method", "CONNECT") + [(":protocol", "websocket")]),
        ]
    }()

    @Test("malformed requests are stream errors, and nothing of them reaches the upstream")
    func malformedRequests() throws {
        let ground = try Ground()
        defer { ground.upstream.stop() }
        for (what, fields) in Self.malformed {
            let frames = try ground.gateway.connectFrames()
            try frames.send(.headers(1, fields))
            #expect(try frames.answer(1).reset == Self.protocolError, "\(what)")
            try frames.send(.headers(3, FrameWire.request("GET", "/after")))
            #expect(try frames.answer(3).status == 200, "\(what)")
        }
        #expect(ground.upstream.requests.allSatisfy { $0.target == "/after" })
        #expect(ground.upstream.requests.count == Self.malformed.count)
    }

    @Test("a body that is longer or shorter than stated is a stream error")
    func dishonestLength() throws {
        let ground = try Ground()
        defer { ground.upstream.stop() }
        for body in ["123", "1234567"] {
            let frames = try ground.gateway.connectFrames()
            let fields = FrameWire.request("POST", "/", [("content-length", "5")])
            try frames.send(.headers(1, fields, endsStream: false), .data(1, body, endsStream: true))
            #expect(try frames.answer(1).reset == Self.protocolError)
        }
        try ground.servesOthers()
        #expect(ground.gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test("trailers are read over, and must be trailers")
    func trailers() throws {
        let ground = try Ground()
        defer { ground.upstream.stop() }
        let frames = try ground.gateway.connectFrames()
        let post = FrameWire.request("POST", "/")
        try frames.send(.headers(1, post, endsStream: false), .data(1, "a"), .headers(1, [("x-sum", "1")]))
        #expect(try frames.answer(1).status == 200)
        #expect(ground.upstream.requests.first?.text == "a")
        try frames.send(.headers(3, post, endsStream: false), .data(3, "a"), .headers(3, [(":path", "/b")]))
        #expect(try frames.answer(3).reset == Self.protocolError)
        try frames.send(
            .headers(5, post, endsStream: false),
            .data(5, "a"),
            .headers(5, [("x-sum", "1")], endsStream: false)
        )
        #expect(try frames.answer(5).reset == Self.protocolError)
        try ground.servesOthers()
    }

    /// Sends frames until the gateway ends the connection.
    ///
    /// - Returns: the error code that it gave, and how many repetitions it took.
    private func flood(
        _ ground: Ground,
        _ frames: FrameWire,
        countMax: Int = 50_000,
        _ make: (Int) -> [Frame]
    ) throws -> UInt32? {
        for index in 0..<countMax where !frames.wire.trySend(make(index).flatMap(\.bytes)) { break }
        return try frames.goAwayCode()
    }

    @Test("rapid reset: streams opened and cancelled are counted, and too many end the connection")
    func rapidReset() throws {
        let ground = try Ground { turn in
            if turn.request.target == "/wait" { _ = turn.wire.isClosed(within: 20) }
            try turn.answer()
        }
        defer { ground.upstream.stop() }
        let frames = try ground.gateway.connectFrames()
        let code = try flood(ground, frames, countMax: 5_000) { index in
            let stream = UInt32(2 * index + 1)
            return [.headers(stream, FrameWire.request("GET", "/wait")), .reset(stream, code: UInt32(index % 2 * 8))]
        }
        #expect(code == Self.calm)
        #expect(try ground.gateway.metric(#"apic_http2_faults_total{kind="resets"}"#) == 1)
        #expect(ground.upstream.requests.count < 300)
        try ground.servesOthers()
        #expect(ground.gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test("a client that makes the gateway reset its streams is treated as one that resets them")
    func madeToReset() throws {
        let ground = try Ground()
        defer { ground.upstream.stop() }
        let frames = try ground.gateway.connectFrames()
        let code = try flood(ground, frames, countMax: 5_000) { index in
            let stream = UInt32(2 * index + 1)
            let fields = FrameWire.request("POST", "/", [("content-length", "5")])
            return [.headers(stream, fields, endsStream: false), .data(stream, "1", endsStream: true)]
        }
        #expect(code == Self.calm)
        try ground.servesOthers()
        #expect(ground.gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test(
        "floods of frames that carry nothing end the connection",
        arguments: ["ping", "settings", "priority", "window", "empty data"]
    )
    func floods(_ kind: String) throws {
        let ground = try Ground { turn in
            if turn.request.method == "POST" { _ = turn.wire.isClosed(within: 20) }
            try turn.answer()
        }
        defer { ground.upstream.stop() }
        let frames = try ground.gateway.connectFrames(acknowledges: false)
        try frames.send(.headers(1, FrameWire.request("POST", "/"), endsStream: false))
        let code = try flood(ground, frames) { index in
            let frame: Frame =
                switch kind {
                case "ping": Frame(.ping, [UInt8](repeating: 1, count: 8))
                case "settings": Frame.settings([(4, UInt32(index + 1))])
                case "priority": Frame(.priority, stream: 3, [0, 0, 0, 0, UInt8(index % 256)])
                case "window": Frame.windowUpdate(1, 1)
                default: Frame.data(1, "")
                }
            return [Frame](repeating: frame, count: 50)
        }
        #expect(code == Self.calm, "\(kind)")
        try ground.servesOthers()
        #expect(try ground.gateway.metric(#"apic_http2_faults_total{kind="frames"}"#) == 1)
        #expect(ground.gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test("frames that no specification knows are passed over")
    func unknownFrames() throws {
        let ground = try Ground()
        defer { ground.upstream.stop() }
        let frames = try ground.gateway.connectFrames()
        for _ in 0..<100 { try frames.send(Frame(.unknown, [1, 2, 3]), Frame(.unknown, stream: 1)) }
        try frames.send(.headers(1, FrameWire.request("GET", "/")))
        #expect(try frames.answer(1).status == 200)
    }

    @Test("a header block that never ends is cut: by its frames, by its bytes, by time")
    func continuations() throws {
        let ground = try Ground(top: "listen: { timeouts: { head: 2s } }")
        defer { ground.upstream.stop() }
        let many = try ground.gateway.connectFrames()
        try many.send(.headers(1, FrameWire.request("GET", "/"), endsHeaders: false))
        for _ in 0..<1000 where many.wire.trySend(Frame(.continuation, stream: 1, Frame.literal("x-a", "1")).bytes) {}
        #expect(try many.goAwayCode() != nil)
        let slow = try ground.gateway.connectFrames(acknowledges: false)
        try slow.send(.headers(1, FrameWire.request("GET", "/"), endsHeaders: false))
        #expect(try slow.goAwayCode() == nil)
        #expect(try ground.gateway.metric(#"apic_timeouts_total{kind="head"}"#) == 1)
        try ground.servesOthers()
    }

    @Test("heads beyond the bounds are answered 431; header bombs end the connection")
    func headerBombs() throws {
        let ground = try Ground(top: "listen: { limits: { head: 4KiB, headers: 20 } }")
        defer { ground.upstream.stop() }
        let frames = try ground.gateway.connectFrames()
        let long = String(repeating: "a", count: 5000)
        try frames.send(.headers(1, FrameWire.request("GET", "/", [("x-a", long)])))
        #expect(try frames.answer(1).status == 431)
        let many = (0..<30).map { ("x-\($0)", "1") }
        try frames.send(.headers(3, FrameWire.request("GET", "/", many)))
        #expect(try frames.answer(3).status == 431)
        try frames.send(.headers(5, FrameWire.request("GET", "/" + long)))
        #expect([414, 431].contains(try frames.answer(5).status))
        try frames.send(.headers(7, FrameWire.request("GET", "/", [("cookie", long)])))
        #expect(try frames.answer(7).status == 431)
        // One large field, then thousands of bytes that each stand for it (RFC 7541 section 6.1).
        let field = [0x40] + Frame.literal("x-bomb", String(repeating: "b", count: 3000)).dropFirst()
        let bomb = FrameWire.request("GET", "/").flatMap { Frame.literal($0.0, $0.1) } + field
        let references = [UInt8](repeating: 0xBE, count: 8000)
        try frames.send(Frame(.headers, flags: 5, stream: 9, bomb + references))
        #expect(try frames.goAwayCode() == Self.calm)
        #expect(try ground.gateway.metric(#"apic_http2_faults_total{kind="fields"}"#) == 1)
        #expect(ground.upstream.requests.isEmpty)
        try ground.servesOthers()
    }

    @Test("streams beyond the bound are refused, those of one connection and those of all")
    func tooManyStreams() throws {
        let gate = Latch<Bool>()
        let ground = try Ground(top: "listen: { limits: { connections: 150 } }") { turn in
            if turn.request.target == "/wait" { _ = gate.wait(20) }
            try turn.answer()
        }
        defer { ground.upstream.stop() }
        let first = try ground.gateway.connectFrames()
        for index in 0..<130 { try first.send(.headers(UInt32(2 * index + 1), FrameWire.request("GET", "/wait"))) }
        var refused: [UInt32] = []
        while refused.count < 2, let frame = try first.receive() {
            if frame.kind == .reset, frame.number() == Self.refusedStream { refused.append(frame.stream) }
        }
        #expect(refused == [257, 259])
        let second = try ground.gateway.connectFrames()
        for index in 0..<30 { try second.send(.headers(UInt32(2 * index + 1), FrameWire.request("GET", "/wait"))) }
        #expect(try second.receive(.reset)?.number() == Self.refusedStream)
        gate.set(true)
        #expect(try first.answer(1).status == 200)
        #expect(ground.gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        try ground.servesOthers()
    }

    @Test("a stream that never opens its window is cut by time; its neighbours are served")
    func stalledStream() throws {
        let large = String(repeating: "x", count: 200_000)
        let ground = try Ground(top: "listen: { timeouts: { write: 2s } }") { turn in
            try turn.answer(200, [], turn.request.target == "/large" ? large : "small")
        }
        defer { ground.upstream.stop() }
        // No window at all for new streams.
        let frames = try ground.gateway.connectFrames(settings: [(4, 0)])
        try frames.send(.headers(1, FrameWire.request("GET", "/large")))
        #expect(try frames.receive(.headers)?.stream == 1)
        try frames.send(.headers(3, FrameWire.request("GET", "/")), .windowUpdate(3, 100))
        #expect(try frames.answer(3).text == "small")
        #expect(try frames.answer(1).reset != nil)
        #expect(try ground.gateway.metric(#"apic_timeouts_total{kind="write"}"#) == 1)
        // A connection that reads nothing ends as a whole.
        let deaf = try ground.gateway.connectFrames(settings: [(4, 1_000_000_000)], receiveBuffer: 4096)
        try deaf.send(.windowUpdate(0, 1_000_000_000))
        for index in 0..<100 { try deaf.send(.headers(UInt32(2 * index + 1), FrameWire.request("GET", "/large"))) }
        #expect(ground.gateway.waits(for: "apic_http2_connections", toBe: 1))
        try ground.servesOthers()
        #expect(ground.gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test("a body beyond its window, and frames where none may be, end the connection")
    func brokenRules() throws {
        let ground = try Ground { turn in
            if turn.request.method == "POST" { _ = turn.wire.isClosed(within: 20) }
            try turn.answer()
        }
        defer { ground.upstream.stop() }
        let greedy = try ground.gateway.connectFrames()
        try greedy.send(.headers(1, FrameWire.request("POST", "/"), endsStream: false))
        let piece = Frame.data(1, String(repeating: "a", count: 16_000)).bytes
        for _ in 0..<100 where greedy.wire.trySend(piece) {}
        var isCut = false
        while !isCut, let frame = try greedy.receive() { isCut = frame.kind == .goAway || frame.kind == .reset }
        #expect(isCut)
        let cases: [Frame] = [
            Frame.data(1, "no stream"), Frame.headers(2, FrameWire.request("GET", "/")),
            Frame(.windowUpdate, stream: 0, Frame.bytes(0)), Frame(.settings, [1, 2, 3]), Frame(.ping, [1]),
            Frame(.continuation, stream: 1, []), Frame(.pushPromise, flags: 4, stream: 1, Frame.bytes(2)),
            Frame.settings([(4, 0x8000_0000)]),
        ]
        for frame in cases {
            let frames = try ground.gateway.connectFrames()
            try frames.send(frame)
            #expect(try frames.goAwayCode() != nil, "\(frame)")
        }
        try ground.servesOthers()
    }
}
