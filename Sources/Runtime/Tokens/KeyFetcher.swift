internal import CPlatform
internal import Digests
internal import Glibc
internal import Synchronization
internal import Tokens

/// Keeps the keys of every place that bundles name: fetched at once, then before they end to hold, and soon after
/// somebody came with a token of an unknown key; all on threads of its own. What cannot be fetched any more keeps its
/// last keys.
package final class KeyFetcher: Sendable {
    private let state = Mutex(KeyFetchState())
    private let log: ProcessLog
    /// Written when there is something to fetch; read by the threads.
    private let workWakeup = apic_eventfd()
    /// The control loop's.
    private let controlWakeup: Int32
    private let stopFlag = StopFlag()

    /// - Parameter controlWakeup: an eventfd that is written after each attempt.
    init(controlWakeup: Int32, log: ProcessLog) {
        self.controlWakeup = controlWakeup
        self.log = log
    }

    // MARK: The control thread's side

    /// Says from where keys are fetched from now on.
    func setRings(_ rings: [KeyRing]) {
        for ring in rings { ring.wake(by: workWakeup) }
        let missing = state.withLock { state in
            state.set(rings)
            let wanted = min(state.sources.count, KeyFetchLimits.threadCountMax)
            defer { state.threadCount = max(state.threadCount, wanted) }
            return wanted - state.threadCount
        }
        for _ in 0..<max(missing, 0) {
            let code = Thread.start(name: "keys") { self.run() }
            if code == 0 { continue }
            state.withLock { $0.threadCount -= 1 }
            log.error("cannot start a thread to fetch keys", ["reason": systemMessage(code)])
        }
        if !rings.isEmpty { Wakeup.signal(workWakeup) }
    }

    /// Whether each place was asked at least once, well or badly.
    var isSettled: Bool { state.withLock { $0.sources.values.allSatisfy(\.isAnswered) } }

    /// All places, ascending by URL.
    var reports: [KeyFetchState.Report] {
        state.withLock { $0.sources.values.map(\.report) }.sorted { $0.url < $1.url }
    }

    /// Lets the threads end.
    func stop() {
        stopFlag.raise()
        state.withLock { $0.mustStop = true }
        Wakeup.signal(workWakeup)
    }

    // MARK: The threads

    private func run() {
        while true {
            let now = Clock.monotonicMilliseconds
            let (ring, waitMilliseconds, mustStop) = state.withLock { state in
                state.hearWishes(now: now)
                return (state.takeDue(now: now), state.nextDue(after: now), state.mustStop)
            }
            // The event stays for the other threads.
            if mustStop { return }
            guard let ring else {
                wait(milliseconds: waitMilliseconds)
                continue
            }
            let outcome = KeyFetch.fetch(ring.name, stopFlag)
            let (isNews, keys) = state.withLock { state in
                state.note(
                    outcome,
                    for: ring.name,
                    now: Clock.monotonicMilliseconds,
                    instant: Clock.realSeconds,
                    spread: Double.random(in: -1...1)
                )
            }
            if let keys { ring.replace(by: keys) }
            if isNews { tell(outcome, of: ring.name) }
            Wakeup.signal(controlWakeup)
        }
    }

    private func tell(_ outcome: KeyFetchOutcome, of name: KeyRing.Name) {
        let url = String(name.url[..<(name.url.firstIndex(of: "?") ?? name.url.endIndex)])
        switch outcome {
        case .failure(let reason):
            log.warning("cannot fetch keys; those that are known stay", ["url": url, "reason": reason])
        case .keys(let keys, _, _): log.info("fetched keys", ["url": url, "keys": String(keys.keys.count)])
        }
    }

    private func wait(milliseconds: Int64) {
        Wakeup.wait(for: workWakeup, milliseconds: Int32(milliseconds))
        if state.withLock({ $0.mustStop }) { return }
        Wakeup.clear(workWakeup)
    }
}

/// Says to a transfer that it is time to end. It is never freed: a transfer may look at it while the process ends.
///
/// Unsafe operations hold because the word is read and written atomically.
@safe
struct StopFlag: @unchecked Sendable {
    let word: UnsafeMutablePointer<UInt32>

    init() {
        unsafe word = .allocate(capacity: 1)
        unsafe word.initialize(to: 0)
    }

    func raise() { unsafe apic_store_release_u32(word, 1) }
}
