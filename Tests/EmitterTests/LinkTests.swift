import Dispatch
import GatewayCompiler
import GatewayEmitters
import GatewayIR
import TestSupport
import Testing
import apic

/// What holds for every link of several specs.
@Suite("Linked specs")
struct LinkTests {
    /// Specs of a link by path.
    private struct Sources {
        var texts: [String: String] = [:]

        /// The table, and what is said about the spec `api.yaml`.
        func table() throws -> (bytes: [UInt8], errors: [String]) {
            let compilation = try compilation(by: .alone)
            let errors = compilation.diagnostics.filter { $0.severity == .error }.map { "\($0.code.id) \($0.message)" }
            return (compilation.gateway.map { TableEmitter.emit($0) } ?? [], errors)
        }

        func compilation(by crew: WorkCrew, early: [@Sendable (Gateway) -> Void] = []) throws -> Compilation {
            let root = try #require(texts["api.yaml"])
            return Compiler.compile(
                [SourceFile(path: "api.yaml", bytes: Array(root.utf8))],
                buildEnvironment: [:],
                members: { path in texts[path].map { Array($0.utf8) } },
                by: crew,
                early: early
            )
        }
    }

    private static let memberCount = 6

    /// A member with names that others have, too, and some that others offer.
    private static func member(_ index: Int, using random: inout SeededRandom) -> String {
        var plugins = ["key-auth"]
        if random.oneIn(2) { plugins.append("acl: { \(random.oneIn(2) ? "allow" : "deny"): [ friends ] }") }
        if random.oneIn(2) { plugins.append("rate-limit: { limit: 9/minute, tiers: { friends: 99/minute } }") }
        let routes = ["GET /", "GET /{id}", "POST /{id:[0-9]+}/notes", "ANY /files/**"]
            .prefix(Int.random(in: 1...4, using: &random))
        let policy = random.oneIn(2) ? "own" : random.oneIn(2) ? "baseline" : "standard"
        let host = random.oneIn(2) ? "host: h\(index).example.com\n    " : ""
        let other = (index + 1) % memberCount
        return """
            apic: 1
            gateway: m\(index)
            listen: { http: \(9000 + index) }
            upstreams:
              u: { targets: [ "http://u\(index):8080" ] }
              shared-\(index): { targets: [ "http://s\(index):8080" ] }
            consumers:
              acme: { groups: [ friends ], credentials: [ { key: "${env:ACME_\(index)}" } ] }
              known-\(index): { credentials: [ { id: key-\(index), key: "${env:KNOWN_\(index)}" } ] }
            policies:
              own: [ \(plugins.map { $0.contains(":") ? "{ \($0) }" : $0 }.joined(separator: ", ")) ]
            export: { upstreams: [ shared-\(index) ], consumers: [ known-\(index) ] }
            apis:
              api-\(index):
                \(host)path: /p\(index)
                upstream: \(random.oneIn(2) ? "u" : "shared-\(other)")
                policy: \(policy)
                versions:
                  v1:
                    routes:
            \(routes.map { "          - \($0)" }.joined(separator: "\n"))
            """
    }

    private static func platform(_ members: [String]) -> String {
        """
        apic: 1
        gateway: platform
        consumers:
          monitoring: { groups: [ watchers ], credentials: [ { key: "${env:MONITORING_KEY}" } ] }
        policies:
          baseline: [ key-auth, { acl: { allow: [ watchers ] } } ]
          standard: [ { rate-limit: { limit: 5/minute, by: address } } ]
        plugins: [ { request-id: {}, sealed: true } ]
        export: { policies: [ baseline ], consumers: [ monitoring ] }
        weak: { policies: [ standard ] }
        members: [ \(members.map { "{ spec: \($0) }" }.joined(separator: ", ")) ]
        """
    }

    /// The members below specs that only hold others together, at random.
    private static func grouped(
        _ paths: [String],
        into sources: inout Sources,
        using random: inout SeededRandom
    ) -> [String] {
        var paths = paths.shuffled(using: &random)
        while paths.count > 1, !random.oneIn(4) {
            let count = Int.random(in: 1...paths.count, using: &random)
            let name = "group-\(sources.texts.count)"
            let members = paths.prefix(count).map { "{ spec: \($0) }" }.joined(separator: ", ")
            sources.texts["\(name).yaml"] = "apic: 1\ngateway: \(name)\nmembers: [ \(members) ]\n"
            paths = (Array(paths.dropFirst(count)) + ["\(name).yaml"]).shuffled(using: &random)
        }
        return paths
    }

    @Test("neither the order nor the nesting of members changes a byte", arguments: SeededRandom.seeds(25))
    func union(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var members = Sources()
        for index in 0..<Self.memberCount {
            members.texts["m\(index).yaml"] = Self.member(index, using: &random)
        }
        var flat = members
        flat.texts["api.yaml"] = Self.platform(members.texts.keys.sorted())
        let expected = try flat.table()
        #expect(expected.errors == [], "seed \(seed)")
        #expect(!expected.bytes.isEmpty)
        for _ in 0..<6 {
            var nested = members
            let paths = Self.grouped(members.texts.keys.sorted(), into: &nested, using: &random)
            nested.texts["api.yaml"] = Self.platform(paths)
            let outcome = try nested.table()
            #expect(outcome.errors == [], "seed \(seed)")
            #expect(outcome.bytes == expected.bytes, "seed \(seed): \(nested.texts["api.yaml"] ?? "")")
        }
    }

    @Test("conflicts are found in every order", arguments: SeededRandom.seeds(8))
    func conflicts(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var sources = Sources()
        let routes = ["GET /x/{id}", "ANY /x/**", "GET /x/7", "GET /{any}/7"]
        for (index, route) in routes.enumerated() {
            sources.texts["m\(index).yaml"] = """
                apic: 1
                gateway: m\(index)
                upstreams: { u: { targets: [ "http://u:8080" ] } }
                apis:
                  api-\(index):
                    path: /a
                    upstream: u
                    versioning: { by: header, name: X-V\(index) }
                    versions: { v1: { default: true, routes: [ "\(route)" ] } }
                """
        }
        for _ in 0..<4 {
            let members = sources.texts.keys.filter { $0 != "api.yaml" }.shuffled(using: &random)
            sources.texts["api.yaml"] = Self.platform(members)
            let errors = try sources.table().errors.filter { $0.hasPrefix("E1013") }
            #expect(!errors.isEmpty, "seed \(seed)")
        }
    }

    @Test("too many groups are counted by whose they are")
    func groups() throws {
        var sources = Sources()
        for index in 0..<60 {
            let groups = (0..<(index == 7 ? 4000 : 3)).map { "g\($0)" }.joined(separator: ", ")
            sources.texts["m\(index).yaml"] = """
                apic: 1
                gateway: m\(index)
                upstreams: { u: { targets: [ "http://u:8080" ] } }
                consumers: { acme: { groups: [ \(groups) ], credentials: [ { key: "${env:K\(index)}" } ] } }
                apis:
                  api-\(index):
                    path: /p\(index)
                    upstream: u
                    plugins: [ key-auth ]
                    versions: { v1: { routes: [ "GET /" ] } }
                """
        }
        sources.texts["api.yaml"] = Self.platform(sources.texts.keys.sorted())
        let found = try sources.compilation(by: .alone).diagnostics.filter { $0.severity == .error }
        #expect(found.map(\.message) == ["the consumers are in 4238 groups, a gateway has at most 4096"])
        let help = try #require(found.first?.help)
        #expect(help.contains("4000 of `m7`, 3 of `m0`, 3 of `m1`, 3 of `m10`, 3 of `m11`"), "\(help)")
        #expect(help.contains("166 of 56 other specs, 60 that keep the keys of members apart"), "\(help)")
    }

    /// Pieces of work in the opposite order, and on as many threads as there are cores.
    private static let crews = [
        WorkCrew { count, piece in
            for index in (0..<count).reversed() { piece(index) }
        },
        WorkCrew { DispatchQueue.concurrentPerform(iterations: $0, execute: $1) },
    ]

    /// A member with many APIs: constraints that others have, too, methods of its own, mistakes if it is to have some.
    private static func large(_ index: Int, isWrong: Bool) -> String {
        let apis = (0..<9).map { number in
            """
              api-\(index)-\(number):
                path: /p\(index)/\(number)
                upstream: u
                policy: \(number % 2 == 0 ? "own" : "open")
                versions:
                  v1:
                    deprecated: 2026-01-01
                    successor: v2
                    routes: [ "GET /{id:[0-9]+}", "M\(index % 20) /{name:[a-z]{1,\(index % 7 + 1)}}", "GET /x/**" ]
                  v2:
                    routes:
                      - GET /{id:\(number % 3 == 0 ? "\\d" : "[0-9]")+}
                      - M\(index % 20) /{name:[a-z]{1,\(index % 7 + 1)}}
                      - ANY /x/**
                      - { match: GET /y, headers: { X-Kind: k\(number) } }
                      - \(isWrong && number == 4 ? "GET /{broken" : "GET /z")
            """
        }
        return """
            apic: 1
            gateway: m\(index)
            upstreams: { u: { targets: [ "http://u\(index):8080" ] } }
            consumers: { acme: { groups: [ friends ], credentials: [ { key: "${env:ACME_\(index)}" } ] } }
            policies:
              own: [ key-auth\(index % 2 == 0 ? ", { acl: { allow: [ friends ] } }" : "") ]
              open: [ { rate-limit: { limit: 5/minute, by: \(isWrong ? "consumer" : "address") } } ]
            apis:
            \(apis.joined(separator: "\n"))
            """
    }

    @Test("who does the work, and in which order, changes nothing", arguments: [false, true])
    func crews(_ isWrong: Bool) throws {
        var sources = Sources()
        for index in 0..<24 { sources.texts["m\(index).yaml"] = Self.large(index, isWrong: isWrong && index % 5 == 3) }
        sources.texts["api.yaml"] = Self.platform(sources.texts.keys.sorted())
        let expected = try sources.compilation(by: .alone)
        #expect((expected.gateway == nil) == isWrong)
        #expect(!expected.diagnostics.isEmpty)
        let bytes = expected.gateway.map { TableEmitter.emit($0) }
        for crew in Self.crews {
            let assembly = TableAssembly()
            let outcome = try sources.compilation(by: crew, early: assembly.pieces)
            #expect(outcome.diagnostics == expected.diagnostics)
            #expect(outcome.gateway.map { TableEmitter.emit($0) } == bytes)
            #expect(assembly.table == bytes)
        }
    }

    @Test("a member builds alone as a gateway of its own")
    func alone() throws {
        var random = SeededRandom(seed: 1)
        var sources = Sources()
        sources.texts["api.yaml"] = Self.member(0, using: &random).replacing("shared-1", with: "u")
            .replacing("policy: baseline", with: "policy: own").replacing("policy: standard", with: "policy: own")
        let outcome = try sources.table()
        #expect(outcome.errors == [])
        #expect(!outcome.bytes.isEmpty)
    }
}
