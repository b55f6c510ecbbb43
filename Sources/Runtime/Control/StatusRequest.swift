/// What a request to the status port asks for.
package enum StatusRequest: Equatable, Sendable {
    package enum Page: String, CaseIterable, Sendable {
        case live = "/live"
        case ready = "/ready"
        case status = "/status"
        case metrics = "/metrics"
    }

    /// The head has not come to its end.
    case incomplete
    case page(Page, isHead: Bool)
    /// Stored answers are used no more: those of a path, or all.
    case purge(path: [UInt8]?)
    /// A status of the 4xx or 5xx class answers it.
    case refused(status: Int)
    /// 405: only POST is taken.
    case notPosted

    package static let headByteCountMax = 8_192

    /// Reads a request's head (RFC 9112 section 3); nothing but its first line matters here.
    package static func parse(_ input: [UInt8]) -> StatusRequest {
        guard let end = headEnd(input) else {
            return input.count > headByteCountMax ? .refused(status: 431) : .incomplete
        }
        guard end <= headByteCountMax else { return .refused(status: 431) }
        let line = input.prefix { $0 != 0x0D }
        guard !line.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else { return .refused(status: 400) }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[1].hasPrefix("/") else { return .refused(status: 400) }
        guard words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
            return .refused(status: words[2].hasPrefix("HTTP/") ? 505 : 400)
        }
        let path = words[1].prefix { $0 != "?" }
        if path == purgePath { return purge(method: words[0], query: words[1].dropFirst(path.count), input[..<end]) }
        guard let page = Page(rawValue: String(path)) else { return .refused(status: 404) }
        guard words[0] == "GET" || words[0] == "HEAD" else { return .refused(status: 405) }
        return .page(page, isHead: words[0] == "HEAD")
    }

    private static let purgePath = "/cache/purge"

    /// `POST /cache/purge`, with `?path=` and a path as requests have it, or for all. A page that a browser shows must
    /// not be able to ask for it, and whatever a browser sends for one says its origin.
    private static func purge(method: Substring, query: Substring, _ head: ArraySlice<UInt8>) -> StatusRequest {
        guard method == "POST" else { return .notPosted }
        guard !namesOrigin(head) else { return .refused(status: 403) }
        guard !query.isEmpty, query != "?" else { return .purge(path: nil) }
        guard query.hasPrefix("?path=/") else { return .refused(status: 400) }
        return .purge(path: Array(query.dropFirst(6).utf8))
    }

    private static func namesOrigin(_ head: ArraySlice<UInt8>) -> Bool {
        let name = Array("origin:".utf8)
        return head.split(separator: 0x0A).contains { line in
            line.prefix(name.count).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 } == name
        }
    }

    /// The offset behind the empty line, if it is there.
    private static func headEnd(_ input: [UInt8]) -> Int? {
        guard input.count >= 4 else { return nil }
        for index in 3..<input.count where input[index] == 0x0A {
            if input[index - 1] == 0x0D, input[index - 2] == 0x0A, input[index - 3] == 0x0D { return index + 1 }
        }
        return nil
    }
}

/// An answer of the status port. Every one closes its connection.
package struct StatusAnswer: Equatable, Sendable {
    package var status: Int
    package var contentType: String
    package var body: [UInt8]
    /// What a 405 says that is taken.
    var allow = "GET, HEAD"

    package init(status: Int, contentType: String = "text/plain; charset=utf-8", body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    package init(status: Int, text: String) {
        self.init(status: status, body: Array(text.utf8) + [0x0A])
    }

    /// A refusal, with the reason phrase as its text.
    static func refusal(_ status: Int) -> StatusAnswer {
        StatusAnswer(status: status, text: reason(status))
    }

    /// Refuses what is not posted.
    static var notPosted: StatusAnswer {
        var answer = refusal(405)
        answer.allow = "POST"
        return answer
    }

    /// - Parameter isHead: the body is only measured.
    package func bytes(isHead: Bool) -> [UInt8] {
        var head = "HTTP/1.1 \(status) \(StatusAnswer.reason(status))\r\n"
        head += "Content-Type: \(contentType)\r\nContent-Length: \(body.count)\r\nCache-Control: no-store\r\n"
        if status == 405 { head += "Allow: \(allow)\r\n" }
        head += "Connection: close\r\n\r\n"
        return Array(head.utf8) + (isHead ? [] : body)
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Error"
        }
    }
}
