import Testing

@testable import GatewayRuntime

/// Lends bytes for the time of a call.
func withBytes<Result>(_ text: String, _ body: (Bytes) throws -> Result) rethrows -> Result {
    try withBytes(Array(text.utf8), body)
}

func withBytes<Result>(_ bytes: [UInt8], _ body: (Bytes) throws -> Result) rethrows -> Result {
    // A copy behind which nothing may be read: sanitizers see an access beyond it.
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
    copy.initialize(from: bytes, count: bytes.count)
    defer { copy.deallocate() }
    return try body(Bytes(copy, count: bytes.count))
}

private let bounds = RequestHeadBounds(headBytesMax: 4096, fieldCountMax: 20)

private struct Taken: Equatable {
    var method: String
    var path: String
    var query: String
    var authority: String
    var framing: BodyFraming
    var length: UInt64
    var keepsAlive: Bool
}

private enum Verdict: Equatable {
    case taken(Taken)
    case incomplete
    case refused(HeadFault)
}

private func parse(_ text: String) -> Verdict { parse(Array(text.utf8)) }

private func parse(_ bytes: [UInt8]) -> Verdict {
    var head = RequestHead()
    return withBytes(bytes) { bytes in
        switch head.parse(bytes, bounds) {
        case .incomplete: .incomplete
        case .refused: .refused(head.fault)
        case .complete:
            .taken(
                Taken(
                    method: head.method.string,
                    path: head.path.string,
                    query: head.query.string,
                    authority: head.authority.string,
                    framing: head.framing,
                    length: head.contentLength,
                    keepsAlive: head.keepsAlive
                )
            )
        }
    }
}

private func taken(
    _ path: String,
    method: String = "GET",
    query: String = "",
    authority: String = "a",
    framing: BodyFraming = .none,
    length: UInt64 = 0,
    keepsAlive: Bool = true
) -> Verdict {
    .taken(
        Taken(
            method: method,
            path: path,
            query: query,
            authority: authority,
            framing: framing,
            length: length,
            keepsAlive: keepsAlive
        )
    )
}

@Suite("Request heads")
struct RequestHeadTests {
    @Test(
        "well-formed heads are taken",
        arguments: [
            ("GET /x HTTP/1.1\r\nHost: a\r\n\r\n", taken("/x")),
            ("GET /x?y=1?2 HTTP/1.1\r\nhost:a\r\n\r\n", taken("/x", query: "?y=1?2")),
            ("GET http://a/x HTTP/1.1\r\nHost: A\r\n\r\n", taken("/x", authority: "A")),
            ("GET HTTP://a?q HTTP/1.1\r\nHost: a\r\n\r\n", taken("/", query: "?q")),
            ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", taken("*", method: "OPTIONS")),
            ("GET / HTTP/1.0\r\n\r\n", taken("/", authority: "", keepsAlive: false)),
            ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: a\r\n\r\n", taken("/")),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n", taken("/", keepsAlive: false)),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close, keep-alive\r\n\r\n", taken("/", keepsAlive: false)),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n",
                taken("/", keepsAlive: false)
            ), ("GET / HTTP/1.0\r\nHost: a\r\nConnection: close, keep-alive\r\n\r\n", taken("/", keepsAlive: false)),
            (
                "POST / HTTP/1.1\r\nHost: a:80\r\nContent-Length:  17 \r\n\r\n",
                taken("/", method: "POST", authority: "a:80", framing: .length, length: 17)
            ),
            (
                "POST / HTTP/1.1\r\nHost: [::1]:8000\r\nTransfer-Encoding: Chunked\r\n\r\n",
                taken("/", method: "POST", authority: "[::1]:8000", framing: .chunked)
            ),
            ("M-SEARCH /\u{e9} HTTP/1.1\r\nHost: a\r\nX:\t\r\n\r\n", taken("/\u{e9}", method: "M-SEARCH")),
        ]
    )
    fileprivate func takes(_ text: String, _ expected: Verdict) {
        #expect(parse(text) == expected)
    }

    @Test(
        "every ambiguity of framing is refused",
        arguments: [
            (
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                HeadFault.framing
            ),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .contentLength),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", .contentLength),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", .contentLength),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", .contentLength),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x10\r\n\r\n", .contentLength),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n", .contentLength),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", .contentLength),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", .transferEncoding),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .transferEncoding),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", .transferEncodingUnsupported),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", .transferEncodingUnsupported),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                .transferEncoding
            ),
            ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", .framing),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", .fieldName),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n : x\r\n\r\n", .fieldName),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", .fieldName),
            ("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", .lineEnd),
            ("GET / HTTP/1.1\nHost: a\r\n\r\n", .lineEnd),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", .lineEnd),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", .fieldValue),
            ("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", .fieldName),
            ("GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", .fieldName),
            ("GET / HTTP/1.1\r\n\r\n", .host),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .host),
            ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .host),
            ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", .host),
            ("GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", .host),
            ("GET / HTTP/1.1\r\nHost:\r\n\r\n", .host),
            ("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", .host),
            ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .target),
            ("GET x HTTP/1.1\r\nHost: a\r\n\r\n", .target),
            ("GET /x#y HTTP/1.1\r\nHost: a\r\n\r\n", .target),
            ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", .target),
            ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .target),
            ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .version),
            ("GET /\r\n\r\n                ", .target),
            ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", .versionUnsupported),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .target),
            ("GET / http/1.1\r\nHost: a\r\n\r\n", .version),
            ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", .method),
            (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", .method),
            ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", .method),
            ("\u{16}\u{3}\u{1}", .method),
        ]
    )
    func refuses(_ text: String, _ fault: HeadFault) {
        #expect(parse(text) == .refused(fault), "\(text.debugDescription)")
    }

    @Test("a head is incomplete at each of its prefixes, and complete with whatever follows it")
    func prefixes() {
        let text = "PUT /a/b?c HTTP/1.1\r\nHost: example.com\r\nContent-Length: 3\r\nX-Y: z\r\n\r\n"
        let bytes = Array(text.utf8)
        for count in 1..<bytes.count { #expect(parse(Array(bytes[..<count])) == .incomplete, "\(count)") }
        guard case .taken = parse(text + "abcGET / HTTP/1.1\r\n") else {
            Issue.record("not taken")
            return
        }
    }

    @Test("bounds hold")
    func bound() {
        let long = String(repeating: "x", count: 5000)
        #expect(parse("GET /\(long)") == .refused(.targetTooLong))
        #expect(parse("GET / HTTP/1.1\r\nHost: a\r\nX: \(long)") == .refused(.tooLarge))
        let many = String(repeating: "X: y\r\n", count: 21)
        #expect(parse("GET / HTTP/1.1\r\nHost: a\r\n\(many)\r\n") == .refused(.tooManyFields))
        #expect(parse(String(repeating: "M", count: 40) + " / HTTP/1.1\r\n\r\n") == .refused(.method))
    }

    @Test("what the connection owns, and what it names, is not carried along")
    func kept() {
        let text = """
            GET / HTTP/1.1\r
            Host: a\r
            A: 1\r
            Connection: keep-alive, X-Own\r
            Keep-Alive: 5\r
            B: 2\r
            x-own: no\r
            TE: trailers\r
            Upgrade: h2c\r
            X-Consumer-Username: root\r
            C: 3\r
            \r

            """
        var head = RequestHead()
        let result = withBytes(text) { bytes -> String in
            guard case .complete = head.parse(bytes, bounds) else { return "refused" }
            let block = Block(base: .allocate(capacity: Limits.blockBytes))
            defer { block.base.deallocate() }
            var output = ByteWriter(block)
            head.table.appendKept(of: head.message, to: &output)
            return output.written.string
        }
        // `x-own` stands behind the field that names it, and is dropped all the same.
        #expect(result == "A: 1\r\nB: 2\r\nC: 3\r\n")
    }
}
