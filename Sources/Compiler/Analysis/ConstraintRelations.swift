internal import GatewayIR

/// What the constraints of a spec have to do with each other. Every question is a walk over pairs of states, so the
/// answers are kept.
struct ConstraintRelations {
    /// Languages with more segments are taken as endless.
    static let finiteCountMax = 32

    private struct Pair: Hashable {
        var left: Int
        var right: Int
    }

    private let automata: [Automaton]
    private var common: [Pair: String?] = [:]
    private var containments: [Pair: Bool] = [:]
    private var finite: [Int: [String]?] = [:]
    /// By number: whether the constraint takes every segment.
    private let universal: [Bool]

    init(_ library: ConstraintLibrary) {
        automata = library.automata
        universal = library.automata.map(\.isUniversal)
    }

    func accepts(_ number: Int, _ segment: String) -> Bool { automata[number].accepts(segment.utf8) }

    /// A segment that both take, if there is one.
    mutating func commonSegment(_ left: Int, _ right: Int) -> String? {
        let pair = Pair(left: min(left, right), right: max(left, right))
        if let known = common[pair] { return known }
        let segment = automata[pair.left].commonSegment(with: automata[pair.right])
        common[pair] = .some(segment)
        return segment
    }

    /// Whether `outer` takes every segment that `inner` takes.
    mutating func contains(_ outer: Int, _ inner: Int) -> Bool {
        if outer == inner { return true }
        let pair = Pair(left: outer, right: inner)
        if let known = containments[pair] { return known }
        let result = automata[outer].contains(automata[inner])
        containments[pair] = result
        return result
    }

    func isUniversal(_ number: Int) -> Bool { universal[number] }

    /// All segments that the constraint takes, if they are few.
    mutating func segments(_ number: Int) -> [String]? {
        if let known = finite[number] { return known }
        let result = automata[number].segments(atMost: ConstraintRelations.finiteCountMax)
        finite[number] = .some(result)
        return result
    }
}
