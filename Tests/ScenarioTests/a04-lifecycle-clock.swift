import Foundation
import TestSupport
import Testing

/// States change by themselves, to the second, under requests.
@Suite("a04 lifecycle: the clock runs")
struct LifecycleClock {
    @Test("a version is released, deprecated, browned out, sunset and retired while the gateway runs")
    func wholeLife() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        // Each state holds for two seconds of the real clock, beginning some seconds from now.
        let start = Int(Date().timeIntervalSince1970) + 5
        func date(_ seconds: Int) -> String {
            ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(start + seconds)))
        }
        let spec = """
            upstreams: { shop: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
            apis:
              orders:
                path: /orders
                upstream: shop
                versions:
                  v1:
                    released: \(date(0))
                    deprecated: \(date(2))
                    announce: \(date(2))
                    brownouts: [ { from: \(date(4)), for: 2s } ]
                    sunset: \(date(6))
                    tombstone: 2s
                    routes: [ "GET /{id}" ]
            """
        let gateway = try RunningGateway(spec, workers: 2)
        try #require(Date().timeIntervalSince1970 < Double(start), "the machine is too slow for this scenario")
        let wire = try gateway.connect()
        var seen: [String] = []
        while seen.last != "404" || seen.count < 2 {
            // The gateway reads the kernel's coarse clock, which is a tick or two behind.
            let before = Int(Date().timeIntervalSince1970 - 0.05)
            let answer = try wire.ask(WireRequest("GET /orders/v1/7"))
            let after = Int(Date().timeIntervalSince1970)
            let state = "\(answer.status)\(answer["Deprecation"] == nil ? "" : " announced")"
            if state != seen.last { seen.append(state) }
            // Where the clock's second is beyond doubt, so is the state.
            if before == after { #expect(state == Self.expected(before - start), "second \(before - start)") }
            try #require(after < start + 30)
            usleep(50_000)
        }
        #expect(seen == ["404", "200", "200 announced", "503 announced", "410 announced", "404"])
    }

    static func expected(_ second: Int) -> String {
        switch second {
        case ..<0: "404"
        case ..<2: "200"
        case ..<4: "200 announced"
        case ..<6: "503 announced"
        case ..<8: "410 announced"
        default: "404"
        }
    }

    @Test("a rehearsal says so in the log and on the status port, and its clock runs on")
    func rehearsal() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            LifecycleStates.spec(upstream),
            ["--at", "2026-12-31T23:59:56Z"]
        )
        #expect(gateway.program.errors.contains(#""level":"warning","message":"the lifecycle's clock is offset"#))
        #expect(try gateway.ask("GET /orders/v1/7").status == 200)
        let clock = try gateway.status("/status").json["clock"] as? [String: Any]
        #expect((clock?["now"] as? String)?.hasPrefix("2026-12-31T23:59:5") == true)
        #expect(clock?["offset_seconds"] as? Int != 0)
        #expect(gateway.program.wait(20) { (try? gateway.ask("GET /orders/v1/7").status) == 410 })
        let apis = try gateway.status("/status").json["apis"] as? [[String: Any]]
        let states = (apis?.first?["versions"] as? [[String: Any]])?.map { $0["state"] as? String }
        #expect(states == ["sunset", "active"])
        #expect(try gateway.metric(#"apic_lifecycle_state{api="orders",version="v1",state="sunset"}"#) == 1)
        #expect(try gateway.metric(#"apic_lifecycle_state{api="orders",version="v1",state="deprecated"}"#) == 0)
    }
}
