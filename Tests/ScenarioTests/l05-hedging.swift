import Foundation
import TestSupport
import Testing

/// Where an answer does not begin in time, another target is asked, too.
@Suite("l05 hedging")
struct Hedging {
    private func spec(_ servers: [ScriptedUpstream], _ retries: String, _ more: String = "") -> String {
        let targets = servers.map { "\"http://127.0.0.1:\($0.port)\"" }.joined(separator: ", ")
        return """
            upstreams: { up: { targets: [ \(targets) ], retries: { \(retries) }\(more) } }
            apis:
              all: { path: /a, upstream: up, versions: { v1: { routes: [ "ANY /**" ] } } }
            """
    }

    private static func hedges(_ result: String) -> String { "apic_hedged_requests_total{result=\"\(result)\"}" }

    /// The servers in the order in which they were asked.
    private final class Order: @unchecked Sendable {
        private let added = NSCondition()
        private var numbers: [Int] = []

        func add(_ number: Int) {
            added.withLock { numbers.append(number) }
            added.broadcast()
        }

        /// The last two, when there are so many.
        func lastTwo(of count: Int) throws -> (first: Int, second: Int) {
            added.lock()
            defer { added.unlock() }
            let end = Date(timeIntervalSinceNow: 20)
            while numbers.count < count { try #require(added.wait(until: end)) }
            return (numbers[count - 2], numbers[count - 1])
        }
    }

    /// Answers with its name, to `/slow` only when it is let go.
    private static func server(_ name: String, _ gate: DispatchSemaphore) throws -> ScriptedUpstream {
        try ScriptedUpstream { turn in
            if turn.request.target.contains("slow") { #expect(gate.wait(timeout: .now() + 30) == .success) }
            try turn.answer(200, [], name)
        }
    }

    @Test("the second target is heard if the first one is slow, and both are if it comes round first")
    func winning() throws {
        let gate = DispatchSemaphore(value: 0)
        let servers = try ["one", "two"].map { name in
            try ScriptedUpstream { turn in
                // It is slow when it is asked first, and when it is not.
                if turn.request["X-Slow"] == name { #expect(gate.wait(timeout: .now() + 30) == .success) }
                try turn.answer(200, [], name + turn.request.target)
            }
        }
        defer { for server in servers { server.stop() } }
        let gateway = try RunningGateway(spec(servers, "attempts: 0, hedge: 50ms"))
        let wire = try gateway.connect()
        var sent = 0.0
        for number in 0..<6 {
            let answer = try wire.ask(WireRequest("GET /a/v1/\(number)?q=1", ["X-Slow: one"]))
            #expect(answer.text == "two/\(number)?q=1")
            sent = try gateway.metric(Self.hedges("sent"))
        }
        #expect(try sent >= 2 && gateway.metric(Self.hedges("won")) == sent)
        // HTTP/2, and who comes round first.
        let frames = try gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("GET", "/a/v1/h2") + [("x-slow", "one")]))
        #expect(try frames.answer(1).body == Array("two/h2".utf8))
        #expect(try wire.ask(WireRequest("GET /a/v1/fast")).text.hasSuffix("/fast"))
        #expect(try gateway.metric(Self.hedges("won")) == gateway.metric(Self.hedges("sent")))
        for _ in 0..<10 { gate.signal() }
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        #expect(try gateway.metric("apic_mirrored_requests_in_flight") == 0)
    }

    @Test("a copy that fails is nothing, and one that goes on stands in for a first attempt that fails")
    func failing() throws {
        let gates = (0..<2).map { _ in DispatchSemaphore(value: 0) }
        let order = Order()
        let servers = try (0..<2).map { number in
            try ScriptedUpstream { turn in
                switch turn.request["X-Kind"] {
                case "dies":
                    order.add(number)
                    #expect(gates[number].wait(timeout: .now() + 30) == .success)
                    turn.close()
                case "bad": try turn.answer(500, [], "bad")
                default: try turn.answer(200, [], "good")
                }
            }
        }
        defer { for server in servers { server.stop() } }
        let gateway = try RunningGateway(spec(servers, "attempts: 0, hedge: 20ms"))
        let wire = try gateway.connect()
        // Both targets hold it; the first one closes, then the second one.
        try wire.send(WireRequest("GET /a/v1/x", ["X-Kind: dies"]).text)
        let asked = try order.lastTwo(of: 2)
        gates[asked.first].signal()
        #expect(gateway.waits(for: Self.hedges("won"), toBe: 1))
        gates[asked.second].signal()
        #expect(try wire.receiveAnswer().status == 502)
        // The other way round nothing is won.
        try wire.send(WireRequest("GET /a/v1/x", ["X-Kind: dies"]).text)
        let again = try order.lastTwo(of: 4)
        gates[again.second].signal()
        #expect(gateway.waits(for: "apic_upstream_connections", toBe: 1))
        gates[again.first].signal()
        #expect(try wire.receiveAnswer().status == 502)
        #expect(try gateway.metric(Self.hedges("won")) == 1)
        #expect(try wire.ask(WireRequest("GET /a/v1/x", ["X-Kind: bad"])).status == 500)
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test(
        "what may not be asked twice is not, nor what the budget does not allow, and who leaves leaves nothing behind"
    )
    func bounds() throws {
        let gate = DispatchSemaphore(value: 0)
        let servers = try ["one", "two"].map { try Self.server($0, gate) }
        defer { for server in servers { server.stop() } }
        let gateway = try RunningGateway(spec(servers, "attempts: 0, hedge: 20ms, budget: 1%, burst: 1"))
        func count() -> Int { servers.reduce(0) { $0 + $1.requests.count } }
        let unsafe = try [WireRequest("POST /a/v1/slow"), WireRequest("PUT /a/v1/slow", [], body: "body")].map {
            request in
            let wire = try gateway.connect()
            try wire.send(request.text)
            return wire
        }
        #expect(servers[0].waitForRequests(1) && servers[1].waitForRequests(1))
        let (first, second) = (try gateway.connect(), try gateway.connect())
        try first.send(WireRequest("GET /a/v1/slow").text)
        // Those that came before would have been asked twice before.
        #expect(gateway.waits(for: Self.hedges("sent"), toBe: 1))
        #expect(servers[0].waitForRequests(2) && servers[1].waitForRequests(2) && count() == 4)
        try second.send(WireRequest("GET /a/v1/slow").text)
        #expect(gateway.waits(for: Self.hedges("refused"), toBe: 1))
        #expect(count() == 5)
        first.reset()
        second.reset()
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 2))
        for _ in 0..<5 { gate.signal() }
        for wire in unsafe { #expect(try wire.receiveAnswer().status == 200) }
        #expect(try gateway.connect().ask(WireRequest("GET /a/v1/quick")).status == 200)
    }
}
