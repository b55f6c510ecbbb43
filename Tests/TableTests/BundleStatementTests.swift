import GatewayTable
import TestSupport
import Testing

/// The text of a bundle's signature: one way to write it, and nothing else is read.
@Suite("Signatures of bundles as text")
struct BundleStatementTests {
    private static func digest(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

    private static var statement: BundleStatement {
        var statement = BundleStatement(
            sequence: 17,
            files: [
                .init(path: "gateway.apib", byteCount: 5_432, digest: digest(0xAB)),
                .init(path: "certs/edge über.crt", byteCount: 0, digest: digest(0x01)),
            ],
            key: digest(0x3C)
        )
        statement.signature = [UInt8](repeating: 0x5D, count: 64)
        return statement
    }

    @Test("what is written is read, files in their order")
    func roundTrip() throws {
        let read = try #require(BundleStatement(Self.statement.bytes))
        #expect(read == Self.statement)
        #expect(read.files.map(\.path) == ["certs/edge über.crt", "gateway.apib"])
        #expect(read.bytes.starts(with: read.signedBytes))
        #expect(
            String(decoding: read.bytes, as: UTF8.self).hasPrefix("apic bundle signature 1\nsequence 17\nfile 0101")
        )
    }

    @Test(
        "nothing else is read",
        arguments: [
            ("sequence 17", "sequence 017"), ("sequence 17", "sequence +17"), ("sequence 17", "sequence "),
            ("sequence 17", "sequence 18446744073709551616"), ("signature 1", "signature 2"),
            (" 5432 ", " 05432 "), (" 5432 ", "  5432 "), ("abab", "ABAB"), ("gateway.apib", "../gateway.apib"),
            ("gateway.apib", "/gateway.apib"), ("gateway.apib", "a//b"), ("gateway.apib", "a/./b"),
            ("gateway.apib", ""),
            ("gateway.apib", "a\rb"), ("gateway.apib", "a\u{0}b"), ("gateway.apib", "certs/edge über.crt"),
            ("gateway.apib", "a"), ("key 3c", "key 3"), ("signature 5d", "signature 5d5d"), ("\nkey", "\n\nkey"),
            ("\nkey", "\nwhat is this\nkey"),
        ]
    )
    func malformed(_ part: String, _ instead: String) {
        let text = String(decoding: Self.statement.bytes, as: UTF8.self)
        let changed = text.replacing(part, with: instead, maxReplacements: 1)
        #expect(changed != text)
        #expect(BundleStatement(Array(changed.utf8)) == nil, "\(changed)")
    }

    @Test("bytes that are changed, cut or added are noticed, by the parser or by who verifies what was signed")
    func changes() {
        let bytes = Self.statement.bytes
        for count in 0..<bytes.count { #expect(BundleStatement(Array(bytes.prefix(count))) == nil) }
        #expect(BundleStatement(bytes + [0x0A]) == nil)
        #expect(BundleStatement(bytes + bytes) == nil)
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << UInt8(bit)
                guard let read = BundleStatement(changed) else { continue }
                #expect(read.bytes == changed)
                #expect(read.signedBytes != Self.statement.signedBytes || read.signature != Self.statement.signature)
            }
        }
    }

    @Test("a statement has bounds")
    func bounds() {
        func statement(_ count: Int) -> BundleStatement {
            var statement = BundleStatement(
                sequence: 1,
                files: (0..<count).map { .init(path: "file-\($0)", byteCount: 1, digest: Self.digest(1)) },
                key: Self.digest(2)
            )
            statement.signature = [UInt8](repeating: 3, count: 64)
            return statement
        }
        #expect(BundleStatement(statement(BundleStatement.fileCountMax).bytes) != nil)
        #expect(BundleStatement(statement(BundleStatement.fileCountMax + 1).bytes) == nil)
        #expect(BundleStatement([UInt8](repeating: 0x0A, count: 1 << 20)) == nil)
    }
}
