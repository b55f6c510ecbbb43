internal import GatewayTable

/// What became of the attempts to load a bundle after the first one.
struct ReloadHistory {
    struct Failure {
        /// Seconds since 1970.
        var instant: Int64
        var message: String
    }

    var succeededCount: UInt64 = 0
    /// The file was another one, but its content and secrets were the same.
    var unchangedCount: UInt64 = 0
    var refusedCount: UInt64 = 0
    var refusedByKind: [LoadError.Kind: UInt64] = [:]
    /// Seconds since 1970 at which the bundle that is served was loaded.
    var loadedInstant: Int64 = 0
    /// Why the bundle that is in place now is not served; `nil` if it is.
    var failure: Failure?
}

/// How far the process is in its life.
enum ProcessPhase: String {
    /// There is no bundle to serve.
    case waiting
    case starting
    case serving
    /// The bundle is too old: requests are turned away.
    case stale
    case draining
}

/// What `/status` and `/metrics` tell, gathered at one moment.
struct StatusFacts {
    var phase: ProcessPhase
    /// The generation that all workers serve, or a newer one.
    var generation: Generation
    /// Generations in memory.
    var generationCount: Int
    var bundle: String
    var node: String?
    /// By which certificate it is known, and whether that is revoked.
    var standing: NodeStanding
    var listeners: [String]
    var startInstant: Int64
    var uptimeMilliseconds: Int64
    /// Seconds that the lifecycle's clock is ahead of the real one.
    var clockOffset: Int64
    var realInstant: Int64
    var reloads: ReloadHistory
    /// Where bundles come from, if not from a folder that somebody else writes.
    var source: BundleSource?
    var pulls: PullHistory
    /// The signature of the bundle that is served, if only signed ones are.
    var seal: BundleSeal?
    var seriesNames: [GenerationLoader.SeriesName]
    /// Ascending by target id.
    var targets: [(key: UInt32, value: Resolver.Report)]
    /// Those that are watched, ascending by target id.
    var health: [HealthBoard.Report]
    /// Ascending by URL.
    var keySources: [KeyFetchState.Report]
    /// Where nodes count together; `nil` if each counts by itself.
    var sharing: CountSharer.Report?
    var workers: [WorkerMetrics]
    var logLinesDroppedCount: UInt64

    /// What the lifecycle's clock says.
    var lifecycleInstant: Int64 { realInstant + clockOffset }
    var isReady: Bool { phase == .serving }

    /// Versions of the table with their API.
    var versions: [(api: APIRecord, version: VersionRecord, index: UInt32)] {
        let view = generation.view
        return (0..<UInt32(view.versions.count)).map { index in
            let version = view.versions[index]
            return (view.apis[version.api], version, index)
        }
    }

    /// A counter summed over workers; a gauge that one worker is just changing may be off by one for that moment.
    func sum(_ counter: WorkerCounter) -> UInt64 {
        workers.reduce(0) { $0 &+ $1.value(counter) }
    }
}
