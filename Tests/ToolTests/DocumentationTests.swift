import Foundation
import TestSupport
import Testing

/// What the programs offer is in the documentation, and what that names is there. The programs themselves are asked, so
/// that no list has to be kept.
@Suite("Documentation of commands and of what a gateway tells")
struct DocumentationTests {
    private static func page(_ path: String) throws -> String {
        String(decoding: try Repository.bytes(of: path), as: UTF8.self)
    }

    /// All distinct matches of a pattern.
    private static func words(_ pattern: String, in text: String) throws -> Set<String> {
        Set(text.matches(of: try Regex(pattern)).map { String(text[$0.range]) })
    }

    // MARK: apic

    /// A command as the argument parser describes it.
    private struct Command: Decodable {
        struct Argument: Decodable {
            struct Name: Decodable {
                var kind: String
                var name: String
            }

            var names: [Name]?
            var shouldDisplay: Bool
        }

        var commandName: String
        var arguments: [Argument]?
        var subcommands: [Command]?

        /// `--output`, `-o`; those of its own commands included.
        var flags: [String] {
            (subcommands ?? []).flatMap(\.flags)
                + (arguments ?? []).filter(\.shouldDisplay).flatMap { $0.names ?? [] }
                .map { ($0.kind == "short" ? "-" : "--") + $0.name }
        }
    }

    private struct Dump: Decodable {
        var command: Command
    }

    private func root() throws -> Command {
        let outcome = try Program.apic.run(["--experimental-dump-help"], in: Repository.root)
        return try JSONDecoder().decode(Dump.self, from: Data(outcome.output.utf8)).command
    }

    @Test("docs/command-line.md has every command and every flag of `apic`, and no other")
    func commands() throws {
        let page = try Self.page("docs/command-line.md")
        let commands = try #require(try root().subcommands)
        #expect(commands.count > 5)
        var known: Set<String> = []
        for command in commands {
            #expect(page.contains("| `apic \(command.commandName)"), "\(command.commandName)")
            for flag in command.flags {
                known.insert(flag)
                #expect(page.contains("`\(flag)"), "\(command.commandName) \(flag)")
            }
        }
        let said = try Self.words("--[a-z][a-z-]*", in: page)
        #expect(said.subtracting(known).subtracting(["--generate-completion-script"]) == [])
        let named = try Self.words("`apic [a-z]+", in: page).map { String($0.dropFirst("`apic ".count)) }
        #expect(Set(named) == Set(commands.map(\.commandName)))
    }

    @Test("the README names commands that are there")
    func readme() throws {
        let page = try Self.page("README.md")
        let names = Set(try #require(try root().subcommands).map(\.commandName))
        for command in try Self.words("(?m)(^\\$ |`)apic [a-z]+", in: page) {
            #expect(names.contains(String(command.split(separator: " ").last ?? "")), "\(command)")
        }
    }

    @Test("links between pages lead somewhere", arguments: ["README.md", "docs", "docs/adr", "Benchmarks/README.md"])
    func links(_ path: String) throws {
        let pages = path.hasSuffix(".md") ? [path] : try Repository.entries(of: path).map { "\(path)/\($0)" }
        for page in pages where page.hasSuffix(".md") {
            let folder = Repository.root.appendingPathComponent(page).deletingLastPathComponent()
            for match in try Self.page(page).matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
                let target = folder.appendingPathComponent(String(match.1)).path
                #expect(FileManager.default.fileExists(atPath: target), "\(page): \(match.1)")
            }
        }
    }

    // MARK: apic-gateway

    @Test("docs/operations.md has every flag and variable of `apic-gateway`, and no other")
    func gateway() throws {
        let page = try Self.page("docs/operations.md")
        let help = try Program.gateway.run(["--help"], in: Repository.root).output
        let flags = try Self.words("--[a-z]+", in: help)
        #expect(try Self.words("--[a-z]+", in: page) == flags)
        let variables = try Self.words("APIC_[A-Z]+", in: help)
        #expect(variables.count > 5)
        // The Compose file has two of its own.
        #expect(try Self.words("APIC_[A-Z]+", in: page) == variables.union(["APIC_IMAGE", "APIC_SECRETS"]))
    }

    @Test("docs/operations.md has every metric and every member of `/status`")
    func telemetry() throws {
        let page = try Self.page("docs/operations.md")
        let gateway = try RunningGateway(
            """
            upstreams: { up: { targets: [ "http://127.0.0.1:9" ], health: { active: { path: / } } } }
            apis:
              a:
                path: /a
                upstream: up
                versions:
                  v1:
                    deprecated: 2026-01-01
                    sunset: 2027-01-01
                    brownouts: [ { from: 2026-12-01, for: 1h } ]
                    routes: [ "GET /" ]

            """
        )
        let metrics = try gateway.status("/metrics").text
        let families = metrics.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map {
            $0.split(separator: " ")[2]
        }
        #expect(families.count > 20)
        for family in families { #expect(page.contains("`\(family)`"), "\(family)") }
        for match in metrics.matches(of: /(?:kind|reason|result)="([^"]+)"/) {
            #expect(page.contains("`\(match.1)`"), "\(match.0)")
        }
        let said = try Self.words("`(apic|process)_[a-z0-9_]+`", in: page).map { $0.filter { $0 != "`" } }
        #expect(Set(said) == Set(families.map(String.init)))

        for member in Self.members(of: try JSONSerialization.jsonObject(with: Data(gateway.status("/status").body))) {
            #expect(page.contains("`\(member)`"), "/status: \(member)")
        }
    }

    /// The keys of all objects in a JSON value.
    private static func members(of value: Any) -> Set<String> {
        if let object = value as? [String: Any] {
            return object.values.reduce(into: Set(object.keys)) { $0.formUnion(members(of: $1)) }
        }
        return (value as? [Any] ?? []).reduce(into: []) { $0.formUnion(members(of: $1)) }
    }
}
