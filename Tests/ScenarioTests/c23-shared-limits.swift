import Foundation
import TestSupport
import Testing

/// Nodes that count together through Debian's Redis server, and what becomes of requests when it is slow or gone.
@Suite("c23 plugins: rate-limit together")
struct SharedLimitScenario {
    static func spec(_ redis: RunningRedis, login: String = "") -> String {
        """
        redis: { url: "redis://127.0.0.1:\(redis.port)", every: 20ms\(login) }
        apis:
          shop:
            path: /shop
            plugins: [ respond: { body: ok } ]
            versions:
              v1:
                routes:
                  - match: GET /many
                    plugins: [ rate-limit: { limit: 600/hour, by: all, nodes: together } ]
                  - match: GET /steady
                    plugins: [ rate-limit: { limit: 100/second, by: all, nodes: together } ]
                  - match: GET /teams
                    plugins: [ rate-limit: { limit: 5/hour, by: { header: X-Team }, nodes: together } ]
        """
    }

    /// Gateways of one spec that have found Redis.
    static func gateways(_ count: Int, _ redis: RunningRedis) throws -> [RunningGateway] {
        let gateways = try (0..<count).map { _ in try RunningGateway(spec(redis)) }
        for gateway in gateways { #expect(gateway.waits(for: "apic_redis_up", toBe: 1)) }
        return gateways
    }

    /// Waits until a gateway has told and heard what there is.
    static func waitForRounds(_ gateways: [RunningGateway]) throws {
        for gateway in gateways {
            let sample = #"apic_redis_rounds_total{result="success"}"#
            let before = try gateway.metric(sample)
            #expect(gateway.program.wait(20) { ((try? gateway.metric(sample)) ?? 0) >= before + 3 })
        }
    }

    /// Asks all gateways at the same time, each over one connection, at some pace, until a moment, and as often as it
    /// takes to be several times the limit.
    ///
    /// - Returns: how many requests there were, and how many passed from `counted` on.
    static func load(
        _ gateways: [RunningGateway],
        _ line: String,
        from counted: Date,
        until end: Date,
        atLeast least: Int
    ) -> (asked: Int, passed: Int) {
        let (asked, passed) = (Counter(), Counter())
        let ends = gateways.map { gateway in
            let (port, isOver) = (gateway.port, Latch<Bool>())
            Thread.detachNewThread {
                defer { isOver.set(true) }
                guard let wire = try? Wire(port: port) else { return }
                var count = 0
                while Date() < end || count < least, Date() < end.addingTimeInterval(30) {
                    guard let answer = try? wire.ask(WireRequest(line)) else { return }
                    count += 1
                    asked.add(1)
                    if answer.status == 200, Date() >= counted { passed.add(1) }
                    usleep(2_000)
                }
            }
            return isOver
        }
        for isOver in ends { _ = isOver.wait(60) }
        return (asked.value, passed.value)
    }

    @Test("three gateways at several times the limit admit it together, within a tenth")
    func together() throws {
        let redis = try RunningRedis()
        let gateways = try Self.gateways(3, redis)
        let begin = Date()
        let many = Self.load(
            gateways,
            "GET /shop/v1/many",
            from: begin,
            until: begin.addingTimeInterval(2),
            atLeast: 700
        )
        try #require(many.asked >= 2_100, "too few requests for an overload: \(many.asked)")
        #expect((600...660).contains(many.passed), "\(many.passed) of \(many.asked)")
        // A window that slides: from its second second on.
        let start = Date()
        let steady = Self.load(
            gateways,
            "GET /shop/v1/steady",
            from: start.addingTimeInterval(2),
            until: start.addingTimeInterval(7),
            atLeast: 0
        )
        try #require(steady.asked > 1_400, "too few requests for an overload: \(steady.asked)")
        #expect((450...550).contains(steady.passed), "\(steady.passed) of \(steady.asked) in five seconds")
    }

    @Test("no request waits for a server that does not answer; each goes on by itself, and they find together again")
    func frozen() throws {
        let redis = try RunningRedis()
        let gateways = try Self.gateways(3, redis)
        redis.freeze()
        defer { redis.thaw() }
        // Whatever waited for the server would never be answered here.
        for gateway in gateways[..<2] {
            let statuses = try (0..<6).map { _ in try gateway.ask("GET /shop/v1/teams", ["X-Team: red"]).status }
            #expect(statuses == [200, 200, 200, 200, 200, 429])
        }
        for gateway in gateways {
            #expect(gateway.waits(for: "apic_redis_up", toBe: 0))
            #expect(try gateway.ask("GET /shop/v1/teams", ["X-Team: blue"]).status == 200)
            let status = try gateway.status("/status").json["redis"] as? [String: Any]
            #expect((status?["error"] as? String)?.contains("in time") == true, "\(status ?? [:])")
        }
        redis.thaw()
        for gateway in gateways { #expect(gateway.waits(for: "apic_redis_up", toBe: 1)) }
        // What was counted meanwhile is told: the third gateway was not asked for this team yet.
        for gateway in gateways[..<2] { #expect(try gateway.ask("GET /shop/v1/teams", ["X-Team: red"]).status == 429) }
        try Self.waitForRounds(gateways)
        _ = try gateways[2].ask("GET /shop/v1/teams", ["X-Team: red"])
        try Self.waitForRounds([gateways[2]])
        #expect(try gateways[2].ask("GET /shop/v1/teams", ["X-Team: red"]).status == 429)
    }

    @Test("a server that is two seconds late delays nobody")
    func late() throws {
        let redis = try RunningRedis()
        let gateways = try Self.gateways(2, redis)
        #expect(try redis.ask("CLIENT", "PAUSE", "2000", "ALL") == "OK")
        // It hears of this when it has its breath back.
        let waiting = try redis.startAsking("PING")
        for gateway in gateways {
            let wire = try gateway.connect()
            for _ in 0..<50 { #expect(try wire.ask(WireRequest("GET /shop/v1/many")).status == 200) }
        }
        #expect(waiting.isRunning, "all were answered before the server answered anybody")
        for gateway in gateways { #expect(gateway.waits(for: "apic_redis_up", toBe: 1)) }
        try Self.waitForRounds(gateways)
    }

    @Test("a server that is gone and comes back without memory is told again")
    func gone() throws {
        let redis = try RunningRedis()
        let gateways = try Self.gateways(2, redis)
        for _ in 0..<5 { #expect(try gateways[0].ask("GET /shop/v1/teams", ["X-Team: red"]).status == 200) }
        try Self.waitForRounds(gateways)
        redis.stop()
        for gateway in gateways { #expect(gateway.waits(for: "apic_redis_up", toBe: 0)) }
        #expect(try gateways[0].ask("GET /shop/v1/teams", ["X-Team: red"]).status == 429)
        #expect(try gateways[1].ask("GET /shop/v1/teams", ["X-Team: green"]).status == 200)
        try redis.startAgain()
        for gateway in gateways { #expect(gateway.waits(for: "apic_redis_up", toBe: 1)) }
        #expect(try gateways[0].ask("GET /shop/v1/teams", ["X-Team: red"]).status == 429)
        try Self.waitForRounds(gateways)
        _ = try gateways[1].ask("GET /shop/v1/teams", ["X-Team: red"])
        try Self.waitForRounds([gateways[1]])
        #expect(try gateways[1].ask("GET /shop/v1/teams", ["X-Team: red"]).status == 429)
    }

    @Test("what stands in Redis names nobody, ends by itself, and takes a password to read")
    func privacy() throws {
        let redis = try RunningRedis(password: "correct-horse")
        let spec = Self.spec(redis, login: ", password: \"${env:REDIS_PASSWORD}\"")
        let gateway = try RunningGateway(spec, environment: ["REDIS_PASSWORD": "correct-horse"])
        #expect(gateway.waits(for: "apic_redis_up", toBe: 1))
        #expect(try gateway.ask("GET /shop/v1/teams", ["X-Team: crimson"]).status == 200)
        try Self.waitForRounds([gateway])
        let keys = try redis.ask("KEYS", "*").split(separator: "\n").map(String.init)
        try #require(keys.count == 1)
        #expect(keys[0].wholeMatch(of: /apic:[0-9a-f]{16}:[0-9a-f]+/) != nil, "\(keys)")
        #expect(try redis.ask("GET", keys[0]) == "1")
        let seconds = try #require(Int(try redis.ask("TTL", keys[0])))
        #expect((1...7_260).contains(seconds))

        let stranger = try RunningGateway(spec, environment: ["REDIS_PASSWORD": "battery-staple"])
        let failures = #"apic_redis_rounds_total{result="failure"}"#
        #expect(stranger.program.wait(20) { ((try? stranger.metric(failures)) ?? 0) >= 1 })
        let status = try stranger.status("/status").json["redis"] as? [String: Any]
        #expect(status?["up"] as? Bool == false)
        #expect((status?["error"] as? String)?.contains("WRONGPASS") == true, "\(status ?? [:])")
        #expect(!stranger.program.errors.contains("battery"))
        #expect(try stranger.ask("GET /shop/v1/teams", ["X-Team: crimson"]).status == 200)
    }

    @Test("a bundle without shared limits lets go of the server; another one finds it again")
    func reload() throws {
        let redis = try RunningRedis()
        let gateway = try RunningGateway(Self.spec(redis))
        #expect(gateway.waits(for: "apic_redis_up", toBe: 1))
        let alone = """
            apis: { shop: { path: /shop, plugins: [ respond: { body: ok } ], versions: { v1: { routes: [ GET /alone ] } } } }
            """
        try gateway.rebuild(alone)
        #expect(gateway.program.wait(20) { (try? gateway.ask("GET /shop/v1/alone").status) == 200 })
        #expect(
            gateway.program.wait(20) { (try? redis.ask("CLIENT", "LIST", "TYPE", "normal"))?.contains("\n") == false }
        )
        #expect(try gateway.status("/status").json["redis"] is NSNull)
        try gateway.rebuild(Self.spec(redis))
        #expect(gateway.waits(for: "apic_redis_up", toBe: 1))
    }
}
