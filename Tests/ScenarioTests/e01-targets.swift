import Foundation
import TestSupport
import Testing

/// Which server of an upstream is asked, over which connection.
@Suite("e01 upstreams: targets and connections")
struct Targets {
    /// Upstreams that answer with their number.
    static func servers(_ count: Int) throws -> [ScriptedUpstream] {
        try (0..<count).map { number in try ScriptedUpstream { try $0.answer(200, [], "\(number)") } }
    }

    @Test("targets get their share by weight, evenly spread, over kept connections")
    func weights() throws {
        let servers = try Self.servers(3)
        defer { servers.forEach { $0.stop() } }
        let gateway = try RunningGateway(
            """
            upstreams:
              up:
                targets:
                  - { url: "http://127.0.0.1:\(servers[0].port)", weight: 1 }
                  - { url: "http://127.0.0.1:\(servers[1].port)", weight: 2 }
                  - { url: "http://127.0.0.1:\(servers[2].port)", weight: 5 }
            apis: { all: { path: /all, upstream: up, versions: { v1: { routes: [ "GET /**" ] } } } }
            """
        )
        let wire = try gateway.connect()
        let answers = try (0..<80).map { _ in try wire.ask(WireRequest("GET /all/v1/x")).text }
        #expect((0..<3).map { number in answers.count { $0 == "\(number)" } } == [10, 20, 50])
        // Smoothly: each eight in a row have the shares, too.
        for start in stride(from: 0, to: 80, by: 8) {
            #expect(Set(answers[start..<start + 8]) == ["0", "1", "2"])
            #expect(answers[start..<start + 8].count { $0 == "2" } == 5)
        }
        #expect(servers.map(\.connectionCount) == [1, 1, 1])
        #expect(servers.map { Set($0.requests.map { $0["Host"] }) } == servers.map { ["127.0.0.1:\($0.port)"] })
    }

    @Test("connections are kept up to a bound and used again, the latest first")
    func pool() throws {
        let upstream = try ScriptedUpstream { turn in
            if turn.request.target == "/slow" { usleep(150_000) }
            try turn.answer(200, [], "\(turn.connection)")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, upstream: "connections: { idle: 2 }"))
        let wires = try (0..<5).map { _ in try gateway.connect() }
        for wire in wires { try wire.send(WireRequest("GET /slow").text) }
        for wire in wires { #expect(try wire.receiveAnswer().status == 200) }
        #expect(upstream.connectionCount == 5)
        #expect(gateway.waits(for: "apic_upstream_connections", toBe: 2))
        #expect(try gateway.metric("apic_upstream_connections_idle") == 2)
        let used = try (0..<10).map { _ in try wires[0].ask(WireRequest("GET /")).text }
        #expect(Set(used).count == 1)
        #expect(upstream.connectionCount == 5)
    }

    @Test("an answer that says close ends the upstream's connection and not the client's")
    func upstreamCloses() throws {
        let upstream = try ScriptedUpstream { turn in
            switch turn.request.target {
            case "/close": try turn.answer(200, ["Connection: close"], "x")
            case "/old": try turn.send("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx")
            default: try turn.answer(200, [], "x")
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        for (index, target) in ["/close", "/old", "/", "/"].enumerated() {
            let answer = try wire.ask(WireRequest("GET \(target)"))
            #expect(answer.text == "x" && answer["Connection"] == nil)
            #expect(upstream.connectionCount == min(index + 1, 3), "\(target)")
        }
    }

    @Test("no more connections to a target than its bound; then 503 until one is free")
    func connectionBound() throws {
        let go = Latch<Bool>()
        let upstream = try ScriptedUpstream { turn in
            if turn.request.target == "/wait" { _ = go.wait(20) }
            try turn.answer(200, [], "x")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, upstream: "connections: { max: 2 }"))
        let wires = try (0..<2).map { _ in try gateway.connect() }
        for wire in wires { try wire.send(WireRequest("GET /wait").text) }
        #expect(upstream.waitForRequests(2))
        let refused = try gateway.ask("GET /")
        #expect(refused.status == 503)
        #expect(refused.problem == "upstream-busy")
        #expect(refused["Retry-After"] == "1")
        go.set(true)
        for wire in wires { #expect(try wire.receiveAnswer().status == 200) }
        #expect(try gateway.ask("GET /").status == 200)
        #expect(upstream.connectionCount == 2)
    }

    @Test("a target may be a name; one that has no address is 503 and nobody else's trouble")
    func names() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            """
            upstreams:
              named: { targets: [ "http://localhost:\(upstream.port)" ], retries: 0 }
              lost: { targets: [ "http://no-such-host.invalid:80" ] }
            apis:
              all:
                path: /all
                versions:
                  v1:
                    routes: [ { match: GET /named, upstream: named }, { match: GET /lost, upstream: lost } ]
            """
        )
        // The name may have an address of each family, of which only one is listened on: each gets its chance.
        for _ in 0..<6 { #expect(try gateway.ask("GET /all/v1/named").status == 200) }
        #expect(upstream.requests.allSatisfy { $0["Host"] == "localhost:\(upstream.port)" })
        let lost = try gateway.ask("GET /all/v1/lost")
        #expect(lost.status == 503)
        #expect(lost.problem == "upstream-unavailable")
        #expect(lost["Retry-After"] != nil)
        #expect(gateway.program.wait(20) { gateway.program.errors.contains("no-such-host.invalid") })
    }

    @Test("the echo upstream and curl: what goes in at one end is seen at the other")
    func echo() throws {
        let folder = try ScratchFolder()
        let echo = try Program.apic.start(["echo", "--port", "0"], in: folder.url)
        #expect(echo.wait { echo.output.contains("http://") })
        let text = echo.output.split(separator: ":").last ?? ""
        let port = try #require(UInt16(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        let gateway = try RunningGateway(PlainSpec.text([port]))
        let curl = Process()
        let output = Pipe()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        curl.arguments = [
            "curl", "-sS", "--max-time", "20", "-X", "PUT", "--data-binary", "hello", "-H", "X-A: 1",
            "http://127.0.0.1:\(gateway.port)/a/b?c=d",
        ]
        curl.standardOutput = output
        try curl.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        curl.waitUntilExit()
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["method"] as? String == "PUT")
        #expect(object["path"] as? String == "/a/b")
        #expect(object["query"] as? String == "c=d")
        #expect(object["body-bytes"] as? Int == 5)
        let fields = try #require(object["headers"] as? [String: Any])
        #expect(fields["X-A"] as? String == "1")
        #expect(fields["X-Forwarded-For"] as? String == "127.0.0.1")
    }
}
