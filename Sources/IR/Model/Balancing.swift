/// How an upstream's requests are spread over its targets. Weights are respected by all of them.
package enum Balance: Equatable, Sendable {
    /// In turn.
    case roundRobin
    /// To the target with the fewest requests in flight.
    case leastConnections
    /// To the less busy of two that chance picks.
    case randomTwo
    /// Requests with the same key to the same target.
    case consistentHash(HashSettings)
}

/// What a hash is of, and how far it may overload a target.
package struct HashSettings: Hashable, Sendable {
    package var key: HashKey
    /// Requests in flight that a target may have before another gets its keys, in percent of its share.
    package var boundPercent: UInt32

    package init(key: HashKey = .address, boundPercent: UInt32 = 125) {
        self.key = key
        self.boundPercent = boundPercent
    }
}

/// What of a request is hashed.
package enum HashKey: Hashable, Sendable {
    case address
    case consumer
    /// Lower-case.
    case header(String)
    case cookie(String)
    /// A capture of the route's path, by its name.
    case capture(String)
}

/// Attempts after the first that an upstream allows, in proportion to its requests.
package struct RetryBudget: Hashable, Sendable {
    /// Of the requests.
    package var percent: UInt32
    /// Attempts that are allowed beyond that share, in a row.
    package var burst: UInt32

    package init(percent: UInt32, burst: UInt32 = 10) {
        self.percent = percent
        self.burst = burst
    }
}

/// Requests that wait for a connection to some target.
package struct WaitingRoom: Hashable, Sendable {
    /// Requests of one worker.
    package var countMax: UInt32
    package var wait: Milliseconds

    package init(countMax: UInt32, wait: Milliseconds = 1_000) {
        self.countMax = countMax
        self.wait = wait
    }
}

/// How it is found out which targets can serve, and what follows.
package struct HealthChecks: Hashable, Sendable {
    package var active: ActiveCheck?
    package var passive: PassiveCheck?
    /// While fewer of the targets are in, all of them are used.
    package var panicPercent: UInt32
    /// A target that returns reaches its share only after this time; 0 is at once.
    package var slowStart: Milliseconds

    package init(
        active: ActiveCheck? = nil,
        passive: PassiveCheck? = nil,
        panicPercent: UInt32 = 50,
        slowStart: Milliseconds = 0
    ) {
        self.active = active
        self.passive = passive
        self.panicPercent = panicPercent
        self.slowStart = slowStart
    }
}

/// Targets are asked.
package struct ActiveCheck: Hashable, Sendable {
    package var path: String
    /// What `Host` says; `nil` is the target's own.
    package var host: String?
    package var interval: Milliseconds
    package var timeout: Milliseconds
    /// Good answers in a row after which a target is in again.
    package var healthyCount: UInt32
    /// Bad ones after which it is out.
    package var unhealthyCount: UInt32
    /// Good answers. Ascending, apart.
    package var statuses: [ClosedRange<UInt16>]

    package init(
        path: String,
        host: String? = nil,
        interval: Milliseconds = 5_000,
        timeout: Milliseconds = 1_000,
        healthyCount: UInt32 = 2,
        unhealthyCount: UInt32 = 3,
        statuses: [ClosedRange<UInt16>] = [200...399]
    ) {
        self.path = path
        self.host = host
        self.interval = interval
        self.timeout = timeout
        self.healthyCount = healthyCount
        self.unhealthyCount = unhealthyCount
        self.statuses = statuses
    }
}

/// Targets are judged by the requests that they serve.
package struct PassiveCheck: Hashable, Sendable {
    /// Failures in a row, in one worker.
    package var failureCount: UInt32
    /// For how long a target is out the first time; each time that follows soon doubles it.
    package var ejection: Milliseconds
    package var ejectionMax: Milliseconds
    /// Answers that are failures. Ascending, apart, from 400 on.
    package var statuses: [ClosedRange<UInt16>]

    package init(
        failureCount: UInt32 = 3,
        ejection: Milliseconds = 10_000,
        ejectionMax: Milliseconds = 300_000,
        statuses: [ClosedRange<UInt16>] = [502...504]
    ) {
        self.failureCount = failureCount
        self.ejection = ejection
        self.ejectionMax = ejectionMax
        self.statuses = statuses
    }
}
