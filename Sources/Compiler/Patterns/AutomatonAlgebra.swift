internal import GatewayIR

/// Questions about the languages of one or two automata. All are walks over pairs of states: at most a million of them.
extension Automaton {
    /// Bytes in the order in which witnesses prefer them: letters, digits, then the rest.
    private static let nicestBytes: [UInt8] = {
        let nice = Array("xabcdefghijklmnopqrstuvwyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-._~".utf8)
        let known = Set(nice)
        return nice + (UInt8.min...UInt8.max).filter { !known.contains($0) }
    }()

    private func next(_ state: Int, _ byte: UInt8) -> Int? {
        let target = transitions[state * classCount + Int(classes[Int(byte)])]
        return target == Automaton.dead ? nil : Int(target)
    }

    func accepts(_ segment: some Sequence<UInt8>) -> Bool {
        var state = 0
        for byte in segment {
            guard let target = next(state, byte) else { return false }
            state = target
        }
        return accepting[state]
    }

    /// A shortest segment in the language.
    var example: String {
        commonSegment(with: self) ?? ""
    }

    /// A shortest segment in both languages, of pleasant bytes where there is a choice; `nil` if there is none.
    func commonSegment(with other: Automaton) -> String? {
        let bytes = representativeBytes(with: other)
        let width = other.stateCount
        // By pair of states: the pair and the byte by which a shortest way comes there.
        var origins: [Int: (pair: Int, byte: UInt8)] = [:]
        var queue = [0]
        origins[0] = (0, 0)
        var next = 0
        while next < queue.count {
            let pair = queue[next]
            next += 1
            if accepting[pair / width], other.accepting[pair % width] { return text(to: pair, by: origins) }
            for byte in bytes {
                guard let left = self.next(pair / width, byte), let right = other.next(pair % width, byte) else {
                    continue
                }
                let target = left * width + right
                guard origins[target] == nil else { continue }
                origins[target] = (pair, byte)
                queue.append(target)
            }
        }
        return nil
    }

    private func text(to pair: Int, by origins: [Int: (pair: Int, byte: UInt8)]) -> String {
        var bytes: [UInt8] = []
        var pair = pair
        while pair != 0, let origin = origins[pair] {
            bytes.append(origin.byte)
            pair = origin.pair
        }
        return String(decoding: bytes.reversed(), as: UTF8.self)
    }

    /// Whether every segment of the other language is in this one.
    func contains(_ other: Automaton) -> Bool {
        let bytes = representativeBytes(with: other)
        let width = other.stateCount
        let rejects = stateCount
        var seen: Set<Int> = [0]
        var stack = [0]
        while let pair = stack.popLast() {
            let (mine, theirs) = (pair / width, pair % width)
            if other.accepting[theirs], mine == rejects || !accepting[mine] { return false }
            for byte in bytes {
                guard let right = other.next(theirs, byte) else { continue }
                let left = mine == rejects ? rejects : next(mine, byte) ?? rejects
                if seen.insert(left * width + right).inserted { stack.append(left * width + right) }
            }
        }
        return true
    }

    /// Whether every segment is in the language: then the constraint constrains nothing.
    var isUniversal: Bool {
        guard let any = Automaton.anySegment else { return false }
        return classes == any.classes && transitions == any.transitions && accepting == any.accepting
    }

    private static let anySegment = try? ConstraintLibrary.automaton(of: [UInt8](".+".utf8), in: 0..<2)

    /// All segments of the language, if there are at most so many; ascending.
    func segments(atMost countMax: Int) -> [String]? {
        guard let count = segmentCount(atMost: countMax), count <= countMax else { return nil }
        let bytes = (UInt8.min...UInt8.max).filter { byte in (0..<stateCount).contains { next($0, byte) != nil } }
        var results: [[UInt8]] = []
        var pending: [(state: Int, text: [UInt8])] = [(0, [])]
        while let (state, text) = pending.popLast() {
            if accepting[state] { results.append(text) }
            for byte in bytes {
                if let target = next(state, byte) { pending.append((target, text + [byte])) }
            }
        }
        return results.map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    /// The number of segments in the language, `countMax + 1` standing for more; `nil` if it is endless.
    ///
    /// Every state of a minimal automaton lies on a way to an accepting one, so a circle makes endlessly many.
    private func segmentCount(atMost countMax: Int) -> Int? {
        var sizes = [Int](repeating: 0, count: classCount)
        for byteClass in classes { sizes[Int(byteClass)] += 1 }
        var counts = [Int?](repeating: nil, count: stateCount)
        var isOpen = [Bool](repeating: false, count: stateCount)
        var stack = [0]
        while let state = stack.last {
            let targets = (0..<classCount).map { transitions[state * classCount + $0] }
            if !isOpen[state] {
                isOpen[state] = true
                for case let target in targets where target != Automaton.dead && counts[Int(target)] == nil {
                    guard !isOpen[Int(target)] else { return nil }
                    stack.append(Int(target))
                }
                continue
            }
            stack.removeLast()
            guard counts[state] == nil else { continue }
            var count = accepting[state] ? 1 : 0
            for (column, target) in targets.enumerated() where target != Automaton.dead {
                // A target that is still open lies above on the stack: a circle.
                guard let below = counts[Int(target)] else { return nil }
                count = min(count + sizes[column] * below, countMax + 1)
            }
            counts[state] = count
        }
        return counts[0]
    }

    /// One byte of each class of pairs that the two automata can tell apart.
    private func representativeBytes(with other: Automaton) -> [UInt8] {
        var seen = Set<Int>()
        return Automaton.nicestBytes.filter { byte in
            seen.insert(Int(classes[Int(byte)]) * 256 + Int(other.classes[Int(byte)])).inserted
        }
    }
}
