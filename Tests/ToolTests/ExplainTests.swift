import Foundation
import TestSupport
import Testing

/// `apic explain` and `apic inspect` on the storefront. What people read is in goldens; that it is true is what
/// `ExplainAgreementTests` show.
@Suite("Explaining")
struct ExplainTests {
    @Test("a request", arguments: ExplainedRequest.all)
    func request(_ request: ExplainedRequest) throws {
        let outcome = try request.explain()
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
        expectGolden(outcome.output, at: "Tests/ToolTests/Goldens/explain/\(request.name).txt")
    }

    @Test("a request without quotes, in a spec with warnings, which are for `check`")
    func unquoted() throws {
        let folder = try ScratchFolder()
        try folder.write(
            """
            apic: 1
            gateway: small
            upstreams: { u: { targets: [ "http://127.0.0.1:9" ] } }
            apis: { a: { path: /a, upstream: u, versions: { v1: { routes: [ "GET /{id}" ] } } } }

            """,
            to: "api.yaml"
        )
        let outcome = try Program.apic.run(
            ["explain", "api.yaml", "GET", "/a/v1/7", "--at", "2026-11-24"],
            in: folder.url
        )
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("GET /a/v1/7 at 2026-11-24T00:00:00Z\n"))
        #expect(outcome.errors.isEmpty)
        let stranger = try Program.apic.run(
            ["explain", "api.yaml", "GET /a/v1/7", "--consumer", "bob"],
            in: folder.url
        )
        #expect(stranger.status == 2 && stranger.errors.contains("no consumer `bob`; it has none at all"))
    }

    @Test("plugins that steer traffic, at the share of the day")
    func traffic() throws {
        let folder = try ScratchFolder()
        try folder.write(
            """
            apic: 1
            gateway: small
            upstreams:
              u: { targets: [ "http://127.0.0.1:9" ] }
              next: { targets: [ "http://127.0.0.1:10" ] }
            apis:
              a:
                path: /a
                upstream: u
                plugins:
                  - concurrency-limit: { limit: 20, by: all }
                  - fault: { delay: 300ms, delay-share: 0.5%, abort: 503, header: X-R, until: 2027-01-01 }
                  - mirror: { upstream: next, share: 10% }
                  - canary:
                      upstream: next
                      by: { header: X-S }
                      steps: [ { from: 2026-12-01, share: 1.25% }, { from: 2026-12-08, share: 100% } ]
                versions: { v1: { routes: [ GET / ] } }

            """,
            to: "api.yaml"
        )
        func explanation(_ day: String) throws -> String {
            let outcome = try Program.apic.run(["explain", "api.yaml", "GET /a/v1", "--at", day], in: folder.url)
            #expect(outcome.status == 0)
            return outcome.output
        }
        let text = try explanation("2026-12-05")
        for line in [
            "20 at once for all together, else 503",
            "0.5% are held up for 300 ms, 100% get 503, of those with `x-r`, until 2027-01-01T00:00:00Z",
            "copies of 10% to next",
            "1.25% to next from 2026-12-01T00:00:00Z on, 100% to next from 2026-12-08T00:00:00Z on by the header `x-s`",
            "or, 1.25% of them, at next", "and a copy of 10% at next",
        ] { #expect(text.contains(line), "\(line) in \(text)") }
        #expect(try explanation("2026-11-30").contains("or, 0% of them, at next"))
        #expect(try explanation("2026-12-08").contains("or, 100% of them, at next"))
        let audit = try Program.apic.run(["audit", "api.yaml", "--at", "2026-12-05"], in: folder.url).output
        #expect(audit.contains("20 at once") && audit.contains("copies of 10% to next"))
    }

    @Test("no golden is left of a request that is gone")
    func orphans() throws {
        let expected = ExplainedRequest.all.map { "\($0.name).txt" }.sorted()
        #expect(try Repository.entries(of: "Tests/ToolTests/Goldens/explain") == expected)
    }

    @Test("a code")
    func code() throws {
        let outcome = try Program.apic.run(["explain", "e0503"], in: Repository.root)
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("error[E0503]: "))
        #expect(outcome.output.contains("Example:"))
    }

    @Test("a spec with errors is not explained")
    func wrongSpec() throws {
        let folder = try ScratchFolder()
        try folder.write("apic: 1\n", to: "api.yaml")
        let outcome = try Program.apic.run(["explain", "api.yaml", "GET /"], in: folder.url)
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty && outcome.errors.contains("error[E"))
    }

    @Test("a bundle and its table, as text and as JSON")
    func inspect() throws {
        let folder = try ScratchFolder()
        let example = Repository.root.appendingPathComponent("examples/storefront/api.yaml").path
        #expect(try Program.apic.run(["build", example], in: folder.url).status == 0)
        for path in ["dist", "dist/gateway.apib"] {
            let text = try Program.apic.run(["inspect", path, "--at", "2026-11-24"], in: folder.url)
            #expect(text.status == 0)
            #expect(text.output.contains("/orders/v2/{id}/lines/{line:[0-9]+}"))
            #expect(text.output.contains("planned, with a preview"))
            let json = try Program.apic.run(["inspect", path, "--format", "json"], in: folder.url)
            let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            #expect((object?["routes"] as? [Any])?.count == 29)
        }
    }

    @Test("an altered table is refused, with the reason")
    func altered() throws {
        let folder = try ScratchFolder()
        let example = Repository.root.appendingPathComponent("examples/wildlife/api.yaml").path
        #expect(try Program.apic.run(["build", example], in: folder.url).status == 0)
        let file = folder.url.appendingPathComponent("dist/gateway.apib")
        var bytes = Array(try Data(contentsOf: file))
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: file)
        let outcome = try Program.apic.run(["inspect", "dist"], in: folder.url)
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasPrefix("error: `dist/gateway.apib`: the checksum of"))
        #expect(try Program.apic.run(["inspect", "nowhere"], in: folder.url).status == 1)
    }
}
