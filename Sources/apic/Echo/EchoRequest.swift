/// The head of a request, as the echo server received it: names in their spelling, fields in their order.
struct EchoRequest: Equatable {
    /// How a body is delimited (RFC 9112 section 6.3).
    enum Framing: Equatable {
        case none
        case length(UInt64)
        case chunked
    }

    struct Field: Equatable {
        var name: String
        var value: String
    }

    var method: String
    var path: String
    var query: String
    var fields: [Field]
    var framing: Framing
    var keepsAlive: Bool
    /// The client waits for `100 Continue` before it sends the body.
    var expectsContinue: Bool

    /// - Parameter head: the bytes up to the empty line, without it.
    /// - Returns: `nil` for what is no HTTP/1 request.
    init?(head: some Collection<UInt8>) {
        let text = String(decoding: head, as: UTF8.self)
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        guard let requestLine = lines.popFirst() else { return nil }
        let words = requestLine.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else { return nil }
        method = String(words[0])
        let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(target[0])
        query = target.count > 1 ? String(target[1]) : ""

        fields = []
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { return nil }
            let value = line[line.index(after: colon)...]
            fields.append(Field(name: String(line[..<colon]), value: Self.trimmed(value)))
        }
        let connection = Self.value(of: "connection", in: fields)?.lowercased() ?? ""
        keepsAlive = words[2] == "HTTP/1.1" ? !connection.contains("close") : connection.contains("keep-alive")
        expectsContinue = Self.value(of: "expect", in: fields)?.lowercased() == "100-continue"

        let length = Self.value(of: "content-length", in: fields)
        let coding = Self.value(of: "transfer-encoding", in: fields)?.lowercased()
        switch (length, coding) {
        case (nil, nil): framing = .none
        case (let length?, nil):
            guard let count = UInt64(length), length.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
            framing = .length(count)
        case (nil, "chunked"): framing = .chunked
        default: return nil
        }
    }

    /// The value of a parameter of the query, as sent.
    func parameter(_ name: String) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts[0] == name { return parts.count > 1 ? String(parts[1]) : "" }
        }
        return nil
    }

    /// The one value of a field; several different ones are none that can be trusted, so they are joined.
    private static func value(of name: String, in fields: [Field]) -> String? {
        let values = fields.filter { $0.name.lowercased() == name }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text.drop { $0 == " " || $0 == "\t" })
    }
}
