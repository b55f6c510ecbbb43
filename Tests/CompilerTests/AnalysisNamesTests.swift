import GatewayIR
import Testing

@testable import GatewayCompiler

@Suite("Names, consumers, nodes, listeners")
struct AnalysisNamesTests {
    @Test(
        "a name that stands for nothing suggests the one that was meant",
        arguments: [
            ("upstream: uu", "E0401 at uu", "did you mean `u`?"),
            ("upstream: elsewhere", "E0401 at elsewhere", "declare it under `upstreams`"),
            ("upstream: u, policy: partnr", "E0402 at partnr", "did you mean `partner`?"),
            ("upstream: u, plugins: [ key-auth, acl: { allow: [ gols ] } ]", "E0403 at gols", "did you mean `gold`?"),
            (
                "upstream: u, plugins: [ key-auth, rate-limit: { limit: 1/second, tiers: { golf: 2/second } } ]",
                "E0403 at golf", "did you mean `gold`?"
            ),
        ]
    )
    func unknownNames(_ keys: String, _ expected: String, _ help: String) {
        let fixture = AnalysisFixture(
            """
            apic: 1
            gateway: g
            upstreams: { u: { targets: [ "http://u:1" ] } }
            consumers: { c: { groups: [ gold ], credentials: [ key: "${env:K}" ] } }
            policies: { partner: [ key-auth ] }
            apis:
              a: { path: /a, \(keys), versions: { v: { routes: [ GET / ] } } }
            """
        )
        #expect(fixture.summary.filter { $0.hasPrefix("E") } == [expected])
        #expect(fixture.diagnostics.first?.help == help)
    }

    @Test("a successor and a preview name what exists")
    func versionNames() {
        let fixture = AnalysisFixture.api(
            """
                path: /a
                plugins: [ key-auth ]
                versions:
                  v1: { successor: v22, preview: [ beta ], routes: [ GET / ] }
                  v2: { routes: [ GET / ] }
            """
        )
        #expect(fixture.summary == ["E0508 at v22", "E0403 at beta"])
        #expect(fixture.diagnostics.first?.help == "did you mean `v2`?")
    }

    @Test("what nothing uses is a warning, but not behind errors")
    func unused() {
        let top = "policies: { p: [ key-auth ] }"
        let fixture = AnalysisFixture(
            """
            apic: 1
            gateway: g
            upstreams: { u: { targets: [ "http://u:1" ] }, w: { targets: [ "http://w:1" ] } }
            governance: { public: [ ANY /** ] }
            \(top)
            apis: { a: { upstream: u, versions: { v: { routes: [ GET / ] } } } }
            """
        )
        #expect(fixture.summary == ["W0411 at w", "W0412 at p"])
        #expect(fixture.gateway != nil)
        let wrong = AnalysisFixture.routes("GET /a//b", top: top)
        #expect(wrong.summary == ["E0603 at //"])
    }

    @Test("keys and ids of credentials are unique; keys are digested")
    func credentials() throws {
        let fixture = AnalysisFixture.routes(
            "GET /",
            top: """
                consumers:
                  b: { credentials: [ key: "${env:K}", { id: b-1, key: "${env:L}" } ] }
                  a: { credentials: [ key: "${env:K}" ] }
                """
        )
        #expect(fixture.fullSummary == ["E0405 at \"${env:K}\" (\"${env:K}\")", "E0407 at b-1 (\"${env:K}\")"])
        let literal = AnalysisFixture.routes(
            "GET /",
            top: "consumers: { a: { credentials: [ key: 0123456789abcdef0123456789abcdef ] } }"
        )
        let credential = try #require(literal.gateway?.credentials.first)
        guard case .digest(let digest) = credential.key else {
            Issue.record("no digest")
            return
        }
        #expect(digest.count == 32)
        #expect(credential.id == "a-1")
        let other = AnalysisFixture(
            "apic: 1\ngateway: other\nconsumers: { a: { credentials: [ key: 0123456789abcdef0123456789abcdef ] } }\n"
                + "plugins: [ key-auth, respond: { status: 204 } ]\napis: { a: { versions: { v: { routes: [ GET / ] } } } }"
        )
        #expect(try #require(other.gateway?.credentials.first).key != credential.key)
        let twice = AnalysisFixture.routes(
            "GET /",
            top: """
                consumers:
                  a: { credentials: [ key: 0123456789abcdef0123456789abcdef ] }
                  b: { credentials: [ key: 0123456789abcdef0123456789abcdef ] }
                """
        )
        #expect(twice.summary.filter { $0.hasPrefix("E") } == ["E0405 at 0123456789abcdef0123456789abcdef"])
        #expect(!twice.diagnostics.contains { $0.message.contains("0123") })
    }

    @Test("4096 groups fit, 4097 do not")
    func groups() {
        func fixture(_ count: Int) -> AnalysisFixture {
            .routes(
                "GET /",
                top: "consumers: { a: { groups: [ \((0..<count).map { "g\($0)" }.joined(separator: ", ")) ] } }"
            )
        }
        #expect(fixture(4096).summary == [])
        #expect(fixture(4097).summary == ["E0406 at g999"])
    }

    @Test(
        "nodes and listeners that cannot be deployed together are found",
        arguments: [
            ("nodes: { EU_1: {} }", ["E0404 at EU_1"], "eu-1"),
            ("nodes: { a: { ports: { http: 80 } }, b: { ports: { http: 80 } } }", ["E0901 at 80 (80)"], "own"),
            ("nodes: { a: { ports: { http: 80, https: 80 } } }", ["W0905 at https", "E0901 at 80 (80)"], "listen"),
            ("nodes: { a: { labels: { tier: \"a b\" } } }", ["E0904 at \"a b\""], "letters"),
            ("listen: { http: 8100 }", ["E0902 at 8100"], "8101"),
            ("listen: { http: 8000, status: 127.0.0.1:8000 }", ["E0902 at 127.0.0.1:8000 (8000)"], "8100"),
            ("listen: { http: [ 8000, \"127.0.0.1:8000\" ] }", ["E0903 at \"127.0.0.1:8000\" (8000)"], "port"),
            ("listen: { http: [ 8000, \"[::]:8000\" ] }", [], ""),
            ("nodes: { a: { ports: { http: 80 }, labels: { tier: edge } }, b: { ports: { http: 81 } } }", [], ""),
        ]
    )
    func nodes(_ top: String, _ expected: [String], _ help: String) {
        let fixture = AnalysisFixture.routes("GET /", top: top)
        #expect(fixture.fullSummary == expected)
        if !help.isEmpty { #expect(fixture.diagnostics.first?.help?.contains(help) == true) }
    }

    @Test("the gateway's name names files")
    func gatewayName() {
        let fixture = AnalysisFixture(
            "apic: 1\ngateway: My_Gateway\nplugins: [ respond: { status: 204 } ]\ngovernance: { public: [ ANY /** ] }\n"
                + "apis: { a: { versions: { v: { routes: [ GET / ] } } } }"
        )
        #expect(fixture.summary == ["E0404 at My_Gateway"])
        #expect(fixture.diagnostics.first?.help == "write `my-gateway`")
    }

    @Test("an upstream names each server once")
    func targets() {
        let fixture = AnalysisFixture(
            """
            apic: 1
            gateway: g
            upstreams: { u: { targets: [ "http://u:1", { url: "http://U:1", weight: 2 }, "http://u:2" ] } }
            governance: { public: [ ANY /** ] }
            apis: { a: { upstream: u, versions: { v: { routes: [ GET / ] } } } }
            """
        )
        #expect(fixture.fullSummary == ["E0410 at \"http://U:1\" (\"http://u:1\")"])
    }

    @Test("what the decoder refused is not missed a second time")
    func refusals() {
        let plugin = AnalysisFixture.api(
            """
                path: /a
                plugins: [ key-outh, acl: { allow: [ g ] } ]
                versions: { v: { routes: [ GET / ] } }
            """,
            top: "consumers: { c: { groups: [ g ] } }"
        )
        #expect(plugin.summary == ["E0207 at key-outh"])
        let upstream = AnalysisFixture(
            """
            apic: 1
            gateway: g
            apis: { a: { upstream: [], plugins: [ key-auth ], versions: { v: { routes: [ GET / ] } } } }
            """
        )
        #expect(upstream.diagnostics.count == 1)
        let policy = AnalysisFixture.api(
            """
                path: /a
                policy: partnr
                plugins: [ acl: { allow: [ g ] } ]
                versions: { v: { routes: [ GET / ] } }
            """,
            top:
                "consumers: { c: { groups: [ g ] } }\npolicies: { partner: [ key-auth ] }\ngovernance: { require: [ authentication ] }"
        )
        #expect(policy.summary == ["E0402 at partnr"])
    }
}
