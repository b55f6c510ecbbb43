internal import GatewayIR

extension SpecDecoder {
    mutating func ipRestriction(_ fields: Fields) -> IPRestrictionSettings? {
        let allow = list(fields["allow"], of: "blocks of addresses", .addressBlock, isNeeded: true)
        let deny = list(fields["deny"], of: "blocks of addresses", .addressBlock, isNeeded: true)
        guard fields.keyNode("allow") != nil || fields.keyNode("deny") != nil else {
            report(
                Diagnostic(
                    .oneKeyNeeded,
                    "`ip-restriction` needs `allow` or `deny`",
                    at: span(fields.node),
                    help: "add `\(fields.schema.keys[0].example)`"
                )
            )
            return nil
        }
        let settings = IPRestrictionSettings(allow: allow.map(\.value), deny: deny.map(\.value))
        if let field = fields["allow"], !allow.isEmpty, settings.addresses.isEmpty {
            report(
                Diagnostic(
                    .nobodyLeft,
                    "whatever is allowed here is denied, too",
                    at: span(field.node),
                    related: fields["deny"].map { [.init(span($0.node), "denied here")] } ?? [],
                    help: "allow more than you deny; `respond` answers everybody alike"
                )
            )
        }
        return allow.isEmpty && deny.isEmpty ? nil : settings
    }

    mutating func cors(_ fields: Fields) -> CORSSettings? {
        guard let field = fields["origins"] else { return nil }
        var settings = CORSSettings()
        let origins = oneOrMore(field, of: "origins", .origin)
        settings.origins = distinct(origins, "origins") { $0 }.map(\.value)
        guard !settings.origins.isEmpty else { return nil }
        let isForAll = settings.origins.contains("*")
        if isForAll {
            if let extra = origins.first(where: { $0.value != "*" }) { reportIdleOrigin(extra) }
            settings.origins = []
        }
        let methods = list(fields["methods"], of: "methods", .method, isNeeded: true)
        settings.methods = distinct(methods, "methods") { $0 }.map(\.value)
        settings.headers = headerNames(fields["headers"])
        settings.exposes = headerNames(fields["expose"])
        if let credentials = scalar(fields["allow-credentials"], .boolean) {
            settings.takesCredentials = credentials.value
            if credentials.value, isForAll {
                report(
                    Diagnostic(
                        .corsForAllWithCredentials,
                        "pages of every origin may not send credentials",
                        at: credentials.span,
                        related: [.init(span(field.node), "every origin is named here")],
                        help: "list the origins, or delete `allow-credentials`"
                    )
                )
            }
        }
        if let maxAge = scalar(fields["max-age"], .seconds) {
            settings.maxAgeSeconds = UInt32(min(maxAge.value, Int64(UInt32.max)))
        }
        if let opens = scalar(fields["private-network"], .boolean) { settings.opensPrivateNetwork = opens.value }
        return settings
    }

    private mutating func reportIdleOrigin(_ origin: Spanned<String>) {
        report(
            Diagnostic(
                .listedTwice,
                "`*` stands for `\(origin.value)`, too",
                at: origin.span,
                help: "delete `*`, or everything else"
            )
        )
    }

    private mutating func headerNames(_ field: Field?) -> [String] {
        distinct(list(field, of: "header names", .headerName, isNeeded: true), "header names") { $0.lowercased() }
            .map(\.value)
    }

    mutating func redirect(_ fields: Fields) -> RedirectSpec? {
        let status = scalar(fields["status"], .redirectStatus)
        let keepsQuery = scalar(fields["query"], .boolean)
        guard let location = scalar(fields["to"], .pattern("a URL or a path")) else { return nil }
        return RedirectSpec(location: location, status: status, keepsQuery: keepsQuery)
    }

    /// - Parameter fields: `nil` where only the plugin's name stands.
    mutating func securityHeaders(_ fields: Fields?) -> SecurityHeadersSettings {
        var edits = HeaderEdits(remove: SecurityHeaderField.removed)
        var strictTransport: String?
        for field in SecurityHeaderField.allCases {
            var value = field.defaultValue
            if let written = fields?[field.keyName] {
                value = scalar(written, .headerValue).flatMap { $0.value == "off" ? nil : $0.value }
            }
            guard let value else { continue }
            if field == .strictTransportSecurity {
                strictTransport = value
            } else {
                edits.set.append(HeaderField(name: field.rawValue, value: TextTemplate(value)))
            }
        }
        if let field = fields?["remove"] {
            let names = list(field, of: "header names", .editableHeaderName)
            edits.remove = distinct(names, "header names") { $0.lowercased() }.map(\.value)
        }
        edits.remove.sort()
        edits.set.sort { $0.name < $1.name }
        return SecurityHeadersSettings(edits: edits, strictTransport: strictTransport)
    }
}

extension ScalarType where Value == String {
    /// `*`, `https://app.example.com`, `https://*.example.com`, `http://localhost:3000`: as browsers write origins
    /// (RFC 6454 section 6.2), in lower case and without the scheme's own port.
    fileprivate static let origin = ScalarType("an origin such as `https://app.example.com`, or `\"*\"`") {
        text throws(ScalarProblem) in
        if text == "*" { return text }
        let lowered = text.lowercased()
        let schemes = ["https://", "http://"]
        guard let scheme = schemes.first(where: { lowered.hasPrefix($0) }) else {
            let help = "write scheme and host: `https://\(text == "null" ? "app.example.com" : text.excerpt)`"
            throw ScalarProblem(.badOrigin, "`\(text.excerpt)` is no origin of pages", help: help)
        }
        var host = lowered.dropFirst(scheme.utf8.count)
        let isWild = host.hasPrefix("*.")
        if isWild { host = host.dropFirst(2) }
        guard !host.contains("/"), let address = try? ScalarType<TargetAddress>.target.parse(scheme + host),
            !isWild || host.contains(where: \.isLetter)
        else {
            throw ScalarProblem(
                .badOrigin,
                "`\(text.excerpt)` is no origin of pages",
                help: "write scheme, host and, where it is not the usual one, port: `https://app.example.com`, "
                    + "`https://*.example.com`, `http://localhost:3000`"
            )
        }
        let name = address.host.contains(":") ? "[\(address.host)]" : address.host
        let port = address.port == (address.isSecure ? 443 : 80) ? "" : ":\(address.port)"
        return scheme + (isWild ? "*." : "") + name + port
    }

    /// A method as it stands in a request line.
    static let method = ScalarType("a method such as `GET`") { text throws(ScalarProblem) in
        guard FieldRules.isToken(text), text.utf8.count <= 32, text == text.uppercased() else {
            let help = "write `\(text.uppercased().excerpt)`"
            throw ScalarProblem(.badWord, "`\(text.excerpt)` is no method", help: help)
        }
        return text
    }
}

extension ScalarType where Value == UInt16 {
    fileprivate static let redirectStatus = ScalarType("301, 302, 303, 307 or 308") { text throws(ScalarProblem) in
        guard let status = UInt16(text), [301, 302, 303, 307, 308].contains(status) else {
            throw Words.problem(text, among: ["301", "302", "303", "307", "308"])
        }
        return status
    }
}
