internal import GatewayTable
internal import Glibc

/// Why a bundle is loaded again.
enum ReloadReason: String {
    case signal = "SIGHUP"
    case change
    case retry
    case pull
}

/// When to try a bundle again that could not be loaded: soon, then ever more rarely, but always again.
struct RetrySchedule {
    private static let firstMilliseconds: Int64 = 1_000
    private static let millisecondsMax: Int64 = 60_000

    private(set) var deadline: Int64 = .max
    private var pause = firstMilliseconds

    mutating func noteFailure(now: Int64) {
        deadline = now + pause
        pause = min(2 * pause, RetrySchedule.millisecondsMax)
    }

    mutating func noteSuccess() {
        self = RetrySchedule()
    }

    func isDue(now: Int64) -> Bool { now >= deadline }
}

// Loading another bundle: verified whole beside the one that is served, then handed to all workers, or refused.
extension Controller {
    mutating func reload(_ reason: ReloadReason, now: Int64) {
        watch.note(watch.present)
        watch.noteFiles()
        _ = load(options.bundle, reason, now: now)
    }

    /// Loads a bundle, and hands it to the workers if it is another one.
    ///
    /// - Returns: why it is not served; `nil` if it is, or if it says that this node may serve no more.
    mutating func load(_ bundle: String, _ reason: ReloadReason, now: Int64) -> LoadError? {
        do throws(LoadError) {
            let seal = try readSeal(of: bundle)
            let table = try MappedTable.load(bundle: bundle, seal: seal)
            guard try admits(table.view, now: now) else { return nil }
            let newest = staged?.generation ?? current
            // The same table in the same memory, if its secrets may be others.
            let isSame = table.isIdentical(to: newest.table)
            let security = try SecurityLoader.load(
                table.view,
                bundle: bundle,
                seal: seal,
                former: newest.security
            )
            let keys = try TokenKeys.load(table.view, bundle: bundle, seal: seal)
            follow(security.files + keys.files)
            if isSame, security.digest == newest.security.digest, keys.digest == newest.tokenKeys.digest,
                try !haveSecretsChanged(newest)
            {
                if let seal { floor.note(seal) }
                noteUnchanged(reason)
                return nil
            }
            let next = try loader.make(
                of: isSame ? newest.table : table,
                bundle: bundle,
                security: security,
                tokenKeys: keys
            )
            stage(next, now: now)
            if let seal { floor.note(seal) }
            return nil
        } catch {
            refuse(error, reason, now: now)
            return error
        }
    }

    /// The signature of a bundle, if only signed ones are served.
    private func readSeal(of bundle: String) throws(LoadError) -> BundleSeal? {
        guard let trust else { return nil }
        let seal = try BundleSeal.read(bundle: bundle, trust: trust)
        try floor.check(seal, trust: trust)
        return seal
    }

    /// Says which files are looked at every second.
    mutating func follow(_ files: [Security.WatchedFile]) {
        var paths: [String] = []
        if trust != nil { paths.append(BundleSeal.path(ofBundle: options.bundle)) }
        if let path = options.certificate { paths.append(path) }
        watch.follow(
            files + paths.map { Security.WatchedFile(path: $0, identity: BundleWatch.Identity(path: $0)) }
        )
    }

    /// Whether the secrets that a table names have other values than when the generation was made.
    private func haveSecretsChanged(_ generation: Generation) throws(LoadError) -> Bool {
        let fresh = try CredentialIndex.build(generation.view, salt: generation.keySalt)
        defer { fresh.deallocate() }
        return !fresh.isEqual(to: generation.credentials, count: generation.view.credentials.count)
    }

    private mutating func noteUnchanged(_ reason: ReloadReason) {
        reloads.unchangedCount += 1
        reloads.failure = nil
        retry.noteSuccess()
        noteReloaded()
        if reason == .signal { log.info("the bundle is unchanged", ["bundle": options.bundle]) }
    }

    mutating func refuse(_ error: LoadError, _ reason: ReloadReason, now: Int64) {
        reloads.refusedCount += 1
        reloads.refusedByKind[error.kind, default: 0] += 1
        let message = error.message
        // Another attempt that fails for the same reason is no news.
        if (reason != .retry && reason != .pull) || reloads.failure?.message != message {
            log.error("refused the bundle, keeping the one served", ["reason": message, "trigger": reason.rawValue])
        }
        reloads.failure = ReloadHistory.Failure(instant: Clock.realSeconds, message: message)
        // What was pulled is asked for again by whoever pulls.
        if reason != .pull { retry.noteFailure(now: now) }
        noteReloaded()
    }

    /// Tells the service manager, if it waits for that. A bundle that is still held back is told of when it is served.
    private mutating func noteReloaded() {
        guard owesReloadNotice, staged == nil else { return }
        owesReloadNotice = false
        notices.reloaded(failure: reloads.failure?.message)
    }

    /// Holds a generation back until the names of its targets are resolved and the keys of its tokens are fetched, so
    /// that no request meets a target without an address, but not for long.
    private mutating func stage(_ generation: Generation, now: Int64) {
        staged = Staged(generation: generation, deadline: now + Controller.resolutionMillisecondsMax)
        retry.noteSuccess()
        retarget()
        publishAddresses()
    }

    /// Tells everybody where targets can be reached by now.
    func publishAddresses() {
        let changes = resolver.takeChanges()
        workers.publish(changes)
        health.setAddresses(changes)
    }

    /// Hands the staged generation to the workers if it is time to.
    mutating func publishStaged(now: Int64) {
        guard let next = staged, resolver.isSettled && keyFetcher.isSettled || now >= next.deadline else { return }
        staged = nil
        retired.append(current)
        current = next.generation
        workers.publish(current)
        accessLog.setPath(ServingPlan.accessLogPath(of: current.view))
        reloads.succeededCount += 1
        reloads.failure = nil
        reloads.loadedInstant = Clock.realSeconds
        noteReloaded()
        log.info(
            "serving another bundle",
            ["generation": String(current.number), "routes": String(current.view.routes.count)]
        )
        for warning in current.warnings { log.warning(warning) }
        warnOfFixedSettings()
    }

    /// What only a start can change.
    private func warnOfFixedSettings() {
        guard let before = retired.last?.view else { return }
        let table = current.view
        let changed = Set(ServingPlan.listeners(of: table)).symmetricDifference(ServingPlan.listeners(of: before))
        if changed.contains(where: { $0.isSecure ? options.https == nil : options.http == nil }) {
            log.warning("the bundle's `listen` is another one; it takes effect when the gateway is started again")
        }
        if options.status == nil, ServingPlan.status(of: table) != ServingPlan.status(of: before) {
            log.warning(
                "the bundle's `listen.status` is another one; it takes effect when the gateway is started again"
            )
        }
    }

    /// Frees generations that no worker holds any more, here rather than on a worker's thread.
    mutating func forgetRetired() {
        let before = retired.count
        let servedByAll = workers.servingNumber
        var index = 0
        while index < retired.count {
            if retired[index].number < servedByAll, isKnownUniquelyReferenced(&retired[index]) {
                retired.remove(at: index)
            } else {
                index += 1
            }
        }
        if retired.count < before { retarget() }
    }

    /// Tells the resolver of the targets of every generation that may still be asked, and everybody of those that are
    /// in none of them any more.
    mutating func retarget() {
        var targets: [UInt32: GenerationLoader.TargetName] = [:]
        let generations = [current] + retired + (staged.map { [$0.generation] } ?? [])
        let rings = generations.flatMap(\.tokens.distinctRings)
        loader.forgetRings(except: rings)
        keyFetcher.setRings(rings)
        sharer.setServer(current.tokenKeys.redis)
        for generation in generations {
            for record in 0..<UInt32(generation.view.targets.count) {
                let id = generation.targetOfRecord[record]
                targets[id] = loader.targetNames[Int(id)]
            }
        }
        let forgotten = loader.forgetTargets { targets[$0] != nil }
        resolver.setTargets(targets)
        workers.forget(forgotten)
        health.setTargets(watchedTargets)
    }

    /// By id: the targets of every generation that may still be asked, where their health is looked after.
    private var watchedTargets: [UInt32: WatchedTarget] {
        var watched: [UInt32: WatchedTarget] = [:]
        for generation in [current] + retired + (staged.map { [$0.generation] } ?? []) {
            let view = generation.view
            for index in 0..<view.upstreams.count where view.upstreams[index].health != TableLayout.none {
                let upstream = view.upstreams[index]
                for record in upstream.targets.first..<upstream.targets.first + upstream.targets.count {
                    let id = generation.targetOfRecord[record]
                    guard watched[id] == nil else { continue }
                    watched[id] = WatchedTarget(view.targets[record], of: upstream, in: generation)
                }
            }
        }
        return watched
    }

    /// At the start: waits for the first answers, but not for long.
    func waitForNames() {
        let end = startMilliseconds + Controller.resolutionMillisecondsMax
        while !(resolver.isSettled && keyFetcher.isSettled), Clock.monotonicMilliseconds < end { usleep(1_000) }
    }
}
