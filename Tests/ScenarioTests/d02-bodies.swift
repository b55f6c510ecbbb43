import Foundation
import TestSupport
import Testing

/// Bodies of every framing, both ways: what comes out is what went in, framed anew.
@Suite("d02 HTTP/1.1: bodies")
struct Bodies {
    @Test("request bodies: by length and in chunks, whatever their size")
    func requests() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        for count in [0, 1, 2, 8_191, 8_192, 8_193, 32_768, 65_535, 65_536, 65_537, 1_000_000] {
            let body = Self.pattern(count)
            upstream.forget()
            try wire.send("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n")
            try wire.send(body)
            #expect(try wire.receiveAnswer().status == 200, "\(count)")
            let first = try #require(upstream.requests.first)
            #expect(first.body == body, "\(count)")
            #expect(first.values("Content-Length") == ["\(count)"], "\(count)")
            #expect(first["Transfer-Encoding"] == nil, "\(count)")

            upstream.forget()
            try wire.send("POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n")
            for chunk in Self.chunks(body) { try wire.send(chunk) }
            #expect(try wire.receiveAnswer().status == 200, "\(count)")
            let second = try #require(upstream.requests.first)
            #expect(second.body == body, "\(count)")
            #expect(second.values("Transfer-Encoding") == ["chunked"], "\(count)")
            #expect(second["Content-Length"] == nil, "\(count)")
        }
        #expect(upstream.connectionCount == 1)
    }

    static func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    /// Chunks of growing size, with extensions, and a trailer.
    static func chunks(_ body: [UInt8]) -> [[UInt8]] {
        var chunks: [[UInt8]] = []
        var (offset, size) = (0, 1)
        while offset < body.count {
            let end = min(offset + size, body.count)
            let line = String(end - offset, radix: 16, uppercase: size % 2 == 0) + (size % 3 == 0 ? ";a=b\r\n" : "\r\n")
            chunks.append(Array(line.utf8) + body[offset..<end] + [13, 10])
            (offset, size) = (end, size * 3)
        }
        return chunks + [Array("000\r\nX-Trailer: t\r\n\r\n".utf8)]
    }

    @Test("answers: by length, in chunks, and until the upstream closes; for clients of both versions")
    func answers() throws {
        let sizes = [0, 1, 8_192, 8_193, 65_536, 700_000]
        let upstream = try ScriptedUpstream { turn in
            try turn.readBody()
            let words = turn.request.target.split(separator: "/")
            let body = Bodies.pattern(Int(words[1]) ?? 0)
            switch words[0] {
            case "length": try turn.wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
            case "chunks": try turn.wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            default: try turn.wire.send("HTTP/1.0 200 OK\r\n\r\n")
            }
            if words[0] == "chunks" {
                for chunk in Bodies.chunks(body) { try turn.wire.send(chunk) }
            } else {
                try turn.wire.send(body)
            }
            if words[0] == "close" { turn.close() }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        for framing in ["length", "chunks", "close"] {
            for size in sizes {
                let comment: Comment = "\(framing) \(size)"
                let answer = try wire.ask(WireRequest("GET /\(framing)/\(size)"))
                #expect(answer.body == Self.pattern(size), comment)
                #expect(answer.isChunked == (framing != "length"), comment)
                #expect(answer["Content-Length"] == (framing == "length" ? "\(size)" : nil), comment)
                #expect(answer["Connection"] == nil, comment)
                #expect(answer["Trailer"] == nil, comment)

                let old = try gateway.connect()
                try old.send("GET /\(framing)/\(size) HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                let plain = try old.receiveAnswer()
                #expect(plain.body == Self.pattern(size), comment)
                #expect(plain["Transfer-Encoding"] == nil, comment)
                #expect(plain["Connection"] == (framing == "length" ? "keep-alive" : "close"), comment)
                if framing != "length" { #expect(old.isClosed(), comment) }
            }
        }
    }

    @Test("HEAD, 204 and 304 have no body, whatever their fields say")
    func noBody() throws {
        let upstream = try ScriptedUpstream { turn in
            switch turn.request.target {
            case "/head": try turn.send("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")
            case "/head-chunked": try turn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            case "/head-open": try turn.send("HTTP/1.1 200 OK\r\n\r\n")
            case "/204": try turn.send("HTTP/1.1 204 No Content\r\n\r\n")
            case "/304": try turn.send("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 99\r\n\r\n")
            case "/205": try turn.send("HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n")
            default: try turn.answer(200, [], "x")
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        let cases = [
            ("HEAD /head", 200, "1234"), ("HEAD /head-chunked", 200, nil), ("HEAD /head-open", 200, nil),
            ("GET /204", 204, nil), ("GET /304", 304, "99"), ("GET /205", 205, "0"), ("HEAD /304", 304, "99"),
        ]
        for (line, status, length) in cases {
            let answer = try wire.ask(WireRequest(line))
            #expect(answer.status == status, "\(line)")
            #expect(answer["Content-Length"] == length, "\(line)")
            #expect(answer.status == 204 ? answer["Transfer-Encoding"] == nil : true, "\(line)")
            #expect(try wire.ask(WireRequest("GET /next")).text == "x", "after \(line)")
        }
        #expect(upstream.connectionCount == 1)
    }

    @Test("an answer's fields pass as they are; Date is added where it is missing")
    func fields() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.readBody()
            let date = turn.request.target == "/dated" ? "Date: Tue, 01 Jan 2030 00:00:00 GMT\r\n" : ""
            try turn.send(
                "HTTP/1.1 299 Odd  Reason \u{e9}\r\n\(date)X-A:  1 \r\nx-a:2\r\nX-Empty:\r\nSet-Cookie: a=1; Path=/\r\n"
                    + "Set-Cookie: b=2\r\nContent-Length: 0\r\nETag: W/\"x\"\r\n\r\n"
            )
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let answer = try gateway.ask("GET /plain")
        #expect(answer.head.startLine == "HTTP/1.1 299 Odd  Reason \u{e9}")
        #expect(answer.values("X-A") == ["1", "2"])
        #expect(answer.values("X-Empty") == [""])
        #expect(answer.values("Set-Cookie") == ["a=1; Path=/", "b=2"])
        #expect(answer.values("Date").count == 1)
        #expect(try gateway.ask("GET /dated").values("Date") == ["Tue, 01 Jan 2030 00:00:00 GMT"])
    }
}
