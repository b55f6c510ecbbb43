import TestSupport
import Testing

@testable import GatewayCompiler

@Suite("Syntax")
struct SyntaxTests {
    /// A file read on its own.
    struct Reading {
        let tree: SyntaxTree
        let root: NodeIndex?
        let diagnostics: [Diagnostic]

        init(_ bytes: [UInt8]) {
            let outcome = YAMLReader.read(file: 0, into: SyntaxTree(files: [bytes]), expandedNodeCount: 0)
            (tree, root, diagnostics) = (outcome.tree, outcome.root, outcome.diagnostics)
        }

        init(_ text: String) { self.init(Array(text.utf8)) }

        /// The tree in a form of its own, so that tests can compare.
        func shape(_ node: NodeIndex? = nil) -> String {
            guard let node = node ?? root else { return "nothing" }
            switch tree[node].kind {
            case .scalar: return tree.isNull(node) ? "~" : "<\(tree.text(of: node))>"
            case .list: return "[" + tree.items(of: node).map { shape($0) }.joined(separator: " ") + "]"
            case .map:
                let entries = tree.entries(of: node).map { "\(tree.text(of: $0.key)): \(shape($0.value))" }
                return "{" + entries.joined(separator: ", ") + "}"
            case .alias: return shape(tree.resolved(node))
            }
        }
    }

    @Test("the examples compile without a diagnostic", arguments: ["storefront", "wildlife"])
    func example(_ name: String) throws {
        let file = SourceFile(path: "api.yaml", bytes: try Repository.bytes(of: "examples/\(name)/api.yaml"))
        let compilation = Compiler.compile([file], buildEnvironment: [:])
        #expect(DiagnosticRenderer.text(compilation.diagnostics, files: [file]) == "")
        #expect(compilation.gateway != nil)
    }

    // MARK: Trees

    @Test(
        "scalars, lists and maps, however they are written",
        arguments: [
            ("a: 1", "{a: <1>}"),
            ("- a\n- b: c\n  d:\n-", "[<a> {b: <c>, d: ~} ~]"),
            ("{a: [b, 'c''d', \"e\\tf\"], g: ~}", "{a: [<b> <c'd> <e\tf>], g: ~}"),
            ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{a: <x\ny\n>, b: <x y>}"),
            ("a: one\n  two", "{a: <one two>}"),
            ("a: 'null'\nb: null\nc: Null\nd: \"\"\ne: nul", "{a: <null>, b: ~, c: ~, d: <>, e: <nul>}"),
            ("a: &x [1]\nb: *x\nc: [*x, *x]", "{a: [<1>], b: [<1>], c: [[<1>] [<1>]]}"),
            ("&k a: 1\n*k : 2", "{a: <1>}"),
            ("d: &d {a: 1, b: 2}\ne: {<<: *d, b: 3}", "{d: {a: <1>, b: <2>}, e: {b: <3>, a: <1>}}"),
            (
                "x: [&p {a: 1}, &q {a: 2, b: 2}]\ny: {<<: [*p, *q]}",
                "{x: [{a: <1>} {a: <2>, b: <2>}], y: {a: <1>, b: <2>}}"
            ),
            ("\"<<\": 1", "{<<: <1>}"),
            ("a: !!str 5\nb: !!map {}", "{a: <5>, b: {}}"),
            ("%YAML 1.1\n---\na: 1\n...\n", "{a: <1>}"),
            ("a: 1\r\nb: 2\r\n", "{a: <1>, b: <2>}"),
            ("\u{FEFF}a: 1", "{a: <1>}"),
            ("日本: [語, \"\\u00e9\"]", "{日本: [<語> <é>]}"),
        ]
    )
    func shapes(_ text: String, _ shape: String) {
        let reading = Reading(text)
        #expect(reading.shape() == shape)
        #expect(reading.diagnostics.map(\.code.id) == (text.contains("*k : 2") ? ["E0116"] : []))
    }

    /// The library counts characters; spans are bytes, whatever the characters' width and the breaks of lines.
    @Test("spans are bytes", arguments: SeededRandom.seeds(40))
    func positions(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let characters = ["a", "é", "語", "🛒", "ü", "z", "0"]
        let word = { (random: inout SeededRandom) in
            "w"
                + (0..<Int.random(in: 0...300, using: &random)).map { _ in
                    characters[Int.random(in: 0..<7, using: &random)]
                }.joined()
        }
        let newline = random.oneIn(2) ? "\n" : "\r\n"
        var text = random.oneIn(2) ? "\u{FEFF}" : ""
        var expected: [String] = []
        for index in 0..<20 {
            let value = word(&random)
            text += random.oneIn(3) ? "# \(word(&random))\(newline)" : ""
            text += "k\(index): \(value)\(newline)"
            expected.append(value)
        }
        let reading = Reading(text)
        guard let root = reading.root else {
            Issue.record("seed \(seed): not read")
            return
        }
        let bytes = Array(text.utf8)
        let found = reading.tree.entries(of: root).map { entry in
            let span = reading.tree.span(of: entry.value)
            return String(decoding: bytes[Int(span.start)..<Int(span.end)], as: UTF8.self)
        }
        #expect(found == expected, "seed \(seed)")
    }

    @Test(
        "the span of a value is the value as written",
        arguments: [
            ("a: &x !!str word # no", "word"), ("a: 'it''s'", "'it''s'"), ("a: \"b\\n\"", "\"b\\n\""),
            ("a: [ b, c ] # no", "[ b, c ]"), ("a: { b: c }", "{ b: c }"),
            ("a:\n  b: c\n  d: e\n\n# no\n", "b: c\n  d: e"),
            ("a:\n  - b\n  - c\n\nd: 1", "- b\n  - c"),
        ]
    )
    func valueSpans(_ text: String, _ expected: String) throws {
        let reading = Reading(text)
        let root = try #require(reading.root)
        let value = try #require(reading.tree.entries(of: root).first { _ in true }).value
        let span = reading.tree.span(of: value)
        #expect(String(decoding: Array(text.utf8)[Int(span.start)..<Int(span.end)], as: UTF8.self) == expected)
    }

    // MARK: Bounds

    @Test("a file beyond 64 MiB is refused unread")
    func fileSize() {
        let reading = Reading([UInt8](repeating: 0x23, count: SyntaxLimits.fileBytesMax + 1))
        #expect(reading.diagnostics.map(\.code.id) == ["E0102"])
    }

    @Test("values are counted")
    func nodeCount() {
        var builder = TreeBuilder(tree: SyntaxTree(files: [[]]), file: 0, expandedNodeCount: 0, nodeCountMax: 10)
        var count = 0
        do throws(TreeBuilder.Stop) {
            try builder.begin(.list, 0..<0, anchor: nil)
            while count < 100 {
                try builder.scalar(0..<0, text: 0..<0, flags: [], anchor: nil)
                count += 1
            }
        } catch {}
        #expect(count == 9)
        #expect(builder.diagnostics.map(\.code.id) == ["E0122"])
    }

    @Test("depth counts what aliases bring along")
    func depth() {
        let nested = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        let deep = "a: &a \(nested)\nb: " + String(repeating: "[", count: 30) + "*a" + String(repeating: "]", count: 30)
        #expect(Reading(deep).diagnostics.map(\.code.id) == ["E0121"])
        #expect(Reading("a: &a \(nested)\nb: [*a, *a]").diagnostics.isEmpty)
    }

    @Test("aliases of all files together are bounded")
    func expansion() {
        let text =
            "a: &a [" + String(repeating: "x,", count: 999) + "x]\nb: &b [" + String(repeating: "*a,", count: 999)
            + "*a]\n"
        let files = (0..<3).map { _ in SourceFile(path: "a.yaml", bytes: Array(text.utf8)) }
        let codes = Compiler.compile(files, buildEnvironment: [:]).diagnostics.map(\.code.id)
        #expect(codes == ["E0120", "E0120"])
    }

    @Test("a map of many keys is read in linear time, and its doubles are found")
    func manyKeys() {
        let lines = (0..<20_000).map { "key\($0): 1" } + ["key7: 2", "key19999: 2"]
        let reading = Reading(lines.joined(separator: "\n"))
        #expect(reading.diagnostics.map(\.code.id) == ["E0116", "E0116"])
    }

    @Test("a scalar of ten megabytes is text")
    func hugeScalar() throws {
        let reading = Reading(Array("a: ".utf8) + [UInt8](repeating: 0x78, count: 10 << 20))
        let root = try #require(reading.root)
        let value = try #require(reading.tree.entries(of: root).first { _ in true }).value
        #expect(reading.tree.bytes(of: value).count == 10 << 20)
    }

    @Test(
        "bytes that are no text are refused at their place",
        arguments: [
            ([0x61, 0x00], "E0104", 1), ([0x61, 0x7F], "E0104", 1), ([0xC2, 0x80], "E0104", 0),
            ([0xC0, 0x80], "E0103", 0),
            ([0xED, 0xA0, 0x80], "E0103", 0), ([0x61, 0xF5, 0x80, 0x80, 0x80], "E0103", 1), ([0xE2, 0x82], "E0103", 0),
            ([0xEF, 0xBF, 0xBF], "E0104", 0), ([0xFF, 0xFE, 0x61, 0x00], "E0103", 0),
            ([0xF4, 0x90, 0x80, 0x80], "E0103", 0),
        ] as [([UInt8], String, UInt32)]
    )
    func notText(_ bytes: [UInt8], _ code: String, _ offset: UInt32) {
        let reading = Reading(bytes)
        #expect(reading.diagnostics.map(\.code.id) == [code])
        #expect(reading.diagnostics.first?.span.start == offset)
        #expect(reading.root == nil)
    }
}
