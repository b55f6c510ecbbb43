internal import GatewayIR

/// An automaton with one state at a time, complete: every state has a successor for every class.
struct DeterministicAutomaton {
    var classes: ByteClasses
    /// `stateCount × classes.count` entries.
    var transitions: [Int]
    var accepting: [Bool]
    var start: Int

    var stateCount: Int { accepting.count }

    /// States before minimisation.
    static let stateCountMax = 8192
    /// Elementary steps of one determinisation: some tens of milliseconds.
    static let stepCountMax = 20_000_000
    /// Steps of all determinisations of a spec: a few seconds, however many expressions are written to cost much.
    static let totalStepCountMax = 300_000_000
}

extension DeterministicAutomaton {
    /// The subset construction.
    ///
    /// The empty text is taken out of the language on the way: no segment is empty, and so `[0-9]*` and `[0-9]+` are
    /// the same constraint.
    ///
    /// - Parameter totalStepCount: steps taken before and, afterwards, with this one; bounded over a whole spec.
    /// - Returns: `nil` if that takes more states or steps than the bounds allow.
    static func determinise(
        _ source: NondeterministicAutomaton,
        _ totalStepCount: inout Int
    ) -> DeterministicAutomaton? {
        guard totalStepCount <= totalStepCountMax else { return nil }
        let classes = ByteClasses(
            dividing: source.states.lazy.compactMap { state in
                guard case .read(let set, _) = state else { return nil }
                return set
            }
        )
        var construction = SubsetConstruction(source: source)
        defer { totalStepCount += construction.stepCount }
        var result = DeterministicAutomaton(classes: classes, transitions: [], accepting: [], start: 0)
        var subsets = [construction.closure(of: [source.start])]
        // The start has no twin in the table: its own state must not accept, a return to the same subset may.
        var indices: [[Int32]: Int] = [:]
        var next = 0
        while next < subsets.count {
            let subset = subsets[next]
            result.accepting.append(next != 0 && construction.accepts(subset))
            for representative in classes.representatives {
                let target = construction.closure(of: construction.moves(from: subset, on: representative))
                guard construction.stepCount <= stepCountMax else { return nil }
                if let index = indices[target] {
                    result.transitions.append(index)
                    continue
                }
                guard subsets.count < stateCountMax else { return nil }
                indices[target] = subsets.count
                result.transitions.append(subsets.count)
                subsets.append(target)
            }
            next += 1
        }
        return result
    }
}

/// Scratch of the subset construction: closures over forks.
private struct SubsetConstruction {
    let source: NondeterministicAutomaton
    var stepCount = 0
    private var marks: [Int32]
    private var generation: Int32 = 0

    init(source: NondeterministicAutomaton) {
        self.source = source
        marks = [Int32](repeating: 0, count: source.states.count)
    }

    /// The states that read or accept, reachable from `entries` by forks; ascending.
    mutating func closure(of entries: [Int]) -> [Int32] {
        generation += 1
        var stack = entries
        var result: [Int32] = []
        while let state = stack.popLast() {
            guard marks[state] != generation else { continue }
            marks[state] = generation
            stepCount += 1
            switch source.states[state] {
            case .fork(let left, let right):
                stack.append(left)
                stack.append(right)
            case .read, .accept: result.append(Int32(state))
            }
        }
        result.sort()
        return result
    }

    mutating func moves(from subset: [Int32], on byte: UInt8) -> [Int] {
        stepCount += subset.count
        var result: [Int] = []
        for state in subset {
            if case .read(let set, let next) = source.states[Int(state)], set.contains(byte) { result.append(next) }
        }
        return result
    }

    func accepts(_ subset: [Int32]) -> Bool {
        // The accepting state is the first that was built.
        subset.first == 0
    }
}

extension DeterministicAutomaton {
    /// The one automaton with the fewest states for the language (Hopcroft, 1971), in canonical form: states in the
    /// order of a breadth-first walk, classes in the order of bytes, and the state that rejects for good left out.
    ///
    /// Equal languages have equal results.
    func minimised(source: String) -> Automaton {
        let blocks = Partition.refined(self)
        let blockCount = blocks.count
        var table = [Int](repeating: 0, count: blockCount * classes.count)
        var blockAccepts = [Bool](repeating: false, count: blockCount)
        for state in 0..<stateCount {
            let block = blocks.blockOf[state]
            blockAccepts[block] = accepting[state]
            for column in 0..<classes.count {
                table[block * classes.count + column] = blocks.blockOf[transitions[state * classes.count + column]]
            }
        }
        let dead = (0..<blockCount).first { block in
            !blockAccepts[block]
                && (0..<classes.count).allSatisfy { table[block * classes.count + $0] == block }
        }
        let merged = mergedClasses(of: table, blockCount: blockCount)
        return numbered(
            source: source,
            table: table,
            accepting: blockAccepts,
            start: blocks.blockOf[start],
            dead: dead,
            classes: merged
        )
    }

    /// Classes whose columns are equal become one.
    private func mergedClasses(of table: [Int], blockCount: Int) -> ByteClasses {
        var columns: [[Int]: Int] = [:]
        var numbers = [Int](repeating: 0, count: classes.count)
        for column in 0..<classes.count {
            let content = (0..<blockCount).map { table[$0 * classes.count + column] }
            numbers[column] = columns[content] ?? columns.count
            if columns[content] == nil { columns[content] = columns.count }
        }
        return ByteClasses(numbers: classes.classes.map { numbers[Int($0)] })
    }

    private func numbered(
        source: String,
        table: [Int],
        accepting: [Bool],
        start: Int,
        dead: Int?,
        classes merged: ByteClasses
    ) -> Automaton {
        let columns = merged.representatives.map { Int(classes.classes[Int($0)]) }
        var order = [start]
        var numbers = [Int?](repeating: nil, count: accepting.count)
        numbers[start] = 0
        var transitions: [UInt16] = []
        var next = 0
        while next < order.count {
            for column in columns {
                let target = table[order[next] * classes.count + column]
                if target == dead {
                    transitions.append(Automaton.dead)
                    continue
                }
                let number = numbers[target] ?? order.count
                if numbers[target] == nil {
                    numbers[target] = number
                    order.append(target)
                }
                transitions.append(UInt16(number))
            }
            next += 1
        }
        return Automaton(
            source: source,
            classes: merged.classes,
            classCount: merged.count,
            transitions: transitions,
            accepting: order.map { accepting[$0] }
        )
    }
}

/// A partition of states into blocks, refined until no byte tells two states of a block apart.
private struct Partition {
    private var elements: [Int]
    private var locations: [Int]
    private(set) var blockOf: [Int]
    private var first: [Int] = []
    private var past: [Int] = []
    private var markedCount: [Int] = []
    private var touched: [Int] = []

    var count: Int { first.count }

    static func refined(_ automaton: DeterministicAutomaton) -> Partition {
        var partition = Partition(automaton.accepting)
        let inverse = Inverse(automaton)
        var pending = Array(0..<partition.count)
        var isPending = [Bool](repeating: true, count: partition.count)
        while let splitter = pending.popLast() {
            isPending[splitter] = false
            let states = partition.elements[partition.first[splitter]..<partition.past[splitter]]
            for column in 0..<automaton.classes.count {
                for state in states {
                    for source in inverse.sources(of: state, column: column) { partition.mark(source) }
                }
                for split in partition.splitMarked() {
                    isPending.append(false)
                    let smaller = partition.size(split.new) < partition.size(split.old) ? split.new : split.old
                    let chosen = isPending[split.old] ? split.new : smaller
                    isPending[chosen] = true
                    pending.append(chosen)
                }
            }
        }
        return partition
    }

    /// Two blocks, of what accepts and what does not; one if either is empty.
    private init(_ accepting: [Bool]) {
        let states = accepting.indices
        elements = states.filter { accepting[$0] } + states.filter { !accepting[$0] }
        locations = [Int](repeating: 0, count: accepting.count)
        blockOf = [Int](repeating: 0, count: accepting.count)
        for (location, state) in elements.enumerated() { locations[state] = location }
        let acceptingCount = accepting.count { $0 }
        for range in [0..<acceptingCount, acceptingCount..<accepting.count] where !range.isEmpty {
            for location in range { blockOf[elements[location]] = first.count }
            first.append(range.lowerBound)
            past.append(range.upperBound)
            markedCount.append(0)
        }
    }

    private func size(_ block: Int) -> Int { past[block] - first[block] }

    /// Moves a state to the front of its block.
    private mutating func mark(_ state: Int) {
        let block = blockOf[state]
        let location = locations[state]
        let front = first[block] + markedCount[block]
        guard location >= front else { return }
        if markedCount[block] == 0 { touched.append(block) }
        let other = elements[front]
        elements.swapAt(location, front)
        locations[other] = location
        locations[state] = front
        markedCount[block] += 1
    }

    /// Parts marked states from the others of their block; a new block holds the marked ones.
    private mutating func splitMarked() -> [(old: Int, new: Int)] {
        var splits: [(old: Int, new: Int)] = []
        for block in touched {
            let marked = markedCount[block]
            markedCount[block] = 0
            guard marked < size(block) else { continue }
            let new = first.count
            first.append(first[block])
            past.append(first[block] + marked)
            markedCount.append(0)
            first[block] += marked
            for location in first[new]..<past[new] { blockOf[elements[location]] = new }
            splits.append((block, new))
        }
        touched.removeAll(keepingCapacity: true)
        return splits
    }
}

/// The transitions backwards: by class and target, the states that lead there.
private struct Inverse {
    private var offsets: [Int]
    private var states: [Int]
    private let stateCount: Int

    init(_ automaton: DeterministicAutomaton) {
        stateCount = automaton.stateCount
        let classCount = automaton.classes.count
        offsets = [Int](repeating: 0, count: stateCount * classCount + 1)
        for state in 0..<stateCount {
            for column in 0..<classCount {
                offsets[column * stateCount + automaton.transitions[state * classCount + column] + 1] += 1
            }
        }
        for index in 1..<offsets.count { offsets[index] += offsets[index - 1] }
        states = [Int](repeating: 0, count: stateCount * classCount)
        var fill = offsets
        for state in 0..<stateCount {
            for column in 0..<classCount {
                let slot = column * stateCount + automaton.transitions[state * classCount + column]
                states[fill[slot]] = state
                fill[slot] += 1
            }
        }
    }

    func sources(of state: Int, column: Int) -> ArraySlice<Int> {
        let slot = column * stateCount + state
        return states[offsets[slot]..<offsets[slot + 1]]
    }
}
