internal import GatewayIR

/// Plugins that bound how often and how many at once.
extension SpecDecoder {
    mutating func rateLimit(_ fields: Fields) -> RateLimitSpec? {
        var spec = RateLimitSpec()
        let field = exactlyOne(fields, ["limit", "limits"])
        spec.rates = rates(field)
        spec.tiers = entries(fields["tiers"], of: "rates", name: .personName) { decoder, _, node in
            fields["tiers"].map { decoder.rates(Field(node: node, key: $0.key, keySpan: $0.keySpan)) }
        }
        .filter { !$0.value.isEmpty }
        spec.key = fields["by"].flatMap { rateLimitKey($0) }
        spec.nodes = scalar(fields["nodes"], .word("how nodes count"))
        return spec.rates.isEmpty ? nil : spec
    }

    mutating func concurrencyLimit(_ fields: Fields) -> ConcurrencyLimitSpec? {
        let key = fields["by"].flatMap { rateLimitKey($0) }
        return scalar(fields["limit"], .number(UInt32(1)...1_000_000)).map { ConcurrencyLimitSpec(limit: $0, key: key) }
    }

    /// One rate, or several with windows of different lengths.
    private mutating func rates(_ field: Field?) -> [Spanned<Rate>] {
        let rates = oneOrMore(field, of: "rates", .rate)
        var kept: [Spanned<Rate>] = []
        for rate in rates {
            guard let first = kept.first(where: { $0.value.windowSeconds == rate.value.windowSeconds }) else {
                kept.append(rate)
                continue
            }
            report(
                Diagnostic(
                    .listedTwice,
                    "two limits for the same window: only the smaller one would ever bind",
                    at: rate.span,
                    related: [.init(first.span, "the first one")],
                    help: "keep one of them"
                )
            )
        }
        return kept
    }

    /// `consumer`, `address`, `path`, `{ header: X-Team }` or `{ claim: tenant }`.
    mutating func rateLimitKey(_ field: Field) -> Spanned<RateLimitKey>? {
        guard tree[field.node].kind == .map else { return scalar(field, .rateLimitKey) }
        guard let fields = fields(field, PluginSchema.rateLimitKey) else { return nil }
        guard let field = exactlyOne(fields, ["header", "claim"]) else { return nil }
        if field.key.name == "claim" { return scalar(field, .claimText).map { Spanned(.claim($0.value), $0.span) } }
        return scalar(field, .headerName).map { Spanned(.header($0.value.lowercased()), $0.span) }
    }
}

extension ScalarType where Value == RateLimitKey {
    fileprivate static let rateLimitKey = ScalarType(
        "`consumer`, `address`, `path`, `all`, `{ header: NAME }` or `{ claim: NAME }`"
    ) {
        text throws(ScalarProblem) in
        switch text {
        case "consumer": return .consumer
        case "address": return .address
        case "path": return .path
        case "all": return .all
        case "ip", "client", "client-ip":
            throw ScalarProblem(.badWord, "limits are not counted by `\(text)`", help: "write `address`")
        default:
            var problem = Words.problem(text, among: ["consumer", "address", "path", "all"])
            if !(problem.help ?? "").hasPrefix("did") {
                problem.help = "write `consumer`, `address`, `path`, `all`, `{ header: NAME }` or `{ claim: NAME }`"
            }
            throw problem
        }
    }
}
