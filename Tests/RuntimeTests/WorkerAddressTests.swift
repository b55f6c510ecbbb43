import GatewayEmitters
import GatewayIR
import TestSupport
import Testing

@testable import GatewayRuntime

@Suite("Addresses of a target")
struct WorkerAddressTests {
    /// A gateway with one target, whose name stands for these addresses, and without retries.
    static func rig(_ folder: TemporaryFolder, _ ports: [UInt16]) throws -> ControlLoopRig {
        var gateway = ControlFixture.gateway()
        gateway.upstreams[0].retryCountMax = 0
        try folder.replace("gateway.apib", with: TableEmitter.emit(gateway))
        let addresses = ports.compactMap { SocketAddress(literal: "127.0.0.1", port: $0) }
        return try ControlLoopRig(
            folder,
            worker: { link, listeners, first, settings in
                link.publish([TargetAddresses(target: 0, addresses: addresses)])
                runWorker(link: link, listeners: listeners, first: first, settings: settings)
            },
            change: { $0.workerCount = 1 }
        )
    }

    /// Ports on which nobody listens.
    static func deadPorts(_ count: Int) throws -> [UInt16] { try (0..<count).map { _ in try RefusingPort.take() } }

    @Test("an address that refuses costs no attempt while the name has others", arguments: 0..<3)
    func others(position: Int) throws {
        let folder = try TemporaryFolder()
        let upstream = try ScriptedUpstream { try $0.answer(200, ["Connection: close"], "") }
        defer { upstream.stop() }
        var ports = try Self.deadPorts(2)
        ports.insert(upstream.port, at: position)
        let rig = try Self.rig(folder, ports)
        // Whichever address is next.
        for _ in 0..<6 { #expect(try SocketClient.status(of: "/orders/active/1", port: rig.httpPort) == 200) }
        #expect(upstream.requests.count == 6)
        #expect(rig.metric("apic_upstream_retries_total") == "0")
    }

    @Test("where every address refuses, each is asked once")
    func none() throws {
        let folder = try TemporaryFolder()
        let rig = try Self.rig(folder, try Self.deadPorts(3))
        #expect(try SocketClient.status(of: "/orders/active/1", port: rig.httpPort) == 503)
        #expect(rig.metric(#"apic_upstream_failures_total{kind="connect"}"#) == "3")
    }
}
