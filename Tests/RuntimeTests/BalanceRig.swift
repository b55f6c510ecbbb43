import GatewayEmitters
import GatewayIR
import GatewayTable
import TestSupport

@testable import GatewayRuntime

/// One upstream in the table of a gateway, and the store that balances it, driven as a worker does.
final class BalanceRig {
    let table: MappedTable
    let store: BalanceStore
    let kind: BalanceKind
    let range: RangeRecord
    private let folder: TemporaryFolder
    private var chance: BalanceRandom
    private var epoch: UInt32 = 0
    var now: UInt64 = 1_000_000

    /// - Parameter weights: of the targets; their names are `target-0`, `target-1` and so on.
    convenience init(_ weights: [UInt8], _ balance: Balance, health: HealthChecks? = nil, seed: UInt64) throws {
        let targets = weights.enumerated().map { Target(host: "target-\($0)", port: 80, weight: $1) }
        try self.init(targets, balance, health: health, seed: seed)
    }

    init(
        _ targets: [Target],
        _ balance: Balance,
        health: HealthChecks? = nil,
        nodes: [Node] = [],
        zone: String? = nil,
        seed: UInt64
    ) throws {
        var gateway = ControlFixture.gateway()
        gateway.upstreams = [Upstream(name: "orders", targets: targets, balance: balance, health: health)]
        gateway.nodes = zone.map { [Node(name: "here", zone: $0)] } ?? []
        folder = try TemporaryFolder()
        try folder.overwrite("gateway.apib", with: TableEmitter.emit(gateway))
        table = try MappedTable.load(bundle: folder.path)
        let view = table.view
        store = BalanceStore(upstreamCount: view.upstreams.count, targetCount: view.targets.count)
        range = view.upstreams[0].targets
        kind = BalanceKind(rawValue: view.upstreams[0].balance) ?? .roundRobin
        chance = BalanceRandom(seed: seed)
        settle()
    }

    deinit { store.deallocate() }

    var view: TableView { table.view }

    func settle() {
        epoch += 1
        let zone = view.nodes.count > 0 ? view.nodes[0].zone : TextReference()
        store.settle(0, view, zone: zone, epoch: epoch, now: now, phases: &chance)
    }

    func setOut(_ position: Int, _ isOut: Bool) {
        store.targets[position].isOut = isOut
        store.targets[position].rampStart = isOut ? 0 : now
        settle()
    }

    /// The target of the next request.
    func choose(hash: UInt64 = 0) -> Int {
        var position: UInt16
        switch kind {
        case .roundRobin, .leastConnections: position = store.leader(0)
        case .randomTwo: position = store.lessBusyOfTwo(0, range, now: now, &chance)
        case .consistentHash: position = store.owner(of: hash, 0, view, now: now)
        }
        if position == BalanceStore.nobody { position = store.leader(0) }
        store.enter(0, range, position, counts: kind != .roundRobin, kind: kind, now: now)
        return Int(position)
    }

    func leave(_ position: Int) {
        guard kind != .roundRobin else { return }
        store.leave(0, range, UInt16(position), kind: kind, now: now)
    }

    /// Sends requests of the same length, so many at a time.
    ///
    /// - Returns: how many each target got.
    func send(_ count: Int, atOnce concurrency: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: Int(range.count))
        var inFlight: [Int] = []
        var oldest = 0
        for _ in 0..<count {
            if inFlight.count - oldest == concurrency {
                leave(inFlight[oldest])
                oldest += 1
            }
            inFlight.append(choose())
            counts[inFlight[inFlight.count - 1]] += 1
        }
        for position in inFlight[oldest...] { leave(position) }
        return counts
    }

    /// Targets that are used.
    var members: [Int] { (0..<Int(range.count)).filter { store.targets[$0].isMember } }

    static func hash(_ key: String) -> UInt64 {
        let bytes = Array(key.utf8)
        return bytes.withUnsafeBufferPointer { TableView.hash($0) }
    }
}
