import GatewayIR
import TestSupport
import Testing

@testable import GatewayCompiler

/// What holds for every spec.
@Suite("Properties of specs")
struct SpecPropertyTests {
    /// Specs without an error.
    static let right = GoldenTests.cases.filter { $0.hasPrefix("right-") }

    /// The tree with the entries of every map in another order.
    private func shuffled(_ tree: SyntaxTree, using random: inout SeededRandom) -> SyntaxTree {
        var tree = tree
        // A merge key copies a map's node; both then have the same entries.
        var newFirst: [UInt32: UInt32] = [:]
        for raw in 0..<UInt32(tree.nodeCount) {
            let map = NodeIndex(rawValue: raw)
            guard tree[map].kind == .map, tree[map].second > 1 else { continue }
            if let first = newFirst[tree[map].first] {
                tree[map].first = first
                continue
            }
            var pairs: [(NodeIndex, NodeIndex)] = []
            var key = NodeIndex(rawValue: tree[map].first)
            for _ in 0..<tree[map].second {
                pairs.append((key, tree[key].next))
                key = tree[tree[key].next].next
            }
            pairs.shuffle(using: &random)
            let order = pairs.flatMap { [$0.0, $0.1] }
            newFirst[tree[map].first] = order[0].rawValue
            tree[map].first = order[0].rawValue
            for (node, next) in zip(order, order.dropFirst() + [.none]) { tree[node].next = next }
        }
        return tree
    }

    @Test("the order of keys means nothing", arguments: right + ["names-unused", "lifecycle-successor-lacks-routes"])
    func order(_ name: String) throws {
        let (files, compilation) = try GoldenTests.compile(name)
        let expected = GatewayDump(try #require(compilation.gateway)).text
        for seed in SeededRandom.seeds(10) {
            var random = SeededRandom(seed: seed)
            var tree = SyntaxTree(files: files.map(\.bytes))
            var roots: [NodeIndex] = []
            for index in files.indices {
                let outcome = YAMLReader.read(file: index, into: tree, expandedNodeCount: 0)
                tree = outcome.tree
                roots.append(tree.resolved(try #require(outcome.root)))
            }
            tree = shuffled(tree, using: &random)
            let root = try #require(FileMerge.merge(roots, in: &tree))
            var diagnostics: [Diagnostic] = []
            let document = SpecDecoder.decode(
                root,
                in: tree,
                environment: GoldenTests.environment,
                into: &diagnostics
            )
            let gateway = Analysis.lower(document, into: &diagnostics)
            #expect(gateway.map { GatewayDump($0).text } == expected, "seed \(seed)")
            #expect(Set(diagnostics.map(\.message)) == Set(compilation.diagnostics.map(\.message)), "seed \(seed)")
        }
    }

    /// No trap, and every diagnostic within its file.
    private func survives(_ bytes: [UInt8], _ context: @autoclosure () -> String) {
        let files = [SourceFile(path: "api.yaml", bytes: bytes)]
        let compilation = Compiler.compile(files, buildEnvironment: [:])
        let hasError = compilation.diagnostics.contains { $0.severity == .error }
        #expect(hasError == (compilation.gateway == nil), "\(context())")
        for diagnostic in compilation.diagnostics {
            for span in [diagnostic.span] + diagnostic.related.map(\.span) {
                #expect(span.start <= span.end && Int(span.end) <= bytes.count, "\(context()): \(diagnostic.message)")
            }
        }
        #expect(!DiagnosticRenderer.text(compilation.diagnostics, files: files).contains("\u{0}"))
    }

    @Test("a spec cut off anywhere is refused or read, never a trap")
    func truncated() throws {
        let bytes = try Repository.bytes(of: "\(GoldenTests.folder)/right-everything/api.yaml")
        for end in stride(from: 0, to: bytes.count, by: 7) { survives(Array(bytes[..<end]), "cut at \(end)") }
    }

    @Test("a spec with altered bytes is refused or read, never a trap", arguments: SeededRandom.seeds(6))
    func altered(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let original = try Repository.bytes(of: "\(GoldenTests.folder)/right-everything/api.yaml")
        let likely = Array("{}[]:,-\n \t\"'&*!|>%@`#$~0é".utf8)
        for round in 0..<40 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[index] = likely[Int.random(in: 0..<likely.count, using: &random)]
                case 2: bytes.remove(at: index)
                default: bytes.insert(likely[Int.random(in: 0..<likely.count, using: &random)], at: index)
                }
            }
            survives(bytes, "seed \(seed), round \(round)")
        }
    }
}
