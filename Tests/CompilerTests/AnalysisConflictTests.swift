import GatewayIR
import TestSupport
import Testing

@testable import GatewayCompiler

@Suite("Route conflicts")
struct AnalysisConflictTests {
    @Test(
        "routes that cannot be told apart, or cannot be reached",
        arguments: [
            (["GET /a", "GET /a/"], ["E0625 at GET /a/ (GET /a)"]),
            (["GET /{id}", "GET /{key}"], ["E0625 at GET /{key} (GET /{id})"]),
            (["GET /{a:[0-9]+}", "GET /{b:\\d+}"], ["E0625 at GET /{b:\\d+} (GET /{a:[0-9]+})"]),
            (["GET,PUT /a", "PUT,POST /a"], ["E0626 at PUT,POST /a (GET,PUT /a)"]),
            (["GET /a", "ANY /a", "GET /{id}", "GET /**", "GET /a/**"], []),
            (["GET /{a:[0-9]+}", "GET /{b:[0-9a-f]+}"], ["E0626 at GET /{b:[0-9a-f]+} (GET /{a:[0-9]+})"]),
            (["GET /{a:[0-9]+}", "GET /{b:[a-f]+}"], []),
            (["GET /{a:[0-9]+}/x", "GET /{b:[0-9a-f]+}/y"], []),
            (["GET /{a:[0-9]+}/**", "GET /{b:[0-9a-f]+}/**"], ["E0626 at GET /{b:[0-9a-f]+}/** (GET /{a:[0-9]+}/**)"]),
            (["GET /{a:[0-9]+}/**", "GET /{b:[0-9a-f]+}"], []),
            (["GET /{a}/b", "GET /a/{b}"], []),
            (["GET /{id:.+}", "GET /{id}"], ["E0627 at GET /{id} (GET /{id:.+})"]),
            (["GET /{id:.+}", "PUT /{id}"], []),
            (["GET /a", "GET /{id:a}"], ["E0627 at GET /{id:a} (GET /a)"]),
            (["GET /a", "GET /b", "GET /{id:a|b}"], ["E0627 at GET /{id:a|b} (GET /b)"]),
            (["GET /a", "GET /{id:a|b}"], []),
            (["GET /{a:.+}/**", "GET /{a}/b"], ["E0627 at GET /{a}/b (GET /{a:.+}/**)"]),
            (["GET /{a:.+}/**", "PUT /{a:.+}/**", "GET,PUT /{a}/b"], ["E0627 at GET,PUT /{a}/b (GET /{a:.+}/**)"]),
            (["GET /{a:.+}/**", "GET,PUT /{a}/b"], []),
            (["GET /a", "GET /a/{x}/**", "GET /a/**"], ["E0627 at GET /a/** (GET /a/{x}/**)"]),
            (["GET /a/{x}/**", "GET /a/**"], []),
            (["GET /a", "GET /a/{x}", "GET /a/**"], []),
        ]
    )
    func table(_ routes: [String], _ expected: [String]) {
        let quoted = routes.map { "'\($0)'" }
        let fixture = AnalysisFixture.api(
            """
                path: /p
                versions: { v: { routes: [ \(quoted.joined(separator: ", ")) ] } }
            """,
            top: "governance: { public: [ ANY /** ] }"
        )
        #expect(fixture.fullSummary.map { $0.replacing("'", with: "") } == expected)
    }

    @Test("header conditions tell routes apart only if no request can meet both")
    func conditions() throws {
        func fixture(_ first: String, _ second: String) -> AnalysisFixture {
            .routes("{ match: GET /, headers: { \(first) } }", "{ match: GET /, headers: { \(second) } }", "GET /")
        }
        #expect(fixture("X-Env: a", "x-env: b").summary == [])
        #expect(fixture("X-Env: a", "x-env: a").summary == ["E0625 at GET /"])
        let crossing = fixture("X-Env: canary", "X-Team: b")
        #expect(crossing.summary == ["E0626 at GET /"])
        #expect(crossing.diagnostics[0].notes == ["both match `GET /a/v with X-Env: canary, X-Team: b`"])
        #expect(fixture("X-Env: a, X-Team: b", "X-Team: b").summary == [])
    }

    @Test("a witness names host, version, captures and conditions")
    func witness() throws {
        let fixture = AnalysisFixture.api(
            """
                path: /orders
                host: "*.example.com"
                versioning: { by: header }
                versions:
                  v1:
                    routes:
                      - { match: "GET,PUT /x{n:[0-9]}", headers: { X-Env: canary } }
            """.replacing("/x{n:[0-9]}", with: "/{n:x[0-9]}/{m}/**") + "\n"
                + "          - { match: \"POST,PUT /{k:[a-z]7}/{m}/**\", headers: { X-Team: a } }\n"
                + "      v2: { routes: [ \"PUT /{k:[a-z]7}/{m}/**\" ] }",
            top: "governance: { public: [ ANY /** ] }"
        )
        #expect(fixture.diagnostics.map(\.code.id) == ["E0626"])
        #expect(
            fixture.diagnostics.first?.notes == [
                "both match `PUT /orders/x7/x with Host: x.example.com, X-Api-Version: v1, X-Env: canary, X-Team: a`"
            ]
        )
    }

    @Test("versions of one API never conflict, APIs do whatever their selectors")
    func versions() {
        func fixture(_ second: String) -> AnalysisFixture {
            AnalysisFixture(
                """
                apic: 1
                gateway: g
                upstreams: { u: { targets: [ "http://u:1" ] } }
                governance: { public: [ ANY /** ] }
                apis:
                  a:
                    path: /
                    versioning: { by: header }
                    upstream: u
                    versions: { v1: { routes: [ GET /x/y ] }, v2: { routes: [ GET /x/y ] } }
                  b: { path: /x, \(second), upstream: u, versions: { v1: { routes: [ GET /y ] } } }
                """
            )
        }
        #expect(fixture("versioning: { by: query }").summary == ["E0626 at GET /y"])
        #expect(fixture("versioning: { by: header, name: X-V }").summary == ["E0626 at GET /y"])
        #expect(fixture("versioning: { by: header }").summary == ["E0626 at GET /y"])
        #expect(fixture("versioning: path").summary == [])
        #expect(fixture("versioning: { by: host, pattern: \"{version}.a\" }").summary == [])
    }

    @Test("a conflict on several hosts is one mistake")
    func hosts() {
        let fixture = AnalysisFixture.api(
            """
                path: /p
                hosts: [ a.example, b.example, "*.c.example" ]
                versions: { v: { routes: [ GET /x, GET /x ] } }
            """,
            top: "governance: { public: [ ANY /** ] }"
        )
        #expect(fixture.diagnostics.count == 1)
    }

    @Test("65 constraints at one place are too many")
    func crowds() {
        let routes = (0..<65).map { "\"GET /{id:a\($0)}\"" }.joined(separator: ", ")
        let fixture = AnalysisFixture.api(
            "    path: /p\n    versions: { v: { routes: [ \(routes) ] } }",
            top: "governance: { public: [ ANY /** ] }"
        )
        #expect(fixture.diagnostics.map(\.code.id) == ["E0631"])
    }

    /// Every way through `depth` levels that have a literal and a capture each.
    @Test("a lookup that could come back too often is refused", arguments: [(9, []), (12, ["E0631"])])
    func lookupCost(_ depth: Int, _ expected: [String]) {
        let paths = (0..<(1 << depth)).map { bits in
            (0..<depth).map { bits >> $0 & 1 == 0 ? "/l" : "/{c\($0)}" }.joined()
        }
        let routes = paths.map { "\"GET \($0)\"" }.joined(separator: ", ")
        let fixture = AnalysisFixture.api(
            "    path: /p\n    versions: { v: { routes: [ \(routes) ] } }",
            top: "governance: { public: [ ANY /** ] }"
        )
        #expect(fixture.diagnostics.map(\.code.id) == expected)
    }

    @Test("a thousand routes at one place are told apart by their conditions")
    func crowdedPlace() {
        func fixture(_ last: String) -> AnalysisFixture {
            let routes = (0..<1000).map { "{ match: GET /, headers: { X-Tenant: t\($0) } }" } + [last]
            return .api(
                "    path: /p\n    versions: { v: { routes: [ \(routes.joined(separator: ", ")) ] } }",
                top: "governance: { public: [ ANY /** ] }"
            )
        }
        #expect(fixture("{ match: GET /, headers: { X-Tenant: t1000 } }").summary == [])
        #expect(fixture("{ match: GET /, headers: { X-Tenant: t7 } }").summary == ["E0625 at GET /"])
        #expect(fixture("{ match: GET /, headers: { X-Other: t7 } }").summary == ["E0626 at GET /"])
        #expect(fixture("{ match: GET /, headers: { X-Other: o, X-Tenant: t7 } }").summary == [])
        #expect(fixture("{ match: \"GET,PUT /\", headers: { X-Tenant: t7 } }").summary == ["E0626 at \"GET,PUT /\""])
    }

    /// Small sets of routes over few segments, so that conflicts are frequent; the truth comes from trying all
    /// requests.
    @Test("conflicts are those that trying all requests finds", arguments: SeededRandom.seeds(120), [48, 0])
    func againstBruteForce(_ seed: UInt64, _ pairwiseCountMax: Int) throws {
        var random = SeededRandom(seed: seed)
        var constraints = ConstraintLibrary()
        let set = try RandomRoutes(&random, &constraints)
        var diagnostics: [Diagnostic] = []
        RouteConflicts.check(
            set.routes,
            facts: set.facts,
            versions: set.versions,
            constraints: constraints,
            pairwiseCountMax: pairwiseCountMax,
            into: &diagnostics
        )
        let ambiguous = diagnostics.filter { ["E0625", "E0626"].contains($0.code.id) }.map { Int($0.span.start) }
        #expect(Set(ambiguous) == set.ambiguous, "seed \(seed): \(set.text)")
        #expect(ambiguous.count == Set(ambiguous).count)
        for diagnostic in diagnostics where diagnostic.code.id == "E0627" {
            #expect(set.isHidden(Int(diagnostic.span.start)), "seed \(seed): \(diagnostic.message) in \(set.text)")
        }
    }
}

/// Random routes with every request over a small universe.
private struct RandomRoutes {
    private struct Request {
        var segments: [String]
        var method: String
        var environment: String?
        var team: String?
        var version: Int
    }

    private static let segments = ["a", "b", "c", "1", "2", "aa", "a1", "-"]
    private static let constraints = ["[0-9]+", "[a-z]+", "[a-z0-9]+", "a|b", "a", ".+", "[^-]+", "1|2|c"]

    private(set) var routes: [Route] = []
    private(set) var facts: [RouteFacts] = []
    private(set) var versions = LoweredVersions()
    private var requests: [Request] = []

    init(_ random: inout SeededRandom, _ library: inout ConstraintLibrary) throws {
        versions.apis = [API(name: "a", selector: .header(name: "v"), versions: 0..<2)]
        versions.versions = (0..<2).map {
            Version(api: 0, name: "v\($0)", value: "\($0)", lifecycle: Lifecycle(released: 0))
        }
        for index in 0..<Int.random(in: 2...9, using: &random) {
            let text = RandomRoutes.text(&random)
            let parsed = try RouteTextParser.parse(text, constraints: &library)
            var conditions: [HeaderCondition] = []
            if random.oneIn(4) { conditions.append(HeaderCondition(name: "env", value: random.oneIn(2) ? "x" : "y")) }
            if random.oneIn(5) { conditions.append(HeaderCondition(name: "team", value: random.oneIn(2) ? "x" : "y")) }
            routes.append(
                Route(
                    host: .any,
                    path: parsed.path.pattern,
                    methods: parsed.methods,
                    conditions: conditions,
                    version: random.oneIn(4) ? 1 : 0,
                    chain: 0,
                    forwarding: nil
                )
            )
            let span = SourceSpan(file: 0, start: UInt32(index), end: UInt32(index))
            facts.append(RouteFacts(match: span, api: 0, constraints: parsed.path.constraints, isWhole: true))
        }
        requests = RandomRoutes.allRequests
    }

    var text: String {
        routes.map {
            "\($0.methods.text) \($0.path.text) \($0.conditions.map { "\($0.name)=\($0.value)" }) v\($0.version)"
        }
        .joined(separator: "; ")
    }

    private static func text(_ random: inout SeededRandom) -> String {
        var path = ""
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let number = path.utf8.count
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1: path += "/" + (["a", "b", "1"].randomElement(using: &random) ?? "a")
            case 2: path += "/{p\(number)}"
            default: path += "/{p\(number):\(constraints.randomElement(using: &random) ?? "a")}"
            }
        }
        if random.oneIn(3) { path += "/**" }
        let methods = ["GET", "PUT", "GET,PUT", "ANY"].randomElement(using: &random) ?? "GET"
        return "\(methods) \(path.isEmpty ? "/" : path)"
    }

    private static let allRequests: [Request] = {
        var paths: [[String]] = [[]]
        var last: [[String]] = [[]]
        for _ in 0..<3 {
            last = last.flatMap { path in segments.prefix(path.count == 2 ? 2 : 8).map { path + [$0] } }
            paths += last
        }
        return paths.flatMap { path in
            ["GET", "PUT", "POST"].flatMap { method in
                [nil, "x", "y"].flatMap { environment in
                    [nil, "x", "y"].flatMap { team in
                        (0..<2).map {
                            Request(segments: path, method: method, environment: environment, team: team, version: $0)
                        }
                    }
                }
            }
        }
    }()

    private static func matches(_ route: Route, _ request: Request) -> Bool {
        guard route.version == request.version, route.methods.contains(request.method) else { return false }
        guard
            route.conditions.allSatisfy({ condition in
                (condition.name == "env" ? request.environment : request.team) == condition.value
            })
        else { return false }
        let count = route.path.segments.count
        guard request.segments.count == count || route.path.isTail && request.segments.count > count else {
            return false
        }
        return zip(route.path.segments, request.segments).allSatisfy { segment, text in
            switch segment {
            case .literal(let literal): literal == text
            case .capture: true
            case .constrained(_, let automaton): automaton.accepts(text.utf8)
            }
        }
    }

    /// The rank of product.md §5, written down on its own: greater is more specific.
    private static func rank(_ route: Route) -> [Int] {
        var kinds = route.path.segments.map { segment in
            switch segment {
            case .literal: 3
            case .constrained: 2
            case .capture: 1
            }
        }
        kinds += Array(repeating: 0, count: 4 - kinds.count)
        return kinds + [route.path.isTail ? 0 : 1, route.methods.isListed ? 1 : 0, route.conditions.count]
    }

    /// Routes that share a request and the rank with one before them.
    var ambiguous: Set<Int> {
        let ranks = routes.map(RandomRoutes.rank)
        var result: Set<Int> = []
        for request in requests {
            let matching = routes.indices.filter { RandomRoutes.matches(routes[$0], request) }
            for (index, right) in matching.enumerated()
            where matching[..<index].contains(where: { ranks[$0] == ranks[right] }) { result.insert(right) }
        }
        return result
    }

    /// Whether a better route matches every request of the universe that a route matches.
    func isHidden(_ index: Int) -> Bool {
        let ranks = routes.map(RandomRoutes.rank)
        return requests.allSatisfy { request in
            !RandomRoutes.matches(routes[index], request)
                || routes.indices.contains { other in
                    ranks[index].lexicographicallyPrecedes(ranks[other]) && RandomRoutes.matches(routes[other], request)
                }
        }
    }
}
