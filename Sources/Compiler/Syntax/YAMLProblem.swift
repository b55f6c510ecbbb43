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
        let character = first < 0x7F ? String(UnicodeScalar(first)) : wordAt(position)
        return Diagnostic(
            .characterCannotStart,
            "a value cannot begin with `\(character)`",
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

    private var misplacedColon: Diagnostic {
        let line = lineStart(of: position)
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
        return Diagnostic(
            .misplacedColon,
            "`\(wordAt(firstNonBlank(line)))` cannot be a key here: it continues the value above it",
            at: span(firstNonBlank(line), max(1, position - firstNonBlank(line))),
            help: "give the line the indentation of the keys beside it; a key that has a value cannot hold keys as well"
        )
    }

    private var missingColon: Diagnostic {
        let word = restOfLine(contextPosition)
        return Diagnostic(
            .missingColon,
            "`\(word)` is a line without a colon, where `key: value` is expected",
            at: span(contextPosition, max(1, word.utf8.count)),
            help: "write `key: value`, with a space behind the colon; a list item begins with `- `"
        )
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
        let isList = context.contains("collection")
        let isDash = byte(at: position) == UInt8(ascii: "-")
        guard firstNonBlank(line) == position else {
            return Diagnostic(
                .badIndentation,
                "this is not expected after the value before it",
                at: span(position, 1),
                help: "begin a new line, or put the whole value in quotes"
            )
        }
        let what = isDash ? "a list item" : "a key"
        let message =
            contextPosition == position || contextPosition == 0 && !isList
            ? "\(what) cannot stand in this column"
            : "\(what) in this column fits neither the \(isList ? "list" : "map") above nor anything around it"
        return Diagnostic(
            .badIndentation,
            message,
            at: span(position, max(1, wordAt(position).utf8.count)),
            related: contextPosition < position
                ? [.init(span(contextPosition, 1), "the \(isList ? "list" : "map") begins here")] : [],
            help: "keys of one map stand in one column, and so do the dashes of one list"
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
        let end = bytes[min(offset, bytes.count)...].prefix { !isBlank($0) && !isBreak($0) && $0 != UInt8(ascii: ":") }
        return String(decoding: end, as: UTF8.self).excerpt(maxCount: 40)
    }

    private func restOfLine(_ offset: Int) -> String {
        var rest = bytes[min(offset, bytes.count)...].prefix { !isBreak($0) }
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return String(decoding: rest, as: UTF8.self).excerpt
    }

    /// Whether a bracket stands at the position because an unquoted text contains it: `[ GET /{id} ]`, `{ a: ${build:X} }`.
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
        return String(decoding: bytes[start..<end], as: UTF8.self).excerpt
    }

    private static func hex(_ byte: UInt8) -> String {
        "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }

    private static func hex4(_ scalar: UInt32) -> String {
        let digits = String(scalar, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
