import Foundation
import TestSupport
import Testing

/// How requests are spread over targets, on real connections.
@Suite("l01 balancing: algorithms")
struct Balancing {
    /// A spec whose targets have weights, and answers that say which target gave them.
    static func spec(_ servers: [ScriptedUpstream], _ weights: [Int], _ settings: String, route: String = "ANY /**")
        -> String
    {
        let targets = zip(servers, weights).map { "{ url: \"http://127.0.0.1:\($0.port)\", weight: \($1) }" }
        return """
            upstreams: { up: { targets: [ \(targets.joined(separator: ", ")) ], \(settings) } }
            apis:
              all:
                path: /
                upstream: up
                versioning: { by: header, name: X-Version-Of-All }
                versions: { v1: { default: true, routes: [ "\(route)" ] } }
            """
    }

    @Test(
        "shares are within 2 % of the weights, one request at a time and many at once",
        arguments: ["round-robin", "least-connections"],
        [1, 12]
    )
    func shares(_ balance: String, _ wireCount: Int) throws {
        let servers = try Targets.servers(3)
        defer { servers.forEach { $0.stop() } }
        let gateway = try RunningGateway(Self.spec(servers, [1, 2, 5], "balance: \(balance)"))
        let wires = try (0..<wireCount).map { _ in try gateway.connect() }
        let roundCount = 960 / wireCount
        var counts = [String: Int]()
        for _ in 0..<roundCount {
            for wire in wires { try wire.send(WireRequest("GET /").text) }
            for wire in wires { counts[try wire.receiveAnswer().text, default: 0] += 1 }
        }
        let all = Double(roundCount * wireCount)
        for (number, share) in [0.125, 0.25, 0.625].enumerated() {
            #expect(abs(Double(counts["\(number)"] ?? 0) / all - share) <= 0.02, "\(balance): \(counts)")
        }
    }

    @Test("random of two: within 2 % of the weights")
    func randomTwo() throws {
        let servers = try Targets.servers(3)
        defer { servers.forEach { $0.stop() } }
        let gateway = try RunningGateway(Self.spec(servers, [1, 1, 2], "balance: random-two"))
        let wire = try gateway.connect()
        let count = 12_000
        for _ in 0..<count / 100 {
            try wire.send(String(repeating: WireRequest("GET /").text, count: 100))
            for _ in 0..<100 { #expect(try wire.receiveAnswer().status == 200) }
        }
        for (server, share) in zip(servers, [0.25, 0.25, 0.5]) {
            #expect(abs(Double(server.requests.count) / Double(count) - share) <= 0.02)
        }
    }

    @Test("least connections: a target that is slow gets what the others leave it")
    func slowTarget() throws {
        let go = Latch<Bool>()
        let slow = try ScriptedUpstream { turn in
            _ = go.wait(20)
            try turn.answer(200, [], "slow")
        }
        let quick = try ScriptedUpstream { try $0.answer(200, [], "quick") }
        defer {
            slow.stop()
            quick.stop()
        }
        let gateway = try RunningGateway(Self.spec([slow, quick], [1, 1], "balance: least-connections"))
        let waiting = try gateway.connect()
        let wire = try gateway.connect()
        // One of two requests at once goes to the slow one, and with it in flight none that follows.
        try waiting.send(WireRequest("GET /first").text)
        if !slow.waitForRequests(1, seconds: 0.5) {
            #expect(try waiting.receiveAnswer().text == "quick")
            try waiting.send(WireRequest("GET /second").text)
        }
        #expect(slow.waitForRequests(1))
        for _ in 0..<50 { #expect(try wire.ask(WireRequest("GET /")).text == "quick") }
        #expect(slow.requests.count == 1)
        go.set(true)
        #expect(try waiting.receiveAnswer().text == "slow")
    }

    @Test(
        "a hash sends equal keys to one target, and all of them to all",
        arguments: [
            ("{ by: header, name: X-User }", "ANY /**"), ("{ by: cookie, name: user }", "ANY /**"),
            ("{ by: capture, name: user }", "ANY /users/{user}"),
        ]
    )
    func keys(_ hash: String, _ route: String) throws {
        let servers = try Targets.servers(4)
        defer { servers.forEach { $0.stop() } }
        let gateway = try RunningGateway(
            Self.spec(servers, [1, 1, 1, 1], "balance: consistent-hash, hash: \(hash)", route: route)
        )
        let wire = try gateway.connect()
        func owner(_ user: String) throws -> String {
            try wire.ask(WireRequest("GET /users/\(user)", ["X-User: \(user)", "Cookie: a=b; user=\(user); c=d"])).text
        }
        let owners = try (0..<400).map { try owner("user-\($0)") }
        #expect(try (0..<400).map { try owner("user-\($0)") } == owners)
        for number in 0..<4 { #expect((60...140).contains(owners.count { $0 == "\(number)" }), "\(hash)") }
    }

    @Test("a hash of the consumer keeps each of them at one target, whatever key they use")
    func consumers() throws {
        let servers = try Targets.servers(3)
        defer { servers.forEach { $0.stop() } }
        let targets = servers.map { "\"http://127.0.0.1:\($0.port)\"" }.joined(separator: ", ")
        let consumers = (0..<30).map { number in
            "c\(number): { credentials: [ { key: \"${env:KEY_\(number)_A}\" }, { key: \"${env:KEY_\(number)_B}\" } ] }"
        }
        let keys = (0..<30).flatMap { number in ["A", "B"].map { ("KEY_\(number)_\($0)", "key-\(number)-\($0)") } }
        let gateway = try RunningGateway(
            """
            upstreams: { up: { targets: [ \(targets) ], balance: consistent-hash, hash: { by: consumer } } }
            consumers: { \(consumers.joined(separator: ", ")) }
            apis:
              all: { path: /all, upstream: up, plugins: [ key-auth ], versions: { v1: { routes: [ "GET /**" ] } } }
            """,
            environment: Dictionary(uniqueKeysWithValues: keys)
        )
        var owners: Set<String> = []
        for number in 0..<30 {
            let answers = try ["A", "B", "A"].map {
                try gateway.ask("GET /all/v1/\($0)", ["apikey: key-\(number)-\($0)"]).text
            }
            #expect(Set(answers).count == 1)
            owners.formUnion(answers)
        }
        #expect(owners == ["0", "1", "2"])
    }

    @Test("hash: a target that dies moves its keys and no others; they return with it")
    func failover() throws {
        var servers = try Targets.servers(5)
        defer { servers.forEach { $0.stop() } }
        let health = "health: { passive: { failures: 1, ejection: 200ms } }"
        let gateway = try RunningGateway(
            Self.spec(
                servers,
                [1, 1, 1, 1, 1],
                "balance: consistent-hash, hash: { by: header, name: X-User }, \(health)"
            )
        )
        let wire = try gateway.connect()
        let users = (0..<1000).map { "user-\($0)" }
        func owners() throws -> [String] {
            try users.map { user in
                let answer = try wire.ask(WireRequest("GET /", ["X-User: \(user)"]))
                #expect(answer.status == 200)
                return answer.text
            }
        }
        let before = try owners()
        let port = servers[2].port
        servers[2].stop()
        let during = try owners()
        let moved = zip(before, during).count { $0 != $1 }
        #expect(zip(before, during).allSatisfy { $0 == $1 || $0 == "2" })
        #expect(!during.contains("2"))
        #expect(Double(moved) <= 1.2 / 5 * 1000)
        servers[2] = try ScriptedUpstream(port: port) { try $0.answer(200, [], "2") }
        let target = "{upstream=\"up\",target=\"127.0.0.1:\(port)\"}"
        #expect(gateway.waits(for: "apic_upstream_target_up\(target)", toBe: 1))
        #expect(try owners() == before)
    }

    @Test("a request without a key is spread in turn")
    func keyless() throws {
        let servers = try Targets.servers(2)
        defer { servers.forEach { $0.stop() } }
        let gateway = try RunningGateway(
            Self.spec(servers, [1, 1], "balance: consistent-hash, hash: { by: header, name: X-User }")
        )
        let wire = try gateway.connect()
        for _ in 0..<20 { #expect(try wire.ask(WireRequest("GET /")).status == 200) }
        #expect(servers.map(\.requests.count) == [10, 10])
    }
}
