import Testing

@testable import GatewayRuntime

/// When a worker that rests waits for more events, and for how long.
struct WakePauseTests {
    /// A worker's pause after a second of turns.
    ///
    /// - Parameters:
    ///   - durations: microseconds of the requests, in turns.
    ///   - perMillisecond: requests, of two events each.
    private func pause(after durations: [UInt64], perMillisecond: Int) -> UInt32 {
        var pause = WakePause()
        var now: UInt64 = 1_000_000
        var index = 0
        for _ in 0..<1000 {
            for _ in 0..<perMillisecond {
                pause.noteRequest(microseconds: durations[index % durations.count])
                index += 1
            }
            now += 1000
            _ = pause.noteTurn(events: 2 * perMillisecond, now: now)
        }
        return pause.length
    }

    @Test func aWorkerThatHasSeenNothingDoesNotPause() {
        #expect(WakePause().length == 0)
        #expect(pause(after: [1000], perMillisecond: 0) == 0)
    }

    @Test func manyRequestsInFlightMakeItPauseForAsLongAsItMay() {
        #expect(pause(after: [1000, 1500, 2000], perMillisecond: 40) == UInt32(Limits.wakePauseMicrosecondsMax))
    }

    @Test(arguments: [UInt64(200), 300, 400])
    func aPauseIsATenthOfWhatRequestsTake(duration: UInt64) {
        let length = pause(after: [duration], perMillisecond: 80)
        #expect(length <= UInt32(duration / 10 + duration / 100) && length >= UInt32(duration / 10 - duration / 50))
    }

    @Test func quickRequestsMakeItNotPause() {
        #expect(pause(after: [60], perMillisecond: 15) == 0)
        #expect(pause(after: [0], perMillisecond: 100) == 0)
    }

    @Test func fewEventsAreNotWorthAPause() {
        #expect(pause(after: [100_000], perMillisecond: 10) == 0)
    }

    @Test func slowRequestsDoNotMakeQuickOnesWait() {
        // A third is quick: so is the first quartile.
        #expect(pause(after: [60, 500_000, 500_000], perMillisecond: 40) == 0)
        #expect(pause(after: [60, 60, 60, 10_000_000], perMillisecond: 40) == 0)
    }

    @Test func aRestEndsIt() {
        var pause = WakePause()
        var now: UInt64 = 1_000_000
        for _ in 0..<1000 {
            for _ in 0..<50 { pause.noteRequest(microseconds: 2000) }
            now += 1000
            _ = pause.noteTurn(events: 100, now: now)
        }
        #expect(pause.length > 0)
        let isSet = pause.noteTurn(events: 1, now: now + 500_000)
        #expect(isSet)
        #expect(pause.length == 0)
    }

    @Test func durationsWithoutBoundStayInBounds() {
        #expect(pause(after: [.max], perMillisecond: 100) <= UInt32(Limits.wakePauseMicrosecondsMax))
    }
}
