import GatewayEmitters
import GatewayIR
import GatewayTable
import Testing

/// What a table says of plugins that steer traffic, and what becomes of it when its bytes are others.
@Suite("Plugins that steer traffic, in tables")
struct TrafficTableTests {
    static let keys: [RateLimitKey] = [.consumer, .address, .header("X-Team"), .path, .claim("org.team"), .all]

    static var plugins: [Plugin] {
        keys.map { .concurrencyLimit(ConcurrencyLimitSettings(identity: "api/orders", limit: 20, key: $0)) } + [
            .fault(FaultSettings(delay: 250, delayShare: 5_000, header: "x-rehearsal", until: 2_000_000_000)),
            .fault(FaultSettings(delay: 60_000, status: 503, abortShare: 1, from: 1_900_000_000)),
            .canary(
                CanarySettings(
                    identity: "api/orders",
                    upstreams: [1, 2],
                    steps: [.init(shares: [0, 0]), .init(from: 1_900_000_000, shares: [10_000, 20_000])],
                    key: .header("X-Session")
                )
            ),
            .canary(
                CanarySettings(identity: "api/orders", upstreams: [1], steps: [.init(shares: [500_000])], key: nil)
            ),
            .mirror(MirrorSettings(upstream: 1, share: 100_000)),
            .responseCache(ResponseCacheSettings(sizeMax: 100 << 10, bodySizeMax: 5, defaultLifetime: 60)),
            .compress(CompressSettings(level: 9, sizeMin: 77, types: ["application/*+json", "text/html"])),
        ]
    }

    static var gateway: Gateway {
        Gateway(
            name: "steering",
            upstreams: ["u", "next", "lab"].map {
                Upstream(name: $0, targets: [Target(host: "127.0.0.1", port: 8080)])
            },
            apis: [API(name: "orders", selector: .path, versions: 0..<1)],
            versions: [Version(api: 0, name: "v1", value: "v1", lifecycle: Lifecycle(released: 0))],
            chains: plugins.map { Chain(steps: [ChainStep(plugin: $0, scope: .api)]) },
            routes: plugins.indices.map { chain in
                Route(
                    host: .any,
                    path: PathPattern(segments: [.literal("orders"), .literal("\(chain)")], end: .tail(name: nil)),
                    methods: .any,
                    version: 0,
                    chain: chain,
                    forwarding: Forwarding(upstream: 0, path: .whole, canaryCaptures: [0, 15], mirrorCapture: 2)
                )
            }
        )
    }

    @Test("what was written is read")
    func roundTrip() throws {
        let table = try LoadedTable(Self.gateway)
        let limits = (0..<table.view.concurrencyLimits.count).map { table.view.concurrencyLimits[$0] }
        #expect(Set(limits.map(\.keyKind)) == [0, 1, 2, 3, 4, 5] && Set(limits.map(\.identity)).count == 1)
        #expect(limits.allSatisfy { $0.limit == 20 && ($0.isOfCallers == ![3, 5].contains($0.keyKind)) })
        #expect(Set(limits.map { table.view.string($0.keyName) }) == ["", "x-team", "org.team"])
        let text = TableReport(table.view, at: 0).text
        try #require(table.view.faults.count == 2)
        let (delay, both) = (table.view.faults[0], table.view.faults[1])
        #expect(delay.delay == 250 && delay.delayShare == 5_000 && delay.status == 0 && delay.from == .min)
        #expect(table.view.string(delay.header) == "x-rehearsal" && delay.until == 2_000_000_000)
        #expect(both.delay == 60_000 && both.delayShare == 1_000_000 && both.status == 503 && both.abortShare == 1)
        #expect(both.header.count == 0 && both.from == 1_900_000_000 && both.until == .max)
        try #require(table.view.canaries.count == 2 && table.view.canarySteps.count == 3)
        let (canary, random) = (table.view.canaries[0], table.view.canaries[1])
        #expect(table.view.string(canary.keyName) == "x-session" && canary.steps.count == 2)
        #expect(canary.identity == random.identity && random.keyKind == RateKeyKind.all.rawValue)
        #expect(table.view.canarySteps[0].from == .min && table.view.canarySteps[0].pieces.count == 1)
        let pieces = (0..<table.view.canaryPieces.count).map { table.view.canaryPieces[$0] }
        #expect(pieces.map(\.end) == [1_000_000, 10_000, 30_000, 1_000_000, 500_000, 1_000_000])
        #expect(pieces.map(\.upstream) == [TableLayout.none, 1, 2, TableLayout.none, 1, TableLayout.none])
        #expect(pieces.map(\.branch) == [0, 0, 1, 0, 0, 0])
        #expect(text.contains("; below 500000 to next, below 1000000 to its own from ever at random, branch 0 hashed"))
        #expect(text.contains("branch 0 hashed by capture 0, branch 1 hashed by capture 15"))
        #expect(text.contains("keep-answer 100 KiB, bodies of 5 bytes, fresh 60 s, meanwhile 0 s, on failure 0 s"))
        #expect(text.contains("look-up\n"))
        #expect(text.contains("compress gzip, level 9, from 77 bytes, application/*+json text/html"))
        #expect(text.contains("mirror 100000 in a million to next, hashed by capture 2"))
        #expect(
            text.contains("below 30000 to lab, below 1000000 to its own from 2030-03-17T17:46:40Z by header x-session")
        )
        #expect(text.contains("inject-fault delay 250 ms of 5000 in a million, with x-rehearsal, until 2033-05-18"))
        #expect(text.contains("inject-fault abort with 503 of 1 in a million, from 2030-03-17"))
        #expect(text.contains("enter-limit 20 by all") && text.contains("enter-limit 20 by claim org.team"))
    }

    @Test("an altered byte is refused or harmless")
    func corruption() {
        let intact = TableEmitter.emit(Self.gateway)
        #expect(TableMending.alter(intact, read: Self.read) > intact.count)
    }

    /// Everything that a gateway reads of them; a debug build checks each access.
    private static func read(_ view: TableView) {
        for index in 0..<view.concurrencyLimits.count {
            let limit = view.concurrencyLimits[index]
            #expect(RateKeyKind(rawValue: limit.keyKind) != nil && limit.limit > 0)
            _ = view.bytes(limit.keyName).array
        }
        for index in 0..<view.canaries.count {
            let canary = view.canaries[index]
            _ = view.bytes(canary.keyName).array
            for step in canary.steps.first..<canary.steps.first + canary.steps.count {
                let pieces = view.canarySteps[step].pieces
                for index in pieces.first..<pieces.first + pieces.count {
                    let piece = view.canaryPieces[index]
                    #expect(piece.branch < 6)
                    if piece.upstream != TableLayout.none { _ = view.upstreams[piece.upstream].name }
                }
            }
        }
        for index in 0..<view.faults.count {
            let fault = view.faults[index]
            #expect(fault.status < 600 && fault.abortShare <= 1_000_000 && fault.delayShare <= 1_000_000)
            _ = view.bytes(fault.header).array
        }
        _ = TableReport(view, at: 0).text
    }
}
