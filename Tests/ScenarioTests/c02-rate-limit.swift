import Foundation
import TestSupport
import Testing

/// How often: windows, tiers, keys to count by, and what clients are told.
@Suite("c02 plugins: rate-limit")
struct RateLimitScenario {
    static let environment = ["GOLD_KEY": "gold-key", "PLAIN_KEY": "plain-key"]

    static func spec(_ upstream: ScriptedUpstream) -> String {
        """
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        consumers:
          golden: { groups: [ gold ], credentials: [ { key: "${env:GOLD_KEY}" } ] }
          plain: { credentials: [ { key: "${env:PLAIN_KEY}" } ] }
        apis:
          shop:
            path: /shop
            upstream: up
            versions:
              v1:
                routes:
                  - match: GET /two-windows
                    plugins: [ { rate-limit: { limits: [ 3/second, 5/hour ], by: address } } ]
                  - match: GET /tiers
                    plugins:
                      - key-auth
                      - rate-limit: { limit: 2/hour, tiers: { gold: [ 4/hour, 100/day ] }, by: consumer }
                  - match: GET /teams
                    plugins: [ { rate-limit: { limit: 1/hour, by: { header: X-Team } } } ]
                  - match: GET /other-teams
                    plugins: [ { rate-limit: { limit: 1/hour, by: { header: X-Team } } } ]
                  - match: GET /second
                    plugins: [ { rate-limit: { limit: 2/second, by: address } } ]
        """
    }

    /// `"a";r=1;t=2, "b";r=0;t=3` as [remaining, seconds] of each.
    static func readings(_ field: String?) -> [[Int]] {
        (field ?? "").components(separatedBy: ", ").map { item in
            item.components(separatedBy: ";").dropFirst().compactMap { Int($0.dropFirst(2)) }
        }
    }

    @Test("each window must have room; the fields say how much is left and until when")
    func windows() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        let wire = try gateway.connect()
        let request = WireRequest("GET /shop/v1/two-windows")
        var statuses: [Int] = []
        // The hour's five pass sooner or later: after each refusal of the second's window, as long as it says.
        while statuses.count(where: { $0 == 200 }) < 5 {
            let answer = try wire.ask(request)
            statuses.append(answer.status)
            let readings = Self.readings(answer["RateLimit"])
            let policy = Self.readings(answer["RateLimit-Policy"])
            #expect(policy == [[3, 1], [5, 3600]])
            try #require(readings.count == 2 && readings.allSatisfy { $0.count == 2 })
            #expect(readings[1][0] == 5 - statuses.count { $0 == 200 })
            if answer.status == 429 {
                #expect(answer["Retry-After"] == "\(readings[0][1])")
                #expect(readings[0][0] == 0)
                usleep(UInt32(readings[0][1]) * 1_000_000)
            }
            try #require(statuses.count < 20)
        }
        #expect(Array(statuses.prefix(3)) == [200, 200, 200])
        let refused = try wire.ask(request)
        #expect(refused.status == 429)
        #expect(refused.problem == "rate-limit-exceeded")
        #expect(refused.json["refused_by"] as? String == "rate-limit")
        // Windows begin at fixed instants, so that this one ends within the hour, whenever the test runs.
        #expect(refused["Retry-After"].flatMap { Int($0) }.map { (1...3601).contains($0) } == true)
        #expect(upstream.requests.count == 5)
    }

    @Test("after the time that Retry-After names a request passes")
    func passesAgain() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        for _ in 0..<3 {
            var answer = try gateway.ask("GET /shop/v1/second")
            var count = 0
            while answer.status == 200 {
                count += 1
                try #require(count < 50, "nothing is ever refused")
                answer = try gateway.ask("GET /shop/v1/second")
            }
            let seconds = try #require(answer["Retry-After"].flatMap { Double($0) })
            #expect((1...2).contains(seconds))
            usleep(UInt32(seconds * 1_000_000))
            #expect(try gateway.ask("GET /shop/v1/second").status == 200)
        }
    }

    @Test("tiers are by group, counts by consumer, over workers and connections")
    func tiers() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment, workers: 3)
        func statuses(_ key: String, _ count: Int) throws -> [Int] {
            try (0..<count).map { _ in try gateway.ask("GET /shop/v1/tiers", ["apikey: \(key)"]).status }
        }
        #expect(try statuses("plain-key", 4) == [200, 200, 429, 429])
        #expect(try statuses("gold-key", 6) == [200, 200, 200, 200, 429, 429])
        // Who is not known is refused before anything is counted.
        #expect(try gateway.ask("GET /shop/v1/tiers").status == 401)
        #expect(try gateway.ask("GET /shop/v1/tiers")["RateLimit"] == nil)
    }

    @Test("dear routes use up what their API shares sooner; what does not fit takes nothing")
    func cost() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            """
            upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
            apis:
              shop:
                path: /shop
                upstream: up
                plugins: [ { rate-limit: { limits: [ 12/hour, 100/day ], by: address } } ]
                versions:
                  v1:
                    routes: [ GET /list, { match: GET /report, cost: 5 } ]
            """
        )
        let asked = ["report", "list", "report", "report", "list", "list"]
        let answers = try asked.map { try gateway.ask("GET /shop/v1/\($0)") }
        #expect(answers.map(\.status) == [200, 200, 200, 429, 200, 429])
        #expect(answers.map { Self.readings($0["RateLimit"])[0][0] } == [7, 6, 1, 1, 0, 0])
        #expect(answers.map { Self.readings($0["RateLimit"])[1][0] } == [95, 94, 89, 89, 88, 88])
        // As long as the window that has no room says, whatever is left in it.
        let refused = answers[3]
        #expect(refused["Retry-After"] == "\(Self.readings(refused["RateLimit"])[0][1])")
    }

    @Test("a header counts for itself; requests without it share a count; limits do not share")
    func header() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        let cases: [(String, [String], Int)] = [
            ("teams", ["X-Team: a"], 200), ("teams", ["X-Team: a"], 429), ("teams", ["X-Team: b"], 200),
            ("teams", [], 200), ("teams", [], 429), ("teams", ["X-Team: A"], 200),
            ("other-teams", ["X-Team: a"], 200), ("other-teams", ["X-Team: a"], 429),
        ]
        for (path, fields, status) in cases {
            #expect(try gateway.ask("GET /shop/v1/\(path)", fields).status == status, "\(path) \(fields)")
        }
    }

    @Test("a reload keeps the counts")
    func reload() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        #expect(try gateway.ask("GET /shop/v1/teams", ["X-Team: a"]).status == 200)
        try gateway.rebuild(Self.spec(upstream) + "\n          - GET /new")
        #expect(gateway.program.wait(20) { (try? gateway.ask("GET /shop/v1/new").status) == 200 })
        #expect(try gateway.ask("GET /shop/v1/teams", ["X-Team: a"]).status == 429)
    }
}
