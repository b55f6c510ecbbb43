import GatewayIR
import Testing

@testable import GatewayCompiler

@Suite("Lifecycle")
struct AnalysisLifecycleTests {
    private static func versions(_ versions: String, versioning: String = "path", governance: String = "")
        -> AnalysisFixture
    {
        .api(
            """
                path: /a
                versioning: \(versioning)
                versions: { \(versions) }
            """,
            top: "governance: { public: [ \"ANY /**\" ]\(governance) }"
        )
    }

    private static let routes = "routes: [ GET / ]"

    @Test(
        "dates in the wrong order are found at the date that is wrong, with the one it contradicts",
        arguments: [
            ("released: 2026-03-01, deprecated: 2025-06-01", "E0501 at 2025-06-01 (2026-03-01)", "2026-03-01 or later"),
            ("deprecated: 2026-06-01, sunset: 2026-01-31", "E0502 at 2026-01-31 (2026-06-01)", "2026-06-01 or later"),
            ("sunset: 2026-12-31", "E0503 at 2026-12-31", "before 2026-12-31"),
            (
                "deprecated: 2026-06-01, sunset: 2026-07-01", "E0504 at 2026-07-01 (2026-06-01, 180d)",
                "`sunset` to 2026-11-28 or later"
            ),
            (
                "deprecated: 2026-06-01T10:00:00Z, sunset: 2026-07-01",
                "E0504 at 2026-07-01 (2026-06-01T10:00:00Z, 180d)", "`sunset` to 2026-11-29 or later"
            ),
            (
                "released: 2026-01-15, deprecated: 2026-06-01, sunset: 2026-07-20",
                "E0504 at 2026-07-20 (2026-06-01, 180d)", "`deprecated` to 2026-01-21 or earlier"
            ),
            (
                "deprecated: 2026-06-01, announce: 2026-07-01", "E0517 at 2026-07-01 (2026-06-01)",
                "2026-06-01 or earlier"
            ),
            ("announce: 2026-07-01", "E0518 at 2026-07-01", "after 2026-07-01"),
            ("deprecated: 2026-01-01, tombstone: 30d", "E0519 at 30d", "sunset"),
            ("deprecated: 2026-01-01, sunset: 9999-12-01", "E0520 at 9999-12-01", "earlier"),
            (
                "deprecated: 2026-06-01, brownouts: [ { from: 2026-05-01, for: 1h } ]",
                "E0505 at 2026-05-01 (2026-06-01)", "2026-06-01 or later"
            ),
            (
                "deprecated: 2026-01-01, sunset: 2026-12-31, brownouts: [ { from: 2026-12-30T23:30:00Z, for: 1h } ]",
                "E0505 at { from: 2026-12-30T23:30:00Z, for: 1h } (2026-12-31)", "2026-12-30T23:00:00Z or earlier"
            ),
            ("brownouts: [ { from: 2026-05-01, for: 1h } ]", "E0505 at 2026-05-01", "at or before 2026-05-01"),
        ]
    )
    func wrongDates(_ keys: String, _ expected: String, _ help: String) throws {
        let fixture = AnalysisLifecycleTests.versions(
            "v1: { \(keys), \(AnalysisLifecycleTests.routes) }",
            governance: ", notice: 180d"
        )
        #expect(fixture.fullSummary == [expected])
        #expect(try #require(fixture.diagnostics.first).help?.contains(help) == true, "\(fixture.diagnostics)")
        #expect(fixture.gateway == nil)
    }

    @Test(
        "dates that touch are in order",
        arguments: [
            "released: 2026-06-01, deprecated: 2026-06-01, sunset: 2026-11-28",
            "deprecated: 2026-06-01, announce: 2026-06-01",
            "deprecated: 2026-01-01, sunset: 2026-12-31, brownouts: [ { from: 2026-12-30T23:00:00Z, for: 1h } ]",
            "deprecated: 2026-01-01, brownouts: [ { from: 2026-01-01, for: 1h }, { from: 2026-01-01T01:00:00Z, for: 1h } ]",
        ]
    )
    func touchingDates(_ keys: String) {
        let fixture = AnalysisLifecycleTests.versions(
            "v1: { \(keys), \(AnalysisLifecycleTests.routes) }",
            governance: ", notice: 180d"
        )
        #expect(fixture.fullSummary == [])
        #expect(fixture.gateway != nil)
    }

    @Test("brownouts are sorted, and an overlap is found at the later one")
    func brownouts() throws {
        let overlap = AnalysisLifecycleTests.versions(
            """
            v1: { deprecated: 2026-01-01, \(AnalysisLifecycleTests.routes), brownouts: [
              { from: 2026-03-01T01:00:00Z, for: 2h }, { from: 2026-03-01, for: 2h } ] }
            """
        )
        #expect(
            overlap.fullSummary == [
                "E0506 at { from: 2026-03-01T01:00:00Z, for: 2h } ({ from: 2026-03-01, for: 2h })"
            ]
        )
        #expect(overlap.diagnostics[0].help?.contains("2026-03-01T02:00:00Z") == true)
        let sorted = AnalysisLifecycleTests.versions(
            """
            v1: { deprecated: 2026-01-01, \(AnalysisLifecycleTests.routes), brownouts: [
              { from: 2026-03-02, for: 1h, status: 410 }, { from: 2026-03-01, for: 1h } ] }
            """
        )
        let lifecycle = try #require(sorted.gateway?.versions.first?.lifecycle)
        #expect(
            lifecycle.brownouts == [
                Brownout(from: 1_772_323_200, until: 1_772_326_800),
                Brownout(from: 1_772_409_600, until: 1_772_413_200, status: 410),
            ]
        )
    }

    @Test("a version retires 90 days after its sunset unless `tombstone` says otherwise")
    func retirement() throws {
        let standard = AnalysisLifecycleTests.versions(
            "v1: { deprecated: 2026-01-01, sunset: 2026-12-31, \(AnalysisLifecycleTests.routes) }"
        )
        #expect(try #require(standard.gateway).versions[0].lifecycle.retired == 1_798_675_200 + 90 * 86_400)
        let short = AnalysisLifecycleTests.versions(
            "v1: { deprecated: 2026-01-01, sunset: 2026-12-31, tombstone: 1d, \(AnalysisLifecycleTests.routes) }"
        )
        #expect(try #require(short.gateway).versions[0].lifecycle.retired == 1_798_675_200 + 86_400)
        let plain = AnalysisLifecycleTests.versions("v1: { \(AnalysisLifecycleTests.routes) }")
        #expect(try #require(plain.gateway).versions[0].lifecycle == Lifecycle(released: .min))
    }

    @Test(
        "successors must exist, last longer, go on and offer the same",
        arguments: [
            ("v1: { successor: v3, R }, v2: { R }", ["E0508 at v3"]),
            ("v1: { successor: v1, R }", ["E0509 at v1"]),
            ("v1: { successor: v2, R }, v2: { successor: v1, R }", ["E0510 at v2 (v1)"]),
            (
                "v1: { successor: v2, R }, v2: { successor: v3, R }, v3: { successor: v2, R }", ["E0510 at v3 (v2)"]
            ),
            (
                "v1: { deprecated: 2026-01-01, sunset: 2026-12-31, successor: v2, R }, "
                    + "v2: { deprecated: 2026-02-01, sunset: 2026-10-31, R }",
                ["E0511 at v2 (2026-10-31, 2026-12-31)"]
            ),
            (
                "v1: { successor: v2, R }, v2: { deprecated: 2026-02-01, sunset: 2026-10-31, R }",
                ["E0511 at v2 (2026-10-31)"]
            ),
            (
                "v1: { deprecated: 2026-01-01, sunset: 2026-12-31, successor: v2, R }, v2: { released: 2027-01-10, R }",
                ["W0512 at 2026-12-31 (2027-01-10)"]
            ),
            (
                "v1: { successor: v2, routes: [ GET /, \"GET,DELETE /{id}\", GET /x/** ] }, "
                    + "v2: { routes: [ GET /, \"GET /{key}\", GET /x ] }",
                ["W0513 at v2 (\"GET,DELETE /{id}\", GET /x/**)"]
            ),
            (
                "v1: { successor: v2, routes: [ \"GET /{id:[0-9]+}\" ] }, v2: { routes: [ \"ANY /{id:[0-9a-f]+}\" ] }",
                []
            ),
            (
                "v1: { successor: v2, routes: [ \"GET /{id:[0-9a-z]+}\" ] }, v2: { routes: [ \"ANY /{id:[0-9a-f]+}\" ] }",
                ["W0513 at v2 (\"GET /{id:[0-9a-z]+}\")"]
            ),
        ]
    )
    func successors(_ versions: String, _ expected: [String]) {
        let filled = versions.replacing("R }", with: "routes: [ GET / ] }")
        let fixture = AnalysisFixture.api(
            """
                path: /a
                plugins: [ key-auth ]
                versions: { \(filled) }
            """
        )
        #expect(fixture.fullSummary == expected)
    }

    @Test("a route of the successor that is wrong is not said to be lacking, too")
    func brokenSuccessor() {
        let fixture = AnalysisLifecycleTests.versions(
            "v1: { successor: v2, routes: [ GET /a ] }, v2: { routes: [ get /a ] }"
        )
        #expect(fixture.summary == ["E0602 at get"])
    }

    @Test("under governance a successor that lacks operations is an error")
    func governedSuccessor() {
        let fixture = AnalysisLifecycleTests.versions(
            "v1: { successor: v2, routes: [ GET /, POST / ] }, v2: { routes: [ GET / ] }"
        )
        #expect(fixture.diagnostics.map(\.severity) == [.error])
        #expect(fixture.diagnostics.first?.message.contains("`POST /`") == true)
    }

    @Test(
        "there is at most one default, where there can be one at all",
        arguments: [
            ("header", "v1: { default: true, R }, v2: { default: true, R }", ["E0514 at true (true)"]),
            ("path", "v1: { default: true, R }", ["E0516 at true"]),
            ("{ by: host, pattern: \"{version}.a.example\" }", "v1: { default: true, R }", ["E0516 at true"]),
            (
                "{ by: query }", "v1: { default: true, deprecated: 2026-06-01, sunset: 2026-12-31, R }, v2: { R }",
                ["W0515 at true (2026-12-31)"]
            ),
            ("{ by: header }", "v1: { default: true, R }, v2: { R }", []),
        ]
    )
    func defaults(_ versioning: String, _ versions: String, _ expected: [String]) {
        let long = versioning == "header" ? "{ by: header }" : versioning
        let fixture = AnalysisLifecycleTests.versions(
            versions.replacing("R }", with: "routes: [ GET / ] }"),
            versioning: long
        )
        #expect(fixture.fullSummary == expected)
    }

    @Test(
        "instants are written as people write them",
        arguments: [
            (0, "1970-01-01"), (951_782_400, "2000-02-29"), (1_798_675_199, "2026-12-30T23:59:59Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"), (4_107_542_400, "2100-03-01"),
        ]
    )
    func instants(_ instant: Int64, _ text: String) {
        #expect(InstantText.text(instant) == text)
    }
}
