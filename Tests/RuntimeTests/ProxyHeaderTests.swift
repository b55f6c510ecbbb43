import Testing

@testable import GatewayRuntime

/// The PROXY protocol's header, by the examples and the rules of its description.
@Suite struct ProxyHeaderTests {
    /// What a header says, as text: `192.0.2.1:80 in 44`, `connection in 15`, `incomplete`, `refused`.
    private func read(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return "incomplete" }
            switch ProxyHeader.parse(Bytes(base, count: buffer.count)) {
            case .incomplete: return "incomplete"
            case .refused: return "refused"
            case .complete(let header):
                guard case .address(let address, let port) = header.source else {
                    return "connection in \(header.byteCount)"
                }
                var text = InlineArray<46, UInt8>(repeating: 0)
                let count = Int(address.write(into: &text))
                let name = String(decoding: (0..<count).map { text[$0] }, as: UTF8.self)
                return "\(name):\(port) in \(header.byteCount)"
            }
        }
    }

    private func read(_ text: String) -> String { read(Array(text.utf8)) }

    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
    private static let four: [UInt8] = [192, 0, 2, 1, 192, 0, 2, 2, 0xDC, 0x04, 0x01, 0xBB]

    private func second(_ command: UInt8, _ family: UInt8, _ body: [UInt8], length: Int? = nil) -> [UInt8] {
        let length = length ?? body.count
        return Self.signature + [command, family, UInt8(length >> 8), UInt8(length & 0xFF)] + body
    }

    @Test func linesOfVersion1() {
        let cases = [
            ("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\nGET / HTTP/1.1\r\n", "192.168.0.1:56324 in 47"),
            ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535 in 56"),
            ("PROXY TCP6 2001:db8::1 ::1 0 443\r\n", "2001:db8::1:0 in 34"),
            ("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "192.0.2.1:1 in 37"),
            ("PROXY UNKNOWN\r\n", "connection in 15"),
            (
                "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
                "connection in 107"
            ),
            (
                "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:65535 in 104"
            ),
        ]
        for (text, expected) in cases {
            #expect(read(text) == expected, "\(text)")
            // Nothing shorter is a header, and nothing shorter is refused.
            let end = expected.split(separator: " ").last.flatMap { Int($0) } ?? 0
            for count in 0..<end {
                #expect(read(Array(text.utf8.prefix(count))) == "incomplete", "\(count) of \(text)")
            }
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rx", "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4  2\r\n", "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n", "PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP6 [::1] ::1 1 2\r\n", "PROXY TCP6 fe80::1%lo ::1 1 2\r\n",
        "PROXY TCP4 1.2.3.4 b 1 2\r\n", "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY UNKNOWNX\r\n", "PROXY \r\n",
        "PROXY UNKNOWN " + String(repeating: "x", count: 200), "PROXYTCP4", "\r\n\r\nGET", "\0",
    ])
    func linesThatAreRefused(_ text: String) {
        #expect(read(text) == "refused")
    }

    @Test func headersOfVersion2() {
        let six = (0..<16).map { UInt8($0 == 0 ? 0x20 : $0 == 1 ? 0x01 : $0) } + [UInt8](repeating: 0, count: 16)
        let value: [UInt8] = [0x02, 0, 4] + Array("a.de".utf8)
        let cases: [([UInt8], String)] = [
            (second(0x21, 0x11, Self.four), "192.0.2.1:56324 in 28"),
            (second(0x21, 0x11, Self.four + value), "192.0.2.1:56324 in 35"),
            (second(0x21, 0x21, six + [0, 80, 1, 2]), "2001:203:405:607:809:a0b:c0d:e0f:80 in 52"),
            (second(0x21, 0x31, [UInt8](repeating: 0x61, count: 216)), "_unix:0 in 232"),
            (second(0x21, 0x00, []), "connection in 16"), (second(0x21, 0x00, value), "connection in 23"),
            (second(0x21, 0x12, Self.four), "connection in 28"),
            (second(0x20, 0x00, []), "connection in 16"), (second(0x20, 0x11, Self.four), "connection in 28"),
            (second(0x20, 0x11, [1]), "connection in 17"),
            (second(0x21, 0x11, Self.four + [UInt8](repeating: 0, count: 4068)), "192.0.2.1:56324 in 4096"),
        ]
        for (bytes, expected) in cases {
            #expect(read(bytes) == expected)
            #expect(read(bytes + Array("GET /".utf8)) == expected)
            for count in 0..<bytes.count { #expect(read(Array(bytes.prefix(count))) == "incomplete") }
        }
    }

    @Test func headersThatAreRefused() {
        let cases = [
            second(0x11, 0x11, Self.four), second(0x31, 0x11, Self.four), second(0x22, 0x11, Self.four),
            second(0x2F, 0x11, Self.four), second(0x21, 0x41, Self.four), second(0x21, 0x13, Self.four),
            second(0x21, 0x11, Array(Self.four.dropLast())), second(0x21, 0x21, Self.four),
            second(0x21, 0x31, Self.four), second(0x21, 0x11, Self.four, length: 4081),
            second(0x20, 0, [], length: 65_535),
            Array(Self.signature.dropLast()) + [11],
        ]
        for bytes in cases { #expect(read(bytes) == "refused", "\(bytes)") }
    }
}
