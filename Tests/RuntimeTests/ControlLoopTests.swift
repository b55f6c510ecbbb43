import Digests
import Foundation
import GatewayEmitters
import GatewayIR
import Testing

@testable import GatewayRuntime

@Suite("The control loop", .serialized, .timeLimit(.minutes(3)))
struct ControlLoopTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.replace("gateway.apib", with: ControlFixture.table(name: "one"))
    }

    private func hex(_ bytes: [UInt8]) -> String { SHA256.digest(bytes).hex }

    @Test("a bundle renamed in is served by all workers, and `/status` says which")
    func renamedIn() throws {
        let rig = try ControlLoopRig(folder)
        #expect(try rig.status()["sha256"] as? String == hex(ControlFixture.table(name: "one")))
        for name in ["two", "three"] {
            let table = ControlFixture.table(name: name)
            try folder.replace("gateway.apib", with: table)
            #expect(try eventually { try rig.status()["sha256"] as? String == hex(table) })
            #expect(try rig.status()["gateway"] as? String == name)
        }
        #expect(rig.metric("apic_reloads_total{result=\"success\"}") == "2")
        #expect(eventually { rig.metric("apic_generations") == "1" }, "the old tables are given back")
        #expect(rig.startError == nil && rig.exitCode == nil)
    }

    @Test("the same bytes are no reload, SIGHUP or not; a bad bundle is refused, told, and survived")
    func refused() throws {
        let rig = try ControlLoopRig(folder)
        let good = ControlFixture.table(name: "one")
        try folder.replace("gateway.apib", with: good)
        #expect(eventually { rig.metric("apic_reloads_total{result=\"unchanged\"}") == "1" })
        rig.send(SIGHUP)
        #expect(eventually { rig.metric("apic_reloads_total{result=\"unchanged\"}") == "2" })
        #expect(try rig.generation() == 1)
        try folder.replace("gateway.apib", with: Array(good.dropLast(8)))
        #expect(eventually { rig.metric("apic_reloads_total{result=\"refused\"}") != "0" })
        let reloads = try #require(try rig.status()["reloads"] as? [String: Any])
        let failure = try #require(reloads["last_error"] as? [String: String])
        #expect(failure["message"]?.contains("bytes") == true)
        #expect(rig.log.contains("refused the bundle") && rig.ready() == 200)
        #expect(try rig.status()["sha256"] as? String == hex(good))
        try folder.replace("gateway.apib", with: ControlFixture.table(name: "two"))
        #expect(try eventually { try rig.status()["gateway"] as? String == "two" })
        let after = try #require(try rig.status()["reloads"] as? [String: Any])
        #expect(after["last_error"] is NSNull)
    }

    @Test("a bundle that is gone is not given up: it is served when it comes back")
    func gone() throws {
        let rig = try ControlLoopRig(folder)
        try FileManager.default.removeItem(atPath: folder.file("gateway.apib"))
        #expect(eventually { rig.log.contains("No such file") })
        #expect(rig.ready() == 200)
        try folder.replace("gateway.apib", with: ControlFixture.table(name: "two"))
        #expect(try eventually { try rig.status()["gateway"] as? String == "two" })
    }

    @Test("SIGHUP takes in another secret of the same bundle, and keeps the old one while the new one is missing")
    func secrets() throws {
        try folder.overwrite("key", with: Array("key-before".utf8))
        let gateway = ControlFixture.gateway(credentials: [.secret(.file(folder.file("key")))])
        try folder.replace("gateway.apib", with: TableEmitter.emit(gateway))
        let rig = try ControlLoopRig(folder)
        try FileManager.default.removeItem(atPath: folder.file("key"))
        rig.send(SIGHUP)
        #expect(eventually { rig.log.contains("refused the bundle") })
        #expect(try rig.generation() == 1)
        // Nobody has to say it again: what failed is tried again.
        try folder.overwrite("key", with: Array("key-after".utf8))
        #expect(try eventually { try rig.generation() == 2 })
        #expect(!rig.log.contains("key-"))
    }

    @Test("a generation lives as long as a worker holds it, and no longer")
    func generations() throws {
        let worker = IdleWorker()
        let rig = try ControlLoopRig(folder, worker: worker.entry)
        worker.holds = true
        for name in ["two", "three", "four"] {
            try folder.replace("gateway.apib", with: ControlFixture.table(name: name))
            #expect(try eventually { try rig.status()["gateway"] as? String == name })
        }
        #expect(rig.metric("apic_generations") == "4")
        worker.holds = false
        #expect(eventually { rig.metric("apic_generations") == "1" })
    }

    @Test("targets of a new bundle reach the workers before it does; a name waits, but not for ever")
    func targets() throws {
        let worker = IdleWorker()
        let rig = try ControlLoopRig(folder, worker: worker.entry)
        #expect(eventually { worker.targetCount == 2 })
        let targets = [Target(host: "127.0.0.2", port: 1), Target(host: "no-such-host.invalid", port: 1)]
        try folder.replace(
            "gateway.apib",
            with: TableEmitter.emit(ControlFixture.gateway(name: "two", targets: targets))
        )
        #expect(try eventually { try rig.status()["gateway"] as? String == "two" })
        #expect(worker.targetCount == 4)
        func reports() throws -> [[String: Any]] { try #require(try rig.status()["targets"] as? [[String: Any]]) }
        let hosts = ["127.0.0.2", "no-such-host.invalid"]
        #expect(try eventually { try reports().compactMap { $0["host"] as? String } == hosts })
        #expect(try reports()[0]["addresses"] as? [String] == ["127.0.0.2:1"])
        #expect(try eventually { try reports()[1]["error"] is String })
    }

    @Test("every version is in its state, on a clock that can be moved")
    func lifecycle() throws {
        let day = ControlFixture.day
        let rig = try ControlLoopRig(folder, change: { $0.startInstant = 1_800_000_000 })
        for state in ["active", "deprecated", "planned", "sunset"] {
            let labels = "{api=\"orders\",version=\"\(state)\",state=\"\(state)\"}"
            #expect(rig.metric("apic_lifecycle_state" + labels) == "1")
        }
        #expect(rig.metric("apic_lifecycle_state{api=\"orders\",version=\"zombie\",state=\"retired\"}") == "1")
        #expect(rig.metric("apic_lifecycle_state{api=\"orders\",version=\"zombie\",state=\"active\"}") == "0")
        let left = rig.metric("apic_seconds_to_sunset{api=\"orders\",version=\"deprecated\"}").flatMap(Int64.init)
        #expect((10 * day - 60...10 * day).contains(left ?? 0))
        let clock = try #require(try rig.status()["clock"] as? [String: Any])
        #expect((clock["now"] as? String)?.hasPrefix("2027-01-15T08:0") == true)
        #expect(rig.log.contains("the lifecycle's clock is offset"))
        let apis = try #require(try rig.status()["apis"] as? [[String: Any]])
        let versions = try #require(apis.first?["versions"] as? [[String: Any]])
        #expect(
            versions.compactMap { $0["state"] as? String } == ["active", "deprecated", "planned", "sunset", "retired"]
        )
        #expect(apis.first?["owner"] as? String == "a \"team\"")
    }

    @Test("metrics name each family once, before its samples, and count requests by version and class")
    func metrics() throws {
        let rig = try ControlLoopRig(folder, change: { $0.startInstant = 1_800_000_000 })
        #expect(try SocketClient.status(of: "/orders/sunset/x", port: rig.httpPort) == 410)
        #expect(try SocketClient.status(of: "/nowhere", port: rig.httpPort) == 404)
        let labels = "{api=\"orders\",version=\"sunset\",class=\"4xx\"}"
        #expect(eventually { rig.metric("apic_requests_total" + labels) == "1" })
        #expect(rig.metric("apic_requests_total{api=\"\",version=\"\",class=\"4xx\"}") == "1")
        #expect(rig.metric("apic_request_duration_seconds_count{api=\"orders\",version=\"sunset\"}") == "1")
        #expect(
            rig.metric("apic_request_duration_seconds_bucket{api=\"orders\",version=\"sunset\",le=\"+Inf\"}") == "1"
        )
        var families: Set<String> = []
        var family = ""
        for line in rig.page("/metrics").split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                family = String(line.split(separator: " ")[2])
                #expect(families.insert(family).inserted, "\(family) twice")
            } else if !line.hasPrefix("#") {
                #expect(line.hasPrefix(family), "\(line) is not of \(family)")
            }
        }
        #expect(families.count > 20)
    }

    @Test("SIGTERM: not ready, still listening for the delay, then gone; in flight is waited for")
    func drains() throws {
        var gateway = ControlFixture.gateway()
        gateway.drain = Drain(delay: 2_000, timeout: 20_000)
        try folder.replace("gateway.apib", with: TableEmitter.emit(gateway))
        let worker = IdleWorker()
        let rig = try ControlLoopRig(folder, worker: worker.entry)
        worker.isBusy = true
        rig.send(SIGTERM)
        #expect(eventually(withinMilliseconds: 1_500) { rig.ready() == 503 })
        #expect((try? SocketClient(port: rig.httpPort)) != nil)
        usleep(2_500_000)
        #expect(rig.ready() == 503 && rig.exitCode == nil)
        worker.isBusy = false
        #expect(eventually { rig.exitCode == 0 })
        #expect((try? SocketClient(port: rig.httpPort)) == nil)
    }

    @Test("what does not end in time is cut, and a second signal ends at once")
    func cuts() throws {
        var gateway = ControlFixture.gateway()
        gateway.drain = Drain(delay: 0, timeout: 200)
        try folder.replace("gateway.apib", with: TableEmitter.emit(gateway))
        let worker = IdleWorker()
        worker.isBusy = true
        let rig = try ControlLoopRig(folder, worker: worker.entry)
        rig.send(SIGTERM)
        #expect(eventually { rig.exitCode == 0 })
        #expect(rig.log.contains("what is in flight is cut"))
        gateway.drain = Drain(delay: 0, timeout: 60_000)
        try folder.replace("gateway.apib", with: TableEmitter.emit(gateway))
        let other = try ControlLoopRig(folder, worker: worker.entry)
        other.send(SIGINT)
        other.send(SIGTERM)
        #expect(eventually { other.exitCode == 128 + SIGTERM })
    }

    @Test("a second gateway on a served port fails and says so, as does a status port that is taken")
    func secondGateway() throws {
        let rig = try ControlLoopRig(folder)
        let port = rig.httpPort
        let second = try ControlLoopRig(folder, change: { $0.http = [Endpoint(host: "127.0.0.1", port: port)] })
        #expect(second.startError == "`127.0.0.1:\(port)` is already served by another process")
        let third = try ControlLoopRig(folder, change: { $0.status = Endpoint(host: "127.0.0.1", port: port) })
        #expect(third.startError?.contains("already served") == true)
        #expect(rig.ready() == 200)
    }

    @Test("a bundle that cannot be loaded ends the start with its reason")
    func badStart() throws {
        try folder.replace("gateway.apib", with: Array("APIB".utf8))
        #expect(try ControlLoopRig(folder).startError?.contains("too few for a table") == true)
    }

    @Test("`health` says what the gateway says")
    func health() throws {
        let rig = try ControlLoopRig(folder)
        let status = try #require(Endpoint(rig.statusAddress))
        #expect(HealthProbe.run(status: status, bundle: nil) == (true, "ready"))
        #expect(HealthProbe.run(status: Endpoint(host: "0.0.0.0", port: status.port), bundle: nil) == (true, "ready"))
        let proxy = Endpoint(host: "127.0.0.1", port: rig.httpPort)
        #expect(!HealthProbe.run(status: proxy, bundle: nil).isReady)
        #expect(!HealthProbe.run(status: Endpoint(host: "127.0.0.1", port: 1), bundle: nil).isReady)
        #expect(!HealthProbe.run(status: nil, bundle: folder.file("absent")).isReady)
    }
}
