/// The syntax tree of a constraint: what `{id:[0-9]+}` has behind its colon.
indirect enum RegexSyntax: Equatable {
    /// The empty text.
    case empty
    /// One byte of a set.
    case bytes(ByteSet)
    case sequence([RegexSyntax])
    case alternatives([RegexSyntax])
    /// At least `min`, at most `max` times; `nil` is without bound.
    case repeated(RegexSyntax, min: Int, max: Int?)

    /// States that its automaton needs before determinisation, saturating at `Int32.max`: known before any is built.
    var stateCountEstimate: Int {
        let bound = Int(Int32.max)
        switch self {
        case .empty: return 0
        case .bytes: return 1
        case .sequence(let parts):
            return parts.reduce(0) { min(bound, $0 + $1.stateCountEstimate) }
        case .alternatives(let parts):
            return parts.reduce(0) { min(bound, $0 + $1.stateCountEstimate + 1) }
        case .repeated(let part, let min, let max):
            let copies = max ?? (min + 1)
            let each = part.stateCountEstimate + 1
            let (product, overflow) = each.multipliedReportingOverflow(by: copies)
            return overflow || product > bound ? bound : product
        }
    }
}

/// Parses the dialect of constraints: literals, escapes, classes, `.`, groups, alternation and counted repetition.
///
/// What it leaves out (back-references, look-around, lazy and possessive repetition) is what automata cannot do or
/// what means nothing when only a whole segment can match; each is refused by name.
struct RegexParser {
    /// Groups within groups.
    static let depthMax = 50
    /// The greatest count in `{m,n}`.
    static let repetitionMax = 1000
    static let byteCountMax = 1024

    private let bytes: [UInt8]
    private let end: Int
    private var position: Int
    /// Slashes are bytes like others, and what matches is the beginning of a path.
    private var isOfPaths = false
    /// Slashes are bytes like others, and letters have no case.
    private var isOfText = false
    private var isAnchoredAtEnd = false

    /// - Parameter range: where the expression stands in `text`; faults are positions in `text`.
    static func parse(_ text: [UInt8], in range: Range<Int>) throws(PatternFault) -> RegexSyntax {
        guard range.count <= byteCountMax else { throw .constraintTooLong(at: range) }
        var parser = RegexParser(bytes: text, range: range)
        if parser.peek == UInt8(ascii: "^") { parser.position += 1 }
        let syntax = try parser.alternatives(depth: 0)
        guard parser.position == parser.end else { throw .unmatchedParenthesis(at: parser.position) }
        return syntax
    }

    /// Parses an expression over whole paths, as Kong has them.
    ///
    /// - Returns: and whether its end is anchored, so that a match is a whole path.
    static func parsePath(_ text: [UInt8]) throws(PatternFault) -> (syntax: RegexSyntax, isWhole: Bool) {
        guard text.count <= byteCountMax else { throw .constraintTooLong(at: 0..<text.count) }
        var parser = RegexParser(bytes: text, range: 0..<text.count)
        parser.isOfPaths = true
        if parser.peek == UInt8(ascii: "^") { parser.position += 1 }
        let syntax = try parser.alternatives(depth: 0)
        guard parser.position == parser.end else { throw .unmatchedParenthesis(at: parser.position) }
        // `a|b$` anchors the last alternative only, which no automaton of beginnings can tell.
        if parser.isAnchoredAtEnd, case .alternatives = syntax { throw .anchoredAlternative(at: text.count - 1) }
        return (syntax, parser.isAnchoredAtEnd)
    }

    /// Parses an expression that is looked for in a text, letters in any case.
    ///
    /// - Returns: and whether it is held to the text's ends.
    static func parseSearch(
        _ text: [UInt8]
    ) throws(PatternFault) -> (syntax: RegexSyntax, isAtStart: Bool, isAtEnd: Bool) {
        guard text.count <= byteCountMax else { throw .constraintTooLong(at: 0..<text.count) }
        var parser = RegexParser(bytes: text, range: 0..<text.count)
        parser.isOfText = true
        let isAtStart = parser.take(UInt8(ascii: "^"))
        let syntax = try parser.alternatives(depth: 0)
        guard parser.position == parser.end else { throw .unmatchedParenthesis(at: parser.position) }
        if case .alternatives = syntax {
            if parser.isAnchoredAtEnd { throw .anchoredAlternative(at: text.count - 1) }
            if isAtStart { throw .anchoredFirstAlternative(at: 0) }
        }
        return (syntax, isAtStart, parser.isAnchoredAtEnd)
    }

    private init(bytes: [UInt8], range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    private var peek: UInt8? { position < end ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func alternatives(depth: Int) throws(PatternFault) -> RegexSyntax {
        var parts = [try sequence(depth: depth)]
        while take(UInt8(ascii: "|")) { parts.append(try sequence(depth: depth)) }
        return parts.count == 1 ? parts[0] : .alternatives(parts)
    }

    private mutating func sequence(depth: Int) throws(PatternFault) -> RegexSyntax {
        var parts: [RegexSyntax] = []
        while let byte = peek, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            if byte == UInt8(ascii: "$") {
                // At the very end the anchor says what holds anyway.
                guard depth == 0, position == end - 1 else { throw .anchorInside(at: position) }
                position += 1
                isAnchoredAtEnd = true
                break
            }
            let atom = try self.atom(byte, depth: depth)
            parts.append(try repetition(of: atom))
        }
        if parts.isEmpty { return .empty }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func atom(_ byte: UInt8, depth: Int) throws(PatternFault) -> RegexSyntax {
        let start = position
        position += 1
        switch byte {
        case UInt8(ascii: "."): return .bytes(isOfText ? .textAlphabet : isOfPaths ? .pathAlphabet : .segmentAlphabet)
        case UInt8(ascii: "("): return try group(from: start, depth: depth)
        case UInt8(ascii: "["): return .bytes(try bracket(from: start))
        case UInt8(ascii: "\\"): return .bytes(folded(try escape(from: start).set))
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"): throw .nothingToRepeat(at: start)
        case UInt8(ascii: "{"): throw .nothingToRepeat(at: start)
        case UInt8(ascii: "^"): throw .anchorInside(at: start)
        case UInt8(ascii: "/") where !isOfPaths && !isOfText: throw .slashInConstraint(at: start)
        default: return .bytes(folded(ByteSet(try literal(byte, at: start)...byte)))
        }
    }

    private func folded(_ set: ByteSet) -> ByteSet { isOfText ? set.foldingCase : set }

    /// Bytes above 0x7F never stand in a normalised path as they are.
    private func literal(_ byte: UInt8, at start: Int) throws(PatternFault) -> UInt8 {
        guard byte < 0x80 else {
            var stop = start + 1
            while stop < end, bytes[stop] & 0xC0 == 0x80 { stop += 1 }
            throw .nonASCIIInConstraint(bytes[start..<stop])
        }
        return byte
    }

    private mutating func group(from start: Int, depth: Int) throws(PatternFault) -> RegexSyntax {
        guard depth < RegexParser.depthMax else { throw .constraintTooDeep(at: start) }
        if take(UInt8(ascii: "?")) {
            let isPlain = isOfPaths ? try takeGroupName(from: start) : take(UInt8(ascii: ":"))
            guard isPlain else { throw .unsupportedGroup(at: start..<min(position + 1, end)) }
        }
        let inner = try alternatives(depth: depth + 1)
        guard take(UInt8(ascii: ")")) else { throw .unclosedGroup(at: start) }
        return inner
    }

    /// `:`, `<name>` or `P<name>`: a group that captures, which matching does not ask for.
    private mutating func takeGroupName(from start: Int) throws(PatternFault) -> Bool {
        if take(UInt8(ascii: ":")) { return true }
        _ = take(UInt8(ascii: "P"))
        guard take(UInt8(ascii: "<")) else { return false }
        let first = position
        while let byte = peek, ByteSet.word.contains(byte) { position += 1 }
        guard position > first else { return false }
        return take(UInt8(ascii: ">"))
    }

    private mutating func repetition(of atom: RegexSyntax) throws(PatternFault) -> RegexSyntax {
        let start = position
        var result = atom
        switch peek {
        case UInt8(ascii: "*"):
            position += 1
            result = .repeated(atom, min: 0, max: nil)
        case UInt8(ascii: "+"):
            position += 1
            result = .repeated(atom, min: 1, max: nil)
        case UInt8(ascii: "?"):
            position += 1
            result = .repeated(atom, min: 0, max: 1)
        case UInt8(ascii: "{"):
            position += 1
            result = try counted(atom, from: start)
        default: return atom
        }
        switch peek {
        case UInt8(ascii: "?"): throw .lazyRepetition(at: start..<position + 1)
        case UInt8(ascii: "+"): throw .possessiveRepetition(at: start..<position + 1)
        case UInt8(ascii: "*"), UInt8(ascii: "{"): throw .repeatedTwice(at: start..<position + 1)
        default: return result
        }
    }

    /// `{m}`, `{m,}`, `{m,n}`; the brace is taken.
    private mutating func counted(_ atom: RegexSyntax, from start: Int) throws(PatternFault) -> RegexSyntax {
        guard let low = try number() else { throw .badRepetition(at: start..<min(position + 1, end)) }
        var high: Int? = low
        if take(UInt8(ascii: ",")) { high = try number() }
        guard take(UInt8(ascii: "}")) else { throw .badRepetition(at: start..<min(position + 1, end)) }
        if let high, high < low { throw .repetitionBackwards(low, high, at: start..<position) }
        return .repeated(atom, min: low, max: high)
    }

    private mutating func number() throws(PatternFault) -> Int? {
        let start = position
        var value = 0
        while let byte = peek, ByteSet.digits.contains(byte) {
            value = min(value * 10 + Int(byte & 15), RegexParser.repetitionMax + 1)
            position += 1
        }
        guard position > start else { return nil }
        guard value <= RegexParser.repetitionMax else { throw .repetitionTooLarge(at: start..<position) }
        return value
    }

    /// An escape behind its backslash: the set it stands for and, if it is one byte, that byte.
    private mutating func escape(from start: Int) throws(PatternFault) -> (set: ByteSet, byte: UInt8?) {
        guard let byte = peek else { throw .danglingEscape(at: start) }
        position += 1
        switch byte {
        case UInt8(ascii: "d"): return (.digits, nil)
        case UInt8(ascii: "D"): return (ByteSet.digits.inverted, nil)
        case UInt8(ascii: "w"): return (.word, nil)
        case UInt8(ascii: "W"): return (ByteSet.word.inverted, nil)
        case UInt8(ascii: "s"): return (.space, nil)
        case UInt8(ascii: "S"): return (ByteSet.space.inverted, nil)
        case UInt8(ascii: "1")...UInt8(ascii: "9"), UInt8(ascii: "k"): throw .backReference(at: start..<position)
        case UInt8(ascii: "/") where !isOfPaths && !isOfText: throw .slashInConstraint(at: start)
        default:
            guard !ByteSet.word.contains(byte), byte < 0x80 else { throw .unknownEscape(byte, at: start..<position) }
            return (ByteSet(byte...byte), byte)
        }
    }

    /// `[…]` behind its opening bracket.
    private mutating func bracket(from start: Int) throws(PatternFault) -> ByteSet {
        let isNegated = take(UInt8(ascii: "^"))
        var set = ByteSet()
        var isFirst = true
        while true {
            guard let byte = peek else { throw .unclosedClass(at: start) }
            if byte == UInt8(ascii: "]"), !isFirst { break }
            isFirst = false
            let itemStart = position
            let (item, low) = try classItem(byte)
            guard let low, peek == UInt8(ascii: "-"), position + 1 < end, bytes[position + 1] != UInt8(ascii: "]")
            else {
                set.formUnion(item)
                continue
            }
            position += 1
            guard let next = peek, let high = try classItem(next).byte else {
                throw .badRange(at: itemStart..<position)
            }
            guard low <= high else { throw .rangeBackwards(at: itemStart..<position) }
            set.insert(low...high)
        }
        position += 1
        set = folded(set)
        return isNegated ? set.inverted : set
    }

    private mutating func classItem(_ byte: UInt8) throws(PatternFault) -> (set: ByteSet, byte: UInt8?) {
        let start = position
        position += 1
        if byte == UInt8(ascii: "\\") { return try escape(from: start) }
        if byte == UInt8(ascii: "["), peek == UInt8(ascii: ":") { throw .posixClass(at: start..<position + 1) }
        _ = try literal(byte, at: start)
        return (ByteSet(byte...byte), byte)
    }
}
