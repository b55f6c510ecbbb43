internal import GatewayIR

/// The arithmetic of limits.
enum LimitChecks {
    /// How many limits that nodes count by themselves are named one by one; one more stands for all others.
    private static let countedAloneCountMax = 10

    /// Where a thousand limits are counted by each node, a thousand warnings would hide everything else.
    static func condensed(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
        let alone = diagnostics.filter { $0.code == .countedByEachNode }
        guard alone.count > countedAloneCountMax + 1 else { return diagnostics }
        var named = Array(alone.sorted { $0.span.isBefore($1.span) }[...countedAloneCountMax])
        named[countedAloneCountMax].message += ", and so on with \(alone.count - named.count) limits more"
        return diagnostics.filter { $0.code != .countedByEachNode } + named
    }

    /// Of several windows, each one that another one keeps from ever being full.
    static func checkWindows(_ rates: [Spanned<Rate>], into diagnostics: inout [Diagnostic]) {
        for rate in rates {
            // The decoder has seen to it that windows differ.
            guard let other = rates.first(where: { $0.span != rate.span && $0.value.keeps(rate.value) }) else {
                continue
            }
            diagnostics.append(.windowNeverFull(rate, other: other))
        }
    }
}

extension PluginChecks {
    /// Where several nodes count, somebody has said how.
    mutating func checkNodes(_ chain: EffectiveChain, of api: String) {
        guard let limit = chain.active(.rateLimit), case .rateLimit(let spec) = limit.use.setting else { return }
        switch spec.nodes?.value {
        case nil:
            let count = nodes.count(of: api)
            if count.upperBound > 1 { report(.countedByEachNode(spec, limit, count)) }
        case .together: if let place = spec.nodes, !hasRedis { report(.togetherNowhere(at: place.span)) }
        case .each: break
        }
    }

    /// What a request takes fits into every window, and counts against something.
    mutating func checkCost(
        _ cost: Spanned<UInt32>,
        _ chain: EffectiveChain,
        on route: RouteMention,
        isWhole: Bool
    ) {
        guard let limit = chain.active(.rateLimit), case .rateLimit(let spec) = limit.use.setting else {
            if isWhole { report(.costOfNothing(cost, on: route)) }
            return
        }
        for rates in [spec.rates] + spec.tiers.map(\.value) {
            guard let rate = rates.first(where: { $0.value.limit < cost.value }) else { continue }
            report(.costBeyondLimit(cost, rate))
            return
        }
    }
}

/// How many gateways serve each API.
struct NodeTally {
    /// Those that serve every API; a cluster's replicas between two numbers.
    private var ofAll: ClosedRange<UInt64> = 0...0
    /// Those that serve some, by their names.
    private var ofSome: [String: ClosedRange<UInt64>] = [:]

    init(_ document: SpecDocument) {
        for node in document.nodes {
            let least = UInt64(node.value.replicasMin?.value ?? 1)
            let most = max(UInt64(node.value.replicasMax?.value ?? 1), least)
            guard let served = node.value.serves else {
                ofAll = ofAll.adding(least...most)
                continue
            }
            for api in served {
                ofSome[api.value, default: 0...0] = ofSome[api.value, default: 0...0].adding(least...most)
            }
        }
    }

    func count(of api: String) -> ClosedRange<UInt64> { ofAll.adding(ofSome[api] ?? 0...0) }
}

extension ClosedRange<UInt64> {
    fileprivate func adding(_ other: Self) -> Self { lowerBound + other.lowerBound...upperBound + other.upperBound }
}

extension Rate {
    /// Whether no more than the other one allows ever pass this one.
    fileprivate func keeps(_ other: Rate) -> Bool {
        guard windowSeconds < other.windowSeconds else { return limit <= other.limit }
        return UInt64(limit) * UInt64(other.windowSeconds / windowSeconds) <= UInt64(other.limit)
    }
}

extension Diagnostic {
    static func windowNeverFull(_ rate: Spanned<Rate>, other: Spanned<Rate>) -> Diagnostic {
        Diagnostic(
            .windowNeverFull,
            "`\(rate.value.text())` is never reached: `\(other.value.text())` keeps all requests below it",
            at: rate.span,
            related: [.init(other.span, "this one binds first")],
            help: "delete it, or make it smaller"
        )
    }

    static func costOfNothing(_ cost: Spanned<UInt32>, on route: RouteMention) -> Diagnostic {
        Diagnostic(
            .costOfNothing,
            "no rate limit is in force on `\(route.text)`, so that its cost is never taken from anything",
            at: cost.span,
            help: "delete it, or add `rate-limit` to the API"
        )
    }

    static func costBeyondLimit(_ cost: Spanned<UInt32>, _ rate: Spanned<Rate>) -> Diagnostic {
        Diagnostic(
            .costBeyondLimit,
            "a request takes \(cost.value), and `\(rate.value.text())` never has as much",
            at: cost.span,
            related: [.init(rate.span, "the limit")],
            help: "let it cost at most \(rate.value.limit), or raise the limit"
        )
    }

    static func togetherNowhere(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .togetherNowhere,
            "nodes are to count together, and nothing says where",
            at: span,
            help: "add `redis: { url: \"redis://HOST:6379\" }` at the top level"
        )
    }

    static func redisForNothing(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .redisForNothing,
            "no limit is counted in Redis",
            at: span,
            help: "write `nodes: together` in a `rate-limit`, or delete `redis`"
        )
    }

    static func countedByEachNode(_ spec: RateLimitSpec, _ use: EffectiveUse, _ count: ClosedRange<UInt64>)
        -> Diagnostic
    {
        func text(_ factor: UInt64) -> String {
            spec.rates.map { "\($0.value.text(times: factor))" }.joined(separator: " and ")
        }
        let most = text(count.upperBound)
        let isFixed = count.lowerBound == count.upperBound
        let nodes = isFixed ? "\(count.upperBound)" : "\(count.lowerBound) to \(count.upperBound)"
        return Diagnostic(
            .countedByEachNode,
            "\(text(1)) on each of \(nodes) nodes is \(isFixed ? "" : "up to ")\(most) together",
            at: use.use.span,
            help: "write `nodes: together`, or divide the limit; or `nodes: each` if it is meant for each of them"
        )
    }
}
