internal import GatewayTable
internal import Glibc

/// The header that a proxy sends before anything else of a connection, to say whose connection it is (the PROXY
/// protocol, versions 1 and 2, as HAProxy describes it). Strict: what the description calls a violation is refused, and
/// nothing is guessed.
struct ProxyHeader {
    enum Outcome {
        /// What has come so far may become a header.
        case incomplete
        case refused
        case complete(ProxyHeader)
    }

    /// Whose connection it is.
    enum Source {
        /// The proxy's own, or nobody that it can name: the connection's peer stays what it is.
        case connection
        case address(PeerAddress, port: UInt16)
    }

    /// Bytes of the header; the client's own begin behind them.
    var byteCount: Int
    var source: Source

    /// With its line end (section 2.1 of the description).
    static let lineBytesMax = 107
    /// Of version 2: fixed part, addresses and further values. The description asks for 536; values of certificates may
    /// be longer.
    static let byteCountMax = 4_096

    private static let fixedBytes = 16
    private static let signature: StaticString = "\r\n\r\n\0\r\nQUIT\n"

    /// - Parameter input: from the connection's first byte.
    static func parse(_ input: Bytes) -> Outcome {
        guard !input.isEmpty else { return .incomplete }
        return input[0] == ASCII.cr ? parseBinary(input) : parseLine(input)
    }

    // MARK: Version 1

    private static func parseLine(_ input: Bytes) -> Outcome {
        let prefix = Bytes("PROXY ")
        let known = min(input.count, prefix.count)
        guard input[0..<known].equals(prefix[0..<known]) else { return .refused }
        let bounded = input[0..<min(input.count, lineBytesMax)]
        guard let end = bounded.firstIndex(of: ASCII.cr), end + 1 < bounded.count else {
            return input.count >= lineBytesMax || bounded.firstIndex(of: ASCII.lf) != nil ? .refused : .incomplete
        }
        // A line feed of its own is refused however much of the line has come.
        guard bounded[end + 1] == ASCII.lf, end >= prefix.count, bounded[0..<end].firstIndex(of: ASCII.lf) == nil else {
            return .refused
        }
        var words = Words(bounded[prefix.count..<end])
        guard let family = words.next() else { return .refused }
        let byteCount = end + 2
        // What follows UNKNOWN is to be passed over.
        if family.equals(Bytes("UNKNOWN")) { return .complete(ProxyHeader(byteCount: byteCount, source: .connection)) }
        let isSix = family.equals(Bytes("TCP6"))
        guard isSix || family.equals(Bytes("TCP4")),
            let source = words.next(), let target = words.next(), let sourcePort = words.next(),
            let targetPort = words.next(), words.isAtEnd,
            let address = PeerAddress(literal: source, isSix: isSix), PeerAddress(literal: target, isSix: isSix) != nil,
            let port = port(sourcePort), Self.port(targetPort) != nil
        else { return .refused }
        return .complete(ProxyHeader(byteCount: byteCount, source: .address(address, port: port)))
    }

    /// 0 to 65535, without leading zeros.
    private static func port(_ text: Bytes) -> UInt16? {
        guard text.count <= 5, text.count == 1 || text[0] != 0x30, let value = text.decimal else { return nil }
        return UInt16(exactly: value)
    }

    /// Words between single blanks.
    private struct Words {
        private let line: Bytes
        private var offset = 0

        init(_ line: Bytes) { self.line = line }

        var isAtEnd: Bool { offset > line.count }

        mutating func next() -> Bytes? {
            guard offset < line.count else { return nil }
            let end = line.firstIndex(of: ASCII.space, from: offset) ?? line.count
            guard end > offset else { return nil }
            let word = line[offset..<end]
            offset = end + 1
            return word
        }
    }

    // MARK: Version 2

    private static func parseBinary(_ input: Bytes) -> Outcome {
        let signature = Bytes(signature)
        let known = min(input.count, signature.count)
        guard input[0..<known].equals(signature[0..<known]) else { return .refused }
        guard input.count >= fixedBytes else { return .incomplete }
        let length = Int(input[14]) << 8 | Int(input[15])
        let byteCount = fixedBytes + length
        guard input[12] >> 4 == 2, input[12] & 15 <= 1, byteCount <= byteCountMax else { return .refused }
        let isLocal = input[12] & 15 == 0
        // Address family and transport: unspecified, IPv4, IPv6, Unix; unspecified, stream, datagram.
        let family = input[13] >> 4
        guard family <= 3, input[13] & 15 <= 2 else { return .refused }
        let isStream = input[13] & 15 == 1
        // A proxy's own connection may say anything of addresses.
        guard isLocal || length >= addressBytes(family) else { return .refused }
        guard input.count >= byteCount else { return .incomplete }
        var header = ProxyHeader(byteCount: byteCount, source: .connection)
        if isLocal || !isStream { return .complete(header) }
        switch family {
        case 1:
            let low = UInt64(0xFFFF) << 32 | number(input[16..<20])
            header.source = .address(PeerAddress(high: 0, low: low.bigEndian), port: UInt16(number(input[24..<26])))
        case 2:
            let address = PeerAddress(
                high: number(input[16..<24]).bigEndian,
                low: number(input[24..<32]).bigEndian
            )
            header.source = .address(address, port: UInt16(number(input[48..<50])))
        case 3: header.source = .address(.unix, port: 0)
        default: break
        }
        return .complete(header)
    }

    /// Both addresses and their ports.
    private static func addressBytes(_ family: UInt8) -> Int {
        switch family {
        case 1: 12
        case 2: 36
        case 3: 216
        default: 0
        }
    }

    /// Up to eight bytes in network order.
    private static func number(_ bytes: Bytes) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<bytes.count { value = value << 8 | UInt64(bytes[index]) }
        return value
    }
}

extension PeerAddress {
    /// An address as `inet_pton` reads it.
    init?(literal text: Bytes, isSix: Bool) {
        guard text.count < 46 else { return nil }
        var characters = InlineArray<46, CChar>(repeating: 0)
        for index in 0..<text.count { characters[index] = CChar(bitPattern: text[index]) }
        var words: (UInt64, UInt64) = (0, 0)
        // inet_pton reads up to the final zero, and writes 16 or 4 bytes.
        let isRead = unsafe withUnsafeBytes(of: &characters) { source in
            unsafe withUnsafeMutableBytes(of: &words) { target in
                let start = unsafe source.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self)
                let family = isSix ? AF_INET6 : AF_INET
                return unsafe inet_pton(family, start, target.baseAddress.unsafelyUnwrapped + (isSix ? 0 : 12)) == 1
            }
        }
        guard isRead else { return nil }
        let mapped = UInt64(0xFFFF) << 32
        self.init(high: words.0, low: isSix ? words.1 : words.1 | mapped.bigEndian)
    }
}
