internal import GatewayTable

// How a worker judges targets by the requests that they serve, and learns how they are.

extension Worker {
    /// An answer came from a target.
    mutating func noteAnswer(_ x: Int32, _ status: UInt16) {
        let table = exchanges[x].table
        let health = table.view.healthChecks[upstream(of: x).health]
        if status >= 400, health.isJudged, table.view.holds(health.badStatuses, status) { return noteFailure(x) }
        let target = table.targetOfRecord[exchanges[x].target]
        if targets[target].failureCount > 0 { targets[target].failureCount = 0 }
    }

    /// A target failed a request. After a few in a row it is out: here at once, elsewhere when the control side says
    /// so.
    mutating func noteFailure(_ x: Int32) {
        let table = exchanges[x].table
        let limit = table.view.healthChecks[upstream(of: x).health].failureCount
        let target = table.targetOfRecord[exchanges[x].target]
        guard limit > 0, !targets[target].isOut else { return }
        targets[target].failureCount &+= 1
        guard targets[target].failureCount >= limit, ejections.report(target) else { return }
        targets[target].failureCount = 0
        targets[target].isOut = true
        standingEpoch &+= 1
    }

    /// The control side says how a target is.
    mutating func take(_ standing: TargetStanding) {
        targets.reserve(standing.target)
        targets[standing.target].failureCount = 0
        guard targets[standing.target].isOut != standing.isOut else { return }
        targets[standing.target].isOut = standing.isOut
        targets[standing.target].returned = standing.isOut ? 0 : now
        standingEpoch &+= 1
    }
}
