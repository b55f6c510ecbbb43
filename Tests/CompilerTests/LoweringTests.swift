import GatewayIR
import Testing

@testable import GatewayCompiler

@Suite("Lowering")
struct LoweringTests {
    private static func api(_ api: String) -> AnalysisFixture {
        .api(api, top: "governance: { public: [ ANY /** ] }")
    }

    @Test("the version follows the path, or stands where the path says")
    func pathVersioning() throws {
        let behind = LoweringTests.api(
            """
                path: /shop/orders
                versions: { v1: { routes: [ GET /, "GET /{id}/" ] }, v2: { value: "2", routes: [ ANY /** ] } }
            """
        )
        #expect(
            behind.routeTexts == ["GET * /shop/orders/v1", "GET * /shop/orders/v1/{id}", "ANY * /shop/orders/2/**"]
        )
        #expect(
            try #require(behind.gateway).mounts.map {
                "\($0.host.text) \($0.prefix.text) \($0.api) \($0.version ?? -1)"
            }
                == ["* /shop/orders 0 -1", "* /shop/orders/v1 0 0", "* /shop/orders/2 0 1"]
        )
        let within = LoweringTests.api(
            """
                path: /shop/{version}/orders
                versions: { v1: { routes: [ GET / ] } }
            """
        )
        #expect(within.routeTexts == ["GET * /shop/v1/orders"])
        let gateway = try #require(within.gateway)
        #expect(gateway.mounts.map(\.prefix.text) == ["/shop/{version}/orders", "/shop/v1/orders"])
        #expect(gateway.routes[0].forwarding?.path == .stripping(segmentCount: 3))
    }

    @Test(
        "versions can be named in headers, queries and media types",
        arguments: [
            ("{ by: header }", VersionSelector.header(name: "x-api-version")),
            ("{ by: header, name: Api-V }", .header(name: "api-v")),
            ("{ by: query }", .query(name: "version")),
            ("{ by: query, name: v }", .query(name: "v")),
            (
                "{ by: media-type, pattern: \"application/vnd.Acme.{version}+json\" }",
                .mediaType(prefix: "application/vnd.acme.", suffix: "+json")
            ),
        ]
    )
    func selectors(_ versioning: String, _ selector: VersionSelector) throws {
        let fixture = LoweringTests.api(
            """
                path: /a
                hosts: [ b.example, "*.a.example" ]
                versioning: \(versioning)
                versions:
                  v1: { successor: v2, routes: [ GET / ] }
                  v2: { default: true, docs: "https://d.example/2", routes: [ GET / ] }
            """
        )
        let gateway = try #require(fixture.gateway)
        #expect(gateway.apis[0].selector == selector)
        #expect(gateway.apis[0].defaultVersion == 1)
        #expect(
            fixture.routeTexts == ["GET *.a.example /a", "GET b.example /a", "GET *.a.example /a", "GET b.example /a"]
        )
        #expect(gateway.routes.map(\.version) == [0, 0, 1, 1])
        #expect(gateway.mounts.map(\.version) == [nil, nil])
        #expect(gateway.routes[0].forwarding?.path == .stripping(segmentCount: 1))
        #expect(gateway.versions[0].successorLink == "https://d.example/2")
    }

    @Test("under host versioning each version has its host")
    func hostVersioning() throws {
        let fixture = LoweringTests.api(
            """
                path: /a
                versioning: { by: host, pattern: "{version}.API.example" }
                versions: { v1: { successor: V2, routes: [ GET / ] }, V2: { routes: [ GET / ] } }
            """
        )
        #expect(fixture.routeTexts == ["GET v2.api.example /a", "GET v1.api.example /a"])
        let gateway = try #require(fixture.gateway)
        #expect(gateway.versions[1].successorLink == "https://v2.api.example/a/")
        #expect(
            gateway.mounts.map { "\($0.host.text) \($0.version ?? -1)" }
                == ["*.api.example -1", "v2.api.example 0", "v1.api.example 1"]
        )
    }

    @Test("a successor's link is its root, or its docs where the root varies")
    func successorLinks() throws {
        let path = LoweringTests.api(
            "    path: /orders\n    versions: { v1: { successor: v2, routes: [ GET / ] }, v2: { routes: [ GET / ] } }"
        )
        #expect(try #require(path.gateway).versions[0].successorLink == "/orders/v2/")
        let varying = LoweringTests.api(
            "    path: /{tenant}/orders\n    versions: { v1: { successor: v2, routes: [ GET / ] }, v2: { routes: [ GET / ] } }"
        )
        #expect(try #require(varying.gateway).versions[0].successorLink == nil)
    }

    @Test("what an upstream gets")
    func forwarding() throws {
        let fixture = AnalysisFixture.routes(
            "{ match: \"GET /a/{id}\", strip: false }",
            "{ match: \"GET /b/{id}\", rewrite: \"/i/{id}\" }",
            "{ match: \"GET /c/{rest:**}\", rewrite: \"/{rest}\", preserve-host: true }",
            "GET /d"
        )
        let forwardings = try #require(fixture.gateway).routes.map(\.forwarding)
        #expect(
            forwardings == [
                Forwarding(upstream: 0, path: .whole),
                Forwarding(upstream: 0, path: .rewritten(TextTemplate(parts: [.text("/i/"), .capture(0)]))),
                Forwarding(
                    upstream: 0,
                    path: .rewritten(TextTemplate(parts: [.text("/"), .capture(0)])),
                    preservesHost: true
                ),
                Forwarding(upstream: 0, path: .stripping(segmentCount: 2)),
            ]
        )
    }

    @Test(
        "routes that cannot be lowered say why",
        arguments: [
            ("{ match: \"GET /{id}\", rewrite: \"/{od}\" }", ["E0710 at {od}"]),
            ("{ match: GET /, rewrite: i }", ["E0630 at i"]),
            ("{ match: GET /, rewrite: \"/i?x=1\" }", ["E0630 at ?"]),
            ("{ match: GET /, rewrite: /i, strip: false }", ["E0630 at false"]),
            ("{ match: GET /, headers: { Host: a } }", ["E0629 at Host"]),
            ("{ match: GET /, headers: { Content-Length: \"1\" } }", ["E0629 at Content-Length"]),
            ("GET /a%2fb", ["E0604 at %2f"]),
            ("GET " + String(repeating: "/s", count: 26), ["E0609 at GET " + String(repeating: "/s", count: 26)]),
            ("GET " + String(repeating: "/s", count: 25), []),
            ("{ match: GET /, upstream: v }", ["E0401 at v"]),
        ]
    )
    func faults(_ route: String, _ expected: [String]) {
        #expect(AnalysisFixture.routes(route).summary == expected)
    }

    @Test("a route without an upstream is one error per version")
    func upstreams() {
        let fixture = AnalysisFixture(
            """
            apic: 1
            gateway: g
            governance: { public: [ ANY /** ] }
            apis: { a: { versions: { v: { routes: [ GET /, GET /a, { match: GET /b, plugins: [ respond: {} ] } ] } } } }
            """
        )
        #expect(fixture.summary == ["E0624 at GET /"])
        #expect(fixture.diagnostics.first?.message.contains("1 more") == true)
    }

    @Test(
        "an API's place must be clear",
        arguments: [
            ("path: /a/**", ["E0608 at /a/**"]),
            ("path: a", ["E0601 at a"]),
            ("path: \"/{version:v.}/a\"", ["E0620 at {version:"]),
            ("path: \"/{version}/a\"\n    versioning: { by: query }", ["E0620 at {version}"]),
            ("versioning: { by: media-type }", ["E0621 at { by: media-type }"]),
            ("versioning: { by: media-type, pattern: a/b }", ["E0620 at { by: media-type, pattern: a/b }"]),
            (
                "versioning: { by: media-type, pattern: \"{version}\" }",
                ["E0621 at { by: media-type, pattern: \"{version}\" }"]
            ),
            (
                "versioning: { by: host, pattern: \"*.{version}.a\" }",
                ["E0621 at { by: host, pattern: \"*.{version}.a\" }"]
            ),
            (
                "host: a.example\n    versioning: { by: host, pattern: \"{version}.a\" }", ["E0621 at a.example"]
            ),
            ("hosts: [ a.example, A.example ]", ["E0614 at A.example"]),
            ("host: a.example:80", ["E0614 at :80"]),
        ]
    )
    func places(_ keys: String, _ expected: [String]) {
        let fixture = LoweringTests.api("    \(keys)\n    versions: { v: { routes: [ GET / ] } }")
        #expect(fixture.summary == expected)
    }

    @Test(
        "versions are told apart by values that requests can say",
        arguments: [
            ("path", "v1: { value: a/b, R }", ["E0623 at a/b"]), ("path", "v1: { value: .., R }", ["E0623 at .."]),
            ("path", "v1: { value: x, R }, v2: { value: x, R }", ["E0622 at x"]),
            ("path", "v1: { R }, v2: { value: v1, R }", ["E0622 at v1"]),
            ("{ by: host, pattern: \"{version}.a\" }", "v1.2: { R }", ["E0623 at v1.2"]),
            ("{ by: host, pattern: \"{version}.a\" }", "V1: { R }, v1: { R }", ["E0622 at v1"]),
            ("{ by: header }", "V1: { R }, v1: { R }", []),
        ]
    )
    func values(_ versioning: String, _ versions: String, _ expected: [String]) {
        let filled = versions.replacing("R }", with: "routes: [ GET / ] }")
        let fixture = LoweringTests.api("    path: /a\n    versioning: \(versioning)\n    versions: { \(filled) }")
        #expect(fixture.summary == expected)
    }

    @Test("two APIs cannot begin at one place")
    func mounts() {
        func fixture(_ first: String, _ second: String) -> AnalysisFixture {
            AnalysisFixture(
                """
                apic: 1
                gateway: g
                upstreams: { u: { targets: [ "http://u:1" ] } }
                governance: { public: [ ANY /** ] }
                apis:
                  b: { \(first), upstream: u, versions: { v: { routes: [ GET /b ] } } }
                  a: { \(second), upstream: u, versions: { v: { routes: [ GET /a ] } } }
                """
            )
        }
        #expect(fixture("path: /x", "path: /x, versioning: { by: header }").fullSummary == ["E0628 at /x (/x)"])
        #expect(fixture("path: /", "path: /, versioning: path").fullSummary == ["E0628 at / (/)"])
        #expect(fixture("path: /x, host: a.example", "path: /x").fullSummary == [])
        #expect(fixture("path: \"/{version}/b\"", "path: \"/{version}/a\"").fullSummary == [])
        #expect(fixture("path: /x", "path: /x/y").fullSummary == [])
    }

    @Test("the order of maps makes no difference")
    func order() throws {
        let parts = [
            "  b: { path: /b, upstream: u, policy: p, versions: { v2: { routes: [ GET / ] }, v1: { routes: [ GET / ] } } }",
            "  a: { path: /a, upstream: w, policy: p, versions: { v1: { routes: [ GET /, { match: GET /x, plugins: [ request-id ] } ] } } }",
        ]
        func fixture(_ apis: [String], _ upstreams: String) -> AnalysisFixture {
            AnalysisFixture(
                """
                apic: 1
                gateway: g
                upstreams: { \(upstreams) }
                consumers: { d: { groups: [ h, g ], credentials: [ key: "${env:D}" ] }, c: { groups: [ g ] } }
                policies: { p: [ key-auth, acl: { allow: [ h, g ] } ] }
                apis:
                \(apis.joined(separator: "\n"))
                """
            )
        }
        let (u, w) = ("u: { targets: [ \"http://u:1\", \"http://t:2\" ] }", "w: { targets: [ \"http://w:1\" ] }")
        var one = try #require(fixture(parts, "\(u), \(w)").gateway)
        var other = try #require(fixture(parts.reversed(), "\(w), \(u)").gateway)
        #expect(one.apis.map(\.name) == ["a", "b"])
        #expect(one.versions.map(\.name) == ["v1", "v1", "v2"])
        #expect(one.upstreams.map(\.name) == ["u", "w"])
        #expect(one.upstreams[0].targets.map(\.host) == ["t", "u"])
        LoweringTests.forgetOrigins(&one)
        LoweringTests.forgetOrigins(&other)
        #expect(one == other)
    }

    private static func forgetOrigins(_ gateway: inout Gateway) {
        for index in gateway.routes.indices { gateway.routes[index].origin = Origin() }
        for index in gateway.chains.indices {
            for step in gateway.chains[index].steps.indices { gateway.chains[index].steps[step].origin = Origin() }
        }
    }

    @Test("defaults and settings of the gateway")
    func settings() throws {
        let fixture = AnalysisFixture.routes(
            "GET /",
            top: """
                listen: { http: [ 80, "[::1]:81" ], status: 9000, limits: { head: 8KiB, body: 1MiB }, timeouts: { idle: 5s, request: 2m } }
                drain: { delay: 2s }
                access-log: off
                nodes: { b: { ports: { https: 8443, http: 8080 }, labels: { z: "1", a: b } }, a: { workers: 2 } }
                """
        )
        let gateway = try #require(fixture.gateway)
        #expect(
            gateway.listeners.http == [ListenAddress(host: "0.0.0.0", port: 80), ListenAddress(host: "::1", port: 81)]
        )
        #expect(gateway.limits.headBytesMax == 8192)
        #expect(gateway.limits.bodyBytesMax == 1 << 20)
        #expect(gateway.limits.headerCountMax == RequestLimits().headerCountMax)
        #expect(gateway.timeouts.idle == 5000)
        #expect(gateway.timeouts.request == 120_000)
        #expect(gateway.drain == Drain(delay: 2000))
        #expect(gateway.accessLog == nil)
        #expect(gateway.nodes.map(\.name) == ["a", "b"])
        #expect(gateway.nodes[1].ports.map(\.published) == [8080, 8443])
        #expect(gateway.nodes[1].labels.map(\.key) == ["a", "z"])
        #expect(gateway.nodes[0].workerCount == 2)
    }
}
