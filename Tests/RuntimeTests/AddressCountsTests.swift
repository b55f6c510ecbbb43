import TestSupport
import Testing

@testable import GatewayRuntime

/// Connections by address, against a dictionary.
@Suite struct AddressCountsTests {
    @Test func countsAsADictionaryDoes() {
        let counts = AddressCounts(seed: 7)
        var random = SeededRandom(seed: 11)
        var model: [UInt64: UInt32] = [:]
        for _ in 0..<200_000 {
            // Few addresses, so that they meet; IPv6 ones that differ in their network.
            let number = random.next() % 5_000
            let address = PeerAddress(high: number, low: random.next())
            if random.next() % 2 == 0 {
                let isIn = counts.enter(address, max: 3)
                #expect(isIn == (model[number, default: 0] < 3))
                if isIn { model[number, default: 0] += 1 }
            } else if let count = model[number] {
                counts.leave(address)
                model[number] = count == 1 ? nil : count - 1
            }
        }
        for (number, count) in model {
            for _ in 0..<count { counts.leave(PeerAddress(high: number, low: 0)) }
            for _ in 0..<3 { #expect(counts.enter(PeerAddress(high: number, low: 0), max: 3)) }
            #expect(!counts.enter(PeerAddress(high: number, low: 0), max: 3))
        }
    }

    @Test func aFullTableTakesNoMoreAddresses() {
        let counts = AddressCounts(seed: 7)
        var taken = 0
        for number in 1..<70_000 where counts.enter(PeerAddress(high: UInt64(number), low: 0), max: 1) { taken += 1 }
        #expect(taken == Limits.addressCountMax / 4 * 3)
        counts.leave(PeerAddress(high: 5, low: 0))
        #expect(counts.enter(PeerAddress(high: 80_000, low: 0), max: 1))
    }
}
