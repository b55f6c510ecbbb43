internal import CPlatform
internal import Glibc
internal import Synchronization

/// Bounds and times of name resolution.
enum ResolverLimits {
    /// Addresses of one target.
    static let addressCountMax = 16
    /// Names that are asked for at once.
    static let threadCountMax = 4
    static let refreshMilliseconds: Int64 = 30_000
    static let firstRetryMilliseconds: Int64 = 1_000
    static let retryMillisecondsMax: Int64 = 30_000
}

/// Keeps the addresses of targets: literals at once, names by asking the system's resolver on threads of its own, again
/// and again. A name that cannot be resolved any more keeps its last addresses.
package final class Resolver: @unchecked Sendable {
    /// What is known of a target, for `/status`.
    package struct Report: Equatable, Sendable {
        package var host: String
        package var port: UInt16
        package var addresses: [SocketAddress]
        /// Why the last question failed; `nil` if it did not.
        package var failure: String?
    }

    private let state = Mutex(ResolverState())
    private let log: ProcessLog
    /// Written when there is something to ask; read by the threads.
    private let workWakeup = apic_eventfd()
    /// The control loop's.
    private let controlWakeup: Int32

    /// Who is asked; `nil` is the system's name servers.
    private let server: Endpoint?

    /// - Parameters:
    ///   - controlWakeup: an eventfd that is written after each change.
    ///   - server: who is asked, by an IPv4 address; `nil` is the system's name servers.
    package init(controlWakeup: Int32, server: Endpoint? = nil, log: ProcessLog) {
        self.controlWakeup = controlWakeup
        self.server = server
        self.log = log
    }

    deinit {
        close(workWakeup)
    }

    // MARK: The control thread's side

    /// Says which targets there are from now on, by id. Those that are new are asked for at once, those that are gone
    /// never again.
    package func setTargets(_ targets: [UInt32: GenerationLoader.TargetName]) {
        let missing = state.withLock { state in
            state.forget(except: targets)
            for (id, target) in targets { state.add(id, target) }
            let wanted = min(state.names.count, ResolverLimits.threadCountMax)
            defer { state.threadCount = max(state.threadCount, wanted) }
            return wanted - state.threadCount
        }
        for _ in 0..<max(missing, 0) {
            let code = Thread.start(name: "resolver") { self.run() }
            if code == 0 { continue }
            state.withLock { $0.threadCount -= 1 }
            log.error("cannot start a thread to resolve names", ["reason": systemMessage(code)])
        }
        Wakeup.signal(workWakeup)
    }

    /// Targets whose addresses changed since the last call, ascending by id.
    package func takeChanges() -> [TargetAddresses] {
        let changes = state.withLock { state in
            defer { state.changes.removeAll() }
            return state.changes
        }
        return changes.sorted { $0.key < $1.key }.map { TargetAddresses(target: $0.key, addresses: $0.value) }
    }

    /// Whether each name was answered at least once, well or badly.
    package var isSettled: Bool { state.withLock { $0.names.values.allSatisfy(\.isAnswered) } }

    /// All targets, by id.
    package var reports: [UInt32: Report] {
        state.withLock { state in
            var reports: [UInt32: Report] = [:]
            for (id, literal) in state.literals {
                reports[id] = Report(host: literal.host, port: literal.address.port, addresses: [literal.address])
            }
            for (question, name) in state.names {
                for (id, port) in name.targets {
                    let addresses = question.isService ? name.addresses : name.addresses.map { $0.with(port: port) }
                    reports[id] = Report(host: question.text, port: port, addresses: addresses, failure: name.failure)
                }
            }
            return reports
        }
    }

    /// Lets the threads end when they return from what they are asking.
    package func stop() {
        state.withLock { $0.mustStop = true }
        Wakeup.signal(workWakeup)
    }

    // MARK: The threads

    private func run() {
        while true {
            let now = Clock.monotonicMilliseconds
            let (job, waitMilliseconds, mustStop) = state.withLock { state in
                (state.takeDue(now: now), state.nextDue(after: now), state.mustStop)
            }
            if mustStop {
                // The event stays for the other threads.
                return
            }
            guard let job else {
                wait(milliseconds: waitMilliseconds)
                continue
            }
            let answer = Resolution.resolve(job, by: server)
            let isNews = state.withLock { $0.note(answer, for: job, now: Clock.monotonicMilliseconds) }
            if isNews { tell(answer, of: job) }
            Wakeup.signal(controlWakeup)
        }
    }

    private func tell(_ answer: Resolution, of question: ResolverState.Question) {
        if let failure = answer.failure {
            log.warning("cannot resolve a target", ["host": question.text, "reason": failure])
        } else {
            let addresses = answer.addresses.map { $0.text(withPort: question.isService) }
            log.info("resolved a target", ["host": question.text, "addresses": addresses.joined(separator: " ")])
        }
    }

    private func wait(milliseconds: Int64) {
        Wakeup.wait(for: workWakeup, milliseconds: Int32(milliseconds))
        if state.withLock({ $0.mustStop }) { return }
        Wakeup.clear(workWakeup)
    }
}
