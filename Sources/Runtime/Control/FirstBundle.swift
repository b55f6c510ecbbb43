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
struct StartingBundle {
    let trust: Trust?
    /// `nil` where somebody else writes the folder.
    let puller: BundlePuller?
    let first: FirstBundle

    /// - Parameters:
    ///   - signals: end the waiting for a source.
    ///   - wakeup: the control loop's.
    init(
        _ options: Options,
        _ loader: inout GenerationLoader,
        signals: Int32,
        wakeup: Int32,
        log: ProcessLog
    ) throws(StartError) {
        do throws(LoadError) {
            let trust: Trust? =
                options.trust.isEmpty
                ? nil : try Trust(paths: options.trust, allowsRollback: options.allowsRollback)
            self.trust = trust
            guard let source = options.source, let trust else {
                puller = nil
                first = try FirstBundle(options, trust: trust, &loader)
                return
            }
            puller = BundlePuller(source, trust: trust, controlWakeup: wakeup)
        } catch {
            throw StartError(message: error.message)
        }
        guard let trust, let puller else { preconditionFailure("a source has both") }
        first = try .pulled(
            options,
            trust: trust,
            by: puller,
            signals: signals,
            wakeup: wakeup,
            log: log,
            &loader
        )
    }
}
