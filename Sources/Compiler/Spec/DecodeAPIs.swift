internal import GatewayIR

extension SpecDecoder {
    mutating func api(_ name: Spanned<String>, _ node: NodeIndex) -> APISpec? {
        var spec = APISpec(span: span(node))
        guard let fields = fields(node, SpecSchema.api, heading: name.span) else { return nil }
        spec.title = scalar(fields["title"], .line())
        spec.owner = scalar(fields["owner"], .line())
        _ = exclusive(fields, ["host", "hosts"])
        spec.hosts =
            scalar(fields["host"], .pattern("a host such as `api.example.com`")).map { [$0] }
            ?? names(fields["hosts"], of: "hosts", .pattern("a host such as `api.example.com`"), isNeeded: true)
        spec.path = scalar(fields["path"], .pattern("a path such as `/orders`"))
        spec.versioning = fields["versioning"].flatMap { versioning($0) }
        spec.policies = policies(fields["policy"])
        spec.plugins = plugins(fields["plugins"])
        spec.upstream = scalar(fields["upstream"], .name)
        spec.versions = entries(fields["versions"], of: "versions", name: .name) { $0.version($1, $2) }
        if let field = fields["versions"], isEmptyMap(field) {
            reportEmpty(field, "the API has no versions")
        }
        return spec
    }

    private mutating func policies(_ field: Field?) -> [Spanned<String>] {
        distinct(oneOrMore(field, of: "names of policies", .name), "policy") { $0 }
    }

    // MARK: Versioning

    /// One of the schemes by its name, or a map with `by`.
    private mutating func versioning(_ field: Field) -> Spanned<VersioningSpec>? {
        guard tree[field.node].kind == .map else {
            return scalar(field, .word("a scheme such as `path`, or a map")).map {
                (scheme: Spanned<VersioningScheme>) in
                Spanned(scheme.value.spec(name: nil, pattern: nil), scheme.span)
            }
        }
        guard let fields = fields(field, SpecSchema.versioning),
            let scheme: Spanned<VersioningScheme> = scalar(fields["by"], .word("a scheme"))
        else { return nil }
        let taken = scheme.value.option
        for option in ["name", "pattern"] where option != taken {
            guard let key = fields.keyNode(option) else { continue }
            report(
                Diagnostic(
                    .unknownKey,
                    "versioning by `\(scheme.value.rawValue)` has no `\(option)`",
                    at: span(key),
                    related: [.init(scheme.span, "the scheme is chosen here")],
                    help: taken.map { "write `\($0)`" } ?? "delete it"
                )
            )
        }
        var name: Spanned<String>?
        if scheme.value == .header { name = scalar(fields["name"], .editableHeaderName) }
        if scheme.value == .query { name = scalar(fields["name"], .queryName) }
        let pattern = taken == "pattern" ? scalar(fields["pattern"], .pattern("a text with `{version}`")) : nil
        return Spanned(scheme.value.spec(name: name?.value, pattern: pattern?.value), span(field.node))
    }

    // MARK: Versions

    private mutating func version(_ name: Spanned<String>, _ node: NodeIndex) -> VersionSpec? {
        guard let fields = fields(node, SpecSchema.version, heading: name.span) else {
            return VersionSpec(span: span(node))
        }
        var spec = VersionSpec(span: span(node))
        spec.value = scalar(fields["value"], .line(maxCount: 128))
        spec.isDefault = scalar(fields["default"], .boolean)
        spec.preview = names(fields["preview"], of: "groups", .personName)
        spec.released = scalar(fields["released"], .instant)
        spec.deprecated = scalar(fields["deprecated"], .instant)
        spec.sunset = scalar(fields["sunset"], .instant)
        spec.announce = scalar(fields["announce"], .instant)
        spec.tombstone = scalar(fields["tombstone"], .seconds)
        for item in items(fields["brownouts"], of: "brownouts") {
            if let brownout = brownout(item) { spec.brownouts.append(brownout) }
        }
        spec.successor = scalar(fields["successor"], .name)
        spec.docs = scalar(fields["docs"], .webURL)
        spec.upstream = scalar(fields["upstream"], .name)
        spec.policies = policies(fields["policy"])
        spec.plugins = plugins(fields["plugins"])
        let routes = items(fields["routes"], of: "routes", isNeeded: true)
        spec.routes.reserveCapacity(routes.count)
        for item in routes {
            if let route = route(item) { spec.routes.append(route) }
        }
        return spec
    }

    private mutating func brownout(_ node: NodeIndex) -> BrownoutSpec? {
        guard let fields = fields(node, SpecSchema.brownout) else { return nil }
        let from = scalar(fields["from"], .instant)
        let duration = scalar(fields["for"], .positiveSeconds)
        let status = scalar(fields["status"], .number(UInt16(400)...599))
        guard let from, let duration else { return nil }
        return BrownoutSpec(from: from, duration: duration, status: status, span: span(node))
    }

    // MARK: Routes

    private static let routePattern = ScalarType<String>.pattern("a route such as `GET /{id}`")

    /// `GET /{id}`, or a map with `match`.
    private mutating func route(_ node: NodeIndex) -> RouteSpec? {
        guard tree[node].kind == .map else {
            return scalar(node, Self.routePattern).map { RouteSpec(match: $0) }
        }
        if let unquoted = unquotedRoute(node) {
            report(unquoted)
            return nil
        }
        let isFromKong = tree.entries(of: node).contains { tree.bytes(of: $0.key).elementsEqual("kong".utf8) }
        guard let fields = fields(node, isFromKong ? SpecSchema.routeFromKong : SpecSchema.route) else { return nil }
        let match = scalar(fields["match"], Self.routePattern)
        let headers = entries(fields["headers"], of: "values", name: .headerName) {
            $0.scalar($2, .headerValue, example: "headers: { X-Env: canary }")
        }
        let policies = policies(fields["policy"])
        let plugins = plugins(fields["plugins"])
        let kong = kongRoute(fields)
        guard let match = kong.map({ Spanned("kong", $0.span) }) ?? match else { return nil }
        var details = RouteDetails()
        details.kong = kong
        details.headers = distinctHeaders(headers)
        details.policies = policies
        details.plugins = plugins
        details.upstream = scalar(fields["upstream"], .name)
        details.strip = scalar(fields["strip"], .boolean)
        details.rewrite = scalar(fields["rewrite"], .pattern("a path such as `/internal/{id}`"))
        details.preserveHost = scalar(fields["preserve-host"], .boolean)
        details.cost = scalar(fields["cost"], .number(UInt32(1)...10_000))
        var spec = RouteSpec(match: match)
        spec.details = details
        return spec
    }

    /// `GET /{id: [0-9]+}` or `POST /: {…}` read as a map, because of its colon and space.
    private func unquotedRoute(_ node: NodeIndex) -> Diagnostic? {
        guard let first = tree.entries(of: node).first(where: { _ in true }), tree[first.key].kind == .scalar else {
            return nil
        }
        let text = tree.text(of: first.key)
        guard text.contains(" /") else { return nil }
        let help =
            tree[first.value].kind == .map
            ? "write `- match: \(text.excerpt)`, with the settings as keys beside it"
            : "put the route in quotes; a constraint follows its colon without a space"
        return Diagnostic(
            .wrongType,
            "the route `\(text.excerpt)` reads as a key, because a colon and a space follow it",
            at: span(first.key),
            help: help
        )
    }

    /// Reports header fields whose names differ only in case.
    mutating func distinctHeaders<Value>(_ headers: [Named<Value>]) -> [Named<Value>] {
        var seen: [String: SourceSpan] = [:]
        return headers.filter { header in
            guard let first = seen.updateValue(header.name.span, forKey: header.name.value.lowercased()) else {
                return true
            }
            report(
                Diagnostic(
                    .listedTwice,
                    "`\(header.name.value)` is the same header field as one above it",
                    at: header.name.span,
                    related: [.init(first, "it is here first")],
                    help: "delete one of them"
                )
            )
            return false
        }
    }
}

/// The names of the versioning schemes.
private enum VersioningScheme: String, CaseIterable, Sendable {
    case path
    case header
    case query
    case mediaType = "media-type"
    case host

    /// The key of the scheme's own option.
    var option: String? {
        switch self {
        case .path: nil
        case .header, .query: "name"
        case .mediaType, .host: "pattern"
        }
    }

    func spec(name: String?, pattern: String?) -> VersioningSpec {
        switch self {
        case .path: .path
        case .header: .header(name: name)
        case .query: .query(name: name)
        case .mediaType: .mediaType(pattern: pattern)
        case .host: .host(pattern: pattern)
        }
    }
}
