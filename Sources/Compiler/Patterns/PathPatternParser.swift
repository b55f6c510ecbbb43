internal import GatewayIR

/// A path pattern with the numbers of its constraints, in the order of its segments.
struct ParsedPath {
    var pattern: PathPattern
    /// Numbers in the `ConstraintLibrary`, one per constrained segment.
    var constraints: [Int] = []
}

/// Parses path patterns: `/orders/{id:[0-9]+}/**`.
struct PathPatternParser {
    /// What fits into a rank (`TableLayout.patternSegmentCountMax`).
    static let segmentCountMax = 27
    /// `TableLayout.captureCountMax`.
    static let captureCountMax = 16
    static let byteCountMax = 2048
    private static let captureNameByteCountMax = 64

    private static let slash = UInt8(ascii: "/")
    private static let openBrace = UInt8(ascii: "{")
    private static let closeBrace = UInt8(ascii: "}")
    private static let nameCharacters = ByteSet.word.union(of: "-")
    private static let nameStarts = ByteSet.letters.union(of: "_")

    private let text: [UInt8]
    private var position: Int
    private var path = ParsedPath(pattern: PathPattern(segments: []))
    private var names: [String] = []

    /// - Parameters:
    ///   - text: holds the path from `start` to its end; faults are positions in `text`.
    ///   - constraints: compiles what stands behind colons.
    static func parse(
        _ text: [UInt8],
        from start: Int = 0,
        constraints: inout ConstraintLibrary
    ) throws(PatternFault) -> ParsedPath {
        guard start < text.count, text[start] == slash else {
            throw .pathWithoutSlash(at: start..<max(start, text.count))
        }
        guard text.count - start <= byteCountMax else { throw .pathTooLong(byteCountMax, at: start..<text.count) }
        var parser = PathPatternParser(text: text, position: start)
        try parser.segments(constraints: &constraints)
        return parser.path
    }

    private init(text: [UInt8], position: Int) {
        self.text = text
        self.position = position
    }

    /// A slash at the end is not significant, as it is not in requests.
    private mutating func segments(constraints: inout ConstraintLibrary) throws(PatternFault) {
        while position < text.count {
            let slash = position
            position += 1
            guard position < text.count else { return }
            guard text[position] != PathPatternParser.slash else { throw .emptySegment(at: slash..<position + 1) }
            let start = position
            if case .tail = path.pattern.end { throw .behindTail(at: start..<text.count) }
            try segment(constraints: &constraints)
            guard path.pattern.segments.count <= PathPatternParser.segmentCountMax else {
                throw .tooManySegments(PathPatternParser.segmentCountMax, at: start..<text.count)
            }
            guard names.count <= PathPatternParser.captureCountMax else {
                throw .tooManyCaptures(PathPatternParser.captureCountMax, at: start..<position)
            }
        }
    }

    private mutating func segment(constraints: inout ConstraintLibrary) throws(PatternFault) {
        let start = position
        guard text[position] != PathPatternParser.openBrace else { return try capture(constraints: &constraints) }
        while position < text.count, text[position] != PathPatternParser.slash {
            if text[position] == PathPatternParser.openBrace {
                throw .partialCapture(at: start..<segmentEnd(from: start))
            }
            if text[position] == PathPatternParser.closeBrace { throw .closingBrace(at: position) }
            position += 1
        }
        if text[start..<position].elementsEqual("**".utf8) {
            path.pattern.end = .tail(name: nil)
            return
        }
        path.pattern.segments.append(.literal(try PathText.normalisedSegment(text, in: start..<position)))
    }

    /// `{name}`, `{name:**}` or `{name:constraint}`.
    private mutating func capture(constraints: inout ConstraintLibrary) throws(PatternFault) {
        let start = position
        position += 1
        let nameRange = position..<scan { PathPatternParser.nameCharacters.contains($0) }
        position = nameRange.upperBound
        guard position < text.count else { throw .unclosedBrace(at: start..<text.count) }
        guard text[position] == PathPatternParser.closeBrace || text[position] == UInt8(ascii: ":") else {
            throw .captureNameByte(text[position], at: position)
        }
        let name = try checkedName(nameRange, capture: start)
        guard text[position] == UInt8(ascii: ":") else {
            try close(from: start)
            path.pattern.segments.append(.capture(name: name))
            return
        }
        position += 1
        let constraint = position..<(try constraintEnd(from: start))
        position = constraint.upperBound
        try close(from: start)
        if text[constraint].elementsEqual("**".utf8) {
            path.pattern.end = .tail(name: name)
            return
        }
        let (number, automaton) = try constraints.compile(text, in: constraint)
        path.constraints.append(number)
        path.pattern.segments.append(.constrained(name: name, automaton))
    }

    private mutating func checkedName(_ range: Range<Int>, capture start: Int) throws(PatternFault) -> String {
        guard !range.isEmpty else { throw .captureWithoutName(at: start..<range.upperBound + 1) }
        guard PathPatternParser.nameStarts.contains(text[range.lowerBound]),
            range.count <= PathPatternParser.captureNameByteCountMax
        else { throw .captureName(at: range) }
        let name = String(decoding: text[range], as: UTF8.self)
        guard !names.contains(name) else { throw .captureTwice(name, at: range) }
        names.append(name)
        return name
    }

    /// The brace that closes a constraint: braces, classes and escapes within it are its own.
    private func constraintEnd(from start: Int) throws(PatternFault) -> Int {
        var depth = 0
        var inClass = false
        var index = position
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\\"): index += 1
            case UInt8(ascii: "["): inClass = true
            case UInt8(ascii: "]"): inClass = false
            case PathPatternParser.openBrace where !inClass: depth += 1
            case PathPatternParser.closeBrace where !inClass:
                if depth == 0 { return index }
                depth -= 1
            default: break
            }
            index += 1
        }
        // An unclosed class hides the brace: let the expression's parser say so if there is one.
        if inClass, let brace = text[position...].lastIndex(of: PathPatternParser.closeBrace) { return brace }
        throw .unclosedBrace(at: start..<text.count)
    }

    /// Takes the closing brace; a slash or the end must follow.
    private mutating func close(from start: Int) throws(PatternFault) {
        position += 1
        guard position == text.count || text[position] == PathPatternParser.slash else {
            throw .partialCapture(at: start..<segmentEnd(from: position))
        }
    }

    private func scan(while isWanted: (UInt8) -> Bool) -> Int {
        var index = position
        while index < text.count, isWanted(text[index]) { index += 1 }
        return index
    }

    private func segmentEnd(from start: Int) -> Int {
        text[start...].firstIndex(of: PathPatternParser.slash) ?? text.count
    }
}
