import Testing

@testable import GatewayRuntime

@Suite("How a gateway stops, and tries again")
struct ControlDrainTests {
    /// Moments, whether workers are idle by then, and what is to be done.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var turns: [(now: Int64, isIdle: Bool, action: DrainSchedule.Action)]
        var end: DrainSchedule.Step
    }

    static let cases = [
        Case(
            testDescription: "idle workers end at once, after the delay",
            turns: [(99, true, .nothing), (100, true, .drainWorkers), (100, true, .exit), (101, true, .nothing)],
            end: .ended(isClean: true)
        ),
        Case(
            testDescription: "busy workers are waited for",
            turns: [
                (100, false, .drainWorkers), (100, false, .nothing), (1_099, false, .nothing), (1_099, true, .exit),
            ],
            end: .ended(isClean: true)
        ),
        Case(
            testDescription: "but not for ever: they are told to stop, and get a second",
            turns: [
                (100, false, .drainWorkers), (1_100, false, .stopWorkers), (1_101, false, .nothing),
                (2_099, false, .nothing), (2_100, false, .exit),
            ],
            end: .ended(isClean: false)
        ),
        Case(
            testDescription: "workers that stop end it sooner",
            turns: [(100, false, .drainWorkers), (1_100, false, .stopWorkers), (1_101, true, .exit)],
            end: .ended(isClean: false)
        ),
    ]

    @Test("step by step, and every step has an end", arguments: cases)
    func drain(_ given: Case) {
        var drain = DrainSchedule()
        #expect(drain.deadline == .max && drain.isServing)
        drain.begin(now: 0, delayMilliseconds: 100, timeoutMilliseconds: 1_000)
        #expect(drain.deadline == 100 && !drain.isServing)
        for turn in given.turns {
            let action = drain.advance(now: turn.now, areWorkersDrained: turn.isIdle)
            #expect(action == turn.action, "at \(turn.now)")
            // Asking again changes nothing.
            drain.begin(now: turn.now, delayMilliseconds: 9_999, timeoutMilliseconds: 9_999)
        }
        #expect(drain.step == given.end)
    }

    @Test("a bundle that cannot be loaded is tried again, ever more rarely, until one can")
    func retries() {
        var retry = RetrySchedule()
        #expect(retry.deadline == .max && !retry.isDue(now: .max - 1))
        var now: Int64 = 0
        var pauses: [Int64] = []
        for _ in 0..<10 {
            retry.noteFailure(now: now)
            pauses.append(retry.deadline - now)
            now = retry.deadline
            #expect(retry.isDue(now: now) && !retry.isDue(now: now - 1))
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60].map { $0 * 1_000 })
        retry.noteSuccess()
        #expect(retry.deadline == .max)
    }
}
