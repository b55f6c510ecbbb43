import GatewayTable
import TestSupport
import Testing

@testable import GatewayRuntime

@Suite("How a target is")
struct TargetHealthTests {
    private let settings: HealthSettings = {
        var settings = HealthSettings(upstream: "orders")
        (settings.path, settings.interval, settings.timeout) = ("/health", 1_000, 500)
        (settings.healthyCount, settings.unhealthyCount) = (2, 3)
        settings.goodStatuses = [200...299]
        (settings.failureCount, settings.ejection, settings.ejectionMax) = (3, 10_000, 60_000)
        return settings
    }()

    private func health(_ settings: HealthSettings) -> TargetHealth {
        TargetHealth(settings, now: 0, instant: 7, chance: 0.5)
    }

    private func probe(_ health: inout TargetHealth, _ isGood: Bool, now: Int64, chance: Double = 0) -> Bool {
        health.beginProbe()
        return health.endProbe(
            failure: isGood ? nil : "answered 500",
            settings,
            began: now,
            now: now + 1,
            instant: now / 1000,
            chance: chance
        )
    }

    private func eject(_ health: inout TargetHealth, _ settings: HealthSettings, now: Int64, chance: Double = 0) -> Bool
    {
        health.eject(settings, now: now, instant: 0, chance: chance)
    }

    private func advance(_ health: inout TargetHealth, now: Int64) -> Bool { health.advance(now: now, instant: 0) }

    @Test("the first answer decides; then it takes as many in a row as the settings say")
    func streaks() {
        var health = health(settings)
        #expect(health.nextProbe == 500 && !health.isOut)
        #expect(probe(&health, false, now: 500) && health.isOut && health.stateName == "failing")
        #expect(!probe(&health, true, now: 1_500) && health.isOut)
        #expect(!probe(&health, false, now: 2_500) && health.isOut)
        #expect(!probe(&health, true, now: 3_500))
        #expect(probe(&health, true, now: 4_500) && !health.isOut && health.changedInstant == 4)
        for (isGood, isNews) in [(false, false), (false, false), (true, false), (false, false), (false, false)] {
            #expect(probe(&health, isGood, now: 5_000) == isNews && !health.isOut)
        }
        #expect(probe(&health, false, now: 6_000) && health.isOut && health.reason == "answered 500")
    }

    @Test("it is never given up: pauses grow, with chance, to four intervals and no further")
    func patience() {
        var health = health(settings)
        var now: Int64 = 0
        var pauses: [Int64] = []
        for index in 0..<100 {
            _ = probe(&health, false, now: now, chance: Double(index % 10) / 10)
            let next = health.nextProbe ?? -1
            pauses.append(next - now)
            now = next
        }
        #expect(pauses[..<10].allSatisfy { (900...1_000).contains($0) }, "\(pauses)")
        #expect(pauses.allSatisfy { (900...4_000).contains($0) }, "\(pauses)")
        #expect(pauses[60...].allSatisfy { $0 >= 3_600 }, "\(pauses)")
        // The first good answer ends the long pauses: the second one comes an interval later.
        #expect(!probe(&health, true, now: now))
        #expect(health.nextProbe == now + 1_000)
        #expect(probe(&health, true, now: now + 1_000) && !health.isOut)
    }

    @Test("an ejection ends by time; one that follows soon is twice as long, up to the bound")
    func ejections() {
        var settings = settings
        settings.path = ""
        var health = health(settings)
        #expect(health.nextProbe == nil)
        var now: Int64 = 0
        for length: Int64 in [10_000, 20_000, 40_000, 60_000, 60_000] {
            #expect(eject(&health, settings, now: now))
            #expect(health.isOut && health.stateName == "ejected")
            #expect(!eject(&health, settings, now: now + 1))
            #expect(!advance(&health, now: now + length - 1))
            #expect(advance(&health, now: now + length) && !health.isOut)
            now += length + 5_000
        }
        // It was well for longer than it had been out.
        now += 100_000
        #expect(eject(&health, settings, now: now, chance: 0.9))
        #expect(!advance(&health, now: now + 10_500))
        #expect(advance(&health, now: now + 11_000))
        #expect(health.ejectionTotal == 6)
    }

    @Test("probes bring an ejected target back early, and keep a dead one out")
    func both() {
        var health = health(settings)
        #expect(!probe(&health, true, now: 0))
        #expect(eject(&health, settings, now: 100))
        #expect(health.nextProbe == 100)
        #expect(!probe(&health, true, now: 100))
        #expect(probe(&health, true, now: 1_100) && !health.isOut)
        #expect(eject(&health, settings, now: 2_000))
        for now: Int64 in [2_000, 3_000, 4_000] { #expect(!probe(&health, false, now: now)) }
        #expect(!advance(&health, now: 2_000 + 22_000) && health.isOut && health.ejectedUntil == nil)
        #expect(!probe(&health, true, now: 25_000))
        #expect(probe(&health, true, now: 26_000))
    }

    @Test("whatever happens, it is asked again and comes back when it is well", arguments: SeededRandom.seeds(30))
    func property(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var health = health(settings)
        var now: Int64 = 0
        for _ in 0..<500 {
            now = max(now, health.nextProbe ?? now)
            let chance = Double.random(in: 0..<1, using: &random)
            if random.oneIn(4) { _ = health.eject(settings, now: now, instant: 0, chance: chance) }
            _ = health.advance(now: now, instant: 0)
            _ = probe(&health, Bool.random(using: &random), now: now, chance: chance)
            let next = health.nextProbe ?? .max
            #expect(next > now && next <= now + 4_000)
            if let end = health.ejectedUntil { #expect(end <= now + 66_000) }
        }
        for _ in 0..<2 {
            now = health.nextProbe ?? now
            _ = probe(&health, true, now: now)
        }
        #expect(!health.isOut)
    }
}

@Suite("The board of targets")
struct HealthBoardTests {
    private func watched(_ interval: Int64) -> WatchedTarget {
        var settings = HealthSettings(upstream: "orders")
        (settings.path, settings.interval, settings.timeout) = ("/", interval, interval)
        (settings.healthyCount, settings.unhealthyCount, settings.failureCount) = (1, 1, 1)
        (settings.ejection, settings.ejectionMax) = (1_000, 1_000)
        return WatchedTarget(settings: settings, name: "a:80")
    }

    @Test(
        "targets that stay keep what is known of them, those that go are forgotten, and nobody is asked twice at once"
    )
    func life() {
        var board = HealthBoard(seed: 1)
        board.setTargets([3: watched(1_000), 5: watched(1_000)], now: 0, instant: 0)
        board.setAddresses([
            TargetAddresses(target: 3, addresses: []), TargetAddresses(target: 9, addresses: [SocketAddress()]),
        ])
        #expect(board.deadline <= 1_000)
        let counts = [1, 9, 9].map { board.takeJobs(now: 1_000, countMax: $0).count }
        #expect(counts == [1, 1, 0])
        let change = board.endProbe(3, failure: "closed", began: 1_000, now: 1_001, instant: 1)
        #expect(change?.standing == TargetStanding(target: 3, isOut: true) && change?.reason == "closed")
        board.setTargets([3: watched(1_000)], now: 1_002, instant: 1)
        #expect(board.reports.map(\.target) == [3] && board.reports[0].health.isOut)
        // What comes of a question that was asked before its target was forgotten is nobody's.
        let late = board.endProbe(5, failure: "closed", began: 1_000, now: 1_003, instant: 1)
        let unknown = board.eject(5, now: 1_004, instant: 1)
        // It is out already.
        let again = board.eject(3, now: 1_004, instant: 1)
        #expect(late == nil && unknown == nil && again == nil)
        let back = board.endProbe(3, failure: nil, began: 2_000, now: 2_001, instant: 2)
        #expect(back?.standing.isOut == false)
    }

    @Test("reports of workers are taken once, whoever makes them, and those that do not fit are refused")
    func reports() {
        let reports = EjectionReports()
        #expect(reports.report(7) && reports.report(263) && reports.report(7))
        #expect(reports.take().sorted() == [7, 7, 263])
        #expect(reports.take().isEmpty)
        for target in 0..<UInt32(Limits.ejectionCountMax) { #expect(reports.report(target)) }
        #expect(!reports.report(1))
        #expect(reports.take().count == Limits.ejectionCountMax)
        #expect(reports.report(1))
    }

    @Test(
        "a probe reads the status of an answer, and nothing else as one",
        arguments: [
            ("HTTP/1.1 200 OK\r\n", 200), ("HTTP/1.0 503\r\n", 503), ("HTTP/1.1 204 \r\n", 204),
            ("HTTP/2 200 OK\r\n", nil),
            ("HTTP/1.1 20 OK\r\n", nil), ("HTTP/1.1 2000 OK\r\n", nil), ("SSH-2.0-OpenSSH_9\r\n", nil), ("", nil),
        ] as [(String, UInt16?)]
    )
    func status(_ text: String, _ expected: UInt16?) {
        #expect(Probe.status(Array(text.utf8)) == expected)
    }
}
