internal import CPlatform
internal import GatewayTable
internal import Glibc

/// The control loop: everything of the gateway except serving requests. It owns the workers, the bundle, the status
/// port and the clock, on the process's first thread.
package struct Controller: ~Copyable {
    /// A generation that waits for the names of its targets to be resolved.
    struct Staged {
        var generation: Generation
        var deadline: Int64
    }

    /// How long a generation waits at most for names that are new.
    static let resolutionMillisecondsMax: Int64 = 500
    private static let tickMilliseconds: Int64 = 1_000
    private static let logFlushMilliseconds: Int64 = 1_000

    let options: Options
    let log: ProcessLog
    let notices: ServiceNotices
    let listeners: [Listeners.Bound]
    let statusEndpoint: Endpoint
    let clockOffset: Int64
    let workers: WorkerGroup
    let resolver: Resolver
    let keyFetcher: KeyFetcher
    let sharer: CountSharer
    let health: HealthMonitor
    /// Whether it was said that it serves.
    private var isAnnounced = false
    let accessLog: AccessLogWriter
    var loader: GenerationLoader
    var watch: BundleWatch
    /// The newest generation that was published.
    var current: Generation
    var staged: Staged?
    /// Earlier generations that somebody may still hold.
    var retired: [Generation] = []
    /// Whose bundles are served; `nil` is everybody's.
    let trust: Trust?
    /// Which of them may follow.
    var floor: SequenceFloor
    /// Fetches bundles, if they have a source.
    let puller: BundlePuller?
    var pulls = PullHistory()
    /// How long ago the source confirmed the bundle that is served; `nil` without one.
    var freshness: Freshness?
    var reloads = ReloadHistory()
    var retry = RetrySchedule()
    /// Who this node is, and until when it may serve.
    var node: NodeStanding
    /// What the process ends with when it has drained.
    var exitCode: Int32 = 0
    /// The service manager waits for the end of what it asked for by SIGHUP.
    var owesReloadNotice = false
    var drain = DrainSchedule()
    var status: StatusServer
    /// What of stored answers is not to be used.
    let purges = PurgeMarks()
    /// The process that this one takes over from, until it is told.
    private var claim: Takeover.Claim?
    /// Gives the listening sockets to the next process; off without `--takeover`, and before this one serves.
    private var takeover = TakeoverServer()
    private let statusListener: Int32
    /// Another process has the listening sockets, and serves.
    private var isReplaced = false
    /// SHA-256 of the table file that was asked for last, by generation.
    var knownDigest: (number: UInt64, text: String)?
    private let signals: Int32
    private let wakeup: Int32
    let startInstant = Clock.realSeconds
    let startMilliseconds = Clock.monotonicMilliseconds

    /// Loads the bundle, listens, and prepares the workers; `run` starts them.
    ///
    /// - Parameters:
    ///   - signals: a descriptor from `Signals.open`, which the controller closes in the end.
    ///   - notices: to the service manager.
    ///   - adopted: listening sockets that it opened.
    init(
        options: Options,
        log: ProcessLog,
        signals: Int32,
        notices: ServiceNotices = ServiceNotices(),
        adopting adopted: consuming AdoptedSockets = AdoptedSockets()
    ) throws(StartError) {
        let wakeup = apic_eventfd()
        guard wakeup >= 0, signals >= 0, let sleep = AccessLogSleep.make() else {
            throw StartError(message: "cannot open descriptors: \(systemMessage(errno))")
        }
        var loader = GenerationLoader()
        let atStart = BundleWatch.Identity(bundle: options.bundle)
        var adopted = adopted
        let begin = try StartingBundle.open(
            options,
            &loader,
            adopting: &adopted,
            signals: signals,
            wakeup: wakeup,
            log: log
        )
        let first = begin.first.generation
        guard !begin.first.node.isStopped(at: startInstant) else {
            throw StartError(message: "the certificate `\(options.certificate ?? "")` of this node is revoked")
        }
        let descriptorLimit = apic_raise_descriptor_limit()
        let plan = ServingPlan(options: options, table: first.view)
        guard first.security.server != nil || options.https == nil else {
            throw StartError(message: "the bundle has no certificate to listen with for TLS")
        }
        if let path = options.takeover { claim = try Takeover.claim(at: path, into: &adopted) }
        let early = try Controller.openStatus(plan, after: begin.status, adopting: &adopted)
        let listeners = try Controller.listen(plan, adopting: &adopted)
        guard let workers = WorkerGroup(count: plan.workerCount, controlWakeup: wakeup, sleep: sleep) else {
            throw StartError(message: "cannot make \(plan.workerCount) workers: \(systemMessage(errno))")
        }
        self.options = options
        self.log = log
        self.notices = notices
        self.signals = signals
        self.wakeup = wakeup
        self.loader = loader
        self.listeners = listeners
        self.workers = workers
        current = first
        watch = BundleWatch(bundle: options.bundle, now: startMilliseconds)
        watch.note(atStart)
        trust = begin.trust
        puller = begin.puller
        pulls = begin.pulls
        freshness = begin.freshness
        node = begin.first.node
        floor = SequenceFloor(begin.first.seal)
        statusEndpoint = early.bound.endpoint
        statusListener = early.bound.descriptors[0]
        status = early.server
        accessLog = AccessLogWriter(path: plan.accessLogPath, rings: workers.links.map(\.log), sleep: sleep, log: log)
        resolver = Resolver(controlWakeup: wakeup, server: options.nameServer, log: log)
        keyFetcher = KeyFetcher(controlWakeup: wakeup, log: log)
        sharer = CountSharer(RateStore(), log: log)
        health = HealthMonitor(workers: workers, log: log)
        clockOffset = options.startInstant.map { [startInstant] in $0 - startInstant } ?? 0
        reloads.loadedInstant = startInstant
        follow(first.files)
        plan.warn(log, descriptorLimit: descriptorLimit)
        for warning in first.warnings { log.warning(warning) }
        warnOfExpiry()
        for address in adopted.addresses {
            log.warning("a socket that was handed over is not in the bundle, and is closed", ["address": address])
        }
    }

    /// - Parameter early: the status port, where the first bundle had to be waited for. It stays, unless the bundle
    ///   wants another one.
    private static func openStatus(
        _ plan: ServingPlan,
        after early: consuming EarlyStatus,
        adopting adopted: inout AdoptedSockets
    ) throws(StartError) -> EarlyStatus {
        if early.isOpen, early.wanted == plan.status { return early }
        // It may be the same port of another address.
        _ = consume early
        do throws(ListenError) { return try EarlyStatus(plan.status, adopting: &adopted) } catch {
            throw StartError(message: error.message)
        }
    }

    private static func listen(
        _ plan: ServingPlan,
        adopting adopted: inout AdoptedSockets
    ) throws(StartError) -> [Listeners.Bound] {
        do throws(ListenError) {
            return try Listeners.open(plan.listeners, workerCount: plan.workerCount, adopting: &adopted)
        } catch {
            throw StartError(message: error.message)
        }
    }

    /// Serves until a signal ends it.
    ///
    /// - Parameter entry: the body of each worker's thread.
    /// - Returns: the exit code.
    package mutating func run(_ entry: @escaping WorkerEntry) -> Int32 {
        retarget()
        waitForNames()
        publishAddresses()
        workers.publish(current)
        watchFreshness(now: Clock.monotonicMilliseconds)
        let settings = WorkerSettings(
            clockOffset: clockOffset,
            node: options.node,
            workerCount: workers.links.count,
            rates: sharer.rates,
            ejections: health.ejections,
            purges: purges
        )
        let workerCount = workers.links.count
        let byWorker = workers.links.map { link in
            listeners.flatMap { $0.listeners(ofWorker: link.index, of: workerCount) }
        }
        apic_give_back_startup_memory()
        let codes = [accessLog.start(), workers.start(entry, listeners: byWorker, settings: settings)]
        if let code = codes.first(where: { $0 != 0 }) {
            log.error("cannot start a thread", ["reason": systemMessage(code)])
            return 1
        }
        while true {
            announce()
            if let code = turn() { return end(code) }
        }
    }

    /// Says once that it serves, as soon as every worker does: whoever waits for that asks right away.
    private mutating func announce() {
        guard !isAnnounced, workers.servingNumber > 0 else { return }
        isAnnounced = true
        sayServing()
        beginTakeover()
        notices.serving()
    }

    /// Waits for something to happen, and handles it.
    ///
    /// - Returns: an exit code when it is time to end.
    private mutating func turn() -> Int32? {
        var entries = [signals, wakeup, watch.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let before = Clock.monotonicMilliseconds
        entries += takeover.interests
        let statusStart = entries.count
        entries += status.interests(now: before)
        let wait = min(max(nextDeadline(now: before) - before, 0), Controller.tickMilliseconds)
        unsafe poll(&entries, nfds_t(entries.count), Int32(wait))
        let now = Clock.monotonicMilliseconds
        if entries[0].revents != 0, let code = handleSignals(now: now) { return code }
        if entries[1].revents != 0 { Wakeup.clear(wakeup) }
        if entries[2].revents != 0 { watch.takeEvents(now: now) }
        publishAddresses()
        takePulled(now: now)
        if drain.isServing {
            if watch.isChanged(now: now) { reload(.change, now: now) }
            if retry.isDue(now: now) { reload(.retry, now: now) }
            stopIfRevoked(now: now)
            watchFreshness(now: now)
        }
        publishStaged(now: now)
        forgetRetired()
        handOver(entries[3..<statusStart], now: now)
        serveStatus(entries[statusStart...], now: now)
        if workers.hasAnyReturned, drain.isServing {
            log.error("a worker ended by itself")
            return 1
        }
        return advanceDrain(now: now)
    }

    private func nextDeadline(now: Int64) -> Int64 {
        let stagedDeadline = staged?.deadline ?? .max
        return min(
            watch.deadline,
            status.deadline,
            drain.deadline,
            stagedDeadline,
            retry.deadline,
            freshness?.deadline ?? .max,
            takeover.deadline
        )
    }

    // MARK: Signals and the end

    /// - Returns: an exit code if a second signal ends everything at once.
    private mutating func handleSignals(now: Int64) -> Int32? {
        while let number = Signals.next(signals) {
            switch number {
            case SIGHUP:
                guard drain.isServing else { continue }
                notices.reloading()
                owesReloadNotice = true
                reload(.signal, now: now)
                puller?.ask()
            case SIGUSR1: accessLog.reopen()
            default:
                guard drain.isServing else {
                    log.warning("ending at once: a second signal came while draining")
                    return 128 + number
                }
                beginDrain(now: now)
                log.info("draining", ["signal": number == SIGINT ? "SIGINT" : "SIGTERM"])
            }
        }
        return nil
    }

    mutating func beginDrain(now: Int64) {
        let gateway = current.view.gateway
        drain.begin(
            now: now,
            delayMilliseconds: Int64(gateway.drainDelay),
            timeoutMilliseconds: Int64(gateway.drainTimeout)
        )
        notices.stopping()
    }

    private mutating func advanceDrain(now: Int64) -> Int32? {
        while true {
            switch drain.advance(now: now, areWorkersDrained: workers.areDrained) {
            case .nothing: return nil
            case .drainWorkers:
                removeSocketFiles()
                workers.enter(.draining)
            case .stopWorkers:
                log.warning(
                    "the time to drain is over; what is in flight is cut",
                    [
                        "requests": String(workers.sum(.requestsInFlight)),
                        "tunnels": String(workers.sum(.tunnelsOpen)),
                    ]
                )
                workers.enter(.stopping)
            case .exit: return exitCode
            }
        }
    }

    /// The files of Unix sockets, unless another process serves them now.
    private func removeSocketFiles() {
        guard !isReplaced else { return }
        for listener in listeners { listener.removeFile() }
    }

    // MARK: Taking over and being taken over

    /// The workers serve: tells the process before, and waits for the one behind.
    private mutating func beginTakeover() {
        if let claim = claim.take() {
            if claim.reportServing() {
                log.info("took over")
            } else {
                log.warning("the process that served before is gone; it may have lost requests")
            }
        }
        guard let path = options.takeover else { return }
        do throws(StartError) { takeover = try TakeoverServer(path: path) } catch {
            log.error(error.message)
        }
    }

    private mutating func handOver(_ ready: ArraySlice<pollfd>, now: Int64) {
        guard drain.isServing else { return }
        let (listeners, statusListener) = (listeners, statusListener)
        let event = takeover.advance(ready, now: now) {
            listeners.flatMap { $0.isOneSocket ? [$0.descriptors[0]] : $0.descriptors } + [statusListener]
        }
        switch event {
        case .nothing: return
        case .claimed: log.info("handing over to another process")
        case .abandoned: log.warning("the process that was to take over ended before it served; serving on")
        case .replaced:
            takeover = TakeoverServer()
            isReplaced = true
            status.stopListening()
            log.info("replaced by another process; ending with the last request")
            drain.yield(now: now, timeoutMilliseconds: Int64(current.view.gateway.drainTimeout))
            workers.enter(.yielding)
        }
    }

    private mutating func end(_ code: Int32) -> Int32 {
        resolver.stop()
        puller?.stop()
        keyFetcher.stop()
        sharer.stop()
        health.stop()
        removeSocketFiles()
        let isFlushed = accessLog.stop(withinMilliseconds: Controller.logFlushMilliseconds)
        log.info("ended", ["code": String(code), "access-log-flushed": String(isFlushed)])
        close(signals)
        return code
    }
}
