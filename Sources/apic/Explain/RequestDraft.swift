/// A request as one writes it on the command line: `GET /orders/v1/7?full=1`, with header fields beside.
struct RequestDraft {
    /// Why it cannot be explained, for people.
    struct Fault: Error {
        var message: String
    }

    var method: String
    /// Path and query.
    var target: String
    var host: String
    var fields: [(name: String, value: String)]

    /// - Parameters:
    ///   - text: a method and a target; the method may be left out and is `GET` then.
    ///   - fieldLines: `Name: value`.
    init(_ text: String, host: String?, fieldLines: [String]) throws(Fault) {
        let words = text.split(separator: " ")
        guard (1...2).contains(words.count), let last = words.last, last.hasPrefix("/") else {
            throw Fault(message: "`\(text)` is no request; write a method and a path, like \"GET /orders/v1/7\"")
        }
        method = words.count == 2 ? String(words[0]) : "GET"
        target = String(last)
        fields = []
        for line in fieldLines {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
                throw Fault(message: "`\(line)` is no header field; write `Name: value`")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            fields.append((String(line[..<colon]), String(value)))
        }
        let given = fields.first { $0.name.lowercased() == "host" }?.value
        fields.removeAll { $0.name.lowercased() == "host" }
        self.host = host ?? given ?? "localhost"
    }

    /// The head as it would come over a connection.
    var head: [UInt8] {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n"
        for field in fields { text += "\(field.name): \(field.value)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    func hasField(_ name: String) -> Bool { fields.contains { $0.name.lowercased() == name.lowercased() } }

    func hasParameter(_ name: String) -> Bool {
        guard let mark = target.firstIndex(of: "?") else { return false }
        return target[target.index(after: mark)...].split(separator: "&").contains {
            $0 == name || $0.hasPrefix(name + "=")
        }
    }

    func hasCookie(_ name: String) -> Bool {
        fields.filter { $0.name.lowercased() == "cookie" }.contains { field in
            field.value.split(separator: ";").contains { $0.drop { $0 == " " }.hasPrefix(name + "=") }
        }
    }
}
