/// Thompson's construction: a syntax tree as states that read one byte, fork, or accept.
struct NondeterministicAutomaton {
    /// What a state does.
    enum State {
        case read(ByteSet, next: Int)
        case fork(Int, Int)
        case accept
    }

    /// States beyond this are refused before the first is built.
    static let stateCountMax = 4096

    private(set) var states: [State] = [.accept]
    private(set) var start = 0
    /// Other bytes never come.
    private let alphabet: ByteSet

    init(_ syntax: RegexSyntax, alphabet: ByteSet = .segmentAlphabet) {
        self.alphabet = alphabet
        start = build(syntax, then: 0)
    }

    /// Builds backwards: the states of `syntax`, going on to `next`.
    private mutating func build(_ syntax: RegexSyntax, then next: Int) -> Int {
        switch syntax {
        case .empty: return next
        case .bytes(let set):
            var legal = set
            legal.formIntersection(alphabet)
            return add(.read(legal, next: next))
        case .sequence(let parts):
            return parts.reversed().reduce(next) { build($1, then: $0) }
        case .alternatives(let parts):
            var entry = build(parts[parts.count - 1], then: next)
            for part in parts.dropLast().reversed() { entry = add(.fork(build(part, then: next), entry)) }
            return entry
        case .repeated(let part, let min, let max):
            return buildRepetition(part, min: min, max: max, then: next)
        }
    }

    private mutating func buildRepetition(_ part: RegexSyntax, min: Int, max: Int?, then next: Int) -> Int {
        var entry = next
        if let max {
            for _ in 0..<(max - min) { entry = add(.fork(build(part, then: entry), next)) }
        } else {
            let loop = add(.accept)
            states[loop] = .fork(build(part, then: loop), next)
            entry = loop
        }
        for _ in 0..<min { entry = build(part, then: entry) }
        return entry
    }

    private mutating func add(_ state: State) -> Int {
        states.append(state)
        return states.count - 1
    }
}

/// The classes into which the sets of an automaton divide the bytes: no set tells two bytes of a class apart.
struct ByteClasses: Equatable {
    /// 256 entries; numbered in the order in which ascending bytes first show them.
    var classes: [UInt8]
    var count: Int
    /// The least byte of each class.
    var representatives: [UInt8]

    init(dividing sets: some Sequence<ByteSet>) {
        var numbers = [Int](repeating: 0, count: 256)
        var count = 1
        for set in sets {
            var split: [Int: Int] = [:]
            for byte in 0..<256 where set.contains(UInt8(byte)) {
                let old = numbers[byte]
                if split[old] == nil {
                    split[old] = count
                    count += 1
                }
                numbers[byte] = split[old] ?? old
            }
            (numbers, count) = ByteClasses.renumbered(numbers)
            if count == 256 { break }
        }
        self.init(numbers: numbers)
    }

    /// - Parameter numbers: 256 numbers, equal for bytes of one class.
    init(numbers: [Int]) {
        let (dense, count) = ByteClasses.renumbered(numbers)
        classes = dense.map { UInt8($0) }
        self.count = count
        representatives = []
        for byte in 0..<256 where dense[byte] == representatives.count { representatives.append(UInt8(byte)) }
    }

    private static func renumbered(_ numbers: [Int]) -> (numbers: [Int], count: Int) {
        var known: [Int: Int] = [:]
        let dense = numbers.map { number in
            if let index = known[number] { return index }
            known[number] = known.count
            return known.count - 1
        }
        return (dense, known.count)
    }
}
