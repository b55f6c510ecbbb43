import Foundation
import GatewayIR
import TestSupport
import Testing

@testable import GatewayCompiler

/// Keeps the reference of the language and of its diagnostics equal to what the compiler does.
@Suite("Documentation")
struct SpecDocumentationTests {
    static let begin =
        "<!-- The tables below are generated from the compiler's schema: UPDATE_GOLDENS=1 rewrites them. -->"

    @Test("docs/spec.md lists every key")
    func spec() throws {
        let text = String(decoding: try Repository.bytes(of: "docs/spec.md"), as: UTF8.self)
        let parts = text.components(separatedBy: Self.begin)
        #expect(parts.count == 2, "docs/spec.md has lost the mark behind which its tables are generated")
        expectGolden(parts[0] + Self.begin + "\n" + SpecReference.text, at: "docs/spec.md")
    }

    @Test("every plugin has a page, with every field", arguments: PluginKind.allCases)
    func plugins(_ kind: PluginKind) throws {
        let path = "docs/plugins/\(kind.name).md"
        let text = String(decoding: try Repository.bytes(of: path), as: UTF8.self)
        let parts = text.components(separatedBy: Self.begin)
        #expect(parts.count == 2, "\(path) has lost the mark behind which its tables are generated")
        #expect(parts[0].hasPrefix("# \(kind.name)\n"))
        for heading in ["## Errors", "## Example"] { #expect(parts[0].contains(heading), "\(path): \(heading)") }
        let schema = PluginSchema.schema(of: kind)
        let maps = [schema] + SpecSchema.all.filter { $0.path.hasPrefix(kind.name + ".") }
        expectGolden(parts[0] + Self.begin + "\n" + maps.map(SpecReference.section).joined(), at: path)
        let index = String(decoding: try Repository.bytes(of: "docs/plugins/README.md"), as: UTF8.self)
        #expect(index.contains("[\(kind.name)](\(kind.name).md)"))
    }

    /// Examples of the pages are whole specs.
    @Test("the examples of the pages compile", arguments: PluginKind.allCases)
    func pluginExamples(_ kind: PluginKind) throws {
        let page = String(decoding: try Repository.bytes(of: "docs/plugins/\(kind.name).md"), as: UTF8.self)
        let example = try #require(page.components(separatedBy: "```yaml\n").dropFirst().first)
        let text = "apic: 1\ngateway: example\n" + (example.components(separatedBy: "```").first ?? "")
        let file = SourceFile(path: "api.yaml", bytes: Array(text.utf8))
        let compilation = Compiler.compile([file], buildEnvironment: [:])
        #expect(compilation.gateway != nil, "\(DiagnosticRenderer.text(compilation.diagnostics, files: [file]))")
        #expect(compilation.gateway?.chains.contains { $0.steps.contains { $0.plugin.kind == kind } } == true)
    }

    /// The tables come from `SpecSchema.all`; a map that is missing there would be missing in the page.
    @Test("docs/spec.md has every key that the compiler's sources declare")
    func declaredKeys() throws {
        let page = String(decoding: try Repository.bytes(of: "docs/spec.md"), as: UTF8.self)
        var names: Set<String> = []
        for file in try Repository.entries(of: "Sources/Compiler/Spec") where file.hasSuffix("Schema.swift") {
            let source = String(decoding: try Repository.bytes(of: "Sources/Compiler/Spec/\(file)"), as: UTF8.self)
            for match in source.matches(of: /\.(?:required|optional|later)\(\s*"([^"]+)"/) {
                names.insert(String(match.1))
                #expect(page.contains("`\(match.1)`"), "\(file): \(match.1)")
            }
        }
        #expect(names == Set(SpecSchema.all.flatMap { $0.keys.map(\.name) }))
    }

    @Test("docs/operations.md lists the fields of the access log, in their order")
    func accessLogFields() throws {
        let page = String(decoding: try Repository.bytes(of: "docs/operations.md"), as: UTF8.self)
        let section = try #require(page.components(separatedBy: "## The access log").last).prefix { $0 != "#" }
        let names = section.matches(of: /\n\| `([a-z-]+)` \|/).map { String($0.1) }
        #expect(names == AccessLogField.allCases.map(\.name))
    }

    @Test("docs/diagnostics.md lists every code")
    func diagnostics() {
        expectGolden(DiagnosticReference.text, at: "docs/diagnostics.md")
        let listed = DiagnosticReference.sections.reduce(0) { $0 + $1.1.count }
        #expect(listed == DiagnosticCode.all.count, "a range of codes has no heading")
    }

    @Test("codes are unique, in order, and explained")
    func catalogue() {
        let ids = DiagnosticCode.all.map(\.id)
        #expect(Set(ids).count == ids.count)
        for code in DiagnosticCode.all {
            #expect(code.id.count == 5 && code.id.dropFirst().allSatisfy(\.isNumber), "\(code.id)")
            #expect(code.explanation.count > 40 && !code.example.isEmpty, "\(code.id) is not explained")
            #expect(code.title.first?.isUppercase == false && !code.title.hasSuffix("."), "\(code.id): \(code.title)")
            #expect(!code.longForm.contains("invalid"), "\(code.id)")
        }
    }

    @Test("every example of the schema is one the decoder accepts", arguments: SpecSchema.all.map(\.title))
    func examples(_ title: String) throws {
        let schema = try #require(SpecSchema.all.first { $0.title == title })
        for key in schema.keys where key.isSupported && !key.example.contains("…") {
            #expect(key.example.hasPrefix(key.name + ":"), "\(title): \(key.example)")
            var diagnostics: [Diagnostic] = []
            let file = SourceFile(path: "example", bytes: Array(key.example.utf8))
            let outcome = YAMLReader.read(file: 0, into: SyntaxTree(files: [file.bytes]), expandedNodeCount: 0)
            diagnostics += outcome.diagnostics
            #expect(diagnostics.isEmpty, "\(title): `\(key.example)` is not YAML")
        }
    }
}

/// The tables of docs/spec.md.
private enum SpecReference {
    static var text: String { SpecSchema.all.map(section).joined() }

    static func section(_ schema: SchemaMap) -> String {
        var text = "\n### \(schema.title)\n\n"
        text += "`\(schema.path)`: \(schema.meaning)\n\n"
        text += "| key | value | default | example |\n|---|---|---|---|\n"
        for key in schema.keys where key.isSupported { text += row(key) }
        let later = schema.keys.filter { !$0.isSupported }.map { "`\($0.name)`" }
        if !later.isEmpty { text += "\nPart of the language, not of this version: \(later.joined(separator: ", ")).\n" }
        return text
    }

    private static func row(_ key: SchemaKey) -> String {
        let escape = { (text: String) in text.replacing("|", with: "\\|") }
        let fallback = key.presence == .required ? "**required**" : key.defaultValue ?? "none"
        return
            "| `\(key.name)` | \(escape(key.type)): \(escape(key.meaning)) | \(escape(fallback)) | `\(escape(key.example))` |\n"
    }
}

/// The whole of docs/diagnostics.md.
private enum DiagnosticReference {
    static var text: String {
        var text = """
            # Diagnostics

            Everything that `apic` can say about a spec. A code never changes its meaning; those that begin with W are
            warnings. `apic explain E0203` prints an entry on the terminal. This page is generated from the compiler's
            catalogue.

            """
        for (heading, codes) in sections where !codes.isEmpty {
            text += "\n## \(heading)\n"
            for code in codes { text += entry(code) }
        }
        return text
    }

    static var sections: [(String, [DiagnosticCode])] {
        let headings = [
            ("01", "Files and YAML"), ("02", "Shape of the spec"), ("03", "Scalars"), ("04", "Names"),
            ("05", "Lifecycle"), ("06", "Routes"), ("07", "Plugins"), ("08", "Governance"),
            ("09", "Nodes and listeners"), ("10", "Members"), ("11", "Balancing and health"),
        ]
        return headings.map { prefix, heading in
            let codes = DiagnosticCode.all.filter { $0.id.dropFirst().hasPrefix(prefix) }
            return (heading, codes.sorted { $0.id.dropFirst() < $1.id.dropFirst() })
        }
    }

    private static func entry(_ code: DiagnosticCode) -> String {
        """

        ### \(code.id): \(code.title)

        \(code.explanation)

        ```yaml
        \(code.example)
        ```

        """
    }
}
