extension DiagnosticCode {
    /// E05xx: the dates of versions and what follows from them.
    static let lifecycleCodes: [DiagnosticCode] = [
        .deprecatedBeforeReleased, .sunsetBeforeDeprecated, .sunsetWithoutDeprecated, .noticeTooShort,
        .brownoutOutside, .brownoutsOverlap, .unknownSuccessor, .ownSuccessor, .successorCircle,
        .successorEndsFirst, .successorLate, .successorLacksOperations, .severalDefaults, .defaultReachesSunset,
        .meaninglessDefault, .announceAfterDeprecated, .announceWithoutDeprecated, .tombstoneWithoutSunset,
        .instantOutOfRange,
    ]

    static let deprecatedBeforeReleased = DiagnosticCode(
        "E0501",
        "a version is deprecated before it is released",
        explanation: """
            A version goes from planned to active at `released` and from active to deprecated at `deprecated`. The
            dates are in the wrong order. One of them has a slip of the pen; they may be equal.
            """,
        example: """
            v1: { released: 2026-03-01, deprecated: 2025-06-01 }
            """
    )

    static let sunsetBeforeDeprecated = DiagnosticCode(
        "E0502",
        "a version is sunset before it is deprecated",
        explanation: """
            RFC 9745 (section 4) demands that the sunset is not before the deprecation: consumers must first hear that
            a version goes away, then see it go. One of the two dates has a slip of the pen.
            """,
        example: """
            v1: { released: 2024-03-01, deprecated: 2026-06-01, sunset: 2026-01-31 }
            """
    )

    static let sunsetWithoutDeprecated = DiagnosticCode(
        "E0503",
        "a version is sunset without ever being deprecated",
        explanation: """
            From `deprecated` on, answers tell consumers that the version goes away and when. A `sunset` alone would
            take it away unannounced. Add `deprecated`, early enough for consumers to move.
            """,
        example: """
            v1: { released: 2024-03-01, sunset: 2026-12-31 }
            """
    )

    static let noticeTooShort = DiagnosticCode(
        "E0504",
        "consumers get less notice than governance promises",
        explanation: """
            `governance.notice` is the least time between `deprecated` and `sunset`, for every version of every API.
            Move the sunset later, or the deprecation earlier if it has not been announced yet.
            """,
        example: """
            governance: { notice: 180d }
            # …
            v1: { released: 2024-03-01, deprecated: 2026-06-01, sunset: 2026-07-01 }
            """
    )

    static let brownoutOutside = DiagnosticCode(
        "E0505",
        "a brownout lies outside the time in which the version is deprecated",
        explanation: """
            A brownout refuses a deprecated version for a while, so that consumers who missed the announcement notice
            before the sunset. It must begin at or after `deprecated` and end at or before `sunset`.
            """,
        example: """
            v1:
              deprecated: 2026-06-01
              sunset: 2026-12-31
              brownouts: [ { from: 2026-05-01T10:00:00Z, for: 1h } ]
            """
    )

    static let brownoutsOverlap = DiagnosticCode(
        "E0506",
        "two brownouts of a version overlap",
        explanation:
            "Which of the two applied, and what `Retry-After` said, would be undecided. Merge them or move one.",
        example: """
            brownouts:
              - { from: 2026-12-01T10:00:00Z, for: 2h }
              - { from: 2026-12-01T11:00:00Z, for: 2h }
            """
    )

    static let unknownSuccessor = DiagnosticCode(
        "E0508",
        "the successor does not exist",
        explanation: """
            `successor` names the version of the same API to which consumers should move. There is no such version.
            Correct the spelling, or declare the version.
            """,
        example: """
            versions:
              v1: { deprecated: 2026-06-01, successor: v3 }
              v2: { released: 2026-05-01 }
            """
    )

    static let ownSuccessor = DiagnosticCode(
        "E0509",
        "a version is its own successor",
        explanation: "`successor` names the version that consumers should move to, so it must be another one.",
        example: """
            versions:
              v1: { deprecated: 2026-06-01, successor: v1 }
            """
    )

    static let successorCircle = DiagnosticCode(
        "E0510",
        "successors form a circle",
        explanation: """
            Following `successor` from version to version must end at one that stays. Here it comes back to where it
            began, so consumers would be sent round and round.
            """,
        example: """
            versions:
              v1: { deprecated: 2026-06-01, successor: v2 }
              v2: { deprecated: 2026-07-01, successor: v1 }
            """
    )

    static let successorEndsFirst = DiagnosticCode(
        "E0511",
        "the successor is sunset before the version that it succeeds",
        explanation: """
            Consumers who move to the successor would lose it sooner than what they left. Name a version that lasts
            longer, or move a sunset.
            """,
        example: """
            versions:
              v1: { deprecated: 2026-01-01, sunset: 2026-12-31, successor: v2 }
              v2: { deprecated: 2026-02-01, sunset: 2026-10-31 }
            """
    )

    static let successorLate = DiagnosticCode(
        "W0512",
        "the successor is released only after the sunset",
        explanation: """
            Between the sunset of the old version and the release of its successor consumers have nothing to call, and
            no time to move while both are served.
            """,
        example: """
            versions:
              v1: { deprecated: 2026-01-01, sunset: 2026-12-31, successor: v2 }
              v2: { released: 2027-02-01 }
            """
    )

    static let successorLacksOperations = DiagnosticCode(
        "W0513",
        "the successor lacks operations of the version that it succeeds",
        explanation: """
            Consumers of these operations have nothing to move to. Add the routes to the successor, or make sure that
            nobody needs them. Where the spec has `governance` this is an error.
            """,
        example: """
            versions:
              v1: { deprecated: 2026-06-01, successor: v2, routes: [ "GET /", "DELETE /{id}" ] }
              v2: { released: 2026-05-01, routes: [ "GET /" ] }
            """
    )

    static let severalDefaults = DiagnosticCode(
        "E0514",
        "two versions of an API are both the default",
        explanation: "A request that names no version gets the default one; there can be only one.",
        example: """
            versioning: header
            versions:
              v1: { default: true }
              v2: { default: true }
            """
    )

    static let defaultReachesSunset = DiagnosticCode(
        "W0515",
        "the default version reaches its sunset and no other is the default",
        explanation: """
            From the sunset on, every request that names no version is answered 410. Make a later version the default,
            after telling consumers to name the version they mean.
            """,
        example: """
            versioning: header
            versions:
              v1: { default: true, deprecated: 2026-06-01, sunset: 2026-12-31 }
              v2: { released: 2026-05-01 }
            """
    )

    static let meaninglessDefault = DiagnosticCode(
        "E0516",
        "`default` has no meaning under this versioning",
        explanation: """
            Where the version is part of the path or the host, every request names one. `default` is for versioning by
            header, query or media type, where a request may leave it out.
            """,
        example: """
            versioning: path
            versions:
              v1: { default: true }
            """
    )

    static let announceAfterDeprecated = DiagnosticCode(
        "E0517",
        "a deprecation is announced after it has come",
        explanation: """
            `announce` is the day from which an active version tells consumers about its coming deprecation. From
            `deprecated` on it does so anyway.
            """,
        example: """
            v1: { released: 2024-03-01, deprecated: 2026-06-01, announce: 2026-07-01 }
            """
    )

    static let announceWithoutDeprecated = DiagnosticCode(
        "E0518",
        "`announce` without `deprecated` announces nothing",
        explanation:
            "`announce` is the day from which answers tell the date in `deprecated`. Add that date, or delete it.",
        example: """
            v1: { released: 2024-03-01, announce: 2026-03-01 }
            """
    )

    static let tombstoneWithoutSunset = DiagnosticCode(
        "E0519",
        "`tombstone` without `sunset` has no meaning",
        explanation: """
            `tombstone` is how long after its sunset a version is still answered with 410 and a pointer to its
            successor, before it is forgotten (404). Add `sunset`, or delete it.
            """,
        example: """
            v1: { released: 2024-03-01, tombstone: 30d }
            """
    )

    static let instantOutOfRange = DiagnosticCode(
        "E0520",
        "a date lies too far in the future",
        explanation: "Dates that follow from this one would be after the year 9999, which header fields cannot say.",
        example: """
            v1: { deprecated: 9998-01-01, sunset: 9999-12-31, tombstone: 3650d }
            """
    )

}
