internal import GatewayIR

/// The automata of a spec: each expression is compiled once, and equal languages have one number.
struct ConstraintLibrary {
    /// What the table holds at most (`TableLayout.automatonStateCountMax`).
    static let stateCountMax = 1024

    private struct Language: Hashable {
        var classes: [UInt8]
        var transitions: [UInt16]
        var accepting: [Bool]
    }

    /// By number: one automaton for each language.
    private(set) var automata: [Automaton] = []
    private var numbersBySource: [String: (number: Int, automaton: Automaton)] = [:]
    private var numbersByLanguage: [Language: Int] = [:]
    private var stepCount = 0

    /// Compiles a constraint.
    ///
    /// - Parameter range: where it stands in `text`; faults are positions in `text`.
    mutating func compile(
        _ text: [UInt8],
        in range: Range<Int>
    ) throws(PatternFault) -> (number: Int, automaton: Automaton) {
        let source = String(decoding: text[range], as: UTF8.self)
        if let known = numbersBySource[source] { return known }
        guard !range.isEmpty else { throw .constraintMissing(at: range) }
        let automaton = try ConstraintLibrary.automaton(of: text, in: range, &stepCount)
        let number = number(of: automaton)
        numbersBySource[source] = (number, automaton)
        return (number, automaton)
    }

    /// Takes over what a copy has compiled since it was made.
    ///
    /// - Parameter origin: what the copy was made of.
    /// - Returns: by number in the copy, the number here.
    mutating func take(_ copy: ConstraintLibrary, since origin: ConstraintLibrary) -> [Int] {
        var numbers = Array(origin.automata.indices)
        for automaton in copy.automata[origin.automata.count...] { numbers.append(number(of: automaton)) }
        for (source, known) in copy.numbersBySource where numbersBySource[source] == nil {
            numbersBySource[source] = (numbers[known.number], known.automaton)
        }
        stepCount += copy.stepCount - origin.stepCount
        return numbers
    }

    private mutating func number(of automaton: Automaton) -> Int {
        let language = Language(
            classes: automaton.classes,
            transitions: automaton.transitions,
            accepting: automaton.accepting
        )
        if let known = numbersByLanguage[language] { return known }
        numbersByLanguage[language] = automata.count
        automata.append(automaton)
        return automata.count - 1
    }

    /// The whole way: syntax, states that fork, states that do not, as few of them as possible.
    ///
    /// - Parameter stepCount: what the expressions of the spec have cost before, and with this one.
    static func automaton(
        of text: [UInt8],
        in range: Range<Int>,
        _ stepCount: inout Int
    ) throws(PatternFault) -> Automaton {
        let source = String(decoding: text[range], as: UTF8.self)
        return try automaton(of: try RegexParser.parse(text, in: range), source: source, in: range, &stepCount)
    }

    /// - Parameters:
    ///   - alphabet: the bytes that what is matched may have.
    ///   - range: where the expression stands, for faults.
    static func automaton(
        of syntax: RegexSyntax,
        source: String,
        alphabet: ByteSet = .segmentAlphabet,
        in range: Range<Int>,
        _ stepCount: inout Int
    ) throws(PatternFault) -> Automaton {
        guard
            syntax.stateCountEstimate <= NondeterministicAutomaton.stateCountMax,
            let large = DeterministicAutomaton.determinise(
                NondeterministicAutomaton(syntax, alphabet: alphabet),
                &stepCount
            )
        else { throw .constraintTooLarge(source, stateCountMax: stateCountMax, at: range) }
        let automaton = large.minimised(source: source)
        guard automaton.stateCount <= stateCountMax else {
            throw .constraintTooLarge(source, stateCountMax: stateCountMax, at: range)
        }
        guard automaton.accepting.contains(true) else {
            throw .constraintMatchesNothing(source, hasSpace: source.contains(" "), at: range)
        }
        return automaton
    }

    /// An expression on its own.
    static func automaton(of text: [UInt8], in range: Range<Int>) throws(PatternFault) -> Automaton {
        var stepCount = 0
        return try automaton(of: text, in: range, &stepCount)
    }
}
