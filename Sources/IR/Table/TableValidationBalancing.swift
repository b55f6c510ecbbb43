extension TableView {
    /// How requests are spread, and when targets are used.
    func validateBalancing() throws(TableError) {
        try validateHashes()
        try validateHealth()
        for index in 0..<targets.count {
            try check(targets[index].priority, below: Int(TableLayout.priorityMax) + 1, .targets, index, "priority")
            try check(targets[index].zone, .targets, index, "zone")
        }
        for index in 0..<nodes.count { try check(nodes[index].zone, .nodes, index, "zone") }
    }

    private func validateHashes() throws(TableError) {
        var owned = Tiling(hashSlots.count, owner: .upstreams, field: "hashSlots")
        for index in 0..<upstreams.count {
            let upstream = upstreams[index]
            try owned.take(upstream.hashSlots, index)
            let kind = BalanceKind(rawValue: upstream.balance)
            try require(kind != nil, .upstreams, index, "unknown balance")
            try require(HashKeyKind(rawValue: upstream.hashKey) != nil, .upstreams, index, "unknown hash key")
            try check(upstream.hashName, .upstreams, index, "hashName")
            let isHashed = kind == .consistentHash
            try require(
                isHashed == (upstream.hashSlots.count > 0) && upstream.hashSlots.count <= TableLayout.hashSlotCountMax,
                .upstreams,
                index,
                "a hash has slots, and nothing else has"
            )
            try require(
                !isHashed || (100...1000).contains(upstream.hashBound),
                .upstreams,
                index,
                "the bound is not 100 to 1000"
            )
            try check(upstream.queueCountMax, below: 65_536, .upstreams, index, "queueCountMax")
            try check(upstream.retryBudget, below: 101, .upstreams, index, "retryBudget")
            try check(upstream.retryBurst, below: 1001, .upstreams, index, "retryBurst")
            try require(
                upstream.hedgeAfter == 0 || upstream.targets.count > 1,
                .upstreams,
                index,
                "there is no other target to ask"
            )
            try require(upstream.resolveInterval > 0, .upstreams, index, "names are resolved without a pause")
        }
        try owned.finish()
        for index in 0..<upstreams.count {
            let slots = upstreams[index].hashSlots
            for slot in slots.first..<slots.first + slots.count {
                try check(
                    UInt32(hashSlots[slot]),
                    below: Int(upstreams[index].targets.count),
                    .hashSlots,
                    Int(slot),
                    "a slot's target"
                )
            }
        }
    }

    private func validateHealth() throws(TableError) {
        for index in 0..<upstreams.count where upstreams[index].health != TableLayout.none {
            try check(upstreams[index].health, below: healthChecks.count, .upstreams, index, "health")
        }
        for index in 0..<statusRanges.count {
            let range = statusRanges[index]
            try require(
                range.first <= range.last && range.last <= 599,
                .statusRanges,
                index,
                "no range of statuses"
            )
        }
        var owned = Tiling(statusRanges.count, owner: .healthChecks, field: "goodStatuses")
        for index in 0..<healthChecks.count {
            let health = healthChecks[index]
            try check(health.path, .healthChecks, index, "path")
            try check(health.host, .healthChecks, index, "host")
            for field in [health.path, health.host] {
                let text = bytes(field)
                let isSafe = (0..<text.count).allSatisfy { (0x21...0x7E).contains(text[$0]) }
                try require(isSafe, .healthChecks, index, "what is asked cannot be sent")
            }
            try owned.take(health.goodStatuses, index)
            try owned.take(health.badStatuses, index)
            try require(health.isAsked || health.isJudged, .healthChecks, index, "nothing is checked")
            try require(
                !health.isAsked
                    || bytes(health.path)[0] == 0x2F && health.timeout > 0
                        && health.timeout <= health.interval && health.healthyCount > 0 && health.unhealthyCount > 0,
                .healthChecks,
                index,
                "targets cannot be asked so"
            )
            try require(
                !health.isJudged || health.ejection > 0 && health.ejection <= health.ejectionMax,
                .healthChecks,
                index,
                "targets cannot be left out so"
            )
            try require((1...100).contains(health.panic), .healthChecks, index, "panic is not 1 to 100")
        }
        try owned.finish()
    }
}
