import Foundation
import TestSupport
import Testing

/// `apic link`, and members as files.
@Suite("Links of several files")
struct LinkTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        try folder.write(Self.platform, to: "platform/api.yaml")
        try folder.write(Self.member("orders", uses: "login"), to: "platform/teams/orders/api.yaml")
        try folder.write(
            Self.member("billing", uses: "up") + "members: [ { spec: ../refunds.yaml } ]\n",
            to: "platform/teams/billing/api.yaml"
        )
        try folder.write(Self.member("refunds", uses: "up"), to: "platform/teams/refunds.yaml")
    }

    private static let platform = """
        apic: 1
        gateway: platform
        governance: { public: [ "ANY /**" ] }
        upstreams: { login: { targets: [ "http://127.0.0.1:9" ] } }
        export: { upstreams: [ login ] }
        members:
          - { spec: teams/orders/api.yaml, owns: { hosts: [ a.example.com ], paths: [ "/<orders>/**", /orders/** ] } }
          - { spec: teams/billing/api.yaml, owns: { plugins: [ rate-limit ] } }

        """

    private static func member(_ name: String, uses upstream: String) -> String {
        """
        apic: 1
        gateway: \(name)
        upstreams: { up: { targets: [ "http://127.0.0.1:9" ] } }
        apis:
          \(name):
            host: a.example.com
            path: /\(name)
            upstream: up
            versions: { v1: { routes: [ GET /, { match: GET /login, upstream: \(upstream) } ] } }

        """
    }

    private func apic(_ arguments: String...) throws -> Program.Outcome {
        try Program.apic.run(arguments, in: folder.url)
    }

    private func withoutAngles() throws {
        try folder.write(Self.platform.replacing("\"/<orders>/**\", ", with: ""), to: "platform/api.yaml")
    }

    @Test("who owns what, as a table")
    func table() throws {
        try withoutAngles()
        let outcome = try apic("link", "platform/api.yaml")
        #expect(outcome.errors == "")
        #expect(
            outcome.output == """
                spec         owns                       APIs  versions  routes  exports         uses
                platform     -                          0     0         0       upstream login
                  billing    -                          1     1         2
                    refunds  -                          1     1         2
                  orders     a.example.com: /orders/**  1     1         2                       upstream login of platform

                """
        )
    }

    @Test("the same as JSON, with paths of files from where the command runs")
    func json() throws {
        try withoutAngles()
        let outcome = try apic("link", "platform/api.yaml", "--format", "json")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        let specs = try #require(object?["specs"] as? [[String: Any]])
        #expect(specs.map { $0["name"] as? String } == ["platform", "billing", "refunds", "orders"])
        #expect(specs.map { $0["member-of"] as? String } == [nil, "platform", "billing", "platform"])
        #expect(specs[2]["file"] as? String == "platform/teams/billing/../refunds.yaml")
        #expect((specs[1]["owns"] as? [String: [String]])?["plugins"] == ["rate-limit"])
        #expect((specs[3]["uses"] as? [[String: String]]) == [["kind": "upstream", "name": "login", "of": "platform"]])
    }

    @Test("the same as a picture that is well-formed whatever the spec says")
    func picture() throws {
        try folder.write(Self.platform.replacing("/<orders>/**", with: "/%3Corders%3E/**"), to: "platform/api.yaml")
        let outcome = try apic("link", "platform/api.yaml", "--format", "svg")
        try folder.write(outcome.output, to: "link.svg")
        let check =
            "import sys, xml.dom.minidom as m; sys.stdout.write(str(len(m.parse('link.svg').getElementsByTagName('rect'))))"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", check]
        process.currentDirectoryURL = folder.url
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let count = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        // The background, and a box for each spec.
        #expect(String(decoding: count, as: UTF8.self) == "5")
    }

    @Test("a member that cannot be read is an error at the place that names it")
    func missing() throws {
        try withoutAngles()
        try FileManager.default.removeItem(atPath: folder.path + "/platform/teams/refunds.yaml")
        let outcome = try apic("check", "platform/api.yaml")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("error[E1001]"))
        #expect(outcome.errors.contains("--> platform/teams/billing/api.yaml:10:20"))
    }

    @Test("a file is the same one through whatever path or link it is named")
    func sameFile() throws {
        try withoutAngles()
        let teams = folder.path + "/platform/teams"
        try FileManager.default.createSymbolicLink(atPath: teams + "/alias.yaml", withDestinationPath: "refunds.yaml")
        try folder.write(
            Self.member("orders", uses: "login") + "members: [ { spec: ../alias.yaml } ]\n",
            to: "platform/teams/orders/api.yaml"
        )
        #expect(try apic("check", "platform/api.yaml").errors.contains("error[E1002]"))
        try folder.write(Self.member("orders", uses: "login"), to: "platform/teams/orders/api.yaml")
        try folder.write(
            Self.member("refunds", uses: "up") + "members: [ { spec: billing/api.yaml } ]\n",
            to: "platform/teams/refunds.yaml"
        )
        #expect(try apic("check", "platform/api.yaml").errors.contains("error[E1003]"))
    }

    @Test("hundreds of members, each with groups of its own, whose consumers other members do not let in")
    func groups() throws {
        let folder = try ScratchFolder()
        let count = 400
        var members = ""
        for index in 0..<count {
            members += "  - { spec: m\(index).yaml, owns: { paths: [ /m\(index)/** ] } }\n"
            let text = """
                apic: 1
                gateway: m\(index)
                upstreams: { up: { targets: [ "http://127.0.0.1:9" ] } }
                consumers:
                  one: { groups: [ partners, all ], credentials: [ { key: "${env:ONE_\(index)}" } ] }
                  two: { groups: [ all ], credentials: [ { key: "${env:TWO_\(index)}" } ] }
                apis:
                  m\(index):
                    path: /m\(index)
                    upstream: up
                    plugins: [ key-auth, acl: { allow: [ partners ] } ]
                    versions: { v1: { routes: [ GET / ] } }

                """
            try folder.write(text, to: "m\(index).yaml")
        }
        try folder.write("apic: 1\ngateway: platform\nmembers:\n\(members)", to: "api.yaml")
        let built = try Program.apic.run(["build", "api.yaml", "-o", "dist"], in: folder.url)
        #expect(built.status == 0 && built.errors == "", "\(built.errors.prefix(500))")
        func status(_ consumer: String, _ path: String) throws -> String {
            let outcome = try Program.apic.run(
                ["explain", "api.yaml", "GET \(path)", "--consumer", consumer],
                in: folder.url
            )
            return outcome.output
        }
        #expect(try status("m399/one", "/m399/v1").contains("upstream gets"))
        #expect(try status("m399/two", "/m399/v1").contains("403"))
        #expect(try status("m0/one", "/m399/v1").contains("403"))
    }

    @Test("a member builds alone")
    func alone() throws {
        let outcome = try apic("build", "platform/teams/refunds.yaml", "-o", "dist")
        #expect(outcome.status == 0)
    }
}
