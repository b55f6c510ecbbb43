extension GatewayDump {
    /// What an upstream says of balancing and health beyond the defaults, a line each.
    static func balancing(of upstream: Upstream) -> [String] {
        var lines: [String] = []
        switch upstream.balance {
        case .roundRobin: break
        case .leastConnections: lines.append("balance least-connections")
        case .randomTwo: lines.append("balance random-two")
        case .consistentHash(let hash):
            lines.append("balance consistent-hash by \(text(hash.key)), bound \(hash.boundPercent) %")
        }
        if let budget = upstream.retryBudget {
            lines.append("retry-budget \(budget.percent) %, burst \(budget.burst)")
        }
        if let time = upstream.hedgeAfter { lines.append("hedge after \(time)") }
        if let room = upstream.waitingRoom { lines.append("queue \(room.countMax), wait \(room.wait)") }
        if let health = upstream.health { lines += GatewayDump.lines(of: health) }
        if upstream.resolveInterval != 30_000 { lines.append("resolve \(upstream.resolveInterval)") }
        return lines
    }

    private static func text(_ key: HashKey) -> String {
        switch key {
        case .address: "address"
        case .consumer: "consumer"
        case .header(let name): "header \(name)"
        case .cookie(let name): "cookie \(name)"
        case .capture(let name): "capture \(name)"
        }
    }

    private static func lines(of health: HealthChecks) -> [String] {
        var lines: [String] = []
        if let active = health.active {
            lines.append(
                "probes \(active.path) host \(active.host ?? "-"), interval \(active.interval), "
                    + "timeout \(active.timeout), healthy \(active.healthyCount), unhealthy \(active.unhealthyCount), "
                    + "statuses \(text(active.statuses))"
            )
        }
        if let passive = health.passive {
            lines.append(
                "ejects after \(passive.failureCount) for \(passive.ejection) to \(passive.ejectionMax), "
                    + "statuses \(text(passive.statuses))"
            )
        }
        lines.append("panic \(health.panicPercent) %, slow start \(health.slowStart)")
        return lines
    }

    private static func text(_ statuses: [ClosedRange<UInt16>]) -> String {
        statuses.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: " ")
    }
}
