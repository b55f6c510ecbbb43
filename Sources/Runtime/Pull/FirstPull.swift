internal import GatewayTable
internal import Glibc

extension FirstBundle {
    /// What was good last or, if there is nothing that this node may serve, the first such bundle that the source
    /// gives. It is asked until it does.
    ///
    /// - Parameters:
    ///   - signals: SIGTERM ends the waiting.
    ///   - wakeup: written when the puller has news.
    static func pulled(
        _ options: Options,
        trust: Trust,
        by puller: BundlePuller,
        signals: Int32,
        wakeup: Int32,
        log: ProcessLog,
        _ loader: inout GenerationLoader
    ) throws(StartError) -> FirstBundle {
        let code = puller.start()
        guard code == 0 else { throw StartError(message: "cannot start a thread: \(systemMessage(code))") }
        do throws(LoadError) {
            let last = try FirstBundle(options, trust: trust, &loader)
            if !last.node.isStopped(at: Clock.realSeconds) { return last }
            log.error("this node's certificate is revoked; waiting for a bundle that lets it serve")
        } catch {
            log.info("waiting for the first bundle", ["url": puller.source.url, "reason": error.message])
        }
        var told = ""
        while true {
            var entries = [signals, wakeup].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            unsafe poll(&entries, 2, -1)
            while let number = Signals.next(signals) {
                guard number != SIGHUP, number != SIGUSR1 else { continue }
                puller.stop()
                throw StartError(message: "ended by a signal while waiting for a bundle from \(puller.source.url)")
            }
            Wakeup.clear(wakeup)
            for news in puller.takeNews() {
                let reason: String
                switch news {
                case .unchanged: continue
                case .failed(let fault): reason = fault.message
                case .refused(let error): reason = error.message
                case .candidate(let candidate):
                    let outcome = decide(candidate, options, trust, puller, &loader)
                    if let first = outcome.first { return first }
                    reason = outcome.reason
                }
                if reason != told { log.warning("cannot serve yet", ["reason": reason]) }
                told = reason
            }
        }
    }

    /// Loads a candidate. One that revokes this node is kept, so that a restart knows, but not served.
    private static func decide(
        _ candidate: BundlePuller.Candidate,
        _ options: Options,
        _ trust: Trust,
        _ puller: BundlePuller,
        _ loader: inout GenerationLoader
    ) -> (first: FirstBundle?, reason: String) {
        var outcome: (first: FirstBundle?, reason: String)
        let verdict: BundlePuller.Verdict
        do throws(LoadError) {
            let first = try FirstBundle(options, trust: trust, bundle: candidate.path, &loader)
            let isStopped = first.node.isStopped(at: Clock.realSeconds)
            outcome = (isStopped ? nil : first, "this node's certificate is revoked")
            verdict = .accepted
        } catch {
            outcome = (nil, error.message)
            verdict = error.isOfBundle ? .discarded : .postponed
        }
        do throws(PullFault) { try puller.answer(verdict, candidate) } catch { outcome.reason = error.message }
        return outcome
    }
}
