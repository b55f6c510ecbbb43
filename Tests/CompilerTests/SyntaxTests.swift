import TestSupport
import Testing

@testable import GatewayCompiler

@Suite("Syntax")
struct SyntaxTests {
    @Test("the examples read without a diagnostic", arguments: ["storefront", "wildlife"])
    func example(_ name: String) throws {
        let file = SourceFile(path: "api.yaml", bytes: try Repository.bytes(of: "examples/\(name)/api.yaml"))
        var diagnostics: [Diagnostic] = []
        let document = Compiler.document([file], buildEnvironment: [:], into: &diagnostics)
        #expect(DiagnosticRenderer.text(diagnostics, files: [file]) == "")
        #expect(document?.apis.isEmpty == false)
    }
}
