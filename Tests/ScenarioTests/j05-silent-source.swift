import Foundation
import TestSupport
import Testing

/// Sources of bundles that say nothing: before the first bundle, and after it.
@Suite("j05 silent sources")
struct SilentSource {
    /// A folder with keys and certificates, and a source that has no bundle yet.
    final class Site {
        let folder: ScratchFolder
        let upstream: ScriptedUpstream
        let source: Pulling.Source

        init() throws {
            folder = try ScratchFolder()
            upstream = try ScriptedUpstream()
            try Signing.keys(in: folder)
            try Signing.apic(["cert", "init"], in: folder)
            try Signing.apic(["cert", "issue", "eu-1"], in: folder)
            source = try Pulling.Source(folder)
        }

        func publish(_ number: Int, _ sequence: Int, key: String = "release.key") throws {
            try RunningGateway.build(Reload.spec(upstream, number), in: folder)
            try Signing.apic(["sign", "dist", "--key", key, "--sequence", "\(sequence)"], in: folder)
        }

        func launch(_ variables: [String: String] = [:]) throws -> RunningProgram {
            var environment = [
                "APIC_BUNDLE": "state", "APIC_BUNDLE_URL": "https://127.0.0.1:\(source.port)/",
                "APIC_BUNDLE_CA": source.authority.certificate, "APIC_CERTIFICATE": "ca/eu-1.crt",
                "APIC_KEY": "ca/eu-1.key", "APIC_TRUST": "release.key.pub", "APIC_PULL_EVERY": "1",
                "APIC_HTTP": "127.0.0.1:0", "APIC_STATUS": "127.0.0.1:0", "APIC_WORKERS": "2", "APIC_NODE": "eu-1",
            ]
            environment.merge(variables) { $1 }
            return try Program.gateway.start([], in: folder.url, environment: environment)
        }

        func stop() {
            source.stop()
            upstream.stop()
        }
    }

    /// The status port of a gateway that waits, out of its log.
    private static func statusPort(_ program: RunningProgram) throws -> UInt16 {
        let isWaiting = program.wait(20) { program.errors.contains("waiting for the first bundle") }
        let line = program.errors.split(separator: "\n").first { $0.contains("waiting for the first bundle") }
        let object = try JSONSerialization.jsonObject(with: Data((line ?? "").utf8)) as? [String: String]
        let port = object?["status"].flatMap { UInt16($0.split(separator: ":").last ?? "") }
        try #require(isWaiting)
        return try #require(port)
    }

    private static func page(_ path: String, _ port: UInt16) throws -> WireAnswer {
        try Wire(port: port).ask(WireRequest("GET \(path)"))
    }

    private static func serves(_ gateway: RunningGateway, _ number: Int) -> Bool {
        gateway.program.wait(30) { Reload.served(gateway) == "\(number)" }
    }

    @Test(
        "a gateway that waits for its first bundle is alive, not ready, and says why; then it serves, as it was asked"
    )
    func waiting() throws {
        let site = try Site()
        defer { site.stop() }
        let program = try site.launch()
        let port = try Self.statusPort(program)
        #expect(try Self.page("/live", port).status == 200)
        #expect(program.wait(20) { (try? Self.page("/ready", port).text)?.contains("the answer is 404") == true })
        let ready = try Self.page("/ready", port)
        #expect(ready.status == 503 && ready.text.hasPrefix("waiting: "))
        let status = try Self.page("/status", port).json
        #expect(status["phase"] as? String == "waiting" && status["ready"] as? Bool == false)
        #expect(status["node"] as? String == "eu-1")
        #expect((status["reason"] as? String)?.contains("the answer is 404") == true)
        #expect((status["source"] as? [String: Any])?["failure"] as? String == status["reason"] as? String)
        let metrics = try Self.page("/metrics", port).text
        #expect(metrics.contains("\napic_ready 0\n"))
        #expect(!metrics.contains(#"apic_bundle_pulls_total{result="failed"} 0"#))
        #expect(try Self.page("/elsewhere", port).status == 404)
        // Somebody who says nothing keeps nobody else waiting.
        let silent = try Wire(port: port)
        let probe = ["health", "--status", "127.0.0.1:\(port)"]
        #expect(try Program.gateway.run(probe, in: site.folder.url).status == 1)
        try site.publish(1, 10)
        kill(program.identifier, SIGHUP)
        let gateway = try RunningGateway(site.folder, serving: program)
        #expect(gateway.statusPort == port)
        #expect(Self.serves(gateway, 1))
        #expect(try Program.gateway.run(probe, in: site.folder.url).status == 0)
        #expect(try gateway.metric(#"apic_bundle_pulls_total{result="failed"}"#) >= 1)
        #expect(try gateway.metric(#"apic_bundle_pulls_total{result="success"}"#) == 1)
        withExtendedLifetime(silent) {}
    }

    @Test("a gateway that waits cannot wait where somebody else answers")
    func occupied() throws {
        let site = try Site()
        defer { site.stop() }
        let program = try site.launch()
        let port = try Self.statusPort(program)
        let second = try site.launch(["APIC_BUNDLE": "other", "APIC_STATUS": "127.0.0.1:\(port)"])
        #expect(second.waitForEnd() == 1)
        #expect(second.errors.contains("127.0.0.1:\(port)"))
    }

    @Test("a bundle that the source does not confirm is warned of, then not served, through a restart, until it is")
    func stale() throws {
        let site = try Site()
        defer { site.stop() }
        try site.publish(1, 10)
        let variables = ["APIC_STALE_WARN": "2", "APIC_STALE_STOP": "4"]
        var gateway = try RunningGateway(site.folder, serving: site.launch(variables))
        #expect(Self.serves(gateway, 1))
        let kept = try gateway.connect()
        #expect(try kept.ask(WireRequest("GET /")).status == 200)
        // It answers, but what it gives is a stranger's: that confirms nothing.
        try site.publish(2, 11, key: "stranger.key")
        func expectExpired() throws {
            #expect(gateway.waits(for: #"apic_bundle_stale{limit="stop"}"#, toBe: 1, seconds: 30))
            #expect(gateway.program.wait(20) { (try? gateway.ask("GET /").problem) == "bundle-stale" })
            let answer = try gateway.ask("GET /")
            #expect(answer.status == 503 && answer["Retry-After"] != nil)
            let ready = try gateway.status("/ready")
            #expect(ready.status == 503 && ready.text == "stale\n")
            #expect(try gateway.status("/live").status == 200)
            #expect(try gateway.metric("apic_ready") == 0)
            #expect(try gateway.metric(#"apic_bundle_stale{limit="warn"}"#) == 1)
            #expect(try gateway.metric(#"apic_refused_requests_total{reason="stale"}"#) >= 1)
            let source = try gateway.status("/status").json["source"] as? [String: Any]
            #expect(source?["freshness"] as? String == "expired")
        }
        try expectExpired()
        #expect(gateway.program.errors.contains("has not confirmed the bundle for long"))
        #expect(gateway.program.errors.contains("has not confirmed the bundle for too long"))
        #expect(try kept.ask(WireRequest("GET /")).status == 503)
        // A new process knows what the former one knew.
        site.source.stop()
        #expect(gateway.program.stop() == 0)
        gateway = try RunningGateway(site.folder, serving: site.launch(variables))
        try expectExpired()
        let again = try gateway.connect()
        #expect(try again.ask(WireRequest("GET /")).status == 503)
        try site.source.restart()
        try site.publish(3, 12)
        gateway.signal(SIGHUP)
        #expect(Self.serves(gateway, 3))
        // The connection was kept all the while.
        #expect(try again.ask(WireRequest("GET /")).status == 200)
        #expect(try gateway.status("/ready").status == 200)
        #expect(gateway.program.errors.contains("the source confirms the bundle again"))
        #expect(try gateway.metric("apic_bundle_confirmed_timestamp_seconds") > 1_700_000_000)
        #expect(try gateway.metric(#"apic_bundle_stale{limit="stop"}"#) == 0)
    }
}
