import Foundation
import TestSupport
import Testing

/// A share of the requests goes to another upstream.
@Suite("c16 plugins: canary")
struct CanaryScenario {
    private let old: ScriptedUpstream
    private let new: ScriptedUpstream

    init() throws {
        old = try ScriptedUpstream { try $0.answer(200, [], "old \($0.request.target)") }
        new = try ScriptedUpstream { try $0.answer(200, [], "new \($0.request.target)") }
    }

    private func spec(_ canary: String) -> String {
        """
        upstreams:
          old: { targets: [ "http://127.0.0.1:\(old.port)" ] }
          new: { targets: [ "http://127.0.0.1:\(new.port)" ] }
        apis:
          shop:
            path: /shop
            upstream: old
            plugins: [ canary: { upstream: new, \(canary) } ]
            versions:
              v1:
                released: 2020-01-01
                routes: [ "GET /items/{id}", { match: GET /here, plugins: [ respond: { body: here } ] } ]
        """
    }

    /// Which of the sessions are sent to the new upstream.
    private func chosen(_ gateway: RunningGateway, count: Int = 400) throws -> Set<Int> {
        let wire = try gateway.connect()
        return try Set(
            (0..<count).filter { session in
                let text = try wire.ask(WireRequest("GET /shop/v1/items/7", ["X-Session: \(session)"])).text
                #expect(text == "new /items/7" || text == "old /items/7")
                return text.hasPrefix("new")
            }
        )
    }

    @Test("the same callers go there on every node and in every process, more of them by every date")
    func schedule() throws {
        defer {
            old.stop()
            new.stop()
        }
        let steps = """
            by: { header: X-Session }, steps: [ { from: 2030-01-01, share: 10% }, { from: 2030-02-01, share: 40% },
              { from: 2030-03-01, share: 0% }, { from: 2030-04-01, share: 100% } ]
            """
        let days = ["2029-12-31", "2030-01-01", "2030-01-15", "2030-02-01", "2030-03-15", "2030-04-01"]
        let sets = try days.map { day in
            try chosen(RunningGateway(spec(steps), ["--at", "\(day)T00:00:00Z"], workers: 2))
        }
        #expect(sets[0].isEmpty && sets[4].isEmpty && sets[5].count == 400)
        #expect((15...75).contains(sets[1].count) && (110...210).contains(sets[3].count))
        #expect(sets[1] == sets[2] && sets[1].isSubset(of: sets[3]))
    }

    @Test("several upstreams: each its share, by dates, and nobody changes sides who need not")
    func several() throws {
        let lab = try ScriptedUpstream { try $0.answer(200, [], "lab \($0.request.target)") }
        defer { [old, new, lab].forEach { $0.stop() } }
        let text = spec(
            """
            by: { header: X-Session }, steps: [ { from: 2030-01-01, shares: { new: 10%, lab: 10% } },
              { from: 2030-02-01, shares: { new: 40%, lab: 10% } }, { from: 2030-03-01, shares: { lab: 100% } } ]
            """
        )
        .replacing("upstream: new, ", with: "")
        .replacing("apis:", with: "  lab: { targets: [ \"http://127.0.0.1:\(lab.port)\" ] }\napis:")
        let ways = try ["2029-12-31", "2030-01-01", "2030-02-01", "2030-03-01"].map { day in
            let gateway = try RunningGateway(text, ["--at", "\(day)T00:00:00Z"], workers: 2)
            let wire = try gateway.connect()
            return try (0..<400).map { session in
                String(try wire.ask(WireRequest("GET /shop/v1/items/7", ["X-Session: \(session)"])).text.prefix(3))
            }
        }
        #expect(Set(ways[0]) == ["old"] && Set(ways[3]) == ["lab"])
        #expect((15...75).contains(ways[1].count { $0 == "new" }) && (15...75).contains(ways[1].count { $0 == "lab" }))
        #expect((110...210).contains(ways[2].count { $0 == "new" }))
        // Those in the laboratory stay there, and the new one keeps whom it had.
        for (first, second) in zip(ways[1], ways[2]) { #expect(first == second || (first == "old" && second == "new")) }
    }

    @Test("a step begins by itself; what the gateway answers takes no notice")
    func clock() throws {
        defer {
            old.stop()
            new.stop()
        }
        let gateway = try RunningGateway(
            spec("steps: [ { from: 2030-01-01T00:00:05Z, share: 100% } ]"),
            ["--at", "2030-01-01T00:00:00Z"]
        )
        let wire = try gateway.connect()
        let first = try wire.ask(WireRequest("GET /shop/v1/items/1")).text
        #expect(first == "old /items/1")
        #expect(
            gateway.program.wait(20) { (try? wire.ask(WireRequest("GET /shop/v1/items/1")).text) == "new /items/1" }
        )
        #expect(try wire.ask(WireRequest("GET /shop/v1/here")).text == "here")
    }

    @Test("at random, by chance; a bundle without it sends everybody back")
    func random() throws {
        defer {
            old.stop()
            new.stop()
        }
        let gateway = try RunningGateway(spec("share: 50%, by: random"))
        let count = try chosen(gateway).count
        #expect((100...300).contains(count))
        #expect(try gateway.metric("apic_canary_requests_total") == Double(count))
        #expect(new.requests.count == count && old.requests.count == 400 - count)
        // Without the field a request is sent at random, too.
        try gateway.rebuild(spec("share: 50%, by: { header: X-Else }"))
        #expect(gateway.waits(for: "apic_generation", toBe: 2))
        #expect(try (100...300).contains(chosen(gateway).count))
        try gateway.rebuild(spec("share: 0%"))
        #expect(gateway.waits(for: "apic_generation", toBe: 3))
        #expect(try chosen(gateway, count: 20).isEmpty)
    }

    @Test("by consumer: each of them always the same way")
    func consumers() throws {
        defer {
            old.stop()
            new.stop()
        }
        let keys = (0..<40).map { "secret-key-of-consumer-\($0)-0123456789" }
        let environment = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ("KEY_\($0.offset)", $0.element) })
        let consumers = keys.indices.map { "  c\($0): { credentials: [ { key: \"${env:KEY_\($0)}\" } ] }" }
        let text = """
            consumers:
            \(consumers.joined(separator: "\n"))
            plugins: [ key-auth ]
            \(spec("share: 30%"))
            """
        var ways: [[Bool]] = []
        for _ in 0..<2 {
            let gateway = try RunningGateway(text, environment: environment, workers: 2)
            for _ in 0..<2 {
                ways.append(
                    try keys.map { key in
                        try gateway.ask("GET /shop/v1/items/1", ["apikey: \(key)"]).text.hasPrefix("new")
                    }
                )
            }
        }
        #expect(Set(ways).count == 1 && (1...25).contains(ways[0].count { $0 }))
    }
}
