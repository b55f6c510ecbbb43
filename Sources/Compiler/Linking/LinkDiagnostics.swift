extension Diagnostic {
    static func memberUnreadable(_ spec: Spanned<String>, path: String, reason: String) -> Diagnostic {
        Diagnostic(
            .memberUnreadable,
            "`\(path.excerpt)` cannot be read: \(reason)",
            at: spec.span,
            help: "write the path as seen from the file that it stands in"
        )
    }

    static func memberTwice(_ spec: Spanned<String>, first: SourceSpan?) -> Diagnostic {
        Diagnostic(
            .memberTwice,
            "`\(spec.value.excerpt)` is linked already",
            at: spec.span,
            related: first.map { [.init($0, "linked here")] } ?? [],
            help: "delete one of the two"
        )
    }

    static func memberLoop(_ spec: Spanned<String>, first: SourceSpan?) -> Diagnostic {
        Diagnostic(
            .memberLoop,
            "`\(spec.value.excerpt)` is one of the specs through which this one is linked",
            at: spec.span,
            related: first.map { [.init($0, "linked here")] } ?? [],
            help: "delete it; what both need belongs into the outer one, under `export`"
        )
    }

    static func tooManyMembers(_ spec: Spanned<String>, countMax: Int) -> Diagnostic {
        Diagnostic(
            .tooManyNodes,
            "a link takes at most \(countMax) files",
            at: spec.span,
            help: "put several into one"
        )
    }

    static func memberNameTwice(_ name: Spanned<String>, first: SourceSpan) -> Diagnostic {
        Diagnostic(
            .memberNameTwice,
            "there is a member `\(name.value)` already",
            at: name.span,
            related: [.init(first, "the other one")],
            help: "give one of them another `name` where it is named as a member"
        )
    }

    static func nameTwice(
        _ kind: NameKind,
        _ name: Spanned<String>,
        in unit: LinkUnit,
        first: SourceSpan,
        _ firstUnit: LinkUnit
    ) -> Diagnostic {
        let help =
            kind == .group
            ? "rename the group in one of them: only its own consumers are in an exported group"
            : "rename one of the two, or list the exported one under `weak` instead of `export`"
        return Diagnostic(
            .nameTwice,
            "`\(unit.label)` defines the \(kind.noun) `\(name.value)`, which `\(firstUnit.label)` exports",
            at: name.span,
            related: [.init(first, "defined in `\(firstUnit.label)`")],
            help: help
        )
    }

    static func apiTwice(
        _ name: Spanned<String>,
        in unit: LinkUnit,
        first: SourceSpan,
        _ firstUnit: LinkUnit
    ) -> Diagnostic {
        Diagnostic(
            .nameTwice,
            "`\(unit.label)` and `\(firstUnit.label)` both have an API `\(name.value)`",
            at: name.span,
            related: [.init(first, "defined in `\(firstUnit.label)`")],
            help: "rename one of the two"
        )
    }

    static func privateName(
        _ kind: NameKind,
        _ name: Spanned<String>,
        of owner: LinkUnit,
        _ definition: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .privateName,
            "the \(kind.noun) `\(name.value)` is private to `\(owner.label)`",
            at: name.span,
            related: [.init(definition, "defined here")],
            help: "export it there: `export: { \(kind.key): [ \(name.value) ] }`; or define one of your own"
        )
    }

    static func contestedName(
        _ kind: NameKind,
        _ name: Spanned<String>,
        _ first: SourceSpan,
        _ second: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .contestedName,
            "two specs offer a default for the \(kind.noun) `\(name.value)`, and none exports it",
            at: name.span,
            related: [.init(first, "one is here"), .init(second, "another is here")],
            help: "list it under `export` in one of them, or define one of your own"
        )
    }

    static func exportsNothing(_ name: Spanned<String>, _ kind: NameKind, known: [String]) -> Diagnostic {
        let what = kind == .group ? "no consumer of this spec is in the group" : "this spec defines no \(kind.noun)"
        return Diagnostic(
            .exportsNothing,
            "\(what) `\(name.value)`",
            at: name.span,
            help: suggestion(for: name.value, among: known) ?? "define it here, or export it where it is defined"
        )
    }

    static func exportedBothWays(_ name: Spanned<String>, first: SourceSpan) -> Diagnostic {
        Diagnostic(
            .listedTwice,
            "`\(name.value.excerpt)` is listed under `export` and under `weak`",
            at: name.span,
            related: [.init(first, "exported here")],
            help: "delete one of them"
        )
    }

    static func globalPlugin(_ use: PluginUse, _ unit: LinkUnit) -> Diagnostic {
        Diagnostic(
            .globalPlugin,
            "`\(unit.label)` sets `\(use.name.value)` for every route of the gateway",
            at: use.name.span,
            related: unit.declaration.map { [.init($0.span, "`\(unit.label)` is a member here")] } ?? [],
            help: "write it under the `plugins` of each API"
        )
    }

    static func pluginNotOwned(_ use: PluginUse, member: String, owns: SourceSpan) -> Diagnostic {
        Diagnostic(
            .pluginNotOwned,
            "`\(member)` may not use `\(use.name.value)`",
            at: use.name.span,
            related: [.init(owns, "these plugins it may use")],
            help: "delete it, or add it to the member's `owns.plugins`"
        )
    }

    /// - Parameter others: where further members have such keys.
    static func passedOver(
        _ keys: [String],
        at span: SourceSpan,
        of unit: LinkUnit,
        others: [Spanned<String>]
    ) -> Diagnostic {
        let shownCountMax = 3
        let list = keys.map { "`\($0)`" }.joined(separator: ", ")
        let more = others.count > shownCountMax ? ["and \(others.count - shownCountMax) members more"] : []
        return Diagnostic(
            .passedOver,
            severity: .note,
            "\(list) of `\(unit.label)` \(keys.count == 1 ? "is" : "are") passed over: the spec that is built decides",
            at: span,
            related: others.prefix(shownCountMax).map { .init($0.span, "passed over, too") },
            notes: more,
            help: "nothing is to be done: where the member is built alone, they hold"
        )
    }
}
