internal import CPlatform
internal import Glibc
internal import Synchronization

/// What a worker is to do. It only ever goes forward.
package enum WorkerPhase: UInt8, Sendable {
    case serving = 0
    /// Another process serves the listeners: close them, and every connection with its next answer. Idle ones wait for
    /// that, so that no request meets a connection that was just closed.
    case yielding = 1
    /// Close listeners and idle connections at once, answer what is in flight with `Connection: close`.
    case draining = 2
    /// Close everything now.
    case stopping = 3
}

/// A listening socket of a worker's own, and how its connections begin.
package struct WorkerListener: Equatable, Sendable {
    package var descriptor: Int32
    /// With a TLS handshake.
    package var isSecure: Bool
    /// With a PROXY header, before anything else.
    package var takesProxyHeader: Bool

    package init(descriptor: Int32, isSecure: Bool = false, takesProxyHeader: Bool = false) {
        self.descriptor = descriptor
        self.isSecure = isSecure
        self.takesProxyHeader = takesProxyHeader
    }
}

/// What a worker is told once, at its start.
package struct WorkerSettings: Sendable {
    /// Seconds that the lifecycle's clock is ahead of the real one (`--at`).
    package var clockOffset: Int64
    /// The name under which this process runs, if it has one.
    package var node: String?
    /// Workers of the process.
    package var workerCount: Int
    /// The counts of rate limits, which all workers of the process share.
    package var rates: RateStore
    /// Connections by address, which all workers of the process share.
    package let addresses: AddressCounts
    /// From when on stored answers may be used, which all workers of the process share.
    package let purges: PurgeMarks
    /// Where workers say that a target failed too often.
    package let ejections: EjectionReports

    package init(
        clockOffset: Int64 = 0,
        node: String? = nil,
        workerCount: Int = 1,
        rates: RateStore = RateStore(),
        ejections: EjectionReports = EjectionReports(),
        purges: PurgeMarks = PurgeMarks()
    ) {
        self.purges = purges
        addresses = AddressCounts(seed: rates.seed)
        self.ejections = ejections
        self.clockOffset = clockOffset
        self.node = node
        self.workerCount = workerCount
        self.rates = rates
    }
}

/// All that the control thread and one worker share. The worker looks at it when `wakeup` says so, never per request
/// (except for `phase`, one load).
package final class WorkerLink: @unchecked Sendable {
    private struct Mailbox {
        var generation: Generation?
        /// By target id.
        var addresses: [UInt32: [SocketAddress]] = [:]
        /// Target ids that may be other targets' by now.
        var forgotten: Set<UInt32> = []
        /// By target id: whether it is out.
        var standings: [UInt32: Bool] = [:]
    }

    package let index: Int
    /// A nonblocking eventfd for the worker's epoll, written after each change.
    package let wakeup: Int32
    package let metrics: WorkerMetrics
    package let log: AccessLogRing
    /// The control loop's eventfd, written after each report.
    private let controlWakeup: Int32
    private let mailbox = Mutex(Mailbox())
    private let phaseCode = Atomic<UInt8>(WorkerPhase.serving.rawValue)
    private let suspended = Atomic<Bool>(false)
    private let drained = Atomic<Bool>(false)
    private let returned = Atomic<Bool>(false)
    /// Number of the newest generation that the worker took.
    private let takenNumber = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - wakeup: an eventfd, which the link closes in the end.
    ///   - controlWakeup: the control loop's eventfd, which outlives the link.
    package init(index: Int, wakeup: Int32, controlWakeup: Int32, metrics: WorkerMetrics, log: AccessLogRing) {
        self.index = index
        self.wakeup = wakeup
        self.controlWakeup = controlWakeup
        self.metrics = metrics
        self.log = log
    }

    deinit {
        close(wakeup)
    }

    // MARK: The worker's side

    /// The newest generation that the worker has not taken yet.
    package func takeGeneration() -> Generation? {
        guard let generation = mailbox.withLock({ $0.generation.take() }) else { return nil }
        reportServing(generation)
        return generation
    }

    /// Says that new requests run on this generation from now on; `takeGeneration` says it for the worker.
    package func reportServing(_ generation: Generation) {
        takenNumber.store(generation.number, ordering: .releasing)
        wakeControl()
    }

    /// What changed about targets since the last call; `nil` if nothing did.
    package func takeTargets() -> TargetChanges? {
        let (forgotten, changed, standings) = mailbox.withLock { mailbox in
            defer {
                mailbox.addresses.removeAll()
                mailbox.forgotten.removeAll()
                mailbox.standings.removeAll()
            }
            return (mailbox.forgotten, mailbox.addresses, mailbox.standings)
        }
        guard !changed.isEmpty || !forgotten.isEmpty || !standings.isEmpty else { return nil }
        return TargetChanges(
            forgotten: forgotten.sorted(),
            addresses: changed.sorted { $0.key < $1.key }.map { TargetAddresses(target: $0.key, addresses: $0.value) },
            standings: standings.sorted { $0.key < $1.key }.map { TargetStanding(target: $0.key, isOut: $0.value) }
        )
    }

    package var phase: WorkerPhase {
        // Only raw values of phases are ever stored.
        WorkerPhase(rawValue: phaseCode.load(ordering: .acquiring)) ?? .stopping
    }

    /// Whether requests are turned away for now.
    package var isSuspended: Bool { suspended.load(ordering: .acquiring) }

    /// Says that nothing is in flight any more and that the worker is about to return.
    package func reportDrained() {
        drained.store(true, ordering: .releasing)
        wakeControl()
    }

    /// Says that the worker's thread is about to end.
    func reportReturned() {
        returned.store(true, ordering: .releasing)
        wakeControl()
    }

    /// Says that the worker's last request on a generation ended. The control thread frees it when it finds itself the
    /// last holder, so that unmapping a table costs no worker any time.
    package func releaseGeneration(_ generation: Generation) {
        wakeControl()
    }

    // MARK: The control thread's side

    /// Hands over a generation; one that was not taken yet is replaced.
    package func publish(_ generation: Generation) {
        mailbox.withLock { $0.generation = generation }
        wakeWorker()
    }

    package func publish(_ changed: [TargetAddresses]) {
        mailbox.withLock { mailbox in
            for entry in changed { mailbox.addresses[entry.target] = entry.addresses }
        }
        wakeWorker()
    }

    /// Says which targets went out or came back.
    package func publish(_ standings: [TargetStanding]) {
        mailbox.withLock { mailbox in
            for standing in standings { mailbox.standings[standing.target] = standing.isOut }
        }
        wakeWorker()
    }

    /// Says that no generation has these targets any more. Their ids may be others' from the next generation on.
    package func forget(_ targets: [UInt32]) {
        mailbox.withLock { mailbox in
            for target in targets {
                mailbox.addresses[target] = nil
                mailbox.standings[target] = nil
            }
            mailbox.forgotten.formUnion(targets)
        }
        wakeWorker()
    }

    /// Lets requests be turned away, or served again.
    func setSuspended(_ isSuspended: Bool) {
        suspended.store(isSuspended, ordering: .releasing)
        wakeWorker()
    }

    /// - Precondition: not an earlier phase than the present one.
    package func enter(_ phase: WorkerPhase) {
        phaseCode.store(phase.rawValue, ordering: .releasing)
        wakeWorker()
    }

    package var isDrained: Bool { drained.load(ordering: .acquiring) }

    package var hasReturned: Bool { returned.load(ordering: .acquiring) }

    /// Number of the generation on which the worker runs new requests; 0 before its first.
    package var servingNumber: UInt64 { takenNumber.load(ordering: .acquiring) }

    private func wakeWorker() {
        Wakeup.signal(wakeup)
    }

    private func wakeControl() {
        Wakeup.signal(controlWakeup)
    }
}
