import Foundation
import TestSupport
import Testing

/// Who calls: several ways to say so, alone and together, and credentials with dates.
@Suite("c07 plugins: basic-auth, authentication, dates")
struct AuthenticationScenario {
    static let environment = [
        "ACME_KEY": "acme-key", "OLD": "old-key", "NEXT": "next-key", "NOW": "now-key", "GLOBEX_KEY": "globex-key",
        "ACME_PASSWORD": "s3cret: with colon", "ACME_NEXT_PASSWORD": "n3xt",
    ]

    private static func spec(_ upstream: ScriptedUpstream) -> String {
        """
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        consumers:
          acme:
            groups: [ partners ]
            credentials:
              - { key: "${env:ACME_KEY}", id: acme-key }
              - { key: "${env:OLD}", id: acme-old, expires: 2020-01-01 }
              - { key: "${env:NEXT}", id: acme-next, not-before: 2999-01-01 }
              - { key: "${env:NOW}", id: acme-now, not-before: 2020-01-01, expires: 2999-01-01 }
              - { basic: { username: acme, password: "${env:ACME_PASSWORD}" }, id: acme-basic }
              - { basic: { username: acme, password: "${env:ACME_NEXT_PASSWORD}" }, id: acme-basic-next }
          globex: { credentials: [ { key: "${env:GLOBEX_KEY}" } ] }
          guest: { groups: [ guests ] }
        apis:
          shop:
            path: /shop
            upstream: up
            versions:
              v1:
                routes:
                  - { match: GET /key, plugins: [ key-auth ] }
                  - match: GET /places
                    plugins: [ key-auth: { header: [ apikey, X-Key ], query: key, cookie: key } ]
                  - { match: GET /basic, plugins: [ basic-auth ] }
                  - { match: GET /shown, plugins: [ { basic-auth: { forward-credential: true } } ] }
                  - { match: GET /any, plugins: [ key-auth, basic-auth, { authentication: { require: any } } ] }
                  - { match: GET /all, plugins: [ key-auth, basic-auth, { authentication: { require: all } } ] }
                  - match: GET /guests
                    plugins: [ key-auth, { authentication: { anonymous: guest } } ]
                  - match: GET /partners
                    plugins: [ key-auth, { authentication: { anonymous: guest } }, { acl: { allow: [ partners ] } } ]
        """
    }

    private static func basic(_ text: String) -> String {
        "Authorization: Basic " + Data(text.utf8).base64EncodedString()
    }

    private static let acme = basic("acme:s3cret: with colon")

    /// Path, fields, and the credential's id; `nil` is 401.
    private static let cases: [(String, [String], String?)] = [
        ("key", ["apikey: acme-key"], "acme-key"), ("key", ["apikey: now-key"], "acme-now"),
        ("key", ["apikey: old-key"], nil), ("key", ["apikey: next-key"], nil),
        // What is known of other schemes is no key.
        ("key", ["apikey: acme:s3cret: with colon"], nil),

        ("places", ["X-Key: acme-key"], "acme-key"), ("places", ["apikey: acme-key"], "acme-key"),
        ("places?key=acme-key", [], "acme-key"), ("places", ["Cookie: key=acme-key"], "acme-key"),
        ("places?key=now-key", ["X-Key: acme-key"], "acme-now"), ("places", [], nil),
        ("places?key=globex-key", ["X-Key: acme-key"], nil), ("places?key=wrong", ["X-Key: acme-key"], nil),
        ("places?key=acme-key&key=acme-key", ["X-Key: acme-key"], nil),

        ("basic", [acme], "acme-basic"), ("basic", [basic("acme:n3xt")], "acme-basic-next"),
        ("basic", [acme.replacingOccurrences(of: "Basic", with: "bASIC")], "acme-basic"),
        ("basic", [acme.replacingOccurrences(of: "=", with: "")], "acme-basic"),
        ("basic", [], nil), ("basic", [basic("acme:wrong")], nil), ("basic", [basic("globex:n3xt")], nil),
        ("basic", [basic("acme")], nil), ("basic", [basic(":s3cret: with colon")], nil),
        ("basic", [acme, acme], nil), ("basic", [acme + "!"], nil), ("basic", ["Authorization: Basic"], nil),
        ("basic", ["Authorization: Bearer abc"], nil), ("basic", ["apikey: acme-key"], nil),

        ("any", [acme], "acme-basic"), ("any", ["apikey: acme-key"], "acme-key"), ("any", [], nil),
        ("any", ["apikey: acme-key", acme], "acme-basic"), ("any", ["apikey: globex-key", acme], nil),
        ("any", ["apikey: wrong", acme], nil), ("any", ["apikey: acme-key", basic("acme:wrong")], nil),
        ("any", ["apikey: acme-key", "Authorization: Bearer abc"], "acme-key"),

        ("all", [acme], nil), ("all", ["apikey: acme-key"], nil), ("all", ["apikey: acme-key", acme], "acme-basic"),
        ("all", ["apikey: globex-key", acme], nil),
    ]

    @Test("a valid credential names the consumer, anything else is 401 and goes nowhere")
    func credentials() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        for (path, fields, id) in Self.cases {
            upstream.forget()
            let answer = try gateway.ask("GET /shop/v1/\(path)", fields)
            let comment: Comment = "\(path) \(fields)"
            #expect(answer.status == (id == nil ? 401 : 200), comment)
            #expect(upstream.requests.first?["X-Credential-Id"] == id, comment)
            #expect(upstream.requests.count == (id == nil ? 0 : 1), comment)
            let heads = upstream.requests.map(\.head.text).joined()
            #expect(!heads.contains("acme-key\r\n") || heads.contains("X-Credential-Id: acme-key"), comment)
            #expect(!heads.lowercased().contains("authorization: basic"), comment)
        }
        let shown = try gateway.ask("GET /shop/v1/shown", [Self.acme])
        #expect(shown.status == 200 && upstream.requests.last?["Authorization"] == String(Self.acme.dropFirst(15)))
    }

    @Test("a refusal says what would do, and who refuses")
    func challenges() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        let key = #"ApiKey realm="scenario""#
        let basic = #"Basic realm="scenario""#
        let cases = [
            ("key", [key], "key-auth"), ("places", [key], "key-auth"), ("basic", [basic], "basic-auth"),
            ("any", [key, basic], "authentication"), ("all", [key, basic], "key-auth"),
        ]
        for (path, challenges, speaker) in cases {
            let answer = try gateway.ask("GET /shop/v1/\(path)")
            #expect(answer.values("WWW-Authenticate") == challenges, "\(path)")
            #expect(answer.json["refused_by"] as? String == speaker, "\(path)")
            #expect(answer.problem == "authentication-required")
        }
    }

    @Test("without any credential the anonymous consumer calls, with a wrong one nobody")
    func anonymous() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        #expect(try gateway.ask("GET /shop/v1/guests", ["X-Credential-Id: root"]).status == 200)
        #expect(try gateway.ask("GET /shop/v1/guests", ["apikey: acme-key"]).status == 200)
        #expect(try gateway.ask("GET /shop/v1/guests", ["apikey: wrong"]).status == 401)
        #expect(try gateway.ask("GET /shop/v1/partners").status == 403)
        #expect(try gateway.ask("GET /shop/v1/partners", ["apikey: acme-key"]).status == 200)
        let requests = upstream.requests
        try #require(requests.count == 3)
        #expect(requests.map { $0["X-Consumer-Username"] } == ["guest", "acme", "acme"])
        #expect(requests.map { $0["X-Consumer-Groups"] } == ["guests", "partners", "partners"])
        #expect(requests.map { $0["X-Credential-Id"] } == [nil, "acme-key", "acme-key"])
    }

    @Test("a certificate names the consumer by its names, its subject or its digest, over HTTP/1.1 and HTTP/2")
    func certificates() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let authority = try CertificateAuthority()
        try authority.issue("edge", ["DNS:edge.example"])
        try authority.issue("named", ["DNS:x.example", "URI:spiffe://example.com/billing"])
        for name in ["subject", "pinned", "stranger"] { try authority.issue(name) }
        let print = try Program.timeout.run(
            ["30", "/usr/bin/openssl", "x509", "-in", "pinned.crt", "-noout", "-fingerprint", "-sha256"],
            in: authority.folder.url
        )
        let digest = print.output.split(separator: "=").last.map { $0.trimmingCharacters(in: .newlines) } ?? ""
        let spec = """
            listen:
              http: 8000
              https:
                certificate: certs/edge.crt
                key: certs/edge.key
                client-certificates: { ca: certs/authority.crt, mode: request }
            upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
            consumers:
              billing: { credentials: [ { certificate: { name: "URI:spiffe://example.com/billing" } } ] }
              acme: { credentials: [ { certificate: { subject: "CN=subject" } }, { key: "${env:ACME_KEY}" } ] }
              globex: { credentials: [ { certificate: { fingerprint: "sha256:\(digest)" } } ] }
            apis:
              shop:
                path: /shop
                upstream: up
                versions:
                  v1:
                    routes:
                      - { match: GET /cert, plugins: [ mtls-auth ] }
                      - { match: GET /any, plugins: [ mtls-auth, key-auth, { authentication: { require: any } } ] }
                      - { match: GET /all, plugins: [ mtls-auth, key-auth, { authentication: { require: all } } ] }
            """
        let folder = try ScratchFolder()
        try authority.copy(["edge.crt", "authority.crt"], to: folder)
        try RunningGateway.build(spec, in: folder)
        try authority.copy(["edge.key"], to: folder, as: "dist/certs")
        let gateway = try RunningGateway(folder, ["--https", "127.0.0.1:0"], environment: ["ACME_KEY": "k"])
        let client = SecureClient(port: gateway.securePort, authority: authority)
        func status(_ path: String, _ name: String?, _ arguments: [String] = []) throws -> String {
            let shown = name.map { ["--cert", "\($0).crt", "--key", "\($0).key"] } ?? []
            return try client.curl(
                "edge.example/shop/v1/\(path)",
                shown + arguments + ["-o", "/dev/null", "-w", "%{http_code}"]
            ).output
        }
        for version in ["--http1.1", "--http2"] {
            upstream.forget()
            for name in ["named", "subject", "pinned"] {
                #expect(try status("cert", name, [version]) == "200", "\(name)")
            }
            #expect(upstream.requests.map { $0["X-Consumer-Username"] } == ["billing", "acme", "globex"])
            for name in ["stranger", nil] { #expect(try status("cert", name, [version]) == "401") }
        }
        upstream.forget()
        let key = ["-H", "apikey: k"]
        #expect(try status("any", "subject") == "200")
        #expect(try status("any", "stranger", key) == "200")
        #expect(try status("any", nil, key) == "200")
        #expect(try status("any", "named", key) == "401", "two consumers at once")
        #expect(try status("any", "stranger") == "401")
        #expect(try status("all", "subject") == "401")
        #expect(try status("all", nil, key) == "401")
        #expect(try status("all", "pinned", key) == "401")
        #expect(try status("all", "subject", key) == "200")
        #expect(upstream.requests.count == 4)
        // Without TLS there is no certificate.
        #expect(try gateway.ask("GET /shop/v1/cert").status == 401)
    }
}
