import Foundation
import TestSupport
import Testing

/// Secrets of every kind are planted, and everything that both programs write and say is searched for them.
@Suite("c22 secrets: none in anything that is written")
struct PlantedSecrets {
    /// What the gateway's environment holds, by name. Every value begins with a word that stands nowhere else.
    private static let environment = [
        "KEY_SECRET": "planted-key-in-a-variable-01", "PASSWORD_SECRET": "planted-password-in-a-variable-02",
        "HMAC_SECRET": "planted-hmac-in-a-variable-000003", "JWT_SECRET": "planted-jwt-in-a-variable-0000000000004",
        "CLIENT_SECRET": "planted-client-in-a-variable-05",
    ]
    private static let files = [
        "key": "planted-key-in-a-file-06", "password": "planted-password-in-a-file-07",
        "hmac": "planted-hmac-in-a-file-000008", "jwt": "planted-jwt-in-a-file-000000000000000009",
    ]
    /// Stands in the spec, which is a warning.
    private static let literal = "planted-literal-key-that-nobody-guesses-10"
    /// What strangers send.
    private static let sent = [
        "planted-wrong-key-11", "planted-wrong-password-12", "planted-query-13", "planted-cookie-14",
        "planted-token-15",
        "planted-signature-16", "planted-field-17", "planted-body-18",
    ]

    private static func spec(_ folder: ScratchFolder, _ upstream: ScriptedUpstream) -> String {
        """
        listen: { http: 8000, https: { certificate: certs/edge.crt, key: certs/edge.key } }
        access-log: { path: access.log }
        upstreams:
          up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] }
          issuer: { targets: [ "http://127.0.0.1:\(upstream.port)" ] }
          gone: { targets: [ "http://127.0.0.1:1" ] }
        consumers:
          acme:
            credentials:
              - key: "${env:KEY_SECRET}"
              - key: "${file:\(folder.path)/key}"
              - key: \(literal)
              - basic: { username: one, password: "${env:PASSWORD_SECRET}" }
              - basic: { username: two, password: "${file:\(folder.path)/password}" }
              - hmac: { key-id: one, secret: "${env:HMAC_SECRET}" }
              - hmac: { key-id: two, secret: "${file:\(folder.path)/hmac}" }
        apis:
          shop:
            path: /shop
            upstream: up
            plugins: [ request-id ]
            versions:
              v1:
                routes:
                  - { match: ANY /key, plugins: [ key-auth: { header: apikey, query: key, cookie: key } ] }
                  - { match: ANY /basic, plugins: [ basic-auth ] }
                  - { match: ANY /hmac, plugins: [ hmac-auth: { scheme: [ kong, message-signatures ] } ] }
                  - match: ANY /jwt
                    plugins:
                      - jwt:
                          audience: any
                          keys:
                            - { secret: "${env:JWT_SECRET}", algorithm: HS256, id: env }
                            - { secret: "${file:\(folder.path)/jwt}", algorithm: HS256, id: file }
                  - match: ANY /introspected
                    plugins:
                      - oauth2-introspection:
                          { upstream: issuer, path: /i, audience: any, client-id: gate, client-secret: "${env:CLIENT_SECRET}" }
                  - { match: ANY /gone, upstream: gone, plugins: [ key-auth: { header: apikey } ] }
        """
    }

    /// Everything that was said, by who said it.
    private final class Records {
        var texts: [(name: String, text: String)] = []

        func add(_ name: String, _ text: String) { texts.append((name, text)) }

        func add(_ name: String, _ outcome: Program.Outcome) { add(name, outcome.output + outcome.errors) }

        func add(_ name: String, _ answer: WireAnswer) { add(name, answer.head.text + answer.text) }

        func isClean(of secrets: [String]) {
            for (name, text) in texts {
                for secret in secrets { #expect(!text.contains(secret), "\(secret) in \(name)") }
            }
        }
    }

    @Test("no secret is in a bundle, a log, a metric, an answer or a diagnostic")
    func planted() throws {
        let upstream = try ScriptedUpstream { turn in
            // The authorization server knows no token.
            try turn.answer(200, ["Content-Type: application/json"], #"{"active":false}"#)
        }
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        let authority = try CertificateAuthority()
        try authority.issue("edge", ["DNS:edge.example"])
        try authority.copy(["edge.crt"], to: folder)
        for (name, secret) in Self.files { try folder.write(secret + "\n", to: name) }
        let spec = "apic: 1\ngateway: scenario\n" + Self.spec(folder, upstream)
        try folder.write(spec, to: "api.yaml")
        let records = Records()
        for line in [
            ["check", "api.yaml"], ["check", "api.yaml", "--format", "json"], ["build", "api.yaml", "-o", "dist"],
            ["inspect", "dist"], ["inspect", "dist", "--format", "json"], ["audit", "api.yaml"],
            ["audit", "api.yaml", "--format", "json"],
            ["explain", "api.yaml", "GET /shop/v1/key"], ["check", "api.yaml", "--explain-chain", "GET /shop/v1/hmac"],
        ] {
            let outcome = try Program.apic.run(line, in: folder.url)
            records.add("apic \(line.joined(separator: " "))", outcome)
        }
        try authority.copy(["edge.key"], to: folder, as: "dist/certs")
        let gateway = try RunningGateway(folder, ["--https", "127.0.0.1:0"], environment: Self.environment)
        try askAll(gateway, upstream, records)
        // A bundle that cannot be loaded: its secret is too short, and so is the reason.
        try folder.write("planted-19\n", to: "hmac")
        gateway.signal(SIGHUP)
        #expect(gateway.program.wait(20) { gateway.program.errors.contains("fewer than 16 bytes") })
        for page in ["/metrics", "/status", "/health", "/"] { records.add(page, try gateway.status(page)) }
        gateway.signal(SIGTERM)
        #expect(gateway.program.wait(30) { !gateway.program.isRunning })
        records.add("the gateway's output", gateway.program.output + gateway.program.errors)
        let log = folder.text("access.log") ?? ""
        #expect(log.split(separator: "\n").count > 20)
        records.add("the access log", log)
        for name in try folder.files() where name.hasPrefix("dist/") && !name.hasSuffix(".key") {
            let bytes = try Data(contentsOf: folder.url.appendingPathComponent(name))
            records.add(name, String(decoding: bytes, as: UTF8.self))
        }
        let privateKey = (folder.text("dist/certs/edge.key") ?? "").split(separator: "\n").dropFirst().first
        let secrets =
            Array(Self.environment.values) + Array(Self.files.values) + Self.sent + ["planted-19", Self.literal]
        records.isClean(of: secrets + [String(try #require(privateKey))] + ["planted"])
        // The upstream got none of what was a credential; whom the gateway asks got the token.
        let served = upstream.requests.filter { $0.target != "/i" }.map(\.head.text).joined()
        for secret in secrets where !secret.hasPrefix("planted-field") {
            #expect(!served.contains(secret), "\(secret)")
        }
        #expect(upstream.requests.contains { $0.target == "/i" })
    }

    /// Requests with good and with wrong credentials of every kind.
    private func askAll(_ gateway: RunningGateway, _ upstream: ScriptedUpstream, _ records: Records) throws {
        func basic(_ text: String) -> String { "Authorization: Basic " + Data(text.utf8).base64EncodedString() }
        let (variables, files, sent) = (Self.environment, Self.files, Self.sent)
        var requests: [(line: String, fields: [String])] = []
        for key in [variables["KEY_SECRET"], files["key"], Self.literal, sent[0]].compactMap(\.self) {
            requests += [
                ("GET /shop/v1/key", ["apikey: \(key)"]), ("GET /shop/v1/key?a=b&key=\(key)&c", []),
                ("GET /shop/v1/key", ["Cookie: a=b; key=\(key)"]), ("GET /shop/v1/gone", ["apikey: \(key)"]),
                ("GET /shop/v1/key?key=\(key)&key=\(key)", []), ("GET /shop/v9/key?key=\(key)", ["apikey: \(key)"]),
                ("GET /shop/v1/none?key=\(key)", []), ("GET /shop/v1/key#\(key)", []),
            ]
        }
        for (user, password) in [("one", variables["PASSWORD_SECRET"]), ("two", files["password"]), ("one", sent[1])] {
            requests.append(("GET /shop/v1/basic", [basic("\(user):\(password ?? "")")]))
        }
        requests += [
            ("GET /shop/v1/key?\(sent[2])", ["Cookie: \(sent[3])=1; key=\(sent[3])"]),
            ("GET /shop/v1/jwt", ["Authorization: Bearer \(sent[4])"]),
            ("GET /shop/v1/introspected", ["Authorization: Bearer \(sent[4])"]),
            ("GET /shop/v1/hmac", ["Signature-Input: a=(\"\(sent[5])\");keyid=\"\(sent[5])\"", "Signature: a=:AA==:"]),
            (
                "GET /shop/v1/hmac",
                ["Authorization: hmac username=\"one\", algorithm=\"\(sent[5])\", headers=\"date\", signature=\"AA==\""]
            ),
            ("GET /shop/v1/key", ["X-Field: \(sent[6])", "X-Bad \(sent[6])"]),
            ("GET /shop/v1/key", ["Host: \(sent[6]) x"]),
            ("POST /shop/v1/key", ["apikey: \(sent[0])", "X-Field: \(sent[6])", "Content-Length: 14", "", sent[7]]),
        ]
        for (line, fields) in requests {
            let wire = try gateway.connect()
            try wire.send("\(line) HTTP/1.1\r\n" + (["Host: a"] + fields).map { $0 + "\r\n" }.joined() + "\r\n")
            records.add("the answer to \(line)", try wire.receiveAnyAnswer())
        }
        #expect(try gateway.ask("GET /shop/v1/key", ["apikey: \(variables["KEY_SECRET"] ?? "")"]).status == 200)
        #expect(upstream.requests.count > 6)
    }
}
