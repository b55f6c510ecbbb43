internal import GatewayIR
internal import GatewayTable

/// What a plugin does to a request, in a few words.
struct PluginText {
    let gateway: Gateway
    /// Names of the route's captures.
    let captureNames: [String]

    func text(_ plugin: Plugin) -> String {
        switch plugin {
        case .requestID(let settings):
            let accept =
                switch settings.accept {
                case .never: "a fresh id"
                case .trusted: "an id; a trusted peer's own is kept"
                case .always: "an id; the client's own is kept"
                }
            return "\(settings.header): \(accept)" + (settings.echo ? "; the client learns it" : "")
        case .traceContext(let settings):
            let (percent, rest) = settings.samplePerMillion.quotientAndRemainder(dividingBy: 10_000)
            let share = rest == 0 ? "\(percent)%" : "\(settings.samplePerMillion) of a million"
            let accept =
                switch settings.accept {
                case .never: "a trace of its own"
                case .trusted: "a trace; a trusted peer's goes on"
                case .always: "a trace; the client's goes on"
                }
            return "traceparent: \(accept), \(share) sampled"
        case .ipRestriction(let settings):
            let deny = settings.deny.isEmpty ? "" : "all but \(Self.blocks(settings.deny))"
            if settings.allow.isEmpty { return "addresses: \(deny), which get 403" }
            return "addresses in \(Self.blocks(settings.allow))\(deny.isEmpty ? "" : ", \(deny)"), else 403"
        case .botDetection(let settings):
            let names = { (list: AgentPatterns?) in list?.patterns.map { "/\($0)/" }.joined(separator: " ") ?? "" }
            let missing = settings.refusesMissing ? ", nor who says nothing" : ""
            guard settings.deny != nil else { return "programs like \(names(settings.allow)), else 403" }
            let but = settings.allow == nil ? "" : " but \(names(settings.allow))"
            return "no programs like \(names(settings.deny))\(but)\(missing), who get 403"
        case .cors(let settings):
            return "pages of " + (settings.origins.isEmpty ? "every origin" : settings.origins.joined(separator: ", "))
                + (settings.takesCredentials ? ", with credentials" : "")
        case .requestSizeLimit(let settings): return "at most \(Self.size(settings.bodyBytesMax)) of body, else 413"
        case .mtlsAuth: return "the client's certificate, else 401"
        case .basicAuth(let settings):
            return "user name and password, else 401" + (settings.forwardsCredential ? "; the upstream sees them" : "")
        case .hmacAuth(let settings):
            let covered = settings.components.map(\.name).joined(separator: " ")
            return "a signature over \(covered), at most \(settings.lifetimeSeconds) s old, else 401"
                + (settings.forwardsCredential ? "; the upstream sees it" : "")
                + (settings.checksBody ? "" : "; bodies are not compared with their digests")
        case .jwt(let settings): return token(settings)
        case .oauth2Introspection(let settings):
            return token(settings.token) + "; \(gateway.upstreams[settings.upstream].name) is asked what it is worth, "
                + (settings.keepsSeconds == 0 ? "each time" : "and believed for \(settings.keepsSeconds) s")
        case .authentication(let settings):
            let how = settings.requirement == .any ? "any of them is enough" : "each must find the same consumer"
            return how + (settings.anonymous.map { "; without any, \(gateway.consumers[$0].name) calls" } ?? "")
        case .keyAuth(let settings):
            return "a key in \(settings.sources.map(Self.source).joined(separator: " or ")), else 401"
                + (settings.forwardsCredential ? "; the upstream sees it" : "")
        case .acl(.allow(let groups)): return "consumers in \(names(groups)), else 403"
        case .acl(.deny(let groups)): return "all consumers but those in \(names(groups)), who get 403"
        case .acl(.audience(let group)): return "consumers in \(names([group])) and strangers, else 403"
        case .acl(.claims(let needed)): return "tokens with \(Self.claims(needed)), else 403"
        case .forwardAuth(let settings): return authorizer(settings)
        case .concurrencyLimit(let settings):
            let status = [.all, .path].contains(settings.key) ? 503 : 429
            return "\(settings.limit) at once\(Self.key(settings.key)), else \(status)"
        case .rateLimit(let settings): return limit(settings)
        case .fault(let settings): return Self.fault(settings)
        case .canary(let settings): return canary(settings)
        case .mirror(let settings):
            return "copies of \(Self.share(settings.share)) to \(gateway.upstreams[settings.upstream].name)"
        case .requestHeaders(let edits), .responseHeaders(let edits): return self.edits(edits)
        case .requestQuery(let edits):
            return self.edits(HeaderEdits(remove: edits.remove, set: edits.set, add: edits.add))
        case .requestBody(let edits): return Self.body(edits)
        case .redirect(let settings): return "\(settings.status) to \(text(settings.location))"
        case .securityHeaders(let settings): return edits(settings.edits)
        case .responseCache(let settings):
            return Self.cache(settings)
        case .compress(let settings):
            return
                "gzip for who takes it, from \(Self.size(UInt64(settings.sizeMin))) of \(settings.types.joined(separator: " "))"
        case .respond(let settings): return "answers \(settings.status) with \(Self.size(UInt64(settings.body.count)))"
        }
    }

    /// A template with its captures as written: `/internal/{id}`.
    func text(_ template: TextTemplate) -> String {
        template.parts.map { part in
            switch part {
            case .text(let text): text
            case .capture(let index): "{\(index < captureNames.count ? captureNames[index] : "?")}"
            }
        }.joined()
    }

    /// `10.0.0.0/8, 2001:db8:0:0:0:0:0:0/32`.
    private static func blocks(_ blocks: [AddressBlock]) -> String {
        blocks.map { block in
            let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
            if block.prefixLength >= 96, block.network.starts(with: mapped) {
                let address = block.network.suffix(4).map(String.init).joined(separator: ".")
                return block.prefixLength == 128 ? address : "\(address)/\(block.prefixLength - 96)"
            }
            let groups = stride(from: 0, to: 16, by: 2).map {
                String(UInt16(block.network[$0]) << 8 | UInt16(block.network[$0 + 1]), radix: 16)
            }
            let address = groups.joined(separator: ":")
            return block.prefixLength == 128 ? address : "\(address)/\(block.prefixLength)"
        }.joined(separator: ", ")
    }

    static func source(_ source: KeySource) -> String {
        switch source {
        case .header(let name): "the header `\(name)`"
        case .query(let name): "the parameter `\(name)`"
        case .cookie(let name): "the cookie `\(name)`"
        }
    }

    private func token(_ settings: TokenSettings) -> String {
        let issuer = settings.issuer.map { " of \($0)" } ?? ""
        let audience = settings.audiences.isEmpty ? "" : " for \(settings.audiences.joined(separator: " or "))"
        let consumer = settings.consumerClaim.map { "; `\($0)` names the consumer" } ?? ""
        let needed = settings.requirements.isEmpty ? "" : "; needs \(Self.claims(settings.requirements))"
        return "a token\(issuer)\(audience) in \(Self.source(settings.source)), else 401\(consumer)\(needed)"
            + (settings.forwardsCredential ? "; the upstream sees it" : "")
    }

    static func claims(_ requirements: [ClaimRequirement]) -> String {
        requirements.map { "\($0.claim) \($0.values.joined(separator: $0.needsAll ? " and " : " or "))" }
            .joined(separator: ", ")
    }

    private func authorizer(_ settings: ForwardAuthSettings) -> String {
        let name = gateway.upstreams[settings.upstream].name
        return "asks \(name) for \(settings.path): 2xx passes, else its answer; "
            + (settings.passesOnFailure ? "passes, too, while it cannot be asked" : "503 while it cannot be asked")
    }

    private func limit(_ settings: RateLimitSettings) -> String {
        let cost = settings.cost > 1 ? ", of which a request takes \(settings.cost)" : ""
        var text = "\(Self.rates(settings.rates))\(Self.key(settings.key))\(cost), else 429"
        for tier in settings.tiers { text += "; \(gateway.groups[tier.group]): \(Self.rates(tier.rates))" }
        return settings.isShared ? text + "; all nodes count together" : text
    }

    private func canary(_ settings: CanarySettings) -> String {
        let names = settings.upstreams.map { gateway.upstreams[$0].name }
        let steps = settings.steps.map { step in
            let shares = zip(step.shares, names).map { "\(Self.share($0)) to \($1)" }
            return shares.joined(separator: " and ")
                + (step.from.map { " from \(CalendarTime($0).rfc3339) on" } ?? "")
        }
        return steps.joined(separator: ", ") + (settings.key.map(Self.key) ?? " at random")
    }

    private static func cache(_ settings: ResponseCacheSettings) -> String {
        var text = "answers, up to \(size(UInt64(settings.bodySizeMax))) each"
        if settings.defaultLifetime > 0 { text += ", for \(settings.defaultLifetime) s if they do not say how long" }
        if settings.staleMeanwhile > 0 { text += ", \(settings.staleMeanwhile) s more while they are asked for anew" }
        if settings.staleIfError > 0 { text += ", \(settings.staleIfError) s more if that fails" }
        return text
    }

    private static func body(_ edits: BodyEdits) -> String {
        let texts = edits.edits.map { edit in
            let path = edit.path.joined(separator: ".")
            return switch edit.action {
            case .remove: "removes `\(path)`"
            case .set(let value): "sets `\(path)` to \(value)"
            case .add(let value): "adds `\(path)`: \(value)"
            }
        }
        return texts.joined(separator: ", ") + ", in JSON of at most \(size(UInt64(edits.byteCountMax)))"
    }

    private static func fault(_ settings: FaultSettings) -> String {
        var parts: [String] = []
        if let delay = settings.delay { parts.append("\(share(settings.delayShare)) are held up for \(delay) ms") }
        if let status = settings.status { parts.append("\(share(settings.abortShare)) get \(status)") }
        return parts.joined(separator: ", ") + (settings.header.map { ", of those with `\($0)`" } ?? "")
            + (settings.from.map { ", from \(CalendarTime($0).rfc3339)" } ?? "")
            + (settings.until.map { ", until \(CalendarTime($0).rfc3339)" } ?? "")
    }

    /// A percentage of a number of millionths.
    static func share(_ millionths: UInt32) -> String {
        let (whole, rest) = millionths.quotientAndRemainder(dividingBy: 10_000)
        guard rest > 0 else { return "\(whole)%" }
        var digits = String(String(10_000 + rest).dropFirst())
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)%"
    }

    private static func key(_ key: RateLimitKey) -> String {
        switch key {
        case .consumer: " by consumer"
        case .address: " by address"
        case .header(let name): " by the header `\(name)`"
        case .path: " by path"
        case .claim(let name): " by what tokens say of `\(name)`"
        case .all: " for all together"
        }
    }

    private static func rates(_ rates: [Rate]) -> String { rates.map { $0.text() }.joined(separator: " and ") }

    private func edits(_ edits: HeaderEdits) -> String {
        var parts = edits.remove.map { "removes \($0)" }
        parts += edits.set.map { "sets \($0.name): \(text($0.value))" }
        parts += edits.add.map { "adds \($0.name): \(text($0.value))" }
        return parts.joined(separator: ", ")
    }

    private func names(_ groups: [Int]) -> String { groups.map { gateway.groups[$0] }.joined(separator: ", ") }

    private static func size(_ byteCount: UInt64) -> String {
        for (unit, name) in [(UInt64(1) << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        where byteCount >= unit && byteCount % unit == 0 {
            return "\(byteCount / unit) \(name)"
        }
        return "\(byteCount) bytes"
    }
}
