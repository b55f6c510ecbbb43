import Foundation
import GatewayIR
import GatewayTable
import TestSupport
import Testing

@Suite struct TextFormTests {
    @Test func dumpOfAGateway() {
        expectGolden(GatewayDump(StorefrontGateway.gateway).text, at: "Tests/TableTests/Goldens/storefront.ir.txt")
    }

    @Test func reportOfATable() throws {
        let table = try LoadedTable(StorefrontGateway.gateway)
        let report = TableReport(table.view, at: StorefrontGateway.deprecated + 150)
        expectGolden(report.text, at: "Tests/TableTests/Goldens/storefront.report.txt")
        expectGolden(report.json, at: "Tests/TableTests/Goldens/storefront.report.json")
    }

    @Test func reportIsJSON() throws {
        let table = try LoadedTable(StorefrontGateway.gateway)
        let json = TableReport(table.view, at: 0).json
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect((object["routes"] as? [Any])?.count == StorefrontGateway.gateway.routes.count)
        #expect((object["gateway"] as? [String: Any])?["name"] as? String == "storefront")
    }

    @Test func reportHoldsNoDigestOfAKey() throws {
        let table = try LoadedTable(StorefrontGateway.gateway)
        let report = TableReport(table.view, at: 0)
        for text in [report.text, report.json] {
            #expect(!text.contains("07070707"))
            #expect(text.contains("acme-1 by digest"))
        }
    }

    @Test func everyRouteIsNamedAsWritten() throws {
        let table = try LoadedTable(StorefrontGateway.gateway)
        let written = Set(StorefrontGateway.gateway.routes.map { "\($0.host.text) \($0.path.text)" })
        let named = Set(
            (0..<UInt32(table.view.routes.count)).map {
                "\(table.view.host(ofRoute: $0)) \(table.view.path(ofRoute: $0))"
            }
        )
        #expect(named == written)
    }
}
