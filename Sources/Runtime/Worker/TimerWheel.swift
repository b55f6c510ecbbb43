/// Deadlines of sockets: a hashed wheel of doubly linked lists through the slab (Varghese and Lauck, 1987, scheme 6).
/// Setting, moving and cancelling cost a few stores; a deadline fires at most one tick late.
struct TimerWheel: ~Copyable {
    static let tickMilliseconds: UInt64 = 16
    private static let slotCount = 4096

    private let heads: Slab<Int32>
    /// A bit per slot that is not empty, to find the next deadline.
    private let occupied: Slab<UInt64>
    private var armedCount = 0
    /// Everything up to this tick has fired.
    private var firedTick: UInt64

    init(now milliseconds: UInt64) {
        heads = Slab(capacity: TimerWheel.slotCount, repeating: -1)
        occupied = Slab(capacity: TimerWheel.slotCount / 64, repeating: 0)
        firedTick = milliseconds / TimerWheel.tickMilliseconds
    }

    deinit {
        heads.deallocate()
        occupied.deallocate()
    }

    /// Gives a socket its one deadline, instead of any that it had.
    mutating func arm(
        _ descriptor: Int32,
        _ what: Deadline,
        after milliseconds: UInt32,
        now: UInt64,
        _ sockets: Slab<Socket>
    ) {
        let tick = max((now + UInt64(milliseconds)) / TimerWheel.tickMilliseconds + 1, firedTick + 1)
        sockets[descriptor].deadline = what
        sockets[descriptor].timerTick = tick
        // Where it waits already it comes round in time, and is placed anew then: a deadline that moves away with every
        // request costs two stores.
        if sockets[descriptor].timerSlot >= 0, sockets[descriptor].timerSlotTick <= tick { return }
        // Beyond the wheel's reach it waits in the farthest slot and is placed anew when that comes round.
        let reach = min(tick, firedTick + UInt64(TimerWheel.slotCount - 1))
        unlink(descriptor, sockets)
        link(descriptor, reach, sockets)
    }

    /// Takes a socket's deadline away. It stays where it waits until that comes round.
    func disarm(_ descriptor: Int32, _ sockets: Slab<Socket>) {
        sockets[descriptor].deadline = .none
    }

    /// Takes a socket out of the wheel, before its record is used for another.
    mutating func remove(_ descriptor: Int32, _ sockets: Slab<Socket>) {
        sockets[descriptor].deadline = .none
        unlink(descriptor, sockets)
    }

    /// Milliseconds until the next slot that is not empty, at most `bound`.
    func wait(now milliseconds: UInt64, bound: Int32) -> Int32 {
        guard armedCount > 0 else { return bound }
        let start = Int(truncatingIfNeeded: firedTick + 1) & (TimerWheel.slotCount - 1)
        var distance = TimerWheel.slotCount
        var word = start / 64
        var bits = occupied[word] & (.max << UInt64(start & 63))
        for step in 0...(TimerWheel.slotCount / 64) {
            if bits != 0 {
                let slot = word * 64 + bits.trailingZeroBitCount
                distance = (slot - start + TimerWheel.slotCount) & (TimerWheel.slotCount - 1)
                break
            }
            word = (word + 1) & (TimerWheel.slotCount / 64 - 1)
            bits = occupied[word]
            if step == TimerWheel.slotCount / 64 - 1 { bits &= ~(.max << UInt64(start & 63)) }
        }
        let due = (firedTick + 1 + UInt64(distance)) * TimerWheel.tickMilliseconds
        return due <= milliseconds ? 0 : Int32(clamping: min(UInt64(bound), due - milliseconds))
    }

    /// The next socket whose deadline has passed, unlinked; -1 if there is none.
    mutating func popExpired(now milliseconds: UInt64, _ sockets: Slab<Socket>) -> Int32 {
        let nowTick = milliseconds / TimerWheel.tickMilliseconds
        while firedTick < nowTick {
            let slot = Int32(truncatingIfNeeded: firedTick + 1) & Int32(TimerWheel.slotCount - 1)
            while heads[slot] >= 0 {
                let descriptor = heads[slot]
                let tick = sockets[descriptor].timerTick
                unlink(descriptor, sockets)
                if sockets[descriptor].deadline == .none { continue }
                if tick <= firedTick + 1 { return descriptor }
                // Its deadline has moved, or is beyond the wheel's reach.
                link(descriptor, min(tick, firedTick + UInt64(TimerWheel.slotCount)), sockets)
            }
            firedTick += 1
        }
        return -1
    }

    private mutating func link(_ descriptor: Int32, _ tick: UInt64, _ sockets: Slab<Socket>) {
        let slot = Int32(truncatingIfNeeded: tick) & Int32(TimerWheel.slotCount - 1)
        sockets[descriptor].timerSlotTick = tick
        let next = heads[slot]
        sockets[descriptor].timerNext = next
        sockets[descriptor].timerPrevious = -1
        sockets[descriptor].timerSlot = slot
        if next >= 0 { sockets[next].timerPrevious = descriptor }
        heads[slot] = descriptor
        occupied[Int(slot) / 64] |= 1 << UInt64(slot & 63)
        armedCount += 1
    }

    private mutating func unlink(_ descriptor: Int32, _ sockets: Slab<Socket>) {
        let slot = sockets[descriptor].timerSlot
        guard slot >= 0 else { return }
        let next = sockets[descriptor].timerNext
        let previous = sockets[descriptor].timerPrevious
        if next >= 0 { sockets[next].timerPrevious = previous }
        if previous >= 0 { sockets[previous].timerNext = next } else { heads[slot] = next }
        if heads[slot] < 0 { occupied[Int(slot) / 64] &= ~(1 << UInt64(slot & 63)) }
        sockets[descriptor].timerSlot = -1
        armedCount -= 1
    }
}
