extension ScalarType where Value == String {
    /// A token of RFC 9110 section 5.6.2.
    static let headerName = ScalarType("the name of a header field") { text throws(ScalarProblem) in
        let marks = Set("!#$%&'*+-.^_`|~".utf8)
        guard !text.isEmpty else {
            throw ScalarProblem(
                .badHeaderName,
                "the name of the header field is empty",
                help: "write a name such as `X-Team`"
            )
        }
        if let bad = text.unicodeScalars.first(where: { scalar in
            !scalar.isASCII || !(Digits.isLetterOrDigit(UInt8(scalar.value)) || marks.contains(UInt8(scalar.value)))
        }) {
            let shown = bad == " " ? "a space" : "`\(String(bad).excerpt)`"
            throw ScalarProblem(
                .badHeaderName,
                "`\(text.excerpt)` is no name of a header field: it contains \(shown)",
                help: bad == ":" ? "write the name without the colon" : "use letters, digits and `-`"
            )
        }
        guard text.utf8.count <= 128 else {
            throw ScalarProblem(
                .badHeaderName,
                "the name has \(text.utf8.count) bytes, and 128 are the most",
                help: "shorten it"
            )
        }
        return text
    }

    /// The name of a field that plugins may write: not one of those that frame a message or manage its connection.
    static let editableHeaderName = ScalarType(headerName.noun) { text throws(ScalarProblem) in
        let name = try headerName.parse(text)
        let reserved: Set = [
            "connection", "content-length", "transfer-encoding", "keep-alive", "proxy-connection", "te", "trailer",
            "upgrade", "expect", "host",
        ]
        guard reserved.contains(name.lowercased()) else { return name }
        let help =
            name.lowercased() == "host"
            ? "`preserve-host: true` of a route passes the client's `Host` on" : "leave it out"
        throw ScalarProblem(.framingHeader, "the gateway itself writes `\(name)`", help: help)
    }

    /// A field value of RFC 9110 section 5.5.
    static let headerValue = ScalarType("the value of a header field") { text throws(ScalarProblem) in
        let isControl = { (byte: UInt8) in byte < 0x20 && byte != 0x09 || byte == 0x7F }
        guard !text.utf8.contains(where: isControl) else {
            throw ScalarProblem(
                .badHeaderValue,
                "`\(text.excerpt)` contains a line break or another control character",
                help: "write the value on one line"
            )
        }
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw ScalarProblem(
                .badHeaderValue,
                "the value `\(text.excerpt)` is not ASCII, and clients read other characters in different ways",
                help: "write it in ASCII, or encode it as the field's own rules say"
            )
        }
        let isBlank = { (byte: UInt8?) in byte == 0x20 || byte == 0x09 }
        guard !isBlank(text.utf8.first), !isBlank(text.utf8.last) else {
            throw ScalarProblem(
                .badHeaderValue,
                "the value begins or ends with a space, which is no part of a value",
                help: "leave it out"
            )
        }
        guard text.utf8.count <= 4096 else {
            throw ScalarProblem(
                .badHeaderValue,
                "the value has \(text.utf8.count) bytes, and 4096 are the most",
                help: "shorten it"
            )
        }
        return text
    }

    /// The name of a query parameter: characters that are never percent-encoded (RFC 3986 section 2.3).
    static let queryName = ScalarType("the name of a query parameter") { text throws(ScalarProblem) in
        let isGood = !text.isEmpty && text.utf8.count <= 128
        guard isGood, text.utf8.allSatisfy({ Digits.isLetterOrDigit($0) || "-._~".utf8.contains($0) }) else {
            throw ScalarProblem(
                .badName,
                "`\(text.excerpt)` is not the name of a query parameter",
                help: "use up to 128 letters, digits, `-`, `_`, `.` and `~`"
            )
        }
        return text
    }

    /// The name of a cookie: a token, so that nothing of it need be escaped.
    static func token(_ noun: String) -> ScalarType {
        ScalarType(noun) { text throws(ScalarProblem) in
            do {
                return try headerName.parse(text)
            } catch {
                throw ScalarProblem(
                    .badName,
                    "`\(text.excerpt)` is not \(noun)",
                    help: "use letters, digits, `-` and `_`"
                )
            }
        }
    }
}

extension ScalarType where Value: RawRepresentable<String> & CaseIterable & Sendable {
    /// One of a few words.
    static func word(_ noun: String) -> ScalarType {
        let words = Value.allCases.map(\.rawValue)
        return ScalarType(noun) { text throws(ScalarProblem) in
            if let value = Value(rawValue: text) { return value }
            throw Words.problem(text, among: words)
        }
    }
}

/// Texts out of a small set.
enum Words {
    static func problem(_ text: String, among words: [String]) -> ScalarProblem {
        let list = words.map { "`\($0)`" }.joined(separator: ", ")
        let help =
            Spelling.suggestion(for: text, among: words).map { "did you mean `\($0)`?" } ?? "write one of \(list)"
        return ScalarProblem(.badWord, "`\(text.excerpt)` is not one of \(list)", help: help)
    }
}
