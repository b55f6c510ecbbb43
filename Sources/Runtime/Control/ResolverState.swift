/// What the resolver knows and is about to do. Its functions decide; threads and locks are the resolver's.
struct ResolverState {
    /// What to ask for.
    struct Question: Hashable {
        var host: String
        /// The servers of a service, with their ports.
        var isService = false

        /// `orders`, `srv:_http._tcp.orders`.
        var text: String { isService ? "srv:\(host)" : host }
    }

    /// A name to ask for, and all targets that have it.
    struct Name {
        /// Port by target id.
        var targets: [UInt32: UInt16] = [:]
        /// By target id: how often its upstream wants to know.
        var intervals: [UInt32: Int64] = [:]
        /// With port 0; those of a service with their own.
        var addresses: [SocketAddress] = []
        var failure: String?
        var failureCount = 0
        var isAnswered = false
        var isAsked = false
        var dueMilliseconds: Int64 = 0

        /// That of the most curious one.
        var interval: Int64 { intervals.values.min() ?? ResolverLimits.refreshMilliseconds }
    }

    var names: [Question: Name] = [:]
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
            let question = Question(host: target.host, isService: target.isService)
            guard names[question]?.targets[id] == nil else { return }
            names[question, default: Name()].targets[id] = target.port
            names[question]?.intervals[id] = target.resolveInterval
            if let known = names[question]?.addresses, !known.isEmpty {
                changes[id] = addresses(known, of: question, port: target.port)
            }
        }
    }

    /// The name that has been due for longest, marked as being asked.
    mutating func takeDue(now: Int64) -> Question? {
        let due = names.filter { !$0.value.isAsked && $0.value.dueMilliseconds <= now }
        let question = due.min { ($0.value.dueMilliseconds, $0.key.text) < ($1.value.dueMilliseconds, $1.key.text) }?
            .key
        if let question { names[question]?.isAsked = true }
        return question
    }

    /// A service's servers have ports of their own.
    private func addresses(_ known: [SocketAddress], of question: Question, port: UInt16) -> [SocketAddress] {
        question.isService ? known : known.map { $0.with(port: port) }
    }

    /// How long to wait for the next name to be due.
    func nextDue(after now: Int64) -> Int64 {
        let waiting = names.values.filter { !$0.isAsked }.map(\.dueMilliseconds)
        return max(1, min((waiting.min() ?? .max) - now, ResolverLimits.refreshMilliseconds))
    }

    /// Takes in an answer.
    ///
    /// - Returns: whether it says something else than the one before.
    mutating func note(_ answer: Resolution, for question: Question, now: Int64) -> Bool {
        guard var name = names[question] else { return false }
        name.isAsked = false
        name.isAnswered = true
        defer { names[question] = name }
        // Times are spread by a tenth, so that gateways that started together do not ask together.
        if answer.failure != nil {
            let backoff = ResolverLimits.firstRetryMilliseconds << Int64(min(name.failureCount, 10))
            name.failureCount += 1
            name.dueMilliseconds = now + spread(min(backoff, name.interval, ResolverLimits.retryMillisecondsMax))
            let isNews = name.failure != answer.failure
            name.failure = answer.failure
            return isNews
        }
        // An answer that says how long it holds is asked for again when it does no more.
        let held = answer.lifeMilliseconds.map { max($0, ResolverLimits.firstRetryMilliseconds) } ?? .max
        name.dueMilliseconds = now + spread(min(name.interval, held))
        name.failureCount = 0
        let wasFailing = name.failure != nil
        name.failure = nil
        // Name servers rotate their answers: another order is no change.
        guard name.addresses.sortedTexts != answer.addresses.sortedTexts else { return wasFailing }
        name.addresses = answer.addresses
        for (id, port) in name.targets { changes[id] = addresses(answer.addresses, of: question, port: port) }
        return true
    }

    private func spread(_ milliseconds: Int64) -> Int64 {
        milliseconds + Int64.random(in: -milliseconds / 10...milliseconds / 10)
    }
}

extension [SocketAddress] {
    /// The same for the same addresses as often, in whatever order.
    fileprivate var sortedTexts: [String] { map(\.text).sorted() }
}
