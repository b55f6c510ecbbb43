/// What a gateway begins to serve, and by which rules others follow.
struct FirstBundle {
    /// Whose bundles are served; `nil` is everybody's.
    let trust: Trust?
    let seal: BundleSeal?
    let generation: Generation
    let node: NodeStanding

    init(_ options: Options, _ loader: inout GenerationLoader) throws(LoadError) {
        if options.trust.isEmpty {
            trust = nil
            seal = nil
        } else {
            let trust = try Trust(paths: options.trust, allowsRollback: options.allowsRollback)
            self.trust = trust
            seal = try BundleSeal.read(bundle: options.bundle, trust: trust)
        }
        generation = try loader.load(bundle: options.bundle, seal: seal)
        let identity: NodeIdentity?
        if let path = options.certificate { identity = try NodeIdentity.load(path) } else { identity = nil }
        node = NodeStanding(identity, generation.view)
    }
}
