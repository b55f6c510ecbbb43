internal import GatewayTable
internal import Glibc

/// The status port of a gateway that has nothing to serve yet.
struct EarlyStatus: ~Copyable {
    /// As somebody asked for it: port 0 is any.
    let wanted: Endpoint
    let bound: Listeners.Bound
    var server: StatusServer

    init(_ wanted: Endpoint, adopting adopted: inout AdoptedSockets) throws(ListenError) {
        self.wanted = wanted
        bound = try Listeners.openAlone(wanted, adopting: &adopted)
        server = StatusServer(listener: bound.descriptors[0])
    }

    /// One that nobody can ask.
    init() {
        wanted = HealthProbe.standard
        bound = Listeners.Bound(endpoint: wanted, descriptors: [])
        server = StatusServer(listener: -1)
    }

    var isOpen: Bool { !bound.descriptors.isEmpty }
}

/// The time before a gateway that pulls has something to serve. The source is asked until it gives a bundle that this
/// node may serve; meanwhile the status port says that the process is alive, not ready, and why. Else whoever watches
/// it would end it for being silent, again and again.
struct SourceWait: ~Copyable {
    private let options: Options
    private let trust: Trust
    private let puller: BundlePuller
    private let log: ProcessLog
    private let startInstant = Clock.realSeconds
    private let startMilliseconds = Clock.monotonicMilliseconds
    private(set) var pulls = PullHistory()
    private var reason: String
    private var status: EarlyStatus

    /// - Parameters:
    ///   - reason: why what was good last is not served.
    ///   - status: closed if another process answers there, from which this one is to take over.
    init(
        _ options: Options,
        trust: Trust,
        puller: BundlePuller,
        log: ProcessLog,
        reason: String,
        status: consuming EarlyStatus
    ) {
        self.options = options
        self.trust = trust
        self.puller = puller
        self.log = log
        self.reason = reason
        self.status = status
    }

    /// Waits for a bundle that this node may serve.
    ///
    /// - Parameters:
    ///   - signals: SIGTERM ends the waiting.
    ///   - wakeup: written when the puller has news.
    mutating func first(
        signals: Int32,
        wakeup: Int32,
        _ loader: inout GenerationLoader
    ) throws(StartError) -> FirstBundle {
        while true {
            let before = Clock.monotonicMilliseconds
            var entries = [signals, wakeup].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            entries += status.server.interests(now: before)
            let deadline = status.server.deadline
            let wait = deadline == .max ? -1 : min(max(deadline - before, 0), 60_000)
            unsafe poll(&entries, nfds_t(entries.count), Int32(wait))
            while let number = Signals.next(signals) {
                if number == SIGHUP { puller.ask() }
                guard number != SIGHUP, number != SIGUSR1 else { continue }
                puller.stop()
                throw StartError(message: "ended by a signal while waiting for a bundle from \(puller.source.url)")
            }
            Wakeup.clear(wakeup)
            for news in puller.takeNews() {
                if let first = take(news, &loader) { return first }
            }
            answer(entries[2...])
        }
    }

    /// The status port, for whoever goes on with it.
    consuming func end() -> EarlyStatus { status }

    private mutating func take(_ news: BundlePuller.News, _ loader: inout GenerationLoader) -> FirstBundle? {
        switch news {
        case .unchanged:
            // What was good last, and is not served: it revokes this node.
            pulls.unchangedCount += 1
            pulls.noteAnswer()
            pulls.failure = nil
            return nil
        case .failed(let fault):
            pulls.failedCount += 1
            pulls.failure = fault.message
            note(fault.message)
            return nil
        case .refused(let error):
            pulls.refusedCount += 1
            pulls.noteAnswer()
            pulls.failure = nil
            note(error.message)
            return nil
        case .candidate(let candidate):
            pulls.noteAnswer()
            pulls.failure = nil
            return decide(candidate, &loader)
        }
    }

    /// Loads a candidate. One that revokes this node is kept, so that a restart knows, but not served.
    private mutating func decide(
        _ candidate: BundlePuller.Candidate,
        _ loader: inout GenerationLoader
    ) -> FirstBundle? {
        var first: FirstBundle?
        let verdict: BundlePuller.Verdict
        do throws(LoadError) {
            let loaded = try FirstBundle(options, trust: trust, bundle: candidate.path, &loader)
            if loaded.node.isStopped(at: Clock.realSeconds) {
                note("this node's certificate is revoked")
            } else {
                first = loaded
            }
            verdict = .accepted
            pulls.acceptedCount += 1
        } catch {
            pulls.refusedCount += 1
            note(error.message)
            verdict = error.isOfBundle ? .discarded : .postponed
        }
        do throws(PullFault) { try puller.answer(verdict, candidate) } catch { note(error.message) }
        return first
    }

    /// The same reason again is no news.
    private mutating func note(_ reason: String) {
        if reason != self.reason { log.warning("cannot serve yet", ["reason": reason]) }
        self.reason = reason
    }

    private mutating func answer(_ ready: ArraySlice<pollfd>) {
        let now = Clock.monotonicMilliseconds
        let facts = WaitingFacts(
            options: options,
            source: puller.source,
            pulls: pulls,
            reason: reason,
            startInstant: startInstant,
            uptimeMilliseconds: now - startMilliseconds
        )
        for (descriptor, question) in status.server.receive(ready, now: now) {
            switch question {
            case .page(let page): status.server.answer(descriptor, facts.answer(page), now: now)
            case .purge:
                let answer = StatusAnswer(status: 503, text: "nothing is served yet")
                status.server.answer(descriptor, answer, now: now)
            }
        }
    }
}
