import GatewayIR
import GatewayTable
import TestSupport
import Testing

@testable import GatewayRuntime

@Suite("Requests are spread over targets by weight")
struct BalanceTests {
    static let weights: [[UInt8]] = [
        [1, 1], [1, 2, 5], [3, 7, 100], [1, 1, 1, 1, 1], [10, 20, 30, 40, 50, 60, 70],
    ]

    @Test("in turn: every run of as many requests as the weights sum up to is exact", arguments: SeededRandom.seeds(20))
    func roundRobin(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let weights = (0..<Int.random(in: 2...20, using: &random)).map { _ in UInt8.random(in: 1...9, using: &random) }
        let rig = try BalanceRig(weights, .roundRobin, seed: seed)
        let sum = weights.reduce(0) { $0 + Int($1) }
        let picks = (0..<5 * sum).map { _ in rig.choose() }
        for start in 0...4 * sum {
            let window = picks[start..<start + sum]
            // Strides are whole numbers, so that a turn may fall just before or behind the window's edge.
            for (position, weight) in weights.enumerated() {
                #expect(abs(window.count { $0 == position } - Int(weight)) <= 1, "\(weights) at \(start)")
            }
        }
        for (position, weight) in weights.enumerated() {
            #expect(abs(picks.count { $0 == position } - 5 * Int(weight)) <= 1)
        }
    }

    @Test(
        "least connections: shares are within 2 % of the weights, however many requests are in flight",
        arguments: weights,
        [1, 2, 8, 64, 500]
    )
    func leastConnections(_ weights: [UInt8], _ concurrency: Int) throws {
        let rig = try BalanceRig(weights, .leastConnections, seed: 1)
        expectShares(rig.send(20_000, atOnce: concurrency), weights)
    }

    @Test("least connections: who is slow gets no more than its weight's worth of what is in flight")
    func slowTarget() throws {
        let rig = try BalanceRig([1, 1, 1, 1], .leastConnections, seed: 1)
        // The first target never answers; the others do at once.
        for _ in 0..<1000 {
            let position = rig.choose()
            if position != 0 { rig.leave(position) }
        }
        #expect(rig.store.targets[0].inFlight == 1)
        // With as many in flight elsewhere, it takes part again.
        let more = (0..<30).map { _ in rig.choose() }
        #expect(more.count { $0 == 0 } == 7)
    }

    @Test("random of two: shares are within 2 % of the weights", arguments: weights, SeededRandom.seeds(2))
    func randomTwo(_ weights: [UInt8], _ seed: UInt64) throws {
        let rig = try BalanceRig(weights, .randomTwo, seed: seed)
        let counts = rig.send(100_000, atOnce: 1)
        let sum = weights.reduce(0) { $0 + Double($1) }
        for (count, weight) in zip(counts, weights) {
            // Of the whole, since chance alone makes small shares uneven.
            #expect(abs(Double(count) / 100_000 - Double(weight) / sum) < 0.006, "\(counts) for \(weights)")
        }
    }

    @Test("random of two: no target is far busier than another", arguments: SeededRandom.seeds(5))
    func evenness(_ seed: UInt64) throws {
        let rig = try BalanceRig([UInt8](repeating: 1, count: 50), .randomTwo, seed: seed)
        for _ in 0..<5000 { _ = rig.choose() }
        let loads = (0..<50).map { rig.store.targets[$0].inFlight }
        #expect(loads.allSatisfy { (90...110).contains($0) }, "\(loads)")
    }

    @Test("hash: keys are spread within 2 % of the weights", arguments: weights)
    func hashShares(_ weights: [UInt8]) throws {
        let rig = try BalanceRig(weights, .consistentHash(HashSettings()), seed: 1)
        var counts = [Int](repeating: 0, count: weights.count)
        for key in 0..<100_000 {
            counts[Int(rig.store.owner(of: BalanceRig.hash("key-\(key)"), 0, rig.view, now: 0))] += 1
        }
        let sum = weights.reduce(0) { $0 + Double($1) }
        for (count, weight) in zip(counts, weights) {
            #expect(abs(Double(count) / 100_000 - Double(weight) / sum) < 0.006, "\(counts) for \(weights)")
        }
    }

    @Test(
        "hash: when a target goes, its keys move and no others, and they come back to it",
        arguments: [2, 3, 5, 10, 40]
    )
    func hashMoves(_ count: Int) throws {
        let weights = [UInt8](repeating: 1, count: count)
        let rig = try BalanceRig(weights, .consistentHash(HashSettings()), seed: 1)
        let hashes = (0..<20_000).map { BalanceRig.hash("user-\($0)") }
        func owners() -> [Int] { hashes.map { Int(rig.store.owner(of: $0, 0, rig.view, now: rig.now)) } }
        let before = owners()
        rig.setOut(1, true)
        let during = owners()
        let moved = zip(before, during).count { $0 != $1 }
        #expect(zip(before, during).allSatisfy { $0 == $1 || $0 == 1 })
        #expect(!during.contains(1))
        #expect(Double(moved) <= 1.2 / Double(count) * Double(hashes.count))
        if count > 2 {
            // They go to all others, and not to a neighbour.
            let takers = Set(zip(before, during).filter { $0.0 == 1 }.map(\.1))
            #expect(takers.count == count - 1)
        }
        rig.setOut(1, false)
        rig.now += 1
        #expect(owners() == before)
    }

    @Test(
        "hash: a key that everybody asks for is shared once its target has more than its part",
        arguments: [125, 200]
    )
    func hashBound(_ bound: UInt32) throws {
        let settings = HashSettings(key: .address, boundPercent: bound)
        let rig = try BalanceRig([1, 1, 1, 1], .consistentHash(settings), seed: 1)
        let hash = BalanceRig.hash("everybody")
        for _ in 0..<4 { _ = rig.choose(hash: hash) }
        #expect((0..<4).map { rig.store.targets[$0].inFlight }.max() == 4)
        for _ in 0..<996 { _ = rig.choose(hash: hash) }
        let loads = (0..<4).map { rig.store.targets[$0].inFlight }
        let most = 1000 * UInt32(bound) / 400
        #expect(loads.allSatisfy { $0 <= most + 1 } && loads.contains { $0 >= most - 1 }, "\(loads)")
    }

    @Test("a target that fails is asked first no more often than its turn comes")
    func failing() throws {
        let rig = try BalanceRig([1, 1, 1], .roundRobin, seed: 9)
        var firsts = [Int](repeating: 0, count: 3)
        for _ in 0..<300 {
            let first = rig.choose()
            firsts[first] += 1
            // The first target fails, and the one that comes next stands in for it.
            if first == 0 {
                let next = rig.store.leader(0)
                rig.store.enter(0, rig.range, next, counts: false, kind: .roundRobin, isTurn: false, now: rig.now)
            }
        }
        #expect(firsts == [100, 100, 100])
    }

    @Test("a target that returns has no turns to catch up with", arguments: [Balance.roundRobin, .leastConnections])
    func returning(_ balance: Balance) throws {
        let rig = try BalanceRig([1, 1, 1], balance, seed: 3)
        rig.setOut(0, true)
        #expect(rig.send(3000, atOnce: 1)[0] == 0)
        rig.setOut(0, false)
        #expect(abs(rig.send(30, atOnce: 1)[0] - 10) <= 1)
    }

    @Test(
        "slow start: a target that returns gets a tenth at first, and more and more",
        arguments: [Balance.roundRobin, .leastConnections, .randomTwo, .consistentHash(HashSettings())]
    )
    func slowStart(_ balance: Balance) throws {
        let health = HealthChecks(passive: PassiveCheck(), slowStart: 10_000)
        let rig = try BalanceRig([1, 1], balance, health: health, seed: 5)
        rig.setOut(0, true)
        _ = rig.send(100, atOnce: 4)
        rig.setOut(0, false)
        let start = rig.now
        func share(at second: UInt64) -> Double {
            rig.now = start + second * 1_000_000 + 1
            guard case .consistentHash = balance else { return Double(rig.send(4000, atOnce: 1)[0]) / 4000 }
            let owners = (0..<4000).map { rig.store.owner(of: BalanceRig.hash("key-\($0)"), 0, rig.view, now: rig.now) }
            return Double(owners.count { $0 == 0 }) / 4000
        }
        let shares = [share(at: 0), share(at: 3), share(at: 6), share(at: 10)]
        #expect(shares[0] > 0.02 && shares[0] < 0.15, "\(shares)")
        #expect(shares == shares.sorted(), "\(shares)")
        #expect(abs(shares[3] - 0.5) < 0.04, "\(shares)")
    }

    private func expectShares(_ counts: [Int], _ weights: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) {
        let (all, sum) = (Double(counts.reduce(0, +)), weights.reduce(0) { $0 + Double($1) })
        for (count, weight) in zip(counts, weights) {
            let share = Double(count) / all * sum / Double(weight)
            // A handful of requests more or less is no share.
            let isNear = abs(share - 1) < 0.02 || abs(Double(count) - all * Double(weight) / sum) <= 3
            #expect(isNear, "\(counts) for \(weights)", sourceLocation: sourceLocation)
        }
    }
}

@Suite("Which targets are used")
struct MembershipTests {
    private let health = HealthChecks(passive: PassiveCheck(), panicPercent: 50)

    private func rig(_ priorities: [UInt8], zones: [String?] = [], here: String? = nil) throws -> BalanceRig {
        let targets = priorities.enumerated().map { index, priority in
            Target(
                host: "target-\(index)",
                port: 80,
                priority: priority,
                zone: index < zones.count ? zones[index] : nil
            )
        }
        return try BalanceRig(targets, .roundRobin, health: health, zone: here, seed: 1)
    }

    @Test("while enough are in, those; with fewer than the threshold, all again")
    func panic() throws {
        let rig = try rig([0, 0, 0, 0])
        rig.setOut(2, true)
        #expect(rig.members == [0, 1, 3])
        rig.setOut(0, true)
        #expect(rig.members == [1, 3])
        rig.setOut(1, true)
        #expect(rig.members == [0, 1, 2, 3])
        rig.setOut(3, true)
        #expect(rig.members == [0, 1, 2, 3])
        rig.setOut(0, false)
        rig.setOut(1, false)
        #expect(rig.members == [0, 1])
    }

    @Test("later priorities are used when too few of the earlier ones are in, and only then")
    func priorities() throws {
        let rig = try rig([0, 0, 1, 1, 7])
        #expect(rig.members == [0, 1])
        rig.setOut(0, true)
        #expect(rig.members == [1])
        rig.setOut(1, true)
        #expect(rig.members == [2, 3])
        rig.setOut(2, true)
        rig.setOut(3, true)
        #expect(rig.members == [4])
        rig.setOut(4, true)
        // Nobody is in: the best priority, all of it.
        #expect(rig.members == [0, 1])
        rig.setOut(3, false)
        #expect(rig.members == [3])
        rig.setOut(1, false)
        #expect(rig.members == [1])
    }

    @Test("where nobody of a priority suffices, all of the one that has most")
    func bestOfBad() throws {
        let rig = try rig([0, 0, 0, 1, 1, 1])
        for position in [0, 1, 2, 3, 4] { rig.setOut(position, true) }
        #expect(rig.members == [3, 4, 5])
    }

    @Test("targets of the own zone come first while enough of them are in")
    func zones() throws {
        let rig = try rig([0, 0, 0, 0, 1], zones: ["a", "a", "b", nil, "a"], here: "a")
        #expect(rig.members == [0, 1])
        rig.setOut(0, true)
        #expect(rig.members == [1])
        rig.setOut(1, true)
        #expect(rig.members == [2, 3])
        rig.setOut(1, false)
        #expect(rig.members == [1])
        #expect(try self.rig([0, 0], zones: ["a", "b"], here: "c").members == [0, 1])
        #expect(try self.rig([0, 0], zones: ["a", "b"]).members == [0, 1])
    }
}
