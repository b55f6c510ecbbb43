import Foundation
import TestSupport
import Testing

@testable import apic

@Suite("The echo upstream")
struct EchoTests {
    static let heads: [(head: String, framing: EchoRequest.Framing?)] = [
        ("GET / HTTP/1.1\r\nHost: a", EchoRequest.Framing.none),
        ("POST / HTTP/1.1\r\nContent-Length: 12", .length(12)),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: Chunked", .chunked),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1", nil),
        ("POST / HTTP/1.1\r\nContent-Length: -1", nil),
        ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2", nil),
        ("GET / HTTP/2", nil),
        ("GET /", nil),
        ("", nil),
        ("GET / HTTP/1.1\r\n: x", nil),
    ]

    @Test("reads heads", arguments: heads)
    func readsHead(_ head: String, _ framing: EchoRequest.Framing?) {
        #expect(EchoRequest(head: Array(head.utf8))?.framing == framing)
    }

    @Test("reads parameters, fields and the wish to go on")
    func request() throws {
        let text = "GET /a?x=1&status=503&y HTTP/1.0\r\nX-A:  b \r\nconnection: Keep-Alive"
        let request = try #require(EchoRequest(head: Array(text.utf8)))
        #expect(request.path == "/a")
        #expect(request.parameter("status") == "503")
        #expect(request.parameter("y") == "")
        #expect(request.parameter("z") == nil)
        #expect(request.fields.first == EchoRequest.Field(name: "X-A", value: "b"))
        #expect(request.keepsAlive)
    }

    static let delays = ["250ms": 250, "2s": 2000, "30": 30, "x": 0, "-1s": 0, "999999s": 600_000, "": 0]

    @Test("waits as long as it is asked to, within a bound", arguments: delays)
    func delay(_ text: String, _ milliseconds: Int) throws {
        let request = try #require(EchoRequest(head: Array("GET /?delay=\(text) HTTP/1.1".utf8)))
        let reply = EchoReply(to: request, server: "", bodyByteCount: 0, bodyDigest: nil)
        #expect(Int(reply.delayMilliseconds) == milliseconds)
    }

    @Test("answers over real connections: status, repeated fields, bodies of both framings, keep-alive")
    func overSockets() throws {
        let folder = try ScratchFolder()
        let echo = try Program.apic.start(["echo", "--port", "0"], in: folder.url)
        #expect(echo.wait { echo.output.contains("http://") })
        let base = try #require(echo.output.split(separator: " ").last).trimmingCharacters(in: .whitespacesAndNewlines)
        try folder.write(String(repeating: "x", count: 3_000_000), to: "body")

        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        curl.currentDirectoryURL = folder.url
        // One curl, so that one connection serves all four.
        curl.arguments =
            ["curl", "-sS", "--max-time", "20", "-w", "%{http_code} %{num_connects}\n", "-o", "first", "-H", "X-A: 1"]
            + ["-H", "X-A: 2", "\(base)/one?status=503", "--next", "-sS", "-w", "%{http_code} %{num_connects}\n"]
            + ["-o", "second", "--data-binary", "@body", "\(base)/two", "--next", "-sS"]
            + ["-w", "%{http_code} %{num_connects}\n", "-o", "third", "-H", "Transfer-Encoding: chunked"]
            + [
                "--data-binary", "@body", "\(base)/three", "--next", "-sS", "-I", "-w",
                "%{http_code} %{num_connects}\n",
            ]
            + ["-o", "fourth", "\(base)/four"]
        let output = Pipe()
        curl.standardOutput = output
        try curl.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        curl.waitUntilExit()
        #expect(text == "503 1\n200 0\n200 0\n200 0\n")
        #expect(folder.text("first")?.contains(#""X-A": ["1", "2"]"#) == true)
        // SHA-256 of three million times `x`.
        let digest = "e55b8bdf621ddaa8f462c74745db9680d3bb7536a9cf854f8d6668b34a287890"
        #expect(folder.text("second")?.contains(#""body-bytes": 3000000"#) == true)
        #expect(folder.text("third")?.contains(#""body-bytes": 3000000"#) == true)
        #expect(folder.text("second")?.contains(digest) == true)
        #expect(folder.text("third")?.contains(digest) == true)
        #expect(echo.stop() == 128 + SIGTERM)
    }
}
