internal import GatewayIR

/// What can be said of a plugin's settings wherever it is attached, beyond what the decoder says. Each item of each
/// list is looked at once.
struct PluginUseChecks {
    private let names: NameTable
    private(set) var diagnostics: [Diagnostic] = []

    /// Every list of plugins of a spec, in its order.
    static func check(_ document: SpecDocument, names: NameTable, into diagnostics: inout [Diagnostic]) {
        var checks = PluginUseChecks(names: names)
        for policy in document.policies { checks.check(policy.value) }
        checks.check(document.plugins)
        checks.checkFaults(ofAll: document.plugins)
        for api in document.apis {
            checks.check(api.value.plugins)
            for version in api.value.versions {
                checks.check(version.value.plugins)
                for route in version.value.routes where !route.isPlain { checks.check(route.plugins) }
            }
        }
        diagnostics += checks.diagnostics
    }

    private init(names: NameTable) { self.names = names }

    private mutating func check(_ list: [PluginUse]) {
        for use in list { check(use) }
    }

    private mutating func check(_ use: PluginUse) {
        switch use.setting {
        case .off, .requestSizeLimit, .concurrencyLimit, .ipRestriction, .cors, .mtlsAuth, .basicAuth, .traceContext,
            .botDetection, .hmacAuth, .requestBody, .compress, .responseCache:
            break
        case .requestID(let settings):
            let name = Spanned(settings.header, use.span)
            checkName(name, isRequest: true)
            checkName(name, isRequest: false)
        case .keyAuth(let settings):
            for case .header(let name) in settings.sources { checkName(Spanned(name, use.span), isRequest: true) }
        case .jwt(let spec): checkToken(spec.settings, at: use.span)
        case .oauth2Introspection(let spec):
            _ = names.upstream(spec.upstream, into: &diagnostics)
            checkToken(spec.settings.token, at: use.span)
        case .authentication(let spec):
            if let name = spec.anonymous { _ = names.consumer(name, into: &diagnostics) }
        case .acl(let allow, let deny, _): _ = names.groups(allow + deny, into: &diagnostics)
        case .forwardAuth(let spec): checkAuthorizer(spec)
        case .fault(let spec): checkFault(spec, at: use.span)
        case .canary(let spec): for name in spec.upstreams { _ = names.upstream(name, into: &diagnostics) }
        case .mirror(let spec): _ = names.upstream(spec.upstream, into: &diagnostics)
        case .rateLimit(let spec):
            for tier in spec.tiers { _ = names.group(tier.name, into: &diagnostics) }
            for rates in [spec.rates] + spec.tiers.map(\.value) { LimitChecks.checkWindows(rates, into: &diagnostics) }
        case .requestHeaders(let edits): checkEdits(edits, isRequest: true)
        case .requestQuery(let edits): checkQuery(edits)
        case .respond(let spec): checkRespond(spec)
        case .redirect(let spec):
            do throws(PatternFault) {
                try RedirectRules.check(spec.location.value)
            } catch {
                diagnostics.append(error.diagnostic(in: spec.location))
            }
            if let keeps = spec.keepsQuery, keeps.value, spec.location.value.contains(where: { "?#".contains($0) }) {
                diagnostics.append(.queryBesideQuery(keeps.span, location: spec.location.span))
            }
        case .responseHeaders(let edits): checkEdits(edits, isRequest: false)
        case .securityHeaders(let settings):
            for name in settings.edits.remove { checkName(Spanned(name, use.span), isRequest: false) }
        }
    }

    private mutating func checkFault(_ spec: FaultSpec, at span: SourceSpan) {
        if let header = spec.settings.header { checkName(Spanned(header, span), isRequest: true) }
        if spec.isForAll, spec.settings.until == nil { diagnostics.append(.faultWithoutEnd(span)) }
    }

    private mutating func checkFaults(ofAll list: [PluginUse]) {
        for use in list {
            guard case .fault(let spec) = use.setting, spec.isForAll else { continue }
            diagnostics.append(.faultOfAll(use.span))
        }
    }

    private mutating func checkToken(_ settings: TokenSettings, at span: SourceSpan) {
        for header in settings.headers { checkName(Spanned(header.header, span), isRequest: true) }
        guard case .header(let name) = settings.source else { return }
        checkName(Spanned(name, span), isRequest: true)
    }

    private mutating func checkAuthorizer(_ spec: ForwardAuthSpec) {
        _ = names.upstream(spec.upstream, into: &diagnostics)
        for name in spec.requestHeaders + spec.upstreamHeaders { checkName(name, isRequest: true) }
        for name in spec.clientHeaders { checkName(name, isRequest: false) }
        if let passes = spec.onFailure, passes.value { diagnostics.append(.passesOnFailure(passes.span)) }
    }

    private mutating func checkEdits(_ edits: HeaderEditsSpec, isRequest: Bool) {
        var seen: [String: SourceSpan] = [:]
        let fields = edits.set + edits.add
        for name in edits.remove + fields.map(\.name) {
            checkName(name, isRequest: isRequest)
            if let first = seen.updateValue(name.span, forKey: name.value.lowercased()) {
                diagnostics.append(.editedTwice(.headerEditedTwice, name, first: first))
            }
        }
        for field in fields { checkTemplate(field.value) }
    }

    private mutating func checkQuery(_ edits: HeaderEditsSpec) {
        var seen: [String: SourceSpan] = [:]
        for name in edits.remove + (edits.set + edits.add).map(\.name) {
            if let first = seen.updateValue(name.span, forKey: name.value) {
                diagnostics.append(.editedTwice(.parameterEditedTwice, name, first: first))
            }
        }
        for parameter in edits.set + edits.add { checkTemplate(parameter.value) }
    }

    private mutating func checkRespond(_ spec: RespondSpec) {
        if let status = spec.status, let body = spec.body, !body.value.isEmpty, [204, 205, 304].contains(status.value) {
            diagnostics.append(.respondBody(status, body: body.span))
        }
        for field in spec.headers {
            checkName(field.name, isRequest: false)
            checkTemplate(field.value)
        }
    }

    private mutating func checkName(_ name: Spanned<String>, isRequest: Bool) {
        guard let reason = GatewayHeader(name.value, isRequest: isRequest) else { return }
        diagnostics.append(.gatewayHeader(name, reason))
    }

    private mutating func checkTemplate(_ value: Spanned<String>) {
        do throws(PatternFault) {
            _ = try TextTemplateParser.parse(value.value)
        } catch {
            diagnostics.append(error.diagnostic(in: value))
        }
    }
}

/// Why a header field is not for a spec to edit. The decoder has refused those that frame messages.
enum GatewayHeader {
    case caller
    case lifecycle

    /// `nil` for fields that a spec may edit.
    init?(_ name: String, isRequest: Bool) {
        if isRequest, FieldRules.isAboutCaller(name) {
            self = .caller
        } else if !isRequest, FieldRules.isAboutLifecycle(name) {
            self = .lifecycle
        } else {
            return nil
        }
    }
}
