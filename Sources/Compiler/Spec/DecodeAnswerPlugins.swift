internal import GatewayIR

extension SpecDecoder {
    mutating func compress(_ fields: Fields) -> CompressSettings {
        var settings = CompressSettings()
        if let level = scalar(fields["level"], .number(UInt8(1)...9)) { settings.level = level.value }
        let sizes = UInt64(0)...1 << 30
        if let size = scalar(fields["min-size"], .size(sizes, shown: "up to 1GiB")) {
            settings.sizeMin = UInt32(size.value)
        }
        guard let field = fields["types"] else { return settings }
        let types = distinct(list(field, of: "media types", .mediaType, isNeeded: true), "media types") { $0 }
        if types.count > 64 {
            report(
                Diagnostic(
                    .outOfRange,
                    "these are \(types.count) media types, and 64 is the most",
                    at: field.keySpan,
                    help: "write `text/*` or `application/*+json` for many of them"
                )
            )
        }
        settings.types = types.map(\.value).sorted()
        return settings
    }
}

extension ScalarType where Value == String {
    /// In lower case; the subtype may begin with `*`.
    fileprivate static let mediaType = ScalarType("a media type such as `application/json`") {
        text throws(ScalarProblem) in
        let value = text.lowercased()
        let parts = value.split(separator: "/", omittingEmptySubsequences: false)
        let isWhole = parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty && value.utf8.count <= 127
        let marks = Set("!#$&-^_.+".utf8)
        let isName = { (name: Substring) in
            name.utf8.allSatisfy { Digits.isLetterOrDigit($0) || marks.contains($0) }
        }
        guard isWhole, isName(parts[0]), isName(parts[1].hasPrefix("*") ? parts[1].dropFirst() : parts[1]) else {
            throw ScalarProblem(
                .badMediaType,
                "`\(text.excerpt)` is no media type",
                help: "write a type and a subtype: `application/json`, `text/*` or `application/*+json`"
            )
        }
        return value
    }
}
