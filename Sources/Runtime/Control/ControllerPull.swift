internal import GatewayTable

/// What is known of the source of bundles.
struct PullHistory {
    var unchangedCount: UInt64 = 0
    var acceptedCount: UInt64 = 0
    /// The source could not be asked, or not to the end.
    var failedCount: UInt64 = 0
    /// What it gave was not served.
    var refusedCount: UInt64 = 0
    /// When it last said which bundle is the newest, in seconds since 1970; 0 is never.
    var answeredInstant: Int64 = 0
    /// When it last said that the bundle which is served is the newest, or gave it; 0 is never.
    var confirmedInstant: Int64 = 0
    /// How that compares with what is allowed.
    var level = Freshness.Level.fresh
    /// Why the last attempt failed; `nil` if it did not.
    var failure: String?
}

// Bundles that are pulled: the puller fetches, the control loop loads and decides.
extension Controller {
    mutating func takePulled(now: Int64) {
        guard let puller else { return }
        for news in puller.takeNews() {
            switch news {
            case .unchanged:
                pulls.unchangedCount += 1
                pulls.noteAnswer()
                confirm(now: now)
                log(recovery: true)
            case .failed(let fault):
                pulls.failedCount += 1
                log(failure: fault.message)
            case .refused(let error):
                pulls.refusedCount += 1
                pulls.noteAnswer()
                refuse(error, .pull, now: now)
            case .candidate(let candidate):
                pulls.noteAnswer()
                log(recovery: true)
                decide(candidate, puller, now: now)
            }
        }
    }

    /// Loads a candidate; one that is served, or that says that this node may not serve, is kept.
    private mutating func decide(_ candidate: BundlePuller.Candidate, _ puller: BundlePuller, now: Int64) {
        let verdict: BundlePuller.Verdict
        if !drain.isServing {
            // Nobody looked at it; whoever serves next does.
            verdict = .postponed
        } else if let error = load(candidate.path, .pull, now: now) {
            pulls.refusedCount += 1
            verdict = error.isOfBundle ? .discarded : .postponed
        } else {
            pulls.acceptedCount += 1
            verdict = .accepted
            confirm(now: now)
        }
        do throws(PullFault) { try puller.answer(verdict, candidate) } catch {
            log(failure: error.message)
        }
        watch.note(watch.present)
        watch.noteFiles()
    }

    private mutating func confirm(now: Int64) {
        pulls.confirmedInstant = Clock.realSeconds
        freshness?.confirm(now: now)
        watchFreshness(now: now)
    }

    /// Says when the source has not confirmed for long that the bundle is the newest, and turns requests away when that
    /// is too long. By answers, and not by closing listeners: clients learn why, and the service is back with the
    /// source's next word.
    mutating func watchFreshness(now: Int64) {
        guard var watched = freshness, let level = watched.advance(now: now) else { return }
        freshness = watched
        let fields: KeyValuePairs = ["url": puller?.source.url ?? "", "seconds": String(watched.age(now: now))]
        switch level {
        case .fresh: log.info("the source confirms the bundle again", ["url": puller?.source.url ?? ""])
        case .stale: log.warning("the source has not confirmed the bundle for long", fields)
        case .expired: log.error("the source has not confirmed the bundle for too long: requests get 503", fields)
        }
        if (pulls.level == .expired) != (level == .expired) { workers.setSuspended(level == .expired) }
        pulls.level = level
    }

    /// The same failure again is no news.
    private mutating func log(failure: String) {
        guard pulls.failure != failure else { return }
        pulls.failure = failure
        log.warning("cannot pull a bundle, serving on", ["reason": failure])
    }

    private mutating func log(recovery: Bool) {
        guard pulls.failure != nil else { return }
        pulls.failure = nil
        log.info("the source of bundles answers again", ["url": puller?.source.url ?? ""])
    }
}

extension PullHistory {
    mutating func noteAnswer() { answeredInstant = Clock.realSeconds }
}

extension LoadError {
    /// Whether it is the bundle that is wrong, and not something that the machine lacks.
    var isOfBundle: Bool {
        switch kind {
        case .signature, .rollback, .table, .file: true
        case .secret, .certificate: false
        }
    }
}
