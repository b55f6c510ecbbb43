/// What two windows of a limit have counted, the present one and the one before it. In a word: 16 bits number the
/// present one, 24 bits are each count.
struct WindowCounts: BitwiseCopyable, Equatable {
    private static let bits: UInt64 = 24
    /// The greatest count; it stays there.
    static let countMax: UInt64 = 1 << bits - 1

    var present: UInt64 = 0
    var previous: UInt64 = 0

    init(present: UInt64 = 0, previous: UInt64 = 0) {
        self.present = present
        self.previous = previous
    }

    /// What a word says in a window, which is that of the word or a later one.
    init(_ word: UInt64, number: UInt64) {
        switch (number &- word >> (2 * WindowCounts.bits)) & 0xFFFF {
        case 0:
            present = word & WindowCounts.countMax
            previous = word >> WindowCounts.bits & WindowCounts.countMax
        case 1: previous = word & WindowCounts.countMax
        default: break
        }
    }

    func word(number: UInt64) -> UInt64 {
        (number & 0xFFFF) << (2 * WindowCounts.bits)
            | min(previous, WindowCounts.countMax) << WindowCounts.bits | min(present, WindowCounts.countMax)
    }

    /// The window in which to go on with a word: a clock that is set right may be a moment before the word's own.
    static func number(of word: UInt64, at number: UInt64) -> UInt64 {
        (word >> (2 * bits) &- number) & 0xFFFF == 1 ? number + 1 : number
    }
}
