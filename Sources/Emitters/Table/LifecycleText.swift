internal import GatewayIR
internal import GatewayTable

/// What answers say about a version's end, rendered at build: the gateway copies bytes.
enum LifecycleText {
    /// Whole header lines: `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and one `Link` per relation. Empty for a
    /// version that has neither date.
    static func headerLines(_ version: Version) -> String {
        let lifecycle = version.lifecycle
        var lines = ""
        if let deprecated = lifecycle.deprecated { lines += "Deprecation: @\(deprecated)\r\n" }
        if let sunset = lifecycle.sunset { lines += "Sunset: \(CalendarTime(sunset).imfFixdate)\r\n" }
        guard !lines.isEmpty else { return "" }
        if let docs = version.docs {
            if lifecycle.deprecated != nil { lines += link(docs, relation: "deprecation", type: "text/html") }
            if lifecycle.sunset != nil { lines += link(docs, relation: "sunset", type: "text/html") }
        }
        if let successor = version.successorLink { lines += link(successor, relation: "successor-version") }
        return lines
    }

    /// Whether answers of a version ever say anything of its end or its selector.
    static func speaks(_ version: Version, of gateway: Gateway) -> Bool {
        let lifecycle = version.lifecycle
        return lifecycle.deprecated != nil || lifecycle.sunset != nil
            || !varyLine(gateway.apis[version.api].selector).isEmpty
    }

    /// The problem+json body (RFC 9457) of 410. Empty for a version that has no sunset.
    static func goneBody(_ version: Version, of api: API) -> String {
        guard let sunset = version.lifecycle.sunset else { return "" }
        let instant = CalendarTime(sunset).rfc3339
        var members = [
            ("type", JSONText.quoted("urn:apic:problem:version-sunset")),
            ("title", JSONText.quoted("Version sunset")),
            ("status", "410"),
            ("detail", JSONText.quoted("Version \(version.name) of \(api.name) was sunset at \(instant).")),
            ("refused_by", JSONText.quoted("lifecycle")),
            ("api", JSONText.quoted(api.name)),
            ("version", JSONText.quoted(version.name)),
            ("sunset", JSONText.quoted(instant)),
        ]
        if let successor = version.successorLink { members.append(("successor", JSONText.quoted(successor))) }
        if let docs = version.docs { members.append(("docs", JSONText.quoted(docs))) }
        return JSONText.object(members) + "\n"
    }

    /// What caches have to tell answers of an API apart by: a whole header line, or nothing.
    static func varyLine(_ selector: VersionSelector) -> String {
        switch selector {
        case .path, .host, .query: ""
        case .header(let name): "Vary: \(name)\r\n"
        case .mediaType: "Vary: Accept\r\n"
        }
    }

    private static func link(_ target: String, relation: String, type: String? = nil) -> String {
        let attribute = type.map { "; type=\"\($0)\"" } ?? ""
        return "Link: <\(escaped(target))>; rel=\"\(relation)\"\(attribute)\r\n"
    }

    /// A URI reference as a header field can hold it: what RFC 3986 does not allow in one is percent-encoded.
    private static func escaped(_ reference: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in reference.utf8 {
            let isAllowed = byte > 0x20 && byte < 0x7F && !"\"<>\\^`{|}".utf8.contains(byte)
            bytes += isAllowed ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
