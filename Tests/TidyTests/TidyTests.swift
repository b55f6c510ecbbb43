import Foundation
import TestSupport
import Testing

/// The rules of the house that a program can check. Each names what to do instead.
@Suite("Tidy")
struct TidyTests {
    static let lineCountMax = 500
    static let lineWidthMax = 120

    @Test("there are files to look at")
    func sanity() {
        #expect(SourceTree.swiftFiles.count > 40)
        #expect(SourceTree.swiftFiles.contains { $0.path.hasPrefix("Sources/IR/Table/") })
    }

    @Test("a file holds one idea, on at most 500 lines of 120 characters", arguments: SourceTree.swiftFiles)
    func size(_ file: TextFile) {
        #expect(file.lines.count <= Self.lineCountMax + 1, "split \(file.path) by what its parts are for")
        var isText = false
        for (index, line) in file.lines.enumerated() {
            // What a person reads stays on one line, so that one can search for it.
            if line.components(separatedBy: "\"\"\"").count.isMultiple(of: 2) { isText.toggle() }
            guard line.count > Self.lineWidthMax, !isText, !line.contains("\"") else { continue }
            Issue.record("\(file.position(index)): \(line.count) characters; break the line")
        }
    }

    /// A text that must not appear, and what takes its place.
    struct Ban: Sendable {
        var text: String
        var instead: String
        /// Prefixes of paths where it may appear.
        var except: [String] = []
    }

    static let bans = [
        Ban(text: "try!", instead: "handle the error, or make it impossible by types"),
        Ban(text: "as!", instead: "`as?` and a guard"),
        Ban(text: "fatalError(", instead: "`preconditionFailure` for what cannot happen, an error for what can"),
        Ban(
            text: " print(",
            instead: "a value that the caller writes; `Terminal` in apic",
            except: ["Sources/apic-gateway/", "Benchmarks/"]
        ),
        Ban(
            text: "Date()",
            instead: "an instant as a parameter: everything that depends on the clock takes it",
            except: ["Tests/"]
        ),
        Ban(text: "TODO", instead: "do it, or write down in docs/ what is missing"),
        Ban(text: "FIXME", instead: "mend it"),
        Ban(text: "XXX", instead: "say what is meant"),
        Ban(text: ".disabled(", instead: "mend the test or remove it"),
        Ban(text: "NSRegularExpression", instead: "an automaton: linear time for every input"),
    ]

    @Test("nothing that is banned appears", arguments: SourceTree.swiftFiles)
    func bans(_ file: TextFile) {
        // This folder names what it bans.
        guard !file.path.hasPrefix("Tests/TidyTests/") else { return }
        for ban in Self.bans where !ban.except.contains(where: { file.path.hasPrefix($0) }) {
            for (index, line) in file.lines.enumerated() where line.contains(ban.text) {
                Issue.record("\(file.position(index)): `\(ban.text)`; instead: \(ban.instead)")
            }
        }
    }

    @Test("a file is named after what is in it", arguments: SourceTree.swiftFiles)
    func names(_ file: TextFile) {
        for vague in ["Util", "Helper", "Manager", "Common", "Misc"] where file.path.contains(vague) {
            Issue.record("\(file.path): `\(vague)` says nothing; name what the file is for")
        }
    }

    @Test("links in documents lead somewhere", arguments: SourceTree.documents)
    func links(_ file: TextFile) throws {
        let folder = (file.path as NSString).deletingLastPathComponent
        for (index, line) in file.lines.enumerated() {
            for piece in line.components(separatedBy: "](").dropFirst() {
                let target = piece.prefix { $0 != ")" && $0 != "#" }
                guard !target.isEmpty, !target.contains(":") else { continue }
                let path = Repository.root.appendingPathComponent(folder).appendingPathComponent(String(target)).path
                #expect(
                    FileManager.default.fileExists(atPath: path),
                    "\(file.position(index)) links to `\(target)`, which is not there"
                )
            }
        }
    }

    @Test("scripts can be run", arguments: [".ci/run", "scripts/demo", "scripts/fuzz", "scripts/setup"])
    func scripts(_ path: String) {
        #expect(FileManager.default.isExecutableFile(atPath: Repository.root.appendingPathComponent(path).path))
    }
}
