import Foundation
import TestSupport
import Testing

/// What the upstream gets of a JSON body.
@Suite("c30 plugins: request-body")
struct RequestBodyScenario {
    private static let edits = """
        request-body: { remove: [ internal, user.role ], set: { source: gateway, user.verified: false }, \
        add: { size: 20 } }
        """

    private func spec(_ ports: [UInt16], plugins: String = edits, upstream: String = "", top: String = "") -> String {
        let targets = ports.map { "\"http://127.0.0.1:\($0)\"" }.joined(separator: ", ")
        return """
            \(top)
            upstreams: { up: { targets: [ \(targets) ]\(upstream) } }
            apis:
              shop:
                path: /shop
                upstream: up
                plugins: [ \(plugins) ]
                versions: { v1: { routes: [ "ANY /**" ] } }
            """
    }

    private static let json = "Content-Type: application/json"
    private static let body = #"{"user":{"name":"a","role":"admin"},"internal":[1],"count":1.0}"#
    private static let wanted = #"{"user":{"name":"a","verified":false},"count":1.0,"size":20,"source":"gateway"}"#

    @Test("a body is edited however it comes, and its connection goes on")
    func framings() throws {
        let upstream = try ScriptedUpstream { try $0.answer(200, [], $0.readBody().count > 0 ? "got" : "none") }
        defer { upstream.stop() }
        let gateway = try RunningGateway(spec([upstream.port]))
        let wire = try gateway.connect()
        // With a length, and another request right behind it.
        let length = "Content-Length: \(Self.body.utf8.count)\r\n"
        let head = "POST /shop/v1/x HTTP/1.1\r\nHost: a\r\n\(Self.json)\r\n"
        try wire.send("\(head)\(length)\r\n\(Self.body)GET /shop/v1/next HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try wire.receiveAnswer().text == "got")
        #expect(try wire.receiveAnswer().text == "none")
        // In chunks of a byte, with trailers.
        try wire.send("\(head)Transfer-Encoding: chunked\r\n\r\n")
        for byte in Self.body.utf8 { try wire.send("1\r\n\(UnicodeScalar(byte))\r\n") }
        try wire.send("0\r\nX-Trailer: 1\r\n\r\n")
        #expect(try wire.receiveAnswer().text == "got")
        // By a client that asks first.
        try wire.send("\(head)\(length)Expect: 100-continue\r\n\r\n")
        #expect(try wire.receiveHead().startLine.contains("100"))
        try wire.send(Self.body)
        #expect(try wire.receiveAnswer().text == "got")
        // In pieces, with digests that are none of the new body.
        let digests = "Content-Digest: sha-256=:AAAA:\r\nContent-MD5: AAAA\r\nX-Kept: 1\r\n"
        try wire.send("\(head)\(digests)\(length)\r\n")
        for piece in [0..<10, 10..<40, 40..<Self.body.utf8.count] {
            try wire.send(Array(Self.body.utf8)[piece].map(\.self))
        }
        #expect(try wire.receiveAnswer().text == "got")
        // Over HTTP/2, with and without a length.
        let frames = try gateway.connectFrames()
        for (stream, length) in [(1, [("content-length", "\(Self.body.utf8.count)")]), (3, [])] {
            let fields = FrameWire.request(
                "POST",
                "/shop/v1/x",
                [("content-type", "application/problem+json")] + length
            )
            try frames.send(.headers(UInt32(stream), fields, endsStream: false))
            try frames.send(.data(UInt32(stream), Self.body, endsStream: true))
            #expect(try frames.answer(UInt32(stream)).text == "got")
        }
        let posts = upstream.requests.filter { $0.method == "POST" }
        #expect(posts.count == 6 && posts.allSatisfy { $0.text == Self.wanted })
        #expect(posts.allSatisfy { $0["Content-Length"] == "\(Self.wanted.utf8.count)" })
        #expect(posts.allSatisfy { $0["Transfer-Encoding"] == nil && $0["Content-Digest"] == nil })
        #expect(posts.allSatisfy { $0["Content-MD5"] == nil && $0["X-Trailer"] == nil })
        #expect(posts.count { $0["X-Kept"] == "1" } == 1)
        #expect(gateway.program.wait(20) { gateway.accessLog.count == 7 })
        #expect(Set(gateway.accessLog.compactMap { $0["bytes_in"] as? Int }) == [0, Self.body.utf8.count])
    }

    @Test("what cannot be edited is refused, and nothing of it reaches the upstream")
    func refusals() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let limited = "request-body: { remove: [ internal ], max-size: 100B }, request-size-limit: { body: 80B }"
        let gateway = try RunningGateway(spec([upstream.port], plugins: limited))
        func ask(_ body: String, _ fields: [String] = [Self.json]) throws -> WireAnswer {
            try gateway.ask("POST /shop/v1/x", fields, body: body)
        }
        let cases: [(String, [String], Int, String)] = [
            ("{}", [], 415, "body-unsupported"),
            ("a=1", ["Content-Type: application/x-www-form-urlencoded"], 415, "body-unsupported"),
            ("{}", ["Content-Type: application/jsonx"], 415, "body-unsupported"),
            ("{}", [Self.json, Self.json], 415, "body-unsupported"),
            ("{}", [Self.json, "Content-Encoding: gzip"], 415, "body-unsupported"),
            ("[]", [Self.json], 400, "body-not-json-object"), ("{", [Self.json], 400, "body-not-json-object"),
            (#"{"a":"\#(String(repeating: "x", count: 80))"}"#, [Self.json], 413, "body-too-large"),
        ]
        for (body, fields, status, problem) in cases {
            let answer = try ask(body, fields)
            #expect(answer.status == status && answer.problem == problem, "\(fields) \(body)")
        }
        // Larger than it says beforehand.
        let wire = try gateway.connect()
        try wire.send("POST /shop/v1/x HTTP/1.1\r\nHost: a\r\n\(Self.json)\r\nTransfer-Encoding: chunked\r\n\r\n")
        try wire.send("64\r\n\(String(repeating: " ", count: 100))\r\n0\r\n\r\n")
        #expect(try wire.receiveAnswer().status == 413)
        #expect(upstream.requests.isEmpty)
        // Nothing was asked for, where it is of no use.
        let asking = try gateway.connect()
        try asking.send("POST /shop/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        #expect(try asking.receiveAnswer().status == 415)
        // A type in other letters and with parameters is fine, as is no body at all.
        for fields in [["Content-Type: Application/JSON; charset=utf-8"], ["Content-Type: application/vnd.acme+json"]] {
            #expect(try ask(#"{"internal":1}"#, fields).status == 200)
        }
        #expect(try gateway.ask("GET /shop/v1/x").status == 200)
        #expect(try ask("", []).status == 200)
        #expect(upstream.requests.map(\.text) == ["{}", "{}", "", ""])
        #expect(try gateway.metric(#"apic_refused_requests_total{reason="body"}"#) == 8)
        #expect(try gateway.metric(#"apic_refused_requests_total{reason="size-limit"}"#) == 2)
        #expect(try gateway.metric("apic_requests_in_flight") == 0)
    }

    @Test("a body that does not come is not waited for, and who goes away leaves nothing behind")
    func absent() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(spec([upstream.port], top: "listen: { timeouts: { body: 300ms } }"))
        let head = "POST /shop/v1/x HTTP/1.1\r\nHost: a\r\n\(Self.json)\r\nContent-Length: 50\r\n\r\n{"
        let slow = try gateway.connect()
        try slow.send(head)
        #expect(try slow.receiveAnswer().status == 408)
        for _ in 0..<20 {
            let gone = try gateway.connect()
            try gone.send(head)
            gone.reset()
        }
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        #expect(upstream.requests.isEmpty)
        #expect(try gateway.ask("POST /shop/v1/x", [Self.json], body: Self.body).status == 200)
        #expect(upstream.requests.map(\.text) == [Self.wanted])
    }

    @Test("the edited body is sent to the next target again, and over HTTP/2")
    func retries() throws {
        let refusing = try RefusingPort.take()
        let closing = try ScriptedUpstream { turn in
            try turn.readBody()
            turn.close()
        }
        let upstream = try ScriptedUpstream()
        defer { [closing, upstream].forEach { $0.stop() } }
        let gateway = try RunningGateway(spec([refusing, closing.port, upstream.port], upstream: ", retries: 2"))
        let large = #"{"internal":0,"text":""# + String(repeating: "x", count: 40_000) + "\"}"
        for _ in 0..<6 {
            for body in [Self.body, large] {
                #expect(try gateway.ask("PUT /shop/v1/x", [Self.json], body: body).status == 200)
            }
        }
        #expect(upstream.requests.count == 12)
        #expect(closing.requests.count > 0)
        for request in upstream.requests + closing.requests {
            #expect(
                request.text == Self.wanted || (request.text.hasPrefix(#"{"text":"xxx"#) && request.body.count > 40_000)
            )
        }
        // Through another gateway that speaks HTTP/2.
        let inner = try RunningGateway(PlainSpec.text(upstream))
        let outer = try RunningGateway(spec([inner.port], upstream: ", http2: true"))
        for body in [Self.body, large] {
            #expect(try outer.ask("POST /shop/v1/x", [Self.json], body: body).status == 200)
        }
        #expect(upstream.requests.suffix(2).map(\.body.count) == upstream.requests.prefix(2).map(\.body.count))
    }

    @Test("authentication comes first, other servers are asked first, and a copy is one of the edited body")
    func others() throws {
        let upstream = try ScriptedUpstream()
        let judge = try ScriptedUpstream { try $0.answer(200, ["X-User: u"], "") }
        let copy = try ScriptedUpstream()
        defer { [upstream, judge, copy].forEach { $0.stop() } }
        let gateway = try RunningGateway(
            spec(
                [upstream.port],
                plugins: """
                    key-auth, forward-auth: { upstream: judge, path: /, upstream-headers: [ X-User ] },
                    mirror: { upstream: copy },
                    request-headers: { set: { X-Set: "1" } }, \(Self.edits)
                    """
            )
            .replacing(
                "upstreams: {",
                with: """
                    consumers: { acme: { credentials: [ { key: "${env:KEY}" } ] } }
                    upstreams: { judge: { targets: [ "http://127.0.0.1:\(judge.port)" ] },
                      copy: { targets: [ "http://127.0.0.1:\(copy.port)" ] },
                    """
            ),
            environment: ["KEY": "a key that is long enough"]
        )
        #expect(try gateway.ask("POST /shop/v1/x", [], body: "no JSON").status == 401)
        let key = "apikey: a key that is long enough"
        let answer = try gateway.ask("POST /shop/v1/x", [key, Self.json], body: Self.body)
        #expect(answer.status == 200)
        #expect(copy.waitForRequests(1))
        // Its body comes behind its head.
        #expect(gateway.waits(for: "apic_mirrored_requests_in_flight", toBe: 0))
        #expect(judge.requests.count == 1 && judge.requests[0].text.isEmpty)
        for request in [upstream.requests.last, copy.requests.last] {
            #expect(request?.text == Self.wanted && request?["X-User"] == "u" && request?["X-Set"] == "1")
            #expect(request?["X-Consumer-Username"] == "acme" && request?["apikey"] == nil)
        }
    }
}
