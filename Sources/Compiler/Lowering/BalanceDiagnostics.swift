extension Diagnostic {
    static func tooManyTargets(_ target: TargetSpec, _ upstream: String) -> Diagnostic {
        Diagnostic(
            .tooManyTargets,
            "`\(upstream)` has more than \(BalanceLowering.targetCountMax) targets",
            at: target.span,
            help: "name what balances them, or one DNS name with many addresses"
        )
    }

    static func idleSetting(_ name: String, at span: SourceSpan, needs other: String, example: String) -> Diagnostic {
        Diagnostic(
            .idleBalancing,
            "`\(name)` has no effect without `\(example)`",
            at: span,
            help: "set `\(other)` beside it, or delete `\(name)`"
        )
    }

    static func idleHealth(_ span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .idleBalancing,
            "`health` says neither how targets are asked nor how they are judged",
            at: span,
            help: "add `active: { path: /healthz }` or `passive: { failures: 3 }`, or delete it"
        )
    }

    static func missingHashName(_ kind: Spanned<HashSpec.Kind>) -> Diagnostic {
        Diagnostic(
            .hashName,
            "`hash` does not say which \(kind.value.rawValue) to hash",
            at: kind.span,
            help:
                "add `name`, as in `hash: { by: \(kind.value.rawValue), name: \(kind.value == .header ? "X-User" : "user") }`"
        )
    }

    static func uselessHashName(_ name: Spanned<String>, _ kind: HashSpec.Kind) -> Diagnostic {
        Diagnostic(
            .hashName,
            "there is only one \(kind.rawValue) to hash, and it has no name",
            at: name.span,
            help: "delete `name`, or write `by: header`, `by: cookie` or `by: capture`"
        )
    }

    static func hashWithoutCapture(_ hash: HashUse, upstream: String, route: RouteMention) -> Diagnostic {
        Diagnostic(
            .hashWithoutCapture,
            "`\(upstream)` hashes the capture `\(hash.name)`, which `\(route.text)` does not have",
            at: hash.span,
            related: [.init(route.span, "the path of this route")],
            help: "name a segment of the path `{\(hash.name)}`, or send the route to another upstream"
        )
    }

    static func hashWithoutConsumer(_ hash: HashUse, upstream: String, route: RouteMention) -> Diagnostic {
        Diagnostic(
            .hashWithoutConsumer,
            "`\(upstream)` hashes the consumer, and `\(route.text)` does not find out who calls",
            at: hash.span,
            related: [.init(route.span, "requests of this route are spread in turn")],
            help: "add an authentication plugin such as `key-auth`, or hash by `address`"
        )
    }

    static func contradictoryTimes(
        _ name: String,
        _ span: SourceSpan,
        _ relation: String,
        _ other: String,
        _ otherSpan: SourceSpan?
    ) -> Diagnostic {
        Diagnostic(
            .contradictoryTimes,
            "`\(name)` is \(relation) `\(other)`",
            at: span,
            related: otherSpan.map { [.init($0, "`\(other)` is here")] } ?? [],
            help: "change one of them"
        )
    }

    static func noOtherTarget(_ span: SourceSpan, _ upstream: String) -> Diagnostic {
        Diagnostic(
            .noOtherTarget,
            "`\(upstream)` has no other target that could be asked, too",
            at: span,
            help: "add a target, or delete `hedge`"
        )
    }

    static func nothingElseToAsk(_ span: SourceSpan, _ upstream: String) -> Diagnostic {
        Diagnostic(
            .nothingElseToAsk,
            "`passive` has no effect: `\(upstream)` has one target, and it is used whatever it does",
            at: span,
            help: "delete it, or add another target"
        )
    }

    static func zoneWithoutNode(_ zone: Spanned<String>, known: [String]) -> Diagnostic {
        Diagnostic(
            .zoneWithoutNode,
            "no node is in the zone `\(zone.value)`",
            at: zone.span,
            notes: known.isEmpty ? [] : ["zones of nodes: \(known.map { "`\($0)`" }.joined(separator: ", "))"],
            help: Spelling.suggestion(for: zone.value, among: known).map { "did you mean `\($0)`?" }
                ?? "give a node this `zone`, or delete it"
        )
    }
}
