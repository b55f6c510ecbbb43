import Testing

@testable import GatewayRuntime

@Suite("Clients that wait for a turn")
struct ArrivalsTests {
    @Test("the newest and the oldest are taken, in any order, however often the ring goes round")
    func order() {
        var arrivals = Arrivals()
        var expected: [Int32] = []
        var random = SystemRandomNumberGenerator()
        for client in Int32(0)..<300_000 {
            let isAdded = arrivals.append(.init(client: client, came: UInt64(client)))
            expected.append(client)
            while expected.count > 40 {
                let isOldest = random.next() & 1 == 0
                let taken = isOldest ? arrivals.takeOldest() : arrivals.takeNewest()
                let due = isOldest ? expected.removeFirst() : expected.removeLast()
                if taken?.client != due { Issue.record("\(due) was due") }
            }
            if !isAdded || arrivals.oldest?.came != UInt64(expected[0]) || arrivals.count != expected.count {
                Issue.record("\(client) is out of order")
            }
        }
        while !expected.isEmpty {
            let taken = arrivals.takeNewest()
            #expect(taken?.client == expected.removeLast())
        }
        let (oldest, newest) = (arrivals.takeOldest(), arrivals.takeNewest())
        #expect(arrivals.isEmpty && oldest?.client == nil && newest?.client == nil)
    }

    @Test("the ring has a bound")
    func bound() {
        var arrivals = Arrivals()
        let addedCount = (0..<Limits.arrivalCountMax + 1).count { arrivals.append(.init(client: Int32($0))) }
        #expect(addedCount == Limits.arrivalCountMax && arrivals.oldest?.client == 0)
        let newest = arrivals.takeNewest()
        let isAdded = arrivals.append(.init(client: 1))
        #expect(newest?.client == Int32(Limits.arrivalCountMax - 1) && isAdded)
    }
}
