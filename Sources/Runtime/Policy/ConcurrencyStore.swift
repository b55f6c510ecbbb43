internal import CPlatform
internal import Glibc

/// How many requests of each key are in flight, shared by the workers of a process.
///
/// A fixed table of sets of sixteen words, each a key's mark and its count, changed by compare-and-swap only. A word
/// whose count is zero is free for any key. Two workers that bring a new key at the same instant may each find a place
/// for it while a third one leaves; such a key may have twice its limit until one of the places is empty again.
///
/// Unsafe operations hold because every index is taken modulo the table's size and because the store lives as long as
/// the process.
@safe
package final class ConcurrencyStore: @unchecked Sendable {
    private static let waysPerSet = 16
    /// Bits of a word that count; those above mark the key.
    private static let countBits: UInt64 = 24
    private static let countMask: UInt64 = 1 << countBits - 1

    private let words: UnsafeMutablePointer<UInt64>
    private let setMask: UInt64

    package init() {
        let setCount = Limits.concurrencyKeyCountMax / ConcurrencyStore.waysPerSet
        setMask = UInt64(setCount - 1)
        guard let memory = unsafe calloc(Limits.concurrencyKeyCountMax, 8) else {
            preconditionFailure("out of memory for requests in flight")
        }
        unsafe words = memory.bindMemory(to: UInt64.self, capacity: Limits.concurrencyKeyCountMax)
    }

    deinit { unsafe free(words) }

    /// Counts one request in flight.
    ///
    /// - Parameter key: well mixed.
    /// - Returns: the place to leave, or -1 if there are as many as may be, or no place for another key.
    func enter(_ key: UInt64, limit: UInt32) -> Int32 {
        // The bits below the mark, without the lowest ones.
        let base = Int(key >> 12 & setMask) * ConcurrencyStore.waysPerSet
        let mark = key & ~ConcurrencyStore.countMask
        while true {
            var place = -1
            var present: UInt64 = 0
            for way in base..<base + ConcurrencyStore.waysPerSet {
                let word = unsafe apic_load_relaxed_u64(words + way)
                if word & ConcurrencyStore.countMask == 0 {
                    if place < 0 { (place, present) = (way, word) }
                } else if word & ~ConcurrencyStore.countMask == mark {
                    (place, present) = (way, word)
                    break
                }
            }
            guard place >= 0 else { return -1 }
            let count = present & ConcurrencyStore.countMask
            guard count < UInt64(limit) else { return -1 }
            if unsafe apic_compare_exchange_u64(words + place, present, mark | (count + 1)) == present {
                return Int32(place)
            }
        }
    }

    /// A request is over.
    func leave(_ place: Int32) {
        while true {
            let word = unsafe apic_load_relaxed_u64(words + Int(place))
            if unsafe apic_compare_exchange_u64(words + Int(place), word, word - 1) == word { return }
        }
    }
}
