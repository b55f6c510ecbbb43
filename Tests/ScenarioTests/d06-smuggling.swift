import Foundation
import TestSupport
import Testing

/// Requests that two parsers could understand in two ways: refused, the connection closed, nothing forwarded.
@Suite("d06 HTTP/1.1: smuggling")
struct Smuggling {
    static let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"

    static func post(_ fields: String, _ body: String = "0\r\n\r\n") -> String {
        "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
    }

    /// What is sent, and the status.
    static let requests: [(String, Int)] = [
        // Two framings, doubled framings, framings that are none.
        (post("Content-Length: 5\r\nTransfer-Encoding: chunked"), 400),
        (post("Transfer-Encoding: chunked\r\nContent-Length: 5"), 400),
        (post("Content-Length: 5\r\nContent-Length: 5", "hello"), 400),
        (post("Content-Length: 5\r\nContent-Length: 6", "hello"), 400),
        (post("Content-Length: 5, 5", "hello"), 400),
        (post("Content-Length: +5", "hello"), 400),
        (post("Content-Length: -5", "hello"), 400),
        (post("Content-Length: 0x5", "hello"), 400),
        (post("Content-Length: 5 5", "hello"), 400),
        (post("Content-Length: 5;", "hello"), 400),
        (post("Content-Length: 1e1", "hello"), 400),
        (post("Content-Length:", "hello"), 400),
        (post("Content-Length: 18446744073709551616", "hello"), 400),
        (post("Content-Length: 99999999999999999999999", "hello"), 400),
        (post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400),
        (post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"), 400),
        (post("Transfer-Encoding: gzip, chunked"), 400),
        (post("Transfer-Encoding: chunked, identity"), 400),
        (post("Transfer-Encoding: chunked, chunked"), 400),
        (post("Transfer-Encoding: gzip"), 501),
        (post("Transfer-Encoding: identity"), 501),
        (post("Transfer-Encoding: xchunked"), 501),
        (post("Transfer-Encoding: \"chunked\""), 501),
        (post("Transfer-Encoding:\u{b}chunked"), 400),
        (post("Transfer-Encoding:"), 501),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        // Field lines that are none.
        (post("Content-Length : 5", "hello"), 400),
        (post("Content-Length\t: 5", "hello"), 400),
        (post("Transfer-Encoding : chunked"), 400),
        (post(" Transfer-Encoding: chunked"), 400),
        (post("X: a\r\n Transfer-Encoding: chunked"), 400),
        (post("X: a\r\n\tb"), 400),
        (post(": a"), 400),
        (post("X"), 400),
        (post("X Y: a"), 400),
        (post("X\u{0}Y: a"), 400),
        (post("X: a\u{0}b"), 400),
        (post("X: a\u{1}b"), 400),
        (post("X: a\u{7F}b"), 400),
        (post("X(: a"), 400),
        (post("X\u{e9}: a"), 400),
        (post("X: a\nTransfer-Encoding: chunked"), 400),
        (post("X: a\rTransfer-Encoding: chunked"), 400),
        (post("X: a\r\r\nTransfer-Encoding: chunked"), 400),
        ("GET / HTTP/1.1\nHost: a\n\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
        // Request lines that are none.
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\r\nHost: a\r\n\r\n", 400),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/01.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\u{0} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        // Hosts.
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
        ("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400),
        ("GET http://x@a/ HTTP/1.1\r\nHost: x@a\r\n\r\n", 400),
        ("GET http:// HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET http://a/ HTTP/1.1\r\n\r\n", 400),
    ]

    @Test("an ambiguous head is refused, and what follows it is not a request")
    func heads() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        for (text, status) in Self.requests {
            let wire = try gateway.connect()
            try wire.send(Self.latin1(text + Self.hidden))
            let answer = try wire.receiveAnswer()
            #expect(answer.status == status, "\(text.debugDescription)")
            #expect(answer["Connection"] == "close", "\(text.debugDescription)")
            #expect(answer["Content-Type"] == "application/problem+json", "\(text.debugDescription)")
            #expect(wire.isClosed(), "\(text.debugDescription)")
            #expect(upstream.requests.isEmpty, "\(text.debugDescription)")
            upstream.forget()
        }
        #expect(try gateway.metric(#"apic_malformed_requests_total{status="400"}"#) > 50)
        #expect(try gateway.ask("GET /").status == 200)
    }

    /// One byte per character.
    static func latin1(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

    /// Chunked bodies that are none.
    static let bodies = [
        "5\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n", "-1\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n", ";a=b\r\nhello\r\n0\r\n\r\n", "g\r\nhello\r\n0\r\n\r\n",
        "10000000000000000\r\nhello\r\n0\r\n\r\n", "5;a\u{0}b\r\nhello\r\n0\r\n\r\n", "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n", "0\r\nX\r\n\r\n", "0\r\n: x\r\n\r\n", "0\r\nX : y\r\n\r\n", "0\r\nX: \u{0}\r\n\r\n",
        "0\r\n X: y\r\n\r\n", "0\r\n\n", "0\r\nX: y\n\r\n",
        "5;\(String(repeating: "x", count: 300))\r\nhello\r\n0\r\n\r\n",
        "0\r\nX: \(String(repeating: "y", count: 9000))\r\n\r\n",
    ]

    @Test("a chunked body that is none ends the connection; the upstream never sees a whole request")
    func chunks() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        for body in Self.bodies {
            let wire = try gateway.connect()
            try wire.send(Self.latin1(Self.post("Transfer-Encoding: chunked", body) + Self.hidden))
            let answer = try wire.receiveAnswer()
            #expect(answer.status == 400, "\(body.debugDescription)")
            #expect(wire.isClosed(), "\(body.debugDescription)")
        }
        // Heads may have been forwarded before the fault was found, bodies and what follows never.
        #expect(upstream.requests.allSatisfy { $0.method == "POST" && $0.body.isEmpty })
        #expect(try gateway.ask("GET /").status == 200)
    }

    @Test("heads that are too much: of bytes, of fields, of target, of method")
    func bounds() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            PlainSpec.text(upstream, top: "listen: { limits: { head: 4KiB, headers: 20, body: 1MiB } }")
        )
        func fill(_ count: Int) -> String { String(repeating: "x", count: count) }
        let many = (0..<19).map { "X-\($0): y\r\n" }.joined()
        let cases: [(String, Int)] = [
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \(fill(4000))\r\n\r\n", 200),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \(fill(4100))\r\n\r\n", 431),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \(fill(40_000))\r\n\r\n", 431),
            ("GET / HTTP/1.1\r\nHost: a\r\n\(many)\r\n", 200),
            ("GET / HTTP/1.1\r\nHost: a\r\n\(many)X: y\r\n\r\n", 431),
            ("GET /\(fill(3900)) HTTP/1.1\r\nHost: a\r\n\r\n", 200),
            ("GET /\(fill(5000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
            ("GET /\(fill(50_000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
            ("\(fill(33)) / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("\(fill(32)) / HTTP/1.1\r\nHost: a\r\n\r\n", 200),
            ("GET / HTTP/1.1\r\nHost: \(fill(256))\r\n\r\n", 400),
            ("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413),
            ("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n", 413),
        ]
        for (text, status) in cases {
            upstream.forget()
            let wire = try gateway.connect()
            wire.trySend(Array(text.utf8))
            let answer = try wire.receiveAnswer()
            #expect(answer.status == status, "\(text.prefix(60).debugDescription) of \(text.utf8.count) bytes")
            #expect(upstream.requests.count == (status == 200 ? 1 : 0), "\(text.prefix(60).debugDescription)")
        }
    }
}
