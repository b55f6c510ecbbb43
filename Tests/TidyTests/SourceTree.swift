import Foundation
import TestSupport
import Testing

/// A text file of the repository.
struct TextFile: Sendable, CustomTestStringConvertible {
    /// Relative to the root.
    let path: String
    let lines: [Substring]

    var testDescription: String { path }

    init(_ path: String) throws {
        self.path = path
        let text = String(decoding: try Repository.bytes(of: path), as: UTF8.self)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// `path:line`, from line 1.
    func position(_ index: Int) -> String { "\(path):\(index + 1)" }

    /// The modules that a Swift file imports, with the index of the line.
    var imports: [(module: String, line: Int)] {
        lines.enumerated().compactMap { index, line in
            var words = line.split(separator: " ")[...]
            while let first = words.first, ["internal", "package", "public", "private", "@testable"].contains(first) {
                words.removeFirst()
            }
            guard words.first == "import", words.count >= 2 else { return nil }
            return (String(words[words.startIndex + 1].split(separator: ".")[0]), index)
        }
    }
}

/// The files that the rules are about.
enum SourceTree {
    /// All Swift files of the project's own, ascending by path.
    static let swiftFiles: [TextFile] = files(under: ["Sources", "Tests", "templates", "Fuzz", "Benchmarks"]) {
        $0.hasSuffix(".swift")
    }

    static let documents: [TextFile] =
        files(under: ["docs", "Benchmarks", "examples", "Fuzz"]) { $0.hasSuffix(".md") }
        + ["README.md", "CHANGELOG.md"].compactMap { try? TextFile($0) }

    static func files(under folders: [String], where isWanted: (String) -> Bool) -> [TextFile] {
        folders.flatMap { folder -> [TextFile] in
            let paths = try? FileManager.default.subpathsOfDirectory(
                atPath: Repository.root.appendingPathComponent(folder).path
            )
            let wanted = (paths ?? []).filter { path in
                isWanted(path) && !path.split(separator: "/").contains { $0.hasPrefix(".") }
            }
            return wanted.sorted().compactMap { try? TextFile("\(folder)/\($0)") }
        }
    }
}
