/// A text with captures by name, before it is known on which route it will run.
struct NamedTemplate: Equatable {
    /// A piece of the text.
    enum Part: Equatable {
        case text(String)
        /// A capture's name and where it stands in the text as written.
        case capture(String, Range<Int>)
    }

    /// No two neighbouring texts, no empty text.
    var parts: [Part] = []

    var hasCaptures: Bool {
        parts.contains { part in
            guard case .capture = part else { return false }
            return true
        }
    }
}

/// Parses texts with captures: `/internal/{id}`; a literal brace is doubled.
enum TextTemplateParser {
    private static let openBrace = UInt8(ascii: "{")
    private static let closeBrace = UInt8(ascii: "}")

    static func parse(_ text: String) throws(PatternFault) -> NamedTemplate {
        let bytes = Array(text.utf8)
        var template = NamedTemplate()
        var literal: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == openBrace || byte == closeBrace else {
                literal.append(byte)
                position += 1
                continue
            }
            if position + 1 < bytes.count, bytes[position + 1] == byte {
                literal.append(byte)
                position += 2
                continue
            }
            guard byte == openBrace else { throw .templateClosingBrace(at: position) }
            guard let close = bytes[position...].firstIndex(of: closeBrace) else {
                throw .templateUnclosed(at: position..<bytes.count)
            }
            guard close > position + 1 else { throw .templateEmpty(at: position..<close + 1) }
            if !literal.isEmpty { template.parts.append(.text(String(decoding: literal, as: UTF8.self))) }
            literal = []
            let name = String(decoding: bytes[position + 1..<close], as: UTF8.self)
            template.parts.append(.capture(name, position..<close + 1))
            position = close + 1
        }
        if !literal.isEmpty { template.parts.append(.text(String(decoding: literal, as: UTF8.self))) }
        return template
    }
}

extension PatternFault {
    static func templateClosingBrace(at position: Int) -> PatternFault {
        PatternFault(
            .template,
            "this `}` closes nothing",
            at: position..<position + 1,
            help: "write `}}` for the brace itself"
        )
    }

    static func templateUnclosed(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .template,
            "this `{` is not closed",
            at: range,
            help: "add `}`, or write `{{` for the brace itself"
        )
    }

    static func templateEmpty(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .template,
            "a capture needs a name",
            at: range,
            help: "write `{id}`, or `{{}}` for the braces themselves"
        )
    }
}
