internal import GatewayIR

/// Parses hosts: `api.example.com`, `*.example.com`, `*`.
enum HostPatternParser {
    static let byteCountMax = 253
    static let labelByteCountMax = 63
    private static let labelCharacters = ByteSet.digits.union(of: "abcdefghijklmnopqrstuvwxyz-_")

    static func parse(_ text: String) throws(PatternFault) -> HostPattern {
        let bytes = Array(text.utf8)
        let whole = 0..<bytes.count
        guard !bytes.isEmpty else { throw .hostEmpty(at: whole) }
        if text == "*" { return .any }
        guard bytes.allSatisfy({ $0 < 0x80 }) else { throw .hostNotASCII(text, at: whole) }
        if let scheme = text.firstRange(of: "://") {
            throw .hostWithScheme(String(text[scheme.upperBound...]), at: whole)
        }
        if bytes.contains(UInt8(ascii: "[")) { throw .hostIsIPv6(at: whole) }
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            throw .hostWithPort(String(decoding: bytes[..<colon], as: UTF8.self), at: colon..<bytes.count)
        }
        if let slash = bytes.firstIndex(of: UInt8(ascii: "/")) { throw .hostWithPath(at: slash..<bytes.count) }
        guard bytes.count <= byteCountMax else { throw .hostTooLong(at: whole) }
        let lowered = bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        let isWildcard = lowered.starts(with: "*.".utf8)
        try checkLabels(lowered, from: isWildcard ? 2 : 0)
        return isWildcard
            ? .wildcard(suffix: String(decoding: lowered[2...], as: UTF8.self))
            : .exact(String(decoding: lowered, as: UTF8.self))
    }

    private static func checkLabels(_ bytes: [UInt8], from start: Int) throws(PatternFault) {
        var position = start
        for label in bytes[start...].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            let range = position..<position + label.count
            position += label.count + 1
            if label.isEmpty {
                guard range.lowerBound < bytes.count else { throw .hostEndsWithDot(at: bytes.count - 1..<bytes.count) }
                throw .hostLabelEmpty(at: range.lowerBound..<range.lowerBound + 1)
            }
            if let star = label.firstIndex(of: UInt8(ascii: "*")) { throw .hostStarInside(at: star..<star + 1) }
            if let other = label.firstIndex(where: { !labelCharacters.contains($0) }) {
                throw .hostByte(bytes[other], at: other..<other + 1)
            }
            guard label.count <= labelByteCountMax, label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-")
            else {
                throw .hostLabel(at: range)
            }
        }
    }
}

extension PatternFault {
    static func hostEmpty(at range: Range<Int>) -> PatternFault {
        PatternFault(.hostPattern, "a host is not empty", at: range, help: "leave `host` out to take every host")
    }

    static func hostNotASCII(_ text: String, at range: Range<Int>) -> PatternFault {
        let labels = text.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        let ascii = labels.map { Punycode.aLabel(String($0)) }.joined(separator: ".")
        return PatternFault(
            .hostPattern,
            "clients send a host in ASCII, as A-labels",
            at: range,
            help: "write `\(ascii)`"
        )
    }

    static func hostWithScheme(_ rest: String, at range: Range<Int>) -> PatternFault {
        PatternFault(
            .hostPattern,
            "a host is a name, not a URL",
            at: range,
            help: "write only the name, such as `\(rest)`"
        )
    }

    static func hostIsIPv6(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .hostPattern,
            "a host is a DNS name or an IPv4 address",
            at: range,
            help: "leave `host` out to take requests by address"
        )
    }

    static func hostWithPort(_ name: String, at range: Range<Int>) -> PatternFault {
        PatternFault(
            .hostPattern,
            "a host is matched without its port",
            at: range,
            help: "write `\(name)`; ports are set by `listen`"
        )
    }

    static func hostWithPath(at range: Range<Int>) -> PatternFault {
        PatternFault(.hostPattern, "a host has no path", at: range, help: "move it to `path`")
    }

    static func hostTooLong(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .hostPattern,
            "a DNS name has at most \(HostPatternParser.byteCountMax) characters",
            at: range,
            help: "use `*.` and a suffix of it"
        )
    }

    static func hostEndsWithDot(at range: Range<Int>) -> PatternFault {
        PatternFault(.hostPattern, "a host is written without the dot of the root", at: range, help: "delete it")
    }

    static func hostLabelEmpty(at range: Range<Int>) -> PatternFault {
        PatternFault(.hostPattern, "a label of the host is empty", at: range, help: "delete one of the dots")
    }

    static func hostStarInside(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .hostPattern,
            "`*` stands for whole labels, and only at the beginning",
            at: range,
            help: "write `*.example.com`, or list the hosts"
        )
    }

    static func hostByte(_ byte: UInt8, at range: Range<Int>) -> PatternFault {
        let shown = byte > 0x20 && byte < 0x7F ? "`\(Character(UnicodeScalar(byte)))`" : "this"
        return PatternFault(
            .hostPattern,
            "\(shown) does not stand in a DNS name",
            at: range,
            help: "use letters, digits, `-` and dots"
        )
    }

    static func hostLabel(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .hostPattern,
            "a label has 1 to 63 characters and neither begins nor ends with `-`",
            at: range,
            help: "correct the name"
        )
    }
}
