import GatewayEmitters
import GatewayIR
import GatewayTable
import Testing

/// What a table says of servers that are asked about requests, and what becomes of it when its bytes are others.
@Suite("Servers that are asked, in tables")
struct ConsultingTableTests {
    static let settings = ForwardAuthSettings(
        upstream: 1,
        path: "/verify?a=b",
        timeout: 750,
        requestHeaders: ["Authorization", "X-Tenant"],
        upstreamHeaders: ["X-User"],
        clientHeaders: ["Set-Cookie", "X-Left"],
        passesOnFailure: true
    )

    static let introspection = IntrospectionSettings(
        token: TokenSettings(source: .query("token"), audiences: ["shop"], consumerClaim: "client_id"),
        upstream: 1,
        path: "/introspect",
        timeout: 900,
        clientID: "gate",
        clientSecret: .file("/run/secret"),
        keepsSeconds: 30,
        keepsRefusedSeconds: 2
    )

    static var gateway: Gateway {
        .with(
            [.oauth2Introspection(introspection), .forwardAuth(settings)],
            name: "asking",
            upstreams: [
                Upstream(name: "u", targets: [Target(host: "127.0.0.1", port: 8080)]),
                Upstream(name: "gatekeeper", targets: [Target(host: "127.0.0.1", port: 9000)]),
            ]
        )
    }

    @Test("what was written is read")
    func roundTrip() throws {
        let table = try LoadedTable(Self.gateway)
        let view = table.view
        try #require(view.authorizers.count == 1 && view.fieldNames.count == 5)
        let record = view.authorizers[0]
        #expect(view.string(record.path) == "/verify?a=b" && record.upstream == 1 && record.timeout == 750)
        #expect(record.passesOnFailure && record.removesAuthorization)
        #expect(Self.names(record.requestHeaders, view) == ["authorization", "x-tenant"])
        #expect(Self.names(record.upstreamHeaders, view) == ["x-user"])
        #expect(Self.names(record.clientHeaders, view) == ["set-cookie", "x-left"])
        try #require(view.introspections.count == 1 && view.tokenPolicies.count == 1)
        let question = view.introspections[0]
        #expect(view.string(question.path) == "/introspect" && view.string(question.clientID) == "gate")
        #expect(view.string(question.secret) == "/run/secret" && question.secretKind == 2)
        #expect(question.upstream == 1 && question.timeout == 900)
        #expect(question.keepsSeconds == 30 && question.keepsRefusedSeconds == 2)
        #expect(view.string(view.tokenPolicies[question.policy].placeName) == "token")
        #expect(TableReport(view, at: 0).text.contains("ask-authorizer gatekeeper for \"/verify?a=b\" within 750 ms"))
    }

    @Test("an altered byte is refused or harmless")
    func corruption() {
        let intact = TableEmitter.emit(Self.gateway)
        #expect(TableMending.alter(intact, read: Self.read) > intact.count)
    }

    private static func names(_ range: RangeRecord, _ view: TableView) -> [String] {
        (range.first..<range.first + range.count).map { view.string(view.fieldNames[$0]) }
    }

    /// Everything that a gateway reads of them; a debug build checks each access.
    private static func read(_ view: TableView) {
        for index in 0..<view.authorizers.count {
            let record = view.authorizers[index]
            let path = view.bytes(record.path).array
            #expect(path.first == UInt8(ascii: "/") && path.allSatisfy { $0 > 0x20 && $0 != 0x7F })
            _ = view.upstreams[record.upstream].name
            for range in [record.requestHeaders, record.upstreamHeaders, record.clientHeaders] {
                #expect(names(range, view).allSatisfy { !$0.isEmpty })
            }
        }
        for index in 0..<view.introspections.count {
            let record = view.introspections[index]
            for text in [record.path, record.clientID, record.secret] { #expect(!view.bytes(text).array.isEmpty) }
            _ = view.upstreams[record.upstream].name
            _ = view.tokenPolicies[record.policy].placeName
        }
        _ = TableReport(view, at: 0).text
    }
}
