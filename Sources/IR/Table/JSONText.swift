/// JSON (RFC 8259) as text, for what is written rarely: bodies rendered at build, reports for tools.
package enum JSONText {
    /// A string as a JSON string, quotes included.
    package static func quoted(_ string: String) -> String {
        // Most strings need no escape, and tens of thousands of them stand in the bodies of a large table.
        guard string.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 == 0x7F }) else {
            return "\"\(string)\""
        }
        var text = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    /// An object on one line, members in the order in which they are given.
    ///
    /// - Parameter members: names, and values that are JSON already.
    package static func object(_ members: [(name: String, value: String)]) -> String {
        "{" + members.map { quoted($0.name) + ":" + $0.value }.joined(separator: ",") + "}"
    }
}
