import Foundation
import GatewayIR
import TestSupport
import Testing

@testable import GatewayCompiler

/// Every folder of `Cases` is a spec: `api.yaml`, then its other YAML files by name; those whose names begin with
/// `member-` are linked only if a spec names them. What the compiler says about it is
/// in `diagnostics.txt`; what it makes of it, if there is no error, in `gateway.txt`.
@Suite("Golden cases")
struct GoldenTests {
    static let folder = "Tests/CompilerTests/Cases"
    static let cases = (try? Repository.entries(of: folder)) ?? []
    /// What `${build:NAME}` stands for in the cases.
    static let environment = ["NAME": "shop", "PORT": "8000", "HOST": "orders"]

    static func files(of name: String) throws -> [SourceFile] {
        let names = try Repository.entries(of: "\(folder)/\(name)").filter {
            $0.hasSuffix(".yaml") && !$0.hasPrefix("member-")
        }
        return try (["api.yaml"] + names.filter { $0 != "api.yaml" }).map { file in
            SourceFile(path: file, bytes: try Repository.bytes(of: "\(folder)/\(name)/\(file)"))
        }
    }

    static func compile(_ name: String) throws -> (files: [SourceFile], compilation: Compilation) {
        var link = Link(try files(of: name), buildEnvironment: environment)
        while !link.wanted.isEmpty {
            link.supply(
                link.wanted.map { request in
                    let bytes = try? Repository.bytes(of: "\(folder)/\(name)/\(request.path)")
                    return bytes.map { request.decode($0) } ?? .unreadable("there is no such file")
                }
            )
        }
        return (link.files, link.compile())
    }

    @Test("there are at least a hundred wrong specs")
    func count() throws {
        let wrong = try Self.cases.filter { try Self.compile($0).compilation.gateway == nil }
        #expect(wrong.count >= 100)
    }

    @Test("diagnostics are as recorded", arguments: cases)
    func diagnostics(_ name: String) throws {
        let (files, compilation) = try Self.compile(name)
        let text = DiagnosticRenderer.text(compilation.diagnostics, files: files)
        expectGolden(text, at: "\(Self.folder)/\(name)/diagnostics.txt")
        #expect(compilation.diagnostics.contains { $0.severity == .error } == (compilation.gateway == nil))
    }

    @Test("gateways are as recorded", arguments: cases)
    func gateways(_ name: String) throws {
        let gateway = try Self.compile(name).compilation.gateway
        expectGolden(gateway.map { GatewayDump($0).text } ?? "", at: "\(Self.folder)/\(name)/gateway.txt")
    }

    @Test("no file of a case is an orphan", arguments: cases)
    func orphans(_ name: String) throws {
        for file in try Repository.entries(of: "\(Self.folder)/\(name)") {
            #expect(
                file.hasSuffix(".yaml") || ["diagnostics.txt", "gateway.txt"].contains(file),
                "\(name)/\(file) is neither a spec nor a golden"
            )
        }
    }

    /// What every diagnostic of every case keeps to.
    @Test("diagnostics say where, what and what to do", arguments: cases)
    func manners(_ name: String) throws {
        let (files, compilation) = try Self.compile(name)
        for diagnostic in compilation.diagnostics {
            let texts =
                [diagnostic.message] + diagnostic.related.map(\.message) + diagnostic.notes + [diagnostic.help ?? ""]
            for text in texts {
                #expect(!text.contains("invalid"), "\(name): \(text)")
                #expect(!text.contains("\n"), "\(name): \(text)")
                #expect(text.filter { $0 == "`" }.count.isMultiple(of: 2), "\(name): unbalanced backticks in \(text)")
            }
            #expect(diagnostic.help?.isEmpty == false, "\(name): no help for \(diagnostic.message)")
            #expect(
                diagnostic.message.first?.isUppercase != true && !diagnostic.message.hasSuffix("."),
                "\(name): \(diagnostic.message)"
            )
            let file = files[Int(diagnostic.span.file)]
            #expect(diagnostic.span.start <= diagnostic.span.end && Int(diagnostic.span.end) <= file.bytes.count)
        }
    }

    @Test("every code of the catalogue is met in some case")
    func coverage() throws {
        var met: Set<String> = []
        for name in Self.cases { met.formUnion(try Self.compile(name).compilation.diagnostics.map(\.code.id)) }
        // Their cases would be files of many megabytes; SyntaxTests makes them.
        met.formUnion(["E0102", "E0122"])
        // Somebody has to open certificates for them: CertificateTests builds with some.
        met.formUnion(["W0907", "W0908"])
        let missing = DiagnosticCode.all.map(\.id).filter { !met.contains($0) }
        #expect(missing.isEmpty, "no case shows \(missing.joined(separator: ", "))")
    }
}
