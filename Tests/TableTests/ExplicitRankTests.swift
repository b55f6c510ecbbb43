import Digests
import GatewayIR
import GatewayTable
import Testing

/// Byte prefixes, whole-path automata and ranks that the spec gives: what routes taken over from elsewhere need. The
/// table is put together by hand.
@Suite struct ExplicitRankTests {
    /// Routes 0 to 4: `/service` exactly, `/service` as a byte prefix, `/se` as a byte prefix, a tail at the root, and
    /// a path of digits and slashes.
    private static func table(ranks: [UInt32], isExhaustive: Bool = true) throws -> LoadedTable {
        var text: [UInt8] = []
        func add(_ string: String) -> TextReference {
            defer { text += Array(string.utf8) }
            return TextReference(offset: UInt32(text.count), count: UInt32(string.utf8.count))
        }
        var writer = TableWriter()
        var gateway = GatewayRecord()
        (gateway.headBytesMax, gateway.headerCountMax, gateway.connectionCountMax) = (1, 1, 1)
        writer.set(.gateway, [gateway])
        var root = TreeNodeRecord()
        root.kind = TreeNodeRecord.hasLiteralsFlag | TreeNodeRecord.hasTailFlag | TreeNodeRecord.hasExtraFlag
        root.link = 0
        var service = TreeNodeRecord()
        let label = add("service")
        (service.parent, service.labelOffset, service.labelByteCount) = (0, label.offset, UInt16(label.count))
        service.labelSegmentCount = 1
        (service.kind, service.link) = (TreeNodeKind.literal.rawValue | TreeNodeRecord.hasExactFlag, 0)
        writer.set(.treeNodes, [root, service])
        let hash = Array("service".utf8).withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { LiteralHash.hash(parent: 0, $0, bytes.count) } ?? 0
        }
        let slots = LiteralHash.slot(hash, slotCount: 2) == 0 ? [0, 1] : [1, 0]
        writer.set(.literalSlots, slots.map { $0 == 0 ? LiteralHash.word(hash, node: 1) : TableLayout.none })
        var extra = NodeExtraRecord()
        (extra.routes, extra.prefixes) = (3, 0)
        writer.set(.nodeExtras, [extra])
        var prefixes = [PrefixEdgeRecord(), PrefixEdgeRecord()]
        (prefixes[0].prefix, prefixes[0].routeAndFlag) = (add("/service"), 1)
        (prefixes[1].prefix, prefixes[1].routeAndFlag) = (add("/se"), 2 | PrefixEdgeRecord.isLastFlag)
        writer.set(.prefixEdges, prefixes)
        var host = HostRecord()
        (host.isExhaustive, host.wholePathEdges) = (isExhaustive ? 1 : 0, RangeRecord(first: 0, count: 1))
        writer.set(.hosts, [host])
        var edge = WholePathEdgeRecord()
        edge.route = 4
        writer.set(.wholePathEdges, [edge])
        setAutomaton(&writer)
        setRoutes(&writer, ranks)
        writer.set(.text, text)
        return try LoadedTable(writer.finish { SHA256.digest($0).bytes })
    }

    private static func setAutomaton(_ writer: inout TableWriter) {
        let source = Automaton.oneOrMore(of: "0123456789/", source: "[0-9/]+")
        let transitions = source.transitions.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        var automaton = AutomatonRecord()
        (automaton.stateCount, automaton.classCount) = (2, 2)
        automaton.classesOffset = UInt32(transitions.count)
        automaton.acceptingOffset = automaton.classesOffset + 256
        writer.set(.automata, [automaton])
        writer.set(.automatonBytes, transitions + source.classes + [0, 1])
    }

    private static func setRoutes(_ writer: inout TableWriter, _ ranks: [UInt32]) {
        writer.set(
            .routes,
            ranks.enumerated().map { index, rank in
                var route = RouteRecord()
                (route.rank, route.methods, route.flags) = (rank, MethodTable.anyBit, RouteRecord.isLastFlag)
                (route.node, route.captureCount) = (index == 0 ? 1 : 0, index == 0 ? 0 : 1)
                return route
            }
        )
        writer.set(.conditionSets, [RangeRecord()])
        var api = APIRecord()
        api.versions = RangeRecord(first: 0, count: 1)
        writer.set(.apis, [api])
        writer.set(.versions, [VersionRecord()])
        writer.set(.programs, [ProgramRecord(requestEntry: 0, responseEntry: 2)])
        writer.set(.responses, [answer])
        writer.set(.code, [Opcode.respond.word(), 0, Opcode.end.word()])
    }

    private static var answer: ResponseRecord {
        var answer = ResponseRecord()
        answer.status = 200
        return answer
    }

    @Test(
        arguments: [
            ("/service", [10, 20, 30, 5, 1], 2), ("/service", [40, 20, 30, 5, 1], 0),
            ("/service", [10, 20, 3, 5, 1], 1),
            ("/service", [10, 20, 30, 50, 1], 3), ("/service2", [40, 20, 10, 5, 1], 1),
            ("/service/", [40, 20, 10, 5, 1], 0),
            ("/serv", [40, 20, 10, 5, 1], 2), ("/other", [40, 20, 10, 5, 1], 3), ("/12/3", [40, 20, 10, 5, 1], 3),
            ("/12/3", [40, 20, 10, 5, 6], 4), ("/12/x", [40, 20, 10, 5, 6], 3), ("/", [1, 2, 3, 4, 5], 4),
        ] as [(String, [UInt32], UInt32)]
    )
    func theGreatestRankWins(path: String, ranks: [UInt32], route: UInt32) throws {
        let table = try ExplicitRankTests.table(ranks: ranks)
        #expect(table.view.find(host: "", path: path, method: "GET").route == route)
    }

    @Test func capturesAreThoseOfTheWinner() throws {
        let table = try ExplicitRankTests.table(ranks: [10, 20, 30, 50, 1])
        #expect(
            table.view.find(host: "", path: "/service/a", method: "GET").captureTexts(of: "/service/a") == ["service/a"]
        )
        let other = try ExplicitRankTests.table(ranks: [10, 20, 60, 50, 1])
        // Of a route by bytes, what matches of the path.
        #expect(other.view.find(host: "", path: "/service/a", method: "GET").captureTexts(of: "/service/a") == ["/se"])
    }

    @Test func withoutRanksOfItsOwnTheFirstMatchWins() throws {
        let table = try ExplicitRankTests.table(ranks: [10, 20, 30, 50, 60], isExhaustive: false)
        #expect(table.view.find(host: "", path: "/service", method: "GET").route == 0)
    }
}
