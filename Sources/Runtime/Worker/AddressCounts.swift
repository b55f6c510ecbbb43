internal import Synchronization

/// How many connections each address has open, for all workers together: the system spreads one client's connections
/// over them. Asked when a connection begins and ends only, and only where a spec sets a bound.
///
/// A fixed table with open addressing; entries without connections make room at once, so that no stranger leaves a
/// trace.
package final class AddressCounts: Sendable {
    private struct Entry: BitwiseCopyable {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var count: UInt32 = 0
    }

    private struct Entries: Sendable {
        let slab = Slab<Entry>(zeroed: Limits.addressCountMax)
        var usedCount = 0
    }

    private let entries = Mutex(Entries())
    private let seed: UInt64

    /// - Parameter seed: random, so that clients cannot aim at one place of the table.
    package init(seed: UInt64) { self.seed = seed }

    deinit { entries.withLock { $0.slab.deallocate() } }

    /// What counts as one address: IPv4 as it is, IPv6 by the network that a subscriber has.
    private static func counted(_ address: PeerAddress) -> PeerAddress {
        address.isFour ? address : PeerAddress(high: address.high, low: 0)
    }

    /// Counts one more connection of an address, unless it has as many as it may.
    ///
    /// - Returns: whether the connection may stay. It is counted then, and `leave` takes it back.
    func enter(_ address: PeerAddress, max: UInt32) -> Bool {
        let address = AddressCounts.counted(address)
        return entries.withLock { entries in
            let place = find(address, entries.slab)
            let count = entries.slab[place].count
            guard count < max else { return false }
            if count == 0 {
                // No stranger can be told from another any more, and the bound on all connections holds still.
                guard entries.usedCount < Limits.addressCountMax / 4 * 3 else { return false }
                entries.usedCount += 1
                entries.slab[place] = Entry(high: address.high, low: address.low)
            }
            entries.slab[place].count += 1
            return true
        }
    }

    func leave(_ address: PeerAddress) {
        let address = AddressCounts.counted(address)
        entries.withLock { entries in
            let place = find(address, entries.slab)
            guard entries.slab[place].count > 0 else { return }
            entries.slab[place].count -= 1
            guard entries.slab[place].count == 0 else { return }
            entries.usedCount -= 1
            closeGap(place, entries.slab)
        }
    }

    /// Where an address stands, or would stand.
    private func find(_ address: PeerAddress, _ slab: Slab<Entry>) -> Int {
        var place = home(address.high, address.low)
        while slab[place].count > 0, slab[place].high != address.high || slab[place].low != address.low {
            place = (place + 1) & (Limits.addressCountMax - 1)
        }
        return place
    }

    private func home(_ high: UInt64, _ low: UInt64) -> Int {
        Int(truncatingIfNeeded: RateStore.mix(RateStore.mix(seed, high), low) >> 8) & (Limits.addressCountMax - 1)
    }

    /// Moves entries back that stand behind a place that became free, so that no search ends early.
    private func closeGap(_ free: Int, _ slab: Slab<Entry>) {
        let mask = Limits.addressCountMax - 1
        var gap = free
        var place = (free + 1) & mask
        while slab[place].count > 0 {
            let own = home(slab[place].high, slab[place].low)
            // Its search begins at or before the gap.
            if (place - own) & mask >= (place - gap) & mask {
                slab[gap] = slab[place]
                slab[place].count = 0
                gap = place
            }
            place = (place + 1) & mask
        }
    }
}
