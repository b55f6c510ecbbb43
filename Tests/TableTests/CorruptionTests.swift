import GatewayEmitters
import GatewayIR
import GatewayTable
import TestSupport
import Testing

/// What happens to a table that is not what was written.
@Suite struct CorruptionTests {
    private let intact = TableEmitter.emit(StorefrontGateway.gateway)

    @Test func intactTableIsRead() throws {
        let table = try LoadedTable(intact)
        #expect(table.view.routes.count == StorefrontGateway.gateway.routes.count)
        TableExercise.run(table.view)
    }

    @Test func everyAlteredBitIsRefused() {
        for offset in intact.indices {
            for bit in 0..<8 {
                var altered = intact
                altered[offset] ^= 1 << UInt8(bit)
                #expect((try? LoadedTable(altered)) == nil, "byte \(offset), bit \(bit)")
            }
        }
    }

    @Test func everyTruncationIsRefused() {
        for count in 0..<intact.count { #expect((try? LoadedTable(Array(intact[..<count]))) == nil, "\(count) bytes") }
        #expect((try? LoadedTable(intact + [0])) == nil)
        #expect((try? LoadedTable(intact + [UInt8](repeating: 0, count: 8))) == nil)
    }

    @Test func everyAlteredByteWithMendedChecksumsIsRefusedOrHarmless() {
        var refused = 0
        var accepted = 0
        for offset in intact.indices {
            for value: UInt8 in [0x01, 0xFF] {
                var altered = intact
                altered[offset] ^= value
                TableMending.mendChecksums(&altered)
                if let table = try? LoadedTable(altered) {
                    TableExercise.run(table.view)
                    accepted += 1
                } else {
                    refused += 1
                }
            }
        }
        // The rest is texts, and numbers of which others would do as well.
        #expect(5 * refused > 2 * (refused + accepted), "many bytes of a table mean something")
        #expect(accepted > 0, "texts may be others")
    }

    @Test(arguments: SeededRandom.seeds(20))
    func randomCorruptionWithMendedChecksumsIsRefusedOrHarmless(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<400 {
            var altered = intact
            for _ in 0..<Int.random(in: 1...4, using: &random) { corrupt(&altered, &random) }
            TableMending.mendChecksums(&altered)
            if let table = try? LoadedTable(altered) { TableExercise.run(table.view) }
        }
    }

    /// Puts a plausible number or another record's bytes somewhere.
    private func corrupt(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let offset = Int.random(in: TableLayout.headerByteCount..<bytes.count - 8, using: &random) & ~3
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            let source = Int.random(in: 0..<bytes.count - 8, using: &random) & ~3
            for index in 0..<4 { bytes[offset + index] = bytes[source + index] }
        case 1:
            let value = UInt32.random(in: 0..<64, using: &random)
            for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
        case 2:
            for index in 0..<4 { bytes[offset + index] = 0xFF }
        default: bytes[offset + Int.random(in: 0..<8, using: &random)] &+= UInt8.random(in: 1...3, using: &random)
        }
    }
}

/// The same for what hashes find their targets by, whose table is too large to alter everywhere.
@Suite struct HashCorruptionTests {
    private static let intact: [UInt8] = {
        var gateway = Gateway(name: "hash")
        let targets = (0..<3).map { Target(host: "target-\($0)", port: 80) }
        gateway.upstreams = [Upstream(name: "up", targets: targets, balance: .consistentHash(HashSettings()))]
        return TableEmitter.emit(gateway)
    }()

    private static func range(of section: TableSection) throws -> Range<Int> {
        let table = try LoadedTable(intact)
        let entry = TableLayout.headerByteCount + section.rawValue * TableLayout.directoryEntryByteCount
        let start = (0..<4).reduce(0) { $0 | Int(intact[entry + TableLayout.entryFileOffsetOffset + $1]) << (8 * $1) }
        return start..<start + table.view.recordCount(section) * section.recordByteCount
    }

    @Test func slotsLeadToTargets() throws {
        let slots = try Self.range(of: .hashSlots)
        for offset in stride(from: slots.lowerBound, to: slots.upperBound, by: slots.count / 20 & ~1) {
            for value: UInt8 in [3, 0xFF] {
                var altered = Self.intact
                altered[offset] = value
                TableMending.mendChecksums(&altered)
                #expect((try? LoadedTable(altered)) == nil, "slot at \(offset)")
            }
        }
    }

    @Test func upstreamsHoldWhatHashesRelyOn() throws {
        var refused = 0
        for offset in try Self.range(of: .upstreams) {
            for value: UInt8 in [0x01, 0xFF] {
                var altered = Self.intact
                altered[offset] ^= value
                TableMending.mendChecksums(&altered)
                guard let table = try? LoadedTable(altered) else {
                    refused += 1
                    continue
                }
                TableExercise.run(table.view)
            }
        }
        #expect(refused > 40)
    }
}

/// Asks a table everything that a gateway asks; a debug build checks each access.
enum TableExercise {
    static let paths = [
        "/", "/orders", "/orders/v1", "/orders/v1/", "/orders/v1/17", "/orders/v1/name", "/orders/v2/x", "/orders/v3",
        "/catalog", "/catalog/1/parts/2", "/catalog/1/parts/2/a/b", "/media", "/media/a/b/c", "/other", "//",
        "/orders//v1",
    ]

    static func run(_ view: TableView) {
        for host in ["api.example.com", "x.example.com", "other"] {
            for path in paths {
                for method in ["GET", "POST", "PURGE", "X"] {
                    let probe = TestProbe(headers: ["x-env": "canary"], versions: [0: 1, 1: 2])
                    let match = view.find(host: host, path: path, method: method, probe: probe)
                    _ = match.captureTexts(of: path)
                    guard match.route != TableLayout.none else { continue }
                    runProgram(view, view.routes[match.route].program)
                }
            }
        }
        for index in 0..<view.upstreams.count { runBalancing(view, view.upstreams[index]) }
        for version in 0..<view.versions.count {
            for instant in [Int64.min, 0, StorefrontGateway.deprecated + 150, StorefrontGateway.sunset, Int64.max] {
                _ = view.state(ofVersion: UInt32(version), at: instant)
                _ = view.announces(version: UInt32(version), at: instant)
                _ = view.nextChange(ofVersion: UInt32(version), after: instant)
            }
        }
    }

    private static func runBalancing(_ view: TableView, _ upstream: UpstreamRecord) {
        for slot in upstream.hashSlots.first..<upstream.hashSlots.first + upstream.hashSlots.count {
            _ = view.targets[upstream.targets.first + UInt32(view.hashSlots[slot])]
        }
        guard upstream.health != TableLayout.none else { return }
        let health = view.healthChecks[upstream.health]
        _ = view.string(health.path) + view.string(health.host)
        for status: UInt16 in [200, 500] {
            _ = view.holds(health.goodStatuses, status) || view.holds(health.badStatuses, status)
        }
    }

    /// Steps through both entries, with every jump taken.
    private static func runProgram(_ view: TableView, _ program: UInt32) {
        for entry in [view.programs[program].requestEntry, view.programs[program].responseEntry] {
            var offset = Int(entry)
            while let opcode = Opcode(rawValue: UInt8(truncatingIfNeeded: view.code[offset])), !opcode.isTerminal {
                let skipped = opcode == .jumpUnlessPlanned ? Int(view.code[offset + 2]) : 0
                offset += opcode.wordCount + skipped
            }
        }
    }
}
