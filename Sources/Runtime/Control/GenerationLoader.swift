internal import Digests
internal import GatewayTable

/// Makes generations of bundles, and keeps the numbers that must outlive each of them: of series and of targets.
package struct GenerationLoader {
    /// A version by its names.
    package struct SeriesName: Hashable, Sendable {
        package var api: String
        package var version: String
    }

    /// A server by its names.
    package struct TargetName: Hashable, Sendable {
        package var host: String
        package var port: UInt16
        /// The host is the name of a service, whose servers SRV records tell.
        package var isService = false
        /// Digest of how TLS is spoken with it, or empty: connections of one way are never used for another.
        package var security = ""
        package var speaksHTTP2 = false
        /// How it is watched; `nil` if it is not.
        package var health: HealthSettings?
        /// Milliseconds between two questions for the addresses of its name.
        package var resolveInterval: Int64

        package init(
            host: String,
            port: UInt16,
            isService: Bool = false,
            security: String = "",
            speaksHTTP2: Bool = false,
            health: HealthSettings? = nil,
            resolveInterval: Int64 = ResolverLimits.refreshMilliseconds
        ) {
            self.host = host
            self.port = port
            self.isService = isService
            self.security = security
            self.speaksHTTP2 = speaksHTTP2
            self.health = health
            self.resolveInterval = resolveInterval
        }
    }

    /// By series; the first one, without names, counts what belongs to no version.
    package private(set) var seriesNames = [SeriesName(api: "", version: "")]
    /// By target id; `nil` is an id that waits for another target.
    package private(set) var targetNames: [TargetName?] = []
    private var series: [SeriesName: UInt32] = [:]
    private var targets: [TargetName: UInt32] = [:]
    private var freeTargets: [UInt32] = []
    private var generationCount: UInt64 = 0
    /// Fetched keys by where they are, for as long as a generation names the place.
    private var rings: [KeyRing.Name: KeyRing] = [:]

    package init() {}

    /// Loads a bundle whole: table, secrets, numbers.
    ///
    /// - Parameters:
    ///   - path: a bundle's directory, or a table file.
    ///   - seal: its signature, where only signed bundles are served.
    package mutating func load(bundle path: String, seal: BundleSeal? = nil) throws(LoadError) -> Generation {
        let table = try MappedTable.load(bundle: path, seal: seal)
        let security = try SecurityLoader.load(table.view, bundle: path, seal: seal, former: nil)
        let keys = try TokenKeys.load(table.view, bundle: path, seal: seal)
        return try make(of: table, bundle: path, security: security, tokenKeys: keys)
    }

    /// Makes the next generation.
    ///
    /// - Parameter bundle: where the table was found.
    package mutating func make(
        of table: MappedTable,
        bundle: String,
        security: Security,
        tokenKeys: TokenKeys
    ) throws(LoadError) -> Generation {
        let view = table.view
        let salt = KeySalt(view)
        let credentials = try CredentialIndex.build(view, salt: salt)
        generationCount += 1
        seriesNames.reserveCapacity(view.versions.count + 1)
        series.reserveCapacity(view.versions.count)
        // At once, so that names are not hashed again whenever there are twice as many.
        series.reserveCapacity(min(view.versions.count + 1, WorkerMetrics.seriesCountMax))
        return Generation(
            number: generationCount,
            table: table,
            credentials: credentials,
            keySalt: salt,
            seriesOfVersion: (0..<view.versions.count).map { seriesNumber(ofVersion: $0, in: view) },
            targetOfRecord: targetNumbers(in: view, security),
            security: security,
            tokens: TokenPolicies(own: tokenKeys.sets, rings: ringsOfPolicies(in: view, bundle: bundle)),
            tokenKeys: tokenKeys
        )
    }

    /// What a place has is found again by the next generation that names it.
    private mutating func ringsOfPolicies(in view: TableView, bundle: String) -> [KeyRing?] {
        let folder = MappedTable.folder(ofBundle: bundle)
        return (0..<view.tokenPolicies.count).map { index in
            let number = view.tokenPolicies[index].keySource
            guard number != TableLayout.none else { return nil }
            let source = view.keySources[number]
            let path = view.string(source.authorities)
            let name = KeyRing.Name(
                url: view.string(source.url),
                isIssuer: source.isIssuer,
                authorities: path.isEmpty || path.hasPrefix("/") ? path : folder + path
            )
            if let known = rings[name] { return known }
            let ring = KeyRing(name)
            rings[name] = ring
            return ring
        }
    }

    /// Gives up the keys of places that no generation names any more.
    package mutating func forgetRings(except live: [KeyRing]) {
        let names = Set(live.map(\.name))
        rings = rings.filter { names.contains($0.key) }
    }

    /// Versions beyond the bound on series count as belonging to none.
    private mutating func seriesNumber(ofVersion index: Int, in view: TableView) -> UInt32 {
        let version = view.versions[index]
        let name = SeriesName(api: view.string(view.apis[version.api].name), version: view.string(version.name))
        if let known = series[name] { return known }
        guard seriesNames.count < WorkerMetrics.seriesCountMax else { return 0 }
        let number = UInt32(seriesNames.count)
        seriesNames.append(name)
        series[name] = number
        return number
    }

    /// Gives back the ids of targets that no generation has any more, so that there are never more of them than targets
    /// at one time.
    ///
    /// - Parameter isLive: whether a generation that may still be asked has the target.
    /// - Returns: the ids that are free from now on. Whoever knows something of them must forget it before the next
    ///   generation is made.
    package mutating func forgetTargets(except isLive: (UInt32) -> Bool) -> [UInt32] {
        var forgotten: [UInt32] = []
        for id in 0..<UInt32(targetNames.count) where !isLive(id) {
            guard let name = targetNames[Int(id)] else { continue }
            targetNames[Int(id)] = nil
            targets[name] = nil
            forgotten.append(id)
        }
        freeTargets += forgotten
        return forgotten
    }

    private mutating func targetNumbers(in view: TableView, _ security: Security) -> [UInt32] {
        var numbers: [UInt32] = []
        numbers.reserveCapacity(view.targets.count)
        // Upstreams tile the targets.
        for upstream in 0..<view.upstreams.count {
            let record = view.upstreams[upstream]
            for index in record.targets.first..<record.targets.first + record.targets.count {
                let target = view.targets[index]
                let digest = target.isSecure ? security.clientDigests[Int(record.tls)].hex : ""
                numbers.append(targetNumber(of: target, record, in: view, security: digest))
            }
        }
        return numbers
    }

    private mutating func targetNumber(
        of target: TargetRecord,
        _ upstream: UpstreamRecord,
        in view: TableView,
        security: String
    ) -> UInt32 {
        let port = UInt16(truncatingIfNeeded: target.port)
        let name = TargetName(
            host: view.string(target.host),
            port: port,
            isService: target.isService,
            security: security,
            speaksHTTP2: target.speaksHTTP2,
            health: HealthSettings(target, of: upstream, in: view),
            resolveInterval: Int64(upstream.resolveInterval)
        )
        if let known = targets[name] { return known }
        let number = freeTargets.popLast() ?? UInt32(targetNames.count)
        if Int(number) == targetNames.count { targetNames.append(nil) }
        targetNames[Int(number)] = name
        targets[name] = number
        return number
    }
}
