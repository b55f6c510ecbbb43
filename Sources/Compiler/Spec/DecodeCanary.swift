internal import GatewayIR

// `canary`: one upstream with its `share`, or several with their `shares`; or either by `steps`.

extension SpecDecoder {
    /// The shares of several upstreams at one time.
    private typealias Shares = [Named<UInt32>]

    mutating func canary(_ fields: Fields) -> CanarySpec? {
        _ = exclusive(fields, ["upstream", "shares"])
        let isOne = fields.keyNode("upstream") != nil || fields.keyNode("share") != nil
        if isOne {
            requireKey("upstream", in: fields)
        } else if ["shares", "steps"].allSatisfy({ fields.keyNode($0) == nil }) {
            _ = exactlyOne(fields, ["upstream", "shares"])
            return nil
        }
        let upstream = scalar(fields["upstream"], .name)
        let key = fields["by"].flatMap { canaryKey($0) }
        guard let field = exactlyOne(fields, isOne ? ["share", "steps"] : ["shares", "steps"]) else { return nil }
        var steps: [(from: Instant?, shares: Shares)] = []
        switch field.key.name {
        case "share":
            if let share = scalar(field, .shareOrNone), let upstream {
                steps = [(nil, [Named(upstream, share.value)])]
            }
        case "shares": steps = [(nil, shares(field))]
        default: steps = canarySteps(field, of: upstream, isOne: isOne)
        }
        guard !isOne || upstream != nil, steps.contains(where: { !$0.shares.isEmpty }) else { return nil }
        return canary(steps, key: key, at: field)
    }

    /// One column of shares for every upstream that is named anywhere.
    private mutating func canary(
        _ steps: [(from: Instant?, shares: Shares)],
        key: Spanned<CanarySpec.Key>?,
        at field: Field
    ) -> CanarySpec? {
        var spec = CanarySpec(key: key)
        for share in steps.flatMap(\.shares) where !spec.upstreams.contains(where: { $0.value == share.name.value }) {
            spec.upstreams.append(share.name)
        }
        guard spec.upstreams.count <= CanarySettings.upstreamCountMax else {
            report(
                Diagnostic(
                    .outOfRange,
                    "these are \(spec.upstreams.count) upstreams, and \(CanarySettings.upstreamCountMax) is the most",
                    at: field.keySpan,
                    help: "leave some of them out"
                )
            )
            return nil
        }
        spec.steps = steps.map { step in
            let shares = spec.upstreams.map { upstream in
                step.shares.first { $0.name.value == upstream.value }?.value ?? 0
            }
            return CanarySettings.Step(from: step.from, shares: shares)
        }
        spec.steps.sort { ($0.from ?? .min) < ($1.from ?? .min) }
        return spec
    }

    private mutating func shares(_ field: Field?) -> Shares {
        let shares: Shares = entries(field, of: "shares", name: .name) {
            $0.scalar($2, .shareOrNone, example: "shares: { orders-next: 5% }")?.value
        }
        guard let field, !shares.isEmpty else {
            if let field, tree[field.node].kind == .map, tree[field.node].second == 0 {
                report(
                    Diagnostic(
                        .oneKeyNeeded,
                        "no upstream has a share here",
                        at: field.keySpan,
                        help: "write how many requests each upstream gets: `shares: { orders-next: 5% }`"
                    )
                )
            }
            return []
        }
        // At most a million each, and as many as a file has nodes: far below 2^64.
        let sum = shares.reduce(UInt64(0)) { $0 + UInt64($1.value) }
        if sum > UInt64(CanarySettings.whole) {
            report(
                Diagnostic(
                    .outOfRange,
                    "these shares are more than all requests together",
                    at: field.keySpan,
                    help: "what they leave of 100% goes to the upstream of the route"
                )
            )
            return []
        }
        return shares
    }

    private mutating func canarySteps(
        _ field: Field,
        of upstream: Spanned<String>?,
        isOne: Bool
    ) -> [(from: Instant?, shares: Shares)] {
        var firsts: [Instant: SourceSpan] = [:]
        var steps: [(from: Instant?, shares: Shares)] = []
        for item in items(field, of: "steps", isNeeded: true) {
            guard let fields = fields(item, PluginSchema.canaryStep) else { continue }
            _ = exclusive(fields, ["share", "shares"])
            requireKey(isOne ? "share" : "shares", in: fields)
            let from = scalar(fields["from"], .instant)
            var shares: Shares = []
            if !isOne {
                shares = self.shares(fields["shares"])
            } else if let share = scalar(fields["share"], .shareOrNone), let upstream {
                shares = [Named(upstream, share.value)]
            }
            guard let from, !shares.isEmpty else { continue }
            if let first = firsts.updateValue(from.span, forKey: from.value) {
                report(
                    Diagnostic(
                        .listedTwice,
                        "two steps begin at the same instant",
                        at: from.span,
                        related: [.init(first, "the first one")],
                        help: "keep one of them"
                    )
                )
            }
            steps.append((from.value, shares))
        }
        if steps.count > CanarySettings.stepCountMax {
            report(
                Diagnostic(
                    .outOfRange,
                    "these are \(steps.count) steps, and \(CanarySettings.stepCountMax) is the most",
                    at: field.keySpan,
                    help: "leave some of them out"
                )
            )
        }
        return steps
    }

    /// `random`, or what a rate limit counts by.
    private mutating func canaryKey(_ field: Field) -> Spanned<CanarySpec.Key>? {
        guard tree[field.node].kind == .map else { return scalar(field, .canaryKey) }
        return rateLimitKey(field).map { Spanned(.key($0.value), $0.span) }
    }
}

extension ScalarType where Value == CanarySpec.Key {
    private static let words = "`consumer`, `address`, `path`, `random`, `{ header: NAME }` or `{ claim: NAME }`"

    fileprivate static let canaryKey = ScalarType(words) { text throws(ScalarProblem) in
        switch text {
        case "consumer": return .key(.consumer)
        case "address": return .key(.address)
        case "path": return .key(.path)
        case "random": return .random
        default:
            var problem = Words.problem(text, among: ["consumer", "address", "path", "random"])
            if !(problem.help ?? "").hasPrefix("did") { problem.help = "write \(words)" }
            throw problem
        }
    }
}
