import GatewayIR
import Testing

@testable import GatewayCompiler

/// A spec in a test, and what the compiler makes of it.
struct AnalysisFixture {
    let diagnostics: [Diagnostic]
    let gateway: Gateway?
    private let bytes: [UInt8]

    init(_ yaml: String) {
        bytes = Array(yaml.utf8)
        let compilation = Compiler.compile([SourceFile(path: "api.yaml", bytes: bytes)], buildEnvironment: [:])
        diagnostics = compilation.diagnostics
        gateway = compilation.gateway
    }

    /// A spec with one upstream `u` and one API; `api` holds the API's keys, indented by four.
    static func api(_ api: String, top: String = "") -> AnalysisFixture {
        AnalysisFixture(
            """
            apic: 1
            gateway: g
            upstreams: { u: { targets: [ "http://u:1" ] } }
            \(top)
            apis:
              a:
                upstream: u
            \(api)
            """
        )
    }

    /// One API `/a` by path with one version `v` that holds these routes; `public` keeps it free of warnings.
    static func routes(_ routes: String..., top: String = "", public entries: String = "ANY /**") -> AnalysisFixture {
        .api(
            """
                path: /a
                versions:
                  v:
                    routes:
            \(routes.map { "          - " + $0 }.joined(separator: "\n"))
            """,
            top: "governance: { public: [ \"\(entries)\" ] }\n" + top
        )
    }

    func text(at span: SourceSpan) -> String {
        String(decoding: bytes[Int(span.start)..<Int(span.end)], as: UTF8.self)
    }

    /// Each diagnostic as `E0504 at 2026-07-01`.
    var summary: [String] { diagnostics.map { "\($0.code.id) at \(text(at: $0.span))" } }

    /// As `summary`, with the texts at related places: `E0504 at 2026-07-01 (2026-06-01, 180d)`.
    var fullSummary: [String] {
        diagnostics.map { diagnostic in
            let related = diagnostic.related.map { text(at: $0.span) }
            return "\(diagnostic.code.id) at \(text(at: diagnostic.span))"
                + (related.isEmpty ? "" : " (\(related.joined(separator: ", ")))")
        }
    }

    /// The routes as `host path` by index, for short expectations.
    var routeTexts: [String] {
        gateway?.routes.map { "\($0.methods.text) \($0.host.text) \($0.path.text)" } ?? []
    }
}
