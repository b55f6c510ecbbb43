import Foundation
import TestSupport
import Testing

/// Clients of HTTP/2 that are slow on purpose, and rules of the protocol that only a hostile one breaks.
@Suite("h04 HTTP/2: slow and unruly clients")
struct HTTP2Slow {
    typealias Ground = HTTP2Abuse.Ground

    private static let timeouts = "listen: { timeouts: { head: 2s, body: 2s, idle: 2s, write: 2s } }"

    @Test("a preface, a frame or a body that never comes to its end is cut by time; who is quick is served meanwhile")
    func slow() throws {
        let ground = try Ground(top: Self.timeouts) { turn in
            if turn.request.method == "POST" { _ = turn.wire.isClosed(within: 20) }
            try turn.answer(200, [], "quick")
        }
        defer { ground.upstream.stop() }
        var slow: [Wire] = []
        for _ in 0..<10 {
            // A part of the preface, the preface alone, half a frame's head, half a frame.
            let preface = Array(FrameWire.preface.utf8)
            let whole = preface + Frame.settings([]).bytes
            let headers = Frame.headers(1, FrameWire.request("GET", "/")).bytes
            for bytes in [preface.prefix(20), preface[...], (whole + headers.prefix(5))[...]] {
                let wire = try ground.gateway.connect()
                try wire.send(Array(bytes))
                slow.append(wire)
            }
            let half = try ground.gateway.connect()
            try half.send(whole + headers.prefix(20))
            slow.append(half)
        }
        for wire in slow {
            try ground.servesOthers()
            _ = try wire.receiveToEnd()
        }
        let frames = try ground.gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("POST", "/"), endsStream: false), .data(1, "a"))
        // A stream beside it keeps its pace.
        try frames.send(.headers(3, FrameWire.request("GET", "/")))
        #expect(try frames.answer(3).text == "quick")
        let answer = try frames.answer(1)
        #expect(answer.status == 408 || answer.reset != nil)
        #expect(try ground.gateway.metric(#"apic_timeouts_total{kind="body"}"#) == 1)
        #expect(ground.gateway.waits(for: "apic_client_connections", toBe: 0))
        #expect(ground.gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test("a client that opens its window byte by byte gets its answer byte by byte, and keeps nobody from theirs")
    func tinyWindows() throws {
        let body = (0..<300).map { String($0 % 10) }.joined()
        let ground = try Ground { try $0.answer(200, [], $0.request.target == "/tiny" ? body : "quick") }
        defer { ground.upstream.stop() }
        let frames = try ground.gateway.connectFrames(settings: [(4, 0)])
        try frames.send(.headers(1, FrameWire.request("GET", "/tiny")))
        #expect(try frames.receive(.headers)?.stream == 1)
        var received: [UInt8] = []
        while received.count < body.utf8.count {
            try frames.send(.windowUpdate(1, 1))
            let frame = try #require(try frames.receive(.data))
            #expect(frame.payload.count <= 1)
            received += frame.payload
            if received.count % 100 == 0 { try ground.servesOthers() }
        }
        #expect(String(decoding: received, as: UTF8.self) == body)
    }

    /// What may not be said to a connection on which stream 1 is open and stream 3 was answered.
    static let unruly: [(String, [Frame])] = [
        ("a window beyond its bound", [.windowUpdate(0, 0x7FFF_FFFF), .windowUpdate(0, 0x7FFF_FFFF)]),
        ("a reset of nothing", [.reset(9)]), ("a reset of stream 0", [.reset(0)]),
        ("half a reset", [Frame(.reset, stream: 1, [0, 0])]),
        ("data on stream 0", [.data(0, "a")]), ("data before its headers", [.data(7, "a")]),
        ("headers on stream 0", [.headers(0, FrameWire.request("GET", "/"))]),
        ("an older stream", [.headers(7, FrameWire.request("GET", "/")), .headers(5, FrameWire.request("GET", "/"))]),
        ("more padding than there is", [Frame(.data, flags: 8, stream: 1, [200, 1, 2])]),
        ("padded headers that are padding only", [Frame(.headers, flags: 0xD, stream: 7, [255, 1])]),
        ("a frame that is too long", [Frame(.data, stream: 1, [UInt8](repeating: 0, count: 16_385))]),
        ("push on", [.settings([(2, 2)])]), ("too small a frame size", [.settings([(5, 5)])]),
        ("settings on a stream", [Frame(.settings, stream: 1, [])]),
        ("an acknowledgement with content", [Frame(.settings, flags: 1, [0, 1, 0, 0, 0, 0])]),
        ("a ping on a stream", [Frame(.ping, stream: 1, [UInt8](repeating: 0, count: 8))]),
        (
            "a header block in the middle of another",
            [
                .headers(7, FrameWire.request("GET", "/"), endsHeaders: false), .data(1, "a"),
            ]
        ),
        ("an index that no table has", [Frame(.headers, flags: 5, stream: 7, [0xFF, 0xFF, 0xFF, 0x7F])]),
        ("an endless integer", [Frame(.headers, flags: 5, stream: 7, [0xFF] + [UInt8](repeating: 0x80, count: 40))]),
        ("a table larger than agreed", [Frame(.headers, flags: 5, stream: 7, [0x3F, 0xE1, 0xFF, 0x03])]),
        ("a string longer than its block", [Frame(.headers, flags: 5, stream: 7, [0x00, 0x7F, 0xFF, 0x7F, 0x61])]),
        ("a stream that depends on itself", [Frame(.priority, stream: 7, Frame.bytes(7) + [1])]),
    ]

    @Test("who breaks a rule loses the stream or the connection, and others go on", arguments: unruly.indices)
    func rules(_ index: Int) throws {
        let (what, frames) = Self.unruly[index]
        let ground = try Ground { turn in
            if turn.request.method == "POST" { _ = turn.wire.isClosed(within: 20) }
            try turn.answer()
        }
        defer { ground.upstream.stop() }
        let wire = try ground.gateway.connectFrames()
        try wire.send(.headers(1, FrameWire.request("POST", "/"), endsStream: false))
        try wire.send(.headers(3, FrameWire.request("GET", "/")))
        #expect(try wire.answer(3).status == 200)
        for frame in frames { wire.wire.trySend(frame.bytes) }
        // The end of the connection, of the open stream, or an answer to a ping: nothing hangs.
        wire.wire.trySend(Frame(.ping, [UInt8](repeating: 5, count: 8)).bytes)
        var isOver = false
        while !isOver, let frame = try wire.receive() {
            isOver =
                frame.kind == .goAway || frame.kind == .reset && frame.stream != 3
                || frame.kind == .ping && frame.flags == Frame.acknowledgement
        }
        try ground.servesOthers("\(what)")
        wire.wire.close()
        #expect(ground.gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test("a client that says goodbye may still take its answers, and opens nothing more")
    func goodbye() throws {
        let go = Latch<Bool>()
        let ground = try Ground { turn in
            if turn.request.target == "/wait" { _ = go.wait(20) }
            try turn.answer(200, [], "done")
        }
        defer { ground.upstream.stop() }
        let frames = try ground.gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("GET", "/wait")))
        #expect(ground.upstream.waitForRequests(1))
        try frames.send(Frame(.goAway, Frame.bytes(0) + Frame.bytes(0)))
        go.set(true)
        #expect(try frames.answer(1).text == "done")
        frames.wire.close()
        #expect(ground.gateway.waits(for: "apic_client_connections", toBe: 0))
    }
}
