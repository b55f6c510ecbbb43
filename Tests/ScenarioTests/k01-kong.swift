import Foundation
import TestSupport
import Testing

/// A file of Kong's, imported and served: requests go where Kong would send them. The expectations follow Kong's
/// documentation of its router (`traditional_compatible`) and of the upstream's path (`v0`).
@Suite("k01 routes from Kong")
struct KongRoutes {
    /// What a request comes to: service and path, as `orders /v1/7`, or a status.
    struct Case: Sendable, CustomTestStringConvertible {
        var line: String
        var fields: [String] = []
        var expected: String

        var testDescription: String { "\(line) \(fields)" }

        init(_ line: String, _ fields: [String] = [], _ expected: String) {
            (self.line, self.fields, self.expected) = (line, fields, expected)
        }
    }

    /// Imports a file and serves it. `{NAME}` in it is the port of that service's upstream.
    private static func serve(_ text: String, _ names: [String]) throws -> (RunningGateway, [ScriptedUpstream]) {
        let folder = try ScratchFolder()
        var text = text
        var upstreams: [ScriptedUpstream] = []
        for name in names {
            let upstream = try ScriptedUpstream { try $0.answer(200, [], "\(name) \($0.request.target)") }
            text = text.replacing("{\(name)}", with: "\(upstream.port)")
            upstreams.append(upstream)
        }
        try folder.write(text, to: "kong.yml")
        try Signing.apic(["import", "kong", "kong.yml"], in: folder)
        try Signing.apic(["build", "api.yaml", "-o", "dist"], in: folder)
        return (try RunningGateway(folder), upstreams)
    }

    private static func ask(_ gateway: RunningGateway, _ request: Case) throws -> String {
        let answer = try gateway.ask(request.line, request.fields)
        return answer.status == 200 ? answer.text : "\(answer.status)"
    }

    @Test("prefixes, expressions, methods, hosts and headers: the same route wins as in Kong")
    func precedence() throws {
        let (gateway, upstreams) = try Self.serve(
            """
            _format_version: "3.0"
            services:
            - { name: bytes, host: 127.0.0.1, port: {bytes}, routes: [ { name: b, paths: [ /service ], strip_path: false } ] }
            - { name: longer, host: 127.0.0.1, port: {longer}, routes: [ { name: l, paths: [ /service/long, /se ], strip_path: false } ] }
            - { name: regex, host: 127.0.0.1, port: {regex}, routes: [ { name: r, paths: [ "~/service/[0-9]+$" ], strip_path: false } ] }
            - { name: begins, host: 127.0.0.1, port: {begins}, routes: [ { name: g, paths: [ "~/v\\\\d+/" ], strip_path: false } ] }
            - { name: strong, host: 127.0.0.1, port: {strong}, routes: [ { name: s, paths: [ "~/v2/x" ], regex_priority: 5, strip_path: false } ] }
            - { name: posts, host: 127.0.0.1, port: {posts}, routes: [ { name: p, methods: [ POST ], paths: [ /s ], strip_path: false } ] }
            - { name: host, host: 127.0.0.1, port: {host}, routes: [ { name: h, hosts: [ a.example ], strip_path: false } ] }
            - { name: wild, host: 127.0.0.1, port: {wild}, routes: [ { name: w, hosts: [ "*.example" ], strip_path: false } ] }
            - { name: hostpath, host: 127.0.0.1, port: {hostpath}, routes: [ { name: hp, hosts: [ "*.example" ], paths: [ /deep ], strip_path: false } ] }
            - { name: canary, host: 127.0.0.1, port: {canary}, routes: [ { name: c, paths: [ /service ], headers: { X-Env: [ canary, test ] }, strip_path: false } ] }
            """,
            ["bytes", "longer", "regex", "begins", "strong", "posts", "host", "wild", "hostpath", "canary"]
        )
        defer { for upstream in upstreams { upstream.stop() } }
        let cases = [
            // Prefixes are bytes, and the longest wins.
            Case("GET /service", [], "bytes /service"), Case("GET /services2", [], "bytes /services2"),
            Case("GET /service/long/x", [], "longer /service/long/x"), Case("GET /sex", [], "longer /sex"),
            Case("GET /sx", [], "404"), Case("GET /", [], "404"),
            // An expression beats every prefix; without `$` a beginning is enough.
            Case("GET /service/77", [], "regex /service/77"), Case("GET /service/77/x", [], "bytes /service/77/x"),
            Case("GET /v1/y", [], "begins /v1/y"), Case("GET /v12", [], "404"),
            Case("GET /v2/xyz", [], "strong /v2/xyz"), Case("GET /v2/y", [], "begins /v2/y"),
            // More kinds of conditions beat fewer, whatever they are.
            Case("POST /service/long", [], "posts /service/long"), Case("HEAD /s", [], "404"),
            Case("DELETE /service", [], "bytes /service"),
            // A plain host beats paths of the same weight; a wildcard loses to them.
            Case("GET /service", ["Host: a.example"], "host /service"),
            Case("GET /service", ["Host: b.example"], "bytes /service"),
            Case("GET /other", ["Host: b.example"], "wild /other"),
            Case("GET /deep/x", ["Host: a.example"], "hostpath /deep/x"),
            Case("POST /service", ["Host: a.example"], "posts /service"),
            Case("GET /x", ["Host: example"], "404"),
            // Header fields count as a kind; any of their values will do.
            Case("GET /service", ["X-Env: canary"], "canary /service"),
            Case("GET /service", ["X-Env: test"], "canary /service"),
            Case("GET /service", ["X-Env: other"], "bytes /service"),
        ]
        for request in cases { #expect(try Self.ask(gateway, request) == request.expected, "\(request)") }
    }

    @Test("the upstream's path: base, what is stripped, and slashes between")
    func upstreamPaths() throws {
        let (gateway, upstreams) = try Self.serve(
            """
            _format_version: "3.0"
            services:
            - name: root
              url: http://127.0.0.1:{root}/
              routes: [ { name: r1, paths: [ /a ] }, { name: r2, paths: [ /keep ], strip_path: false } ]
            - name: plain
              url: http://127.0.0.1:{plain}/base
              routes: [ { name: p1, paths: [ /b ] }, { name: p2, paths: [ /stay ], strip_path: false } ]
            - name: slash
              url: http://127.0.0.1:{slash}/base/
              routes: [ { name: s1, paths: [ /c ] }, { name: s2, paths: [ /hold ], strip_path: false } ]
            - name: regex
              url: http://127.0.0.1:{regex}/r
              routes: [ { name: x1, paths: [ "~/x/[0-9]+" ] }, { name: x2, paths: [ "~/y/(?<id>[a-z]+)$" ] } ]
            - name: all
              url: http://127.0.0.1:{all}/base
              routes: [ { name: a1, hosts: [ all.example ] } ]
            """,
            ["root", "plain", "slash", "regex", "all"]
        )
        defer { for upstream in upstreams { upstream.stop() } }
        let cases = [
            Case("GET /a", [], "root /"), Case("GET /a/", [], "root /"), Case("GET /a/x", [], "root /x"),
            Case("GET /ab", [], "root /b"), Case("GET /keep/x", [], "root /keep/x"),
            Case("GET /a?q=1", [], "root /?q=1"),
            Case("GET /b", [], "plain /base"), Case("GET /b/", [], "plain /base/"),
            Case("GET /b/x", [], "plain /base/x"),
            Case("GET /bx", [], "plain /base/x"), Case("GET /stay", [], "plain /base/stay"),
            Case("GET /c", [], "slash /base"), Case("GET /c/", [], "slash /base/"),
            Case("GET /c/x", [], "slash /base/x"),
            Case("GET /cx/", [], "slash /base/x/"), Case("GET /hold/y", [], "slash /base/hold/y"),
            // What is left of a segment never leads out of the base.
            Case("GET /b../x", [], "plain /base/x"), Case("GET /b..", [], "plain /base"),
            Case("GET /b./x", [], "plain /base/x"), Case("GET /b...", [], "plain /base/..."),
            Case("GET /x/12/y", [], "regex /r/y"), Case("GET /x/12", [], "regex /r"),
            Case("GET /y/abc", [], "regex /r"),
            Case("GET /y/abc/d", [], "404"),
            Case("GET /", ["Host: all.example"], "all /base"), Case("GET /z/", ["Host: all.example"], "all /base/z/"),
        ]
        for request in cases { #expect(try Self.ask(gateway, request) == request.expected, "\(request)") }
    }

    @Test("old formats mark no expressions, and consumers, groups and limits come along")
    func consumers() throws {
        let folder = try ScratchFolder()
        let upstream = try ScriptedUpstream { try $0.answer(200, [], $0.request["X-Consumer-Username"] ?? "nobody") }
        defer { upstream.stop() }
        try folder.write(
            """
            _format_version: "2.1"
            services:
            - name: orders
              host: pool
              plugins:
              - { name: key-auth, config: { key_names: [ X-Key ] } }
              - { name: acl, config: { allow: [ partners ] } }
              - { name: request-transformer, config: { add: { headers: [ "X-Sent: {yes}" ] } } }
              routes:
              - { name: numbers, paths: [ "/orders/\\\\d+$" ], plugins: [ { name: rate-limiting, config: { minute: 2, policy: redis } } ] }
              - { name: secured, paths: [ /token ], plugins: [ { name: jwt } ] }
            upstreams:
            - { name: pool, targets: [ { target: "127.0.0.1:\(upstream.port)", weight: 1000 } ] }
            consumers:
            - username: acme
              acls: [ { group: partners } ]
              keyauth_credentials: [ { key: "it's a key that nobody guesses" } ]
            - username: guest
              basicauth_credentials: [ { username: guest, password: "p w" } ]
              jwt_secrets: [ { secret: s } ]
            """,
            to: "kong.yml"
        )
        let imported = try Program.apic.run(["import", "kong", "kong.yml", "-o", "shop.yaml"], in: folder.url)
        #expect(imported.status == 0, "\(imported.errors)")
        for line in [
            "kong.yml:10:", "kong.yml:11:", "lost: plugin `jwt` of route `secured`; its routes answer 503",
            "kong.yml:20:",
            "lost: `jwt_secrets` of consumer `guest`",
        ] { #expect(imported.errors.contains(line), "\(line) in \(imported.errors)") }
        var status = stat()
        #expect(stat(folder.path + "/shop.secrets.env", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        let secrets = folder.text("shop.secrets.env") ?? ""
        #expect(folder.text("shop.yaml")?.contains("nobody guesses") == false)
        let script = "set -a; . ./shop.secrets.env; printf '%s|%s' \"$KONG_ACME_1\" \"$KONG_GUEST_2\""
        #expect(
            try Program.shell.run(["-c", script], in: folder.url).output == "it's a key that nobody guesses|p w",
            "\(secrets)"
        )
        try Signing.apic(["build", "shop.yaml", "-o", "dist"], in: folder)
        let gateway = try RunningGateway(
            folder,
            environment: ["KONG_ACME_1": "it's a key that nobody guesses", "KONG_GUEST_2": "p w"]
        )
        let key = ["X-Key: it's a key that nobody guesses"]
        #expect(try gateway.ask("GET /orders/7").status == 401)
        #expect(try gateway.ask("GET /orders/7", key).text == "acme")
        #expect(try gateway.ask("GET /orders/8", key).status == 200)
        #expect(try gateway.ask("GET /orders/9", key).status == 429)
        #expect(try gateway.ask("GET /orders/x", key).status == 404)
        #expect(try gateway.ask("GET /token", key).status == 503)
        #expect(upstream.requests.last?["X-Sent"] == "{yes}")
        // Nothing is ever overwritten.
        #expect(try Program.apic.run(["import", "kong", "kong.yml", "-o", "shop.yaml"], in: folder.url).status == 1)
    }

    @Test("clients that sign for Kong go on signing")
    func signatures() throws {
        let folder = try ScratchFolder()
        let upstream = try ScriptedUpstream { try $0.answer(200, [], $0.request["X-Consumer-Username"] ?? "nobody") }
        defer { upstream.stop() }
        let secret = "a secret of 32 bytes, for tests."
        try folder.write(
            """
            _format_version: "3.0"
            services:
            - name: shop
              url: http://127.0.0.1:\(upstream.port)
              plugins: [ { name: hmac-auth, config: { enforce_headers: [ date, host ], clock_skew: 60, hide_credentials: true } } ]
              routes: [ { name: shop, paths: [ /shop ], strip_path: false } ]
            consumers:
            - { username: acme, hmacauth_credentials: [ { username: acme-key, secret: "\(secret)" } ] }
            - { username: guest, hmacauth_credentials: [ { username: guest-key } ] }
            """,
            to: "kong.yml"
        )
        let imported = try Program.apic.run(["import", "kong", "kong.yml", "-o", "shop.yaml"], in: folder.url)
        #expect(imported.status == 0 && imported.errors.contains("lost: a secret that Kong is to invent"))
        #expect(imported.errors.contains("`hmac-auth` wants `hmac-sha256`"), "\(imported.errors)")
        let spec = folder.text("shop.yaml") ?? ""
        #expect(!spec.contains(secret) && spec.contains("acme-key"))
        #expect(spec.contains("lifetime: 60s, skew: 60s, forward-credential: false"), "\(spec)")
        try Signing.apic(["build", "shop.yaml", "-o", "dist"], in: folder)
        let gateway = try RunningGateway(folder, environment: ["KONG_ACME_1": secret])
        let peer = Repository.root.appendingPathComponent("Tests/ScenarioTests/Peers/signing_client.py").path
        for (key, secret, expected) in [
            ("acme-key", secret, "200 acme"), ("acme-key", secret + ".", "401"), ("guest-key", secret, "401"),
        ] {
            let outcome = try Program.timeout.run(
                ["60", Program.installed("python3").url.path, peer, "kong", "\(gateway.port)", key],
                in: folder.url,
                environment: ["SECRET": secret]
            )
            #expect(outcome.output.hasPrefix(expected), "\(key): \(outcome.output)\(outcome.errors)")
        }
        #expect(try gateway.ask("GET /shop/v1/kong").status == 401)
    }
}
