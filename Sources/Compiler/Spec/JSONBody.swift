extension SpecDecoder {
    /// A part of the spec as JSON: keys ascending, so that equal specs give equal bytes. Unquoted scalars are read as
    /// YAML 1.2's core schema reads them (`null`, `true`, numbers), all else is text.
    mutating func json(_ node: NodeIndex) -> [UInt8]? {
        var writer = JSONWriter()
        let reportedCount = diagnostics.count
        writeJSON(node, to: &writer)
        guard diagnostics.count == reportedCount else { return nil }
        guard writer.bytes.count <= PluginSchema.bodyBytesMax else {
            report(
                Diagnostic(
                    .badText,
                    "the body has more than 1 MiB",
                    at: span(node),
                    help: "serve it from an upstream"
                )
            )
            return nil
        }
        return writer.bytes
    }

    private mutating func writeJSON(_ node: NodeIndex, to writer: inout JSONWriter) {
        // Aliases can make much of little: what is beyond the bound is not written, and reported once.
        guard writer.bytes.count <= PluginSchema.bodyBytesMax else { return }
        switch tree[node].kind {
        case .map:
            let entries = tree.entries(of: node).map { (name: tree.text(of: $0.key), value: $0.value) }
                .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            writer.object { writer in
                for entry in entries { writer.key(entry.name) { writeJSON(entry.value, to: &$0) } }
            }
        case .list:
            let items = tree.items(of: node).map { $0 }
            writer.array { writer in
                for item in items { writeJSON(item, to: &writer) }
            }
        case .scalar: writeJSONScalar(node, to: &writer)
        case .alias: writeJSON(tree.resolved(node), to: &writer)
        }
    }

    private mutating func writeJSONScalar(_ node: NodeIndex, to writer: inout JSONWriter) {
        if tree.isNull(node) { return writer.verbatim("null".utf8) }
        guard let text = text(node, expected: "a text") else { return }
        guard tree[node].flags.contains(.plain), !tree[node].flags.contains(.reference) else {
            return writer.string(text)
        }
        switch text {
        case "true", "True", "TRUE": writer.verbatim("true".utf8)
        case "false", "False", "FALSE": writer.verbatim("false".utf8)
        default:
            if JSONNumber.matches(text.utf8) { writer.verbatim(text.utf8) } else { writer.string(text) }
        }
    }
}

/// The grammar of numbers in RFC 8259 section 6.
enum JSONNumber {
    static func matches(_ text: String.UTF8View) -> Bool {
        var rest = text[...]
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let whole = rest.prefix(while: Digits.isDigit)
        guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return false }
        rest = rest[whole.endIndex...]
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: Digits.isDigit)
            guard !fraction.isEmpty else { return false }
            rest = rest[fraction.endIndex...]
        }
        guard let mark = rest.first else { return true }
        guard mark | 0x20 == UInt8(ascii: "e") else { return false }
        rest = rest.dropFirst()
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy(Digits.isDigit)
    }
}
