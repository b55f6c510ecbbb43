import Foundation
import TestSupport
import Testing

/// Upstreams that do not speak HTTP/1.1: 502 while nothing was said, a cut connection afterwards.
@Suite("d07 HTTP/1.1: malformed answers")
struct MalformedAnswers {
    static let answers = [
        "nonsense\r\n\r\n", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 O\u{0}K\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx", "HTTP/1.1 200 OK\r\nX : y\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n X: y\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\u{1}\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nX\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: \(String(repeating: "y", count: 70_000))\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\(String(repeating: "X: y\r\n", count: 300))\r\n", "", "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nX: y",
    ]

    @Test("an answer that is none is 502, and the connection is not used again")
    func heads() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.readBody()
            if let index = Int(turn.request.target.dropFirst()) {
                try turn.wire.send(Smuggling.latin1(MalformedAnswers.answers[index]))
                // What ends too early is ended; the others are the gateway's to end.
                if index >= MalformedAnswers.answers.count - 3 { turn.close() }
            } else {
                try turn.answer(200, [], "fine")
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        for (index, text) in Self.answers.enumerated() {
            // A method that is never repeated.
            let answer = try wire.ask(WireRequest("POST /\(index)", body: "x"))
            #expect(answer.status == 502, "\(text.prefix(60).debugDescription)")
            #expect(
                answer.problem
                    == (index >= Self.answers.count - 3 ? "upstream-failed" : "upstream-answer-malformed"),
                "\(text.prefix(60).debugDescription)"
            )
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer.json["refused_by"] as? String == "upstream")
            #expect(try wire.ask(WireRequest("GET /fine")).text == "fine", "after \(text.prefix(60).debugDescription)")
        }
        #expect(try gateway.metric(#"apic_upstream_failures_total{kind="protocol"}"#) == Double(Self.answers.count))
    }

    /// A good head, and a body that breaks off or is none.
    static let bodies = [
        "Content-Length: 100\r\n\r\nshort", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n",
    ]

    @Test("an answer that breaks off is not passed off as whole: the client's connection is reset")
    func bodies() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.readBody()
            if let index = Int(turn.request.target.dropFirst()) {
                try turn.wire.send("HTTP/1.1 200 OK\r\n" + MalformedAnswers.bodies[index])
                turn.close()
            } else {
                try turn.answer(200, [], "fine")
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        for (index, text) in Self.bodies.enumerated() {
            let wire = try gateway.connect()
            try wire.send(WireRequest("GET /\(index)").text)
            #expect(wire.isReset(), "\(text.debugDescription)")
        }
        #expect(try gateway.ask("GET /fine").text == "fine")
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test("heads that come byte by byte are those of the same answers in one piece")
    func drips() throws {
        let interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        let last = "HTTP/1.1 200 OK\r\nX-Odd: a\r\nContent-Length: 4\r\n\r\nbody"
        let upstream = try ScriptedUpstream { turn in
            try turn.readBody()
            let isFaulty = turn.request.target == "/faulty"
            for byte in (interim + interim + (isFaulty ? last.replacing("X-Odd", with: "X Odd") : last)).utf8 {
                // What came meanwhile is read in one piece; most bytes come alone.
                usleep(500)
                try turn.wire.send([byte])
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        for _ in 0..<2 {
            try wire.send(WireRequest("GET /").text)
            for _ in 0..<2 { #expect(try wire.receiveHead().startLine.contains("103")) }
            let answer = try wire.receiveAnswer()
            #expect(answer.text == "body")
            #expect(answer["X-Odd"] == "a")
        }
        #expect(upstream.connectionCount == 1)
        try wire.send(WireRequest("GET /faulty").text)
        for _ in 0..<2 { #expect(try wire.receiveHead().startLine.contains("103")) }
        #expect(try wire.receiveAnswer().problem == "upstream-answer-malformed")
    }

    @Test("interim answers that fill what is read at once leave room for the answer")
    func interimFlood() throws {
        let upstream = try ScriptedUpstream { turn in
            for count in [60_000, 5_536] {
                let head = "HTTP/1.1 100 Continue\r\nX: "
                let rest = count - head.utf8.count - 4
                try turn.wire.send(head + String(repeating: "y", count: rest) + "\r\n\r\n")
            }
            usleep(50_000)
            try turn.answer(200, [], "fine")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        for _ in 0..<4 { #expect(try gateway.ask("GET /").text == "fine") }
    }

    @Test("bytes behind an answer are never the next one's")
    func surplus() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.readBody()
            if turn.request.target == "/surplus" {
                try turn.wire.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
                )
            } else {
                try turn.answer(200, [], "good")
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        for _ in 0..<5 {
            #expect(try wire.ask(WireRequest("GET /surplus")).text == "ok")
            #expect(try wire.ask(WireRequest("GET /good")).text == "good")
        }
    }

    @Test("an upstream that speaks unasked on a kept connection is not believed")
    func unasked() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.answer(200, [], "good \(turn.connection)")
            if turn.request.target == "/talk" {
                usleep(30_000)
                try turn.wire.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        #expect(try gateway.ask("GET /talk").text == "good 0")
        #expect(gateway.waits(for: "apic_upstream_connections", toBe: 0))
        #expect(try gateway.ask("GET /").text == "good 1")
    }
}
