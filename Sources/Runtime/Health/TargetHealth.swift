/// How one target is: what probes and requests came to, and so whether it is used. Instants, and the chance by which
/// they are spread, are given; milliseconds of the monotonic clock.
package struct TargetHealth: Equatable, Sendable {
    /// While a target is out, the pauses between probes grow after so many, up to so many times the interval.
    private static let patience = 10
    private static let pauseMax: Int64 = 4

    /// It does not answer probes as it should.
    private(set) var isFailing = false
    /// It failed requests, and is left alone until then.
    private(set) var ejectedUntil: Int64?
    /// Why it is out, or was last.
    private(set) var reason: String?
    /// Seconds since 1970.
    package private(set) var changedInstant: Int64
    private(set) var ejectionTotal: UInt64 = 0
    private(set) var goodTotal: UInt64 = 0
    private(set) var badTotal: UInt64 = 0
    /// When it is to be asked next; `nil` while it is asked, or if it never is.
    private(set) var nextProbe: Int64?
    private var isJudged = false
    private var goodCount = 0
    private var badCount = 0
    private var outProbeCount = 0
    /// How long the last ejection lasted, and when it ended.
    private var lastEjection: Int64 = 0
    private var returned: Int64 = .min

    /// Not to be used.
    package var isOut: Bool { isFailing || ejectedUntil != nil }

    package var stateName: String {
        if ejectedUntil != nil { return "ejected" }
        return isFailing ? "failing" : "in"
    }

    /// - Parameters:
    ///   - instant: seconds since 1970.
    ///   - chance: 0 up to 1.
    init(_ settings: HealthSettings, now: Int64, instant: Int64, chance: Double) {
        changedInstant = instant
        // Those that became known together are not asked together; but how they are should be known soon.
        if settings.isAsked { nextProbe = now + Int64(chance * Double(min(settings.interval, 1_000))) }
    }

    /// It is being asked.
    mutating func beginProbe() { nextProbe = nil }

    /// It was asked.
    ///
    /// - Parameters:
    ///   - failure: what was wrong; `nil` if nothing was.
    ///   - began: when.
    /// - Returns: whether it went out or came back.
    mutating func endProbe(
        failure: String?,
        _ settings: HealthSettings,
        began: Int64,
        now: Int64,
        instant: Int64,
        chance: Double
    ) -> Bool {
        let wasOut = isOut
        if let failure {
            badTotal += 1
            goodCount = 0
            badCount += 1
            // The first answer of all decides alone: nothing is known that would speak for the target.
            if !isFailing, badCount >= settings.unhealthyCount || !isJudged {
                isFailing = true
                reason = failure
            }
        } else {
            goodTotal += 1
            badCount = 0
            goodCount += 1
            if isOut, goodCount >= settings.healthyCount {
                isFailing = false
                if ejectedUntil != nil { endEjection(now) }
            }
        }
        isJudged = true
        outProbeCount = isOut && failure != nil ? outProbeCount + 1 : 0
        let growth = Int64(max(0, outProbeCount - TargetHealth.patience) / TargetHealth.patience)
        let pause = settings.interval * min(1 + growth, TargetHealth.pauseMax)
        // Never later than the spec says, so that a target is back as soon as it promises.
        nextProbe = max(began + pause - Int64(chance * Double(pause) / 10), now + 1)
        return note(wasOut, instant)
    }

    /// A worker says that it failed too many requests in a row.
    ///
    /// - Returns: whether it went out.
    mutating func eject(_ settings: HealthSettings, now: Int64, instant: Int64, chance: Double) -> Bool {
        guard ejectedUntil == nil, settings.failureCount > 0 else { return false }
        let wasOut = isOut
        // Soon after the last time: twice as long.
        let isAgain = lastEjection > 0 && now - returned < max(lastEjection, settings.ejection)
        lastEjection = isAgain ? min(2 * lastEjection, settings.ejectionMax) : settings.ejection
        ejectedUntil = now + lastEjection + Int64(chance * Double(lastEjection) / 10)
        ejectionTotal += 1
        goodCount = 0
        if !isFailing { reason = "\(settings.failureCount) requests in a row failed" }
        // Whether it answers is worth knowing now.
        if let next = nextProbe { nextProbe = min(next, now) }
        return note(wasOut, instant)
    }

    /// Time passes.
    ///
    /// - Returns: whether it came back.
    mutating func advance(now: Int64, instant: Int64) -> Bool {
        guard let end = ejectedUntil, end <= now else { return false }
        let wasOut = isOut
        endEjection(now)
        return note(wasOut, instant)
    }

    private mutating func endEjection(_ now: Int64) {
        ejectedUntil = nil
        returned = now
    }

    private mutating func note(_ wasOut: Bool, _ instant: Int64) -> Bool {
        guard isOut != wasOut else { return false }
        changedInstant = instant
        if !isOut { outProbeCount = 0 }
        return true
    }
}
