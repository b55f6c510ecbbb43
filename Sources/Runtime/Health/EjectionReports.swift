internal import CPlatform
internal import Glibc

/// Where workers say that a target has failed them too often: words that any of them may take, and the control side
/// empties. Nobody waits for anybody.
///
/// Unsafe operations hold because the words live as long as the object, and every index is below their number.
@safe
package final class EjectionReports: @unchecked Sendable {
    /// One more than a target's id, or 0.
    private let words: UnsafeMutablePointer<UInt64>
    /// Written after each report.
    let wakeup = apic_eventfd()

    package init() {
        unsafe words = .allocate(capacity: Limits.ejectionCountMax)
        unsafe words.initialize(repeating: 0, count: Limits.ejectionCountMax)
    }

    deinit {
        unsafe words.deallocate()
        close(wakeup)
    }

    /// - Returns: whether there was a place for it; if not, the next failure reports again.
    func report(_ target: UInt32) -> Bool {
        let start = Int(target) & (Limits.ejectionCountMax - 1)
        for step in 0..<Limits.ejectionCountMax {
            let word = unsafe words + (start + step) & (Limits.ejectionCountMax - 1)
            guard unsafe apic_compare_exchange_u64(word, 0, UInt64(target) + 1) == 0 else { continue }
            wake()
            return true
        }
        return false
    }

    /// Targets that were reported since the last call.
    func take() -> [UInt32] {
        (0..<Limits.ejectionCountMax).compactMap { index in
            guard unsafe apic_load_relaxed_u64(words + index) != 0 else { return nil }
            return UInt32(truncatingIfNeeded: unsafe apic_exchange_u64(words + index, 0) &- 1)
        }
    }

    func wake() { Wakeup.signal(wakeup) }
}
