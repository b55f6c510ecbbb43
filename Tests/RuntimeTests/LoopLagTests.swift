import Testing

@testable import GatewayRuntime

/// When a loop counts as overloaded, at instants of the tests' own choice.
@Suite struct LoopLagTests {
    /// A loop whose turns follow each other without rest.
    private final class Loop {
        var lag: LoopLag
        var now: UInt64 = 1_000_000

        init(mark: UInt32) { lag = LoopLag(mark: mark) }

        /// - Returns: whether the loop was ever overloaded meanwhile.
        @discardableResult func turn(_ milliseconds: UInt64, isAll: Bool = true, times: Int = 1) -> Bool {
            var wasOverloaded = false
            for _ in 0..<times {
                if lag.isKnown { lag.endRest(now: now) }
                lag.endTurn(began: now, ended: now + milliseconds * 1000, isAll: isAll)
                now += milliseconds * 1000
                wasOverloaded = wasOverloaded || lag.isOverloaded
            }
            return wasOverloaded
        }
    }

    /// What a loop turns away of so many requests.
    private func shedCount(_ loop: Loop, of count: Int) -> Int {
        (0..<count).count { _ in loop.lag.takeShed() }
    }

    @Test func whatIsTurnedAwayGrowsFromTheMarkToTwiceTheMark() {
        let loop = Loop(mark: 20)
        #expect(!loop.turn(19, times: 100))
        #expect(shedCount(loop, of: 1000) == 0)
        for (milliseconds, expected) in [(25, 250), (30, 500), (39, 950), (60, 1000)] as [(UInt64, Int)] {
            loop.turn(milliseconds, times: 100)
            #expect(abs(shedCount(loop, of: 1000) - expected) <= 2, "\(milliseconds) ms")
        }
        loop.turn(19, times: 200)
        #expect(!loop.lag.isOverloaded)
        #expect(shedCount(loop, of: 1000) == 0)
    }

    @Test func whatIsTurnedAwayIsSpreadEvenly() {
        let loop = Loop(mark: 20)
        loop.turn(30, times: 100)
        var run = 0
        for _ in 0..<1000 {
            run = loop.lag.takeShed() ? run + 1 : 0
            #expect(run <= 2)
        }
    }

    @Test func turnsOfOneSweepAddUp() {
        let loop = Loop(mark: 20)
        #expect(!loop.turn(3, times: 100))
        #expect(loop.turn(3, isAll: false, times: 20))
        // Each ends a sweep.
        loop.turn(3, times: 100)
        #expect(!loop.lag.isOverloaded)
    }

    @Test func oneLongHaltIsNoOverload() {
        let loop = Loop(mark: 20)
        #expect(!loop.turn(60_000))
        #expect(!loop.turn(1, times: 1000))
        #expect(loop.turn(60_000, times: 3))
    }

    @Test func restEndsIt() {
        let loop = Loop(mark: 20)
        loop.turn(40, times: 20)
        #expect(loop.lag.isOverloaded)
        loop.now += 1_000_000
        loop.lag.endRest(now: loop.now)
        #expect(!loop.lag.isOverloaded)
        #expect(!loop.lag.isKnown)
        // What was interrupted by the rest is no part of what comes after it.
        loop.turn(1, isAll: false)
        loop.now += 1_000_000
        loop.turn(1)
        #expect(loop.lag.smoothed < 5_000)
    }

    @Test func withoutMarkItIsMeasuredOnly() {
        let loop = Loop(mark: 0)
        #expect(!loop.turn(500, times: 100))
        #expect(loop.lag.smoothed > 490_000)
        loop.lag.setMark(400)
        #expect(loop.lag.isOverloaded)
        loop.lag.setMark(0)
        #expect(!loop.lag.isOverloaded)
        loop.lag.setMark(600)
        #expect(!loop.lag.isOverloaded)
    }
}
