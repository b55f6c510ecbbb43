import TestSupport
import Testing

@testable import GatewayRuntime

/// A block of its own for a test.
func withBlock<Result>(_ body: (Block) throws -> Result) rethrows -> Result {
    let block = Block(base: .allocate(capacity: Limits.blockBytes))
    defer { block.base.deallocate() }
    return try body(block)
}

/// Reads a body that comes in pieces of given sizes; `nil` on a fault.
private func read(_ framing: BodyFraming, length: UInt64 = 0, _ bytes: [UInt8], pieces: [Int]) -> (
    data: [UInt8], rest: Int, isComplete: Bool
)? {
    withBlock { block in
        var reader = BodyReader(framing, length: length)
        var data: [UInt8] = []
        var offset = 0
        var piece = 0
        while offset < bytes.count, !reader.isComplete {
            let count = min(pieces[piece % pieces.count], bytes.count - offset)
            piece += 1
            for index in 0..<count { block[100 + index] = bytes[offset + index] }
            guard case .progress(let taken, _, let consumed) = reader.step(block, from: 100, to: 100 + count) else {
                return nil
            }
            for index in 0..<taken { data.append(block[100 + index]) }
            offset += consumed
        }
        return (data, bytes.count - offset, reader.isComplete)
    }
}

@Suite("Body framing")
struct BodyReaderTests {
    @Test("chunks give the same data however they arrive", arguments: 0..<64)
    func chunks(_ seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var encoded: [UInt8] = []
        var expected: [UInt8] = []
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            let data = (0..<Int.random(in: 1...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
            }
            expected += data
            let size = String(data.count, radix: 16, uppercase: Bool.random(using: &random))
            let ext = Bool.random(using: &random) ? ";name=\"va,lue\"" : ""
            encoded += Array("0\(size)\(ext)\r\n".utf8) + data + [13, 10]
        }
        encoded += Array("0\r\n".utf8)
        if Bool.random(using: &random) { encoded += Array("Expires: never\r\n".utf8) }
        encoded += [13, 10]
        let follow = Array("GET /".utf8)
        let pieces = (0..<5).map { _ in Int.random(in: 1...50, using: &random) }
        let result = try #require(read(.chunked, encoded + follow, pieces: pieces))
        #expect(result.isComplete)
        #expect(result.data == expected)
        // Nothing behind the body was touched, as far as it had been read.
        #expect(result.rest >= follow.count)
    }

    @Test(
        "chunks that could be read in two ways are refused",
        arguments: [
            "x\r\n", "\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\n", "1 \r\na\r\n", "1\na\r\n", "1\r\nab\r\n",
            "1\r\na\n",
            "1\r\na\rb", "1;a\nb\r\n", "ffffffffffffffff\r\n", "1000000000000000\r\n", "0\r\nX y: z\r\n\r\n", "0\r\n\n",
            "0\r\n X: y\r\n\r\n", "0\r\nX: a\0b\r\n\r\n", "0\r\n\rx",
        ]
    )
    func refused(_ text: String) {
        #expect(read(.chunked, Array(text.utf8), pieces: [1]) == nil, "\(text.debugDescription)")
        #expect(read(.chunked, Array(text.utf8), pieces: [1000]) == nil, "\(text.debugDescription)")
    }

    @Test("a length takes exactly so many bytes")
    func length() throws {
        let result = try #require(read(.length, length: 5, Array("helloGET".utf8), pieces: [2]))
        #expect(result.data == Array("hello".utf8))
        #expect(result.isComplete)
        var reader = BodyReader(.length, length: 2)
        let isCut = !reader.end()
        #expect(isCut)
        var open = BodyReader(.untilClose)
        let isEnded = open.end()
        #expect(isEnded)
    }

    @Test("trailers and chunk lines are bounded")
    func bounds() {
        let trailers = "0\r\n" + String(repeating: "X: yyyyyyyyyyyyyyyy\r\n", count: 500)
        #expect(read(.chunked, Array(trailers.utf8), pieces: [1000]) == nil)
        let line = "1;" + String(repeating: "x", count: 300)
        #expect(read(.chunked, Array(line.utf8), pieces: [1000]) == nil)
    }
}

@Suite("Path normal form")
struct PathNormalizationTests {
    private func normal(_ path: String) -> String? {
        withBytes(path) { bytes in
            if PathNormalization.isNormal(bytes) { return bytes.string }
            return withBlock { block in
                PathNormalization.normalize(bytes, into: block).map { block.bytes(0, $0).string }
            }
        }
    }

    @Test(
        "unreserved escapes are decoded, slashes merged, dot segments removed, in this order",
        arguments: [
            ("/", "/"), ("/a/b", "/a/b"), ("/a/", "/a/"), ("//", "/"), ("/a//b///c", "/a/b/c"), ("/./a", "/a"),
            ("/a/.", "/a/"), ("/a/./b", "/a/b"), ("/a/..", "/"), ("/a/../b", "/b"), ("/a/b/../../c", "/c"),
            ("/a/b/..", "/a/"), ("/%41%7e%2d", "/A~-"), ("/%2e%2E/x", nil), ("/a/%2e%2e/b", "/b"), ("/%2f", "/%2F"),
            ("/a%2Fb/..", "/"), ("/%e2%82%ac", "/%E2%82%AC"), ("/..", nil), ("/a/../..", nil), ("/%", nil),
            ("/%4", nil), ("/%zz", nil), ("/%00", nil), ("/%1f", nil), ("/%7F", nil), ("/%5c", nil), ("/a\\b", nil),
            ("/a;b=c/d", "/a;b=c/d"), ("/...", "/..."), ("/.a", "/.a"), ("/a/..b", "/a/..b"), ("/a//../b", "/b"),
            ("/.", "/"), ("/%2e", "/"), ("/a\u{7f}", nil),
        ]
    )
    func table(_ path: String, _ expected: String?) {
        #expect(normal(path) == expected, "\(path)")
    }

    @Test("the normal form of a normal form is itself, and never longer", arguments: 0..<200)
    func idempotent(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let pieces = ["/", "a", ".", "..", "%2e", "%41", "%2F", "b", "//", "%3f"]
        let path = "/" + (0..<12).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }.joined()
        guard let once = normal(path) else { return }
        #expect(normal(once) == once, "\(path)")
        #expect(once.utf8.count <= path.utf8.count)
        #expect(!once.contains("/../") && !once.contains("/./") && !once.contains("//"))
    }
}
