internal import GatewayIR

/// What can be said of a plugin's settings wherever it is attached. Each item of each list is looked at once.
struct PluginUseChecks {
    private let names: NameTable
    private(set) var diagnostics: [Diagnostic] = []

    /// Every list of plugins of a spec, in its order.
    static func check(_ document: SpecDocument, names: NameTable, into diagnostics: inout [Diagnostic]) {
        var checks = PluginUseChecks(names: names)
        for policy in document.policies { checks.check(policy.value) }
        checks.check(document.plugins)
        for api in document.apis {
            checks.check(api.value.plugins)
            for version in api.value.versions {
                checks.check(version.value.plugins)
                for route in version.value.routes where !route.plugins.isEmpty { checks.check(route.plugins) }
            }
        }
        diagnostics += checks.diagnostics
    }

    private init(names: NameTable) { self.names = names }

    private mutating func check(_ list: [PluginUse]) {
        for (index, use) in list.enumerated() {
            if let first = list[..<index].first(where: { $0.name.value == use.name.value }) {
                diagnostics.append(.pluginTwice(use, first: first))
            }
            check(use)
        }
    }

    private mutating func check(_ use: PluginUse) {
        switch use.setting {
        case .off, .requestSizeLimit: break
        case .requestID(let settings): checkRequestID(settings, use)
        case .keyAuth(let settings): checkKeyAuth(settings, use)
        case .acl(let allow, let deny): _ = names.groups(allow + deny, into: &diagnostics)
        case .rateLimit(let spec): checkRateLimit(spec)
        case .requestHeaders(let edits): checkEdits(edits, isRequest: true)
        case .respond(let spec): checkRespond(spec)
        case .responseHeaders(let edits): checkEdits(edits, isRequest: false)
        }
    }

    private mutating func checkRequestID(_ settings: RequestIDSettings, _ use: PluginUse) {
        let name = Spanned(settings.header, use.span)
        if !FieldRules.isToken(settings.header) {
            diagnostics.append(.unusableFieldName(name))
        } else if let reason = GatewayHeader(name.value, isRequest: true) ?? GatewayHeader(name.value, isRequest: false)
        {
            diagnostics.append(.gatewayHeader(name, reason))
        }
    }

    private mutating func checkKeyAuth(_ settings: KeyAuthSettings, _ use: PluginUse) {
        let usable: Bool
        switch settings.source {
        case .header(let name):
            usable = FieldRules.isToken(name) && GatewayHeader(name, isRequest: true) == nil
        case .query(let name): usable = !name.isEmpty && name.utf8.allSatisfy { ByteSet.unreserved.contains($0) }
        case .cookie(let name): usable = FieldRules.isToken(name)
        }
        if !usable { diagnostics.append(.credentialPlace(settings.source, at: use.span)) }
    }

    private mutating func checkRateLimit(_ spec: RateLimitSpec) {
        checkWindows(spec.rates)
        for tier in spec.tiers {
            _ = names.group(tier.name, into: &diagnostics)
            checkWindows(tier.value)
        }
        if let key = spec.key, case .header(let name) = key.value, !FieldRules.isToken(name) {
            diagnostics.append(.unusableFieldName(Spanned(name, key.span)))
        }
    }

    private mutating func checkWindows(_ rates: [Spanned<Rate>]) {
        for (index, rate) in rates.enumerated() {
            let first = rates[..<index].first { $0.value.windowSeconds == rate.value.windowSeconds }
            if let first { diagnostics.append(.sameWindowTwice(rate, first: first)) }
        }
    }

    private mutating func checkEdits(_ edits: HeaderEditsSpec, isRequest: Bool) {
        var seen: [String: SourceSpan] = [:]
        let fields = edits.set + edits.add
        for name in edits.remove + fields.map(\.name) {
            checkName(name, isRequest: isRequest)
            if let first = seen.updateValue(name.span, forKey: name.value.lowercased()) {
                diagnostics.append(.headerEditedTwice(name, first: first))
            }
        }
        for field in fields { checkValue(field.value) }
    }

    private mutating func checkRespond(_ spec: RespondSpec) {
        if let status = spec.status, let body = spec.body, !body.value.isEmpty, [204, 205, 304].contains(status.value) {
            diagnostics.append(.respondBody(status, body: body.span))
        }
        for field in spec.headers {
            checkName(field.name, isRequest: false)
            checkValue(field.value)
        }
    }

    private mutating func checkName(_ name: Spanned<String>, isRequest: Bool) {
        if !FieldRules.isToken(name.value) {
            diagnostics.append(.unusableFieldName(name))
        } else if let reason = GatewayHeader(name.value, isRequest: isRequest) {
            diagnostics.append(.gatewayHeader(name, reason))
        }
    }

    private mutating func checkValue(_ value: Spanned<String>) {
        if let fault = FieldRules.fault(inValue: value.value) {
            diagnostics.append(fault.diagnostic(in: value))
            return
        }
        do throws(PatternFault) {
            _ = try TextTemplateParser.parse(value.value)
        } catch {
            diagnostics.append(error.diagnostic(in: value))
        }
    }
}

/// Why a header field is not for a spec to edit.
enum GatewayHeader {
    case framing
    case host
    case caller
    case lifecycle

    /// `nil` for fields that a spec may edit.
    init?(_ name: String, isRequest: Bool) {
        if FieldRules.isFraming(name) {
            self = .framing
        } else if isRequest, name.lowercased() == "host" {
            self = .host
        } else if isRequest, FieldRules.isAboutCaller(name) {
            self = .caller
        } else if !isRequest, FieldRules.isAboutLifecycle(name) {
            self = .lifecycle
        } else {
            return nil
        }
    }
}

extension FieldRules {
    static func fault(inValue value: String) -> PatternFault? {
        if value.utf8.count > valueByteCountMax {
            return PatternFault(
                .unusableField,
                "the value of a header field has at most \(valueByteCountMax) bytes here",
                at: 0..<value.utf8.count,
                help: "shorten it"
            )
        }
        guard let offset = unsendableByte(in: value) else { return nil }
        return PatternFault(
            .unusableField,
            "the value of a header field has only printable ASCII",
            at: offset..<offset + 1,
            help: "delete the character, or encode it as the field's own rules say"
        )
    }
}
