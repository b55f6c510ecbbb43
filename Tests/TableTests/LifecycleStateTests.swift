import Foundation
import GatewayIR
import GatewayTable
import Testing

@Suite struct LifecycleStateTests {
    private let table: LoadedTable

    init() throws { table = try LoadedTable(StorefrontGateway.gateway) }

    /// `orders/v1` of the storefront, at and around each of its dates.
    @Test(arguments: [
        (StorefrontGateway.released - 1, LifecycleState.planned, false),
        (StorefrontGateway.released, .active, true),
        (StorefrontGateway.deprecated - 1, .active, true),
        (StorefrontGateway.deprecated, .deprecated, true),
        (StorefrontGateway.deprecated + 99, .deprecated, true),
        (StorefrontGateway.deprecated + 100, .brownout, true),
        (StorefrontGateway.deprecated + 199, .brownout, true),
        (StorefrontGateway.deprecated + 200, .deprecated, true),
        (StorefrontGateway.deprecated + 350, .brownout, true),
        (StorefrontGateway.sunset - 1, .deprecated, true),
        (StorefrontGateway.sunset, .sunset, true),
        (StorefrontGateway.retired - 1, .sunset, true),
        (StorefrontGateway.retired, .retired, false),
        (.min, .planned, false),
        (.max, .retired, false),
    ])
    func stateChangesToTheSecond(instant: Int64, state: LifecycleState, announces: Bool) {
        #expect(table.view.state(ofVersion: 3, at: instant).state == state)
        #expect(table.view.announces(version: 3, at: instant) == announces)
    }

    @Test func brownoutSaysWhichWindow() {
        let first = table.view.state(ofVersion: 3, at: StorefrontGateway.deprecated + 150).brownout
        let second = table.view.state(ofVersion: 3, at: StorefrontGateway.deprecated + 350).brownout
        #expect(table.view.brownouts[first].status == 503)
        #expect(table.view.brownouts[second].status == 429)
    }

    @Test func activeVersionAnnouncesFromItsDateOn() {
        // `catalog/v2` is announced when `orders/v1` is deprecated; `catalog/v1` has nothing to announce.
        #expect(!table.view.announces(version: 1, at: StorefrontGateway.deprecated - 1))
        #expect(table.view.announces(version: 1, at: StorefrontGateway.deprecated))
        #expect(!table.view.announces(version: 0, at: .max - 1))
    }

    @Test func nothingChangesBeforeTheNextChange() {
        for version in 0..<UInt32(table.view.versions.count) {
            var instant = StorefrontGateway.released - 10
            while true {
                let next = table.view.nextChange(ofVersion: version, after: instant)
                #expect(next > instant)
                guard next != TableLayout.never else { break }
                let before = table.view.state(ofVersion: version, at: instant)
                #expect(table.view.state(ofVersion: version, at: next - 1) == before)
                #expect(
                    table.view.announces(version: version, at: next - 1)
                        == table.view.announces(version: version, at: instant)
                )
                instant = next
            }
        }
    }

    @Test func headersSayWhatTheDatesSay() throws {
        let lines = table.view.string(table.view.versions[3].headerLines)
        #expect(
            lines == """
                Deprecation: @1780272000\r
                Sunset: Thu, 31 Dec 2026 23:59:59 GMT\r
                Link: <https://developer.example.com/orders/v1-to-v2>; rel="deprecation"; type="text/html"\r
                Link: <https://developer.example.com/orders/v1-to-v2>; rel="sunset"; type="text/html"\r
                Link: </orders/v2/>; rel="successor-version"\r\n
                """
        )
        // Without a deprecation there is no link to it, and a quote cannot end the reference.
        #expect(
            table.view.string(table.view.versions[1].headerLines) == """
                Sunset: Thu, 31 Dec 2026 23:59:59 GMT\r
                Link: <https://developer.example.com/catalog?a=%22b%22>; rel="sunset"; type="text/html"\r\n
                """
        )
        #expect(table.view.versions[0].headerLines.count == 0)
        #expect(table.view.string(table.view.apis[0].varyLine) == "Vary: x-api-version\r\n")
        #expect(table.view.string(table.view.apis[1].varyLine) == "Vary: Accept\r\n")
        #expect(table.view.apis[2].varyLine.count == 0)
    }

    @Test func goneBodyIsAProblem() throws {
        let body = table.view.string(table.view.versions[3].goneBody)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        #expect(object["type"] as? String == "urn:apic:problem:version-sunset")
        #expect(object["status"] as? Int == 410)
        #expect(object["sunset"] as? String == "2026-12-31T23:59:59Z")
        #expect(object["successor"] as? String == "/orders/v2/")
        #expect(object["docs"] as? String == "https://developer.example.com/orders/v1-to-v2")
        let quoted = table.view.string(table.view.versions[1].goneBody)
        let other = try #require(try JSONSerialization.jsonObject(with: Data(quoted.utf8)) as? [String: Any])
        #expect(other["docs"] as? String == "https://developer.example.com/catalog?a=\"b\"")
    }
}
