extension TableReport {
    /// How requests are spread over targets, and when targets are used.
    var balancing: ReportPart {
        var part = ReportPart(
            "balancing",
            columns: [
                "upstream", "balance", "by", "queue", "retry budget", "hedge ms", "resolve ms", "probes", "ejects",
            ]
        )
        for index in 0..<view.upstreams.count {
            let upstream = view.upstreams[index]
            let queue = upstream.queueCountMax
            let budget = upstream.retryBudget
            part.add([
                .text(view.string(upstream.name)), .text(name(of: upstream)), .text(key(of: upstream)),
                queue == 0 ? .none : .text("\(queue) for \(upstream.queueWait) ms"),
                budget == 0 ? .none : .text("\(budget) % and \(upstream.retryBurst)"),
                upstream.hedgeAfter == 0 ? .none : .number(Int(upstream.hedgeAfter)),
                .number(Int(upstream.resolveInterval)), probes(of: upstream), ejections(of: upstream),
            ])
        }
        return part
    }

    private func name(of upstream: UpstreamRecord) -> String {
        switch BalanceKind(rawValue: upstream.balance) {
        case .leastConnections: "least-connections"
        case .randomTwo: "random-two"
        case .consistentHash: "consistent-hash, \(upstream.hashSlots.count) slots, bound \(upstream.hashBound) %"
        case .roundRobin, nil: "round-robin"
        }
    }

    private func key(of upstream: UpstreamRecord) -> String {
        guard upstream.balance == BalanceKind.consistentHash.rawValue else { return "" }
        return switch HashKeyKind(rawValue: upstream.hashKey) {
        case .consumer: "consumer"
        case .header: "header \(view.string(upstream.hashName))"
        case .cookie: "cookie \(view.string(upstream.hashName))"
        case .capture: "capture"
        case .address, nil: "address"
        }
    }

    private func probes(of upstream: UpstreamRecord) -> ReportPart.Value {
        guard upstream.health != TableLayout.none, view.healthChecks[upstream.health].isAsked else { return .none }
        let health = view.healthChecks[upstream.health]
        let host = health.host.count == 0 ? "" : " at \(view.string(health.host))"
        return .text(
            "\(view.string(health.path))\(host) each \(health.interval) ms within \(health.timeout) ms, "
                + "\(health.healthyCount) of \(statuses(health.goodStatuses)) in, \(health.unhealthyCount) others out, "
                + common(health)
        )
    }

    private func ejections(of upstream: UpstreamRecord) -> ReportPart.Value {
        guard upstream.health != TableLayout.none, view.healthChecks[upstream.health].isJudged else { return .none }
        let health = view.healthChecks[upstream.health]
        return .text(
            "after \(health.failureCount) failures, \(statuses(health.badStatuses)) among them, "
                + "for \(health.ejection) to \(health.ejectionMax) ms, " + common(health)
        )
    }

    private func common(_ health: HealthRecord) -> String {
        "all below \(health.panic) %" + (health.slowStart == 0 ? "" : ", slow start of \(health.slowStart) ms")
    }

    private func statuses(_ range: RangeRecord) -> String {
        (range.first..<range.first + range.count).map { index in
            let record = view.statusRanges[index]
            return record.first == record.last ? "\(record.first)" : "\(record.first)-\(record.last)"
        }.joined(separator: " ")
    }
}
