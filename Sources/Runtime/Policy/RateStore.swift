internal import CPlatform
internal import Glibc

/// The counts of all rate limits, shared by the workers of a process.
///
/// Each count is a sliding window of two buckets (`WindowCounts`): what the present window has counted, and what the
/// one before it had, weighted by how much of it still lies within one window's length of now. The estimate differs
/// from an exact sliding log only as far as requests were uneven within the last window, and a steady overload is held
/// to the limit exactly.
///
/// A fixed table of sets of four entries, an entry a key and a word, changed by compare-and-swap only. A new key takes
/// a free entry, else one whose window is over, else the least used one of its set, so that memory is bounded whatever
/// clients send.
///
/// Unsafe operations hold because every index is taken modulo the table's size and because the store lives as long as
/// the process.
@safe
package final class RateStore: @unchecked Sendable {
    private static let waysPerSet = 4

    /// Pairs of key and word.
    private let words: UnsafeMutablePointer<UInt64>
    private let setMask: UInt64
    /// Mixed into every key, so that clients cannot aim at the keys of others.
    let seed: UInt64
    /// The counts of limits on requests in flight.
    let inFlight = ConcurrencyStore()
    /// What other nodes have counted, of limits that they share.
    let shared = SharedCounts(count: Limits.rateCountMax)

    package init() {
        let setCount = Limits.rateCountMax / RateStore.waysPerSet
        setMask = UInt64(setCount - 1)
        guard let memory = unsafe calloc(setCount * RateStore.waysPerSet, 16) else {
            preconditionFailure("out of memory for rate limits")
        }
        unsafe words = memory.bindMemory(to: UInt64.self, capacity: setCount * RateStore.waysPerSet * 2)
        let random = SystemRandom.bytes(count: 8)
        seed = random.reduce(0) { $0 << 8 | UInt64($1) }
    }

    deinit {
        unsafe free(words)
        shared.deallocate()
    }

    /// One count: where its word is.
    struct Handle: BitwiseCopyable {
        let index: Int

        static var none: Handle { Handle(index: 0) }
    }

    /// What a count says at an instant.
    struct Reading {
        /// Whole requests in the window that ends now.
        var used: UInt64
        /// Microseconds until what the next request takes fits, 0 if it does now.
        var wait: UInt64
        /// Microseconds until the present window ends.
        var windowEnd: UInt64
    }

    /// Mixes two words into one that is not zero (the multiplication of wyhash, whose halves are folded).
    static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = (left ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: right ^ 0xD6E8_FEB8_6659_FD93)
        return (product.high ^ product.low) | 1
    }

    /// A key of bytes under a seed.
    static func hash(_ bytes: Bytes, _ seed: UInt64) -> UInt64 {
        var state = mix(seed, UInt64(bytes.count))
        var index = 0
        while index < bytes.count {
            var word: UInt64 = 0
            let end = min(index + 8, bytes.count)
            while index < end {
                word = word << 8 | UInt64(bytes[index])
                index += 1
            }
            state = mix(state, word)
        }
        return state
    }

    /// The count of a key; a new one counts from zero.
    ///
    /// - Parameters:
    ///   - key: well mixed, not zero.
    ///   - isShared: other nodes count it, too.
    func handle(_ key: UInt64, now: UInt64, window: UInt64, isShared: Bool) -> Handle {
        let base = Int((key >> 32 ^ key) & setMask) * RateStore.waysPerSet
        for way in base..<base + RateStore.waysPerSet {
            if unsafe apic_load_relaxed_u64(words + 2 * way) == key { return Handle(index: way) }
        }
        let victim = leastUsed(base, number: now / window)
        if isShared { shared.begin(victim, windowSeconds: UInt32(truncatingIfNeeded: window / 1_000_000)) }
        unsafe apic_store_release_u64(words + 2 * victim + 1, 0)
        unsafe apic_store_release_u64(words + 2 * victim, key)
        return Handle(index: victim)
    }

    private func leastUsed(_ base: Int, number: UInt64) -> Int {
        var best = base
        var bestCount = UInt64.max
        for way in base..<base + RateStore.waysPerSet {
            if unsafe apic_load_relaxed_u64(words + 2 * way) == 0 { return way }
            let word = unsafe apic_load_relaxed_u64(words + 2 * way + 1)
            let counts = WindowCounts(word, number: number)
            let count = counts.present + counts.previous
            if count < bestCount { (best, bestCount) = (way, count) }
        }
        return best
    }

    /// - Parameters:
    ///   - cost: what the next request takes, at least 1. One that takes more than the limit never fits.
    ///   - now: microseconds of the monotonic clock, or of the one that nodes share.
    ///   - window: microseconds.
    ///   - isShared: with what other nodes have counted.
    func read(
        _ handle: Handle,
        limit: UInt32,
        cost: UInt32,
        now: UInt64,
        window: UInt64,
        isShared: Bool
    ) -> Reading {
        let word = unsafe apic_load_relaxed_u64(words + 2 * handle.index + 1)
        let number = WindowCounts.number(of: word, at: now / window)
        var counts = WindowCounts(word, number: number)
        if isShared {
            let others = shared.others(handle.index, number: number)
            counts.present += others.present
            counts.previous += others.previous
        }
        let left = window - now % window
        // 25 bits of count and 37 bits of microseconds a day: no overflow.
        let used = counts.present + counts.previous * left / window
        var wait: UInt64 = 0
        // It fits while fewer than these are used.
        let bound = limit >= cost ? UInt64(limit - cost) + 1 : 0
        if used >= bound {
            wait = RateStore.wait(
                present: counts.present,
                previous: counts.previous,
                limit: bound,
                left: left,
                window: window
            )
        }
        return Reading(used: used, wait: wait, windowEnd: left)
    }

    /// Counts what a request takes.
    func add(_ cost: UInt32, to handle: Handle, now: UInt64, window: UInt64) {
        let slot = unsafe words + 2 * handle.index + 1
        while true {
            let word = unsafe apic_load_relaxed_u64(slot)
            let number = WindowCounts.number(of: word, at: now / window)
            var counts = WindowCounts(word, number: number)
            counts.present += UInt64(cost)
            if unsafe apic_compare_exchange_u64(slot, word, counts.word(number: number)) == word { return }
        }
    }

    /// The key of an entry, and its own counts as a word.
    func entry(_ index: Int) -> (key: UInt64, word: UInt64) {
        // In this order: at worst a key that was just given up has counted the first requests of the next one.
        let key = unsafe apic_load_acquire_u64(words + 2 * index)
        return (key, unsafe apic_load_relaxed_u64(words + 2 * index + 1))
    }

    /// Microseconds until the whole requests in the window are fewer than the limit.
    private static func wait(present: UInt64, previous: UInt64, limit: UInt64, left: UInt64, window: UInt64) -> UInt64 {
        if present < limit {
            // Within this window: until previous × share < limit − present.
            let share = (limit - present) * window / max(previous, 1)
            return left >= share ? left - share + 1 : 1
        }
        // In the next window the present count is the previous one.
        let share = limit * window / max(present, 1)
        return left + (window > share ? window - share : 0) + 1
    }
}
