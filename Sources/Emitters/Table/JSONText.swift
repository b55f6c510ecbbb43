/// Writes a JSON object on one line (RFC 8259), members in the order in which they come.
struct JSONObjectText {
    private(set) var text = "{"

    mutating func member(_ name: String, _ value: String) {
        separate()
        text += JSONObjectText.quoted(name) + ":" + JSONObjectText.quoted(value)
    }

    mutating func member(_ name: String, _ value: Int) {
        separate()
        text += JSONObjectText.quoted(name) + ":\(value)"
    }

    /// The object, complete.
    var object: String { text + "}" }

    private mutating func separate() {
        if text.utf8.count > 1 { text += "," }
    }

    private static func quoted(_ string: String) -> String {
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
}
