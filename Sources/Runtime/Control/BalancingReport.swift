internal import GatewayTable

/// What `/metrics` and `/status` tell of the balancing and the health of targets.
extension StatusFacts {
    func putBalancing(_ metrics: inout MetricsWriter) {
        let refused = "apic_upstream_retries_refused_total"
        metrics.family(refused, .counter, "Attempts that the budget of their upstream did not allow.")
        metrics.sample(refused, sum(.retriesRefused))
        let waiting = "apic_upstream_requests_waiting"
        metrics.family(waiting, .gauge, "Requests that wait for a target to have room.")
        metrics.sample(waiting, sum(.requestsWaiting))
        let failed = "apic_upstream_waits_failed_total"
        metrics.family(failed, .counter, "Requests refused because too many waited, or after waiting too long.")
        metrics.sample(failed, ["reason": "full"], sum(.queueRefusals))
        metrics.sample(failed, ["reason": "timeout"], sum(.queueTimeouts))
        guard !health.isEmpty else { return }
        let up = "apic_upstream_target_up"
        metrics.family(up, .gauge, "1 while a target is in, where its health is looked after.")
        for target in health { metrics.sample(up, target.labels, target.health.isOut ? 0 : 1) }
        let ejections = "apic_upstream_target_ejections_total"
        metrics.family(ejections, .counter, "Times that a target failed too many requests in a row.")
        for target in health { metrics.sample(ejections, target.labels, target.health.ejectionTotal) }
        let probes = "apic_upstream_target_probes_total"
        metrics.family(probes, .counter, "Probes of a target, by what came of them.")
        for target in health where target.watched.settings.isAsked {
            for (result, count) in [("good", target.health.goodTotal), ("bad", target.health.badTotal)] {
                metrics.sample(
                    probes,
                    ["upstream": target.watched.settings.upstream, "target": target.watched.name, "result": result],
                    count
                )
            }
        }
    }

    /// How a target is, in the object of a target.
    func put(_ target: HealthBoard.Report, _ json: inout JSONWriter) {
        json.key("health")
        json.openObject()
        json.member("upstream", target.watched.settings.upstream)
        json.member("state", target.health.stateName)
        json.member("since", CalendarTime(target.health.changedInstant).rfc3339)
        json.member("reason", target.health.reason)
        json.member("ejections", target.health.ejectionTotal)
        json.closeObject()
    }
}

extension HealthBoard.Report {
    fileprivate var labels: KeyValuePairs<String, String> {
        ["upstream": watched.settings.upstream, "target": watched.name]
    }
}
