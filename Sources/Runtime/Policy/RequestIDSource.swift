/// Random UUIDs (RFC 9562 section 5.4, version 4) from xoshiro256** (Blackman and Vigna, 2018), seeded by the system.
/// They name requests; nothing secret depends on them.
struct RequestIDSource {
    static let byteCount = 36
    private var state0: UInt64
    private var state1: UInt64
    private var state2: UInt64
    private var state3: UInt64

    /// - Parameter seed: 32 random bytes, not all zero.
    init(seed: [UInt8]) {
        func word(_ index: Int) -> UInt64 { seed[8 * index..<8 * index + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        (state0, state1, state2, state3) = (word(0), word(1), word(2), word(3) | 1)
    }

    private mutating func next() -> UInt64 {
        let product = state1 &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = state1 << 17
        state2 ^= state0
        state3 ^= state1
        state1 ^= state2
        state0 ^= state3
        state2 ^= shifted
        state3 = state3 << 45 | state3 >> 19
        return result
    }

    /// 64 bits.
    mutating func nextWord() -> UInt64 { next() }

    /// A number below a bound, for choices that nobody must foresee exactly.
    mutating func next(below bound: UInt32) -> UInt32 {
        UInt32(((next() >> 32) * UInt64(bound)) >> 32)
    }

    /// Writes `xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx`.
    mutating func write(into id: inout InlineArray<64, UInt8>) {
        let high = next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        var position = 0
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 {
                id[position] = 0x2D
                position += 1
            }
            let word = index < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (index & 15))) & 15
            id[position] = digit < 10 ? 0x30 + digit : 0x57 + digit
            position += 1
        }
    }
}
