internal import GatewayIR

extension SpecDecoder {
    mutating func fault(_ fields: Fields) -> FaultSpec? {
        guard ["delay", "abort"].contains(where: { fields.keyNode($0) != nil }) else {
            _ = exactlyOne(fields, ["delay", "abort"])
            return nil
        }
        for name in ["delay", "abort"] where fields.keyNode("\(name)-share") != nil { requireKey(name, in: fields) }
        let delay = scalar(fields["delay"], .faultDelay)
        let status = scalar(fields["abort"], .number(UInt16(400)...599))
        let from = scalar(fields["from"], .instant)
        let until = scalar(fields["until"], .instant)
        if let from, let until, until.value <= from.value {
            report(
                Diagnostic(
                    .outOfRange,
                    "the fault ends before it begins",
                    at: until.span,
                    related: [.init(from.span, "its begin")],
                    help: "write an `until` behind `from`"
                )
            )
            return nil
        }
        guard delay != nil || status != nil else { return nil }
        let header = scalar(fields["header"], .headerName)
        let settings = FaultSettings(
            delay: delay?.value,
            delayShare: scalar(fields["delay-share"], .share)?.value ?? FaultSettings.whole,
            status: status?.value,
            abortShare: scalar(fields["abort-share"], .share)?.value ?? FaultSettings.whole,
            header: header?.value.lowercased(),
            from: from?.value,
            until: until?.value
        )
        return FaultSpec(settings: settings, isForAll: fields.keyNode("header") == nil)
    }

    mutating func canary(_ fields: Fields) -> CanarySpec? {
        let upstream = scalar(fields["upstream"], .name)
        var spec = CanarySpec(upstream: upstream ?? Spanned("", span(fields.node)))
        spec.key = fields["by"].flatMap { canaryKey($0) }
        guard let field = exactlyOne(fields, ["share", "steps"]) else { return nil }
        if field.key.name == "share" {
            spec.steps = scalar(field, .shareOrNone).map { [CanarySettings.Step(share: $0.value)] } ?? []
        } else {
            spec.steps = canarySteps(field)
        }
        return upstream == nil || spec.steps.isEmpty ? nil : spec
    }

    mutating func mirror(_ fields: Fields) -> MirrorSpec? {
        let share = scalar(fields["share"], .share)
        return scalar(fields["upstream"], .name).map { MirrorSpec(upstream: $0, share: share?.value) }
    }

    private mutating func canarySteps(_ field: Field) -> [CanarySettings.Step] {
        var firsts: [Instant: SourceSpan] = [:]
        var steps: [CanarySettings.Step] = []
        for item in items(field, of: "steps", isNeeded: true) {
            guard let fields = fields(item, PluginSchema.canaryStep) else { continue }
            let from = scalar(fields["from"], .instant)
            let share = scalar(fields["share"], .shareOrNone)
            guard let from, let share else { continue }
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
            steps.append(CanarySettings.Step(from: from.value, share: share.value))
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
        return steps.sorted { ($0.from ?? .min) < ($1.from ?? .min) }
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

extension ScalarType where Value == Milliseconds {
    /// As long as a client may reasonably wait.
    fileprivate static let faultDelay = ScalarType(duration().noun) { text throws(ScalarProblem) in
        let value = try duration().parse(text)
        guard value <= FaultSettings.delayMax else {
            throw ScalarProblem(.outOfRange, "the delay `\(text.excerpt)` is too long", help: "write at most `1m`")
        }
        return value
    }
}
