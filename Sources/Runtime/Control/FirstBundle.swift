/// What a gateway begins to serve, and by which rules others follow.
struct FirstBundle {
    let seal: BundleSeal?
    let generation: Generation
    let node: NodeStanding

    /// - Parameters:
    ///   - trust: whose bundles are served; `nil` is everybody's.
    ///   - bundle: a folder; the one of the options if it is `nil`.
    init(
        _ options: Options,
        trust: Trust?,
        bundle: String? = nil,
        _ loader: inout GenerationLoader
    ) throws(LoadError) {
        let bundle = bundle ?? options.bundle
        if let trust { seal = try BundleSeal.read(bundle: bundle, trust: trust) } else { seal = nil }
        generation = try loader.load(bundle: bundle, seal: seal)
        let identity: NodeIdentity?
        if let path = options.certificate { identity = try NodeIdentity.load(path) } else { identity = nil }
        node = NodeStanding(identity, generation.view)
    }
}

/// The first bundle, and who gives the next ones.
struct StartingBundle: ~Copyable {
    let trust: Trust?
    /// `nil` where somebody else writes the folder.
    let puller: BundlePuller?
    let first: FirstBundle
    /// What is known of the source already.
    let pulls: PullHistory
    /// How long ago the source confirmed the bundle; `nil` without one.
    let freshness: Freshness?
    /// Open if the bundle had to be waited for.
    let status: EarlyStatus

    private init(
        _ trust: Trust?,
        _ puller: BundlePuller?,
        _ first: FirstBundle,
        pulls: PullHistory = PullHistory(),
        freshness: Freshness? = nil,
        status: consuming EarlyStatus = EarlyStatus()
    ) {
        self.trust = trust
        self.puller = puller
        self.first = first
        self.pulls = pulls
        self.freshness = freshness
        self.status = status
    }

    /// Loads the bundle that is there, or waits for one from its source.
    ///
    /// - Parameters:
    ///   - adopted: perhaps the socket of the status port is among them.
    ///   - signals: end the waiting for a source.
    ///   - wakeup: the control loop's.
    static func open(
        _ options: Options,
        _ loader: inout GenerationLoader,
        adopting adopted: inout AdoptedSockets,
        signals: Int32,
        wakeup: Int32,
        log: ProcessLog
    ) throws(StartError) -> StartingBundle {
        let trust: Trust?
        do throws(LoadError) {
            trust =
                options.trust.isEmpty
                ? nil : try Trust(paths: options.trust, allowsRollback: options.allowsRollback)
            guard options.source != nil, trust != nil else {
                return StartingBundle(trust, nil, try FirstBundle(options, trust: trust, &loader))
            }
        } catch {
            throw StartError(message: error.message)
        }
        guard let source = options.source, let trust else { preconditionFailure("a source has both") }
        let puller = BundlePuller(source, trust: trust, controlWakeup: wakeup)
        let code = puller.start()
        guard code == 0 else { throw StartError(message: "cannot start a thread: \(systemMessage(code))") }
        let reason: String
        do throws(LoadError) {
            let last = try FirstBundle(options, trust: trust, &loader)
            let present = Clock.realSeconds
            guard last.node.isStopped(at: present) else {
                let confirmed = puller.confirmedInstant ?? present
                var pulls = PullHistory()
                pulls.confirmedInstant = confirmed
                let now = Clock.monotonicMilliseconds
                let freshness = Freshness(source.stale, ageSeconds: present - confirmed, now: now)
                return StartingBundle(trust, puller, last, pulls: pulls, freshness: freshness)
            }
            reason = "this node's certificate is revoked"
            log.error("this node's certificate is revoked; waiting for a bundle that lets it serve")
        } catch {
            reason = error.message
        }
        let early = try openStatus(options, adopting: &adopted)
        let address = early.isOpen ? early.bound.endpoint.text : ""
        log.info("waiting for the first bundle", ["url": source.url, "reason": reason, "status": address])
        var wait = SourceWait(options, trust: trust, puller: puller, log: log, reason: reason, status: early)
        let first = try wait.first(signals: signals, wakeup: wakeup, &loader)
        var pulls = wait.pulls
        pulls.confirmedInstant = Clock.realSeconds
        let freshness = Freshness(source.stale, now: Clock.monotonicMilliseconds)
        return StartingBundle(trust, puller, first, pulls: pulls, freshness: freshness, status: wait.end())
    }

    /// Where `--status` says, or where a gateway tells its status if nothing says otherwise: the bundle, which may, is
    /// not there.
    ///
    /// - Returns: a closed one if the port belongs to the process that this one is to take over from.
    private static func openStatus(
        _ options: Options,
        adopting adopted: inout AdoptedSockets
    ) throws(StartError) -> EarlyStatus {
        do throws(ListenError) {
            return try EarlyStatus(options.status ?? HealthProbe.standard, adopting: &adopted)
        } catch {
            guard options.takeover != nil else { throw StartError(message: error.message) }
            return EarlyStatus()
        }
    }
}
