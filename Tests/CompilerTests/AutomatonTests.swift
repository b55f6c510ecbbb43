import GatewayIR
import TestSupport
import Testing

@testable import GatewayCompiler

@Suite("Automata")
struct AutomatonTests {
    private static func automaton(_ source: String) throws -> Automaton {
        let text = Array(source.utf8)
        return try ConstraintLibrary.automaton(of: text, in: 0..<text.count)
    }

    @Test("an automaton accepts what a backtracking matcher accepts", arguments: SeededRandom.seeds(40))
    func againstBacktracking(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<25 {
            let source = RandomRegex.make(&random, depth: 3)
            let text = Array(source.utf8)
            let syntax = try RegexParser.parse(text, in: 0..<text.count)
            guard let automaton = try? AutomatonTests.automaton(source) else { continue }
            for _ in 0..<60 {
                let sample = RandomRegex.sample(&random)
                let expected = !sample.isEmpty && Backtracking.matches(syntax, sample)
                #expect(
                    automaton.accepts(sample) == expected,
                    "\(source) on \(String(decoding: sample, as: UTF8.self)), seed \(seed)"
                )
            }
        }
    }

    @Test(
        "equal languages have equal automata",
        arguments: [
            ("[0-9]+", "\\d+"), ("[0-9]*", "\\d+"), ("^[0-9]+$", "[0-9]+"), ("a|b|c", "[a-c]"), ("(?:ab)+", "ab(ab)*"),
            (".+", ".*"), ("[^/]+", ".+"), ("\\S+", ".+"), ("a{2,4}", "aa(a|aa)?"), ("(a|b)*abb", "(a*b*)*abb"),
            ("x(yz|yw)", "xy[zw]"), ("[\\w]+", "[A-Za-z0-9_]+"), ("a{0}b", "b"), ("[a-zA-Z]", "[a-z]|[A-Z]"),
        ]
    )
    func canonical(_ left: String, _ right: String) throws {
        var (one, other) = (try AutomatonTests.automaton(left), try AutomatonTests.automaton(right))
        one.source = ""
        other.source = ""
        #expect(one == other)
    }

    @Test(
        "automata are minimal",
        arguments: [("[0-9]+", 2), ("a|b", 2), ("abc", 4), ("(a|b)*abb", 4), ("a{5}", 6), (".+", 2)]
    )
    func minimal(_ source: String, _ stateCount: Int) throws {
        #expect(try AutomatonTests.automaton(source).stateCount == stateCount)
    }

    @Test(
        "what would be too large is refused, and soon",
        arguments: [
            "(a{1,1000}){1,1000}", "((a{50}){50}){50}", "(a|b)*a(a|b){14}", ".*a.{20}", "(.*a){20}.{30}",
            "(a?){1000}(b?){1000}(c?){1000}", "[a-z]{1,999}x[a-z]{1,999}",
        ]
    )
    func bounded(_ source: String) {
        let start = ContinuousClock.now
        do {
            let automaton = try AutomatonTests.automaton(source)
            #expect(automaton.stateCount <= ConstraintLibrary.stateCountMax)
        } catch {
            #expect((error as? PatternFault)?.code.id == "E0612")
        }
        // A release build needs some tens of milliseconds; debug builds on a busy machine get room.
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test(
        "constraints that match no segment are refused",
        arguments: ["[^.]{0}", "a b", "\\?", "a{0}", "(b*){0}", "\\s+"]
    )
    func empty(_ source: String) {
        do {
            _ = try AutomatonTests.automaton(source)
            Issue.record("accepted")
        } catch {
            #expect((error as? PatternFault)?.code.id == "E0613")
        }
    }

    @Test("intersection and containment agree with trying all short texts", arguments: SeededRandom.seeds(30))
    func algebra(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let texts = RandomRegex.allTexts(upTo: 5)
        for _ in 0..<10 {
            guard let left = try? AutomatonTests.automaton(RandomRegex.make(&random, depth: 2)),
                let right = try? AutomatonTests.automaton(RandomRegex.make(&random, depth: 2))
            else { continue }
            let inBoth = texts.filter { left.accepts($0) && right.accepts($0) }
            let common = left.commonSegment(with: right)
            if let common {
                #expect(left.accepts(common.utf8) && right.accepts(common.utf8))
                if let shortest = inBoth.map(\.count).min() { #expect(common.utf8.count <= shortest) }
            } else {
                #expect(inBoth.isEmpty)
            }
            if left.contains(right) {
                #expect(texts.allSatisfy { !right.accepts($0) || left.accepts($0) })
            } else if texts.allSatisfy({ !right.accepts($0) || left.accepts($0) }) {
                // Only a longer text, or another byte, can tell them apart.
                #expect(right.segments(atMost: 4)?.allSatisfy { left.accepts($0.utf8) } != true)
            }
        }
    }

    @Test("finite languages are listed, others are not")
    func finite() throws {
        #expect(try AutomatonTests.automaton("a|b|cd?").segments(atMost: 8) == ["a", "b", "c", "cd"])
        #expect(try AutomatonTests.automaton("[a-z]").segments(atMost: 8) == nil)
        #expect(try AutomatonTests.automaton("a+").segments(atMost: 8) == nil)
        #expect(try AutomatonTests.automaton(".+").isUniversal)
        #expect(try !AutomatonTests.automaton("[^a]+").isUniversal)
    }

    @Test("a library compiles an expression once and numbers languages")
    func library() throws {
        var library = ConstraintLibrary()
        let one = try library.compile(Array("[0-9]+".utf8), in: 0..<6)
        let other = try library.compile(Array("\\d+".utf8), in: 0..<3)
        let third = try library.compile(Array("[a-z]+".utf8), in: 0..<6)
        #expect(one.number == other.number)
        #expect(one.number != third.number)
        #expect(other.automaton.source == "\\d+")
    }
}

/// A matcher that tries everything: the meaning of the syntax, spelt out.
private enum Backtracking {
    static func matches(_ syntax: RegexSyntax, _ text: [UInt8]) -> Bool {
        ends(syntax, text, from: 0).contains(text.count)
    }

    private static func ends(_ syntax: RegexSyntax, _ text: [UInt8], from start: Int) -> Set<Int> {
        switch syntax {
        case .empty: return [start]
        case .bytes(let set): return start < text.count && set.contains(text[start]) ? [start + 1] : []
        case .sequence(let parts):
            return parts.reduce([start]) { starts, part in
                starts.reduce(into: Set()) { $0.formUnion(ends(part, text, from: $1)) }
            }
        case .alternatives(let parts):
            return parts.reduce(into: Set()) { $0.formUnion(ends($1, text, from: start)) }
        case .repeated(let part, let min, let max):
            var reached: Set<Int> = min == 0 ? [start] : []
            var current: Set<Int> = [start]
            var count = 0
            // Beyond as many rounds as there are bytes and required ones, nothing new is reached.
            while count < max ?? (min + text.count + 1), count <= min + text.count + 1 {
                current = current.reduce(into: Set()) { $0.formUnion(ends(part, text, from: $1)) }
                count += 1
                if count >= min { reached.formUnion(current) }
                if current.isEmpty { break }
            }
            return reached
        }
    }
}

/// Expressions and texts over few letters, so that texts often match.
private enum RandomRegex {
    static func make(_ random: inout SeededRandom, depth: Int) -> String {
        switch Int.random(in: 0..<(depth == 0 ? 5 : 11), using: &random) {
        case 0, 1: return ["a", "b", "c", "1"].randomElement(using: &random) ?? "a"
        case 2: return ["[ab]", "[^a]", "[a-c1]", "[^b1]", "[]a]"].randomElement(using: &random) ?? "."
        case 3: return ["\\d", "\\w", "\\D", "\\.", "\\W"].randomElement(using: &random) ?? "."
        case 4: return "."
        case 5, 6: return make(&random, depth: depth - 1) + make(&random, depth: depth - 1)
        case 7: return "(\(make(&random, depth: depth - 1))|\(make(&random, depth: depth - 1)))"
        case 8: return "(\(make(&random, depth: depth - 1)))*"
        case 9:
            return "(?:\(make(&random, depth: depth - 1)))"
                + (["+", "?", "{2}", "{1,3}", "{2,}"].randomElement(using: &random) ?? "")
        default: return "(\(make(&random, depth: depth - 1))|)"
        }
    }

    private static let letters = Array("abc1.-".utf8)

    static func sample(_ random: inout SeededRandom) -> [UInt8] {
        (0..<Int.random(in: 0...7, using: &random)).compactMap { _ in letters.randomElement(using: &random) }
    }

    /// All texts over `a`, `b`, `1` up to a length.
    static func allTexts(upTo length: Int) -> [[UInt8]] {
        var all: [[UInt8]] = []
        var last: [[UInt8]] = [[]]
        for _ in 0..<length {
            last = last.flatMap { text in Array("ab1".utf8).map { text + [$0] } }
            all += last
        }
        return all
    }
}
