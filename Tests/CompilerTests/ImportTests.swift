import GatewayCompiler
import TestSupport
import Testing

/// Files of strangers: whatever is in them, an import ends with a spec or with a reason.
@Suite("Imports of hostile files")
struct ImportTests {
    private static let kong = """
        _format_version: "3.0"
        services:
        - name: orders
          url: http://pool/base/
          retries: 3
          plugins: [ { name: key-auth, config: { key_names: [ "a", "b" ] } }, { name: cors, config: { origins: [ "https://x.example" ], max_age: 5 } } ]
          routes:
          - { name: a, paths: [ /a, "~/b/(?<id>\\\\d+)$" ], methods: [ GET ], hosts: [ "*.example", a.example ], headers: { X-Env: [ a, b ] } }
          - { name: b, id: "2", strip_path: false, plugins: [ { name: rate-limiting, config: { minute: 5, limit_by: ip } } ] }
        upstreams: [ { name: pool, targets: [ { target: "h:80", weight: 10 }, { target: "i:80", weight: 20 } ] } ]
        consumers: [ { username: acme, acls: [ { group: g } ], keyauth_credentials: [ { key: k } ] } ]
        plugins: [ { name: request-transformer, config: { add: { headers: [ "X: {y}" ] } } } ]

        """

    private static let openAPI = """
        openapi: 3.0.3
        info: { title: Orders, version: "2" }
        servers: [ { url: "https://h.example/b" } ]
        paths: { "/a/{b}": { get: { security: [ { k: [] } ], deprecated: true }, post: {} } }
        components: { securitySchemes: { k: { type: apiKey, in: header, name: X } } }

        """

    private static let script = """
        docker run -d -e "KONG_ROLE=data_plane" \
          -e 'KONG_CLUSTER_CERT=-----BEGIN CERTIFICATE-----\n' --publish 8000:8000 kong/kong-gateway:3.9
        """

    /// Bytes that were changed, dropped, doubled, or cut off.
    private static func mutations(of text: String, _ count: Int) -> [[UInt8]] {
        var random = SeededRandom(seed: 7)
        let telling = Array("{}[]:,\"'\\\n -#&*!|>%@`~$/.0".utf8)
        return (0..<count).map { _ in
            var bytes = Array(text.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[position] = telling.randomElement(using: &random) ?? 0
                case 1: bytes.remove(at: position)
                case 2: bytes.insert(contentsOf: bytes[position...].prefix(20), at: position)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: position)
                }
                if bytes.count < 2 { break }
            }
            return bytes
        }
    }

    @Test("a Kong file with mistakes never traps, and what is written can be read")
    func kongFiles() {
        for bytes in [Array(Self.kong.utf8)] + Self.mutations(of: Self.kong, 600) {
            let imported = KongImport.translate(SourceFile(path: "kong.yml", bytes: bytes), gateway: "g")
            #expect(!imported.spec.isEmpty || !imported.diagnostics.isEmpty)
            guard !imported.spec.isEmpty else { continue }
            let file = SourceFile(path: "api.yaml", bytes: Array(imported.spec.utf8))
            let compilation = Compiler.compile([file], buildEnvironment: [:])
            // It may be a wrong spec, but it is YAML.
            #expect(compilation.diagnostics.allSatisfy { !$0.code.id.hasPrefix("E01") }, "\(imported.spec)")
        }
    }

    @Test("nor does a description")
    func descriptions() {
        for bytes in [Array(Self.openAPI.utf8)] + Self.mutations(of: Self.openAPI, 600) {
            let imported = OpenAPIImport.translate(SourceFile(path: "openapi.yaml", bytes: bytes), gateway: "g")
            #expect(!imported.spec.isEmpty || !imported.diagnostics.isEmpty || !imported.notes.isEmpty)
            guard !imported.spec.isEmpty else { continue }
            let file = SourceFile(path: "api.yaml", bytes: Array(imported.spec.utf8))
            let compilation = Compiler.compile([file], buildEnvironment: [:])
            #expect(compilation.diagnostics.allSatisfy { !$0.code.id.hasPrefix("E01") }, "\(imported.spec)")
        }
    }

    @Test("nor does a script")
    func scripts() {
        for bytes in Self.mutations(of: Self.script, 2_000) {
            let outcome = KonnectImport.translate(bytes, node: "n")
            #expect(!outcome.files.isEmpty || !outcome.notes.isEmpty)
        }
    }

    @Test("the sample builds as it is")
    func sample() {
        let imported = KongImport.translate(SourceFile(path: "kong.yml", bytes: Array(Self.kong.utf8)), gateway: "g")
        let file = SourceFile(path: "api.yaml", bytes: Array(imported.spec.utf8))
        let compilation = Compiler.compile([file], buildEnvironment: [:])
        #expect(compilation.gateway != nil, "\(compilation.diagnostics) \(imported.spec)")
        #expect(imported.secrets.map(\.variable) == ["KONG_ACME_1"])
        #expect(imported.secrets.map(\.value) == ["k"])
    }
}
