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

    /// Connections that have been used once.
    private static func connections(_ gateway: RunningGateway) throws -> [Wire] {
        let wires = try (0..<connectionCount).map { _ in try gateway.connect() }
        for wire in wires { #expect(try wire.ask(WireRequest("GET /nowhere")).status == 404) }
        return wires
    }

    private static func sendBursts(_ wires: [Wire]) throws {
        let burst = String(repeating: WireRequest("GET /nowhere").text, count: requestCount)
        for wire in wires { try wire.send(burst) }
    }

    private static func receiveAnswers(_ wires: [Wire]) throws -> [WireAnswer] {
        try wires.flatMap { wire in try (0..<requestCount).map { _ in try wire.receiveAnswer() } }
    }

    /// Asks for what is not there, many times on each of many connections, while the gateway is halted: when it goes
    /// on, its turns are as long as they can be, ten times in a row.
    ///
    /// - Returns: how often each status came, and an answer 503.
    private static func press(_ gateway: RunningGateway) throws -> (counts: [Int: Int], refusal: WireAnswer?) {
        let wires = try connections(gateway)
        gateway.signal(SIGSTOP)
        try sendBursts(wires)
        gateway.signal(SIGCONT)
        let answers = try receiveAnswers(wires)
        let counts = Dictionary(answers.map { ($0.status, 1) }, uniquingKeysWith: +)
        return (counts, answers.first { $0.status == 503 })
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

    /// Asks over HTTP/2, a few streams at a time, for as long as others press; gives two of them up, which may wait.
    ///
    /// - Returns: the heads of all answers.
    private static func askStreams(_ gateway: RunningGateway, until isOver: Latch<Bool>) throws -> [Frame] {
        let wire = try gateway.connectFrames()
        var heads: [Frame] = []
        var next: UInt32 = 1
        while isOver.wait(0) == nil {
            var open = Set((0..<20).map { next + 2 * $0 })
            next += 40
            let frames = open.sorted().flatMap { Frame.headers($0, FrameWire.request("GET", "/nowhere")).bytes }
            // Room for the answers, which are less than a kilobyte each.
            try wire.wire.send(Frame.windowUpdate(0, 20_480).bytes + frames)
            usleep(1000)
            for stream in open.sorted().suffix(2) {
                try wire.send(.reset(stream))
                open.remove(stream)
            }
            while !open.isEmpty {
                let frame = try #require(try wire.receive(), "the connection ended before \(open.count) streams did")
                guard open.contains(frame.stream) else { continue }
                if frame.kind == .headers { heads.append(frame) }
                if frame.endsStream { open.remove(frame.stream) }
            }
            // As fast as connections may have streams reset that did not wait.
            usleep(40_000)
        }
        return heads
    }

    @Test("requests of HTTP/2 wait one by one, and their connection goes on when some of them are turned away")
    func overHTTP2() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream, "lag: 1ms"))
        let (wires, isOver) = (try Self.connections(gateway), Latch<Bool>())
        Thread.detachNewThread {
            defer { isOver.set(true) }
            for _ in 0..<5 {
                guard (try? Self.sendBursts(wires)) != nil else { return }
                guard (try? Self.receiveAnswers(wires)) != nil else { return }
            }
        }
        let heads = try Self.askStreams(gateway, until: isOver)
        #expect(Set(heads.map { $0[":status"] ?? "" }) == ["404", "503"])
        #expect(heads.allSatisfy { $0[":status"] == "404" || $0["retry-after"] == "1" })

        #expect(gateway.waits(for: "apic_workers_overloaded", toBe: 0))
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        let after = try gateway.connectFrames()
        try after.send(.headers(1, FrameWire.request("GET", "/nowhere")))
        #expect(try after.answer(1).status == 404)
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
