extension String {
    /// The text as a message can hold it: one line, no control or invisible formatting characters, not long.
    package var excerpt: String { excerpt(maxCount: 60) }

    package func excerpt(maxCount: Int) -> String {
        var shown = ""
        var count = 0
        for scalar in unicodeScalars {
            guard count < maxCount else { return shown + "…" }
            shown += scalar.isSafeToShow ? String(scalar) : scalar.escaped
            count += 1
        }
        return shown
    }
}

extension Unicode.Scalar {
    /// Whether a terminal shows the character and does nothing else: no controls, no marks that turn the direction of
    /// text (which can make a line read as what it is not), nothing unassigned.
    var isSafeToShow: Bool {
        if value < 0x7F { return value >= 0x20 }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: return false
        default: return true
        }
    }

    /// `\n`, `\t`, `\u{202E}`.
    var escaped: String {
        switch value {
        case 0x0A: "\\n"
        case 0x0D: "\\r"
        case 0x09: "\\t"
        default: "\\u{" + String(value, radix: 16, uppercase: true) + "}"
        }
    }
}
