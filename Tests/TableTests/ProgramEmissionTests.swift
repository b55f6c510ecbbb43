import GatewayEmitters
import GatewayIR
import GatewayTable
import Testing

@Suite struct ProgramEmissionTests {
    private let table: LoadedTable

    init() throws { table = try LoadedTable(StorefrontGateway.gateway) }

    @Test func equalGatewaysGiveEqualBytes() {
        #expect(TableEmitter.emit(StorefrontGateway.gateway) == TableEmitter.emit(StorefrontGateway.gateway))
    }

    @Test func stepsComeInTheOrderOfThePhases() {
        let match = table.view.find(host: "other", path: "/orders/v1/7", method: "GET")
        #expect(
            opcodes(match, \.requestEntry) == [
                .requestID, .admitAddress, .crossOrigin, .gate, .limitBody, .authenticateKey, .requireGroup, .takeToken,
                .editRequestHeaders, .proxy,
            ]
        )
        #expect(
            opcodes(match, \.responseEntry) == [
                .editResponseHeaders, .editResponseHeaders, .editResponseHeaders, .stampRequestID, .stampCrossOrigin,
                .stampRateLimit, .stampLifecycle, .end,
            ]
        )
    }

    @Test func aPreviewIsDecidedBehindAuthentication() {
        let match = table.view.find(host: "other", path: "/orders/v3", method: "GET")
        #expect(
            opcodes(match, \.requestEntry) == [
                .requestID, .admitAddress, .crossOrigin, .gateUnlessPlanned, .limitBody, .authenticateKey,
                .jumpUnlessPlanned, .admitPreview, .requireGroup, .takeToken, .editRequestHeaders, .proxy,
            ]
        )
    }

    @Test func anAnswerOfItsOwnEndsTheProgram() {
        let probe = TestProbe(headers: ["x-env": "canary"], versions: [0: 0])
        let path = "/catalog/1/parts/2/a/b"
        let match = table.view.find(host: "api.example.com", path: path, method: "PURGE", probe: probe)
        #expect(opcodes(match, \.requestEntry) == [.gate, .authenticateKey, .requireGroup, .respond])
        // The header with a capture in it is set like an edit.
        #expect(opcodes(match, \.responseEntry) == [.editResponseHeaders, .stampLifecycle, .end])
        #expect(match.captureTexts(of: path) == ["1", "2", "a/b"])
    }

    @Test func routesWithEqualChainsShareAProgram() {
        let one = table.view.find(host: "other", path: "/orders/v2/x", method: "HEAD")
        let other = table.view.find(host: "other", path: "/orders/v2/x", method: "DELETE")
        #expect(one.route != other.route)
        #expect(table.view.routes[one.route].program == table.view.routes[other.route].program)
    }

    @Test func targetsAreCalledByTheirAuthority() {
        let authorities = (0..<table.view.targets.count).map { table.view.string(table.view.targets[$0].authority) }
        #expect(authorities == ["[::1]", "orders-a:8080", "orders-b:8443"])
    }

    @Test func theMostGenerousTierComesFirst() {
        // Two a second are more than fifty a minute.
        let tiers = table.view.rateLimits[0].tiers
        #expect((0..<2).map { table.view.rateTiers[tiers.first + $0].group } == [1, 0])
    }

    @Test func theAccessLogKnowsAllFields() {
        #expect(AccessLogField.allCases.count == Int(TableLayout.accessLogFieldCount))
        #expect(table.view.gateway.accessLogFields == 1 << TableLayout.accessLogFieldCount - 1)
    }

    private func opcodes(_ match: RouteMatch, _ entry: KeyPath<ProgramRecord, UInt32>) -> [Opcode] {
        guard match.route != TableLayout.none else { return [] }
        let view = table.view
        var opcodes: [Opcode] = []
        var offset = Int(view.programs[view.routes[match.route].program][keyPath: entry])
        while let opcode = Opcode(rawValue: UInt8(truncatingIfNeeded: view.code[offset])) {
            opcodes.append(opcode)
            if opcode.isTerminal { break }
            offset += opcode.wordCount
        }
        return opcodes
    }
}
