import GatewayEmitters
import GatewayIR
import GatewayTable
import Testing

/// What a table says of edits of queries, and what becomes of it when its bytes are others.
@Suite("Edits of queries, in tables")
struct QueryTableTests {
    static let edits = QueryEdits(
        remove: ["a", "b"],
        set: [HeaderField(name: "c", value: TextTemplate(parts: [.text("x%20"), .capture(0)]))],
        add: [HeaderField(name: "d", value: TextTemplate(""))]
    )

    static var gateway: Gateway { .with([.requestQuery(edits)], name: "queries") }

    @Test("what was written is read")
    func roundTrip() throws {
        let table = try LoadedTable(Self.gateway)
        let view = table.view
        try #require(view.queryEdits.count == 1 && view.queryParameters.count == 4)
        #expect((0..<4).map { view.string(view.queryParameters[$0].name) } == ["a", "b", "c", "d"])
        #expect((0..<4).map { view.queryParameters[$0].template == TableLayout.none } == [true, true, false, false])
        #expect(
            TableReport(view, at: 0).text.contains(
                #"edit-request-query remove a; remove b; set "c=x%20{0}"; add "d=""#
            )
        )
    }

    @Test("an altered byte is refused or harmless")
    func corruption() {
        let intact = TableEmitter.emit(Self.gateway)
        #expect(TableMending.alter(intact, read: Self.read) > intact.count)
    }

    /// Everything that a gateway reads of them; a debug build checks each access.
    private static func read(_ view: TableView) {
        for index in 0..<view.queryEdits.count {
            let record = view.queryEdits[index]
            for range in [record.removals, record.settings, record.additions] {
                for parameter in range.first..<range.first + range.count {
                    let parameter = view.queryParameters[parameter]
                    #expect(parameter.name.count > 0)
                    guard parameter.template != TableLayout.none else { continue }
                    let parts = view.templates[parameter.template]
                    for part in parts.first..<parts.first + parts.count {
                        let bytes = view.bytes(view.templateParts[part].text).array
                        #expect(bytes.allSatisfy { $0 > 0x20 && $0 != 0x7F })
                    }
                }
            }
        }
        _ = TableReport(view, at: 0).text
    }
}
