internal import CPlatform
internal import Glibc
internal import Synchronization

/// Lets the nodes of a gateway count together, on a thread of its own: in each round it tells a Redis server what this
/// node has counted, and hears what the others have. No request ever waits for it. Without the server a node goes on
/// with its own counts and with what it heard last, which ends to matter with its window; the thread tries again until
/// the server is back.
package final class CountSharer: Sendable {
    /// What is known of the server, for `/status` and metrics.
    struct Report: Sendable {
        var address: String
        var isUp = false
        var roundCount: UInt64 = 0
        var failureCount: UInt64 = 0
        /// Of the last round.
        var roundMicroseconds: UInt64 = 0
        var watchedCount = 0
        var droppedCount: UInt64 = 0
        /// Why it is not up; `nil` if it is, or was not tried yet.
        var failure: String?
    }

    private struct State {
        var access: RedisAccess?
        var report: Report?
        var isStarted = false
        var mustStop = false
    }

    private static let firstRetryMilliseconds: Int64 = 250
    private static let retryMillisecondsMax: Int64 = 5_000

    let rates: RateStore
    private let state = Mutex(State())
    private let log: ProcessLog
    /// Written when there is another server, or none.
    private let wakeup = apic_eventfd()

    init(_ rates: RateStore, log: ProcessLog) {
        self.rates = rates
        self.log = log
    }

    // MARK: The control thread's side

    /// Says where nodes count together from now on; nowhere without a server.
    func setServer(_ access: RedisAccess?) {
        let mustStart = state.withLock { state in
            let isSame = access.map { $0.isSame(as: state.access) } ?? (state.access == nil)
            guard !isSame else { return false }
            state.access = access
            state.report = access.map { Report(address: $0.address) }
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard mustStart else { return Wakeup.signal(wakeup) }
        // Until the server says what time it is, nodes agree as far as their clocks do.
        rates.shared.setOffset(UInt64(apic_wall_milliseconds()) &* 1_000 &- apic_microseconds())
        let code = Thread.start(name: "shared counts") { self.run() }
        if code != 0 { log.error("cannot start a thread to share counts", ["reason": systemMessage(code)]) }
    }

    /// `nil` where each node counts by itself.
    var report: Report? { state.withLock { $0.report } }

    /// Lets the thread end.
    func stop() {
        state.withLock { $0.mustStop = true }
        Wakeup.signal(wakeup)
    }

    // MARK: The thread

    private func run() {
        var sharing = CountSharing(rates)
        while true {
            let (access, mustStop) = state.withLock { ($0.access, $0.mustStop) }
            if mustStop { return }
            if let access { share(through: access, &sharing) } else { wait(milliseconds: 60_000) }
        }
    }

    /// Shares counts through a server until there is another one.
    private func share(through access: RedisAccess, _ sharing: inout CountSharing) {
        var failureCount = 0
        while isCurrent(access) {
            do throws(RedisConnection.Failure) {
                var connection = try RedisConnection(access, &sharing)
                while isCurrent(access) {
                    let begin = apic_microseconds()
                    sharing.begin(now: begin)
                    try connection.exchange(&sharing)
                    let taken = apic_microseconds() - begin
                    failureCount = 0
                    note(access, sharing, failure: nil, microseconds: taken)
                    wait(milliseconds: max(access.interval - Int64(taken / 1_000), 1))
                }
            } catch {
                note(access, sharing, failure: error.reason, microseconds: 0)
                let backoff = CountSharer.firstRetryMilliseconds << Int64(min(failureCount, 8))
                failureCount += 1
                let wanted = min(backoff, CountSharer.retryMillisecondsMax)
                wait(milliseconds: wanted + Int64.random(in: -wanted / 4...wanted / 4))
            }
        }
    }

    private func isCurrent(_ access: RedisAccess) -> Bool {
        state.withLock { !$0.mustStop && $0.access === access }
    }

    private func note(_ access: RedisAccess, _ sharing: CountSharing, failure: String?, microseconds: UInt64) {
        let isNews = state.withLock { state in
            guard state.access === access, var report = state.report else { return false }
            let isNews = failure == nil ? !report.isUp : report.failure != failure
            report.isUp = failure == nil
            report.failure = failure
            if failure == nil {
                report.roundCount += 1
                report.roundMicroseconds = microseconds
            } else {
                report.failureCount += 1
            }
            report.watchedCount = sharing.watchedCount
            report.droppedCount = sharing.droppedCount
            state.report = report
            return isNews
        }
        guard isNews else { return }
        if let failure {
            log.warning(
                "cannot share counts; this node counts by itself",
                ["redis": access.address, "reason": failure]
            )
        } else {
            log.info("sharing counts with the other nodes", ["redis": access.address])
        }
    }

    private func wait(milliseconds: Int64) {
        Wakeup.wait(for: wakeup, milliseconds: Int32(milliseconds))
        if state.withLock({ $0.mustStop }) { return }
        Wakeup.clear(wakeup)
    }
}
