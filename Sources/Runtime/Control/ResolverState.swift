/// What the resolver knows and is about to do. Its functions decide; threads and locks are the resolver's.
struct ResolverState {
    /// A name to ask for, and all targets that have it.
    struct Name {
        /// Port by target id.
        var targets: [UInt32: UInt16] = [:]
        /// By target id: how often its upstream wants to know.
        var intervals: [UInt32: Int64] = [:]
        /// With port 0.
        var addresses: [SocketAddress] = []
        var failure: String?
        var failureCount = 0
        var isAnswered = false
        var isAsked = false
        var dueMilliseconds: Int64 = 0

        /// That of the most curious one.
        var interval: Int64 { intervals.values.min() ?? ResolverLimits.refreshMilliseconds }
    }

    var names: [String: Name] = [:]
    var literals: [UInt32: (host: String, address: SocketAddress)] = [:]
    var changes: [UInt32: [SocketAddress]] = [:]
    var threadCount = 0
    var mustStop = false

    /// Drops what is not among these targets any more.
    mutating func forget(except targets: [UInt32: GenerationLoader.TargetName]) {
        literals = literals.filter { targets[$0.key] != nil }
        changes = changes.filter { targets[$0.key] != nil }
        for (host, name) in names {
            let remaining = name.targets.filter { targets[$0.key] != nil }
            names[host]?.targets = remaining
            names[host]?.intervals = name.intervals.filter { targets[$0.key] != nil }
            if remaining.isEmpty { names[host] = nil }
        }
    }

    mutating func add(_ id: UInt32, _ target: GenerationLoader.TargetName) {
        if let address = SocketAddress(literal: target.host, port: target.port) {
            guard literals[id] == nil else { return }
            literals[id] = (target.host, address)
            changes[id] = [address]
        } else {
            guard names[target.host]?.targets[id] == nil else { return }
            names[target.host, default: Name()].targets[id] = target.port
            names[target.host]?.intervals[id] = target.resolveInterval
            if let known = names[target.host]?.addresses, !known.isEmpty {
                changes[id] = known.map { $0.with(port: target.port) }
            }
        }
    }

    /// The name that has been due for longest, marked as being asked.
    mutating func takeDue(now: Int64) -> String? {
        let due = names.filter { !$0.value.isAsked && $0.value.dueMilliseconds <= now }
        let host = due.min { ($0.value.dueMilliseconds, $0.key) < ($1.value.dueMilliseconds, $1.key) }?.key
        if let host { names[host]?.isAsked = true }
        return host
    }

    /// How long to wait for the next name to be due.
    func nextDue(after now: Int64) -> Int64 {
        let waiting = names.values.filter { !$0.isAsked }.map(\.dueMilliseconds)
        return max(1, min((waiting.min() ?? .max) - now, ResolverLimits.refreshMilliseconds))
    }

    /// Takes in an answer.
    ///
    /// - Returns: whether it says something else than the one before.
    mutating func note(_ answer: Resolution, for host: String, now: Int64) -> Bool {
        guard var name = names[host] else { return false }
        name.isAsked = false
        name.isAnswered = true
        defer { names[host] = name }
        // Times are spread by a tenth, so that gateways that started together do not ask together.
        if answer.failure != nil {
            let backoff = ResolverLimits.firstRetryMilliseconds << Int64(min(name.failureCount, 10))
            name.failureCount += 1
            name.dueMilliseconds = now + spread(min(backoff, name.interval, ResolverLimits.retryMillisecondsMax))
            let isNews = name.failure != answer.failure
            name.failure = answer.failure
            return isNews
        }
        name.dueMilliseconds = now + spread(name.interval)
        name.failureCount = 0
        let wasFailing = name.failure != nil
        name.failure = nil
        // Name servers rotate their answers: another order is no change.
        guard Set(name.addresses) != Set(answer.addresses) else { return wasFailing }
        name.addresses = answer.addresses
        for (id, port) in name.targets { changes[id] = answer.addresses.map { $0.with(port: port) } }
        return true
    }

    private func spread(_ milliseconds: Int64) -> Int64 {
        milliseconds + Int64.random(in: -milliseconds / 10...milliseconds / 10)
    }
}
