import GatewayIR
import TestSupport
import Testing

@testable import GatewayCompiler

/// The search for overlaps against the obvious way: every pair, every path.
@Suite("Overlaps between members")
struct OverlapSearchTests {
    private static let alphabet = ["a", "b", "7", "42"]
    private static let hosts = ["*", "*.example.com", "api.example.com", "*.api.example.com", "x.api.example.com"]

    private static func pattern(using random: inout SeededRandom) -> String {
        var text = ""
        for index in 0..<Int.random(in: 0...3, using: &random) {
            switch Int.random(in: 0...4, using: &random) {
            case 0: text += "/{c\(index)}"
            case 1: text += "/{c\(index):[0-9]+}"
            case 2: text += "/{c\(index):[ab]}"
            default: text += "/" + (alphabet.randomElement(using: &random) ?? "a")
            }
        }
        if random.oneIn(3) { return text + "/**" }
        return text.isEmpty ? "/" : text
    }

    /// All paths of up to four segments of the alphabet.
    private static let paths: [[String]] = {
        var result: [[String]] = [[]]
        var last: [[String]] = [[]]
        for _ in 0..<4 {
            last = last.flatMap { path in alphabet.map { path + [$0] } }
            result += last
        }
        return result
    }()

    private static func matches(_ path: [String], _ pattern: PathPattern) -> Bool {
        guard pattern.isTail ? path.count >= pattern.segments.count : path.count == pattern.segments.count else {
            return false
        }
        return zip(path, pattern.segments).allSatisfy { segment, wanted in
            switch wanted {
            case .literal(let text): segment == text
            case .capture: true
            case .constrained(_, let automaton): automaton.accepts(segment.utf8)
            }
        }
    }

    private static func meet(_ left: HostPattern, _ right: HostPattern) -> Bool {
        left.covers(right) || right.covers(left)
    }

    @Test("finds exactly the pairs that a request lies in", arguments: SeededRandom.seeds(60))
    func pairs(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var library = ConstraintLibrary()
        var territories: [Territory] = []
        for _ in 0..<12 {
            let text = Self.pattern(using: &random)
            let path = try PathPatternParser.parse(Array(text.utf8), constraints: &library)
            let host = try HostPatternParser.parse(Self.hosts.randomElement(using: &random) ?? "*")
            territories.append(
                Territory(
                    host: host,
                    path: path.pattern,
                    constraints: path.constraints,
                    unit: Int.random(in: 0..<3, using: &random)
                )
            )
        }
        var expected: Set<[Int]> = []
        for right in territories.indices {
            for left in 0..<right where territories[left].unit != territories[right].unit {
                guard Self.meet(territories[left].host, territories[right].host) else { continue }
                let isShared = Self.paths.contains {
                    Self.matches($0, territories[left].path) && Self.matches($0, territories[right].path)
                }
                if isShared { expected.insert([left, right]) }
            }
        }
        var found: [[Int]] = []
        var search = OverlapSearch(territories, library) { found.append([$0, $1].sorted()) }
        search.run()
        let texts = territories.map { "\($0.unit) \($0.host.text)\($0.path.text)" }
        #expect(Set(found) == expected, "seed \(seed): \(texts)")
        #expect(Set(found).count == found.count, "seed \(seed): a pair twice")
    }
}
