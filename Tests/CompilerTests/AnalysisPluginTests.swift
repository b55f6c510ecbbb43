import GatewayIR
import Testing

@testable import GatewayCompiler

@Suite("Plugins and governance")
struct AnalysisPluginTests {
    private static let consumers = "consumers: { c: { groups: [ g, h ], credentials: [ key: \"${env:K}\" ] } }\n"

    private static func plugins(_ plugins: String, route: String = "\"GET /{id}\"", top: String = "") -> AnalysisFixture
    {
        .api(
            """
                path: /a
                plugins: [ \(plugins) ]
                versions: { v: { routes: [ \(route) ] } }
            """,
            top: consumers + "governance: { public: [ ANY /** ] }\n" + top
        )
    }

    @Test(
        "plugins need of each other what they need",
        arguments: [
            ("acl: { allow: [ g ] }", ["E0704 at acl: { allow: [ g ] } (GET /{id})"]),
            (
                "rate-limit: { limit: 1/second, by: consumer }",
                ["E0704 at rate-limit: { limit: 1/second, by: consumer } (GET /{id})"]
            ),
            (
                "rate-limit: { limit: 1/second, by: address, tiers: { g: 2/second } }",
                ["E0704 at rate-limit: { limit: 1/second, by: address, tiers: { g: 2/second } } (GET /{id})"]
            ),
            ("rate-limit: { limit: 1/second }", []),
            ("key-auth, acl: { allow: [ g ] }, rate-limit: { limit: 1/second, by: consumer }", []),
            ("key-auth, request-headers: { remove: [ APIKEY ] }", ["E0708 at APIKEY (key-auth)"]),
            ("key-auth, request-headers: { set: { apikey: service } }", []),
            (
                "key-auth: { forward-credential: true }, request-headers: { set: { apikey: x } }",
                ["E0708 at apikey (key-auth: { forward-credential: true })"]
            ),
            ("key-auth: { cookie: k }, request-headers: { remove: [ Cookie ] }", []),
            (
                "key-auth: { cookie: k, forward-credential: true }, request-headers: { remove: [ Cookie ] }",
                ["E0708 at Cookie (key-auth: { cookie: k, forward-credential: true })"]
            ),
            (
                "request-id, request-headers: { remove: [ x-request-id ] }", ["E0709 at x-request-id (request-id)"]
            ),
            ("request-id, response-headers: { set: { X-Request-Id: a } }", ["E0709 at X-Request-Id (request-id)"]),
            ("request-id: { echo: false }, response-headers: { remove: [ X-Request-Id ] }", []),
            (
                "request-id: { header: apikey }, key-auth", ["E0709 at request-id: { header: apikey } (key-auth)"]
            ),
            ("request-headers: { set: { X-Consumer-Username: a } }", ["E0706 at X-Consumer-Username"]),
            ("request-headers: { remove: [ X-Forwarded-For ] }", ["E0706 at X-Forwarded-For"]),
            ("response-headers: { set: { Sunset: a } }", ["E0706 at Sunset"]),
            ("request-headers: { remove: [ X-A ], set: { x-a: b } }", ["E0707 at x-a (X-A)"]),
            ("request-headers: { set: { X-Id: \"{id}\", X-B: \"{{id}}\" } }", []),
            ("request-headers: { set: { X-Id: \"{od}\" } }", ["E0710 at {od} (GET /{id})"]),
            ("response-headers: { set: { X-Id: \"{id\" } }", ["E0615 at {id"]),
            (
                "respond: { status: 204, body: x }",
                ["E0712 at x (204)", "E0711 at u (respond: { status: 204, body: x })"]
            ),
            ("rate-limit: off", ["W0714 at rate-limit: off"]),
        ]
    )
    func dependencies(_ plugins: String, _ expected: [String]) {
        // The upstream is written before the plugins.
        let fixture = AnalysisPluginTests.plugins(plugins)
        let unquoted = fixture.fullSummary.map { $0.replacing("\"GET /{id}\"", with: "GET /{id}") }
        #expect(unquoted.sorted() == expected.sorted())
    }

    @Test("a mistake that many routes share is reported once")
    func once() {
        let fixture = AnalysisPluginTests.plugins(
            "acl: { allow: [ g ] }, request-headers: { set: { X-Id: \"{od}\" } }",
            route: "\"GET /{id}\", \"PUT /{id}\", \"GET /{key}/x\""
        )
        #expect(fixture.diagnostics.map(\.code.id) == ["E0704", "E0710"])
    }

    @Test("`respond` and an upstream exclude each other where one is as near as the other")
    func respond() throws {
        let near = AnalysisFixture.routes("{ match: GET /, plugins: [ respond: { status: 200 } ] }")
        #expect(near.summary == ["W0411 at u"])
        #expect(try #require(near.gateway?.routes.first).forwarding == nil)
        let same = AnalysisFixture.routes("{ match: GET /, upstream: u, plugins: [ respond: { status: 200 } ] }")
        #expect(same.summary == ["E0711 at u"])
        let rewritten = AnalysisFixture.routes("{ match: GET /, rewrite: /x, plugins: [ respond: { status: 200 } ] }")
        #expect(rewritten.summary == ["E0630 at /x"])
    }

    @Test("answers of the gateway's own have a type")
    func respondTypes() throws {
        let fixture = AnalysisFixture.routes(
            "{ match: GET /a, plugins: [ respond: { body: hi } ] }",
            "{ match: GET /b, plugins: [ respond: { json: { a: 1 }, status: 201 } ] }",
            "{ match: GET /c, plugins: [ respond: { body: hi, headers: { content-type: text/css } } ] }",
            "{ match: GET /d, plugins: [ respond: { status: 204 } ] }"
        )
        let answers = try #require(fixture.gateway).chains.compactMap { chain -> RespondSettings? in
            guard case .respond(let settings)? = chain.steps.first?.plugin else { return nil }
            return settings
        }
        #expect(answers.map(\.status) == [200, 201, 200, 204])
        func field(_ name: String, _ value: String) -> HeaderField {
            HeaderField(name: name, value: TextTemplate(value))
        }
        #expect(
            answers.map(\.headers) == [
                [field("Content-Type", "text/plain; charset=utf-8")], [field("Content-Type", "application/json")],
                [field("content-type", "text/css")], [],
            ]
        )
    }

    /// Each case: plugins of the gateway, the API, the version and the route; then the chain as `plugin@scope`.
    @Test(
        "the nearest setting wins, `off` removes, `sealed` stays",
        arguments: [
            ("request-id", "", "", "", "request-id@global", []),
            (
                "rate-limit: { limit: 1/second }", "rate-limit: { limit: 2/second }", "", "",
                "rate-limit@api", []
            ),
            (
                "request-id", "key-auth", "rate-limit: { limit: 1/second }", "request-size-limit: { body: 1KiB }",
                "request-id@global request-size-limit@route key-auth@api rate-limit@version", []
            ),
            ("request-id, key-auth", "", "", "key-auth: off", "request-id@global", []),
            ("key-auth", "key-auth: off", "key-auth", "", "key-auth@version", []),
            (
                "{ key-auth: {}, sealed: true }", "key-auth: off", "", "", "",
                ["E0702 at key-auth: off ({ key-auth: {}, sealed: true })"]
            ),
            (
                "{ key-auth: {}, sealed: true }", "", "", "key-auth: { header: x-key }", "",
                ["E0702 at key-auth: { header: x-key } ({ key-auth: {}, sealed: true })"]
            ),
            (
                "{ rate-limit: off, sealed: true }", "", "rate-limit: { limit: 1/second }", "", "",
                ["E0702 at rate-limit: { limit: 1/second } ({ rate-limit: off, sealed: true })"]
            ),
        ]
    )
    func resolution(
        _ global: String,
        _ api: String,
        _ version: String,
        _ route: String,
        _ expected: String,
        _ diagnostics: [String]
    ) throws {
        let fixture = AnalysisFixture.api(
            """
                path: /a
                plugins: [ \(api) ]
                versions:
                  v:
                    plugins: [ \(version) ]
                    routes: [ { match: GET /, plugins: [ \(route) ] } ]
            """,
            top: "plugins: [ \(global) ]\ngovernance: { public: [ ANY /** ] }"
        )
        #expect(fixture.fullSummary == diagnostics)
        guard diagnostics.isEmpty else { return }
        let steps = try #require(fixture.gateway).chains[0].steps
        #expect(steps.map { "\($0.plugin.name)@\($0.scope)" }.joined(separator: " ") == expected)
    }

    @Test("policies come before plugins of the same scope, and may not contradict each other")
    func policies() throws {
        let policies =
            "policies: { slow: [ rate-limit: { limit: 1/second } ], fast: [ rate-limit: { limit: 9/second } ] }"
        let both = AnalysisFixture.routes("{ match: GET /, policy: [ slow, fast ] }", top: policies)
        #expect(both.fullSummary == ["E0703 at fast (slow)"])
        let decided = AnalysisFixture.routes(
            "{ match: GET /, policy: [ slow, fast ], plugins: [ rate-limit: { limit: 5/second } ] }",
            top: policies
        )
        #expect(decided.fullSummary == [])
        let chain = try #require(decided.gateway?.chains.first)
        guard case .rateLimit(let settings)? = chain.steps.first?.plugin else {
            Issue.record("no limit")
            return
        }
        #expect(settings.rates == [Rate(limit: 5, windowSeconds: 1)])
        #expect(settings.identity == "route/a/v/GET /")
    }

    @Test("equal chains are one, counts are named after where they are attached, and are kept by whom they can be")
    func sharing() throws {
        let fixture = AnalysisFixture.api(
            """
                path: /a
                plugins: [ rate-limit: { limits: [ 100/hour, 1/second ], tiers: { h: 5/second, g: 4/second } }, key-auth ]
                versions:
                  v1: { routes: [ GET /a, "GET /{id}" ] }
                  v2: { routes: [ GET /a, { match: GET /b, plugins: [ request-id ] }, GET /c ] }
            """,
            top: AnalysisPluginTests.consumers
        )
        let gateway = try #require(fixture.gateway)
        #expect(gateway.routes.map(\.chain) == [0, 0, 0, 1, 0])
        guard case .rateLimit(let settings) = gateway.chains[0].steps[1].plugin else {
            Issue.record("no limit")
            return
        }
        #expect(settings.identity == "api/a")
        #expect(settings.key == .consumer)
        #expect(settings.rates.map(\.windowSeconds) == [1, 3600])
        #expect(settings.tiers.map(\.group) == [0, 1])
        let open = AnalysisPluginTests.plugins("rate-limit: { limit: 1/second }")
        guard case .rateLimit(let other)? = open.gateway?.chains[0].steps[0].plugin else {
            Issue.record("no limit")
            return
        }
        #expect(other.key == .address)
    }

    @Test("of many limits that nodes count by themselves ten are named, and one more stands for the others")
    func countedByEachNode() {
        let apis = (1...30).map { number in
            """
              a\(number):
                plugins: [ key-auth, respond: { body: ok }, rate-limit: { limit: \(number)/minute } ]
                path: /a\(number)
                versions: { v: { routes: [ GET / ] } }

            """
        }
        let spec = "apic: 1\ngateway: g\nnodes: { a: {}, b: {} }\napis:\n" + apis.joined()
        let messages = AnalysisFixture(spec).diagnostics.filter { $0.code.id == "W0760" }.map(\.message)
        #expect(messages.count == 11)
        #expect(messages.first == "1/minute on each of 2 nodes is 2/minute together")
        #expect(messages.last == "11/minute on each of 2 nodes is 22/minute together, and so on with 19 limits more")
    }

    @Test("chains that name captures are one for each place of them")
    func captures() throws {
        let fixture = AnalysisPluginTests.plugins(
            "request-headers: { set: { X-Id: \"{id}\" } }",
            route: "\"GET /{id}\", \"GET /{x}/{id}\", \"PUT /{id}\""
        )
        #expect(try #require(fixture.gateway).routes.map(\.chain) == [0, 1, 0])
    }

    @Test("a preview needs authentication on some route")
    func preview() {
        func fixture(_ plugins: String) -> AnalysisFixture {
            .api(
                """
                    path: /a
                    versions: { v: { preview: [ g ], plugins: [ \(plugins) ], routes: [ GET / ] } }
                """,
                top: AnalysisPluginTests.consumers + "governance: { public: [ ANY /** ] }"
            )
        }
        #expect(fixture("").summary == ["E0705 at g"])
        #expect(fixture("key-auth").summary == [])
    }

    @Test(
        "governance looks at the chain in force, once per API and requirement",
        arguments: [
            ("owner", "", ["E0801 at a"]),
            ("owner", "owner: team", []),
            ("authentication", "", ["E0802 at GET /"]),
            ("authentication", "plugins: [ key-auth ]", []),
            ("rate-limit", "plugins: [ key-auth ]", ["E0803 at GET /"]),
            ("size-limit", "plugins: [ key-auth ]", ["E0805 at GET /"]),
            ("size-limit", "plugins: [ key-auth, request-size-limit: { body: 1KiB } ]", []),
            ("timeouts", "plugins: [ key-auth ]", ["E0804 at u"]),
            ("docs", "plugins: [ key-auth ]", ["E0806 at v"]),
            ("successor", "plugins: [ key-auth ]", ["E0807 at v"]),
        ]
    )
    func requirements(_ requirement: String, _ keys: String, _ expected: [String]) {
        let fixture = AnalysisFixture.api(
            """
                path: /a
                \(keys)
                versions: { v: { deprecated: 2026-01-01, routes: [ GET /, GET /x, PUT /x ] } }
            """,
            top: "governance: { require: [ \(requirement) ] }"
        )
        #expect(fixture.summary.filter { !$0.hasPrefix("W0809") } == expected)
    }

    @Test("only routes that an entry of `public` covers whole may be open")
    func publicRoutes() {
        func fixture(_ entries: String) -> AnalysisFixture {
            .api(
                """
                    path: /a
                    versions: { v: { routes: [ GET /, "GET /{id:[0-9]+}", "GET,PUT /x" ] } }
                """,
                top: "governance: { require: [ authentication ], public: [ \(entries) ] }"
            )
        }
        #expect(fixture("ANY /**").summary == [])
        #expect(fixture("GET /a/v, GET /a/v/**").summary == ["E0802 at \"GET,PUT /x\""])
        #expect(fixture("\"GET,PUT /a/**\"").summary == [])
        #expect(fixture("\"GET /a/v/{n}\", GET /a/v, \"PUT,GET /a/v/x\"").summary == [])
        #expect(
            fixture("\"GET /a/v/{n:[1-9]+}\", GET /a/v, \"PUT,GET /a/v/x\"").summary == [
                "W0808 at \"GET /a/v/{n:[1-9]+}\"", "E0802 at \"GET /{id:[0-9]+}\"",
            ]
        )
        #expect(fixture("ANY /**, GET /b").summary == ["W0808 at GET /b"])
        #expect(fixture("ANY /**, GET /a//b").summary == ["E0603 at //"])
    }

    @Test(
        "after ten APIs one warning stands for all others",
        arguments: [
            (11, "`GET /a11` is open to everyone"),
            (14, "`GET /a11` and 3 more routes, of 4 further APIs, are open to everyone"),
        ]
    )
    func openAPIs(_ count: Int, _ last: String) {
        let names = (1...count).map { ($0 < 10 ? "0" : "") + String($0) }
        let apis = names.map { name in
            "  a\(name): { path: /a\(name), upstream: u, versions: { v: { routes: [ GET / ] } } }"
        }
        let spec = """
            apic: 1
            gateway: shop
            upstreams: { u: { targets: [ "http://u:80" ] } }
            apis:
            \(apis.joined(separator: "\n"))
            """
        let file = SourceFile(path: "api.yaml", bytes: Array(spec.utf8))
        let diagnostics = Compiler.compile([file], buildEnvironment: [:]).diagnostics
        #expect(diagnostics.map(\.code.id) == [String](repeating: "W0809", count: 11))
        #expect(diagnostics.last?.message == last.replacing("/a11`", with: "/a11/v`"))
    }

    @Test("without governance open routes are one warning per API")
    func openRoutes() {
        let fixture = AnalysisFixture.api(
            """
                path: /a
                versions:
                  v: { routes: [ GET /, { match: GET /x, plugins: [ key-auth ] }, PUT / ] }
            """
        )
        #expect(fixture.summary == ["W0809 at GET /"])
        #expect(fixture.diagnostics.first?.message == "`GET /a/v` and 1 more of `a` are open to everyone")
        #expect(fixture.gateway != nil)
    }
}
