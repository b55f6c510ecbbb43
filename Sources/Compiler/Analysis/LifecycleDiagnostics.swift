internal import GatewayIR

extension Diagnostic {
    static func deprecatedBeforeReleased(
        _ version: String,
        _ deprecated: Spanned<Instant>,
        released: Spanned<Instant>
    ) -> Diagnostic {
        let date = InstantText.text(released.value)
        return Diagnostic(
            .deprecatedBeforeReleased,
            "`\(version)` is deprecated before it is released on \(date)",
            at: deprecated.span,
            related: [.init(released.span, "released here")],
            help:
                "set `deprecated` to \(date) or later, or `released` to \(InstantText.text(deprecated.value)) or earlier"
        )
    }

    static func sunsetBeforeDeprecated(
        _ version: String,
        _ sunset: Spanned<Instant>,
        deprecated: Spanned<Instant>
    ) -> Diagnostic {
        let date = InstantText.text(deprecated.value)
        return Diagnostic(
            .sunsetBeforeDeprecated,
            "`\(version)` is sunset before it is deprecated on \(date)",
            at: sunset.span,
            related: [.init(deprecated.span, "deprecated here")],
            help: "set `sunset` to \(date) or later, or `deprecated` to \(InstantText.text(sunset.value)) or earlier"
        )
    }

    static func sunsetWithoutDeprecated(_ version: String, _ sunset: Spanned<Instant>) -> Diagnostic {
        Diagnostic(
            .sunsetWithoutDeprecated,
            "`\(version)` is sunset without having been deprecated",
            at: sunset.span,
            help: "add `deprecated` with a date before \(InstantText.text(sunset.value))"
        )
    }

    static func noticeTooShort(
        _ version: Named<VersionSpec>,
        deprecated: Spanned<Instant>,
        sunset: Spanned<Instant>,
        notice: Spanned<Int64>
    ) -> Diagnostic {
        let given = InstantText.span(sunset.value - deprecated.value)
        let promised = InstantText.span(notice.value)
        let (earliest, overflow) = deprecated.value.addingReportingOverflow(notice.value)
        var help = overflow ? "shorten `governance.notice`" : "set `sunset` to \(wholeDay(after: earliest)) or later"
        let latest = InstantText.dayAtOrBefore(sunset.value - notice.value)
        if !overflow, latest >= version.value.released?.value ?? .min {
            help += ", or, if it has not been announced yet, `deprecated` to \(InstantText.text(latest)) or earlier"
        }
        return Diagnostic(
            .noticeTooShort,
            "`\(version.name.value)` gives \(given) of notice, and governance promises \(promised)",
            at: sunset.span,
            related: [.init(deprecated.span, "deprecated here"), .init(notice.span, "the notice is promised here")],
            help: help
        )
    }

    private static func wholeDay(after instant: Instant) -> String {
        InstantText.text(InstantText.dayAtOrAfter(instant))
    }

    static func announceAfterDeprecated(
        _ version: String,
        _ announce: Spanned<Instant>,
        deprecated: Spanned<Instant>
    ) -> Diagnostic {
        Diagnostic(
            .announceAfterDeprecated,
            "the deprecation of `\(version)` is announced after it has come",
            at: announce.span,
            related: [.init(deprecated.span, "deprecated here")],
            help: "set `announce` to \(InstantText.text(deprecated.value)) or earlier, or delete it to announce at once"
        )
    }

    static func announceWithoutDeprecated(_ version: String, _ announce: Spanned<Instant>) -> Diagnostic {
        Diagnostic(
            .announceWithoutDeprecated,
            "`\(version)` announces a deprecation but has no `deprecated`",
            at: announce.span,
            help: "add `deprecated` with a date after \(InstantText.text(announce.value)), or delete `announce`"
        )
    }

    static func tombstoneWithoutSunset(_ version: String, _ tombstone: Spanned<Int64>) -> Diagnostic {
        Diagnostic(
            .tombstoneWithoutSunset,
            "`\(version)` has a `tombstone` but no `sunset` for it to follow",
            at: tombstone.span,
            help: "add `sunset`, or delete `tombstone`"
        )
    }

    static func retiredTooLate(_ version: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .instantOutOfRange,
            "`\(version)` would be retired after the year 9999",
            at: span,
            help: "choose an earlier `sunset` or a shorter `tombstone`"
        )
    }

    static func brownoutWithoutDeprecated(_ version: String, _ brownout: BrownoutSpec) -> Diagnostic {
        Diagnostic(
            .brownoutOutside,
            "`\(version)` has a brownout but is never deprecated",
            at: brownout.from.span,
            help: "add `deprecated` with a date at or before \(InstantText.text(brownout.from.value))"
        )
    }

    static func brownoutTooEarly(
        _ version: String,
        _ brownout: BrownoutSpec,
        deprecated: Spanned<Instant>
    ) -> Diagnostic {
        let date = InstantText.text(deprecated.value)
        return Diagnostic(
            .brownoutOutside,
            "a brownout of `\(version)` begins before it is deprecated on \(date)",
            at: brownout.from.span,
            related: [.init(deprecated.span, "deprecated here")],
            help: "let it begin at \(date) or later"
        )
    }

    static func brownoutTooLate(
        _ version: String,
        _ brownout: BrownoutSpec,
        until: Instant,
        sunset: Spanned<Instant>
    ) -> Diagnostic {
        let (latest, _) = sunset.value.subtractingReportingOverflow(brownout.duration.value)
        return Diagnostic(
            .brownoutOutside,
            "a brownout of `\(version)` lasts until \(InstantText.text(until)), which is after its sunset",
            at: brownout.span,
            related: [.init(sunset.span, "sunset here")],
            help: "let it begin at \(InstantText.text(latest)) or earlier, or shorten it"
        )
    }

    static func brownoutsOverlap(
        _ brownout: BrownoutSpec,
        first: SourceSpan,
        firstUntil: Instant
    ) -> Diagnostic {
        Diagnostic(
            .brownoutsOverlap,
            "this brownout begins before another one has ended",
            at: brownout.span,
            related: [.init(first, "this one lasts until \(InstantText.text(firstUntil))")],
            help: "let it begin at \(InstantText.text(firstUntil)) or later, or merge the two"
        )
    }
}
