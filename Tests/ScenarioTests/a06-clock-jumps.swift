import Foundation
import TestSupport
import Testing

/// Somebody sets the clock while the gateway runs. States of versions follow it; nothing that waits does.
@Suite("a06 lifecycle: the clock jumps")
struct ClockJumps {
    private static let day = 86_400

    /// A gateway whose clock a test sets.
    private struct Ground {
        let upstream: ScriptedUpstream
        let gateway: RunningGateway
        private let clock: ShiftedClock

        init(script: @escaping ScriptedUpstream.Script) throws {
            upstream = try ScriptedUpstream(script: script)
            clock = try ShiftedClock()
            let folder = try ScratchFolder()
            let date = { (days: Int) in
                ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: Double(days * ClockJumps.day)))
            }
            try RunningGateway.build(
                """
                listen: { timeouts: { head: 2s, idle: 60s } }
                upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ], timeouts: { response: 20s } } }
                apis:
                  all:
                    path: /a
                    upstream: up
                    plugins: [ { rate-limit: { limit: 20/hour, by: address } } ]
                    versions:
                      v1:
                        released: \(date(-10))
                        deprecated: \(date(5))
                        sunset: \(date(10))
                        tombstone: 30d
                        routes: [ "GET /**" ]
                """,
                in: folder
            )
            gateway = try RunningGateway(folder, environment: clock.environment)
        }

        /// Sets the clock, so many days from the true time.
        func jump(to days: Int) throws { try clock.set(seconds: days * ClockJumps.day) }
    }

    @Test("states follow the clock forwards and back; connections, requests in flight and limits do not notice")
    func jumps() throws {
        let go = Latch<Bool>()
        let ground = try Ground { turn in
            if turn.request.target == "/slow" { _ = go.wait(30) }
            try turn.answer(200, [], "done")
        }
        defer { ground.upstream.stop() }
        let (gateway, upstream) = (ground.gateway, ground.upstream)
        let kept = try gateway.connect()
        #expect(try kept.ask(WireRequest("GET /a/v1/")).status == 200)
        let busy = try gateway.connect()
        try busy.send(WireRequest("GET /a/v1/slow").text)
        #expect(upstream.waitForRequests(2))

        let moments = [(7, 200), (11, 410), (60, 404), (0, 200), (-20, 404), (0, 200)]
        for (days, status) in moments {
            try ground.jump(to: days)
            let answer = try kept.ask(WireRequest("GET /a/v1/"))
            #expect(answer.status == status, "\(days) days")
            let now = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: Double(days * Self.day)))
            let clock = try gateway.status("/status").json["clock"] as? [String: Any]
            #expect((clock?["now"] as? String)?.prefix(10) == now.prefix(10))
            // What is due in milliseconds is not due because of days.
            #expect(!busy.isReadable(within: 0))
        }
        #expect(try gateway.metric("apic_client_connections") == 2)

        // Limits go on as if nothing had been: neither a window more, nor one that lasts for days.
        try ground.jump(to: 7)
        let left = try kept.ask(WireRequest("GET /a/v1/"))["RateLimit"]
        #expect(left?.contains(";r=14;") == true, "\(left ?? "")")
        try ground.jump(to: -5)
        #expect(try kept.ask(WireRequest("GET /a/v1/"))["RateLimit"]?.contains(";r=13;") == true)

        // Deadlines that begin after a jump back are met.
        let slow = try gateway.connect()
        try slow.send("GET / HTTP/1.1\r\n")
        #expect(try slow.receiveAnswer().status == 408)
        go.set(true)
        #expect(try busy.receiveAnswer().text == "done")
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test("reloads are noticed before, between and after jumps")
    func reloads() throws {
        let ground = try Ground { try $0.answer(200, [], "done") }
        defer { ground.upstream.stop() }
        for (number, days) in [400, -400, 0].enumerated() {
            try ground.jump(to: days)
            try ground.gateway.rebuild(PlainSpec.text(ground.upstream, upstream: "retries: \(number)"))
            #expect(ground.gateway.waits(for: "apic_generation", toBe: Double(number + 2)))
            #expect(try ground.gateway.ask("GET /").status == 200)
        }
    }
}
