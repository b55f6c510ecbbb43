internal import CPlatform
internal import Glibc
internal import Synchronization

/// Watches targets: asks those that are to be asked, hears from workers which failed them, and says to all workers
/// which are out and which are back. A thread of its own, which begins when there is something to watch; no target is
/// ever given up.
package final class HealthMonitor: @unchecked Sendable {
    private static let pauseMax: Int64 = 1_000

    private let board: Mutex<HealthBoard>
    private let workers: WorkerGroup
    private let log: ProcessLog
    /// Where workers report.
    package let ejections = EjectionReports()

    init(workers: WorkerGroup, log: ProcessLog) {
        self.workers = workers
        self.log = log
        let seed = SystemRandom.bytes(count: 8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        board = Mutex(HealthBoard(seed: seed))
    }

    // MARK: The control thread's side

    /// Says which targets there are from now on, by id.
    func setTargets(_ targets: [UInt32: WatchedTarget]) {
        let mustStart = board.withLock { board in
            board.setTargets(targets, now: Clock.monotonicMilliseconds, instant: Clock.realSeconds)
            guard !board.isEmpty, !board.hasThread else { return false }
            board.hasThread = true
            return true
        }
        if mustStart {
            let code = Thread.start(name: "health") { self.run() }
            if code != 0 {
                board.withLock { $0.hasThread = false }
                log.error("cannot start a thread to watch targets", ["reason": systemMessage(code)])
            }
        }
        ejections.wake()
    }

    func setAddresses(_ changes: [TargetAddresses]) {
        guard !changes.isEmpty else { return }
        board.withLock { $0.setAddresses(changes) }
    }

    /// Ascending by target.
    var reports: [HealthBoard.Report] { board.withLock(\.reports) }

    /// Lets the thread end.
    func stop() {
        board.withLock { $0.mustStop = true }
        ejections.wake()
    }

    // MARK: The thread

    private func run() {
        let blocks = BlockPool()
        let (input, scratch) = (blocks.take(), blocks.take())
        defer {
            blocks.give(input)
            blocks.give(scratch)
            blocks.deallocate()
        }
        var probes: [Probe] = []
        while true {
            let now = Clock.monotonicMilliseconds
            let (jobs, deadline, mustStop) = begin(now, probeCount: probes.count)
            if mustStop { return }
            for job in jobs {
                let probe = Probe(job, now: now, input: input, scratch: scratch)
                if let outcome = probe.start() { end(probe, outcome) } else { probes.append(probe) }
            }
            let end = probes.lazy.map(\.deadline).min() ?? .max
            // With no room for more probes, those that are due wait for one to end.
            advance(&probes, waiting: (probes.count < Limits.probeCountMax ? min(deadline, end) : end) - now)
        }
    }

    /// What is due: reports of workers, ends of ejections, probes.
    private func begin(_ now: Int64, probeCount: Int) -> (jobs: [HealthBoard.Job], deadline: Int64, mustStop: Bool) {
        let reported = ejections.take()
        let instant = Clock.realSeconds
        let (changes, jobs, deadline, mustStop) = board.withLock { board in
            var changes = reported.compactMap { board.eject($0, now: now, instant: instant) }
            changes += board.advance(now: now, instant: instant)
            let jobs = board.takeJobs(now: now, countMax: Limits.probeCountMax - probeCount)
            return (changes, jobs, board.deadline, board.mustStop)
        }
        tell(changes)
        return (jobs, deadline, mustStop)
    }

    /// Waits for something to happen, and goes on with the probes that it happened to.
    private func advance(_ probes: inout [Probe], waiting milliseconds: Int64) {
        var entries = [pollfd(fd: ejections.wakeup, events: Int16(POLLIN), revents: 0)] + probes.map(\.interest)
        let wait = Int32(min(max(milliseconds, 0), HealthMonitor.pauseMax))
        unsafe poll(&entries, nfds_t(entries.count), wait)
        if entries[0].revents != 0 { Wakeup.clear(ejections.wakeup) }
        let now = Clock.monotonicMilliseconds
        var remaining: [Probe] = []
        for (probe, entry) in zip(probes, entries.dropFirst()) {
            var outcome = entry.revents == 0 ? nil : probe.advance(entry.revents)
            if outcome == nil, probe.deadline <= now { outcome = probe.timedOut }
            if let outcome { end(probe, outcome) } else { remaining.append(probe) }
        }
        probes = remaining
    }

    private func end(_ probe: Probe, _ outcome: Probe.Outcome) {
        var failure: String?
        if case .bad(let reason) = outcome { failure = reason }
        let change = board.withLock {
            $0.endProbe(
                probe.job.target,
                failure: failure,
                began: probe.began,
                now: Clock.monotonicMilliseconds,
                instant: Clock.realSeconds
            )
        }
        if let change { tell([change]) }
    }

    private func tell(_ changes: [HealthBoard.Change]) {
        workers.publish(changes.map(\.standing))
        for change in changes {
            let (upstream, target) = (change.watched.settings.upstream, change.watched.name)
            if change.standing.isOut {
                let reason = change.reason ?? ""
                log.warning("a target is out", ["upstream": upstream, "target": target, "reason": reason])
            } else {
                log.info("a target is in again", ["upstream": upstream, "target": target])
            }
        }
    }
}
