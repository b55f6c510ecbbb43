import GatewayEmitters
import GatewayIR
import GatewayTable
import Testing

/// What a table says of edits of bodies, and what becomes of it when its bytes are others.
@Suite("Edits of bodies, in tables")
struct BodyTableTests {
    static let edits = BodyEdits(
        edits: [
            .init(path: ["a", "b"], action: .remove), .init(path: ["a", "c"], action: .set(#"{"x":1}"#)),
            .init(path: ["d"], action: .add("null")),
        ],
        byteCountMax: 1024
    )

    static var gateway: Gateway { .with([.requestBody(edits)], name: "bodies") }

    @Test("what was written is read")
    func roundTrip() throws {
        let table = try LoadedTable(Self.gateway)
        let view = table.view
        try #require(view.bodyEdits.count == 1 && view.bodyOperations.count == 3)
        #expect(view.bodyEdits[0].byteCountMax == 1024 && view.bodyEdits[0].operations.count == 3)
        #expect((0..<3).map { view.bodyOperations[$0].kind } == [0, 1, 2])
        #expect((0..<3).map { view.string(view.bodyOperations[$0].value) } == ["", #"{"x":1}"#, "null"])
        let text = TableReport(view, at: 0).text
        #expect(text.contains("edit-request-body remove a.b, set a.c: "), "\(text)")
        #expect(text.contains("add d: \"null\"; at most 1024 bytes"))
    }

    @Test("an altered byte is refused or harmless")
    func corruption() {
        let intact = TableEmitter.emit(Self.gateway)
        #expect(TableMending.alter(intact, read: Self.read) > intact.count)
    }

    /// Everything that a gateway reads of them; a debug build checks each access.
    private static func read(_ view: TableView) {
        for index in 0..<view.bodyEdits.count {
            let edits = view.bodyEdits[index]
            #expect(edits.byteCountMax <= 65_536 && (1...32).contains(edits.operations.count))
            for index in edits.operations.first..<edits.operations.first + edits.operations.count {
                let operation = view.bodyOperations[index]
                #expect((1...8).contains(operation.names.count))
                for name in operation.names.first..<operation.names.first + operation.names.count {
                    _ = view.bytes(view.tokenTexts[name]).array
                }
                _ = view.bytes(operation.value).array
            }
        }
        _ = TableReport(view, at: 0).text
    }
}
