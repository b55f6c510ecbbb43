import GatewayEmitters
import GatewayIR
import GatewayTable
import Testing

/// What a table says of tokens, and what becomes of it when its bytes are others.
@Suite("Tokens in tables")
struct TokenTableTests {
    static let settings = TokenSettings(
        source: .header("X-Token"),
        keys: [
            TokenKey(id: "old", algorithm: .hs256, source: .secret(.environment("SECRET"))),
            TokenKey(algorithm: .ps512, source: .secret(.file("/etc/key.pem"))), TokenKey(source: .text("{}")),
        ],
        remoteKeys: RemoteKeys(url: "https://login.example/", isIssuer: true, authorities: "ca.pem"),
        algorithms: [.hs256, .ps512, .edDSA],
        issuer: "https://login.example/",
        audiences: ["orders", "shop"],
        skewSeconds: 10,
        lifetimeSecondsMax: 3_600,
        requirements: [ClaimRequirement(claim: "tenant", values: ["blue", "red"])],
        headers: [ClaimHeader(header: "X-Subject", claim: "sub")],
        consumerClaim: "sub",
        forwardsCredential: true
    )

    static var gateway: Gateway {
        let scopes = ClaimRequirement(claim: "scope", values: ["orders"], needsAll: true)
        return .with(
            [.jwt(settings), .acl(.claims([scopes]))],
            name: "tokens",
            consumers: [Consumer(name: "acme")],
            credentials: [
                Credential(consumer: 0, id: "a", scheme: .token, key: .digest([UInt8](repeating: 7, count: 32)))
            ]
        )
    }

    @Test("what was written is read")
    func roundTrip() throws {
        let table = try LoadedTable(Self.gateway)
        let view = table.view
        try #require(view.tokenPolicies.count == 1 && view.tokenKeys.count == 3 && view.keySources.count == 1)
        let policy = view.tokenPolicies[0]
        #expect(view.string(policy.placeName) == "x-token" && policy.place == 0 && policy.forwards)
        #expect(view.string(policy.issuer) == "https://login.example/" && view.string(policy.consumerClaim) == "sub")
        #expect(policy.algorithms == 1 | 1 << 8 | 1 << 12)
        #expect(policy.skewSeconds == 10 && policy.lifetimeSecondsMax == 3_600)
        #expect(Self.texts(policy.audiences, view) == ["orders", "shop"])
        let source = view.keySources[policy.keySource]
        #expect(source.isIssuer && view.string(source.authorities) == "ca.pem")
        #expect((0..<3).map { view.tokenKeys[$0].kind } == [1, 2, 0])
        #expect((0..<3).map { view.tokenKeys[$0].algorithm } == [0, 8, TableLayout.none])
        let needed = view.claimRequirements[policy.requirements.first]
        #expect(view.string(needed.claim) == "tenant" && Self.texts(needed.values, view) == ["blue", "red"])
        #expect(view.string(view.claimHeaders[policy.headers.first].headerLowercase) == "x-subject")
        #expect(view.credentials[0].scheme == CredentialScheme.token.rawValue)
    }

    @Test("an altered byte is refused or harmless")
    func corruption() {
        let intact = TableEmitter.emit(Self.gateway)
        #expect(TableMending.alter(intact, read: Self.read) > intact.count)
    }

    private static func texts(_ range: RangeRecord, _ view: TableView) -> [String] {
        (range.first..<range.first + range.count).map { view.string(view.tokenTexts[$0]) }
    }

    /// Everything that a gateway reads of tokens; a debug build checks each access.
    private static func read(_ view: TableView) {
        for index in 0..<view.tokenPolicies.count {
            let policy = view.tokenPolicies[index]
            for text in [policy.placeName, policy.issuer, policy.consumerClaim] { _ = view.bytes(text).array }
            _ = texts(policy.audiences, view)
            for key in policy.keys.first..<policy.keys.first + policy.keys.count {
                _ = view.bytes(view.tokenKeys[key].id).array + view.bytes(view.tokenKeys[key].value).array
            }
            for needed in policy.requirements.first..<policy.requirements.first + policy.requirements.count {
                _ = view.bytes(view.claimRequirements[needed].claim).array
                _ = texts(view.claimRequirements[needed].values, view)
            }
            for header in policy.headers.first..<policy.headers.first + policy.headers.count {
                _ = view.bytes(view.claimHeaders[header].header).array
                _ = view.bytes(view.claimHeaders[header].claim).array
            }
            guard policy.keySource != TableLayout.none else { continue }
            _ = view.string(view.keySources[policy.keySource].url)
            _ = view.string(view.keySources[policy.keySource].authorities)
        }
        // Instructions that ask for claims.
        _ = TableReport(view, at: 0).text
    }
}
