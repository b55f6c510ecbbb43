internal import GatewayIR

extension SpecDecoder {
    mutating func policy(_ name: Spanned<String>, _ node: NodeIndex) -> [PluginUse]? {
        guard tree[node].kind == .list else {
            reportType(node, expected: "a list of plugins", example: "\(name.value): [ key-auth ]")
            markIncomplete("plugins")
            return []
        }
        return plugins(tree.items(of: node).map { $0 })
    }

    /// A list of plugins.
    mutating func plugins(_ field: Field?) -> [PluginUse] { plugins(items(field, of: "plugins")) }

    private mutating func plugins(_ items: [NodeIndex]) -> [PluginUse] {
        var uses: [PluginUse] = []
        for item in items {
            guard let use = plugin(item) else {
                markIncomplete("plugins")
                continue
            }
            if let first = uses.first(where: { $0.name.value == use.name.value }) {
                report(
                    Diagnostic(
                        .listedTwice,
                        "`\(use.name.value)` is set twice in one list",
                        at: use.name.span,
                        related: [.init(first.name.span, "it is here first")],
                        help: "merge the two into one: settings are replaced whole, never merged"
                    )
                )
                continue
            }
            uses.append(use)
        }
        return uses
    }

    /// `- key-auth`, or `- acl: { allow: [partners] }` with or without `sealed: true`.
    private mutating func plugin(_ item: NodeIndex) -> PluginUse? {
        guard tree[item].kind == .map else {
            guard let name = scalar(item, .pluginName, example: "- key-auth"), let kind = kind(name) else { return nil }
            return setting(kind, name, nil).map { PluginUse(name: name, setting: $0, span: name.span) }
        }
        guard let (name, value, sealed) = pluginEntry(item), let kind = kind(name) else { return nil }
        return setting(kind, name, value).map {
            PluginUse(name: name, setting: $0, isSealed: sealed, span: span(item))
        }
    }

    /// The one entry of an item that names a plugin.
    private mutating func pluginEntry(_ item: NodeIndex) -> (Spanned<String>, NodeIndex, sealed: Bool)? {
        var plugin: (Spanned<String>, NodeIndex)?
        var sealed = false
        for (key, value) in tree.entries(of: item) {
            let name = Spanned(tree.text(of: key), span(key))
            if name.value == "sealed" {
                sealed = scalar(value, .boolean)?.value ?? false
            } else if let first = plugin?.0 {
                reportSecondKey(name, first: first)
            } else {
                plugin = (name, value)
            }
        }
        guard let plugin else {
            report(
                Diagnostic(
                    .pluginItem,
                    "this item names no plugin",
                    at: span(item),
                    help: "write `- key-auth`, or `- acl: { allow: [partners] }`"
                )
            )
            return nil
        }
        return (plugin.0, plugin.1, sealed)
    }

    private mutating func reportSecondKey(_ name: Spanned<String>, first: Spanned<String>) {
        let isPlugin = PluginSchema.names.contains(name.value) || PluginSchema.later.contains(name.value)
        let isSetting =
            PluginKind(named: first.value).map { PluginSchema.schema(of: $0).supportedNames.contains(name.value) }
            ?? false
        let help =
            isPlugin
            ? "begin a new item: `- \(name.value): …`"
            : isSetting ? "indent it below `\(first.value)`" : "beside a plugin only `sealed: true` may stand"
        report(
            Diagnostic(
                .pluginItem,
                "`\(name.value.excerpt)` stands in the item of `\(first.value.excerpt)`",
                at: name.span,
                related: [.init(first.span, "the item's plugin")],
                help: help
            )
        )
    }

    private mutating func kind(_ name: Spanned<String>) -> PluginKind? {
        if let kind = PluginKind(named: name.value) { return kind }
        if PluginSchema.later.contains(name.value) {
            report(
                Diagnostic(
                    .notYetSupported,
                    "the plugin `\(name.value)` is not supported by this version of apic yet",
                    at: name.span,
                    help: "leave it out"
                )
            )
            return nil
        }
        let suggestion =
            PluginSchema.foreignNames[name.value.lowercased()]
            ?? Spelling.suggestion(for: name.value, among: PluginSchema.names)
        report(
            Diagnostic(
                .unknownPlugin,
                "there is no plugin `\(name.value.excerpt)`",
                at: name.span,
                notes: ["plugins: " + PluginSchema.names.map { "`\($0)`" }.joined(separator: ", ")],
                help: suggestion.map { "did you mean `\($0)`?" } ?? "delete it, or write one of these"
            )
        )
        return nil
    }

    // MARK: Settings

    private mutating func setting(
        _ kind: PluginKind,
        _ name: Spanned<String>,
        _ value: NodeIndex?
    ) -> PluginUse.Setting? {
        let schema = PluginSchema.schema(of: kind)
        guard let value, !tree.isNull(value) else { return defaultSetting(kind, name, schema) }
        if tree[value].kind == .scalar { return scalarSetting(name, value, schema) }
        guard let fields = fields(value, schema) else { return nil }
        switch kind {
        case .requestID: return .requestID(requestID(fields))
        case .traceContext: return .traceContext(traceContext(fields))
        case .ipRestriction: return ipRestriction(fields).map { .ipRestriction($0) }
        case .botDetection: return botDetection(fields).map { .botDetection($0) }
        case .cors: return cors(fields).map { .cors($0) }
        case .requestSizeLimit:
            return scalar(fields["body"], .size).map {
                .requestSizeLimit(RequestSizeLimitSettings(bodyBytesMax: $0.value))
            }
        case .mtlsAuth: return .mtlsAuth
        case .keyAuth: return .keyAuth(keyAuth(fields))
        case .basicAuth: return .basicAuth(basicAuth(fields))
        case .hmacAuth: return hmacAuth(fields).map { .hmacAuth($0) }
        case .jwt: return jwt(fields).map { .jwt($0) }
        case .oauth2Introspection: return introspection(fields).map { .oauth2Introspection($0) }
        case .authentication: return authentication(fields).map { .authentication($0) }
        case .acl: return acl(fields)
        case .forwardAuth: return forwardAuth(fields).map { .forwardAuth($0) }
        case .concurrencyLimit: return concurrencyLimit(fields).map { .concurrencyLimit($0) }
        case .rateLimit: return rateLimit(fields).map { .rateLimit($0) }
        case .fault: return fault(fields).map { .fault($0) }
        case .requestHeaders: return headerEdits(fields).map { .requestHeaders($0) }
        case .canary: return canary(fields).map { .canary($0) }
        case .mirror: return mirror(fields).map { .mirror($0) }
        case .requestQuery: return queryEdits(fields).map { .requestQuery($0) }
        case .requestBody: return bodyEdits(fields).map { .requestBody($0) }
        case .redirect: return redirect(fields).map { .redirect($0) }
        case .respond: return .respond(respond(fields))
        case .responseHeaders: return headerEdits(fields).map { .responseHeaders($0) }
        case .securityHeaders: return .securityHeaders(securityHeaders(fields))
        case .compress: return .compress(compress(fields))
        case .responseCache: return responseCache(fields).map { .responseCache($0) }
        }
    }

    /// `- key-auth`, `key-auth:` or `key-auth: {}`.
    private mutating func defaultSetting(
        _ kind: PluginKind,
        _ name: Spanned<String>,
        _ schema: SchemaMap
    ) -> PluginUse.Setting? {
        switch kind {
        case .mtlsAuth: return .mtlsAuth
        case .keyAuth: return .keyAuth(KeyAuthSettings())
        case .basicAuth: return .basicAuth(BasicAuthSettings())
        case .hmacAuth: return .hmacAuth(SignatureSettings())
        case .requestID: return .requestID(RequestIDSettings())
        case .traceContext: return .traceContext(TraceContextSettings())
        case .securityHeaders: return .securityHeaders(securityHeaders(nil))
        case .compress: return .compress(CompressSettings())
        case .responseCache: return .responseCache(ResponseCacheSettings())
        case .ipRestriction, .cors, .requestSizeLimit, .jwt, .oauth2Introspection, .authentication, .acl, .forwardAuth,
            .concurrencyLimit, .rateLimit, .fault, .requestHeaders, .canary, .mirror, .redirect, .respond,
            .responseHeaders, .botDetection, .requestQuery, .requestBody:
            report(
                Diagnostic(
                    .settingsNeeded,
                    "`\(name.value)` needs settings",
                    at: name.span,
                    help: "write `- \(name.value): { \(schema.keys[0].example) }`"
                )
            )
            return nil
        }
    }

    /// `rate-limit: off`.
    private mutating func scalarSetting(
        _ name: Spanned<String>,
        _ value: NodeIndex,
        _ schema: SchemaMap
    ) -> PluginUse.Setting? {
        guard let text = text(value, expected: "`off` or a map of settings") else { return nil }
        if text == "off" { return .off }
        report(
            Diagnostic(
                .wrongType,
                "`\(name.value)` takes a map of settings or `off`, and this is `\(text.excerpt)`",
                at: span(value),
                help: scalarSettingHelp(name.value, text, schema)
            )
        )
        return nil
    }

    private func scalarSettingHelp(_ name: String, _ text: String, _ schema: SchemaMap) -> String {
        guard let key = schema.keys.first else { return "write `- \(name)` alone, or `\(name): off`" }
        switch text {
        case "false", "no", "none", "Off", "OFF", "disabled": return "write `\(name): off`"
        case "true", "yes", "on", "enabled": return "write `- \(name)` alone, or give it settings: `{ \(key.example) }`"
        default: break
        }
        let isQuantity = text.utf8.first.map(Digits.isDigit) ?? false
        let takesQuantity = ["limit", "body"].contains(key.name) && schema.path != "respond"
        return "write `\(name): { \(isQuantity && takesQuantity ? "\(key.name): \(text.excerpt)" : key.example) }`"
    }

    private mutating func requestID(_ fields: Fields) -> RequestIDSettings {
        var settings = RequestIDSettings()
        if let header = scalar(fields["header"], .editableHeaderName) { settings.header = header.value }
        if let accept = scalar(fields["accept"], .requestIDAcceptance) { settings.accept = accept.value }
        if let echo = scalar(fields["echo"], .boolean) { settings.echo = echo.value }
        return settings
    }

    private mutating func traceContext(_ fields: Fields) -> TraceContextSettings {
        var settings = TraceContextSettings()
        if let accept = scalar(fields["accept"], .requestIDAcceptance) { settings.accept = accept.value }
        if let share = scalar(fields["sample"], .sampledShare) { settings.samplePerMillion = share.value }
        return settings
    }

    private mutating func acl(_ fields: Fields) -> PluginUse.Setting? {
        let claimKey = fields.keyNode("scopes") == nil && fields.keyNode("claims") != nil ? "claims" : "scopes"
        guard exactlyOne(fields, ["allow", "deny", claimKey]) != nil else { return nil }
        let allow = names(fields["allow"], of: "groups", .personName, isNeeded: true)
        let deny = names(fields["deny"], of: "groups", .personName, isNeeded: true)
        let claims = aclClaims(fields)
        guard [allow.isEmpty, deny.isEmpty, claims.isEmpty].count(where: { !$0 }) == 1 else { return nil }
        return .acl(allow: allow, deny: deny, claims: claims)
    }

    // MARK: Header fields and answers

    private mutating func headerEdits(_ fields: Fields) -> HeaderEditsSpec? {
        var spec = HeaderEditsSpec()
        spec.remove = list(fields["remove"], of: "header names", .editableHeaderName)
        spec.set = headerFields(fields["set"])
        spec.add = headerFields(fields["add"])
        return hasEdits(fields) ? spec : nil
    }

    private mutating func queryEdits(_ fields: Fields) -> HeaderEditsSpec? {
        var spec = HeaderEditsSpec()
        spec.remove = list(fields["remove"], of: "names", .queryName)
        spec.set = queryParameters(fields["set"])
        spec.add = queryParameters(fields["add"])
        let count = spec.remove.count + spec.set.count + spec.add.count
        if count > PluginSchema.queryEditCountMax {
            report(
                Diagnostic(
                    .outOfRange,
                    "these are \(count) edits, and \(PluginSchema.queryEditCountMax) are the most",
                    at: span(fields.node),
                    help: "leave some out, or let the upstream do it"
                )
            )
            return nil
        }
        return hasEdits(fields) ? spec : nil
    }

    private mutating func queryParameters(_ field: Field?) -> [Named<Spanned<String>>] {
        entries(field, of: "parameters", name: .queryName) {
            $0.scalar($2, .headerValue, example: field?.key.example)
        }
    }

    mutating func hasEdits(_ fields: Fields) -> Bool {
        guard ["remove", "set", "add"].allSatisfy({ fields.keyNode($0) == nil }) else { return true }
        report(
            Diagnostic(
                .oneKeyNeeded,
                "\(fields.schema.noun) needs `remove`, `set` or `add`",
                at: span(fields.node),
                help: "add `\(fields.schema.keys.first { $0.name == "set" }?.example ?? "set")`"
            )
        )
        return false
    }

    private mutating func headerFields(_ field: Field?) -> [Named<Spanned<String>>] {
        entries(field, of: "header fields", name: .editableHeaderName) {
            $0.scalar($2, .headerValue, example: field?.key.example)
        }
    }

    private mutating func respond(_ fields: Fields) -> RespondSpec {
        var spec = RespondSpec()
        spec.status = scalar(fields["status"], .number(UInt16(200)...599))
        spec.headers = distinctHeaders(headerFields(fields["headers"]))
        _ = exclusive(fields, ["body", "json"])
        if let body = scalar(fields["body"], .body) { spec.body = Spanned(Array(body.value.utf8), body.span) }
        if let field = fields["json"], fields.keyNode("body") == nil {
            spec.isJSON = true
            spec.body = json(field.node).map { Spanned($0, span(field.node)) }
        }
        return spec
    }
}

extension PluginSchema {
    /// Bytes of an answer that stands in the spec.
    static let bodyBytesMax = 1 << 20
    /// Names that each parameter of a request is compared with.
    static let queryEditCountMax = 32
}

extension ScalarType where Value == UInt32 {
    /// A share that may be nothing.
    fileprivate static let sampledShare = ScalarType(share.noun) { text throws(ScalarProblem) in
        if text == "0%" { return 0 }
        return try share.parse(text)
    }
}

extension ScalarType where Value == RequestIDAcceptance {
    fileprivate static let requestIDAcceptance = ScalarType("`never`, `trusted` or `always`") {
        text throws(ScalarProblem) in
        switch text {
        case "never": return .never
        case "trusted": return .trusted
        case "always": return .always
        default: throw Words.problem(text, among: ["never", "trusted", "always"])
        }
    }
}

extension ScalarType where Value == String {
    fileprivate static let pluginName = ScalarType("a plugin such as `key-auth`", line().parse)

    /// Any text up to a bound.
    fileprivate static let body = ScalarType("a text") { text throws(ScalarProblem) in
        guard text.utf8.count <= PluginSchema.bodyBytesMax else {
            throw ScalarProblem(
                .badText,
                "the body has \(text.utf8.count) bytes, and 1 MiB is the most",
                help: "serve it from an upstream"
            )
        }
        return text
    }
}
