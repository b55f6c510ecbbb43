internal import GatewayIR

/// Turns the plugins of an effective chain into settings with every default filled in and captures as indices.
struct PluginLowering {
    let names: NameTable
    /// Whether some step of the chain authenticates: decides what a rate limit counts by.
    let authenticates: Bool
    /// What a request of the route takes of a rate limit.
    let cost: UInt32
    /// Names of the captures of the route's path, by index.
    let captures: [String]
    /// Captures that a text names and the route lacks, with their places.
    private(set) var unknownCaptures: [(name: String, span: SourceSpan)] = []

    init(names: NameTable, authenticates: Bool, cost: UInt32 = 1, captures: [String]) {
        self.names = names
        self.authenticates = authenticates
        self.cost = cost
        self.captures = captures
    }

    /// - Returns: `nil` for `off`.
    mutating func plugin(_ use: EffectiveUse) -> Plugin? {
        switch use.use.setting {
        case .off: nil
        case .requestID(let settings): .requestID(settings)
        case .traceContext(let settings): .traceContext(settings)
        case .ipRestriction(let settings): .ipRestriction(settings)
        case .botDetection(let settings): .botDetection(settings)
        case .cors(let settings): .cors(settings)
        case .requestSizeLimit(let settings): .requestSizeLimit(settings)
        case .mtlsAuth: .mtlsAuth
        case .keyAuth(let settings): .keyAuth(settings)
        case .basicAuth(let settings): .basicAuth(settings)
        case .hmacAuth(let settings): .hmacAuth(settings)
        case .jwt(let spec): .jwt(spec.settings)
        case .oauth2Introspection(let spec): .oauth2Introspection(introspection(spec))
        case .authentication(let spec): .authentication(authentication(spec))
        case .acl(let allow, let deny, let claims):
            .acl(
                !claims.isEmpty ? .claims(claims) : allow.isEmpty ? .deny(groups(deny)) : .allow(groups(allow))
            )
        case .forwardAuth(let spec): .forwardAuth(forwardAuth(spec))
        case .concurrencyLimit(let spec):
            .concurrencyLimit(
                ConcurrencyLimitSettings(
                    identity: use.place.identity,
                    limit: spec.limit.value,
                    key: key(spec.key)
                )
            )
        case .fault(let spec): .fault(spec.settings)
        case .rateLimit(let spec): .rateLimit(rateLimit(spec, identity: use.place.identity))
        case .requestHeaders(let spec): .requestHeaders(edits(spec))
        case .canary(let spec): .canary(canary(spec, identity: use.place.identity))
        case .mirror(let spec): .mirror(mirror(spec))
        case .requestQuery(let spec): .requestQuery(queryEdits(spec))
        case .requestBody(let edits): .requestBody(edits)
        case .redirect(let spec): .redirect(redirect(spec))
        case .respond(let spec): .respond(respond(spec))
        case .responseHeaders(let spec): .responseHeaders(edits(spec))
        case .securityHeaders(let settings): .securityHeaders(settings)
        case .compress(let settings): .compress(settings)
        case .responseCache(let settings): .responseCache(settings)
        }
    }

    /// An unknown consumer is reported where the settings are checked.
    private func authentication(_ spec: AuthenticationSpec) -> AuthenticationSettings {
        var ignored: [Diagnostic] = []
        return AuthenticationSettings(
            requirement: spec.requirement?.value ?? .any,
            anonymous: spec.anonymous.flatMap { names.consumer($0, into: &ignored) }
        )
    }

    /// Unknown groups are reported where the list is checked.
    private func groups(_ list: [Spanned<String>]) -> [Int] {
        var ignored: [Diagnostic] = []
        return names.groups(list, into: &ignored)
    }

    /// An unknown upstream is reported where the settings are checked.
    private func forwardAuth(_ spec: ForwardAuthSpec) -> ForwardAuthSettings {
        var ignored: [Diagnostic] = []
        var settings = spec.settings
        settings.upstream = names.upstream(spec.upstream, into: &ignored) ?? 0
        return settings
    }

    private func introspection(_ spec: IntrospectionSpec) -> IntrospectionSettings {
        var ignored: [Diagnostic] = []
        var settings = spec.settings
        settings.upstream = names.upstream(spec.upstream, into: &ignored) ?? 0
        return settings
    }

    private func rateLimit(_ spec: RateLimitSpec, identity: String) -> RateLimitSettings {
        let tiers = spec.tiers.compactMap { tier -> RateLimitTier? in
            guard let group = groups([tier.name]).first else { return nil }
            return RateLimitTier(group: group, rates: rates(tier.value))
        }
        return RateLimitSettings(
            identity: identity,
            rates: rates(spec.rates),
            tiers: tiers.sorted { $0.group < $1.group },
            key: key(spec.key),
            cost: cost,
            isShared: spec.nodes?.value == .together
        )
    }

    /// An unknown upstream is reported where the settings are checked.
    private func canary(_ spec: CanarySpec, identity: String) -> CanarySettings {
        var ignored: [Diagnostic] = []
        let key: RateLimitKey? =
            switch spec.key?.value {
            case .random: nil
            case .key(let key): key
            case nil: self.key(nil)
            }
        let upstreams = spec.upstreams.map { names.upstream($0, into: &ignored) ?? 0 }
        return CanarySettings(identity: identity, upstreams: upstreams, steps: spec.steps, key: key)
    }

    private func mirror(_ spec: MirrorSpec) -> MirrorSettings {
        var ignored: [Diagnostic] = []
        return MirrorSettings(
            upstream: names.upstream(spec.upstream, into: &ignored) ?? 0,
            share: spec.share ?? 1_000_000
        )
    }

    private func key(_ key: Spanned<RateLimitKey>?) -> RateLimitKey {
        key?.value ?? (authenticates ? .consumer : .address)
    }

    private func rates(_ list: [Spanned<Rate>]) -> [Rate] {
        list.map(\.value).sorted { $0.windowSeconds < $1.windowSeconds }
    }

    private mutating func edits(_ spec: HeaderEditsSpec) -> HeaderEdits {
        HeaderEdits(remove: spec.remove.map(\.value).sorted(), set: fields(spec.set), add: fields(spec.add))
    }

    private mutating func fields(_ list: [Named<Spanned<String>>]) -> [HeaderField] {
        var result: [HeaderField] = []
        for field in list {
            result.append(HeaderField(name: field.name.value, value: template(field.value)))
        }
        return result.sorted { $0.name < $1.name }
    }

    /// Text is encoded as it needs to be in a query; captures are encoded as the path had them.
    private mutating func queryEdits(_ spec: HeaderEditsSpec) -> QueryEdits {
        func encoded(_ list: [HeaderField]) -> [HeaderField] {
            list.map { field in
                let parts = field.value.parts.map { part -> TextTemplate.Part in
                    guard case .text(let text) = part else { return part }
                    return .text(QueryText.encoded(text))
                }
                return HeaderField(name: field.name, value: TextTemplate(parts: parts))
            }
        }
        return QueryEdits(
            remove: spec.remove.map(\.value).sorted(),
            set: encoded(fields(spec.set)),
            add: encoded(fields(spec.add))
        )
    }

    private mutating func redirect(_ spec: RedirectSpec) -> RedirectSettings {
        RedirectSettings(
            status: spec.status?.value ?? 308,
            location: template(spec.location),
            keepsQuery: spec.keepsQuery?.value ?? !spec.location.value.contains(where: { "?#".contains($0) })
        )
    }

    private mutating func respond(_ spec: RespondSpec) -> RespondSettings {
        var headers = fields(spec.headers)
        let body = spec.body?.value ?? []
        if !body.isEmpty, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            let type = spec.isJSON ? "application/json" : "text/plain; charset=utf-8"
            headers.append(HeaderField(name: "Content-Type", value: TextTemplate(type)))
            headers.sort { $0.name < $1.name }
        }
        return RespondSettings(status: spec.status?.value ?? 200, headers: headers, body: body)
    }

    /// Captures by index. What is not well-formed is reported where the text is checked.
    mutating func template(_ text: Spanned<String>) -> TextTemplate {
        guard let parsed = try? TextTemplateParser.parse(text.value) else { return TextTemplate("") }
        var parts: [TextTemplate.Part] = []
        for part in parsed.parts {
            switch part {
            case .text(let literal): parts.append(.text(literal))
            case .capture(let name, let range):
                guard let index = captures.firstIndex(of: name) else {
                    unknownCaptures.append((name, text.span(of: range)))
                    continue
                }
                parts.append(.capture(index))
            }
        }
        return TextTemplate(parts: parts)
    }
}

extension EffectiveChain {
    /// Whether any text of the chain names a capture: then its program depends on the route's path.
    var namesCaptures: Bool {
        activeUses.contains { use in
            switch use.use.setting {
            case .requestHeaders(let edits), .requestQuery(let edits), .responseHeaders(let edits):
                (edits.set + edits.add).contains { $0.value.value.utf8.contains(UInt8(ascii: "{")) }
            case .respond(let spec): spec.headers.contains { $0.value.value.utf8.contains(UInt8(ascii: "{")) }
            case .redirect(let spec): spec.location.value.utf8.contains(UInt8(ascii: "{"))
            case .off, .requestID, .ipRestriction, .cors, .requestSizeLimit, .mtlsAuth, .keyAuth, .basicAuth, .jwt,
                .oauth2Introspection, .authentication, .acl, .forwardAuth, .concurrencyLimit, .rateLimit, .fault,
                .canary, .mirror, .securityHeaders, .traceContext, .botDetection, .hmacAuth, .requestBody, .compress,
                .responseCache:
                false
            }
        }
    }
}

/// Texts in queries.
private enum QueryText {
    /// Everything but unreserved characters as its escape (RFC 3986 section 2.1).
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { byte -> [UInt8] in
            ByteSet.unreserved.contains(byte)
                ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
