import Foundation
import TestSupport
import Testing

/// Gateways that pull their bundles from a server of files: what is good last survives everything.
@Suite("j03 pulling bundles")
struct Pulling {
    /// A server of files with mutual TLS, and what belongs to it.
    final class Source {
        static let script = Repository.root.appendingPathComponent("Tests/ScenarioTests/Peers/bundle_server.py").path
        let folder: ScratchFolder
        let authority: CertificateAuthority
        private(set) var program: RunningProgram
        private(set) var port: UInt16

        init(_ folder: ScratchFolder) throws {
            self.folder = folder
            authority = try CertificateAuthority()
            try authority.issue("source", ["IP:127.0.0.1"])
            (program, port) = try Self.start(folder, authority, port: 0)
        }

        private static func start(
            _ folder: ScratchFolder,
            _ authority: CertificateAuthority,
            port: UInt16
        ) throws -> (RunningProgram, UInt16) {
            let files = ["source.crt", "source.key"].map { "\(authority.folder.path)/\($0)" }
            let line =
                [script, folder.path + "/dist"] + files + [folder.path + "/ca/authority.crt", "\(port)"]
            let program = try Program.installed("python3").start(line, in: folder.url)
            guard program.wait(30, until: { !program.isRunning || program.output.contains("\n") }),
                let port = UInt16(program.output.split(separator: "\n").first ?? "")
            else { throw WireError("no source: \(program.errors)") }
            return (program, port)
        }

        func stop() { program.stop(SIGKILL) }

        func restart() throws { (program, port) = try Self.start(folder, authority, port: port) }

        /// `200 /bundle.sig eu-1`
        func wasAsked(_ line: String) -> Bool { program.output.split(separator: "\n").contains { $0 == line } }
    }

    /// A folder with keys, an authority of nodes, and a first signed bundle.
    private static func prepare(_ upstream: ScriptedUpstream) throws -> ScratchFolder {
        let folder = try ScratchFolder()
        try Signing.keys(in: folder)
        try Signing.apic(["cert", "init"], in: folder)
        for node in ["eu-1", "us-1"] { try Signing.apic(["cert", "issue", node], in: folder) }
        try publish(Reload.spec(upstream, 1), 10, in: folder)
        return folder
    }

    private static func publish(
        _ spec: String,
        _ sequence: Int,
        with extra: [String] = [],
        key: String = "release.key",
        in folder: ScratchFolder
    ) throws {
        try folder.write("apic: 1\ngateway: scenario\n" + spec, to: "api.yaml")
        try Signing.apic(["build", "api.yaml"] + extra + ["-o", "dist"], in: folder)
        try Signing.apic(["sign", "dist", "--key", key, "--sequence", "\(sequence)"], in: folder)
    }

    private static func start(_ node: String, _ source: Source) throws -> RunningGateway {
        let program = try launch(node, source)
        return try RunningGateway(source.folder, serving: program)
    }

    /// Starts a node's gateway, whether or not it gets to serve.
    private static func launch(_ node: String, _ source: Source) throws -> RunningProgram {
        let folder = source.folder
        let environment = [
            "APIC_BUNDLE": "state-\(node)", "APIC_BUNDLE_URL": "https://127.0.0.1:\(source.port)/",
            "APIC_BUNDLE_CA": source.authority.certificate, "APIC_CERTIFICATE": "ca/\(node).crt",
            "APIC_KEY": "ca/\(node).key", "APIC_TRUST": "release.key.pub", "APIC_PULL_EVERY": "1",
            "APIC_HTTP": "127.0.0.1:0", "APIC_STATUS": "127.0.0.1:0", "APIC_WORKERS": "1", "APIC_NODE": node,
        ]
        return try Program.gateway.start([], in: folder.url, environment: environment)
    }

    private static func serves(_ gateway: RunningGateway, _ number: Int) -> Bool {
        gateway.program.wait(30) { Reload.served(gateway) == "\(number)" }
    }

    @Test("two nodes serve, with the source and without it, before and after they are started again; and swap")
    func life() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try Self.prepare(upstream)
        let source = try Source(folder)
        defer { source.stop() }
        var gateways = try ["eu-1", "us-1"].map { try Self.start($0, source) }
        for gateway in gateways { #expect(Self.serves(gateway, 1)) }
        for node in ["eu-1", "us-1"] {
            #expect(source.wasAsked("200 /gateway.apib \(node)"))
            // What is known is not sent again.
            #expect(source.program.wait(20) { source.wasAsked("304 /bundle.sig \(node)") })
        }
        source.stop()
        for gateway in gateways {
            #expect(gateway.program.wait(30) { gateway.program.errors.contains("cannot pull a bundle, serving on") })
            #expect(Reload.served(gateway) == "1")
            #expect(gateway.program.stop() == 0)
        }
        gateways = try ["eu-1", "us-1"].map { try Self.start($0, source) }
        for gateway in gateways {
            #expect(Self.serves(gateway, 1))
            #expect(try gateway.metric("apic_bundle_sequence") == 10)
        }
        try Self.publish(Reload.spec(upstream, 2), 11, in: folder)
        try source.restart()
        for gateway in gateways {
            #expect(Self.serves(gateway, 2))
            #expect(gateway.waits(for: "apic_bundle_sequence", toBe: 11))
            #expect(gateway.program.wait(20) { gateway.program.errors.contains("the source of bundles answers again") })
            #expect(try gateway.metric(#"apic_bundle_pulls_total{result="success"}"#) == 1)
        }
        // Nothing of what was before is left.
        for node in ["eu-1", "us-1"] {
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/state-\(node)")
            #expect(names.count { $0.hasPrefix("bundle-") } == 1)
        }
    }

    @Test("what is tampered with, unsigned, foreign, older or another one with the same number is refused")
    func refusals() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try Self.prepare(upstream)
        let source = try Source(folder)
        defer { source.stop() }
        let gateway = try Self.start("eu-1", source)
        #expect(Self.serves(gateway, 1))
        func expect(_ words: String, after change: () throws -> Void) throws {
            try change()
            // By itself it would ask ever more rarely.
            gateway.signal(SIGHUP)
            #expect(gateway.program.wait(30) { gateway.program.errors.contains(words) }, "\(words)")
            #expect(Reload.served(gateway) == "1")
            #expect(try gateway.status("/ready").status == 200)
        }
        let table = folder.url.appendingPathComponent("dist/gateway.apib")
        try Self.publish(Reload.spec(upstream, 2), 11, in: folder)
        let good = try Data(contentsOf: table)
        var altered = good
        altered[altered.count / 2] ^= 1
        try expect("it is not the file that was signed") { try altered.write(to: table) }
        try expect("it has more than \(good.count) bytes") { try (good + Data([0])).write(to: table) }
        try expect("the answer is 404") { try FileManager.default.removeItem(at: table) }
        try expect("is not trusted") {
            try good.write(to: table)
            try Signing.apic(["sign", "dist", "--key", "stranger.key", "--sequence", "12"], in: folder)
        }
        try expect("it is no signature of a bundle") { try folder.write("nothing\n", to: "dist/bundle.sig") }
        try expect("sequence number is 9, and 10 was served") {
            try Signing.apic(["sign", "dist", "--key", "release.key", "--sequence", "9"], in: folder)
        }
        try expect("sequence number is 10, and 10 was served") {
            try Signing.apic(["sign", "dist", "--key", "release.key", "--sequence", "10"], in: folder)
        }
        try expect("bundle.sig: the answer is 404") { #expect(unlink(folder.path + "/dist/bundle.sig") == 0) }
        #expect(try gateway.metric(#"apic_bundles_refused_total{reason="signature"}"#) >= 3)
        #expect(try gateway.metric(#"apic_bundles_refused_total{reason="rollback"}"#) >= 2)
        try Signing.apic(["sign", "dist", "--key", "release.key", "--sequence", "13"], in: folder)
        gateway.signal(SIGHUP)
        #expect(Self.serves(gateway, 2))
        #expect(try gateway.status("/status").json["source"] as? [String: Any] != nil)
    }

    @Test("a node that was revoked stops, stays away, and serves again when it is let")
    func revoked() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try Self.prepare(upstream)
        let source = try Source(folder)
        defer { source.stop() }
        let gateways = try ["eu-1", "us-1"].map { try Self.start($0, source) }
        for gateway in gateways { #expect(Self.serves(gateway, 1)) }
        try Signing.apic(["cert", "revoke", "eu-1"], in: folder)
        try Self.publish(Reload.spec(upstream, 2), 11, with: ["ca/revoked.yaml"], in: folder)
        #expect(gateways[0].program.wait(30) { !gateways[0].program.isRunning })
        #expect(gateways[0].program.waitForEnd() == 1)
        #expect(Self.serves(gateways[1], 2))
        // Away from the source, it remembers.
        source.stop()
        let again = try Self.launch("eu-1", source)
        #expect(again.wait(20) { again.errors.contains("waiting for a bundle that lets it serve") })
        #expect(again.wait(20) { again.errors.contains("cannot serve yet") })
        // With another certificate it is another node.
        try folder.write("revoked: { epoch: 2, certificates: [] }\n", to: "pardon.yaml")
        try Self.publish(Reload.spec(upstream, 3), 12, with: ["pardon.yaml"], in: folder)
        try source.restart()
        let gateway = try RunningGateway(folder, serving: again)
        #expect(Self.serves(gateway, 3))
    }

    @Test("a gateway without a bundle waits for its source; a signal ends the waiting")
    func waiting() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try Self.prepare(upstream)
        let line = [
            "state", "--bundle-url", "http://127.0.0.1:9/", "--trust", "release.key.pub", "--status", "127.0.0.1:0",
        ]
        let waiting = try Program.gateway.start(line, in: folder.url)
        #expect(waiting.wait(20) { waiting.errors.contains("cannot fetch http://127.0.0.1:9/bundle.sig") })
        #expect(waiting.isRunning)
        #expect(waiting.stop() == 1)
        #expect(waiting.errors.contains("ended by a signal while waiting for a bundle"))
    }

    @Test("who shows no certificate of the authority gets nothing, and is told why")
    func strangers() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try Self.prepare(upstream)
        let source = try Source(folder)
        defer { source.stop() }
        let url = "https://127.0.0.1:\(source.port)/"
        let base = ["--bundle-url", url, "--trust", "release.key.pub", "--status", "127.0.0.1:0"]
        let unknown = try Program.gateway.start(
            ["state-a"] + base + ["--bundle-ca", source.authority.certificate],
            in: folder.url
        )
        #expect(unknown.wait(20) { unknown.errors.contains("cannot fetch \(url)bundle.sig") })
        unknown.stop()
        // A server that is not of the authority is not even asked.
        let misled = try Program.gateway.start(
            ["state-b"] + base + ["--bundle-ca", "ca/authority.crt", "--certificate", "ca/eu-1.crt"]
                + ["--key", "ca/eu-1.key"],
            in: folder.url
        )
        #expect(misled.wait(20) { misled.errors.contains("certificate") && misled.errors.contains("cannot serve yet") })
        #expect(!source.wasAsked("200 /bundle.sig eu-1"))
    }

    @Test("a bundle that lacks a secret waits for it, and is not fetched again for that")
    func secrets() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try Self.prepare(upstream)
        let source = try Source(folder)
        defer { source.stop() }
        let gateway = try Self.start("eu-1", source)
        #expect(Self.serves(gateway, 1))
        let key = folder.path + "/acme.key"
        let consumers = "consumers: { acme: { credentials: [ { key: \"${file:\(key)}\" } ] } }\n"
        let keyed =
            consumers
            + PlainSpec.text(
                [upstream.port],
                plugins: "[ key-auth, { response-headers: { set: { X-Spec: \"2\" } } } ]"
            )
        try Self.publish(keyed, 11, in: folder)
        #expect(gateway.program.wait(30) { gateway.program.errors.contains("cannot read `\(key)`") })
        #expect(Reload.served(gateway) == "1")
        try folder.write("a-key-that-is-long-enough-for-anybody", to: "acme.key")
        #expect(gateway.program.wait(60) { (try? gateway.ask("GET /").status) == 401 })
        let fetched = source.program.output.split(separator: "\n").count { $0 == "200 /gateway.apib eu-1" }
        #expect(fetched == 2)
    }
}
