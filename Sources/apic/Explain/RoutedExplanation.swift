internal import GatewayCompiler
internal import GatewayIR
internal import GatewayRuntime
internal import GatewayTable

/// The explanation of a request that a route matches: its chain, step by step, and what comes out.
struct RoutedExplanation {
    /// A step of the chain as it is shown, and the status with which it ends the request, if that is sure.
    private struct Step {
        var name: String
        var text: String
        var scope: String
        var position: String
        var refusal: (status: UInt16, why: String)?
    }

    private let explanation: Explanation
    private let rehearsal: RouteRehearsal
    private let route: Route
    private let plugins: PluginText

    init(_ explanation: Explanation, _ rehearsal: RouteRehearsal, _ route: Route) {
        self.explanation = explanation
        self.rehearsal = rehearsal
        self.route = route
        plugins = PluginText(gateway: explanation.gateway, captureNames: route.path.captureNames)
    }

    private var gateway: Gateway { explanation.gateway }
    private var version: UInt32 { UInt32(route.version) }

    func lines() -> [String] {
        let steps = steps()
        var lines = [
            Explanation.row(
                "route",
                "\(route.methods.text) \(route.pathText)  (\(explanation.files.position(route.origin)))"
            )
        ]
        if route.host != .any { lines.append(Explanation.row("", "host \(route.host.text)")) }
        for (name, value) in zip(route.path.captureNames, rehearsal.captures) {
            lines.append(Explanation.row("", "\(name) = \(value.isEmpty ? "(empty)" : value)"))
        }
        for condition in route.conditions {
            lines.append(Explanation.row("", "because of \(condition.name): \(condition.value)"))
        }
        lines.append(Explanation.row("version", explanation.state(of: version)))
        lines += chain(steps) + [""]
        guard let stop = steps.first(where: { $0.refusal != nil }), let refusal = stop.refusal else {
            return lines + served()
        }
        lines.append(Explanation.row("client gets", "\(refusal.status) from \(stop.name): \(refusal.why)"))
        lines += explanation.lifecycleLines(of: version)
        lines.append(Explanation.row("upstream gets", "nothing"))
        return lines
    }

    // MARK: steps

    private func steps() -> [Step] {
        let record = gateway.versions[route.version]
        let isPreview =
            !record.previewGroups.isEmpty
            && explanation.view.state(ofVersion: version, at: explanation.instant).state == .planned
        var steps: [Step] = []
        var hasGate = false
        for step in gateway.chains[route.chain].steps {
            // With a preview the decision is behind authentication, where it is known who asks.
            let gatePhase = isPreview ? Phase.authorization : .lifecycleGate
            if !hasGate && step.plugin.phase >= gatePhase && !(isPreview && step.plugin.phase == .authorization) {
                steps.append(gate(isPreview: isPreview))
                hasGate = true
            }
            steps.append(shown(step))
        }
        if !hasGate { steps.append(gate(isPreview: isPreview)) }
        if isPreview { hideRefusals(&steps) }
        if let forwarding = route.forwarding {
            let upstream = gateway.upstreams[forwarding.upstream]
            steps.append(Step(name: "proxy", text: "to the upstream \(upstream.name)", scope: "", position: ""))
        }
        return steps
    }

    /// Who may not preview a version must not learn that there is one: every refusal is the same 404.
    private func hideRefusals(_ steps: inout [Step]) {
        for index in steps.indices {
            guard let refusal = steps[index].refusal, refusal.status != 404 else { continue }
            steps[index].refusal = (404, "\(refusal.why); nobody learns that the version is planned")
        }
    }

    private func shown(_ step: ChainStep) -> Step {
        Step(
            name: step.plugin.name,
            text: plugins.text(step.plugin),
            scope: "\(step.scope)",
            position: explanation.files.position(step.origin),
            refusal: refusal(of: step.plugin)
        )
    }

    private func gate(isPreview: Bool) -> Step {
        let state = explanation.view.state(ofVersion: version, at: explanation.instant)
        var step = Step(name: "lifecycle", text: "\(state.state.name): passes", scope: "", position: "")
        switch state.state {
        case .active, .deprecated: return step
        case .planned:
            let groups = gateway.versions[route.version].previewGroups
            guard isPreview else {
                step.refusal = (404, "the version is not released yet, and nobody may preview it")
                break
            }
            let names = groups.map { gateway.groups[$0] }.joined(separator: ", ")
            step.text = "planned: passes for a preview by \(names), 404 for everyone else"
            if let consumer = explanation.consumer, Set(gateway.consumers[consumer].groups).isDisjoint(with: groups) {
                step.refusal = (404, "\(gateway.consumers[consumer].name) is not in \(names)")
            }
            return step
        case .brownout:
            let window = explanation.view.brownouts[state.brownout]
            let until = CalendarTime(window.until).rfc3339
            step.refusal = (
                UInt16(window.status), "a brownout until \(until); Retry-After: \(window.until - explanation.instant)"
            )
        case .sunset: step.refusal = (410, "the version was sunset at \(sunset)")
        case .retired: step.refusal = (404, "the version is gone since long, as if it had never been")
        }
        step.text = "\(state.state.name): refuses"
        return step
    }

    private var sunset: String { CalendarTime(explanation.view.versions[version].sunset).rfc3339 }

    /// Who lacks one credential may have another one, or need none.
    private var hasOtherWays: Bool {
        gateway.chains[route.chain].steps.contains { step in
            guard case .authentication(let settings) = step.plugin else { return false }
            return settings.requirement == .any || settings.anonymous != nil
        }
    }

    /// Refusals that are sure from what is known of the request.
    private func refusal(of plugin: Plugin) -> (status: UInt16, why: String)? {
        switch plugin {
        case .keyAuth(let settings):
            let hasKey = settings.sources.contains { source in
                switch source {
                case .header(let name): explanation.request.hasField(name)
                case .query(let name): explanation.request.hasParameter(name)
                case .cookie(let name): explanation.request.hasCookie(name)
                }
            }
            if hasKey || explanation.consumer != nil || hasOtherWays { return nil }
            let places = settings.sources.map(PluginText.source).joined(separator: " or ")
            return (401, "the request has no key in \(places)")
        case .basicAuth:
            let fields = explanation.request.fields.filter { $0.name.lowercased() == "authorization" }
            let hasPassword = fields.contains { $0.value.lowercased().hasPrefix("basic ") }
            if hasPassword || explanation.consumer != nil || hasOtherWays { return nil }
            return (401, "the request has no user name and password")
        case .hmacAuth(let settings):
            let values = explanation.request.fields.filter { $0.name.lowercased() == "authorization" }.map(\.value)
            let isSigned =
                settings.schemes.contains(.messageSignatures)
                && (explanation.request.hasField("Signature-Input") || explanation.request.hasField("Signature"))
                || settings.schemes.contains(.kong) && values.contains { $0.lowercased().hasPrefix("hmac ") }
            if isSigned || explanation.consumer != nil || hasOtherWays { return nil }
            return (401, "the request is not signed")
        case .jwt, .oauth2Introspection:
            guard let settings = plugin.tokenSettings else { return nil }
            let hasToken =
                switch settings.source {
                case .header(let name): explanation.request.hasField(name)
                case .query(let name): explanation.request.hasParameter(name)
                case .cookie(let name): explanation.request.hasCookie(name)
                }
            if hasToken || explanation.consumer != nil || hasOtherWays { return nil }
            return (401, "the request has no token in \(PluginText.source(settings.source))")
        case .acl(let settings):
            guard let consumer = explanation.consumer.map({ gateway.consumers[$0] }) else { return nil }
            switch settings {
            case .claims: return nil
            case .audience(let group):
                guard !consumer.groups.contains(group) else { return nil }
                return (403, "\(consumer.name) is in none of the groups")
            case .allow(let groups):
                guard Set(consumer.groups).isDisjoint(with: groups) else { return nil }
                return (403, "\(consumer.name) is in none of the groups")
            case .deny(let groups):
                guard !Set(consumer.groups).isDisjoint(with: groups) else { return nil }
                return (403, "\(consumer.name) is in one of the groups")
            }
        case .cors(let settings):
            guard rehearsal.isPreflight else { return nil }
            let origin = explanation.request.fields.first { $0.name.lowercased() == "origin" }?.value ?? ""
            guard settings.admits(origin) else { return (403, "pages of \(origin) may not call") }
            return (204, "the preflight is answered here")
        case .requestID, .ipRestriction, .requestSizeLimit, .mtlsAuth, .authentication, .forwardAuth, .concurrencyLimit,
            .rateLimit, .fault, .requestHeaders, .canary, .mirror, .redirect, .respond, .responseHeaders,
            .securityHeaders, .traceContext, .botDetection, .requestQuery, .requestBody, .compress, .responseCache:
            return nil
        }
    }

    /// Aligned columns: number, name, what it does, scope and position.
    private func chain(_ steps: [Step]) -> [String] {
        let nameWidth = steps.map(\.name.count).max() ?? 0
        let textWidth = min(steps.map(\.text.count).max() ?? 0, 60)
        return steps.enumerated().map { index, step in
            let name = step.name + String(repeating: " ", count: nameWidth - step.name.count)
            let text = step.text + String(repeating: " ", count: max(textWidth - step.text.count, 0))
            let source = step.position.isEmpty ? "" : "  \(step.scope) (\(step.position))"
            var line = "\(index + 1). \(name)  \(text)\(source)"
            while line.last == " " { line.removeLast() }
            return Explanation.row(index == 0 ? "chain" : "", line)
        }
    }

    // MARK: served

    private func served() -> [String] {
        var lines: [String] = []
        var answer: String?
        var fields: [HeaderField] = []
        var guards: [HeaderEdits] = []
        var edits: HeaderEdits?
        var echo: String?
        var sent: HeaderEdits?
        var authenticates = false
        var claims: [ClaimHeader] = []
        var authorizer: ForwardAuthSettings?
        var requestID: String?
        var traces = false
        var query: String?
        var body: String?
        for step in gateway.chains[route.chain].steps {
            switch step.plugin {
            case .respond(let settings): (answer, fields) = ("\(settings.status)", settings.headers)
            case .redirect(let settings):
                let query = TextTemplate(settings.keepsQuery ? rehearsal.query : "")
                let location = TextTemplate(parts: settings.location.parts + query.parts)
                answer = "\(settings.status)"
                fields = [HeaderField(name: "Location", value: TextTemplate(filled(location)))]
            case .securityHeaders(let settings): guards.append(settings.edits)
            case .responseHeaders(let settings): edits = settings
            case .requestHeaders(let settings): sent = settings
            case .requestQuery: query = plugins.text(step.plugin)
            case .requestBody: body = plugins.text(step.plugin)
            case .requestID(let settings):
                requestID = settings.header
                if settings.echo { echo = settings.header }
            case .mtlsAuth, .keyAuth, .basicAuth, .hmacAuth: authenticates = true
            case .jwt, .oauth2Introspection:
                guard let settings = step.plugin.tokenSettings else { continue }
                authenticates = authenticates || settings.consumerClaim != nil
                claims = settings.headers
            case .forwardAuth(let settings): authorizer = settings
            case .traceContext: traces = true
            case .ipRestriction, .cors, .authentication, .acl, .concurrencyLimit, .rateLimit, .fault, .canary, .mirror,
                .requestSizeLimit, .botDetection, .compress, .responseCache:
                continue
            }
        }
        lines.append(Explanation.row("client gets", answer ?? "the upstream's answer"))
        for name in authorizer?.clientHeaders ?? [] {
            lines.append(Explanation.row("", "\(name): what the authorizer says"))
        }
        for field in fields { lines.append(field.line(plugins)) }
        if let echo { lines.append(Explanation.row("", "\(echo): the request's id")) }
        lines +=
            (edits?.lines(plugins) ?? []) + guards.flatMap { $0.lines(plugins) }
            + explanation.lifecycleLines(of: version)
        if route.forwarding != nil, gateway.chains[route.chain].cache != nil {
            lines.append(Explanation.row("", "or a stored answer, if there is one that may be used"))
        }
        if route.forwarding != nil, gateway.chains[route.chain].compression != nil {
            lines.append(Explanation.row("", "Content-Encoding: gzip, if the request takes it and it pays"))
        }
        guard let forwarding = route.forwarding else {
            return lines + [Explanation.row("upstream gets", "nothing")]
        }
        let upstream = gateway.upstreams[forwarding.upstream]
        let path = forwardedPath(forwarding.path)
        lines.append(Explanation.row("upstream gets", "\(explanation.request.method) \(path)\(rehearsal.query)"))
        let targets = upstream.targets.map {
            ($0.isService ? "the servers of \($0.host)" : "\($0.host):\($0.port)")
                + ($0.weight == 1 ? "" : " (weight \($0.weight))")
                + ($0.priority == 0 ? "" : " (priority \($0.priority))") + ($0.zone.map { " (in \($0))" } ?? "")
        }
        lines.append(Explanation.row("", "at \(upstream.name): \(targets.joined(separator: ", "))"))
        if let canary = gateway.chains[route.chain].canary {
            for (upstream, share) in zip(canary.upstreams, canary.shares(at: explanation.instant)) {
                let name = gateway.upstreams[upstream].name
                lines.append(Explanation.row("", "or, \(PluginText.share(share)) of them, at \(name)"))
            }
        }
        if let mirror = gateway.chains[route.chain].mirror {
            let share = mirror.share == 1_000_000 ? "" : " of \(PluginText.share(mirror.share))"
            lines.append(Explanation.row("", "and a copy\(share) at \(gateway.upstreams[mirror.upstream].name)"))
        }
        lines += UpstreamText.lines(
            upstream,
            hashedCapture: forwarding.hashedCapture.map { route.path.captureNames[$0] }
        )
        .map { Explanation.row("", $0) }
        lines.append(
            Explanation.row("", "Host: \(forwarding.preservesHost ? explanation.request.host : "the target's own")")
        )
        if let requestID { lines.append(Explanation.row("", "\(requestID): the request's id")) }
        if let query { lines.append(Explanation.row("", "query: \(query)")) }
        if let body { lines.append(Explanation.row("", "body: \(body)")) }
        if traces { lines.append(Explanation.row("", "traceparent: the trace, with the gateway as parent")) }
        if authenticates {
            lines.append(Explanation.row("", "X-Consumer-Username, X-Consumer-Groups, X-Credential-Id: who calls"))
        }
        for claim in claims {
            lines.append(Explanation.row("", "\(claim.header): what the token says of \(claim.claim)"))
        }
        for name in authorizer?.upstreamHeaders ?? [] {
            lines.append(Explanation.row("", "\(name): what the authorizer says"))
        }
        if authorizer?.removesAuthorization == true {
            lines.append(Explanation.row("", "no Authorization of the client"))
        }
        return lines + (sent?.lines(plugins) ?? [])
    }

    private func forwardedPath(_ path: ForwardedPath) -> String {
        switch path {
        case .whole: return rehearsal.path
        case .stripping(let count):
            var rest = rehearsal.path[...]
            for _ in 0..<count {
                rest = rest.dropFirst()
                rest = rest.firstIndex(of: "/").map { rest[$0...] } ?? ""
            }
            return rest.isEmpty ? "/" : String(rest)
        case .rewritten(let template):
            return filled(template)
        case .joined(let base, let strips):
            return joined(base, strips: strips)
        }
    }

    /// As the gateway joins them.
    private func joined(_ base: String, strips: Bool) -> String {
        let (base, path) = (Array(base.utf8), Array(rehearsal.path.utf8))
        let matched = strips ? rehearsal.captures.first?.utf8.count ?? 0 : nil
        let join = base.withUnsafeBufferPointer { one in
            path.withUnsafeBufferPointer { other in
                one.baseAddress.flatMap { start in
                    other.baseAddress.map { next in
                        PathJoin(
                            base: PathBytes(base: start, count: one.count),
                            path: PathBytes(base: next, count: other.count),
                            matchedCount: matched
                        )
                    }
                }
            }
        }
        guard let join else { return rehearsal.path }
        let bytes = base[..<join.baseCount] + (join.hasSlash ? [UInt8(ascii: "/")] : []) + path[join.restStart...]
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A template with what the request's path holds.
    private func filled(_ template: TextTemplate) -> String {
        template.parts.map { part in
            switch part {
            case .text(let text): text
            case .capture(let index): index < rehearsal.captures.count ? rehearsal.captures[index] : ""
            }
        }.joined()
    }
}

extension HeaderEdits {
    fileprivate func lines(_ plugins: PluginText) -> [String] {
        remove.map { Explanation.row("", "no \($0)") } + (set + add).map { $0.line(plugins) }
    }
}

extension HeaderField {
    fileprivate func line(_ plugins: PluginText) -> String { Explanation.row("", "\(name): \(plugins.text(value))") }
}

extension CORSSettings {
    /// As the gateway decides (`CrossOrigin`).
    fileprivate func admits(_ origin: String) -> Bool {
        if origins.isEmpty { return true }
        return origins.contains { pattern in
            guard let star = pattern.firstIndex(of: "*") else { return pattern == origin }
            let (start, end) = (pattern[..<star], pattern[pattern.index(after: star)...])
            guard origin.hasPrefix(start), origin.hasSuffix(end), origin.utf8.count >= pattern.utf8.count else {
                return false
            }
            return origin.dropFirst(start.count).dropLast(end.count).allSatisfy {
                $0.isASCII && ($0.isLowercase || $0.isNumber || "-._".contains($0))
            }
        }
    }
}
