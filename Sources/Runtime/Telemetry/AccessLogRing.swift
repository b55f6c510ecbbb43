internal import CPlatform
internal import Glibc

/// A bounded ring of log lines from one worker to the log's writer thread. A full ring drops lines and counts them; it
/// never makes the worker wait.
///
/// The bytes are mapped twice in a row, so a line is contiguous wherever it begins, and the writer hands all that is
/// there to one system call. A handle, free to copy; one producer, one consumer.
///
/// Unsafe operations hold because positions only grow, the producer writes below `tail + capacity`, the consumer reads
/// below `head`, and every offset is taken modulo the capacity into the doubled mapping.
@safe
package struct AccessLogRing: @unchecked Sendable {
    package static let byteCount = 1 << 20

    /// Words of the state; what different threads write is on different cache lines.
    private static let headWord = 0
    private static let seenTailWord = 1
    private static let droppedWord = 2
    private static let writtenWord = 3
    private static let tailWord = 16
    private static let stateWordCount = 512

    private let bytes: UnsafeMutablePointer<UInt8>
    private let state: UnsafeMutablePointer<UInt64>
    private let sleep: AccessLogSleep

    /// A ring whose writer sleeps by `sleep`, or `nil` if the system has no memory for it.
    package static func make(sleep: AccessLogSleep) -> AccessLogRing? {
        let memory = unsafe apic_memory_file("access-log")
        guard memory >= 0, ftruncate(memory, byteCount) == 0 else { return nil }
        defer { close(memory) }
        guard let bytes = unsafe doubleMapping(of: memory) else { return nil }
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: stateWordCount)
        unsafe words.initialize(repeating: 0, count: stateWordCount)
        return unsafe AccessLogRing(bytes: bytes, state: words, sleep: sleep)
    }

    private init(bytes: UnsafeMutablePointer<UInt8>, state: UnsafeMutablePointer<UInt64>, sleep: AccessLogSleep) {
        unsafe self.bytes = bytes
        unsafe self.state = state
        self.sleep = sleep
    }

    /// Reserves twice the space, then lays the memory over both halves.
    private static func doubleMapping(of memory: Int32) -> UnsafeMutablePointer<UInt8>? {
        let protection = PROT_READ | PROT_WRITE
        let space = unsafe mmap(nil, 2 * byteCount, PROT_NONE, MAP_PRIVATE | apic_map_anonymous, -1, 0)
        guard let space = unsafe space, unsafe space != MAP_FAILED else { return nil }
        for half in 0..<2 {
            let place = unsafe space + half * byteCount
            let mapped = unsafe mmap(place, byteCount, protection, MAP_SHARED | MAP_FIXED, memory, 0)
            guard unsafe mapped == place else {
                unsafe munmap(space, 2 * byteCount)
                return nil
            }
        }
        return unsafe space.bindMemory(to: UInt8.self, capacity: 2 * byteCount)
    }

    /// - Precondition: no copy of the handle is used any more.
    package func deallocate() {
        unsafe munmap(bytes, 2 * AccessLogRing.byteCount)
        unsafe state.deallocate()
    }

    // MARK: The worker's side

    /// Room for a line of at most `count` bytes, or `nil` if the ring is full; the line then counts as dropped.
    @inline(__always)
    package func reserve(_ count: Int) -> UnsafeMutablePointer<UInt8>? {
        let head = unsafe apic_load_relaxed_u64(state + AccessLogRing.headWord)
        let limit = UInt64(AccessLogRing.byteCount)
        let need = UInt64(count)
        if unsafe head &+ need &- apic_load_relaxed_u64(state + AccessLogRing.seenTailWord) > limit {
            let tail = unsafe apic_load_acquire_u64(state + AccessLogRing.tailWord)
            unsafe apic_store_relaxed_u64(state + AccessLogRing.seenTailWord, tail)
            if head &+ need &- tail > limit {
                drop()
                return nil
            }
        }
        return unsafe bytes + Int(head & (limit - 1))
    }

    /// Hands a line to the writer.
    ///
    /// - Precondition: `count` is at most what was reserved last.
    @inline(__always)
    package func commit(_ count: Int) {
        let head = unsafe apic_load_relaxed_u64(state + AccessLogRing.headWord) &+ UInt64(count)
        unsafe apic_store_release_u64(state + AccessLogRing.headWord, head)
        let used = unsafe head &- apic_load_relaxed_u64(state + AccessLogRing.seenTailWord)
        sleep.notify(isHalfFull: used > UInt64(AccessLogRing.byteCount / 2))
    }

    /// Counts a line that was not written.
    package func drop() {
        let word = unsafe state + AccessLogRing.droppedWord
        unsafe apic_store_relaxed_u64(word, apic_load_relaxed_u64(word) &+ 1)
    }

    /// Lines dropped because the ring was full.
    package var droppedCount: UInt64 { unsafe apic_load_relaxed_u64(state + AccessLogRing.droppedWord) }

    // MARK: The writer's side

    /// All lines that wait to be written; whole lines, contiguous.
    package var pending: UnsafeBufferPointer<UInt8> {
        let head = unsafe apic_load_acquire_u64(state + AccessLogRing.headWord)
        let tail = unsafe apic_load_relaxed_u64(state + AccessLogRing.tailWord)
        let offset = Int(tail & UInt64(AccessLogRing.byteCount - 1))
        return unsafe UnsafeBufferPointer(start: bytes + offset, count: Int(head &- tail))
    }

    /// Frees the first `count` bytes of `pending`.
    package func consume(_ count: Int) {
        let tail = unsafe apic_load_relaxed_u64(state + AccessLogRing.tailWord)
        unsafe apic_store_release_u64(state + AccessLogRing.tailWord, tail &+ UInt64(count))
    }
}

/// How the writer of the access log sleeps, and how workers wake it: with a system call only if it is asleep.
///
/// After writing, the writer naps for a while and lets lines collect; it falls asleep for good only when none came.
/// Falling asleep is announced behind a barrier on all threads, so that a worker's check costs it a plain load.
///
/// Unsafe operations hold because the word lives as long as the handle's owner says.
@safe
package struct AccessLogSleep: @unchecked Sendable {
    private static let awake: UInt64 = 0
    private static let napping: UInt64 = 1
    private static let asleep: UInt64 = 2
    private static let napMilliseconds: Int32 = 20
    /// Without the barrier an announcement may be missed; then the sleep is short.
    private static let shortSleepMilliseconds: Int32 = 50

    private let state: UnsafeMutablePointer<UInt64>
    private let eventfd: Int32
    private let hasBarrier: Bool

    /// `nil` if the system has no descriptor left.
    package static func make() -> AccessLogSleep? {
        let eventfd = apic_eventfd()
        guard eventfd >= 0 else { return nil }
        // A cache line of its own.
        let state = UnsafeMutablePointer<UInt64>.allocate(capacity: 16)
        unsafe state.initialize(repeating: awake, count: 16)
        return unsafe AccessLogSleep(state: state, eventfd: eventfd, hasBarrier: apic_barrier_register() == 0)
    }

    private init(state: UnsafeMutablePointer<UInt64>, eventfd: Int32, hasBarrier: Bool) {
        unsafe self.state = state
        self.eventfd = eventfd
        self.hasBarrier = hasBarrier
    }

    /// - Precondition: no copy of the handle is used any more.
    package func deallocate() {
        close(eventfd)
        unsafe state.deallocate()
    }

    /// The worker's side: wakes the writer if it is asleep, or if it naps while much is waiting.
    @inline(__always)
    package func notify(isHalfFull: Bool) {
        apic_barrier_compiler()
        let state = unsafe apic_load_relaxed_u64(state)
        if state == AccessLogSleep.asleep || (isHalfFull && state == AccessLogSleep.napping) { wake() }
    }

    /// Wakes the writer whatever it does.
    package func wake() {
        unsafe apic_store_release_u64(state, AccessLogSleep.awake)
        Wakeup.signal(eventfd)
    }

    /// The writer's side: returns after a nap, or sooner if a ring fills up.
    package func nap() {
        unsafe apic_store_release_u64(state, AccessLogSleep.napping)
        wait(milliseconds: AccessLogSleep.napMilliseconds)
        unsafe apic_store_release_u64(state, AccessLogSleep.awake)
    }

    /// The writer's side: returns when something was committed since the announcement, unless `isIdle` already says no.
    package func sleep(while isIdle: () -> Bool) {
        unsafe apic_store_release_u64(state, AccessLogSleep.asleep)
        let isAnnounced = hasBarrier && apic_barrier_all() == 0
        if isIdle() { wait(milliseconds: isAnnounced ? -1 : AccessLogSleep.shortSleepMilliseconds) }
        unsafe apic_store_release_u64(state, AccessLogSleep.awake)
    }

    private func wait(milliseconds: Int32) {
        Wakeup.wait(for: eventfd, milliseconds: milliseconds)
        Wakeup.clear(eventfd)
    }
}
