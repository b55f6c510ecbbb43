/// How long a worker with nothing to do goes on resting after an event came, so that it wakes up for several at once.
///
/// With many requests in flight and time to spare, a loop that wakes for every event pays for most of them with a
/// switch of threads, and makes whoever sends them pay for an interrupt. Network cards meet the same with interrupt
/// moderation. A pause costs latency, so it is bounded by what requests take anyway: a tenth of what three quarters of
/// them take at least, and `Limits.wakePauseMicrosecondsMax`. A loop that is not about to rest never pauses, so that a
/// pause takes nothing from what a worker can serve; one with few requests in flight, or quick ones, does not pause at
/// all.
struct WakePause: BitwiseCopyable {
    /// Fewer events than these are not worth a pause.
    private static let eventCountMin: UInt64 = 2
    /// Microseconds over which events are counted.
    private static let span: UInt64 = 1024
    /// A pause is this part of a request's duration.
    private static let durationShare: UInt64 = 10

    /// What a quarter of the requests take at most, in sixteenths of a microsecond: a running estimate that goes up by
    /// a part of itself with each slower request, and down by three such parts with each quicker one.
    private var quickQuarter: UInt64 = 0
    private var spanStart: UInt64 = 0
    private var eventCount: UInt64 = 0
    /// Microseconds; 0 is none.
    private(set) var length: UInt32 = 0

    /// Notes a request that is answered.
    @inline(__always)
    mutating func noteRequest(microseconds: UInt64) {
        let duration = min(microseconds, 1 << 24) << 4
        let step = (quickQuarter >> 6) + 1
        if duration > quickQuarter {
            quickQuarter += step
        } else {
            quickQuarter -= min(3 * step, quickQuarter)
        }
    }

    /// Notes a turn of the loop.
    ///
    /// - Parameters:
    ///   - count: the events that it handled.
    ///   - now: microseconds, monotonic.
    /// - Returns: whether the pause was set anew.
    @inline(__always)
    mutating func noteTurn(events count: Int, now: UInt64) -> Bool {
        eventCount += UInt64(count)
        guard now - spanStart >= WakePause.span else { return false }
        endSpan(now: now)
        return true
    }

    private mutating func endSpan(now: UInt64) {
        let most = min(
            quickQuarter >> 4 / WakePause.durationShare,
            UInt64(Limits.wakePauseMicrosecondsMax)
        )
        let isWorthIt = eventCount * most >= WakePause.eventCountMin * (now - spanStart)
        length = isWorthIt ? UInt32(most) : 0
        (spanStart, eventCount) = (now, 0)
    }
}
