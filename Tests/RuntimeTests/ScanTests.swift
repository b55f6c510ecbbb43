import TestSupport
import Testing

@testable import GatewayRuntime

/// Scans that look at sixteen bytes at once find what a look at each byte finds.
@Suite("Scans over bytes")
struct ScanTests {
    /// Random bytes: mostly letters, so that scans get far, with any others between them.
    private func randomBytes(_ random: inout SeededRandom, countMax: Int) -> [UInt8] {
        let odd = UInt64.random(in: 0...24, using: &random)
        return (0..<Int.random(in: 0...countMax, using: &random)).map { _ in
            if UInt64.random(in: 0...64, using: &random) < odd { return UInt8.random(in: 0...255, using: &random) }
            return Array("abcXYZ-/.".utf8).randomElement(using: &random) ?? 0x61
        }
    }

    private func withBytes<Result>(_ bytes: [UInt8], _ body: (Bytes) -> Result) -> Result {
        withBlock { block in
            for (index, byte) in bytes.enumerated() { block[7 + index] = byte }
            return body(block.bytes(7, 7 + bytes.count))
        }
    }

    @Test("the end of a token, from anywhere", arguments: 0..<400)
    func tokens(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let bytes = randomBytes(&random, countMax: 80)
        let start = Int.random(in: 0...bytes.count, using: &random)
        let expected = bytes[start...].firstIndex { !ASCII.isTokenByte($0) } ?? bytes.count
        #expect(withBytes(bytes) { $0.endOfToken(from: start) } == expected)
    }

    @Test("the end of a value, from anywhere", arguments: 0..<400)
    func values(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let bytes = randomBytes(&random, countMax: 80)
        let start = Int.random(in: 0...bytes.count, using: &random)
        let expected = bytes[start...].firstIndex { ASCII.isControl($0) && $0 != 0x09 } ?? bytes.count
        #expect(withBytes(bytes) { $0.endOfValue(from: start) } == expected)
    }

    @Test("empty lines")
    func emptyLines() {
        for text in ["a\r\n\r\n", "a\n\n", "a\n\r\nb", "\r\n\r\n", "a\r\nb\r\n\r\n", "\r\r\n\n"] {
            #expect(withBytes(Array(text.utf8)) { $0.holdsEmptyLine }, "\(text.debugDescription)")
        }
        for text in ["", "\n", "\r\n", "a\r\n\r", "a\r\nb\r\n", "\n\r\r\n", "a\n\rb\n", "\r\r\r\r"] {
            #expect(!withBytes(Array(text.utf8)) { $0.holdsEmptyLine }, "\(text.debugDescription)")
        }
    }

    @Test("plain paths", arguments: 0..<2000)
    func paths(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var bytes = randomBytes(&random, countMax: 60)
        // Half of them have no pair that is not plain, but perhaps one put in.
        if seed % 2 == 0 {
            bytes = bytes.map { ASCII.isControl($0) || $0 == 0x25 || $0 == 0x5C || $0 == 0x2E ? 0x61 : $0 }
            for index in bytes.indices.dropFirst() where bytes[index] == 0x2F && bytes[index - 1] == 0x2F {
                bytes[index] = 0x62
            }
            if !bytes.isEmpty, seed % 4 == 0 {
                bytes[Int.random(in: bytes.indices, using: &random)] =
                    Array("/.%\\\u{7F}\u{1}".utf8).randomElement(using: &random) ?? 0
            }
        }
        let hasOddByte = bytes.contains { ASCII.isControl($0) || $0 == 0x25 || $0 == 0x5C }
        let hasOddPair = zip(bytes, bytes.dropFirst()).contains { $0 == 0x2F && ($1 == 0x2F || $1 == 0x2E) }
        #expect(withBytes(bytes) { PathNormalization.isNormal($0) } == (!hasOddByte && !hasOddPair))
    }

    @Test("names are known in any case, and by no other byte")
    func names() {
        let names: [(String, FieldKind)] = [
            ("te", .te), ("host", .host), ("expect", .expect), ("upgrade", .upgrade), ("forwarded", .forwarded),
            ("connection", .connection), ("deprecation", .deprecation), ("content-length", .contentLength),
            ("http2-settings", .http2Settings), ("x-forwarded-for", .forwardedFor),
            ("x-forwarded-host", .forwardedHost), ("transfer-encoding", .transferEncoding),
            ("proxy-authenticate", .proxyAuthenticate), ("x-consumer-username", .consumer),
        ]
        for (name, kind) in names {
            #expect(withBytes(Array(name.utf8)) { FieldKind.of($0) } == kind)
            #expect(withBytes(Array(name.uppercased().utf8)) { FieldKind.of($0) } == kind)
            for index in 0..<name.utf8.count {
                for byte: UInt8 in 0x21...0x7E where ASCII.isTokenByte(byte) {
                    var other = Array(name.utf8)
                    guard ASCII.lowercased(byte) != other[index] else { continue }
                    other[index] = byte
                    let found = withBytes(other) { FieldKind.of($0) }
                    #expect(found == .other, "\(String(decoding: other, as: UTF8.self)) is no \(name)")
                }
            }
        }
    }
}
