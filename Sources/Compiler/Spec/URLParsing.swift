/// Where a target is: `http://orders-a:8080` taken apart.
struct TargetAddress: Equatable, Sendable {
    /// DNS name or address literal, IPv6 without brackets; or the path of a Unix socket, whose port is 0.
    var host: String
    var port: UInt16
    /// `https`.
    var isSecure = false
    /// The host is the name of a service, whose servers SRV records tell; the port is 0.
    var isService = false
}

extension ScalarType where Value == TargetAddress {
    static let target = ScalarType("a URL such as `http://orders:8080`") { text throws(ScalarProblem) in
        guard !text.isEmpty else {
            throw ScalarProblem(.emptyContent, "the URL of the target is empty", help: "write `http://host:port`")
        }
        if let path = UnixPath.prefixed(text) {
            return TargetAddress(host: try UnixPath.parse(path, .badTarget), port: 0)
        }
        guard let scheme = text.firstRange(of: "://") else {
            throw problem(text, "it has no scheme", "write `http://\(text.excerpt)`")
        }
        let isSecure: Bool
        var isService = false
        switch text[..<scheme.lowerBound].lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        case "http+srv": (isSecure, isService) = (false, true)
        case "https+srv": (isSecure, isService) = (true, true)
        default: throw problem(text, "only `http` and `https` are spoken to upstreams", "write `http://host:port`")
        }
        var rest = text[scheme.upperBound...]
        if let end = rest.firstIndex(where: { "/?#".contains($0) }) {
            guard rest[end...] == "/" else {
                throw problem(
                    text,
                    "it has a path",
                    "write `http://\(String(rest[..<end]).excerpt)`; `rewrite` of a route changes the path"
                )
            }
            rest = rest[..<end]
        }
        guard !rest.contains("@") else {
            throw ScalarProblem(
                .badTarget,
                "the URL of a target holds a user or a password, which are not sent",
                help: "write `http://host:port`; send credentials with `request-headers`"
            )
        }
        if isService { try checkService(rest, of: text) }
        var address = try parse(authority: rest, of: text, defaultPort: isService ? 0 : isSecure ? 443 : 80)
        address.isSecure = isSecure
        address.isService = isService
        return address
    }

    /// The name alone: ports are what the records tell.
    private static func checkService(_ name: Substring, of text: String) throws(ScalarProblem) {
        guard !name.contains(":"), !name.hasPrefix("["), IPAddress.v4(name) == nil else {
            throw problem(
                text,
                "SRV records tell the ports of a service",
                "write the name alone: `http+srv://_http._tcp.orders.internal`"
            )
        }
    }

    /// The host and port of a URL.
    static func parse(
        authority: Substring,
        of text: String,
        defaultPort: UInt16
    ) throws(ScalarProblem) -> TargetAddress {
        var host = authority
        var port = defaultPort
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else {
                throw problem(text, "a bracket is not closed", "write `http://[::1]:8080`")
            }
            host = authority[authority.index(after: authority.startIndex)..<close]
            guard !host.contains("%") else {
                throw problem(text, "an address of one link (`%`) is not spoken to", "write an address without `%`")
            }
            guard let bytes = IPAddress.v6(host) else {
                throw problem(text, "there is no IPv6 address in the brackets", "write `http://[::1]:8080`")
            }
            let behind = authority[authority.index(after: close)...]
            if !behind.isEmpty {
                guard behind.hasPrefix(":") else {
                    throw problem(text, "behind `]` stands no port", "write `http://[::1]:8080`")
                }
                port = try ScalarType<UInt16>.port.parse(String(behind.dropFirst()))
            }
            return TargetAddress(host: IPAddress.text(bytes), port: port)
        }
        if let colon = authority.firstIndex(of: ":") {
            let portText = authority[authority.index(after: colon)...]
            guard !portText.contains(":") else {
                throw problem(text, "an IPv6 address stands in brackets", "write `http://[::1]:8080`")
            }
            host = authority[..<colon]
            port = try ScalarType<UInt16>.port.parse(String(portText))
        }
        guard !host.isEmpty else { throw problem(text, "it names no host", "write `http://host:port`") }
        guard isHost(host) else {
            throw problem(
                text,
                "`\(String(host).excerpt)` is no host",
                "write a DNS name or an address: `http://orders:8080`"
            )
        }
        return TargetAddress(host: host.lowercased(), port: port)
    }

    /// A DNS name (RFC 1123 section 2.1, with `_` as container networks have it) or an IPv4 literal.
    private static func isHost(_ host: Substring) -> Bool {
        if IPAddress.v4(host) != nil { return true }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard !host.isEmpty, host.utf8.count <= 253, let last = labels.last else { return false }
        // All digits at the end would be read as a mistyped address.
        guard !last.utf8.allSatisfy(Digits.isDigit) else { return false }
        return labels.allSatisfy { label in
            guard (1...63).contains(label.utf8.count), label.utf8.first != UInt8(ascii: "-"),
                label.utf8.last != UInt8(ascii: "-")
            else { return false }
            return label.utf8.allSatisfy {
                Digits.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
        }
    }

    private static func problem(_ text: String, _ reason: String, _ help: String) -> ScalarProblem {
        ScalarProblem(.badTarget, "`\(text.excerpt)` is no URL of a server: \(reason)", help: help)
    }
}

extension ScalarType where Value == String {
    /// An absolute URL that can stand in a `Link` header: the characters of RFC 3986 section 2 only.
    static let webURL = ScalarType("a URL such as `https://developer.example.com/`") { text throws(ScalarProblem) in
        let lower = text.lowercased()
        guard lower.hasPrefix("https://") || lower.hasPrefix("http://") else {
            let help = text.contains("://") || text.isEmpty ? "write `https://…`" : "write `https://\(text.excerpt)`"
            throw ScalarProblem(.badURL, "`\(text.excerpt)` is no absolute web URL", help: help)
        }
        let allowed = Set("-._~:/?#[]@!$&'()*+,;=%".utf8)
        if let bad = text.unicodeScalars.first(where: { scalar in
            !scalar.isASCII || !(Digits.isLetterOrDigit(UInt8(scalar.value)) || allowed.contains(UInt8(scalar.value)))
        }) {
            let shown = bad == " " ? "a space" : "`\(String(bad).excerpt)`"
            throw ScalarProblem(
                .badURL,
                "the URL contains \(shown), which URLs cannot have",
                help: "percent-encode it: `\(encoded(bad))`"
            )
        }
        let authority = text[text.index(after: text.firstRange(of: "//")?.lowerBound ?? text.startIndex)...].dropFirst()
        guard let first = authority.first, !"/?#:".contains(first) else {
            throw ScalarProblem(.badURL, "the URL `\(text.excerpt)` names no host", help: "write `https://host/path`")
        }
        guard text.utf8.count <= 2048 else {
            throw ScalarProblem(
                .badText,
                "the URL has \(text.utf8.count) bytes, and 2048 are the most",
                help: "shorten it"
            )
        }
        return text
    }

    private static func encoded(_ scalar: Unicode.Scalar) -> String {
        String(scalar).utf8.map { byte in
            let hex = String(byte, radix: 16, uppercase: true)
            return "%" + (hex.utf8.count == 1 ? "0" : "") + hex
        }.joined()
    }
}
