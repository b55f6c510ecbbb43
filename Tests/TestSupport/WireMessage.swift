internal import Foundation

/// The head of a message, as it came.
package struct WireHead: Sendable {
    package var text: String
    package var startLine: String
    package var fields: [Field]

    package struct Field: Equatable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    init(_ bytes: [UInt8]) {
        text = String(decoding: bytes, as: UTF8.self)
        var lines = text.components(separatedBy: "\r\n").dropLast(2)[...]
        startLine = lines.popFirst() ?? ""
        fields = lines.map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            let value = line[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
            return Field(name: String(line[..<colon]), value: value)
        }
    }

    /// The value of a field that stands there once, or of its first mention.
    package subscript(name: String) -> String? { values(name).first }

    package func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// Names in lower case, in the order in which they came.
    package var names: [String] { fields.map { $0.name.lowercased() } }
}

/// An answer as a client gets it.
package struct WireAnswer: Sendable {
    package var head: WireHead
    package var body: [UInt8]

    package var status: Int { Int(head.startLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    package var text: String { String(decoding: body, as: UTF8.self) }
    package var isChunked: Bool { head["Transfer-Encoding"]?.lowercased() == "chunked" }

    package subscript(name: String) -> String? { head[name] }
    package func values(_ name: String) -> [String] { head.values(name) }

    /// The body as a JSON object.
    package var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
    }

    /// The last part of the problem's type, `urn:apic:problem:…`.
    package var problem: String? {
        (json["type"] as? String).map { String($0.dropFirst("urn:apic:problem:".count)) }
    }

    /// Status line, fields and body without the field that differs by nature: `Date`.
    package var withoutDate: String {
        let lines = head.text.components(separatedBy: "\r\n").filter { !$0.lowercased().hasPrefix("date:") }
        return lines.joined(separator: "\r\n") + text
    }
}

/// What a request may say, for tests that care about one thing at a time.
package struct WireRequest: Sendable {
    package var method = "GET"
    package var target: String
    package var fields: [String] = []
    package var body: String?

    package init(_ line: String, _ fields: [String] = [], body: String? = nil) {
        let words = line.split(separator: " ", maxSplits: 1)
        method = String(words[0])
        target = words.count > 1 ? String(words[1]) : "/"
        self.fields = fields
        self.body = body
    }

    /// HTTP/1.1, `Host` first unless it is among the fields.
    package var text: String {
        var text = "\(method) \(target) HTTP/1.1\r\n"
        if !fields.contains(where: { $0.lowercased().hasPrefix("host:") }) { text += "Host: gateway.test\r\n" }
        for field in fields { text += field + "\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        return text + "\r\n" + (body ?? "")
    }
}

extension Wire {
    package func receiveHead() throws -> WireHead { WireHead(try receive(through: "\r\n\r\n")) }

    /// The next answer, interim ones left aside.
    ///
    /// - Parameter method: of the request that it answers.
    package func receiveAnswer(to method: String = "GET") throws -> WireAnswer {
        while true {
            let answer = try receiveAnyAnswer(to: method)
            if answer.status >= 200 { return answer }
        }
    }

    /// The next answer, which may be an interim one.
    package func receiveAnyAnswer(to method: String = "GET") throws -> WireAnswer {
        let head = try receiveHead()
        var answer = WireAnswer(head: head, body: [])
        guard answer.status >= 200, answer.status != 204, answer.status != 304, method != "HEAD" else { return answer }
        answer.body = try receiveBody(head, untilClose: true)
        return answer
    }

    /// The body that a head announces.
    ///
    /// - Parameter untilClose: without any framing the body ends with the connection; else there is none.
    package func receiveBody(_ head: WireHead, untilClose: Bool) throws -> [UInt8] {
        trailers = []
        if head["Transfer-Encoding"]?.lowercased() == "chunked" { return try receiveChunks() }
        if let text = head["Content-Length"], let count = Int(text) { return try receive(exactly: count) }
        return untilClose ? try receiveToEnd() : []
    }

    private func receiveChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let line = String(decoding: try receive(through: "\r\n").dropLast(2), as: UTF8.self)
            guard let count = Int(line.prefix { $0 != ";" }, radix: 16) else {
                throw WireError("chunk size \(line.debugDescription)")
            }
            if count == 0 {
                while true {
                    let line = try receive(through: "\r\n").dropLast(2)
                    guard !line.isEmpty else { return body }
                    trailers.append(String(decoding: line, as: UTF8.self))
                }
            }
            body += try receive(exactly: count)
            guard try receive(exactly: 2) == [13, 10] else { throw WireError("no line end behind a chunk") }
        }
    }

    /// Sends a request and waits for its answer.
    package func ask(_ request: WireRequest) throws -> WireAnswer {
        try send(request.text)
        return try receiveAnswer(to: request.method)
    }
}
