import Foundation
import TestSupport
import Testing

/// Which targets are used: those that serve and answer, and all again when they are well.
@Suite("l02 health: passive and active")
struct Health {
    static func up(_ port: UInt16) -> String {
        "apic_upstream_target_up{upstream=\"up\",target=\"127.0.0.1:\(port)\"}"
    }

    /// Requests of many clients until told to stop; counts what came of them.
    final class Load: @unchecked Sendable {
        private let lock = NSLock()
        private var outcomes: [String: Int] = [:]
        private var mustStop = false
        private let group = DispatchGroup()

        init(_ gateway: RunningGateway, method: String, clientCount: Int) {
            let (port, body) = (gateway.port, method == "POST" ? "x" : nil)
            for _ in 0..<clientCount {
                group.enter()
                Thread.detachNewThread { [self] in
                    while !lock.withLock({ mustStop }) {
                        let answer = try? Wire(port: port).ask(WireRequest("\(method) /", body: body))
                        let status = answer?.status ?? 0
                        lock.withLock { outcomes["\(status)", default: 0] += 1 }
                    }
                    group.leave()
                }
            }
        }

        var counts: [String: Int] { lock.withLock { outcomes } }

        /// Waits for so many more answers.
        func proceed(_ count: Int) {
            let goal = counts.values.reduce(0, +) + count
            while counts.values.reduce(0, +) < goal { usleep(1_000) }
        }

        func stop() -> [String: Int] {
            lock.withLock { mustStop = true }
            group.wait()
            return counts
        }
    }

    @Test(
        "a process that is killed under load costs idempotent requests nothing, others at most what is in flight on it"
    )
    func killed() throws {
        for (method, workers) in [("GET", 1), ("POST", 1), ("GET", 2)] {
            let echoes = try (0..<3).map { _ in try EchoProcess() }
            defer { echoes.forEach { $0.kill() } }
            let gateway = try RunningGateway(
                PlainSpec.text(
                    echoes.map(\.port),
                    upstream: "balance: least-connections, retries: 2, connections: { idle: 0 }, "
                        + "health: { active: { path: /, interval: 500ms }, passive: { failures: 2, ejection: 60s } }"
                ),
                workers: workers
            )
            let clientCount = 6
            let load = Load(gateway, method: method, clientCount: clientCount)
            load.proceed(200)
            echoes[1].kill()
            #expect(gateway.waits(for: Self.up(echoes[1].port), toBe: 0))
            load.proceed(200)
            try echoes[1].restart()
            #expect(gateway.waits(for: Self.up(echoes[1].port), toBe: 1))
            load.proceed(200)
            let counts = load.stop()
            let failed = counts.filter { $0.key != "200" }.values.reduce(0, +)
            #expect(failed <= (method == "GET" ? 0 : clientCount), "\(method) \(workers): \(counts)")
        }
    }

    @Test("a target that is well again is back after two probes")
    func back() throws {
        let isWell = Counter()
        let probes = Counter()
        let sick = try ScriptedUpstream { turn in
            let isGood = isWell.value > 0
            if turn.request.target == "/health", isGood { probes.add(1) }
            try turn.answer(isGood ? 200 : 500, [], "sick")
        }
        let well = try ScriptedUpstream()
        defer {
            sick.stop()
            well.stop()
        }
        let gateway = try RunningGateway(
            PlainSpec.text(
                [sick.port, well.port],
                upstream: "health: { active: { path: /health, interval: 500ms, healthy: 2, unhealthy: 2 } }"
            )
        )
        #expect(gateway.waits(for: Self.up(sick.port), toBe: 0))
        let wire = try gateway.connect()
        for _ in 0..<10 { #expect(try wire.ask(WireRequest("GET /")).text == "upstream") }
        let status = try gateway.status("/status").text
        #expect(status.contains("\"state\":\"failing\"") && status.contains("answered 500"))
        #expect(gateway.program.errors.contains("a target is out"))
        isWell.add(1)
        // The answer that makes it well is the second one.
        var count = 0
        while probes.value < 2 {
            if probes.value == 0 { count += try wire.ask(WireRequest("GET /")).text == "sick" ? 1 : 0 }
            usleep(500)
        }
        #expect(count == 0)
        #expect(gateway.waits(for: Self.up(sick.port), toBe: 1))
        #expect(gateway.program.wait { gateway.program.errors.contains("a target is in again") })
        let answers = try (0..<10).map { _ in try wire.ask(WireRequest("GET /")).text }
        #expect(answers.count { $0 == "sick" } == 5)
        let good =
            "apic_upstream_target_probes_total{upstream=\"up\",target=\"127.0.0.1:\(sick.port)\",result=\"good\"}"
        #expect(try gateway.metric(good) >= 2)
    }

    @Test("probes ask what the spec says, at each target's own address")
    func probes() throws {
        let servers = try Targets.servers(2)
        defer { servers.forEach { $0.stop() } }
        let active = "active: { path: \"/up?deep=1\", host: orders.internal, interval: 500ms, statuses: [ 2xx ] }"
        let gateway = try RunningGateway(PlainSpec.text(servers.map(\.port), upstream: "health: { \(active) }"))
        for server in servers {
            #expect(server.waitForRequests(3))
            for request in server.requests {
                #expect(request.head.startLine == "GET /up?deep=1 HTTP/1.1")
                #expect(request.values("Host") == ["orders.internal"] && request.values("Connection") == ["close"])
            }
            #expect(gateway.waits(for: Self.up(server.port), toBe: 1))
        }
    }

    @Test(
        "who does not answer as HTTP/1.1 does in time is out",
        arguments: ["nothing", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 404 No\r\n\r\n", "HTTP/1.1 200", ""]
    )
    func badAnswers(_ text: String) throws {
        let odd = try ScriptedUpstream(
            whole: { wire, _ in
                _ = try wire.receive()
                if text != "nothing" { try wire.send(text) }
                if text == "nothing" || text == "HTTP/1.1 200" { usleep(1_000_000) }
            }
        )
        let well = try ScriptedUpstream()
        defer {
            odd.stop()
            well.stop()
        }
        let gateway = try RunningGateway(
            PlainSpec.text(
                [odd.port, well.port],
                upstream: "health: { active: { path: /, interval: 500ms } }"
            )
        )
        #expect(gateway.waits(for: Self.up(odd.port), toBe: 0))
        #expect(gateway.waits(for: Self.up(well.port), toBe: 1))
        for _ in 0..<5 { #expect(try gateway.ask("GET /").text == "upstream") }
    }

    @Test("targets over TLS are asked over TLS, and one with a wrong certificate is out")
    func secure() throws {
        let authority = try CertificateAuthority()
        try authority.issue("server", ["IP:127.0.0.1"])
        try authority.issue("late", ["IP:127.0.0.1"], days: -1)
        try authority.folder.write("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nfrom a file", to: "file")
        let good = try FileServer(authority, certificate: "server")
        let late = try FileServer(authority, certificate: "late")
        let folder = try ScratchFolder()
        try authority.copy(["authority.crt"], to: folder)
        let spec = PlainSpec.text(
            [good.port, late.port],
            upstream: "tls: { ca: certs/authority.crt }, retries: 0, "
                + "health: { active: { path: /file, interval: 500ms } }",
            scheme: "https"
        )
        try RunningGateway.build(spec, in: folder)
        let gateway = try RunningGateway(folder)
        #expect(gateway.waits(for: Self.up(good.port), toBe: 1))
        #expect(gateway.waits(for: Self.up(late.port), toBe: 0))
        #expect(try gateway.status("/status").text.contains("its certificate has expired"))
        for _ in 0..<4 { #expect(try gateway.ask("GET /file").text == "from a file") }
    }

    @Test("targets that speak HTTP/2 are asked over HTTP/2")
    func http2() throws {
        let asked = Latch<Frame>()
        let good = try FrameUpstream(settings: [(3, 10)]) { peer in
            while let request = try peer.nextRequest() {
                if request[":path"] == "/health?x" { asked.set(request) }
                let isProbe = request[":path"] == "/health?x"
                if isProbe {
                    try peer.frames.send(.headers(request.stream, [(":status", "103")], endsStream: false))
                }
                try peer.answer(request.stream, isProbe ? 204 : 200, [], isProbe ? "" : "good")
            }
        }
        let refusing = try FrameUpstream { peer in
            while let request = try peer.nextRequest() { try peer.answer(request.stream, 500) }
        }
        let plain = try ScriptedUpstream()
        defer {
            good.stop()
            refusing.stop()
            plain.stop()
        }
        let gateway = try RunningGateway(
            PlainSpec.text(
                [good.port, refusing.port, plain.port],
                upstream: "http2: true, health: { panic: 1%, active: { path: \"/health?x\", interval: 500ms } }"
            )
        )
        #expect(gateway.waits(for: Self.up(good.port), toBe: 1))
        for port in [refusing.port, plain.port] { #expect(gateway.waits(for: Self.up(port), toBe: 0)) }
        for _ in 0..<6 { #expect(try gateway.ask("GET /").text == "good") }
        let head = try #require(asked.wait(20))
        #expect(head[":method"] == "GET" && head[":scheme"] == "http" && head[":authority"] == "127.0.0.1:\(good.port)")
        #expect(try gateway.status("/status").text.contains("answered 500"))
    }

    @Test("failures in a row put a target out, for a time that grows; good answers in between do not")
    func passive() throws {
        let isBroken = Counter()
        let odd = try ScriptedUpstream { turn in
            try turn.answer(isBroken.value % 2 == 1 ? 503 : 200, [], "odd")
        }
        let well = try ScriptedUpstream()
        defer {
            odd.stop()
            well.stop()
        }
        let gateway = try RunningGateway(
            PlainSpec.text(
                [odd.port, well.port],
                upstream: "health: { passive: { failures: 3, ejection: 300ms, statuses: [ 503 ] } }"
            )
        )
        let wire = try gateway.connect()
        func ask(_ count: Int) throws -> [Int] {
            try (0..<count).map { _ in try wire.ask(WireRequest("GET /")).status }
        }
        #expect(try ask(10).allSatisfy { $0 == 200 })
        isBroken.add(1)
        // Two failures, then a good answer: nothing follows.
        #expect(try ask(4).count { $0 == 503 } == 2)
        isBroken.add(1)
        #expect(try ask(2).allSatisfy { $0 == 200 })
        isBroken.add(1)
        #expect(try ask(6).count { $0 == 503 } == 3)
        #expect(try ask(20).allSatisfy { $0 == 200 })
        #expect(gateway.waits(for: Self.up(odd.port), toBe: 0))
        let ejections = "apic_upstream_target_ejections_total{upstream=\"up\",target=\"127.0.0.1:\(odd.port)\"}"
        #expect(try gateway.metric(ejections) == 1)
        // It comes back by itself, still broken, and goes out again.
        #expect(gateway.waits(for: Self.up(odd.port), toBe: 1))
        #expect(try ask(6).count { $0 == 503 } == 3)
        #expect(gateway.waits(for: ejections, toBe: 2))
        isBroken.add(1)
        #expect(gateway.waits(for: Self.up(odd.port), toBe: 1))
        #expect(try ask(20).allSatisfy { $0 == 200 })
    }

    @Test("what one worker finds out all of them know")
    func workers() throws {
        let broken = try Retries.resetting()
        let well = try ScriptedUpstream()
        defer {
            broken.stop()
            well.stop()
        }
        let gateway = try RunningGateway(
            PlainSpec.text([broken.port, well.port], upstream: "health: { passive: { failures: 2, ejection: 1h } }"),
            workers: 4
        )
        for _ in 0..<40 { #expect(try gateway.ask("GET /").status == 200) }
        #expect(gateway.waits(for: Self.up(broken.port), toBe: 0))
        // What was in flight when it went out is counted by then.
        for _ in 0..<40 { #expect(try gateway.ask("GET /").status == 200) }
        let count = broken.requests.count
        for _ in 0..<100 { #expect(try gateway.ask("POST /", body: "x").status == 200) }
        #expect(broken.requests.count == count)
    }

    @Test("with all targets out, all are asked: nothing is refused that might work")
    func panic() throws {
        let upstreams = try (0..<2).map { _ in
            try ScriptedUpstream { try $0.answer($0.request.target == "/health" ? 500 : 200, [], "x") }
        }
        defer { upstreams.forEach { $0.stop() } }
        let gateway = try RunningGateway(
            PlainSpec.text(upstreams.map(\.port), upstream: "health: { active: { path: /health, interval: 500ms } }")
        )
        for upstream in upstreams { #expect(gateway.waits(for: Self.up(upstream.port), toBe: 0)) }
        for _ in 0..<10 { #expect(try gateway.ask("GET /").status == 200) }
        for upstream in upstreams { #expect(upstream.requests.count { $0.target == "/" } == 5) }
    }

    @Test("a reload keeps what is known of targets, and forgets those that are gone")
    func reload() throws {
        let dead = try RefusingPort.take()
        let servers = try Targets.servers(2)
        defer { servers.forEach { $0.stop() } }
        let health = "health: { active: { path: /, interval: 500ms } }"
        let gateway = try RunningGateway(PlainSpec.text([dead, servers[0].port], upstream: health))
        #expect(gateway.waits(for: Self.up(dead), toBe: 0))
        try gateway.rebuild(PlainSpec.text([dead, servers[0].port], upstream: "retries: 0, \(health)"))
        #expect(gateway.waits(for: "apic_generation", toBe: 2))
        // Without retries the first request to the dead one would fail.
        for _ in 0..<10 { #expect(try gateway.ask("GET /").status == 200) }
        try gateway.rebuild(PlainSpec.text(servers.map(\.port), upstream: health))
        #expect(gateway.waits(for: "apic_generation", toBe: 3))
        #expect(gateway.waits(for: Self.up(servers[1].port), toBe: 1))
        #expect(gateway.program.wait { (try? gateway.status("/metrics").text.contains(":\(dead)\"")) == false })
    }
}
