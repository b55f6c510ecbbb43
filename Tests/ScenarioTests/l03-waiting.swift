import Foundation
import TestSupport
import Testing

/// Queues for targets that are busy, budgets of retries, priorities and zones.
@Suite("l03 balancing: queues, budgets, priorities, zones")
struct Waiting {
    @Test("requests wait for a connection in their order, as many as fit, and no longer than they may")
    func queue() throws {
        let go = Latch<Bool>()
        let upstream = try ScriptedUpstream { turn in
            if turn.request.target == "/first" { _ = go.wait(20) }
            try turn.answer(200, [], turn.request.target)
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            PlainSpec.text(upstream, upstream: "connections: { max: 1, queue: 3, wait: 30s }")
        )
        let first = try gateway.connect()
        try first.send(WireRequest("GET /first").text)
        #expect(upstream.waitForRequests(1))
        let wires = try (1...3).map { number in
            let wire = try gateway.connect()
            try wire.send(WireRequest("POST /\(number)", body: "body").text)
            #expect(gateway.waits(for: "apic_upstream_requests_waiting", toBe: Double(number)))
            return wire
        }
        let refused = try gateway.ask("GET /")
        #expect(refused.status == 503 && refused.problem == "upstream-busy" && refused["Retry-After"] == "1")
        #expect(try gateway.metric(#"apic_upstream_waits_failed_total{reason="full"}"#) == 1)
        go.set(true)
        #expect(try first.receiveAnswer().status == 200)
        for (wire, number) in zip(wires, 1...3) { #expect(try wire.receiveAnswer().text == "/\(number)") }
        #expect(upstream.requests.map(\.target) == ["/first", "/1", "/2", "/3"])
        #expect(upstream.requests.dropFirst().allSatisfy { $0.text == "body" })
        #expect(upstream.connectionCount == 1)
        #expect(gateway.waits(for: "apic_upstream_requests_waiting", toBe: 0))
    }

    @Test("who has waited long enough is refused, and who went away is not asked for")
    func leaving() throws {
        let go = Latch<Bool>()
        let upstream = try ScriptedUpstream { turn in
            if turn.request.target == "/first" { _ = go.wait(20) }
            try turn.answer(200, [], turn.request.target)
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            PlainSpec.text(upstream, upstream: "connections: { max: 1, queue: 9, wait: 3s }")
        )
        let first = try gateway.connect()
        try first.send(WireRequest("GET /first").text)
        #expect(upstream.waitForRequests(1))
        let late = try gateway.ask("GET /late")
        #expect(late.status == 503 && late.problem == "upstream-busy")
        #expect(try gateway.metric(#"apic_upstream_waits_failed_total{reason="timeout"}"#) == 1)
        let gone = try gateway.connect()
        try gone.send(WireRequest("GET /gone").text)
        #expect(gateway.waits(for: "apic_upstream_requests_waiting", toBe: 1))
        gone.reset()
        #expect(gateway.waits(for: "apic_upstream_requests_waiting", toBe: 0))
        go.set(true)
        #expect(try first.receiveAnswer().status == 200)
        #expect(try gateway.ask("GET /next").status == 200)
        #expect(upstream.requests.map(\.target) == ["/first", "/next"])
    }

    @Test("a crowd through one connection: everybody is answered, once")
    func crowd() throws {
        let upstream = try ScriptedUpstream { try $0.answer(200, [], $0.request.target) }
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            PlainSpec.text(upstream, upstream: "connections: { max: 2, queue: 100, wait: 30s }")
        )
        let wires = try (0..<60).map { _ in try gateway.connect() }
        for round in 0..<5 {
            for (number, wire) in wires.enumerated() { try wire.send(WireRequest("GET /\(round)-\(number)").text) }
            for (number, wire) in wires.enumerated() { #expect(try wire.receiveAnswer().text == "/\(round)-\(number)") }
        }
        #expect(upstream.connectionCount <= 2)
        #expect(Set(upstream.requests.map(\.target)).count == 300 && upstream.requests.count == 300)
        #expect(try gateway.metric("apic_upstream_requests_waiting") == 0)
    }

    @Test("with HTTP/2 to the upstream a stream that ends makes room")
    func streams() throws {
        let hasBegun = Latch<Bool>()
        let go = Latch<Bool>()
        let upstream = try FrameUpstream(settings: [(3, 1)]) { peer in
            while let request = try peer.nextRequest() {
                if request[":path"] == "/first" {
                    hasBegun.set(true)
                    _ = go.wait(20)
                }
                try peer.answer(request.stream, 200, [], request[":path"] ?? "")
            }
        }
        defer { upstream.stop() }
        let gateway = try HTTP2Upstreams.serve(upstream, "connections: { max: 1, queue: 5, wait: 30s }")
        // From here on the gateway knows how many streams the upstream admits.
        #expect(try gateway.ask("GET /warm").text == "/warm")
        let first = try gateway.connect()
        try first.send(WireRequest("GET /first").text)
        #expect(hasBegun.wait(20) == true)
        let wires = try (1...3).map { number in
            let wire = try gateway.connect()
            try wire.send(WireRequest("GET /\(number)").text)
            #expect(gateway.waits(for: "apic_upstream_requests_waiting", toBe: Double(number)))
            return wire
        }
        go.set(true)
        #expect(try first.receiveAnswer().text == "/first")
        for (wire, number) in zip(wires, 1...3) { #expect(try wire.receiveAnswer().text == "/\(number)") }
        #expect(upstream.connectionCount == 1)
    }

    @Test("retries beyond the budget are not made; requests earn new ones")
    func budget() throws {
        let isBroken = Counter()
        let upstream = try ScriptedUpstream { turn in
            try turn.readBody()
            if isBroken.value % 2 == 1 { turn.reset() } else { try turn.answer(200, [], "x") }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            PlainSpec.text(
                upstream,
                upstream: "retries: { attempts: 1, budget: 10%, burst: 3 }, connections: { idle: 0 }"
            )
        )
        isBroken.add(1)
        for _ in 0..<10 { #expect(try gateway.ask("GET /").status == 502) }
        // Three from the start, and one that ten requests earned.
        #expect(try gateway.metric("apic_upstream_retries_total") == 3)
        #expect(try gateway.metric("apic_upstream_retries_refused_total") == 7)
        isBroken.add(1)
        for _ in 0..<20 { #expect(try gateway.ask("GET /").status == 200) }
        isBroken.add(1)
        for _ in 0..<10 { #expect(try gateway.ask("GET /").status == 502) }
        #expect(try gateway.metric("apic_upstream_retries_total") == 6)
    }

    @Test("targets of a later priority are used while the better ones are out")
    func priorities() throws {
        var main = try ScriptedUpstream { try $0.answer(200, [], "main") }
        let backup = try ScriptedUpstream { try $0.answer(200, [], "backup") }
        defer {
            main.stop()
            backup.stop()
        }
        let port = main.port
        let gateway = try RunningGateway(
            """
            upstreams:
              up:
                targets:
                  - "http://127.0.0.1:\(port)"
                  - { url: "http://127.0.0.1:\(backup.port)", priority: 1 }
                health: { active: { path: /health, interval: 500ms }, passive: { failures: 1 } }
            apis: { all: { path: /all, upstream: up, versions: { v1: { routes: [ "GET /**" ] } } } }
            """
        )
        func answers(_ count: Int) throws -> Set<String> {
            Set(try (0..<count).map { _ in try gateway.ask("GET /all/v1/x").text })
        }
        #expect(try answers(10) == ["main"])
        main.stop()
        #expect(try answers(10) == ["backup"])
        #expect(gateway.waits(for: Health.up(port), toBe: 0))
        main = try ScriptedUpstream(port: port) { try $0.answer(200, [], "main") }
        let isBack = gateway.waits(for: Health.up(port), toBe: 1)
        let status = try gateway.status("/status").text
        #expect(isBack, "\(status)")
        #expect(try answers(10) == ["main"])
    }

    @Test("a node prefers targets of its zone, and spills over when they are out or busy")
    func zones() throws {
        let go = Latch<Bool>()
        let near = try ScriptedUpstream { turn in
            if turn.request.target.hasSuffix("/wait") { _ = go.wait(20) }
            try turn.answer(200, [], "near")
        }
        let far = try ScriptedUpstream { try $0.answer(200, [], "far") }
        defer {
            near.stop()
            far.stop()
        }
        let spec = """
            upstreams:
              up:
                targets:
                  - { url: "http://127.0.0.1:\(near.port)", zone: here }
                  - { url: "http://127.0.0.1:\(far.port)", zone: there }
                health: { passive: { failures: 1, ejection: 1h } }
                connections: { max: 1 }
            apis: { all: { path: /all, upstream: up, versions: { v1: { routes: [ "GET /**" ] } } } }
            nodes: { one: { zone: here }, two: { zone: there } }
            """
        for (node, expected) in [("one", "near"), ("two", "far")] {
            let gateway = try RunningGateway(spec, ["--node", node])
            for _ in 0..<10 { #expect(try gateway.ask("GET /all/v1/x").text == expected) }
        }
        let gateway = try RunningGateway(spec, ["--node", "one"])
        let waiting = try gateway.connect()
        let before = near.requests.count
        try waiting.send(WireRequest("GET /all/v1/wait").text)
        #expect(near.waitForRequests(before + 1))
        #expect(try gateway.ask("GET /all/v1/x").text == "far")
        go.set(true)
        #expect(try waiting.receiveAnswer().text == "near")
        near.stop()
        for _ in 0..<10 { #expect(try gateway.ask("GET /all/v1/x").text == "far") }
    }
}
