/// What libyaml did not like, said in terms of what the user wrote.
///
/// Its own messages name tokens and productions; most of them come from a handful of slips, which are told apart by
/// the message, its context and the bytes at both positions.
struct YAMLProblem {
    var problem: String
    var context: String
    /// Where reading stopped.
    var position: Int
    /// Where the construct began that could not be finished.
    var contextPosition: Int
    var bytes: [UInt8]
    var file: UInt32

    var diagnostic: Diagnostic {
        switch problem {
        case "found unexpected end of stream", "found unexpected document indicator": return unterminatedQuote
        case "found character that cannot start any token": return badStart
        case "mapping values are not allowed in this context": return misplacedColon
        case "could not find expected ':'": return missingColon
        case "found unknown escape character", "did not find expected hexdecimal number",
            "found invalid Unicode character escape code":
            return badEscape
        case "did not find expected ',' or ']'": return unclosed(opening: "[", closing: "]")
        case "did not find expected ',' or '}'": return unclosed(opening: "{", closing: "}")
        case "did not find expected key", "did not find expected '-' indicator",
            "block sequence entries are not allowed in this context", "mapping keys are not allowed in this context":
            return badIndentation
        case "did not find expected alphabetic or numeric character": return namelessAnchor
        case "found incompatible YAML document", "found unknown directive name": return directive
        case "found a tab character where an indentation space is expected",
            "found a tab character that violates indentation":
            return tab(at: position)
        default: return other
        }
    }

    /// For bytes that are no text at all.
    static func diagnostic(for problem: SourceText.Problem?, in bytes: [UInt8], file: UInt32) -> Diagnostic {
        let at = { (offset: Int, length: Int) in
            SourceSpan(
                file: file,
                start: UInt32(truncatingIfNeeded: offset),
                end: UInt32(truncatingIfNeeded: offset + length)
            )
        }
        switch problem {
        case .utf16, nil:
            return Diagnostic(
                .notUTF8,
                "the file is UTF-16, and specs are UTF-8",
                at: at(0, min(2, bytes.count)),
                help: "save the file as UTF-8"
            )
        case .badEncoding(let offset):
            return Diagnostic(
                .notUTF8,
                "the byte \(hex(bytes[offset])) at this place is not UTF-8",
                at: at(offset, 1),
                help: "save the file as UTF-8; it was probably written in Latin-1 or Windows-1252"
            )
        case .controlCharacter(let offset, let length, let scalar):
            let name = scalar == 0 ? "a NUL byte" : "the control character U+" + hex4(scalar)
            return Diagnostic(
                .controlCharacter,
                "\(name) stands in the file",
                at: at(offset, length),
                help: "delete it; in double quotes a control character can be written as an escape such as `\\x07`"
            )
        }
    }

    // MARK: The slips

    private var unterminatedQuote: Diagnostic {
        let quote = byte(at: contextPosition).map { String(UnicodeScalar($0)) } ?? "\""
        let inner = quote == "'" ? "a single quote inside it is doubled: `''`" : "a quote inside it is written `\\\"`"
        return Diagnostic(
            .unterminatedQuote,
            "the \(quote == "'" ? "single" : "double") quote that opens here is never closed",
            at: span(contextPosition, 1),
            help: "add the closing `\(quote)`; \(inner)"
        )
    }

    private var badStart: Diagnostic {
        guard let first = byte(at: position) else { return other }
        if first == 0x09 { return tab(at: position) }
        let character = first == UInt8(ascii: "`") ? "a backtick" : "`\(UnicodeScalar(first))`"
        return Diagnostic(
            .characterCannotStart,
            "a value cannot begin with \(character)",
            at: span(position, 1),
            help: "put the value in quotes: \"\(wordAt(position))\""
        )
    }

    private func tab(at offset: Int) -> Diagnostic {
        Diagnostic(
            .tabIndentation,
            "a tab is used for indentation, and YAML is indented with spaces",
            at: span(offset, 1),
            help: "replace the tabs by spaces"
        )
    }

    private var namelessAnchor: Diagnostic {
        let mark = byte(at: contextPosition).map { String(UnicodeScalar($0)) } ?? "&"
        return Diagnostic(
            .characterCannotStart,
            "`\(mark)` begins \(mark == "*" ? "an alias" : "an anchor") and has no name",
            at: span(contextPosition, 1),
            help: "put the value in quotes, or write the name right behind it: `\(mark)name`"
        )
    }

    private var directive: Diagnostic {
        Diagnostic(
            .notYAML,
            "directives other than `%YAML 1.1` and `%YAML 1.2` are not supported",
            at: span(position, max(1, restOfLine(position).utf8.count)),
            help: "delete the line"
        )
    }

    private var misplacedColon: Diagnostic {
        let line = lineStart(of: position)
        if let missing = colonMissingAbove(line) { return missing }
        let before = bytes[line..<position]
        // A second colon on the line: `title: Orders: the API`.
        if let colon = before.firstIndex(of: UInt8(ascii: ":")), colon + 1 < position, isBlank(bytes[colon + 1]) {
            let start = bytes[(colon + 1)..<position].firstIndex { !isBlank($0) } ?? position
            return Diagnostic(
                .misplacedColon,
                "this value contains a colon followed by a space, and so reads as another key",
                at: span(position, 1),
                help: "put the value in quotes: \"\(restOfLine(start))\""
            )
        }
        let above = lineStart(of: max(0, line - 1))
        let aboveStart = firstNonBlank(above)
        return Diagnostic(
            .misplacedColon,
            "`\(wordAt(firstNonBlank(line)))` cannot be a key here: it continues the value above it",
            at: span(firstNonBlank(line), max(1, position - firstNonBlank(line))),
            related: aboveStart < line - 1
                ? [.init(span(aboveStart, line - 1 - aboveStart), "this key has its value")] : [],
            help: "give the line the indentation of the keys beside it; a key that has a value cannot hold keys as well"
        )
    }

    private var missingColon: Diagnostic { missingColon(at: contextPosition) }

    private func missingColon(at offset: Int) -> Diagnostic {
        let word = restOfLine(offset)
        let parts = word.split(separator: word.contains(":") ? ":" : " ", maxSplits: 1)
        let guess = parts.count == 2 ? "`\(parts[0]): \(parts[1])`" : "`\(word): …`"
        return Diagnostic(
            .missingColon,
            word.contains(":")
                ? "`\(word)` has no space behind its colon, and so is no key"
                : "`\(word)` is a line without a colon, where a key is expected",
            at: span(offset, max(1, word.utf8.count)),
            help: "write \(guess)"
        )
    }

    /// The line above a key stands in the same column and is no key itself: that is where the mistake is.
    private func colonMissingAbove(_ line: Int) -> Diagnostic? {
        guard line > 0 else { return nil }
        let above = lineStart(of: line - 1)
        let start = firstNonBlank(above)
        guard start < line - 1, start - above == firstNonBlank(line) - line, bytes[start] != UInt8(ascii: "#") else {
            return nil
        }
        let text = bytes[start..<(line - 1)]
        let isKey = zip(text, text.dropFirst() + [0x20]).contains { $0 == UInt8(ascii: ":") && $1 <= 0x20 }
        let isItem = text.first == UInt8(ascii: "-")
        return isKey || isItem ? nil : missingColon(at: start)
    }

    private var badEscape: Diagnostic {
        let escape = String(decoding: bytes[position..<min(position + 2, bytes.count)], as: UTF8.self)
        let shown = escape.hasPrefix("\\") ? "the escape `\(escape)`" : "this escape"
        return Diagnostic(
            .badEscape,
            "\(shown) is not known in double quotes",
            at: span(position, 2),
            related: [.init(span(contextPosition, 1), "the text begins here")],
            help: "write `\\\\` for a backslash, or use single quotes, in which it needs no escape"
        )
    }

    private func unclosed(opening: String, closing: String) -> Diagnostic {
        let began = Diagnostic.Related(span(contextPosition, 1), "`\(opening)` opens here")
        if let found = byte(at: position), isGluedBracket(found) {
            let start = startOfText(before: position)
            return Diagnostic(
                .unclosedBracket,
                "inside `\(opening)\(closing)` a text with `\(String(UnicodeScalar(found)))` must be quoted",
                at: span(position, 1),
                related: [began],
                help: "put it in quotes: \"\(flowText(from: start))\""
            )
        }
        guard position < bytes.count, lineStart(of: position) == lineStart(of: contextPosition) else {
            return Diagnostic(
                .unclosedBracket,
                "`\(opening)` is not closed",
                at: span(contextPosition, 1),
                related: position < bytes.count
                    ? [.init(span(position, 1), "`,` or `\(closing)` is expected before this")] : [],
                help: "add `\(closing)`, or a comma if the next line goes on with it"
            )
        }
        return Diagnostic(
            .unclosedBracket,
            "`,` or `\(closing)` is expected before this",
            at: span(position, 1),
            related: [began],
            help: "separate items by commas and close with `\(closing)`; quote a text that contains either"
        )
    }

    private var badIndentation: Diagnostic {
        let line = lineStart(of: position)
        if bytes[line..<min(position, bytes.count)].contains(0x09) {
            return tab(at: bytes[line...].firstIndex(of: 0x09) ?? line)
        }
        guard firstNonBlank(line) == position else { return trailingText }
        guard byte(at: position) != UInt8(ascii: ":") else {
            return Diagnostic(
                .keyIsNoScalar,
                "there is no key before this colon",
                at: span(position, 1),
                help: "write `name: …`"
            )
        }
        let isItem = byte(at: position) == UInt8(ascii: "-")
        let column = position - line
        let word = isItem ? "this list item" : "`\(wordAt(position))`"
        let others = Indentation(bytes, above: line).columns(ofItems: isItem).filter { $0.column != column }
        let nearest = others.min { abs($0.column - column) < abs($1.column - column) }
        let help =
            nearest.map { other in
                "indent it by \(other.column) space\(other.column == 1 ? "" : "s"), as `\(other.word)` is in line \(lineNumber(other.offset))"
            } ?? "a list is the value of a key: write the key above it"
        return Diagnostic(
            .badIndentation,
            "\(word) stands in a column that no \(isItem ? "list" : "map") around it uses",
            at: span(position, max(1, wordAt(position).utf8.count)),
            related: nearest.map { [.init(span($0.offset, $0.word.utf8.count), "this column is in use")] } ?? [],
            help: help
        )
    }

    /// Something behind a value on its line: `"shop" floor`, `[0-9]+`.
    private var trailingText: Diagnostic {
        Diagnostic(
            .badIndentation,
            "`\(restOfLine(position))` is not expected behind the value before it",
            at: span(position, max(1, restOfLine(position).utf8.count)),
            help: "begin a new line, or put the whole value in quotes"
        )
    }

    private var other: Diagnostic {
        let detail = problem.isEmpty ? "the text cannot be read" : problem
        return Diagnostic(
            .notYAML,
            "the file is not well-formed YAML: \(detail)",
            at: span(min(position, bytes.count), 1),
            notes: context.isEmpty ? [] : ["the YAML parser stopped \(context)"],
            help: "compare this line with the ones beside it: indentation, quotes, colons and dashes"
        )
    }

    // MARK: Looking at the text

    private func span(_ start: Int, _ length: Int) -> SourceSpan {
        let start = min(max(start, 0), bytes.count)
        let end = min(start + length, bytes.count)
        return SourceSpan(
            file: file,
            start: UInt32(truncatingIfNeeded: start),
            end: UInt32(truncatingIfNeeded: end)
        )
    }

    private func byte(at offset: Int) -> UInt8? { bytes.indices.contains(offset) ? bytes[offset] : nil }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private func isBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private func lineStart(of offset: Int) -> Int {
        let offset = min(offset, bytes.count)
        return bytes[..<offset].lastIndex(where: isBreak).map { $0 + 1 } ?? 0
    }

    private func firstNonBlank(_ offset: Int) -> Int { bytes[offset...].firstIndex { !isBlank($0) } ?? bytes.count }

    /// The word at an offset, for a message.
    private func wordAt(_ offset: Int) -> String {
        let start = min(offset, bytes.count)
        let word = bytes[start...].prefix { !isBlank($0) && !isBreak($0) && $0 != UInt8(ascii: ":") }
        return shown(start..<word.endIndex).excerpt(maxCount: 40)
    }

    /// A stretch of one line as text, or `…` if a secret is in it.
    private func shown(_ range: Range<Int>) -> String {
        let start = lineStart(of: range.lowerBound)
        let line = start..<(bytes[start...].firstIndex(where: isBreak) ?? bytes.count)
        let isSecret = Redaction(bytes).hiddenRanges(in: line).contains { $0.overlaps(range) }
        return isSecret ? "…" : String(decoding: bytes[range], as: UTF8.self)
    }

    private func lineNumber(_ offset: Int) -> Int { bytes[..<offset].count { $0 == 0x0A } + 1 }

    private func restOfLine(_ offset: Int) -> String {
        let start = min(offset, bytes.count)
        var rest = bytes[start...].prefix { !isBreak($0) }
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return shown(start..<rest.endIndex).excerpt
    }

    /// Whether a bracket stands at the position because an unquoted text contains it:
    /// `[ GET /{id} ]`, `{ a: ${build:X} }`.
    private func isGluedBracket(_ found: UInt8) -> Bool {
        guard found == UInt8(ascii: "{") || found == UInt8(ascii: "["), position > 0 else { return false }
        let before = bytes[position - 1]
        return !isBlank(before) && !isBreak(before) && !",[{:".utf8.contains(before)
    }

    /// Where the item of a list or map in brackets begins that holds an offset.
    private func startOfText(before offset: Int) -> Int {
        let separator = bytes[contextPosition..<offset].lastIndex { ",[{".utf8.contains($0) } ?? contextPosition
        var start = separator + 1
        if let colon = bytes[start..<offset].firstIndex(of: UInt8(ascii: ":")), isBlank(bytes[colon + 1]) {
            start = colon + 1
        }
        return bytes[start...].firstIndex { !isBlank($0) } ?? start
    }

    /// The item from its start to the comma or bracket that probably ends it.
    private func flowText(from start: Int) -> String {
        var depth = 0
        var end = start
        while end < bytes.count, !isBreak(bytes[end]) {
            switch bytes[end] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ",") where depth == 0: depth = -1
            default: break
            }
            if depth < 0 { break }
            end += 1
        }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return shown(start..<end).excerpt
    }

    private static func hex(_ byte: UInt8) -> String {
        "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }

    private static func hex4(_ scalar: UInt32) -> String {
        let digits = String(scalar, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
