internal import GatewayIR

/// The texts in which one of several expressions matches somewhere.
struct AgentLanguage {
    private var parts: [RegexSyntax] = []
    private var sources: [String] = []

    var count: Int { parts.count }

    /// Adds an expression; `^` and `$` hold it to the ends of the text.
    mutating func add(_ pattern: String) throws(PatternFault) {
        let (syntax, isAtStart, isAtEnd) = try RegexParser.parseSearch(Array(pattern.utf8))
        let anything = RegexSyntax.repeated(.bytes(.textAlphabet), min: 0, max: nil)
        parts.append(.sequence((isAtStart ? [] : [anything]) + [syntax] + (isAtEnd ? [] : [anything])))
        sources.append(pattern)
    }

    /// - Parameter stepCount: what those of the spec have cost before, and with this one.
    /// - Returns: `nil` if it would be too large, or matches nothing.
    func automaton(_ stepCount: inout Int) -> Automaton? {
        // No expression of a path holds a line break, so that none has the same source.
        let source = "user-agent\n" + sources.joined(separator: "\n")
        return try? ConstraintLibrary.automaton(
            of: parts.count == 1 ? parts[0] : .alternatives(parts),
            source: source,
            alphabet: .textAlphabet,
            in: 0..<0,
            &stepCount
        )
    }
}

extension ByteSet {
    /// What the value of a header field may hold.
    static let textAlphabet = ByteSet(0x09...0x09, 0x20...0x7E, 0x80...0xFF)

    /// With both cases of each letter.
    var foldingCase: ByteSet {
        var result = self
        for byte in UInt8(ascii: "a")...UInt8(ascii: "z") where contains(byte) || contains(byte ^ 0x20) {
            result.insert(byte)
            result.insert(byte ^ 0x20)
        }
        return result
    }
}
