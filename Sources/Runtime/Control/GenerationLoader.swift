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
    }

    /// By series; the first one, without names, counts what belongs to no version.
    package private(set) var seriesNames = [SeriesName(api: "", version: "")]
    /// By target id.
    package private(set) var targetNames: [TargetName] = []
    private var series: [SeriesName: UInt32] = [:]
    private var targets: [TargetName: UInt32] = [:]
    private var generationCount: UInt64 = 0

    package init() {}

    /// Loads a bundle whole: table, secrets, numbers.
    ///
    /// - Parameter path: a bundle's directory, or a table file.
    package mutating func load(bundle path: String) throws(LoadError) -> Generation {
        try make(of: try MappedTable.load(bundle: path))
    }

    /// Makes the next generation.
    package mutating func make(of table: MappedTable) throws(LoadError) -> Generation {
        let view = table.view
        let salt = KeySalt(view)
        let credentials = try CredentialIndex.build(view, salt: salt)
        generationCount += 1
        seriesNames.reserveCapacity(view.versions.count + 1)
        series.reserveCapacity(view.versions.count)
        return Generation(
            number: generationCount,
            table: table,
            credentials: credentials,
            keySalt: salt,
            seriesOfVersion: (0..<view.versions.count).map { seriesNumber(ofVersion: $0, in: view) },
            targetOfRecord: (0..<view.targets.count).map { targetNumber(ofRecord: $0, in: view) }
        )
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

    private mutating func targetNumber(ofRecord index: Int, in view: TableView) -> UInt32 {
        let target = view.targets[index]
        let name = TargetName(host: view.string(target.host), port: UInt16(truncatingIfNeeded: target.port))
        if let known = targets[name] { return known }
        let number = UInt32(targetNames.count)
        targetNames.append(name)
        targets[name] = number
        return number
    }
}
