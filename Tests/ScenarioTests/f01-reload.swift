import Foundation
import TestSupport
import Testing

/// Another bundle under traffic: swapped whole or refused, and nobody loses a request.
@Suite("f01 control: reload")
struct Reload {
    /// Answers carry the number of the spec that they came from.
    static func spec(_ upstream: ScriptedUpstream, _ number: Int) -> String {
        PlainSpec.text(
            [upstream.port],
            top: "access-log: off",
            plugins: "[ { response-headers: { set: { X-Spec: \"\(number)\" } } } ]"
        )
    }

    /// Builds a table and returns its bytes.
    static func table(_ spec: String) throws -> Data {
        let folder = try ScratchFolder()
        try RunningGateway.build(spec, in: folder)
        return try Data(contentsOf: folder.url.appendingPathComponent("dist/gateway.apib"))
    }

    /// Puts a table in the place of the one that is served, as `apic build` does.
    static func replace(_ gateway: RunningGateway, with table: Data) throws {
        let place = gateway.folder.path + "/dist/gateway.apib"
        try table.write(to: URL(fileURLWithPath: place + ".new"))
        guard rename(place + ".new", place) == 0 else { throw WireError("cannot rename") }
    }

    static func served(_ gateway: RunningGateway) -> String? { (try? gateway.ask("GET /"))?["X-Spec"] }

    @Test("a bundle that is renamed in is served at once, by all workers, on kept connections too")
    func swap() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream, 1), workers: 3)
        let kept = try (0..<9).map { _ in try gateway.connect() }
        for wire in kept { #expect(try wire.ask(WireRequest("GET /"))["X-Spec"] == "1") }
        let before = try gateway.status("/status").json["sha256"] as? String
        try gateway.rebuild(Self.spec(upstream, 2))
        #expect(gateway.waits(for: "apic_generation", toBe: 2))
        for wire in kept { #expect(try wire.ask(WireRequest("GET /"))["X-Spec"] == "2") }
        let status = try gateway.status("/status").json
        #expect(status["generation"] as? Int == 2)
        #expect(status["sha256"] as? String != before)
        #expect((status["sha256"] as? String)?.count == 64)
        #expect(try gateway.metric(#"apic_reloads_total{result="success"}"#) == 1)
        // The same bundle again is no reload, by SIGHUP or not.
        gateway.signal(SIGHUP)
        #expect(gateway.waits(for: #"apic_reloads_total{result="unchanged"}"#, toBe: 1))
        #expect(try gateway.metric("apic_generation") == 2)
    }

    @Test("what is in flight ends on the table on which it began")
    func inFlight() throws {
        let go = Latch<Bool>()
        let upstream = try ScriptedUpstream { turn in
            if turn.request.target == "/slow" { _ = go.wait(30) }
            try turn.answer(200, [], "x")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream, 1))
        let slow = try (0..<5).map { _ in try gateway.connect() }
        // The next request waits behind the slow one, and belongs to whatever is served then.
        for wire in slow { try wire.send(WireRequest("GET /slow").text + WireRequest("GET /next").text) }
        #expect(upstream.waitForRequests(5))
        for number in 2...4 {
            try gateway.rebuild(Self.spec(upstream, number))
            #expect(gateway.program.wait(20) { Self.served(gateway) == "\(number)" })
        }
        #expect(gateway.waits(for: "apic_generations", toBe: 2))
        go.set(true)
        for wire in slow {
            #expect(try wire.receiveAnswer()["X-Spec"] == "1")
            #expect(try wire.receiveAnswer()["X-Spec"] == "4")
        }
        #expect(gateway.waits(for: "apic_generations", toBe: 1))
    }

    @Test("a bundle that is none is refused and told, the old one stays, and a good one heals it")
    func refused() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream, 1))
        let good = try Self.table(Self.spec(upstream, 2))
        var altered = good
        altered[good.count / 2] ^= 0x40
        var otherVersion = good
        otherVersion[8] ^= 0xFF
        let bad = [
            Data(), Data("not a table".utf8), good.prefix(good.count - 1), good.prefix(100), good + Data([0]), altered,
            otherVersion, Data(count: good.count),
        ]
        for (index, table) in bad.enumerated() {
            let before = try gateway.metric(#"apic_reloads_total{result="refused"}"#)
            try Self.replace(gateway, with: table)
            #expect(
                gateway.program.wait(20) {
                    ((try? gateway.metric(#"apic_reloads_total{result="refused"}"#)) ?? 0) > before
                },
                "\(index)"
            )
            #expect(Self.served(gateway) == "1", "\(index)")
            let reloads = try gateway.status("/status").json["reloads"] as? [String: Any]
            #expect((reloads?["last_error"] as? [String: Any])?["message"] != nil, "\(index)")
            #expect(try gateway.status("/ready").status == 200, "\(index)")
        }
        #expect(gateway.program.errors.contains("refused the bundle, keeping the one served"))
        // A file that is cut where it lies takes nothing from the gateway either.
        try Self.replace(gateway, with: good)
        #expect(gateway.program.wait(20) { Self.served(gateway) == "2" })
        #expect(truncate(gateway.folder.path + "/dist/gateway.apib", 0) == 0)
        usleep(50_000)
        for _ in 0..<20 { #expect(Self.served(gateway) == "2") }
        #expect(unlink(gateway.folder.path + "/dist/gateway.apib") == 0)
        for _ in 0..<20 { #expect(Self.served(gateway) == "2") }
        try Self.replace(gateway, with: try Self.table(Self.spec(upstream, 3)))
        #expect(gateway.program.wait(70) { Self.served(gateway) == "3" })
        let reloads = try gateway.status("/status").json["reloads"] as? [String: Any]
        #expect(reloads?["last_error"] is NSNull)
    }

    @Test("50 reloads under load: no request fails, no generation is left behind")
    func underLoad() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream, 0), workers: 2)
        let tables = try (0..<2).map { try Self.table(Self.spec(upstream, $0)) }
        let stop = Latch<Bool>()
        let (answered, failed, ended) = (Counter(), Counter(), Counter())
        let (clientCount, port) = (4, gateway.port)
        for client in 0..<clientCount {
            Thread.detachNewThread {
                var wire = try? Wire(port: port)
                while stop.wait(0) == nil {
                    let answer = try? wire?.ask(WireRequest(client % 2 == 0 ? "GET /a" : "POST /b", body: "body"))
                    if answer?.status == 200, answer?["X-Spec"] != nil { answered.add(1) } else { failed.add(1) }
                    // Half of the clients come anew each time.
                    if client < 2 || answer == nil { wire = try? Wire(port: port) }
                }
                ended.add(1)
            }
        }
        for number in 1...50 {
            let before = answered.value
            try Self.replace(gateway, with: tables[number % 2])
            #expect(gateway.program.wait(20) { (try? gateway.metric("apic_generation")) == Double(number + 1) })
            #expect(gateway.program.wait(20) { answered.value > before + 4 })
        }
        stop.set(true)
        #expect(gateway.program.wait(30) { ended.value == clientCount })
        #expect(failed.value == 0)
        #expect(answered.value > 200)
        #expect(try gateway.metric(#"apic_reloads_total{result="success"}"#) == 50)
        #expect(gateway.waits(for: "apic_generations", toBe: 1))
    }

    @Test("a reload adds and removes targets; connections to those that stay are kept")
    func targets() throws {
        let servers = try Targets.servers(3)
        defer { servers.forEach { $0.stop() } }
        func spec(_ ports: [UInt16]) -> String { PlainSpec.text(ports) }
        let gateway = try RunningGateway(spec([servers[0].port, servers[1].port]))
        let wire = try gateway.connect()
        func answers() throws -> Set<String> {
            Set(try (0..<6).map { _ in try wire.ask(WireRequest("GET /")).text })
        }
        #expect(try answers() == ["0", "1"])
        try gateway.rebuild(spec([servers[1].port, servers[2].port]))
        #expect(gateway.waits(for: "apic_generation", toBe: 2))
        #expect(try answers() == ["1", "2"])
        #expect(servers.map(\.connectionCount) == [1, 1, 1])
    }

    @Test("targets that come and go with bundles never get each other's connections, and theirs are closed")
    func changingTargets() throws {
        let upstreams = try (0..<6).map { number in
            try ScriptedUpstream { try $0.answer(200, [], "upstream \(number)") }
        }
        defer { for upstream in upstreams { upstream.stop() } }
        let pairs = [(0, 1), (2, 3), (4, 5), (1, 2), (3, 4), (5, 0), (0, 2)]
        let specs = pairs.map { PlainSpec.text([upstreams[$0].port, upstreams[$1].port], top: "access-log: off") }
        let tables = try specs.map { try Self.table($0) }
        let gateway = try RunningGateway(specs[0], workers: 2)
        let wires = try (0..<6).map { _ in try gateway.connect() }
        for round in 1...42 {
            try Self.replace(gateway, with: tables[round % tables.count])
            #expect(gateway.waits(for: "apic_generation", toBe: Double(round + 1)))
            // Now and then the bundle before is forgotten only after the next one has come.
            if round % 3 > 0 { #expect(gateway.waits(for: "apic_generations", toBe: 1)) }
            let (first, second) = pairs[round % pairs.count]
            for wire in wires + wires {
                let text = try wire.ask(WireRequest("GET /")).text
                #expect(text == "upstream \(first)" || text == "upstream \(second)", "round \(round)")
            }
        }
        #expect(gateway.waits(for: "apic_generations", toBe: 1))
        // At most one to each of two targets from each of two workers.
        #expect(gateway.program.wait(20) { (try? gateway.metric("apic_upstream_connections")).map { $0 <= 4 } == true })
    }
}
