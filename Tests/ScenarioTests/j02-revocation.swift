import Foundation
import TestSupport
import Testing

/// Nodes whose certificates are taken back stop serving, each as its entry says.
@Suite("j02 revocation")
struct Revocation {
    /// A folder with an authority and the certificate of `eu-1`, and a gateway that is this node.
    private static func gateway(_ upstream: ScriptedUpstream) throws -> RunningGateway {
        let folder = try ScratchFolder()
        try Signing.apic(["cert", "init"], in: folder)
        try Signing.apic(["cert", "issue", "eu-1"], in: folder)
        try RunningGateway.build(Reload.spec(upstream, 1), in: folder)
        return try RunningGateway(folder, ["--certificate", "ca/eu-1.crt", "--node", "eu-1"])
    }

    private static func rebuild(_ gateway: RunningGateway) throws {
        try Signing.apic(["build", "api.yaml", "ca/revoked.yaml", "-o", "dist"], in: gateway.folder)
    }

    @Test("a revoked node stops, and does not start again; another node goes on")
    func stop() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try Self.gateway(upstream)
        let folder = gateway.folder
        try Signing.apic(["cert", "issue", "us-1"], in: folder)
        let other = try RunningGateway(folder, ["--certificate", "ca/us-1.crt"])
        #expect(Reload.served(gateway) == "1")
        #expect(try gateway.metric("apic_node_certificate_expiry_timestamp_seconds") > 1_700_000_000)
        try Signing.apic(["cert", "revoke", "eu-1"], in: folder)
        try Self.rebuild(gateway)
        #expect(gateway.program.wait(30) { !gateway.program.isRunning })
        #expect(gateway.program.waitForEnd() == 1)
        #expect(gateway.program.errors.contains("this node's certificate is revoked; it stops serving"))
        #expect(other.waits(for: "apic_revocation_epoch", toBe: 1))
        #expect(Reload.served(other) == "1")
        #expect(try other.metric("apic_node_revoked") == 0)
        let again = try Program.gateway.run(
            ["dist", "--http", "127.0.0.1:0", "--status", "127.0.0.1:0", "--certificate", "ca/eu-1.crt"],
            in: folder.url
        )
        #expect(again.status == 1)
        #expect(again.errors.contains("`ca/eu-1.crt` of this node is revoked"))
    }

    @Test("requests in flight end before a revoked node does")
    func drain() throws {
        let go = Latch<Bool>()
        let upstream = try ScriptedUpstream { turn in
            _ = go.wait(30)
            try turn.answer(200, [], "x")
        }
        defer { upstream.stop() }
        let gateway = try Self.gateway(upstream)
        let wire = try gateway.connect()
        try wire.send(WireRequest("GET /slow").text)
        #expect(upstream.waitForRequests(1))
        try Signing.apic(["cert", "revoke", "eu-1"], in: gateway.folder)
        try Self.rebuild(gateway)
        #expect(gateway.program.wait(20) { (try? gateway.status("/ready").status) == 503 })
        go.set(true)
        #expect(try wire.receiveAnswer().status == 200)
        #expect(gateway.program.waitForEnd() == 1)
    }

    @Test("with a date a node serves the new bundle until then")
    func serveUntil() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try Self.gateway(upstream)
        let until = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 4))
        try gateway.folder.write("apic: 1\ngateway: scenario\n" + Reload.spec(upstream, 2), to: "api.yaml")
        try Signing.apic(["cert", "revoke", "eu-1", "--serve-until", until], in: gateway.folder)
        try Self.rebuild(gateway)
        #expect(gateway.program.wait(3) { Reload.served(gateway) == "2" })
        #expect(gateway.program.errors.contains("\"serves-until\":\"\(until)\""))
        #expect(gateway.program.wait(30) { !gateway.program.isRunning })
        #expect(gateway.program.waitForEnd() == 1)
    }

    @Test("a bundle of an earlier epoch is refused")
    func epoch() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try Self.gateway(upstream)
        let folder = gateway.folder
        let before = try Reload.table(Reload.spec(upstream, 2))
        try Signing.apic(["cert", "issue", "us-1"], in: folder)
        try Signing.apic(["cert", "revoke", "us-1"], in: folder)
        try Self.rebuild(gateway)
        #expect(gateway.waits(for: "apic_revocation_epoch", toBe: 1))
        try Signing.expectRefusal(gateway, "rollback", "epoch of revoked nodes is 0, and 1 was seen") {
            try Reload.replace(gateway, with: before)
        }
        #expect(Reload.served(gateway) == "1")
    }

    @Test("a renewed certificate is the node's from then on")
    func renewal() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try Self.gateway(upstream)
        func fingerprint() throws -> String? {
            (try gateway.status("/status").json["node_certificate"] as? [String: Any])?["fingerprint"] as? String
        }
        let before = try #require(try fingerprint())
        try Signing.apic(["cert", "issue", "eu-1", "--renew"], in: gateway.folder)
        #expect(gateway.program.wait(20) { (try? fingerprint()) != before })
        #expect(Reload.served(gateway) == "1")
    }
}
