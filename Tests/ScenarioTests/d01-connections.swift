import Foundation
import TestSupport
import Testing

/// One connection, many requests: kept, pipelined, dripped, closed.
@Suite("d01 HTTP/1.1: connections")
struct Connections {
    @Test("a connection serves request after request, of both versions, until somebody says close")
    func keepAlive() throws {
        let upstream = try ScriptedUpstream { try $0.answer(200, [], $0.request.target) }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        for index in 0..<50 {
            let answer = try wire.ask(WireRequest("GET /\(index)"))
            #expect(answer.text == "/\(index)")
            #expect(answer["Connection"] == nil)
        }
        #expect(upstream.connectionCount == 1)
        let last = try wire.ask(WireRequest("GET /last", ["Connection: x, Close"]))
        #expect(last["Connection"] == "close")
        #expect(wire.isClosed())
        #expect(upstream.requests.last?["Connection"] == nil)

        let cases: [(String, String?, Bool)] = [
            ("GET /a HTTP/1.0\r\n\r\n", "close", true),
            ("GET /a HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", "keep-alive", false),
            ("GET /a HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", nil, false),
            ("GET /a HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "close", true),
        ]
        for (text, connection, closes) in cases {
            let wire = try gateway.connect()
            try wire.send(text)
            let answer = try wire.receiveAnswer()
            #expect(answer.head.startLine.hasPrefix("HTTP/1.1 200"), "\(text)")
            #expect(answer["Connection"] == connection, "\(text)")
            #expect(wire.isClosed(within: closes ? 10 : 0.1) == closes, "\(text)")
        }
    }

    @Test("requests in one write are answered in their order, whatever answers them")
    func pipelining() throws {
        let upstream = try ScriptedUpstream { turn in
            let body = try turn.readBody()
            if turn.request.target.hasSuffix("3") { usleep(50_000) }
            try turn.answer(200, [], "\(turn.request.target) \(String(decoding: body, as: UTF8.self))")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            """
            upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
            apis:
              all:
                path: /p
                upstream: up
                versions:
                  v1:
                    routes:
                      - ANY /up/{n}
                      - { match: "ANY /own/{n}", plugins: [ { respond: { body: own } } ] }
            """
        )
        let wire = try gateway.connect()
        var batch = ""
        var expected: [String] = []
        for index in 0..<120 {
            switch index % 5 {
            case 0:
                batch += WireRequest("GET /p/v1/up/\(index)").text
                expected.append("/up/\(index) ")
            case 1:
                batch += WireRequest("POST /p/v1/up/\(index)", body: "body \(index)").text
                expected.append("/up/\(index) body \(index)")
            case 2:
                batch += "POST /p/v1/up/\(index) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                batch += "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer-A: b\r\n\r\n"
                expected.append("/up/\(index) abcdefg")
            case 3:
                batch += WireRequest("POST /p/v1/own/\(index)", body: "unread").text
                expected.append("own")
            default:
                batch += WireRequest("GET /p/v1/none").text
                expected.append("404")
            }
        }
        try wire.send(batch)
        for text in expected {
            let answer = try wire.receiveAnswer()
            #expect(text == "404" ? answer.status == 404 : answer.text == text)
        }
        #expect(try wire.ask(WireRequest("GET /p/v1/own/x")).text == "own")
    }

    @Test("the same bytes, one at a time, mean the same")
    func dripped() throws {
        let upstream = try ScriptedUpstream { turn in
            let body = try turn.readBody()
            try turn.answer(200, [], "\(turn.request.target) \(String(decoding: body, as: UTF8.self))")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        let text =
            "\r\nGET /a HTTP/1.1\r\nHost: a\r\nX-Long: \(String(repeating: "y", count: 40))\r\n\r\n"
            + "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
            + "\r\nPOST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n"
            + "GET /d HTTP/1.1\r\nHost: a\r\n\r\n"
        for byte in text.utf8 {
            try wire.send([byte])
            usleep(200)
        }
        for expected in ["/a ", "/b hello", "/c hello", "/d "] { #expect(try wire.receiveAnswer().text == expected) }
    }

    @Test("a client that goes away in the middle costs nothing but its own request")
    func goneClients() throws {
        let upstream = try ScriptedUpstream { turn in
            if turn.request.target == "/slow" { usleep(200_000) }
            try turn.answer(200, [], "here")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        for text in [
            "", "GET /", "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx",
            "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
        ] {
            for isReset in [false, true] {
                let wire = try gateway.connect()
                try wire.send(text)
                usleep(20_000)
                if isReset { wire.reset() } else { wire.close() }
            }
        }
        #expect(try gateway.ask("GET /after").text == "here")
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        #expect(gateway.waits(for: "apic_client_connections", toBe: 0))
    }

    @Test("a client that ends its side after the request still gets the answer")
    func halfClosed() throws {
        let upstream = try ScriptedUpstream { turn in
            usleep(100_000)
            try turn.answer(200, [], "late")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        try wire.send(WireRequest("GET /a").text + WireRequest("POST /b", body: "x").text)
        wire.endSending()
        #expect(try wire.receiveAnswer().text == "late")
        #expect(try wire.receiveAnswer().text == "late")
        #expect(wire.isClosed())
    }

    @Test("connections beyond the bound are refused, those within go on, and room comes back")
    func connectionBound() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: "listen: { limits: { connections: 3 } }"))
        let wires = try (0..<3).map { _ in try gateway.connect() }
        for wire in wires { #expect(try wire.ask(WireRequest("GET /")).status == 200) }
        // Before it asks, and when it has asked already.
        for asks in [false, true] {
            let surplus = try gateway.connect()
            if asks { try surplus.send(WireRequest("POST /", body: String(repeating: "x", count: 100_000)).text) }
            let answer = try surplus.receiveAnswer()
            #expect(answer.status == 503)
            #expect(answer["Retry-After"] == "1")
            #expect(answer["Connection"] == "close")
            #expect(answer.problem == "gateway-overloaded")
            #expect(answer.json["refused_by"] as? String == "gateway")
            #expect(surplus.isClosed())
        }
        // Those who do not go away are not waited for, however many they are.
        let crowd = try (0..<100).map { _ in try gateway.connect() }
        for wire in crowd { _ = try? wire.receiveToEnd() }
        #expect(try gateway.metric("apic_client_connections") == 3)
        for wire in wires { #expect(try wire.ask(WireRequest("GET /")).status == 200) }
        wires[0].close()
        #expect(gateway.program.wait(20) { (try? gateway.ask("GET /").status) == 200 })
        #expect(try gateway.metric("apic_client_connections_refused_total") >= 102)
        #expect(gateway.waits(for: "apic_client_connections", toBe: 2))
    }
}
