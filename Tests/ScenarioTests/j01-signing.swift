import Foundation
import TestSupport
import Testing

/// Bundles with signatures: gateways that were given a key serve what it signed, in order, and nothing else.
@Suite("j01 signing")
struct Signing {
    /// Makes `release.key`, and a key that nobody trusts.
    static func keys(in folder: ScratchFolder) throws {
        for name in ["release.key", "stranger.key"] { try apic(["sign", "--new-key", name], in: folder) }
    }

    static func apic(_ arguments: [String], in folder: ScratchFolder) throws {
        let outcome = try Program.apic.run(arguments, in: folder.url)
        guard outcome.status == 0 else { throw WireError("apic \(arguments): \(outcome.errors)") }
    }

    /// A gateway with `--trust release.key.pub` that serves spec 1, signed with sequence number 10.
    static func gateway(_ upstream: ScriptedUpstream, _ arguments: [String] = []) throws -> RunningGateway {
        let folder = try ScratchFolder()
        try keys(in: folder)
        try RunningGateway.build(Reload.spec(upstream, 1), in: folder)
        try apic(["sign", "dist", "--key", "release.key", "--sequence", "10"], in: folder)
        return try RunningGateway(folder, ["--trust", "release.key.pub"] + arguments)
    }

    static func refused(_ gateway: RunningGateway, _ reason: String) throws -> Double {
        try gateway.metric("apic_bundles_refused_total{reason=\"\(reason)\"}")
    }

    /// Does something to the bundle, and waits until it is refused for that.
    static func expectRefusal(
        _ gateway: RunningGateway,
        _ reason: String,
        _ words: String,
        after change: () throws -> Void
    ) throws {
        let before = try refused(gateway, reason)
        try change()
        let isTold = gateway.program.wait(20) {
            ((try? refused(gateway, reason)) ?? 0) > before && (try? lastError(gateway))?.contains(words) == true
        }
        #expect(isTold, "\(words)")
        #expect(gateway.program.errors.contains(words))
    }

    static func lastError(_ gateway: RunningGateway) throws -> String {
        let reloads = try gateway.status("/status").json["reloads"] as? [String: Any]
        return (reloads?["last_error"] as? [String: Any])?["message"] as? String ?? ""
    }

    @Test("altered, foreign, older and unsigned bundles are refused, and what was served stays; a newer one is taken")
    func reloads() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try Self.gateway(upstream)
        let folder = gateway.folder
        #expect(Reload.served(gateway) == "1")
        #expect(try gateway.metric("apic_bundle_sequence") == 10)

        try Self.expectRefusal(gateway, "signature", "not the file that was signed") {
            try gateway.rebuild(Reload.spec(upstream, 2))
        }
        #expect(Reload.served(gateway) == "1")
        try Self.apic(["sign", "dist", "--key", "release.key", "--sequence", "11"], in: folder)
        #expect(gateway.program.wait(20) { Reload.served(gateway) == "2" })
        #expect(try gateway.metric("apic_bundle_sequence") == 11)

        try gateway.rebuild(Reload.spec(upstream, 3))
        try Self.expectRefusal(gateway, "signature", "is not trusted") {
            try Self.apic(["sign", "dist", "--key", "stranger.key", "--sequence", "12"], in: folder)
        }
        for sequence in ["10", "11"] {
            try Self.expectRefusal(gateway, "rollback", "the bundle's sequence number is \(sequence), and 11") {
                try Self.apic(["sign", "dist", "--key", "release.key", "--sequence", sequence], in: folder)
            }
        }
        try Self.expectRefusal(gateway, "signature", "the bundle is not signed") {
            #expect(unlink(folder.path + "/dist/bundle.sig") == 0)
        }
        #expect(Reload.served(gateway) == "2")
        #expect(try gateway.status("/ready").status == 200)
        // Without a number the present counts, which is later than all of those.
        try Self.apic(["sign", "dist", "--key", "release.key"], in: folder)
        #expect(gateway.program.wait(20) { Reload.served(gateway) == "3" })
        let signature = try gateway.status("/status").json["signature"] as? [String: Any]
        #expect((signature?["sequence"] as? Int ?? 0) > 1_700_000_000)
    }

    @Test("a signature of which any byte is another one is refused")
    func tampered() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try Self.gateway(upstream)
        let good = try #require(gateway.folder.text("dist/bundle.sig"))
        for (part, instead) in [("sequence 10", "sequence 20"), ("gateway.apib", "gateway.bpib"), ("\nkey", "\n")] {
            try Self.expectRefusal(gateway, "signature", "bundle.sig`: ") {
                try gateway.folder.write(good.replacing(part, with: instead), to: "dist/bundle.sig")
            }
        }
        #expect(Reload.served(gateway) == "1")
    }

    @Test("with --allow-rollback an older bundle follows")
    func rollback() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try Self.gateway(upstream, ["--allow-rollback"])
        try gateway.rebuild(Reload.spec(upstream, 2))
        try Self.apic(["sign", "dist", "--key", "release.key", "--sequence", "3"], in: gateway.folder)
        #expect(gateway.program.wait(20) { Reload.served(gateway) == "2" })
        #expect(try gateway.metric("apic_bundle_sequence") == 3)
    }

    @Test("no start with an unsigned bundle, or one of a stranger's; two keys are trusted while one replaces the other")
    func start() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        try Self.keys(in: folder)
        try RunningGateway.build(Reload.spec(upstream, 1), in: folder)
        let line = ["dist", "--http", "127.0.0.1:0", "--status", "127.0.0.1:0", "--trust", "release.key.pub"]
        let unsigned = try Program.gateway.run(line, in: folder.url)
        #expect(unsigned.status == 1)
        #expect(unsigned.errors.contains("the bundle is not signed: there is no `dist/bundle.sig`"))
        try Self.apic(["sign", "dist", "--key", "stranger.key"], in: folder)
        let foreign = try Program.gateway.run(line, in: folder.url)
        #expect(foreign.status == 1)
        #expect(foreign.errors.contains("which is not trusted"))
        let both = try RunningGateway(folder, environment: ["APIC_TRUST": "release.key.pub,stranger.key.pub"])
        #expect(Reload.served(both) == "1")
        let noKey = try Program.gateway.run(line.dropLast() + ["release.key"], in: folder.url)
        #expect(noKey.status == 1)
        #expect(noKey.errors.contains("it holds no public key of Ed25519 as PEM"))
    }

    @Test("certificates that a bundle brings along are signed with it")
    func certificates() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let authority = try CertificateAuthority()
        try authority.issue("edge", ["DNS:edge.example"])
        try authority.issue("other", ["DNS:edge.example"])
        let folder = try ScratchFolder()
        try Self.keys(in: folder)
        try authority.copy(["edge.crt", "edge.key"], to: folder)
        let spec = SecureSpec.text([upstream.port], https: "certificate: certs/edge.crt, key: certs/edge.key")
        try RunningGateway.build(spec, in: folder)
        try authority.copy(["edge.key"], to: folder, as: "dist/certs")
        try Self.apic(["sign", "dist", "--key", "release.key"], in: folder)
        try Self.apic(["verify", "dist", "--trust", "release.key.pub"], in: folder)
        let gateway = try RunningGateway(folder, ["--https", "127.0.0.1:0", "--trust", "release.key.pub"])
        // A renewed certificate is a change of the bundle: it has to be signed.
        try authority.copy(["other.key"], to: folder, as: "dist/certs")
        try Self.expectRefusal(gateway, "signature", "certs/edge.crt`: it is not the file that was signed") {
            try folder.write(authority.folder.text("other.crt") ?? "", to: "dist/certs/edge.crt")
        }
        let outcome = try Program.apic.run(["verify", "dist", "--trust", "release.key.pub"], in: folder.url)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("certs/edge.crt`: it is not the file that was signed"))
    }

    @Test("authorities by which keys of tokens are fetched are signed, and one that is altered is refused")
    func authoritiesOfKeys() throws {
        let folder = try ScratchFolder()
        try Self.keys(in: folder)
        let authority = try CertificateAuthority()
        let pem = try String(contentsOfFile: authority.certificate, encoding: .utf8)
        try folder.write(pem, to: "certs/login-ca.crt")
        try RunningGateway.build(
            """
            apis:
              shop:
                path: /shop
                plugins: [ jwt: { audience: shop, jwks: "https://127.0.0.1:9/keys", ca: certs/login-ca.crt }, respond: { body: ok } ]
                versions: { v1: { routes: [ "GET /" ] } }
            """,
            in: folder
        )
        try Self.apic(["sign", "dist", "--key", "release.key"], in: folder)
        #expect(folder.text("dist/bundle.sig")?.contains(" certs/login-ca.crt\n") == true)
        let gateway = try RunningGateway(folder, ["--trust", "release.key.pub"])
        #expect(try gateway.status("/ready").status == 200)
        gateway.program.stop()
        try folder.write(pem + "# altered\n", to: "dist/certs/login-ca.crt")
        let verified = try Program.apic.run(["verify", "dist", "--trust", "release.key.pub"], in: folder.url)
        #expect(verified.status == 1)
        let line = ["dist", "--trust", "release.key.pub", "--http", "127.0.0.1:0", "--status", "127.0.0.1:0"]
        let refused = try Program.gateway.start(line, in: folder.url)
        #expect(refused.waitForEnd() == 1)
        #expect(refused.errors.contains("certs/login-ca.crt") && refused.errors.contains("it is not the file"))
    }
}
