extension TableView {
    /// The gateway as a whole, its listeners, groups and nodes.
    func validateSettings() throws(TableError) {
        guard gateways.count == 1 else { throw .outOfRange(section: "gateway", record: 0, field: "count") }
        let gateway = gateways[0]
        try check(gateway.name, .gateway, 0, "name")
        try check(gateway.statusHost, .gateway, 0, "statusHost")
        try check(gateway.accessLogPath, .gateway, 0, "accessLogPath")
        try check(gateway.statusPort, below: 65_536, .gateway, 0, "statusPort")
        try check(gateway.accessLogFields, below: 1 << TableLayout.accessLogFieldCount, .gateway, 0, "accessLogFields")
        try check(gateway.accessLogSamplePerMillion, below: 1_000_001, .gateway, 0, "accessLogSamplePerMillion")
        try check(gateway.flags, below: 2, .gateway, 0, "flags")
        try require(gateway.headBytesMax > 0, .gateway, 0, "`headBytesMax` is 0")
        try require(gateway.headerCountMax > 0, .gateway, 0, "`headerCountMax` is 0")
        try require(gateway.connectionCountMax > 0, .gateway, 0, "`connectionCountMax` is 0")
        try check(gateway.connectionsPerAddressMax, below: 1_000_001, .gateway, 0, "connectionsPerAddressMax")
        try check(gateway.requestCountMax, below: 1_000_001, .gateway, 0, "requestCountMax")
        try check(gateway.lagMax, below: 86_400_001, .gateway, 0, "lagMax")
        for index in 0..<listeners.count {
            try check(listeners[index].host, .listeners, index, "host")
            try check(listeners[index].port, below: 65_536, .listeners, index, "port")
            try check(listeners[index].flags, below: 4, .listeners, index, "flags")
        }
        for index in 0..<trustedBlocks.count {
            try check(trustedBlocks[index].prefixLength, below: 129, .trustedBlocks, index, "prefixLength")
            try require(trustedBlocks[index].reserved == 0, .trustedBlocks, index, "`reserved` is not 0")
        }
        try require(groups.count <= TableLayout.groupCountMax, .groups, groups.count, "too many groups")
        for index in 0..<groups.count { try check(groups[index], .groups, index, "name") }
        for index in 0..<nodes.count {
            try check(nodes[index].name, .nodes, index, "name")
            try check(
                nodes[index].workerCount,
                below: Int(TableLayout.workerCountMax) + 1,
                .nodes,
                index,
                "workerCount"
            )
        }
    }

    /// APIs and their versions, in step.
    func validateVersions() throws(TableError) {
        var owned = Tiling(versions.count, owner: .apis, field: "versions")
        for index in 0..<apis.count {
            let api = apis[index]
            try owned.take(api.versions, index)
            try check(api.name, .apis, index, "name")
            try check(api.title, .apis, index, "title")
            try check(api.owner, .apis, index, "owner")
            try check(api.selectorName, .apis, index, "selectorName")
            try check(api.selectorSuffix, .apis, index, "selectorSuffix")
            try checkHeaderLines(api.varyLine, .apis, index, "varyLine")
            try require(SelectorKind(rawValue: api.selector) != nil, .apis, index, "unknown selector")
            let range = api.versions
            if api.defaultVersion != TableLayout.none, !range.contains(api.defaultVersion) {
                throw .outOfRange(section: "apis", record: index, field: "defaultVersion")
            }
            for version in range.first..<range.first + range.count {
                try require(versions[version].api == UInt32(index), .versions, Int(version), "of another API")
            }
        }
        try owned.finish()
        var windows = Tiling(brownouts.count, owner: .versions, field: "brownouts")
        for index in 0..<versions.count {
            try windows.take(versions[index].brownouts, index)
            try validate(versions[index], index)
        }
        try windows.finish()
    }

    private func validate(_ version: VersionRecord, _ index: Int) throws(TableError) {
        try check(version.name, .versions, index, "name")
        try check(version.value, .versions, index, "value")
        try checkHeaderLines(version.headerLines, .versions, index, "headerLines")
        try check(version.goneBody, .versions, index, "goneBody")
        try check(version.successorLink, .versions, index, "successorLink")
        try check(version.docs, .versions, index, "docs")
        if version.successor != TableLayout.none {
            try check(version.successor, below: versions.count, .versions, index, "successor")
        }
        try require(version.hasPreview <= 1 && version.reserved == 0, .versions, index, "unknown flags")
        let hasBoth = version.deprecated != TableLayout.never && version.sunset != TableLayout.never
        try require(
            version.released <= version.deprecated && version.released <= version.sunset
                && version.sunset <= version.retired && (!hasBoth || version.deprecated <= version.sunset),
            .versions,
            index,
            "its dates are out of order"
        )
        var earliest = version.deprecated
        let windows = version.brownouts
        for window in windows.first..<windows.first + windows.count {
            let brownout = brownouts[window]
            try require(
                earliest <= brownout.from && brownout.from < brownout.until && brownout.until <= version.sunset,
                .brownouts,
                Int(window),
                "the window is out of order"
            )
            try require(
                (400...599).contains(brownout.status) && brownout.reserved == 0,
                .brownouts,
                Int(window),
                "the status is no refusal"
            )
            earliest = brownout.until
        }
    }
}

extension RangeRecord {
    func contains(_ index: UInt32) -> Bool { index >= first && index - first < count }
}
