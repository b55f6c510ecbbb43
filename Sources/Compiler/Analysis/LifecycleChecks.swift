internal import GatewayIR

/// The dates of one version, checked against each other and against the notice that governance promises.
enum LifecycleChecks {
    /// How long a version is answered with 410 unless the spec says otherwise.
    static let tombstoneDefault: Int64 = 90 * InstantText.secondsPerDay

    static func lower(
        _ version: Named<VersionSpec>,
        notice: Spanned<Int64>?,
        into diagnostics: inout [Diagnostic]
    ) -> Lifecycle {
        let spec = version.value
        checkOrder(version, into: &diagnostics)
        if let notice { checkNotice(version, notice: notice, into: &diagnostics) }
        checkAnnouncement(version, into: &diagnostics)
        return Lifecycle(
            released: spec.released?.value ?? .min,
            deprecated: spec.deprecated?.value,
            sunset: spec.sunset?.value,
            announced: spec.announce?.value,
            retired: retired(version, into: &diagnostics),
            brownouts: brownouts(version, into: &diagnostics)
        )
    }

    private static func checkOrder(_ version: Named<VersionSpec>, into diagnostics: inout [Diagnostic]) {
        let spec = version.value
        if let released = spec.released, let deprecated = spec.deprecated, deprecated.value < released.value {
            diagnostics.append(.deprecatedBeforeReleased(version.name.value, deprecated, released: released))
        }
        guard let sunset = spec.sunset else { return }
        guard let deprecated = spec.deprecated else {
            diagnostics.append(.sunsetWithoutDeprecated(version.name.value, sunset))
            return
        }
        if sunset.value < deprecated.value {
            diagnostics.append(.sunsetBeforeDeprecated(version.name.value, sunset, deprecated: deprecated))
        }
    }

    private static func checkNotice(
        _ version: Named<VersionSpec>,
        notice: Spanned<Int64>,
        into diagnostics: inout [Diagnostic]
    ) {
        guard let deprecated = version.value.deprecated, let sunset = version.value.sunset else { return }
        // A sunset before the deprecation is a mistake of its own.
        guard sunset.value >= deprecated.value, sunset.value - deprecated.value < notice.value else { return }
        diagnostics.append(.noticeTooShort(version, deprecated: deprecated, sunset: sunset, notice: notice))
    }

    private static func checkAnnouncement(_ version: Named<VersionSpec>, into diagnostics: inout [Diagnostic]) {
        guard let announce = version.value.announce else { return }
        guard let deprecated = version.value.deprecated else {
            diagnostics.append(.announceWithoutDeprecated(version.name.value, announce))
            return
        }
        if announce.value > deprecated.value {
            diagnostics.append(.announceAfterDeprecated(version.name.value, announce, deprecated: deprecated))
        }
    }

    private static func retired(_ version: Named<VersionSpec>, into diagnostics: inout [Diagnostic]) -> Instant? {
        guard let sunset = version.value.sunset else {
            if let tombstone = version.value.tombstone {
                diagnostics.append(.tombstoneWithoutSunset(version.name.value, tombstone))
            }
            return nil
        }
        let (sum, overflow) = sunset.value.addingReportingOverflow(
            version.value.tombstone?.value ?? tombstoneDefault
        )
        guard !overflow, sum <= InstantText.lastInstant else {
            let span = version.value.tombstone?.span ?? sunset.span
            diagnostics.append(.retiredTooLate(version.name.value, at: span))
            return nil
        }
        return sum
    }

    /// Ascending by begin. An overlap is reported at the one that begins later.
    private static func brownouts(_ version: Named<VersionSpec>, into diagnostics: inout [Diagnostic]) -> [Brownout] {
        var results: [Brownout] = []
        var latest: (until: Instant, span: SourceSpan)?
        let ordered = version.value.brownouts.sorted {
            ($0.from.value, $0.span.file, $0.span.start) < ($1.from.value, $1.span.file, $1.span.start)
        }
        for spec in ordered {
            let (until, overflow) = spec.from.value.addingReportingOverflow(spec.duration.value)
            let end = overflow ? Instant.max : until
            checkInside(version, spec, until: end, into: &diagnostics)
            if let latest, spec.from.value < latest.until {
                diagnostics.append(.brownoutsOverlap(spec, first: latest.span, firstUntil: latest.until))
            }
            if end > latest?.until ?? .min { latest = (end, spec.span) }
            results.append(Brownout(from: spec.from.value, until: end, status: spec.status?.value ?? 503))
        }
        return results
    }

    private static func checkInside(
        _ version: Named<VersionSpec>,
        _ brownout: BrownoutSpec,
        until: Instant,
        into diagnostics: inout [Diagnostic]
    ) {
        let name = version.name.value
        guard let deprecated = version.value.deprecated else {
            // Without `deprecated` a `sunset` is reported already.
            guard version.value.sunset == nil else { return }
            diagnostics.append(.brownoutWithoutDeprecated(name, brownout))
            return
        }
        if brownout.from.value < deprecated.value {
            diagnostics.append(.brownoutTooEarly(name, brownout, deprecated: deprecated))
        } else if let sunset = version.value.sunset, sunset.value >= deprecated.value, until > sunset.value {
            diagnostics.append(.brownoutTooLate(name, brownout, until: until, sunset: sunset))
        }
    }
}
