import Foundation
import TestSupport
import Testing

@testable import GatewayCompiler

@Suite("Rendering of diagnostics")
struct DiagnosticsTests {
    private func file(_ text: String, _ path: String = "api.yaml") -> SourceFile {
        SourceFile(path: path, bytes: Array(text.utf8))
    }

    private func span(_ part: String, in text: String, file: UInt32 = 0) -> SourceSpan {
        let bytes = Array(text.utf8)
        let wanted = Array(part.utf8)
        let start = bytes.indices.first { bytes[$0...].starts(with: wanted) } ?? 0
        return SourceSpan(file: file, start: UInt32(start), end: UInt32(start + wanted.count))
    }

    private func mistake(at span: SourceSpan, related: [Diagnostic.Related] = []) -> Diagnostic {
        Diagnostic(.unknownKey, "this is wrong", at: span, related: related, notes: ["a fact"], help: "mend it")
    }

    @Test("a line of many openings is not searched for each of them", .timeLimit(.minutes(1)))
    func openings() {
        let bytes = Array(String(repeating: "${", count: 300_000).utf8)
        #expect(Redaction(bytes).hiddenRanges(in: 0..<bytes.count).isEmpty)
    }

    // MARK: Text

    @Test(
        "carets stand below what they mean",
        arguments: [
            ("a: bad", "bad", "1 | a: bad\n  |    ^^^\n"),
            ("a:\tbad", "bad", "1 | a:  bad\n  |     ^^^\n"),
            ("語語: bad", "bad", "1 | 語語: bad\n  |       ^^^\n"),
            ("e\u{301}: bad", "bad", "1 | e\u{301}: bad\n  |    ^^^\n"),
            ("a: 🛒🛒", "🛒🛒", "1 | a: 🛒🛒\n  |    ^^^^\n"),
            ("a\u{202E}: bad", "bad", "1 | a\\u{202E}: bad\n  |            ^^^\n"),
            ("x: 1\r\ny: bad\r\n", "bad", "2 | y: bad\n  |    ^^^\n"),
            ("x: 1\ry: bad\r", "bad", "2 | y: bad\n  |    ^^^\n"),
            ("a: one\n  two", "one\n  two", "1 | a: one\n  |    ^^^\n"),
            ("\u{FEFF}a: bad", "bad", "1 | a: bad\n  |    ^^^\n"),
        ]
    )
    func carets(_ text: String, _ part: String, _ expected: String) {
        let rendered = DiagnosticRenderer.text([mistake(at: span(part, in: text))], files: [file(text)])
        #expect(rendered.contains(expected), "\(rendered)")
    }

    @Test("an empty stretch and the end of a file have a caret, too")
    func ends() {
        let text = "a: 1\n"
        for offset in [0, 4, 5] as [UInt32] {
            let rendered = DiagnosticRenderer.text(
                [mistake(at: SourceSpan(file: 0, start: offset, end: offset))],
                files: [file(text)]
            )
            #expect(rendered.contains("^"), "\(offset): \(rendered)")
        }
        #expect(
            DiagnosticRenderer.text([mistake(at: SourceSpan(file: 0, start: 0, end: 0))], files: [file("")]).contains(
                "api.yaml:1:1"
            )
        )
        #expect(
            DiagnosticRenderer.text([mistake(at: SourceSpan(file: 7, start: 9, end: 2))], files: []).contains(
                "<spec>:1:1"
            )
        )
    }

    @Test("long lines are cut around what matters")
    func longLines() {
        let text = "a: " + String(repeating: "x", count: 5000) + " BAD " + String(repeating: "y", count: 5000)
        let rendered = DiagnosticRenderer.text([mistake(at: span("BAD", in: text))], files: [file(text)])
        let lines = rendered.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count < 130 })
        let source = lines.first { $0.contains("BAD") }
        let caret = lines.first { $0.contains("^^^") }
        #expect(
            source?.range(of: "BAD")?.lowerBound.utf16Offset(in: source ?? "")
                == caret?.range(of: "^^^")?.lowerBound.utf16Offset(in: caret ?? "")
        )
    }

    @Test("related places in other files are shown with theirs")
    func otherFiles() {
        let related = Diagnostic.Related(span("first", in: "x: first", file: 1), "it was here")
        let rendered = DiagnosticRenderer.text(
            [mistake(at: span("bad", in: "a: bad"), related: [related])],
            files: [file("a: bad"), file("x: first", "prod.yaml")]
        )
        #expect(
            rendered == """
                error[E0203]: this is wrong
                 --> api.yaml:1:4
                  |
                1 | a: bad
                  |    ^^^
                  |
                 ::: prod.yaml:1:4
                  |
                1 | x: first
                  |    ----- it was here
                  |
                  = note: a fact
                  = help: mend it

                """
        )
    }

    @Test("colour is escapes around the same text")
    func colour() {
        let diagnostics = [mistake(at: span("bad", in: "a: bad"))]
        let plain = DiagnosticRenderer.text(diagnostics, files: [file("a: bad")])
        let coloured = DiagnosticRenderer.text(diagnostics, files: [file("a: bad")], isColoured: true)
        #expect(!plain.contains("\u{1B}") && coloured.contains("\u{1B}[1;31merror[E0203]"))
        #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
    }

    @Test("only the first two hundred are shown, and the rest is counted")
    func cap() {
        let diagnostics = (0..<350).map { _ in mistake(at: SourceSpan(file: 0, start: 0, end: 1)) }
        let rendered = DiagnosticRenderer.text(diagnostics, files: [file("a: bad")])
        #expect(rendered.components(separatedBy: "error[").count == 201)
        #expect(rendered.hasSuffix("error: another 150 errors are not shown; mend the first ones\n"))
    }

    @Test(
        "summaries count",
        arguments: [([], ""), (["E"], "1 error"), (["E", "E", "W"], "2 errors and 1 warning")] as [([String], String)]
    )
    func summary(_ kinds: [String], _ expected: String) {
        let diagnostics = kinds.map {
            Diagnostic($0 == "E" ? .unknownKey : .literalKey, "x", at: SourceSpan(file: 0, start: 0, end: 0))
        }
        #expect(DiagnosticRenderer.summary(diagnostics) == expected)
    }

    // MARK: Tools

    private static let awkward = "a: \"q\\\" é\u{1}\" # 100%, x:y\nb: bad\n"

    private func awkwardDiagnostic() -> (Diagnostic, [SourceFile]) {
        let bad = span("bad", in: Self.awkward)
        var diagnostic = mistake(at: bad, related: [.init(span("q", in: Self.awkward), "here: 50%\n")])
        diagnostic.message = "`\"\\` at 100%\r\nsecond, line: é\u{1}"
        return (diagnostic, [file(Self.awkward, "dir one/api,1:2.yaml")])
    }

    @Test("JSON: an object per line, with all keys")
    func json() throws {
        let (diagnostic, files) = awkwardDiagnostic()
        let text = DiagnosticRenderer.json([diagnostic, diagnostic], files: files)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        #expect(
            Set(object.keys) == [
                "code", "severity", "message", "file", "line", "column", "endLine", "endColumn", "related", "notes",
                "help",
            ]
        )
        #expect(object["message"] as? String == diagnostic.message)
        #expect(object["file"] as? String == "dir one/api,1:2.yaml")
        #expect(object["line"] as? Int == 2 && object["column"] as? Int == 4 && object["endColumn"] as? Int == 7)
        let related = try #require((object["related"] as? [[String: Any]])?.first)
        #expect(related["line"] as? Int == 1 && related["column"] as? Int == 5)
    }

    @Test("SARIF: a log with rules that the results point to")
    func sarif() throws {
        let (diagnostic, files) = awkwardDiagnostic()
        let warning = Diagnostic(.weakKey, "weak", at: SourceSpan(file: 0, start: 0, end: 1))
        let text = DiagnosticRenderer.sarif([diagnostic, warning], files: files, version: "1.2.3")
        let log = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(log["version"] as? String == "2.1.0")
        let run = try #require((log["runs"] as? [[String: Any]])?.first)
        let driver = try #require((run["tool"] as? [String: Any])?["driver"] as? [String: Any])
        let rules = try #require(driver["rules"] as? [[String: Any]])
        let results = try #require(run["results"] as? [[String: Any]])
        #expect(rules.compactMap { $0["id"] as? String } == ["E0203", "W0221"])
        for result in results {
            let index = try #require(result["ruleIndex"] as? Int)
            #expect(rules[index]["id"] as? String == result["ruleId"] as? String)
        }
        #expect(results.compactMap { $0["level"] as? String } == ["error", "warning"])
        let location = try #require(
            (results[0]["locations"] as? [[String: Any]])?.first?["physicalLocation"] as? [String: Any]
        )
        #expect((location["artifactLocation"] as? [String: Any])?["uri"] as? String == "dir%20one/api%2C1%3A2.yaml")
        #expect(
            (location["region"] as? [String: Int]) == ["startLine": 2, "startColumn": 4, "endLine": 2, "endColumn": 7]
        )
    }

    @Test("GitHub: one command per line, escaped")
    func github() {
        let (diagnostic, files) = awkwardDiagnostic()
        let text = DiagnosticRenderer.github([diagnostic], files: files)
        #expect(text.split(separator: "\n").count == 1)
        #expect(
            text.hasPrefix(
                "::error file=dir one/api%2C1%3A2.yaml,line=2,endLine=2,col=4,endColumn=7,title=E0203%3A a key is not known here::"
            )
        )
        #expect(text.contains("at 100%25%0D%0Asecond, line: é"))
    }

    // MARK: Secrets

    static let secret = "s3cr3tValue0123456789abcdef"

    @Test(
        "no rendering shows a key",
        arguments: [
            "consumers: { a: { credentials: [ { key: SECRET } ] } }",
            "consumers:\n  a:\n    credentials:\n      - key: SECRET\n        bad: 1\n",
            "consumers:\n  a:\n    credentials:\n    - key: \"SECRET\n",
            "consumers:\n  a:\n    credentials:\n      - key: SECRET: x: y\n",
            "consumers:\n  a:\n    credentials:\n      - key: 'SECRET' tail\n",
            "consumers:\n  a:\n    credentials:\n      - SECRET\n      - keys: SECRET\n      - [ SECRET ]\n",
            "consumers:\n  a:\n    credentials:\n      - key: |\n          SECRET\n",
            "consumers:\n  a:\n    credentials:\n      - key:\n          SECRET two\n",
            "consumers:\n  a:\n    credentials:\n      - { id: x, \"key\" : SECRET, key: SECRET }\n",
            "consumers:\n  a:\n    credentials:\n      - key: @SECRET\n",
            "consumers:\n  a:\n    credentials:\n      - key: {SECRET}\n",
            "consumers:\n  a:\n    credentials:\n      - key: SECRET\n      key SECRET\n",
            "consumers:\n  a:\n    credentials:\n      - key: \"${env:X}SECRET\"\n",
            "consumers:\n  a:\n    credentials: [ { key: &k SECRET }, { key: *j } ]\n",
            "consumers:\n  a:\n    credentials: SECRET\n",
            "redis: { url: \"redis://u:SECRET@h:1\" }\n",
            "redis: { url: \"rediss://:SECRET@h\" }\n",
            "redis:\n  url: redis://h\n  password: SECRET\n",
            "plugins: [ oauth2-introspection: { client-secret: SECRET } ]\n",
            "upstreams: { u: { targets: [ \"http://u:SECRET@h\" ] } }\n",
        ]
    )
    func secrets(_ spec: String) {
        let files = [file("apic: 1\ngateway: g\n" + spec.replacing("SECRET", with: Self.secret))]
        let diagnostics = Compiler.compile(files, buildEnvironment: [:]).diagnostics
        #expect(!diagnostics.isEmpty)
        for text in [
            DiagnosticRenderer.text(diagnostics, files: files), DiagnosticRenderer.json(diagnostics, files: files),
            DiagnosticRenderer.sarif(diagnostics, files: files), DiagnosticRenderer.github(diagnostics, files: files),
        ] {
            #expect(!text.contains(Self.secret), "\(text)")
        }
    }

    @Test("what is no secret stays to be seen")
    func visible() {
        let text = """
            consumers:
              acme:
                credentials: [ { key: "${env:ACME_KEY}", id: acme-2026 } ]
                groups: [ partners ]
            title: a key: colon
            owner: team <team@example.com>
            """
        let bytes = Array(text.utf8)
        let lines = SourceLines(SourceFile(path: "x", bytes: bytes))
        let hidden = (0..<6).map { line in
            Redaction(bytes).hiddenRanges(in: lines.range(ofLine: line)).map {
                String(decoding: bytes[$0], as: UTF8.self)
            }
        }
        #expect(hidden == [[], [], [], [], [], []])
    }

    // MARK: Spelling

    @Test(
        "slips are recognised, other words are not",
        arguments: [
            ("upstream", "upstreams"), ("upstraems", "upstreams"), ("Up_streams", "upstreams"), ("polices", "policies"),
            ("acess-log", "access-log"),
            ("frobnicate", nil), ("", nil), ("x", nil),
        ] as [(String, String?)]
    )
    func spelling(_ word: String, _ expected: String?) {
        #expect(Spelling.suggestion(for: word, among: SpecSchema.document.supportedNames) == expected)
    }
}
