import Foundation
import TestSupport
import Testing

/// Answers that come before their time: 100, other interim ones, and final ones while the body is still sent.
@Suite("d04 HTTP/1.1: interim and early answers")
struct ContinueAndEarlyAnswers {
    @Test("a client that expects 100 gets it once the upstream is there, and the upstream need not know")
    func continues() throws {
        let upstream = try ScriptedUpstream { try $0.answer(200, [], String(decoding: $0.readBody(), as: UTF8.self)) }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        for framing in ["Content-Length: 5", "Transfer-Encoding: chunked"] {
            upstream.forget()
            try wire.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\(framing)\r\n\r\n")
            #expect(try wire.receiveAnyAnswer().status == 100, "\(framing)")
            try wire.send(framing.hasSuffix("5") ? "hello" : "5\r\nhello\r\n0\r\n\r\n")
            #expect(try wire.receiveAnyAnswer().text == "hello", "\(framing)")
            #expect(upstream.requests.first?["Expect"] == nil, "\(framing)")
        }
        // Without a body there is nothing to go on with.
        try wire.send("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
        #expect(try wire.receiveAnyAnswer().status == 200)
        // A client that does not wait gets no harm.
        try wire.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
        #expect(try wire.receiveAnswer().text == "hello")
        // HTTP/1.0 knows no 100.
        let old = try gateway.connect()
        try old.send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
        #expect(try old.receiveAnyAnswer().text == "hello")
        let odd = try gateway.ask("POST /", ["Expect: a-miracle"], body: "x")
        #expect(odd.status == 417)
        #expect(odd.problem == "expectation-failed")
    }

    @Test("a refusal comes instead of 100, and the connection closes because the body may or may not come")
    func refusedContinue() throws {
        let gateway = try RunningGateway(PlainSpec.text([1], plugins: "[ { request-size-limit: { body: 1KiB } } ]"))
        let wire = try gateway.connect()
        try wire.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n")
        let answer = try wire.receiveAnyAnswer()
        #expect(answer.status == 413)
        #expect(answer["Connection"] == "close")
        #expect(wire.isClosed())
        // An upstream that cannot be reached: no 100 either.
        let other = try gateway.connect()
        try other.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 20\r\n\r\n")
        #expect(try other.receiveAnyAnswer().status == 503)
    }

    @Test("interim answers of the upstream pass, except 100 and 101, and not to HTTP/1.0")
    func interim() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.readBody()
            let hint =
                "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n"
            switch turn.request.target {
            case "/hints":
                try turn.wire.send("HTTP/1.1 100 Continue\r\n\r\n" + hint)
                usleep(20_000)
                try turn.wire.send("HTTP/1.1 102 Processing\r\n\r\n")
            case "/many": for _ in 0..<17 { try turn.wire.send(hint) }
            case "/switch": try turn.wire.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")
            default: break
            }
            try turn.answer(200, [], "final")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        try wire.send(WireRequest("GET /hints").text)
        let hint = try wire.receiveAnyAnswer()
        #expect(hint.status == 103)
        #expect(hint["Link"] == "</a.css>; rel=preload")
        #expect(hint["X-Hop"] == nil && hint["Connection"] == nil)
        #expect(try wire.receiveAnyAnswer().status == 102)
        #expect(try wire.receiveAnyAnswer().text == "final")
        #expect(try wire.ask(WireRequest("GET /plain")).text == "final")
        let old = try gateway.connect()
        try old.send("GET /hints HTTP/1.0\r\n\r\n")
        #expect(try old.receiveAnyAnswer().text == "final")
        #expect(try gateway.ask("GET /many").status == 502)
        #expect(try gateway.ask("GET /switch").status == 502)
    }

    @Test("an upstream may answer while the body is still on its way; the client gets the answer and then the end")
    func earlyAnswer() throws {
        let upstream = try ScriptedUpstream { turn in
            turn.skipBody()
            try turn.wire.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nenoug")
            turn.close()
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        for _ in 0..<5 {
            let wire = try gateway.connect()
            try wire.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n")
            for _ in 0..<20 where wire.trySend([UInt8](repeating: 7, count: 65_536)) {}
            let answer = try wire.receiveAnswer(to: "PUT")
            #expect(answer.status == 403)
            #expect(answer.text == "enoug")
            #expect(answer["Connection"] == "close")
        }
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        #expect(try gateway.metric("apic_upstream_connections") == 0)
    }

    @Test("an early answer that is longer than what the client takes at once arrives whole")
    func earlyLongAnswer() throws {
        let size = 8 << 20
        let upstream = try ScriptedUpstream { turn in
            turn.skipBody()
            try turn.wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            try turn.wire.send([UInt8](repeating: 9, count: size))
            _ = turn.wire.isReadable(within: 1)
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect(receiveBuffer: 32_768)
        try wire.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nfirst bytes")
        // The client sends nothing more and reads slowly, so that the answer's last bytes wait in the gateway.
        let head = try wire.receiveHead()
        #expect(head["Content-Length"] == "\(size)")
        var count = 0
        while count < size {
            let bytes = try wire.receive(countMax: 65_536)
            try #require(!bytes.isEmpty)
            count += bytes.count
            if count % 7 == 0 { usleep(1_000) }
        }
        #expect(count == size)
        #expect(wire.isClosed())
        #expect(gateway.program.isRunning)
        #expect(try gateway.status("/ready").status == 200)
    }

    @Test("an early answer may be complete while its last bytes still wait for the client")
    func earlyAnswerWaits() throws {
        let upstream = try ScriptedUpstream { turn in
            turn.skipBody()
            let size = Int(turn.request.target.dropFirst()) ?? 0
            try turn.wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(size + 2000)\r\n\r\n")
            try turn.wire.send([UInt8](repeating: 9, count: size))
            usleep(3_000)
            try turn.wire.send([UInt8](repeating: 9, count: 2000))
            _ = turn.wire.isReadable(within: 1)
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        // Sizes around what the kernel takes for a client that does not read, wherever that is.
        func waits(_ size: Int) throws -> Bool {
            let wire = try gateway.connect(receiveBuffer: 4096)
            try wire.send("PUT /\(size) HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nfirst bytes")
            usleep(12_000)
            let isWaiting = try gateway.metric("apic_requests_in_flight") > 0
            _ = try wire.receiveHead()
            var count = 0
            while count < size + 2000 {
                let bytes = try wire.receive(countMax: 65_536)
                try #require(!bytes.isEmpty)
                count += bytes.count
            }
            #expect(wire.isClosed())
            return isWaiting
        }
        var (fits, blocks) = (0, 8 << 20)
        while blocks - fits > 4_000 {
            let middle = (fits + blocks) / 2
            if try waits(middle) { blocks = middle } else { fits = middle }
        }
        for size in stride(from: max(fits - 40_000, 0), to: fits + 40_000, by: 2_000) { _ = try waits(size) }
        #expect(gateway.program.isRunning)
    }

    @Test("an upstream that echoes while it reads works in both directions at once")
    func bothWays() throws {
        let size = 4 << 20
        let upstream = try ScriptedUpstream { turn in
            turn.skipBody()
            try turn.wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            var rest = size
            while rest > 0 {
                let bytes = try turn.wire.receive(countMax: min(rest, 65_536))
                guard !bytes.isEmpty else { return turn.close() }
                try turn.wire.send(bytes)
                rest -= bytes.count
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        Thread.detachNewThread {
            _ = wire.trySend(Array("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n".utf8))
            _ = try? LargeBodies.send(size, on: wire)
        }
        #expect(try wire.receiveHead().startLine == "HTTP/1.1 200 OK")
        #expect(try LargeBodies.receive(size, on: wire))
    }
}
