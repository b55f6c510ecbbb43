import Foundation
import TestSupport
import Testing

/// `apic` as its user meets it: real processes, files, exit codes.
@Suite("The command line")
struct CommandTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func apic(
        _ arguments: String...,
        environment: [String: String] = [:],
        input: String = ""
    ) throws -> Program.Outcome {
        try Program.apic.run(arguments, in: folder.url, environment: environment, input: input)
    }

    private static let minimal = """
        apic: 1
        gateway: small
        upstreams: { u: { targets: [ "http://127.0.0.1:9" ] } }
        governance: { public: [ "ANY /**" ] }
        apis:
          a: { path: /a, upstream: u, versions: { v1: { released: 2026-01-01, routes: [ "GET /{id}" ] } } }

        """

    // MARK: examples and templates

    @Test(
        "the examples and what `init` writes have no errors and no warnings",
        arguments: ["storefront", "wildlife", "init"]
    )
    func clean(_ name: String) throws {
        var path = Repository.root.appendingPathComponent("examples/\(name)/api.yaml").path
        if name == "init" {
            #expect(try apic("init", "first.yaml").status == 0)
            path = "first.yaml"
        }
        let outcome = try apic("build", path, "-o", "dist")
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
        #expect(outcome.output.hasPrefix("dist: "))
    }

    @Test("compose accepts the examples' files", arguments: ["storefront", "wildlife"])
    func compose(_ name: String) throws {
        let path = Repository.root.appendingPathComponent("examples/\(name)/api.yaml").path
        #expect(try apic("build", path, "-o", "dist").status == 0)
        let process = Process()
        process.executableURL = Repository.root.appendingPathComponent(".build/tools/bin/docker-compose")
        process.arguments = ["config", "--quiet"]
        process.currentDirectoryURL = folder.url.appendingPathComponent("dist")
        process.environment = [:]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    // MARK: build and check

    @Test("two builds give the same bytes")
    func deterministic() throws {
        let path = Repository.root.appendingPathComponent("examples/storefront/api.yaml").path
        #expect(try apic("build", path, "-o", "one").status == 0)
        #expect(try apic("build", path, "-o", "two").status == 0)
        let files = try folder.files()
        let names = files.filter { $0.hasPrefix("one/") }.map { String($0.dropFirst(4)) }
        #expect(names.count == 13)
        for name in names {
            let one = try Data(contentsOf: folder.url.appendingPathComponent("one/\(name)"))
            let two = try Data(contentsOf: folder.url.appendingPathComponent("two/\(name)"))
            #expect(one == two, "\(name)")
        }
    }

    @Test("a spec with errors: exit status 1, diagnostics on standard error, the bundle untouched")
    func failedBuild() throws {
        try folder.write(Self.minimal, to: "api.yaml")
        #expect(try apic("build", "api.yaml").status == 0)
        let before = folder.text("dist/manifest.json")
        try folder.write(Self.minimal.replacingOccurrences(of: "upstream: u", with: "upstream: w"), to: "api.yaml")
        let outcome = try apic("build", "api.yaml")
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("error[E") && outcome.errors.contains("api.yaml:6:"))
        #expect(!outcome.errors.contains("\u{1B}["))
        #expect(folder.text("dist/manifest.json") == before)
    }

    @Test("machine formats go to standard output", arguments: ["json", "sarif", "github"])
    func formats(_ format: String) throws {
        try folder.write("apic: 1\ngateway: g\nnope: 1\n", to: "api.yaml")
        let outcome = try apic("check", "api.yaml", "--format", format)
        #expect(outcome.status == 1)
        #expect(outcome.errors.isEmpty)
        #expect(outcome.output.contains("nope"))
        if format == "sarif" {
            let log = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            #expect(log?["version"] as? String == "2.1.0")
        }
    }

    @Test("later files override earlier ones, and standard input is a file")
    func merge() throws {
        try folder.write(Self.minimal, to: "api.yaml")
        let outcome = try apic("build", "api.yaml", "-", "-o", "dist", input: "gateway: large\n")
        #expect(outcome.status == 0)
        #expect(folder.text("dist/manifest.json")?.contains(#""gateway": "large""#) == true)
    }

    @Test("${build:} comes from the environment of the compiler")
    func buildEnvironment() throws {
        try folder.write(Self.minimal.replacingOccurrences(of: "small", with: "\"${build:NAME}\""), to: "api.yaml")
        #expect(try apic("build", "api.yaml", environment: ["NAME": "built"]).status == 0)
        #expect(folder.text("dist/manifest.json")?.contains(#""gateway": "built""#) == true)
        #expect(try apic("check", "api.yaml").status == 1)
    }

    @Test("templates replace the compiled-in ones; a name that none has is an error")
    func templates() throws {
        try folder.write(Self.minimal, to: "api.yaml")
        try folder.write("# mine\nname: {{project}}\n", to: "mine/docker-compose.yml.mustache")
        #expect(try apic("build", "api.yaml", "--templates", "mine").status == 0)
        #expect(folder.text("dist/docker-compose.yml")?.hasSuffix("# mine\nname: \"small\"\n") == true)
        try folder.write("", to: "mine/compose.mustache")
        let outcome = try apic("build", "api.yaml", "--templates", "mine")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("`docker-compose.yml.mustache`"))
    }

    @Test("a folder that cannot be written to is named, with the reason")
    func unwritable() throws {
        try folder.write(Self.minimal, to: "api.yaml")
        let outcome = try apic("build", "api.yaml", "-o", "/proc/dist")
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasPrefix("error: cannot make the folder `/proc/dist`"))
    }

    @Test("a full disk leaves the bundle as it was")
    func fullDisk() throws {
        try folder.write(Self.minimal, to: "api.yaml")
        #expect(try apic("build", "api.yaml").status == 0)
        let before = try folder.files().map { "\($0): \(folder.text($0) ?? "")" }
        try folder.write(Self.minimal.replacingOccurrences(of: "small", with: "other"), to: "api.yaml")
        // A bound on the size of files is what a full disk is to a write, and needs no file system of its own.
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = [
            "-c", "trap '' XFSZ; ulimit -f 1; exec \(Program.apic.url.path) build api.yaml 2>errors.txt",
        ]
        shell.currentDirectoryURL = folder.url
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 1)
        #expect(folder.text("errors.txt")?.contains("what was there is unchanged") == true)
        try FileManager.default.removeItem(atPath: folder.path + "/errors.txt")
        try folder.write(Self.minimal, to: "api.yaml")
        #expect(try folder.files().map { "\($0): \(folder.text($0) ?? "")" } == before)
    }

    @Test("a result that cannot be written is a failure")
    func fullOutput() throws {
        try folder.write(Self.minimal, to: "api.yaml")
        for command in ["explain E0503", "--help", "check nope.yaml - --format json"] {
            let line = "exec \(Program.apic.url.path) \(command) >/dev/full"
            let outcome = try Program.shell.run(["-c", line], in: folder.url)
            #expect(outcome.status == 1, "\(command)")
        }
        let line = "exec \(Program.apic.url.path) explain E0503 >/dev/full"
        #expect(try Program.shell.run(["-c", line], in: folder.url).errors.contains("no space left"))
    }

    @Test("without standard streams nothing is written into files that take their numbers")
    func closedStreams() throws {
        try folder.write(Self.minimal, to: "api.yaml")
        #expect(try apic("build", "api.yaml").status == 0)
        let before = try folder.files().map { "\($0): \(folder.text($0) ?? "")" }
        let line = "exec \(Program.apic.url.path) build api.yaml <&- >&- 2>&-"
        #expect(try Program.shell.run(["-c", line], in: folder.url).status == 0)
        #expect(try folder.files().map { "\($0): \(folder.text($0) ?? "")" } == before)
    }

    // MARK: usage

    struct Misuse: Sendable {
        var arguments: [String]
        var status: Int32
        var says: String
    }

    static let misuses = [
        Misuse(arguments: ["build"], status: 2, says: "files"),
        Misuse(
            arguments: ["bild"],
            status: 2,
            says: "no command `bild`; did you mean `build`?\nCommands: build, check,"
        ),
        Misuse(arguments: ["foo", "api.yaml"], status: 2, says: "there is no command `foo`\nCommands: build"),
        Misuse(arguments: ["help", "foo"], status: 2, says: "there is no command `foo`"),
        Misuse(arguments: ["api.yaml"], status: 2, says: "write `apic build api.yaml`"),
        Misuse(arguments: ["--nope"], status: 2, says: "error: Unknown option '--nope'"),
        Misuse(arguments: ["build", "missing.yaml"], status: 1, says: "there is no file `missing.yaml`; `apic init`"),
        Misuse(arguments: ["check", "."], status: 1, says: "is a folder"),
        Misuse(arguments: ["check", "x.yaml", "--format", "xml"], status: 2, says: "xml"),
        Misuse(arguments: ["explain", "E9999"], status: 2, says: "no diagnostic `E9999`"),
        Misuse(arguments: ["explain", "GET /x"], status: 2, says: "apic explain api.yaml"),
        Misuse(arguments: ["explain", "x.yaml", "nonsense"], status: 2, says: "is no request"),
        Misuse(arguments: ["explain", "x.yaml", "GET /", "--at", "soon"], status: 2, says: "is not an instant"),
        Misuse(arguments: ["explain", "x.yaml", "GET /", "-H", "nocolon"], status: 2, says: "no header field"),
        Misuse(arguments: ["dev", "-"], status: 2, says: "standard input cannot be watched"),
        Misuse(arguments: ["dev", "x.yaml", "--http", "+80"], status: 2, says: "`+80` is no port and no address"),
        Misuse(arguments: ["dev", "x.yaml", "--at", "soon"], status: 2, says: "`soon` is not an instant"),
        Misuse(arguments: ["echo", "--port", "70000"], status: 2, says: "70000"),
    ]

    @Test("what cannot be done is said on standard error, with an exit status of its own", arguments: misuses)
    func misuse(_ misuse: Misuse) throws {
        let outcome = try Program.apic.run(misuse.arguments, in: folder.url)
        #expect(outcome.status == misuse.status)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains(misuse.says), "\(outcome.errors)")
    }

    @Test("`init` never overwrites")
    func initialise() throws {
        try folder.write("mine", to: "api.yaml")
        let outcome = try apic("init")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("stays as it is"))
        #expect(folder.text("api.yaml") == "mine")
    }

    @Test(
        "version, help and completions succeed",
        arguments: [["version"], ["--version"], ["--help"], ["build", "--help"]]
    )
    func information(_ arguments: [String]) throws {
        let outcome = try Program.apic.run(arguments, in: folder.url)
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("apic") && outcome.errors.isEmpty)
    }

    @Test("compiler and gateway are of one version")
    func versions() throws {
        let compiler = try apic("version").output
        let gateway = try Program.gateway.run(["--version"], in: folder.url).output
        #expect(compiler.dropFirst("apic ".count) == gateway.dropFirst("apic-gateway ".count))
    }

    @Test("completion scripts for the usual shells", arguments: ["bash", "zsh", "fish"])
    func completions(_ shell: String) throws {
        let outcome = try apic("--generate-completion-script", shell)
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("explain"))
    }
}
