import Foundation
import TestSupport
import Testing

/// More work than a worker gets done. What makes its turns long here is pipelining: one read brings many requests,
/// which the gateway answers by itself.
@Suite("d13 overload")
struct Overload {
    private static func spec(_ upstream: ScriptedUpstream, _ limits: String) -> String {
        """
        listen: { limits: { \(limits) } }
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        apis:
          all: { path: /a, upstream: up, versions: { v1: { routes: [ "GET /**" ] } } }
        """
    }

    private static let connectionCount = 60
    private static let requestCount = 320

    /// Asks for what is not there, many times on each of many connections, while the gateway is halted: when it goes
    /// on, its turns are as long as they can be, ten times in a row.
    ///
    /// - Returns: how often each status came, and an answer 503.
    private static func press(_ gateway: RunningGateway) throws -> (counts: [Int: Int], refusal: WireAnswer?) {
        let wires = try (0..<connectionCount).map { _ in try gateway.connect() }
        for wire in wires { #expect(try wire.ask(WireRequest("GET /nowhere")).status == 404) }
        gateway.signal(SIGSTOP)
        let burst = String(repeating: WireRequest("GET /nowhere").text, count: requestCount)
        for wire in wires { try wire.send(burst) }
        gateway.signal(SIGCONT)
        var counts: [Int: Int] = [:]
        var refusal: WireAnswer?
        for wire in wires {
            for _ in 0..<requestCount {
                let answer = try wire.receiveAnswer()
                counts[answer.status, default: 0] += 1
                if answer.status == 503 { refusal = answer }
            }
        }
        return (counts, refusal)
    }

    @Test("above the mark new requests are answered 503, status is served, and when the press is over so is everybody")
    func shedding() throws {
        let go = Latch<Bool>()
        let upstream = try ScriptedUpstream { turn in
            if turn.request.target == "/slow" { _ = go.wait(30) }
            try turn.answer(200, [], "done")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream, "lag: 1ms"))
        let inside = try gateway.connect()
        try inside.send(WireRequest("GET /a/v1/slow").text)
        #expect(upstream.waitForRequests(1))

        let (counts, refusal) = try Self.press(gateway)
        let answer = try #require(refusal, "nobody was turned away")
        // The first turns of the press are no overload yet.
        #expect(Set(counts.keys) == [404, 503])
        #expect(answer.problem == "gateway-overloaded")
        #expect(answer["Retry-After"] == "1")
        #expect(answer["Connection"] == nil, "the connection goes on")
        #expect(try gateway.metric(#"apic_refused_requests_total{reason="lag"}"#) == Double(counts[503] ?? 0))
        #expect(try gateway.metric(#"apic_refused_requests_total{reason="overload"}"#) == 0)
        for path in ["/live", "/ready", "/status"] { #expect(try gateway.status(path).status == 200) }

        // What was in flight was not touched, and the loop recovers by itself.
        go.set(true)
        #expect(try inside.receiveAnswer().text == "done")
        #expect(gateway.waits(for: "apic_workers_overloaded", toBe: 0))
        #expect(gateway.waits(for: "apic_event_loop_lag_seconds", toBe: 0))
        #expect(try inside.ask(WireRequest("GET /a/v1/")).text == "done")
    }

    @Test("without a mark the lag is measured, and nobody is turned away")
    func noMark() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream, "connections: 1000"))
        #expect(try Self.press(gateway).counts == [404: Self.connectionCount * Self.requestCount])
        #expect(try gateway.metric(#"apic_refused_requests_total{reason="lag"}"#) == 0)
    }

    @Test("a reload takes another mark up")
    func reload() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream, "lag: 24h"))
        #expect(try Self.press(gateway).refusal == nil)
        try gateway.rebuild(Self.spec(upstream, "lag: 1ms"))
        #expect(gateway.waits(for: "apic_generation", toBe: 2))
        #expect(try Self.press(gateway).refusal != nil)
    }
}
