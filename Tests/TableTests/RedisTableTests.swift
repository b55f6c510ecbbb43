import GatewayEmitters
import GatewayIR
import GatewayTable
import Testing

/// What a table says of counting together.
@Suite("Counting together, in tables")
struct RedisTableTests {
    static func gateway(_ server: RedisServer?, isShared: Bool) -> Gateway {
        let limits = [1, 5].map { cost in
            RateLimitSettings(
                identity: "api/orders",
                rates: [Rate(limit: 100, windowSeconds: 60)],
                key: .all,
                cost: cost,
                isShared: isShared
            )
        }
        return Gateway(
            name: "together",
            upstreams: [Upstream(name: "u", targets: [Target(host: "127.0.0.1", port: 8080)])],
            apis: [API(name: "orders", selector: .path, versions: 0..<1)],
            versions: [Version(api: 0, name: "v1", value: "v1", lifecycle: Lifecycle(released: 0))],
            chains: limits.map { Chain(steps: [ChainStep(plugin: .rateLimit($0), scope: .api)]) },
            routes: limits.indices.map { chain in
                Route(
                    host: .any,
                    path: PathPattern(segments: [.literal("\(chain)")], end: .tail(name: nil)),
                    methods: .any,
                    version: 0,
                    chain: chain,
                    forwarding: Forwarding(upstream: 0, path: .whole)
                )
            },
            redis: server
        )
    }

    static let server = RedisServer(
        host: "redis.internal",
        port: 6380,
        database: 3,
        username: "apic",
        password: .environment("REDIS_PASSWORD"),
        interval: 50
    )

    @Test("what was written is read; routes of different cost share one limit")
    func roundTrip() throws {
        let table = try LoadedTable(Self.gateway(Self.server, isShared: true))
        let view = table.view
        try #require(view.redis.count == 1 && view.rateLimits.count == 1)
        #expect(view.rateLimits[0].isShared)
        let record = view.redis[0]
        #expect(view.string(record.host) == "redis.internal" && record.port == 6380 && record.database == 3)
        #expect(view.string(record.username) == "apic" && view.string(record.secret) == "REDIS_PASSWORD")
        #expect(record.interval == 50 && record.seed != 0)
        let text = TableReport(view, at: 0).text
        #expect(text.contains("100/minute by all; nodes together; 5 a request"))
        #expect(text.contains("redis.internal:6380") && text.contains("from ${env:REDIS_PASSWORD}"))
    }

    @Test("an altered byte is refused or harmless")
    func corruption() {
        let intact = TableEmitter.emit(Self.gateway(Self.server, isShared: true))
        let altered = TableMending.alter(intact) { view in
            for index in 0..<view.rateLimits.count {
                #expect(!view.rateLimits[index].isShared || view.redis.count == 1)
            }
            for index in 0..<view.redis.count {
                let record = view.redis[index]
                #expect((1...65_535).contains(record.port) && (10...10_000).contains(record.interval))
                _ = [record.host, record.username, record.secret].map { view.bytes($0).array }
            }
            _ = TableReport(view, at: 0).text
        }
        #expect(altered > intact.count)
    }

    @Test("without a server, or without a limit that is shared")
    func absent() throws {
        let table = try LoadedTable(Self.gateway(nil, isShared: false))
        #expect(table.view.redis.count == 0 && !table.view.rateLimits[0].isShared)
        #expect(throws: TableError.self) { try LoadedTable(Self.gateway(nil, isShared: true)) }
    }
}
