import Foundation
import TestSupport
import Testing

/// A copy of requests goes to another upstream.
@Suite("c17 plugins: mirror")
struct MirrorScenario {
    private func spec(_ old: ScriptedUpstream, _ new: ScriptedUpstream, _ mirror: String = "", _ rules: String = "")
        -> String
    { spec(old, new.port, mirror, rules) }

    private func spec(_ old: ScriptedUpstream, _ new: UInt16, _ mirror: String = "", _ rules: String = "") -> String {
        """
        upstreams:
          old: { targets: [ "http://127.0.0.1:\(old.port)" ] }
          new: { targets: [ "http://127.0.0.1:\(new)" ]\(rules) }
        apis:
          shop:
            path: /shop
            upstream: old
            plugins: [ mirror: { upstream: new\(mirror) }, request-headers: { set: { X-Item: "{id}" } } ]
            versions: { v1: { routes: [ "ANY /items/{id}" ] } }
        """
    }

    private static let sent = #"apic_mirrored_requests_total{result="sent"}"#
    private static let dropped = #"apic_mirrored_requests_total{result="dropped"}"#

    @Test("the copy is what the upstream gets; its answers go nowhere, and its connections are used again")
    func copies() throws {
        let old = try ScriptedUpstream { turn in
            _ = try turn.readBody()
            try turn.answer(200, ["X-From: old"], "old")
        }
        let new = try ScriptedUpstream { turn in
            _ = try turn.readBody()
            try turn.answer(500, ["X-From: new"], String(repeating: "new", count: 50_000))
        }
        defer {
            old.stop()
            new.stop()
        }
        let gateway = try RunningGateway(spec(old, new))
        let wire = try gateway.connect()
        for number in 0..<10 {
            let body = number.isMultiple(of: 2) ? nil : String(repeating: "b", count: 1000 * number)
            let line = "\(body == nil ? "GET" : "POST") /shop/v1/items/\(number)?q=\(number)"
            let answer = try wire.ask(WireRequest(line, ["X-Mine: \(number)"], body: body))
            #expect(answer.status == 200 && answer.text == "old" && answer["X-From"] == "old")
        }
        let frames = try gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("GET", "/shop/v1/items/10")))
        #expect(try frames.answer(1).text == "old")
        #expect(new.waitForRequests(11))
        #expect(gateway.waits(for: "apic_mirrored_requests_in_flight", toBe: 0))
        #expect(try gateway.metric(Self.sent) == 11 && gateway.metric(Self.dropped) == 0)
        // Copies may overtake each other.
        let (mine, copied) = (old.requests, new.requests)
        #expect(Set(mine.map(\.target)) == Set(copied.map(\.target)) && mine.count == copied.count)
        for request in mine {
            let copy = try #require(copied.first { $0.target == request.target })
            #expect(copy.body == request.body && copy.head.startLine == request.head.startLine)
            #expect(copy["X-Item"] == request["X-Item"] && copy["X-Mine"] == request["X-Mine"])
            #expect(copy["Host"] == "127.0.0.1:\(new.port)" && request["Host"] == "127.0.0.1:\(old.port)")
        }
        #expect(try gateway.metric("apic_requests_in_flight") == 0)
        #expect(gateway.program.wait(20) { gateway.accessLog.count == 11 })
        #expect(gateway.accessLog.allSatisfy { $0["status"] as? Int == 200 })
    }

    @Test("whatever becomes of the copy, the request knows nothing of it")
    func trouble() throws {
        let old = try ScriptedUpstream { try $0.answer(200, [], "old") }
        let new = try ScriptedUpstream { turn in
            switch turn.request.target {
            case "/items/silent": _ = try? turn.wire.receive()
            case "/items/reset": turn.reset()
            case "/items/odd": try turn.send("HTTP/1.1 101 Switching Protocols\r\n\r\n")
            default: try turn.answer(200, [], "new")
            }
        }
        defer { old.stop() }
        let gateway = try RunningGateway(spec(old, new, "", ", timeouts: { response: 1s }, retries: 0"))
        for what in ["silent", "reset", "odd", "fine"] {
            #expect(try gateway.ask("GET /shop/v1/items/\(what)").text == "old")
        }
        #expect(gateway.waits(for: "apic_mirrored_requests_in_flight", toBe: 0))
        new.stop()
        for _ in 0..<5 { #expect(try gateway.ask("GET /shop/v1/items/gone").text == "old") }
        #expect(gateway.waits(for: "apic_mirrored_requests_in_flight", toBe: 0))
        #expect(try gateway.metric(Self.sent) == 9)
        #expect(gateway.waits(for: "apic_client_connections", toBe: 0))
    }

    @Test("what cannot be copied is not, beyond a bound, and nobody waits for copies at the end")
    func bound() throws {
        let old = try ScriptedUpstream { turn in
            _ = try turn.readBody()
            try turn.answer(200, [], "old")
        }
        let new = try ScriptedUpstream { _ = try $0.wire.receive() }
        defer {
            old.stop()
            new.stop()
        }
        let gateway = try RunningGateway(spec(old, new))
        let wire = try gateway.connect()
        for _ in 0..<140 { #expect(try wire.ask(WireRequest("GET /shop/v1/items/1")).text == "old") }
        #expect(try gateway.metric("apic_mirrored_requests_in_flight") == 128)
        #expect(try gateway.metric(Self.sent) == 128 && gateway.metric(Self.dropped) == 12)
        try gateway.rebuild(spec(old, new, ", share: 0.0001%"))
        #expect(gateway.waits(for: "apic_generation", toBe: 2))
        #expect(try wire.ask(WireRequest("GET /shop/v1/items/1")).text == "old")
        // Copies keep the table that they came by.
        #expect(try gateway.metric("apic_generations") == 2)
        wire.close()
        gateway.signal(SIGTERM)
        #expect(gateway.program.waitForEnd() == 0)
    }

    @Test("copies go over HTTP/2 where their upstream speaks it")
    func overHTTP2() throws {
        let old = try ScriptedUpstream { turn in try turn.answer(200, [], "old \(try turn.readBody().count)") }
        let new = try ScriptedUpstream { turn in
            _ = try turn.readBody()
            try turn.answer(200, [], String(repeating: "new", count: 50_000))
        }
        defer {
            old.stop()
            new.stop()
        }
        let inner = try RunningGateway(PlainSpec.text(new))
        let gateway = try RunningGateway(spec(old, inner.port, "", ", http2: true"))
        let wire = try gateway.connect()
        for number in 0..<20 {
            let body = String(repeating: "b", count: 500 * number)
            let line = "\(number == 0 ? "GET" : "POST") /shop/v1/items/\(number)"
            let answer = try wire.ask(WireRequest(line, [], body: number == 0 ? nil : body))
            #expect(answer.text == "old \(500 * number)")
        }
        #expect(new.waitForRequests(20))
        #expect(gateway.waits(for: "apic_mirrored_requests_in_flight", toBe: 0))
        #expect(try gateway.metric(Self.dropped) == 0)
        for request in new.requests {
            #expect(request.target == "/items/\(request.body.count / 500)" && request["X-Item"] != nil)
        }
        #expect(try inner.metric("apic_http2_streams_total") == 20)
    }

    @Test("bodies that have not come whole are not copied")
    func bodies() throws {
        let old = try ScriptedUpstream { try $0.answer(200, [], "\(try $0.readBody().count)") }
        let new = try ScriptedUpstream { try $0.answer(200, [], "\(try $0.readBody().count)") }
        defer {
            old.stop()
            new.stop()
        }
        let gateway = try RunningGateway(spec(old, new))
        #expect(try gateway.ask("POST /shop/v1/items/1", body: String(repeating: "b", count: 200_000)).text == "200000")
        let wire = try gateway.connect()
        try wire.send(
            "POST /shop/v1/items/2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        )
        #expect(try wire.receiveAnswer(to: "POST").text == "3")
        #expect(try wire.ask(WireRequest("POST /shop/v1/items/3", body: "abcd")).text == "4")
        #expect(new.waitForRequests(1))
        #expect(gateway.waits(for: "apic_mirrored_requests_in_flight", toBe: 0))
        #expect(new.requests.map(\.target) == ["/items/3"])
        #expect(try gateway.metric(Self.dropped) == 2)
    }
}
