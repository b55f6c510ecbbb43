import Foundation
import TestSupport
import Testing

/// Requests that are slow, or fail, on purpose.
@Suite("c15 plugins: fault")
struct FaultScenario {
    private func gateway(_ upstream: ScriptedUpstream, _ routes: String, _ arguments: [String] = []) throws
        -> RunningGateway
    {
        try RunningGateway(
            """
            upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
            apis:
              shop:
                path: /shop
                upstream: up
                versions: { v1: { released: 2020-01-01, routes: [ \(routes) ] } }
            """,
            arguments
        )
    }

    @Test("requests are answered by their share, for those who take part, within the dates")
    func abort() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let routes = """
            { match: GET /all, plugins: [ fault: { abort: 418, until: 2031-01-01 } ] },
            { match: GET /half, plugins: [ fault: { abort: 503, abort-share: 50%, header: X-Rehearsal } ] },
            { match: GET /over, plugins: [ fault: { abort: 503, until: 2030-01-01 } ] },
            { match: GET /later, plugins: [ fault: { abort: 503, from: 2030-06-01, until: 2031-01-01 } ] },
            { match: GET /limited,
              plugins: [ rate-limit: { limit: 1/hour, by: all }, fault: { abort: 503, header: X-R } ] }
            """
        let gateway = try gateway(upstream, routes, ["--at", "2030-03-01T00:00:00Z"])
        let answer = try gateway.ask("GET /shop/v1/all")
        #expect(answer.status == 418 && answer.problem == "fault-injected")
        #expect(answer.json["refused_by"] as? String == "fault" && answer["Cache-Control"] == "no-store")
        #expect(try gateway.ask("HEAD /shop/v1/all").status == 418)
        #expect(upstream.requests.isEmpty)
        let wire = try gateway.connect()
        var failedCount = 0
        for _ in 0..<400 {
            #expect(try wire.ask(WireRequest("GET /shop/v1/half")).status == 200)
            switch try wire.ask(WireRequest("GET /shop/v1/half", ["x-rehearsal: "])).status {
            case 503: failedCount += 1
            case let status: #expect(status == 200)
            }
        }
        #expect((100...300).contains(failedCount))
        #expect(try gateway.metric(#"apic_faults_total{kind="abort"}"#) == Double(failedCount + 2))
        #expect(try gateway.ask("GET /shop/v1/over").status == 200)
        #expect(try gateway.ask("GET /shop/v1/later").status == 200)
        // It hits what would have passed.
        #expect(try gateway.ask("GET /shop/v1/limited", ["X-R: 1"]).status == 503)
        #expect(try gateway.ask("GET /shop/v1/limited", ["X-R: 1"]).status == 429)
    }

    @Test("a request that is held up goes on as if nothing had been, and keeps nobody else waiting")
    func delay() throws {
        let upstream = try ScriptedUpstream { turn in
            let body = try turn.readBody()
            try turn.answer(200, [], "\(turn.request.target) \(body.count) \(turn.request["X-Set"] ?? "")")
        }
        defer { upstream.stop() }
        let routes = """
            { match: "POST /slow/{id}", plugins: [ fault: { delay: 1s, until: 2031-01-01 },
                request-headers: { set: { X-Set: "{id}" } } ] },
            { match: GET /both, plugins: [ fault: { delay: 1s, abort: 504, header: X-R } ] },
            GET /fast
            """
        let gateway = try gateway(upstream, routes, ["--at", "2030-03-01T00:00:00Z"])
        let slow = try gateway.connect()
        try slow.send(WireRequest("POST /shop/v1/slow/a/../7?q=1", body: "hello").text)
        #expect(gateway.waits(for: #"apic_faults_total{kind="delay"}"#, toBe: 1))
        let other = try gateway.connect()
        for _ in 0..<20 { #expect(try other.ask(WireRequest("GET /shop/v1/fast")).text == "/fast 0 ") }
        #expect(try slow.receiveAnswer(to: "POST").text == "/slow/7?q=1 5 7")
        #expect(upstream.requests.count == 21)
        // A second one on the same connection, in pieces.
        try slow.send("POST /shop/v1/slow/8 HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 4\r\n\r\nab")
        #expect(gateway.waits(for: #"apic_faults_total{kind="delay"}"#, toBe: 2))
        try slow.send("cd")
        #expect(try slow.receiveAnswer(to: "POST").text == "/slow/8 4 8")
        let both = try gateway.ask("GET /shop/v1/both", ["X-R: 1"])
        #expect(both.status == 504 && both.problem == "fault-injected")
        let frames = try gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("POST", "/shop/v1/slow/9"), endsStream: false))
        try frames.send(.headers(3, FrameWire.request("GET", "/shop/v1/fast")))
        #expect(try frames.answer(3).text == "/fast 0 ")
        try frames.send(.data(1, "data", endsStream: true))
        #expect(try frames.answer(1).text == "/slow/9 4 9")
    }

    @Test("what another server said of a request is not forgotten while it is held up")
    func behindAuthorizer() throws {
        let judge = try ScriptedUpstream { turn in
            let isFine = turn.request["X-Forwarded-Uri"] != "/shop/v1/denied"
            try turn.answer(isFine ? 200 : 403, ["X-User: ann", "X-Left: 3"], "judge")
        }
        let upstream = try ScriptedUpstream { turn in
            try turn.answer(200, [], "\(turn.request["X-User"] ?? "nobody") \(turn.request["Authorization"] ?? "-")")
        }
        defer {
            judge.stop()
            upstream.stop()
        }
        let gateway = try RunningGateway(
            """
            upstreams:
              up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] }
              judge: { targets: [ "http://127.0.0.1:\(judge.port)" ] }
            apis:
              shop:
                path: /shop
                upstream: up
                plugins:
                  - forward-auth: { upstream: judge, upstream-headers: [ X-User ], client-headers: [ X-Left ] }
                  - fault: { delay: 200ms, header: X-Rehearsal }
                versions: { v1: { routes: [ "GET /{what}" ] } }
            """
        )
        for fields in [["X-Rehearsal: 1"], []] {
            let answer = try gateway.ask("GET /shop/v1/fine", fields + ["X-User: forged", "Authorization: Basic YTpi"])
            #expect(answer.text == "ann -" && answer["X-Left"] == "3")
            #expect(try gateway.ask("GET /shop/v1/denied", fields).text == "judge")
        }
        #expect(try gateway.metric(#"apic_faults_total{kind="delay"}"#) == 1)
    }

    @Test("who goes away is not waited for")
    func cancel() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let routes = "{ match: GET /slow, plugins: [ fault: { delay: 1m, until: 2031-01-01 } ] }"
        let gateway = try gateway(upstream, routes, ["--at", "2030-03-01T00:00:00Z"])
        let wire = try gateway.connect()
        try wire.send(WireRequest("GET /shop/v1/slow").text)
        let frames = try gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("GET", "/shop/v1/slow")))
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 2))
        wire.reset()
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 1))
        try frames.send(.reset(1))
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        #expect(upstream.requests.isEmpty)
    }
}
