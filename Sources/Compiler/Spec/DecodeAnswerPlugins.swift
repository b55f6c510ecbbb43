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

    mutating func responseCache(_ fields: Fields) -> ResponseCacheSettings? {
        var settings = ResponseCacheSettings()
        let sizes = UInt64(64) << 10...UInt64(64) << 30
        let all = scalar(fields["max-size"], .size(sizes, shown: "from 64KiB to 64GiB"))
        let one = scalar(fields["max-object"], .size(1...1 << 30, shown: "from 1B to 1GiB"))
        if let all { settings.sizeMax = all.value & ~1023 }
        if let one { settings.bodySizeMax = UInt32(one.value) }
        if let lifetime = scalar(fields["default-ttl"], .cacheLifetime) { settings.defaultLifetime = lifetime.value }
        if let seconds = scalar(fields["stale-while-revalidate"], .cacheLifetime) {
            settings.staleMeanwhile = seconds.value
        }
        if let seconds = scalar(fields["stale-if-error"], .cacheLifetime) { settings.staleIfError = seconds.value }
        if one == nil {
            settings.bodySizeMax = UInt32(min(UInt64(settings.bodySizeMax), settings.sizeMax))
        } else if let one, one.value > settings.sizeMax {
            report(
                Diagnostic(
                    .outOfRange,
                    "one answer may be larger here than all of them together, `max-size`",
                    at: one.span,
                    help: "write a `max-object` below `max-size`"
                )
            )
            return nil
        }
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

extension ScalarType where Value == UInt32 {
    /// Whole seconds.
    fileprivate static let cacheLifetime = ScalarType(ScalarType<Milliseconds>.duration().noun) {
        text throws(ScalarProblem) in
        let value = try ScalarType<Milliseconds>.duration().parse(text)
        guard value >= 1000, value <= 30 * 86_400_000, value.isMultiple(of: 1000) else {
            throw ScalarProblem(
                .outOfRange,
                "the time `\(text.excerpt)` is not one of whole seconds from `1s` to `30d`",
                help: "write a time from `1s` to `30d`"
            )
        }
        return UInt32(value / 1000)
    }
}
