internal import CPlatform
internal import Glibc

/// From when on stored answers may be used, by path: workers have stores of their own, and share what they must no
/// longer use. An answer counts if its request was sent behind the mark of its path and that of all paths.
///
/// Paths share marks by their hash, so that memory is bounded; whoever shares one with a path that changes is fetched
/// again, too.
///
/// Unsafe operations hold because every index is taken modulo the count, and because words are read and written whole.
@safe
package final class PurgeMarks: @unchecked Sendable {
    private static let count = 4_096

    /// Microseconds of the monotonic clock; the last word is the mark of all paths.
    private let words: UnsafeMutablePointer<UInt64>

    package init() {
        unsafe words = .allocate(capacity: PurgeMarks.count + 1)
        unsafe words.initialize(repeating: 0, count: PurgeMarks.count + 1)
    }

    deinit { unsafe words.deallocate() }

    static func hash(_ path: Bytes) -> UInt64 { RateStore.hash(path, 0x5075_7267_6550_6174) }

    /// What was stored of a path until now is used no more.
    ///
    /// The time is that of the call, not that of a worker's turn, which may have begun before another worker's request.
    func mark(_ pathHash: UInt64, now: UInt64) {
        raise(Int(pathHash % UInt64(PurgeMarks.count)), to: now)
    }

    /// Others may have set a later mark meanwhile, which stays.
    private func raise(_ index: Int, to time: UInt64) {
        let word = unsafe words + index
        var known = unsafe apic_load_relaxed_u64(word)
        while known < time {
            let found = unsafe apic_compare_exchange_u64(word, known, time)
            if found == known { return }
            known = found
        }
    }

    /// The same for a path that somebody names.
    ///
    /// - Returns: `false` if it is not in its normal form, in which no request has it.
    package func mark(path: [UInt8], now: UInt64) -> Bool {
        unsafe path.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            // Valid for the call.
            let bytes = unsafe Bytes(base, count: buffer.count)
            guard PathNormalization.isNormal(bytes) else { return false }
            mark(PurgeMarks.hash(bytes), now: now)
            return true
        }
    }

    /// Nothing that was stored until now is used any more.
    package func markAll(now: UInt64) { raise(PurgeMarks.count, to: now) }

    func admits(_ pathHash: UInt64, requested: UInt64) -> Bool {
        unsafe requested > apic_load_relaxed_u64(words + Int(pathHash % UInt64(PurgeMarks.count)))
            && requested > apic_load_relaxed_u64(words + PurgeMarks.count)
    }
}
