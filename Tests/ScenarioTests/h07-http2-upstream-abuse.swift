import Foundation
import TestSupport
import Testing

/// What a hostile or broken server can do with HTTP/2 fails its own answers, and harms nobody else.
@Suite("h07 HTTP/2: hostile upstreams")
struct HTTP2HostileUpstreams {
    /// A gateway in front of a hostile upstream and a good one, and the proof that the other requests are answered.
    struct Ground {
        let good: FrameUpstream
        let bad: FrameUpstream
        let gateway: RunningGateway

        init(_ settings: String = "", script: @escaping FrameUpstream.Script) throws {
            good = try FrameUpstream()
            bad = try FrameUpstream(script: script)
            let http2 = HTTP2Upstreams.join("http2: true, retries: 0", settings)
            gateway = try RunningGateway(
                """
                upstreams:
                  good: { targets: [ "http://127.0.0.1:\(good.port)" ], \(http2) }
                  bad: { targets: [ "http://127.0.0.1:\(bad.port)" ], \(http2) }
                apis:
                  all:
                    path: /
                    versioning: { by: header, name: X-Version-Of-All }
                    versions:
                      v1:
                        default: true
                        routes: [ { match: "ANY /good", upstream: good }, { match: "ANY /bad/**", upstream: bad } ]
                """
            )
        }

        func stop() {
            good.stop()
            bad.stop()
        }

        func servesOthers(_ comment: Comment? = nil) throws {
            #expect(try gateway.ask("GET /good").text == "/good", comment)
        }
    }

    @Test("an answer that is malformed is 502, and the connection goes on")
    func malformed() throws {
        let ok = (":status", "200")
        let heads: [[(String, String)]] = [
            [ok, ("connection", "close")], [ok, ("transfer-encoding", "chunked")], [ok, ("keep-alive", "timeout=1")],
            [ok, ("upgrade", "h2c")], [ok, ("x-a", "1\r\nx-b: 2")], [ok, ("x-a", "1\u{0}")], [ok, ("x a", "1")],
            [ok, ("X-A", "1")], [ok, ("x:a", "1")], [ok, ("", "1")], [ok, ok], [("x-a", "1"), ok], [("x-a", "1")],
            [(":status", "20")], [(":status", "2000")], [(":status", "abc")], [(":status", "099")],
            [(":status", "101")], [ok, (":path", "/")], [ok, ("content-length", "1"), ("content-length", "2")],
            [ok, ("content-length", "-1")], [ok, ("content-length", "1x")],
        ]
        let ground = try Ground { peer in
            while let request = try peer.nextRequest() {
                let number = Int((request[":path"] ?? "").split(separator: "/").last ?? "") ?? 0
                try peer.frames.send(.headers(request.stream, heads[number], endsStream: false))
                try peer.frames.send(.data(request.stream, "x", endsStream: true))
            }
        }
        defer { ground.stop() }
        for number in heads.indices {
            let answer = try ground.gateway.ask("GET /bad/\(number)")
            #expect(answer.status == 502 && answer.problem == "upstream-answer-malformed", "\(heads[number])")
        }
        try ground.servesOthers()
        #expect(ground.bad.connectionCount == 1)
    }

    @Test("bodies that belie their length, heads without end and answers without a head are never taken for whole ones")
    func lies() throws {
        let ground = try Ground("timeouts: { response: 2s }") { peer in
            while let request = try peer.nextRequest() {
                let stream = request.stream
                let head = Frame.headers(stream, [(":status", "200"), ("content-length", "5")], endsStream: false)
                switch request[":path"] {
                case "/bad/short": try peer.frames.send(head, .data(stream, "abc", endsStream: true))
                case "/bad/long": try peer.frames.send(head, .data(stream, "abcdef", endsStream: true))
                case "/bad/headless": try peer.frames.send(.data(stream, "abc", endsStream: true))
                case "/bad/interim":
                    for _ in 0..<40 { try peer.frames.send(.headers(stream, [(":status", "103")], endsStream: false)) }
                case "/bad/trailers":
                    try peer.frames.send(
                        .headers(stream, [(":status", "200")], endsStream: false),
                        .data(stream, "abc"),
                        .headers(stream, [(":status", "200")])
                    )
                default: continue
                }
            }
        }
        defer { ground.stop() }
        for path in ["short", "long", "trailers"] {
            let wire = try ground.gateway.connect()
            try wire.send(WireRequest("GET /bad/\(path)").text)
            let answer = try? wire.receiveAnswer()
            // Refused before the head went out, or cut behind it.
            #expect(answer == nil || answer?.status == 502, "\(path)")
        }
        for path in ["headless", "interim"] {
            #expect(try ground.gateway.ask("GET /bad/\(path)").status == 502, "\(path)")
        }
        #expect(try ground.gateway.ask("GET /bad/silent").status == 504)
        try ground.servesOthers()
        #expect(ground.gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test("frames that are wrong end the connection; the next request has another one")
    func wrongFrames() throws {
        let frames: [Frame] = [
            Frame(.settings, [1, 2, 3]), Frame(.ping, [1]), Frame(.windowUpdate, stream: 0, Frame.bytes(0)),
            Frame(.continuation, stream: 1, []), Frame(.pushPromise, flags: 4, stream: 1, Frame.bytes(2)),
            Frame(.headers, flags: 4, stream: 2, [0x88]), Frame(.data, stream: 0, [1]),
            Frame.settings([(4, 0x8000_0000)]),
            Frame(.headers, flags: 5, stream: 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            Frame.windowUpdate(0, 0x7FFF_FFFF), Frame(.goAway, [1]),
        ]
        let ground = try Ground { peer in
            guard try peer.nextRequest() != nil else { return }
            guard peer.connection < frames.count else { return }
            try peer.frames.send(frames[peer.connection])
            while try peer.frames.receive() != nil {}
        }
        defer { ground.stop() }
        for frame in frames {
            #expect(try ground.gateway.ask("GET /bad/x").status == 502, "\(frame)")
            try ground.servesOthers("\(frame)")
        }
        #expect(ground.bad.connectionCount == frames.count)
        // What is no HTTP/2 at all.
        let plain = try ScriptedUpstream(whole: { wire, _ in try wire.send("HTTP/1.1 400 Bad Request\r\n\r\n") })
        defer { plain.stop() }
        let other = try RunningGateway(PlainSpec.text([plain.port], upstream: "http2: true, retries: 0"))
        #expect(try other.ask("GET /").status == 502)
    }

    @Test("floods of pings, settings and empty frames end the connection, and others are served meanwhile")
    func floods() throws {
        let floods: [(String, @Sendable (UInt32) -> [Frame])] = [
            ("pings", { _ in [Frame(.ping, [UInt8](repeating: 1, count: 8))] }),
            ("settings", { _ in [Frame.settings([(3, 100)])] }),
            ("empty data", { [Frame.data($0, "")] }),
            ("priority", { [Frame(.priority, stream: $0, Frame.bytes(0) + [1])] }),
            ("window updates", { _ in [Frame.windowUpdate(0, 1)] }),
        ]
        let ground = try Ground { peer in
            guard let request = try peer.nextRequest() else { return }
            let stream = request.stream
            try peer.frames.send(.headers(stream, [(":status", "200")], endsStream: false))
            let number = Int((request[":path"] ?? "").split(separator: "/").last ?? "") ?? 0
            let piece = (0..<100).flatMap { _ in floods[number].1(stream).flatMap(\.bytes) }
            for _ in 0..<2_000 where !peer.frames.wire.trySend(piece) { break }
            while try peer.frames.receive() != nil {}
        }
        defer { ground.stop() }
        for (number, flood) in floods.enumerated() {
            let wire = try ground.gateway.connect()
            try wire.send(WireRequest("GET /bad/\(number)").text)
            try ground.servesOthers(Comment(rawValue: flood.0))
            // Refused before the head went out, or cut behind it.
            let answer = try? wire.receiveAnswer()
            #expect(answer == nil || answer?.status == 502, Comment(rawValue: flood.0))
            let failed = ground.gateway.waits(for: "apic_upstream_http2_faults_total", toBe: Double(number + 1))
            #expect(failed, Comment(rawValue: flood.0))
        }
        #expect(ground.gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        #expect(ground.gateway.peakResidentBytes < 60_000_000)
    }

    @Test("header bombs end the connection within bounds")
    func headerBomb() throws {
        let ground = try Ground { peer in
            guard let request = try peer.nextRequest() else { return }
            // One entry of 4 KB in the table, and then a byte for each time that it is said.
            let name: [UInt8] = [0x40, 1, UInt8(ascii: "x")]
            let entry = name + [0x7F, 0xA1, 0x1E] + [UInt8](repeating: 0x61, count: 4_000)
            let block = [0x88] + entry + [UInt8](repeating: 0xBE, count: 12_000)
            try peer.frames.send(Frame(.headers, flags: 5, stream: request.stream, block))
            while try peer.frames.receive() != nil {}
        }
        defer { ground.stop() }
        #expect(try ground.gateway.ask("GET /bad/x").status == 502)
        try ground.servesOthers()
        #expect(ground.gateway.peakResidentBytes < 60_000_000)
    }
}
