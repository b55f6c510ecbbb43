import GatewayEmitters
import GatewayIR
import GatewayTable
import Testing

/// What a table says of signatures over requests, and what becomes of it when its bytes are others.
@Suite("Signatures in tables")
struct SignatureTableTests {
    static let settings = SignatureSettings(
        schemes: [.messageSignatures, .kong],
        components: [.method, .requestTarget, .field("content-digest"), .field("x-tenant")],
        label: "mine",
        lifetimeSeconds: 60,
        skewSeconds: 5,
        forwardsCredential: true
    )

    static var gateway: Gateway {
        let credential = Credential(
            consumer: 0,
            id: "a",
            scheme: .signature(keyID: "acme-2026"),
            key: .secret(.file("/run/secret"))
        )
        return .with(
            [.hmacAuth(settings)],
            name: "signed",
            consumers: [Consumer(name: "acme")],
            credentials: [credential]
        )
    }

    @Test("what was written is read")
    func roundTrip() throws {
        let table = try LoadedTable(Self.gateway)
        let view = table.view
        try #require(view.signaturePolicies.count == 1)
        let policy = view.signaturePolicies[0]
        #expect(view.string(policy.label) == "mine" && policy.lifetimeSeconds == 60 && policy.skewSeconds == 5)
        #expect(policy.takesMessages && policy.takesKong && policy.forwards)
        #expect(
            policy.parts == SignedParts.method | SignedParts.path | SignedParts.query | SignedParts.bodyDigest
        )
        #expect(Self.fields(policy, view) == ["x-tenant"])
        #expect(
            view.string(policy.challenge)
                == "Accept-Signature: mine=(\"@method\" \"@request-target\" \"content-digest\" "
                + "\"x-tenant\");created;alg=\"hmac-sha256\"\r\n"
        )
        let credential = view.credentials[0]
        #expect(credential.scheme == CredentialScheme.signature.rawValue && credential.kind == 2)
        #expect(view.string(credential.username) == "acme-2026" && view.string(credential.secret) == "/run/secret")
        #expect(
            TableReport(view, at: 0).text.contains(
                "authenticate-signature message-signatures or kong labelled mine over @method @path @query content-digest "
                    + "x-tenant, at most 60 s old, forwarded"
            )
        )
    }

    @Test("an altered byte is refused or harmless")
    func corruption() {
        let intact = TableEmitter.emit(Self.gateway)
        #expect(TableMending.alter(intact, read: Self.read) > intact.count)
    }

    private static func fields(_ policy: SignaturePolicyRecord, _ view: TableView) -> [String] {
        (policy.fields.first..<policy.fields.first + policy.fields.count).map { view.string(view.tokenTexts[$0]) }
    }

    /// Everything that a gateway reads of them; a debug build checks each access.
    private static func read(_ view: TableView) {
        for index in 0..<view.signaturePolicies.count {
            let policy = view.signaturePolicies[index]
            _ = view.bytes(policy.label).array
            let lines = view.bytes(policy.challenge).array
            #expect(lines.isEmpty || lines.suffix(2) == [13, 10])
            _ = fields(policy, view)
        }
        for index in 0..<view.credentials.count { _ = view.bytes(view.credentials[index].username).array }
        _ = TableReport(view, at: 0).text
    }
}
