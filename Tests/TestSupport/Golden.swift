package import Foundation
package import Testing

/// Compares what a test made with a file of the repository; a missing file means that nothing is expected.
///
/// `UPDATE_GOLDENS=1` rewrites the file and still fails the test, so that no run can bless itself; an empty value
/// removes it. `GOLDENS='Tests/EmitterTests/*'` leaves all other files alone.
///
/// - Parameter path: relative to the root of the repository.
package func expectGolden(
    _ actual: String,
    at path: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    expectGolden(bytes: Array(actual.utf8), at: path, sourceLocation: sourceLocation)
}

/// The same for bytes that need not be text.
package func expectGolden(
    bytes actual: [UInt8],
    at path: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard Repository.isSelected(path) else { return }
    let file = Repository.root.appendingPathComponent(path)
    let expected = (try? Data(contentsOf: file)).map { Array($0) } ?? []
    guard actual != expected else { return }

    if Repository.updatesGoldens {
        do {
            try Repository.replace(file, with: actual)
        } catch {
            Issue.record("cannot write \(path): \(error)", sourceLocation: sourceLocation)
        }
    }
    Issue.record(
        "\(path) differs (\(firstDifference(actual, expected))); UPDATE_GOLDENS=1 rewrites it, then read the diff",
        sourceLocation: sourceLocation
    )
}

/// The files of the repository, for tests.
package enum Repository {
    /// Where the package's manifest is.
    package static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    package static let updatesGoldens = ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1"

    /// Whether `GOLDENS` lets a golden file be looked at.
    package static func isSelected(_ path: String) -> Bool {
        guard let glob = ProcessInfo.processInfo.environment["GOLDENS"], !glob.isEmpty else { return true }
        return fnmatch(glob, path, 0) == 0
    }

    /// Names of the entries of a folder, ascending; hidden ones are left out.
    package static func entries(of folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
            .filter { !$0.hasPrefix(".") }
            .sorted()
    }

    package static func bytes(of path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: root.appendingPathComponent(path)))
    }

    fileprivate static func replace(_ file: URL, with bytes: [UInt8]) throws {
        guard !bytes.isEmpty else {
            try? FileManager.default.removeItem(at: file)
            return
        }
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file, options: .atomic)
    }
}

/// Where two texts part, as lines if they are text.
private func firstDifference(_ actual: [UInt8], _ expected: [UInt8]) -> String {
    guard !expected.isEmpty else { return "nothing was expected" }
    guard !actual.isEmpty else { return "nothing came out" }
    let got = actual.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let wanted = expected.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let line = zip(got, wanted).prefix { $0 == $1 }.count
    let shown = { (lines: [ArraySlice<UInt8>]) in
        line < lines.count ? String(decoding: lines[line].prefix(160), as: UTF8.self) : "(end)"
    }
    return "line \(line + 1): got `\(shown(got))`, expected `\(shown(wanted))`"
}
