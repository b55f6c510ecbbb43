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
        // A table has thousands of them: one text that grows, and no list of parts.
        var text = #"{"type":"urn:apic:problem:version-sunset","title":"Version sunset","status":410,"detail":"#
        text += JSONText.quoted("Version \(version.name) of \(api.name) was sunset at \(instant).")
        text += #","refused_by":"lifecycle""#
        func add(_ name: String, _ value: String) {
            text += name
            text += JSONText.quoted(value)
        }
        add(#","api":"#, api.name)
        add(#","version":"#, version.name)
        add(#","sunset":"#, instant)
        if let successor = version.successorLink { add(#","successor":"#, successor) }
        if let docs = version.docs { add(#","docs":"#, docs) }
        return text + "}\n"
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
        guard !reference.utf8.allSatisfy(isAllowed) else { return reference }
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in reference.utf8 {
            bytes += isAllowed(byte) ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"), UInt8(ascii: "^"),
            UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
            false
        default: byte > 0x20 && byte < 0x7F
        }
    }
}
