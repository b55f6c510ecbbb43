import Foundation
import TestSupport
import Testing

/// Targets whose hosts and ports a name server tells.
@Suite("l04 upstreams: services")
struct Services {
    private static let service = "_http._tcp.orders.test"

    private let names: NameServer
    private let servers: [ScriptedUpstream]

    init() throws {
        names = try NameServer()
        servers = try (0..<3).map { number in try ScriptedUpstream { try $0.answer(200, [], "\(number)") } }
    }

    private func stop() {
        names.stop()
        servers.forEach { $0.stop() }
    }

    private func gateway(_ target: String = "http+srv://\(service)", _ more: String = "") throws -> RunningGateway {
        let spec = """
            upstreams: { up: { targets: [ "\(target)" ], resolve: 1s\(more) } }
            apis: { all: { path: /a, upstream: up, versions: { v1: { routes: [ "ANY /**" ] } } } }
            """
        return try RunningGateway(spec, ["--dns", "127.0.0.1:\(names.port)"])
    }

    /// Who answers so many requests, each on a connection of its own.
    private func answers(_ gateway: RunningGateway, count: Int) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for _ in 0..<count {
            let answer = try gateway.ask("GET /a/v1/")
            counts[answer.status == 200 ? answer.text : "\(answer.status)", default: 0] += 1
        }
        return counts
    }

    private func record(_ number: Int, priority: UInt16 = 0, weight: UInt16 = 0) -> NameServer.Record {
        .service("node-\(number).test", port: servers[number].port, priority: priority, weight: weight)
    }

    private let hosts: [String: [NameServer.Record]] = [
        "node-0.test": [.address("127.0.0.1")], "node-1.test": [.alias("other.test"), .address("127.0.0.1")],
        "node-2.test": [.address("::1"), .address("127.0.0.1")],
    ]

    @Test("its servers get requests at their own ports, and others as soon as the records say so")
    func followed() throws {
        defer { stop() }
        names.set(hosts.merging([Self.service: [record(0), record(1)]]) { $1 }, secondsToLive: 1)
        let gateway = try gateway("http+srv://\(Self.service)", ", connections: { idle: 0 }")
        let first = try answers(gateway, count: 20)
        #expect(first == ["0": 10, "1": 10])
        #expect(servers[0].requests.allSatisfy { $0["Host"] == "orders.test" })
        let status = try gateway.status("/status").text
        #expect(status.contains("srv:\(Self.service)") && status.contains("127.0.0.1:\(servers[1].port)"))
        // Another server, and a name server that is gone thereafter.
        names.set(hosts.merging([Self.service: [record(2)]]) { $1 }, secondsToLive: 1)
        #expect(gateway.program.wait(20) { (try? gateway.ask("GET /a/v1/").text) == "2" })
        names.silence(true)
        #expect(gateway.program.wait(30) { gateway.program.errors.contains("no name server answers") })
        #expect(try answers(gateway, count: 5) == ["2": 5])
        names.silence(false)
        names.set(hosts.merging([Self.service: [record(1)]]) { $1 }, secondsToLive: 1)
        #expect(gateway.program.wait(30) { (try? gateway.ask("GET /a/v1/").text) == "1" })
    }

    @Test("weights count, and priorities, of which a later one waits until an earlier one has no address")
    func choice() throws {
        defer { stop() }
        let both = [record(0, priority: 1, weight: 30), record(1, priority: 1, weight: 10), record(2, priority: 2)]
        names.set(hosts.merging([Self.service: both]) { $1 }, secondsToLive: 1)
        let gateway = try gateway("http+srv://\(Self.service)", ", connections: { idle: 0 }")
        #expect(try answers(gateway, count: 64) == ["0": 48, "1": 16])
        var fewer = hosts
        (fewer["node-0.test"], fewer["node-1.test"]) = (nil, [])
        names.set(fewer.merging([Self.service: both]) { $1 }, secondsToLive: 1)
        #expect(gateway.program.wait(20) { (try? gateway.ask("GET /a/v1/").text) == "2" })
    }

    @Test("a service without servers is none, and one that comes later is found")
    func absence() throws {
        defer { stop() }
        let gateway = try gateway()
        #expect(try gateway.ask("GET /a/v1/").status == 503)
        #expect(gateway.program.errors.contains("there is no such name"))
        names.set(hosts.merging([Self.service: [record(1)]]) { $1 })
        #expect(gateway.program.wait(20) { (try? gateway.ask("GET /a/v1/").text) == "1" })
        #expect(names.count(Self.service) >= 2)
    }

    @Test("with --dns, other targets are asked of that server, too; what it says holds as long as it says")
    func plain() throws {
        defer { stop() }
        names.set(["orders.test": [.address("127.0.0.1")]], secondsToLive: 600)
        let gateway = try gateway("http://orders.test:\(servers[0].port)")
        #expect(try answers(gateway, count: 3) == ["0": 3])
        #expect(servers[0].requests[0]["Host"] == "orders.test:\(servers[0].port)")
    }

    @Test("what is no name server is said at the start")
    func wrong() throws {
        defer { stop() }
        let folder = try ScratchFolder()
        for address in ["localhost:53", "127.0.0.1", "[::1]:53", "127.0.0.1:0", "unix:/tmp/x"] {
            let outcome = try Program.gateway.run(["dist", "--dns", address], in: folder.url)
            #expect(outcome.status == 2 && outcome.errors.contains("--dns: `\(address)`"), "\(outcome.errors)")
        }
    }
}
