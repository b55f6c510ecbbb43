internal import CPlatform
internal import Glibc

/// What the other nodes of a gateway have counted, beside the counts of this one, by the same index.
///
/// Workers read what others have counted, and put each count that they use into a list. One thread on the side, that of
/// `CountSharer`, takes the list, and writes what it hears. A count is in the list at most once, so that the list is
/// bounded by the counts there are, whatever becomes of that thread.
///
/// Memory that no shared limit uses is never touched. Unsafe operations hold because every index is one of
/// `RateStore`'s entries, as many as the memory has room for; because words are read and written atomically where
/// threads share them; and because the store that owns the memory lives as long as the process.
@safe
struct SharedCounts: BitwiseCopyable, @unchecked Sendable {
    /// What becomes of a count.
    private enum Mark {
        /// Nobody looks after it.
        static let none: UInt32 = 0
        /// The thread does, and it was not used since it looked last.
        static let watched: UInt32 = 1
        /// It was used, and is in the list or watched.
        static let used: UInt32 = 2
    }

    /// What others have counted, as `WindowCounts`.
    private let others: UnsafeMutablePointer<UInt64>
    /// Of the thread: which keys it knows, and what it has told of them.
    private let knownKeys: UnsafeMutablePointer<UInt64>
    private let told: UnsafeMutablePointer<UInt64>
    private let marks: UnsafeMutablePointer<UInt32>
    /// Lengths of windows, in seconds.
    private let windows: UnsafeMutablePointer<UInt32>
    /// The list: one more than the index of the next one, or 0.
    private let nexts: UnsafeMutablePointer<UInt32>
    private let first: UnsafeMutablePointer<UInt32>
    /// Microseconds by which the clock that all nodes share is ahead of this machine's monotonic one.
    private let offset: UnsafeMutablePointer<UInt64>

    /// - Parameter count: entries of the store.
    init(count: Int) {
        guard let memory = unsafe calloc(count * 36 + 16, 1) else {
            preconditionFailure("out of memory for rate limits")
        }
        let words = unsafe memory.bindMemory(to: UInt64.self, capacity: 3 * count + 1)
        unsafe (offset, others, knownKeys, told) = unsafe (
            words, words + 1, words + 1 + count, words + 1 + 2 * count
        )
        let halves = unsafe UnsafeMutableRawPointer(words + 1 + 3 * count).bindMemory(
            to: UInt32.self,
            capacity: 3 * count + 1
        )
        unsafe (first, marks, windows, nexts) = unsafe (halves, halves + 1, halves + 1 + count, halves + 1 + 2 * count)
    }

    /// - Precondition: nobody uses it any more.
    func deallocate() { unsafe free(offset) }

    // MARK: The workers' side

    /// The clock that all nodes share, in microseconds, so that their windows begin together.
    @inline(__always)
    func instant(_ now: UInt64) -> UInt64 { unsafe now &+ apic_load_relaxed_u64(offset) }

    @inline(__always)
    func others(_ index: Int, number: UInt64) -> WindowCounts {
        WindowCounts(unsafe apic_load_relaxed_u64(others + index), number: number)
    }

    /// Another key has the entry from now on.
    func begin(_ index: Int, windowSeconds: UInt32) {
        unsafe apic_store_relaxed_u64(others + index, 0)
        unsafe apic_store_relaxed_u32(windows + index, windowSeconds)
    }

    /// A request asks for this count, or is counted in it.
    @inline(__always)
    func use(_ index: Int) {
        if unsafe apic_load_relaxed_u32(marks + index) == Mark.used { return }
        guard unsafe apic_exchange_u32(marks + index, Mark.used) == Mark.none else { return }
        // Whoever has marked it is alone in putting it into the list.
        var head = unsafe apic_load_relaxed_u32(first)
        while true {
            unsafe apic_store_relaxed_u32(nexts + index, head)
            let seen = unsafe apic_compare_exchange_u32(first, head, UInt32(index) + 1)
            if seen == head { return }
            head = seen
        }
    }

    // MARK: The thread's side

    /// Sets the clock that all nodes share.
    func setOffset(_ microseconds: UInt64) { unsafe apic_store_relaxed_u64(offset, microseconds) }

    /// Takes the list: the counts that came into use.
    func takeUsed(_ body: (Int) -> Void) {
        var place = unsafe apic_exchange_u32(first, 0)
        while place != 0 {
            let index = Int(place - 1)
            // Read first: what is given up may be put into the list again at once.
            place = unsafe apic_load_relaxed_u32(nexts + index)
            body(index)
        }
    }

    /// Nobody looks after this count from now on; when it is used next it is in the list again.
    func drop(_ index: Int) { unsafe apic_store_release_u32(marks + index, Mark.none) }

    /// Gives up a watched count, unless it was used meanwhile.
    func giveUp(_ index: Int) -> Bool {
        unsafe apic_compare_exchange_u32(marks + index, Mark.watched, Mark.none) == Mark.watched
    }

    /// - Returns: whether the count was used since the last call.
    func takeUse(_ index: Int) -> Bool { unsafe apic_exchange_u32(marks + index, Mark.watched) == Mark.used }

    /// Microseconds of its window.
    func window(_ index: Int) -> UInt64 { UInt64(unsafe apic_load_relaxed_u32(windows + index)) * 1_000_000 }

    /// What was told of a key in a window. Of another key nothing was.
    func told(_ index: Int, of key: UInt64, number: UInt64) -> WindowCounts {
        guard unsafe knownKeys[index] == key else { return WindowCounts() }
        return WindowCounts(unsafe told[index], number: number)
    }

    func note(told counts: WindowCounts, _ index: Int, of key: UInt64, number: UInt64) {
        unsafe knownKeys[index] = key
        unsafe told[index] = counts.word(number: number)
    }

    func setOthers(_ counts: WindowCounts, _ index: Int, number: UInt64) {
        unsafe apic_store_relaxed_u64(others + index, counts.word(number: number))
    }
}
