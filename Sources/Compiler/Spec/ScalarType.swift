/// Why a scalar is refused: becomes a diagnostic at the scalar.
struct ScalarProblem: Error {
    var code: DiagnosticCode
    var message: String
    var help: String?

    init(_ code: DiagnosticCode, _ message: String, help: String? = nil) {
        self.code = code
        self.message = message
        self.help = help
    }
}

/// How the text of a scalar becomes a value. The key decides the type, never the text: `on` is a word where words are
/// expected, and `012` is no number in any base.
struct ScalarType<Value>: Sendable {
    /// As a message says it: `a duration such as 5s`.
    let noun: String
    let parse: @Sendable (String) throws(ScalarProblem) -> Value

    init(_ noun: String, _ parse: @escaping @Sendable (String) throws(ScalarProblem) -> Value) {
        self.noun = noun
        self.parse = parse
    }
}

extension ScalarType where Value == Bool {
    static let boolean = ScalarType("`true` or `false`") { text throws(ScalarProblem) in
        switch text {
        case "true": return true
        case "false": return false
        case "yes", "Yes", "YES", "on", "On", "ON", "True", "TRUE", "1", "y", "Y":
            throw ScalarProblem(.badBoolean, "`\(text)` is no boolean", help: "write `true`")
        case "no", "No", "NO", "off", "Off", "OFF", "False", "FALSE", "0", "n", "N":
            throw ScalarProblem(.badBoolean, "`\(text)` is no boolean", help: "write `false`")
        default: throw ScalarProblem(.badBoolean, "`\(text.excerpt)` is no boolean", help: "write `true` or `false`")
        }
    }
}

extension ScalarType where Value: FixedWidthInteger & Sendable {
    /// A whole number in decimal digits within a range.
    static func number(_ range: ClosedRange<Value>) -> ScalarType {
        ScalarType("a number from \(range.lowerBound) to \(range.upperBound)") { text throws(ScalarProblem) in
            let number = try Digits.parse(text)
            guard let number, let value = Value(exactly: number), range.contains(value) else {
                throw ScalarProblem(
                    .outOfRange,
                    "`\(text.excerpt)` is not between \(range.lowerBound) and \(range.upperBound)",
                    help: "write a number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            return value
        }
    }
}

extension ScalarType where Value == UInt16 {
    static let port = ScalarType("a port from 1 to 65535") { text throws(ScalarProblem) in
        guard !text.isEmpty, text.utf8.allSatisfy(Digits.isDigit), let number = try Digits.parse(text),
            (1...65_535).contains(number)
        else {
            throw ScalarProblem(
                .outOfRange,
                text.isEmpty
                    ? "the port is missing" : "the port `\(text.excerpt)` is not a number between 1 and 65535",
                help: "write a port from 1 to 65535"
            )
        }
        return UInt16(number)
    }
}

extension ScalarType where Value == String {
    /// One line of text for people: no control characters, not empty.
    static func line(maxCount: Int = 256) -> ScalarType {
        ScalarType("a text") { text throws(ScalarProblem) in
            guard !text.isEmpty else {
                throw ScalarProblem(.emptyContent, "the text is empty", help: "write the text, or delete the key")
            }
            // Most texts are plain ASCII, and a hundred thousand routes are looked at.
            guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) || text.unicodeScalars.allSatisfy(\.isSafeToShow)
            else {
                let isBroken = text.utf8.contains(0x0A) || text.utf8.contains(0x0D)
                throw ScalarProblem(
                    .badText,
                    "the text `\(text.excerpt)` contains \(isBroken ? "a line break" : "a character that nobody can see")",
                    help: isBroken ? "write it on one line" : "delete the character"
                )
            }
            guard text.utf8.count <= maxCount else {
                throw ScalarProblem(
                    .badText,
                    "the text has \(text.utf8.count) bytes, and \(maxCount) are the most here",
                    help: "shorten it"
                )
            }
            return text
        }
    }

    /// Text that a later stage judges.
    static let anyText = ScalarType("a text") { text throws(ScalarProblem) in text }

    /// Text that a later stage takes apart, such as a route's pattern.
    static func pattern(_ noun: String) -> ScalarType { ScalarType(noun, line(maxCount: 4096).parse) }

    /// The name of something: letters, digits, `-`, `_`, `.`.
    static let name = named(maxCount: 63, also: "")

    /// The name of somebody, or of a group of them: mail addresses fit.
    static let personName = named(maxCount: 128, also: "@+")

    private static func named(maxCount: Int, also extra: String) -> ScalarType {
        let others = Set(("-_." + extra).utf8)
        return ScalarType("a name") { text throws(ScalarProblem) in
            guard let first = text.utf8.first else {
                throw ScalarProblem(.emptyContent, "the name is empty", help: "write a name")
            }
            let isGood = text.utf8.allSatisfy { Digits.isLetterOrDigit($0) || others.contains($0) }
            guard isGood, Digits.isLetterOrDigit(first) else {
                throw ScalarProblem(
                    .badName,
                    "`\(text.excerpt)` cannot be a name",
                    help: nameHelp(text, others: others)
                )
            }
            guard text.utf8.count <= maxCount else {
                throw ScalarProblem(
                    .badName,
                    "the name `\(text.excerpt)` has \(text.utf8.count) characters, and \(maxCount) are the most",
                    help: "shorten it"
                )
            }
            return text
        }
    }

    private static func nameHelp(_ text: String, others: Set<UInt8>) -> String {
        let bytes = text.utf8.map { Digits.isLetterOrDigit($0) || others.contains($0) ? $0 : UInt8(ascii: "-") }
        let trimmed = bytes.drop { !Digits.isLetterOrDigit($0) }.reversed().drop { $0 == UInt8(ascii: "-") }.reversed()
        let rule = "use letters, digits, `-`, `_` and `.`, a letter or digit first"
        guard !trimmed.isEmpty else { return rule }
        return rule + ": `\(String(decoding: trimmed, as: UTF8.self).excerpt)`"
    }
}

/// Whole numbers in decimal digits.
enum Digits {
    /// The number, or `nil` if it is too large for 63 bits.
    static func parse(_ text: String) throws(ScalarProblem) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy(isDigit) else {
            throw ScalarProblem(
                .badNumber,
                "`\(text.excerpt)` is no whole number",
                help: guess(text).map { "write digits only: `\($0)`" } ?? "write a whole number in decimal digits"
            )
        }
        guard text.utf8.first != UInt8(ascii: "0") || text.utf8.count == 1 else {
            throw ScalarProblem(
                .badNumber,
                "the number `\(text.excerpt)` begins with a zero, which some read as octal",
                help: "write it without: `\(String(text.drop { $0 == "0" }).excerpt)`"
            )
        }
        return Int64(text)
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte < 0x80
    }

    /// The number that somebody wrote with separators, for a help.
    private static func guess(_ text: String) -> String? {
        let digits = text.utf8.filter { !"_,' ".utf8.contains($0) }
        guard digits.allSatisfy(isDigit), let number = Int64(String(decoding: digits, as: UTF8.self)) else {
            return nil
        }
        return String(number)
    }
}
