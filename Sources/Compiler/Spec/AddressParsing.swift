internal import GatewayIR

/// Literals of IP addresses, strictly: no octal or shortened IPv4, no zones.
enum IPAddress {
    /// Four bytes of `10.0.0.1`.
    static func v4(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy(Digits.isDigit),
                part.utf8.count == 1 || part.utf8.first != UInt8(ascii: "0"), let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    /// Sixteen bytes of `2001:db8::1`, with or without an IPv4 address at its end (RFC 4291 section 2.2).
    static func v6(_ text: Substring) -> [UInt8]? {
        guard text.utf8.count <= 45 else { return nil }
        guard let gap = text.firstRange(of: "::") else {
            let bytes = groups(text)
            return bytes?.count == 16 ? bytes : nil
        }
        let tail = text[gap.upperBound...]
        guard let left = gap.lowerBound == text.startIndex ? [] : groups(text[..<gap.lowerBound]),
            let right = tail.isEmpty ? [] : groups(tail), left.count + right.count <= 14
        else { return nil }
        return left + [UInt8](repeating: 0, count: 16 - left.count - right.count) + right
    }

    private static func groups(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, let address = v4(part) { return bytes + address }
            guard (1...4).contains(part.utf8.count), let group = UInt16(part, radix: 16),
                part.utf8.allSatisfy(Digits.isLetterOrDigit)
            else { return nil }
            bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
        }
        return bytes
    }

    /// As text: `10.0.0.0`, `2001:db8:0:0:0:0:0:0` with the longest run of zeros shortened (RFC 5952 section 4).
    static func text(_ bytes: [UInt8]) -> String {
        guard bytes.count == 16 else { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(1, longest.count) { longest = start..<end }
            start = max(end, start) + 1
        }
        let hex = { (range: Range<Int>) in
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        return longest.isEmpty ? hex(0..<8) : hex(0..<longest.lowerBound) + "::" + hex(longest.upperBound..<8)
    }
}

/// Paths of Unix sockets.
enum UnixPath {
    /// Bytes that the system's address has room for, beside the zero at its end.
    private static let byteCountMax = 107

    /// What stands behind `unix:`.
    static func prefixed(_ text: String) -> Substring? {
        text.hasPrefix("unix:") ? text.dropFirst(5) : nil
    }

    /// A path from the root on, of visible characters.
    static func parse(_ path: Substring, _ code: DiagnosticCode) throws(ScalarProblem) -> String {
        guard path.hasPrefix("/"), !path.hasPrefix("//"), path.utf8.count > 1, !path.hasSuffix("/") else {
            throw ScalarProblem(
                code,
                "`unix:\(String(path).excerpt)` names no Unix socket",
                help: "write the path from the root on: `unix:/run/gateway.sock`"
            )
        }
        guard path.utf8.count <= byteCountMax else {
            throw ScalarProblem(
                code,
                "the path has \(path.utf8.count) bytes, and \(byteCountMax) are the most for a Unix socket",
                help: "choose a shorter one, such as `unix:/run/gateway.sock`"
            )
        }
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw ScalarProblem(code, "the path holds a space or a control character", help: "choose another path")
        }
        return String(path)
    }
}

extension ScalarType where Value == ListenAddress {
    /// `8000`, `127.0.0.1:8000`, `[::1]:8000`, `unix:/run/gateway.sock`.
    ///
    /// - Parameters:
    ///   - defaultHost: what a bare port listens on.
    ///   - takesPaths: Unix sockets are addresses, too.
    static func listenAddress(defaultHost: String, takesPaths: Bool = true) -> ScalarType {
        ScalarType("an address such as `127.0.0.1:8000`, or a port") { text throws(ScalarProblem) in
            if let path = UnixPath.prefixed(text) {
                guard takesPaths else {
                    throw ScalarProblem(
                        .badListenAddress,
                        "the status listener is a TCP socket",
                        help: "write a port, or an address and a port: `127.0.0.1:8100`"
                    )
                }
                return ListenAddress(host: try UnixPath.parse(path, .badListenAddress), port: 0)
            }
            if text.utf8.allSatisfy(Digits.isDigit), !text.isEmpty {
                return ListenAddress(host: defaultHost, port: try ScalarType<UInt16>.port.parse(text))
            }
            guard let colon = text.lastIndex(of: ":") else { throw problem(text, port: nil) }
            let portText = String(text[text.index(after: colon)...])
            let host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]"), let bytes = IPAddress.v6(host.dropFirst().dropLast()) {
                return ListenAddress(host: IPAddress.text(bytes), port: try ScalarType<UInt16>.port.parse(portText))
            }
            guard IPAddress.v4(host) != nil else { throw problem(text, port: portText) }
            return ListenAddress(host: String(host), port: try ScalarType<UInt16>.port.parse(portText))
        }
    }

    private static func problem(_ text: String, port: String?) -> ScalarProblem {
        var help = "write a port, or an address and a port: `8000`, `127.0.0.1:8000`, `[::1]:8000`"
        if text.hasPrefix("http://") || text.hasPrefix("https://") {
            help = "write the address without `\(text.hasPrefix("https") ? "https" : "http")://`"
        } else if let port, port.utf8.allSatisfy(Digits.isDigit), !port.isEmpty, text.utf8.count < 60 {
            if text.hasPrefix("localhost:") {
                help = "names are not looked up: write `127.0.0.1:\(port)`"
            } else if text.hasPrefix(":") || text.hasPrefix("*:") {
                help = "for all addresses write the port alone: `\(port)`"
            } else if text.contains("%") {
                help = "leave out what stands behind `%`: an address of one link is no address to listen on"
            } else if IPAddress.v6(text[...]) != nil {
                help = "put an IPv6 address in brackets: `[::1]:8000`"
            }
        }
        return ScalarProblem(.badListenAddress, "`\(text.excerpt)` is no address to listen on", help: help)
    }
}

extension ScalarType where Value == AddressBlock {
    /// `10.0.0.0/8`, `2001:db8::/32`, or one address.
    static let addressBlock = ScalarType("a block of addresses such as `10.0.0.0/8`") { text throws(ScalarProblem) in
        // The peer of a Unix socket counts as the unspecified address.
        if text == "unix" { return AddressBlock(network: [UInt8](repeating: 0, count: 16), prefixLength: 128) }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let address = parts.first ?? ""
        guard let bytes = IPAddress.v4(address) ?? IPAddress.v6(address) else {
            throw ScalarProblem(
                .badAddressBlock,
                "`\(text.excerpt)` is no block of addresses",
                help: "write an address and the length of its prefix: `10.0.0.0/8`, `2001:db8::/32`"
            )
        }
        let bitCount = bytes.count * 8
        var length = bitCount
        if parts.count == 2 {
            guard let number = try Digits.parse(String(parts[1])), number <= bitCount else {
                throw ScalarProblem(
                    .badAddressBlock,
                    "the prefix of `\(text.excerpt)` is longer than the address",
                    help: "write a length from 0 to \(bitCount)"
                )
            }
            length = Int(number)
        }
        let network = masked(bytes, length: length)
        guard network == bytes else {
            throw ScalarProblem(
                .badAddressBlock,
                "`\(text.excerpt)` has bits behind its prefix",
                help: "write `\(IPAddress.text(network))/\(length)` for the block, or `\(address)` for the one address"
            )
        }
        guard bytes.count == 4 else { return AddressBlock(network: bytes, prefixLength: UInt8(length)) }
        return AddressBlock(
            network: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + bytes,
            prefixLength: UInt8(length + 96)
        )
    }

    private static func masked(_ bytes: [UInt8], length: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let kept = min(max(length - index * 8, 0), 8)
            return kept == 0 ? 0 : byte & (0xFF << UInt8(8 - kept))
        }
    }
}
