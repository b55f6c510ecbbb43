// What can be wrong with a constraint, one factory per mistake. Positions are bytes of the text that holds it.

extension PatternFault {
    static func constraintTooLong(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintTooLarge,
            "a constraint has at most \(RegexParser.byteCountMax) bytes, this one has \(range.count)",
            at: range,
            help: "write a looser one and let the upstream check the rest"
        )
    }

    static func constraintTooDeep(at position: Int) -> PatternFault {
        PatternFault(
            .constraintTooLarge,
            "groups are nested deeper than \(RegexParser.depthMax)",
            at: position..<position + 1,
            help: "take out groups that are not needed"
        )
    }

    static func constraintTooLarge(_ source: String, stateCountMax: Int, at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintTooLarge,
            "the automaton of `\(source)` would have more than \(stateCountMax) states",
            at: range,
            help: "use smaller counts, or a looser constraint such as `[^.]+`, and let the upstream check the rest"
        )
    }

    static func constraintMatchesNothing(_ source: String, hasSpace: Bool, at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintEmpty,
            "no segment of a path is in the language of `\(source)`",
            at: range,
            help: hasSpace
                ? "a space in a path is sent, and matched, as `%20`"
                : "constraints match the whole segment, normalised and still percent-encoded"
        )
    }

    static func constraintMissing(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintEmpty,
            "the constraint is empty, and no segment is",
            at: range,
            help: "delete the colon to capture any segment"
        )
    }

    static func unmatchedParenthesis(at position: Int) -> PatternFault {
        PatternFault(
            .constraintSyntax,
            "this `)` closes nothing",
            at: position..<position + 1,
            help: "delete it, or write `\\)` for the character itself"
        )
    }

    static func unclosedGroup(at position: Int) -> PatternFault {
        PatternFault(
            .constraintSyntax,
            "this `(` is not closed",
            at: position..<position + 1,
            help: "add `)`, or write `\\(` for the character itself"
        )
    }

    static func unclosedClass(at position: Int) -> PatternFault {
        PatternFault(
            .constraintSyntax,
            "this `[` is not closed",
            at: position..<position + 1,
            help: "add `]`, or write `\\[` for the character itself"
        )
    }

    static func nothingToRepeat(at position: Int) -> PatternFault {
        PatternFault(
            .constraintSyntax,
            "there is nothing before this to repeat",
            at: position..<position + 1,
            help: "put a character, a class or a group before it, or a backslash to mean the character itself"
        )
    }

    static func repeatedTwice(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintSyntax,
            "what is repeated already is repeated again",
            at: range,
            help: "put the first repetition into a group: `(…)`"
        )
    }

    static func badRepetition(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintSyntax,
            "a counted repetition is `{m}`, `{m,}` or `{m,n}`",
            at: range,
            help: "write `\\{` for the character itself"
        )
    }

    static func repetitionBackwards(_ low: Int, _ high: Int, at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintSyntax,
            "at least \(low) and at most \(high) times is never",
            at: range,
            help: "write `{\(high),\(low)}`"
        )
    }

    static func repetitionTooLarge(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintTooLarge,
            "counts go up to \(RegexParser.repetitionMax)",
            at: range,
            help: "leave the upper bound open: `{m,}`"
        )
    }

    static func badRange(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintSyntax,
            "a range in a class goes from one character to another",
            at: range,
            help: "write `\\-` for the character itself"
        )
    }

    static func rangeBackwards(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintSyntax,
            "this range ends before it begins",
            at: range,
            help: "exchange its ends; characters are ordered as in ASCII"
        )
    }

    static func posixClass(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintUnsupported,
            "named classes such as `[:alpha:]` are not known",
            at: range,
            help: "write `a-zA-Z`, `0-9`, `\\d` or `\\w`"
        )
    }

    static func danglingEscape(at position: Int) -> PatternFault {
        PatternFault(
            .constraintSyntax,
            "there is nothing behind this backslash",
            at: position..<position + 1,
            help: "a backslash cannot stand in a path; delete it"
        )
    }

    static func unknownEscape(_ byte: UInt8, at range: Range<Int>) -> PatternFault {
        guard byte >= 0x80 else {
            let name = Character(UnicodeScalar(byte))
            return PatternFault(
                .constraintSyntax,
                "`\\\(name)` has no meaning here",
                at: range,
                help: "known are \\d \\w \\s \\D \\W \\S and escaped punctuation; for the letter itself write `\(name)`"
            )
        }
        return PatternFault(
            .constraintSyntax,
            "only ASCII punctuation can be escaped",
            at: range,
            help: "delete the backslash"
        )
    }

    static func anchoredAlternative(at position: Int) -> PatternFault {
        PatternFault(
            .constraintSyntax,
            "`$` ends the last of the alternatives only",
            at: position..<position + 1,
            help: "put them into a group: `(…|…)$`"
        )
    }

    static func anchoredFirstAlternative(at position: Int) -> PatternFault {
        PatternFault(
            .constraintSyntax,
            "`^` begins the first of the alternatives only",
            at: position..<position + 1,
            help: "put them into a group: `^(…|…)`"
        )
    }

    static func anchorInside(at position: Int) -> PatternFault {
        PatternFault(
            .constraintUnsupported,
            "an anchor inside a constraint never holds",
            at: position..<position + 1,
            help: "delete it: constraints always match the whole segment"
        )
    }

    static func slashInConstraint(at position: Int) -> PatternFault {
        PatternFault(
            .constraintUnsupported,
            "a constraint sees one segment, which never has a `/`",
            at: position..<position + 1,
            help: "write the segments one by one, or use `/**` at the end"
        )
    }

    static func nonASCIIInConstraint(_ bytes: ArraySlice<UInt8>) -> PatternFault {
        let encoded = PathText.percentEncoded(bytes)
        return PatternFault(
            .constraintUnsupported,
            "paths carry `\(String(decoding: bytes, as: UTF8.self))` percent-encoded",
            at: bytes.startIndex..<bytes.endIndex,
            help: "write `\(encoded)`; for several such, `(…|…)`"
        )
    }

    static func backReference(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintUnsupported,
            "back-references cannot be matched in linear time",
            at: range,
            help: "write out what may stand there, and let the upstream compare"
        )
    }

    static func unsupportedGroup(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintUnsupported,
            "of the special groups only `(?:…)` is known: no look-around, names or flags",
            at: range,
            help: "use `(…)`; say what a segment is, not what it is not"
        )
    }

    static func lazyRepetition(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintUnsupported,
            "lazy repetition means nothing where the whole segment must match",
            at: range,
            help: "delete the `?`"
        )
    }

    static func possessiveRepetition(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .constraintUnsupported,
            "possessive repetition means nothing to an automaton",
            at: range,
            help: "delete the second `+`"
        )
    }
}
