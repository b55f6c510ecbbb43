import Foundation
import TestSupport
import Testing

/// Answers of upstreams go as gzip to who takes it.
@Suite("c23 plugins: compress")
struct CompressScenario {
    private func spec(_ upstream: ScriptedUpstream, _ settings: String = "", _ rules: String = "") -> String {
        """
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ]\(rules) } }
        apis:
          shop:
            path: /shop
            upstream: up
            plugins: [ compress: { \(settings) } ]
            versions: { v1: { routes: [ "ANY /**" ] } }
        """
    }

    private static let gzip = ["Accept-Encoding: gzip"]

    /// So many bytes that zlib makes smaller.
    private static func text(_ count: Int) -> String {
        var random = SeededRandom(seed: UInt64(count))
        var text = ""
        while text.utf8.count < count { text += "item \(Int.random(in: 0..<100_000, using: &random)), " }
        return String(text.prefix(count))
    }

    private static let counts = [
        "/etag": ["ETag: \"a\"", "Content-Type: application/json", "Accept-Ranges: bytes"],
        "/weak": ["ETag: W/\"a\"", "Content-Type: text/html; charset=utf-8", "Vary: Origin, accept-encoding"],
        "/png": ["ETag: \"a\"", "Content-Type: image/png"], "/untyped": ["ETag: \"a\""],
        "/encoded": ["ETag: \"a\"", "Content-Type: text/css", "Content-Encoding: br"],
        "/fixed": ["ETag: \"a\"", "Content-Type: text/css", "Cache-Control: public, no-transform"],
        "/digest": ["ETag: \"a\"", "Content-Type: text/css", "Repr-Digest: sha-256=:AA==:"],
        "/error": ["Content-Type: application/problem+json", "Vary: *"],
    ]

    private func upstream() throws -> ScriptedUpstream {
        try ScriptedUpstream { turn in
            let path = turn.request.target
            let fields = Self.counts[path] ?? ["Content-Type: application/json"]
            switch path {
            case "/error": try turn.answer(500, fields, Self.text(5_000))
            case "/part": try turn.answer(206, fields + ["Content-Range: bytes 0-4999/9999"], Self.text(5_000))
            case "/none": try turn.send("HTTP/1.1 204 No Content\r\nContent-Type: text/css\r\n\r\n")
            case "/same": try turn.send("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n")
            case "/small": try turn.answer(200, fields, Self.text(1_023))
            default: try turn.answer(200, fields, Self.text(5_000))
            }
        }
    }

    @Test("only what pays is compressed, and heads say what holds")
    func heads() throws {
        let upstream = try upstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(spec(upstream))
        let wire = try gateway.connect()
        for path in ["/etag", "/weak", "/error", "/plain"] {
            let plain = try wire.ask(WireRequest("GET /shop/v1\(path)"))
            #expect(plain.text == Self.text(5_000) && plain["Content-Encoding"] == nil)
            #expect(plain["Content-Length"] == "5000" && plain["ETag"] == Self.tag(of: path))
            let packed = try wire.ask(WireRequest("GET /shop/v1\(path)", Self.gzip))
            #expect(packed["Content-Encoding"] == "gzip" && packed.isChunked && packed["Content-Length"] == nil)
            #expect(try Gunzip.text(packed.body) == Self.text(5_000) && packed.body.count < 3_000)
            #expect(packed["ETag"] == Self.tag(of: path).map { $0.hasPrefix("W/") ? $0 : "W/" + $0 })
            #expect(packed["Accept-Ranges"] == nil && packed.status == plain.status)
            let head = try wire.ask(WireRequest("HEAD /shop/v1\(path)", Self.gzip))
            #expect(head["Content-Encoding"] == "gzip" && head["ETag"] == packed["ETag"])
            #expect(head["Content-Length"] == nil && head.body.isEmpty)
            for answer in [plain, packed, head] {
                let vary = answer.values("Vary").joined(separator: ", ").lowercased()
                #expect(
                    vary == (path == "/weak" ? "origin, accept-encoding" : path == "/error" ? "*" : "accept-encoding")
                )
            }
        }
        for path in ["/png", "/untyped", "/encoded", "/fixed", "/digest", "/part", "/small", "/none"] {
            let answer = try wire.ask(WireRequest("GET /shop/v1\(path)", Self.gzip))
            #expect(answer.values("Content-Encoding") == (path == "/encoded" ? ["br"] : []), "\(path)")
            #expect(answer["ETag"] == Self.tag(of: path) && answer["Vary"] == nil && !answer.isChunked, "\(path)")
            #expect(answer.text == (path == "/none" ? "" : Self.text(path == "/small" ? 1_023 : 5_000)), "\(path)")
        }
        let same = try wire.ask(WireRequest("GET /shop/v1/same", Self.gzip + ["If-None-Match: W/\"a\""]))
        #expect(same.status == 304 && same["ETag"] == "W/\"a\"" && same["Vary"] == "Accept-Encoding")
        #expect(try wire.ask(WireRequest("GET /shop/v1/same"))["ETag"] == "\"a\"")
        // Whoever wants it as it is, or cannot know where it ends, gets it so.
        for fields in [["Accept-Encoding: gzip;q=0, *"], Self.gzip + ["Cache-Control: no-transform"]] {
            let answer = try wire.ask(WireRequest("GET /shop/v1/plain", fields))
            #expect(answer.text == Self.text(5_000) && answer["Vary"] == "Accept-Encoding")
        }
        let old = try gateway.connect()
        try old.send("GET /shop/v1/plain HTTP/1.0\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
        let answer = try old.receiveAnswer()
        #expect(answer.text == Self.text(5_000) && answer["Vary"] == "Accept-Encoding" && !answer.isChunked)
        #expect(try gateway.metric(#"apic_compressed_answers_total{result="compressed"}"#) == 4)
        #expect(try gateway.metric(#"apic_compressed_bytes_total{side="in"}"#) == 20_000)
    }

    private static func tag(of path: String) -> String? {
        counts[path]?.first { $0.hasPrefix("ETag") }.map { String($0.dropFirst(6)) }
    }

    @Test("bodies of every size and framing come whole, to HTTP/1.1 and HTTP/2", arguments: [1, 9])
    func bodies(_ level: Int) throws {
        let upstream = try ScriptedUpstream { turn in
            let parts = turn.request.target.split(separator: "/")
            let body = Self.text(Int(parts[1]) ?? 0)
            switch parts[0] {
            case "known": try turn.answer(200, ["Content-Type: text/plain"], body)
            case "close":
                try turn.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n\(body)")
                turn.close()
            default:
                try turn.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
                var rest = Array(body.utf8)[...]
                while !rest.isEmpty {
                    let piece = rest.prefix(7_001)
                    try turn.wire.send("\(String(piece.count, radix: 16))\r\n")
                    try turn.wire.send(Array(piece) + [13, 10])
                    rest = rest.dropFirst(7_001)
                }
                try turn.wire.send("0\r\nX-Sum: \(body.utf8.count)\r\n\r\n")
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(spec(upstream, "level: \(level), min-size: 0B"))
        let inner = try RunningGateway(spec(upstream, "types: [ none/none ]"))
        // The same upstream by way of HTTP/2.
        let outer = try RunningGateway(
            """
            upstreams: { up: { targets: [ "http://127.0.0.1:\(inner.port)" ], http2: true } }
            apis:
              shop:
                path: /shop
                upstream: up
                plugins: [ compress: { level: \(level), min-size: 0B } ]
                versions: { v1: { routes: [ { match: "ANY /**", strip: false } ] } }
            """
        )
        for gate in [gateway, outer] {
            let wire = try gate.connect(receiveBuffer: 4_096)
            let frames = try gate.connectFrames(settings: [(4, 10_000_000)])
            try frames.send(.windowUpdate(0, 100_000_000))
            var stream: UInt32 = 1
            for framing in ["known", "chunked", "close"] {
                for count in [0, 1, 100, 8_191, 65_536, 1_000_000] {
                    let target = "/shop/v1/\(framing)/\(count)"
                    let answer = try wire.ask(WireRequest("GET \(target)", Self.gzip))
                    let isEmpty = answer["Content-Encoding"] == nil
                    #expect(try (isEmpty ? answer.text : Gunzip.text(answer.body)) == Self.text(count), "\(target)")
                    #expect(!isEmpty || count == 0)
                    if framing == "chunked", gate === gateway { #expect(wire.trailers == ["X-Sum: \(count)"]) }
                    try frames.send(.headers(stream, FrameWire.request("GET", target, [("accept-encoding", "gzip")])))
                    let other = try frames.answer(stream)
                    let isPacked = other.fields.contains { $0.name == "content-encoding" }
                    let body = isPacked ? try Gunzip.text(other.body) : other.text
                    #expect(body == Self.text(count), "\(target) over HTTP/2")
                    stream += 2
                }
            }
        }
    }

    @Test("pieces of a slow upstream are not held back")
    func events() throws {
        let (first, second) = (Latch<Bool>(), Latch<Bool>())
        let upstream = try ScriptedUpstream { turn in
            try turn.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for (event, latch) in [("data: one\n\n", first), ("data: two\n\n", second)] {
                try turn.wire.send("\(String(event.utf8.count, radix: 16))\r\n\(event)\r\n")
                _ = latch.wait(20)
            }
            try turn.wire.send("0\r\n\r\n")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(spec(upstream))
        let wire = try gateway.connect()
        try wire.send("GET /shop/v1/events HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
        #expect(try wire.receiveHead()["Content-Encoding"] == "gzip")
        let stream = try Gunzip()
        var text = ""
        while text != "data: one\n\n" { text += String(decoding: try stream.read(try chunk(wire)), as: UTF8.self) }
        first.set(true)
        while text != "data: one\n\ndata: two\n\n" {
            text += String(decoding: try stream.read(try chunk(wire)), as: UTF8.self)
        }
        second.set(true)
        while !stream.isComplete { #expect(try stream.read(try chunk(wire)).isEmpty) }
        #expect(try chunk(wire).isEmpty)
    }

    private func chunk(_ wire: Wire) throws -> [UInt8] {
        let size = String(decoding: try wire.receive(through: "\r\n").dropLast(2), as: UTF8.self)
        let count = try #require(Int(size, radix: 16))
        return Array(try wire.receive(exactly: count + 2).dropLast(2))
    }

    @Test("beyond a bound answers go as they are, and cut ones stay cut")
    func bounds() throws {
        let latch = Latch<Bool>()
        let upstream = try ScriptedUpstream { turn in
            try turn.send(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n"
            )
            guard !turn.request.target.hasSuffix("cut") else { return turn.close() }
            _ = latch.wait(20)
            try turn.wire.send("0\r\n\r\n")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(spec(upstream))
        let wires = try (0..<66).map { _ in try gateway.connect() }
        for wire in wires.prefix(64) {
            try wire.send("GET /shop/v1/a HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
            #expect(try wire.receiveHead()["Content-Encoding"] == "gzip")
        }
        for wire in wires.suffix(2) {
            try wire.send("GET /shop/v1/a HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
            let head = try wire.receiveHead()
            #expect(head["Content-Encoding"] == nil && head["Vary"] == "Accept-Encoding")
        }
        #expect(try gateway.metric(#"apic_compressed_answers_total{result="busy"}"#) == 2)
        // Who goes away gives its place back.
        wires[0].reset()
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 65))
        let last = try gateway.connect()
        try last.send("GET /shop/v1/a HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
        #expect(try last.receiveHead()["Content-Encoding"] == "gzip")
        latch.set(true)
        for wire in wires.dropFirst() + [last] { _ = try wire.receive(through: "0\r\n\r\n") }
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        let cut = try gateway.connect()
        try cut.send("GET /shop/v1/cut HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
        #expect(cut.isReset())
    }
}
