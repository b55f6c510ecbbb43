import Foundation
import TestSupport
import Testing

/// What Kong cannot express is refused by name, with its place, and nothing is written.
@Suite("Exports to Kong")
struct KongExportTests {
    struct Case: Sendable, CustomTestStringConvertible {
        /// Lines of a spec whose API is `shop`.
        var spec: String
        /// Part of a line that is said.
        var said: String

        var testDescription: String { said }

        init(_ spec: String, _ said: String) { (self.spec, self.said) = (spec, said) }
    }

    private static func export(_ spec: String) throws -> (outcome: Program.Outcome, file: String?) {
        let folder = try ScratchFolder()
        try folder.write("apic: 1\ngateway: shop\n" + spec + "\n", to: "api.yaml")
        let outcome = try Program.apic.run(["export", "kong", "api.yaml", "--at", "2026-06-01"], in: folder.url)
        let file = folder.url.appendingPathComponent("kong.yml")
        return (outcome, try? String(contentsOf: file, encoding: .utf8))
    }

    private static let head = """
        upstreams: { u: { targets: [ "http://u:80" ] } }
        consumers: { acme: { groups: [ a ], credentials: [ { key: "${env:ACME_KEY}" } ] } }

        """

    private static func routes(_ routes: String, plugins: String = "[]") -> String {
        head + "apis:\n  shop:\n    path: /shop\n    upstream: u\n    plugins: \(plugins)\n"
            + "    versions: { v1: { routes: [ \(routes) ] } }"
    }

    static let refused = [
        Case(
            head + "apis: { shop: { path: /shop, upstream: u, versioning: { by: header, name: x-version }, "
                + "versions: { v1: { default: true, routes: [ GET / ] } } } }",
            "versions that requests choose by the header `x-version`"
        ),
        Case(
            routes("GET /", plugins: "[ key-auth, { rate-limit: { limit: 1/minute, tiers: { a: 5/minute } } } ]"),
            "api.yaml:9:26: refused: rates of their own for groups"
        ),
        Case(
            routes("GET /", plugins: "[ { key-auth: { cookie: key } } ]"),
            "refused: keys in the cookie `key`"
        ),
        Case(routes("\"GET /{id:[^a]+}\""), "refused: the constraint `[^a]+`, which would take slashes there"),
        Case(routes("\"GET /{id:a.c}\""), "refused: the constraint `a.c`"),
        Case(
            routes("{ match: \"GET /{a}\" }, { match: \"GET /**\", headers: { x-env: test } }"),
            "`GET /shop/v1/{a}` before `GET /shop/v1/**`, which match the same requests: Kong prefers the latter"
        ),
        Case(
            routes("{ match: GET /, plugins: [ { redirect: { to: /x } } ] }"),
            "refused: a redirect that keeps the query: say `query: false`"
        ),
        Case(
            routes(
                "GET /a, GET /c, { match: GET /b, plugins: [ { rate-limit: off } ] }",
                plugins: "[ { rate-limit: { limit: 1/minute, by: address } } ]"
            ),
            "refused: one count of requests (`rate-limit`) for routes of several services, or not for all of one"
        ),
        Case(
            "upstreams: { u: { targets: [ \"http://u:80\" ], balance: random-two, health: { passive: {} } } }\n"
                + "apis: { shop: { path: /shop, upstream: u, versions: { v1: { routes: [ GET / ] } } } }",
            "refused: upstream `u`: `balance: random-two`"
        ),
        Case(
            "upstreams: { u: { targets: [ \"http://u:80\" ], health: { passive: {} } } }\n"
                + "apis: { shop: { path: /shop, upstream: u, versions: { v1: { routes: [ GET / ] } } } }",
            "refused: upstream `u`: `health.passive` alone: a target that is out would never come back"
        ),
        Case(
            routes("{ match: GET /, plugins: [ { respond: { status: 200, body: \"$${{ env HOME }}\" } } ] }"),
            "refused: text with `${{` in it, which decK takes for a variable"
        ),
        Case(
            routes("GET /").replacing("${env:ACME_KEY}", with: "${file:/run/secrets/acme}"),
            "refused: credential `acme-1` of `acme`: a secret in a file: decK reads variables"
        ),
    ]

    @Test("it is named, and there is no file", arguments: refused)
    func refusals(_ request: Case) throws {
        let (outcome, file) = try Self.export(request.spec)
        #expect(outcome.status == 1 && file == nil)
        #expect(outcome.errors.contains(request.said), "\(outcome.errors)")
        #expect(outcome.errors.contains("nothing is written"))
    }

    @Test("what Kong does a little differently is said, and plugins keep their settings")
    func plugins() throws {
        let (outcome, file) = try Self.export(
            """
            upstreams:
              u:
                targets: [ "https://u:8443" ]
                retries: { attempts: 2, budget: 20% }
                health: { active: { path: /ok } }
            consumers:
              acme: { groups: [ a ], credentials: [ { key: "${env:ACME_KEY}", expires: 2030-01-01 } ] }
              basil: { credentials: [ { basic: { username: basil, password: "${env:BASIL}" } } ] }
            plugins:
              - request-id: { header: X-Id }
              - ip-restriction: { allow: [ 10.0.0.0/8, "2001:db8::/32" ] }
              - cors: { origins: [ "https://app.example.com", "https://*.example.com" ], allow-credentials: true }
              - request-size-limit: { body: 2MiB }
              - rate-limit: { limits: [ 5/second, 100/hour ], by: { header: X-Team } }
              - request-headers: { remove: [ X-A ], set: { X-B: b }, add: { X-C: "c: d" } }
              - security-headers
            apis:
              shop:
                path: /shop
                upstream: u
                plugins: [ key-auth, { acl: { allow: [ a ] } } ]
                versions:
                  v1: { deprecated: 2026-01-01, sunset: 2027-01-01, routes: [ "GET /items/{id}" ] }
                  v2: { routes: [ "GET /items/{id}", { match: GET /gone, plugins: [ { respond: { status: 410 } } ] } ] }
            """
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let said = [
            "shop v1 changes at 2027-01-01T00:00:00Z: export again then", "there is no budget of retries",
            "`correlation-id` believes whatever id a client sends",
            "`OPTIONS` that is no preflight reaches the upstream",
            "credential `acme-1` of `acme` expires at 2030-01-01T00:00:00Z, and does not in Kong",
        ]
        for line in said { #expect(outcome.errors.contains("changed: ") && outcome.errors.contains(line), "\(line)") }
        let text = try #require(file)
        let written = [
            "protocol: \"https\"", "tls_verify: true", "retries: 2", "http_path: \"/ok\"", "header_name: \"X-Id\"",
            "allow: [\"10.0.0.0/8\", \"2001:db8:0:0:0:0:0:0/32\"]", "[a-z0-9.-]+\\\\.example\\\\.com", "second: 5",
            "hour: 100", "limit_by: \"header\"", "header_name: \"x-team\"", "allowed_payload_size: 2097152",
            "headers: [\"X-A\", \"X-B\"]", "headers: [\"X-B:b\"]", "headers: [\"X-C:c: d\"]",
            "\"Strict-Transport-Security:", "\"Deprecation:@1767225600\"", "allow: [\"a\"]",
            "methods: [\"GET\", \"HEAD\", \"OPTIONS\"]", "password: '${{ env \"DECK_BASIL\" }}'",
            "status_code: 410",
        ]
        for line in written { #expect(text.contains(line), "\(line) in \(text)") }
        // One count for all: the plugin is nobody's own.
        #expect(text.components(separatedBy: "rate-limiting").count == 2)
        #expect(text.contains("\nplugins:\n- name: \"rate-limiting\"\n"))
        #expect(!text.contains("ACME_KEY}\""))
    }

    @Test("a file that is there stays")
    func existing() throws {
        let folder = try ScratchFolder()
        try folder.write("apic: 1\ngateway: shop\n" + Self.routes("GET /"), to: "api.yaml")
        try folder.write("mine", to: "kong.yml")
        let outcome = try Program.apic.run(["export", "kong", "api.yaml"], in: folder.url)
        #expect(outcome.status == 1 && outcome.errors.contains("`kong.yml` is there already"))
        let printed = try Program.apic.run(["export", "kong", "api.yaml", "-o", "-"], in: folder.url)
        #expect(printed.status == 0 && printed.output.contains("_format_version: \"3.0\"\n"))
    }
}
