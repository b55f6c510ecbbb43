internal import CPlatform
internal import Glibc

/// The body of a worker's thread: it serves until its link says otherwise, then returns. It closes the listeners.
///
/// The generation is handed over for good, so that a worker that went on to the next one holds it no longer.
package typealias WorkerEntry =
    @Sendable (
        _ link: WorkerLink,
        _ listeners: [WorkerListener],
        _ first: consuming Generation,
        _ settings: WorkerSettings
    ) -> Void

/// All workers of the process, as the control loop sees them.
struct WorkerGroup {
    let links: [WorkerLink]

    /// Links for so many workers, or `nil` if the system has no memory or descriptors for them.
    init?(count: Int, controlWakeup: Int32, sleep: AccessLogSleep) {
        var links: [WorkerLink] = []
        for index in 0..<count {
            let wakeup = apic_eventfd()
            guard wakeup >= 0, let metrics = WorkerMetrics.make(), let ring = AccessLogRing.make(sleep: sleep) else {
                return nil
            }
            links.append(
                WorkerLink(index: index, wakeup: wakeup, controlWakeup: controlWakeup, metrics: metrics, log: ring)
            )
        }
        self.links = links
    }

    /// Starts a thread for each worker.
    ///
    /// - Parameter listeners: by worker.
    /// - Returns: 0, or an error code.
    func start(_ entry: @escaping WorkerEntry, listeners: [[WorkerListener]], settings: WorkerSettings) -> Int32 {
        for link in links {
            let own = listeners[link.index]
            let code = Thread.start(name: "worker-\(link.index)") {
                // What was published before the start; taken here so that no frame keeps it alive.
                if let first = link.takeGeneration() { entry(link, own, first, settings) }
                link.reportReturned()
            }
            if code != 0 { return code }
        }
        return 0
    }

    func publish(_ generation: Generation) {
        for link in links { link.publish(generation) }
    }

    func publish(_ changes: [TargetAddresses]) {
        guard !changes.isEmpty else { return }
        for link in links { link.publish(changes) }
    }

    func publish(_ standings: [TargetStanding]) {
        guard !standings.isEmpty else { return }
        for link in links { link.publish(standings) }
    }

    func forget(_ targets: [UInt32]) {
        guard !targets.isEmpty else { return }
        for link in links { link.forget(targets) }
    }

    func setSuspended(_ areSuspended: Bool) {
        for link in links { link.setSuspended(areSuspended) }
    }

    func enter(_ phase: WorkerPhase) {
        for link in links { link.enter(phase) }
    }

    /// As `StatusFacts.sum`.
    func sum(_ counter: WorkerCounter) -> UInt64 { links.reduce(0) { $0 &+ $1.metrics.value(counter) } }

    /// The newest generation that every worker serves; 0 while one serves none.
    var servingNumber: UInt64 { links.map(\.servingNumber).min() ?? 0 }
    var areDrained: Bool { links.allSatisfy { $0.isDrained || $0.hasReturned } }
    var hasAnyReturned: Bool { links.contains { $0.hasReturned } }
    var haveAllReturned: Bool { links.allSatisfy(\.hasReturned) }
}

/// How many workers to run.
enum WorkerCount {
    /// As many as processors, or as the container's share of them (cgroup v2), whichever is less.
    static var natural: Int {
        let processors = Int(apic_processor_count())
        let share = SmallFile.text("/sys/fs/cgroup/cpu.max").flatMap(share(cpuMax:)) ?? processors
        return min(max(min(processors, share), 1), Invocation.workerCountMax)
    }

    /// Whole processors in `200000 100000`, rounded up; `nil` for `max 100000`, which is no bound.
    static func share(cpuMax text: String) -> Int? {
        let words = text.split { $0 == " " || $0 == "\n" }
        guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]), quota > 0, period > 0 else {
            return nil
        }
        return (quota + period - 1) / period
    }
}
