import GatewayIR
import GatewayTable
import TestSupport
import Testing

/// The slots by which hashes find their targets, as they stand in a table.
@Suite("Hash slots")
struct HashSlotTests {
    /// By slot: the target's name.
    private func slots(_ targets: [Target]) throws -> [String] {
        var gateway = Gateway(name: "hash")
        gateway.upstreams = [Upstream(name: "up", targets: targets, balance: .consistentHash(HashSettings()))]
        let table = try LoadedTable(gateway)
        let record = table.view.upstreams[0]
        return (record.hashSlots.first..<record.hashSlots.first + record.hashSlots.count).map { slot in
            table.view.string(table.view.targets[UInt32(table.view.hashSlots[slot])].host)
        }
    }

    private func targets(_ weights: [UInt8]) -> [Target] {
        weights.enumerated().map { Target(host: "target-\($0)", port: 80, weight: $1) }
    }

    @Test(
        "shares are those of the weights, within a hundredth",
        arguments: [
            [1, 1], [1, 2, 5], [100, 1], [7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 9], [UInt8](repeating: 3, count: 50),
        ]
            as [[UInt8]]
    )
    func shares(_ weights: [UInt8]) throws {
        let slots = try slots(targets(weights))
        let sum = weights.reduce(0) { $0 + Double($1) }
        for (index, weight) in weights.enumerated() {
            let expected = Double(slots.count) * Double(weight) / sum
            let count = Double(slots.count { $0 == "target-\(index)" })
            #expect(abs(count - expected) <= expected / 100 + 1, "\(weights) \(index): \(count) of \(expected)")
        }
    }

    @Test(
        "a target that is deleted from the spec moves at most 1.2/n of all keys",
        arguments: [2, 3, 4, 5, 8, 12, 20, 30]
    )
    func removal(_ count: Int) throws {
        let all = targets([UInt8](repeating: 1, count: count))
        let before = try slots(all)
        for gone in [0, count / 2, count - 1] {
            var fewer = all
            fewer.remove(at: gone)
            let after = try slots(fewer)
            // Tables of other sizes are compared by where a hash falls.
            let points = 100_000
            let moved = (0..<points).count { point in
                before[point * before.count / points] != after[point * after.count / points]
            }
            #expect(Double(moved) <= 1.2 / Double(count) * Double(points), "\(gone) of \(count): \(moved)")
        }
    }

    @Test("common factors of weights do not matter")
    func factors() throws { #expect(try slots(targets([1, 2, 3])) == slots(targets([10, 20, 30]))) }
}
