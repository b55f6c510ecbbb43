/// How a gateway stops: readiness turns first, listeners close after a delay, workers end when nothing is in flight, or
/// when the time is over. Decides only; the control loop acts.
struct DrainSchedule {
    /// Workers that were told to stop get so long to do so.
    static let stopMilliseconds: Int64 = 1_000

    enum Step: Equatable {
        case serving
        /// Not ready any more, but still listening.
        case announced(until: Int64)
        /// Another process serves; connections close with their next answer.
        case yielding(until: Int64)
        case draining(until: Int64)
        case stopping(until: Int64)
        case ended(isClean: Bool)
    }

    /// What is to be done now.
    enum Action: Equatable {
        case nothing
        case drainWorkers
        /// Whatever is still in flight is cut.
        case stopWorkers
        case exit
    }

    private(set) var step = Step.serving
    private var timeoutMilliseconds: Int64 = 0

    /// Begins to drain. Asking again changes nothing.
    mutating func begin(now: Int64, delayMilliseconds: Int64, timeoutMilliseconds: Int64) {
        guard step == .serving else { return }
        self.timeoutMilliseconds = timeoutMilliseconds
        step = .announced(until: now + delayMilliseconds)
    }

    /// Begins to end because another process has the listeners and serves.
    ///
    /// - Precondition: it serves.
    mutating func yield(now: Int64, timeoutMilliseconds: Int64) {
        step = .yielding(until: now + timeoutMilliseconds)
    }

    /// Goes one step on if it is time to; to be called until it says `nothing`.
    mutating func advance(now: Int64, areWorkersDrained: Bool) -> Action {
        switch step {
        case .serving, .ended: return .nothing
        case .announced(let until):
            guard now >= until else { return .nothing }
            step = .draining(until: now + timeoutMilliseconds)
            return .drainWorkers
        case .yielding(let until):
            if areWorkersDrained {
                step = .ended(isClean: true)
                return .exit
            }
            guard now >= until else { return .nothing }
            // What is idle even now closes, and what is in flight gets the time that is left to stop.
            step = .draining(until: now + DrainSchedule.stopMilliseconds)
            return .drainWorkers
        case .draining(let until):
            if areWorkersDrained {
                step = .ended(isClean: true)
                return .exit
            }
            guard now >= until else { return .nothing }
            step = .stopping(until: now + DrainSchedule.stopMilliseconds)
            return .stopWorkers
        case .stopping(let until):
            guard areWorkersDrained || now >= until else { return .nothing }
            step = .ended(isClean: false)
            return .exit
        }
    }

    /// When to look again at the latest.
    var deadline: Int64 {
        switch step {
        case .serving, .ended: .max
        case .announced(let until), .yielding(let until), .draining(let until), .stopping(let until): until
        }
    }

    var isServing: Bool { step == .serving }
}
