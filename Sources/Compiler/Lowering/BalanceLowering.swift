internal import GatewayIR

/// How an upstream's requests are spread and its targets watched, with defaults filled in and contradictions reported.
enum BalanceLowering {
    /// What the positions of a worker's balancing can number, with room.
    static let targetCountMax = 1024

    static func lower(_ upstream: Named<UpstreamSpec>, into result: inout Upstream, _ diagnostics: inout [Diagnostic]) {
        let spec = upstream.value
        if spec.targets.count > targetCountMax {
            diagnostics.append(.tooManyTargets(spec.targets[targetCountMax], upstream.name.value))
        }
        result.balance = balance(upstream, into: &diagnostics)
        result.health = spec.health.flatMap { health($0, of: upstream, into: &diagnostics) }
        if let budget = spec.retryBudget {
            result.retryBudget = RetryBudget(percent: budget.value)
            if let burst = spec.retryBurst { result.retryBudget?.burst = burst.value }
        } else if let burst = spec.retryBurst {
            diagnostics.append(.idleSetting("burst", at: burst.span, needs: "budget", example: "budget: 20%"))
        }
        if let time = spec.hedgeAfter {
            if spec.targets.count > 1 {
                result.hedgeAfter = time.value
            } else {
                diagnostics.append(.noOtherTarget(time.span, upstream.name.value))
            }
        }
        if let count = spec.queueCountMax, count.value > 0 {
            result.waitingRoom = WaitingRoom(countMax: count.value)
            if let wait = spec.queueWait { result.waitingRoom?.wait = wait.value }
        } else if let wait = spec.queueWait {
            diagnostics.append(.idleSetting("wait", at: wait.span, needs: "queue", example: "queue: 100"))
        }
        if let interval = spec.resolveInterval { result.resolveInterval = interval.value }
    }

    private static func balance(_ upstream: Named<UpstreamSpec>, into diagnostics: inout [Diagnostic]) -> Balance {
        let spec = upstream.value
        let name = spec.balance?.value ?? .roundRobin
        if let hash = spec.hash, name != .consistentHash {
            diagnostics.append(
                .idleSetting("hash", at: hash.span, needs: "balance", example: "balance: consistent-hash")
            )
        }
        switch name {
        case .roundRobin: return .roundRobin
        case .leastConnections: return .leastConnections
        case .randomTwo: return .randomTwo
        case .consistentHash:
            var settings = HashSettings()
            if let key = spec.hash.flatMap({ key(of: $0, into: &diagnostics) }) { settings.key = key }
            if let bound = spec.hash?.boundPercent { settings.boundPercent = bound.value }
            return .consistentHash(settings)
        }
    }

    private static func key(of hash: HashSpec, into diagnostics: inout [Diagnostic]) -> HashKey? {
        let kind = hash.kind?.value ?? .address
        switch kind {
        case .address, .consumer:
            if let name = hash.name { diagnostics.append(.uselessHashName(name, kind)) }
            return kind == .address ? .address : .consumer
        case .header, .cookie, .capture:
            guard let name = hash.name?.value else {
                if let kind = hash.kind { diagnostics.append(.missingHashName(kind)) }
                return nil
            }
            return kind == .header ? .header(name.lowercased()) : kind == .cookie ? .cookie(name) : .capture(name)
        }
    }

    private static func health(
        _ spec: HealthSpec,
        of upstream: Named<UpstreamSpec>,
        into diagnostics: inout [Diagnostic]
    ) -> HealthChecks? {
        guard spec.active != nil || spec.passive != nil else {
            diagnostics.append(.idleHealth(spec.span))
            return nil
        }
        var result = HealthChecks()
        result.active = spec.active.flatMap { active($0, into: &diagnostics) }
        result.passive = spec.passive.flatMap { passive($0, of: upstream, into: &diagnostics) }
        if let panic = spec.panicPercent { result.panicPercent = panic.value }
        if let slowStart = spec.slowStart { result.slowStart = slowStart.value }
        return result.active == nil && result.passive == nil ? nil : result
    }

    private static func active(_ spec: HealthSpec.Active, into diagnostics: inout [Diagnostic]) -> ActiveCheck? {
        guard let path = spec.path else { return nil }
        var result = ActiveCheck(path: path.value)
        result.host = spec.host?.value
        if let interval = spec.interval { result.interval = interval.value }
        // What is not said follows what is.
        result.timeout = spec.timeout?.value ?? min(result.timeout, result.interval)
        if let count = spec.healthyCount { result.healthyCount = count.value }
        if let count = spec.unhealthyCount { result.unhealthyCount = count.value }
        if !spec.statuses.isEmpty { result.statuses = merged(spec.statuses) }
        if let timeout = spec.timeout, timeout.value > result.interval {
            diagnostics.append(
                .contradictoryTimes("timeout", timeout.span, "longer than", "interval", spec.interval?.span)
            )
        }
        return result
    }

    private static func passive(
        _ spec: HealthSpec.Passive,
        of upstream: Named<UpstreamSpec>,
        into diagnostics: inout [Diagnostic]
    ) -> PassiveCheck {
        var result = PassiveCheck()
        if let count = spec.failureCount { result.failureCount = count.value }
        if let ejection = spec.ejection { result.ejection = ejection.value }
        result.ejectionMax = spec.ejectionMax?.value ?? max(result.ejectionMax, result.ejection)
        if !spec.statuses.isEmpty { result.statuses = merged(spec.statuses) }
        if let most = spec.ejectionMax, most.value < result.ejection {
            diagnostics.append(
                .contradictoryTimes("ejection-max", most.span, "shorter than", "ejection", spec.ejection?.span)
            )
        }
        if upstream.value.targets.count == 1 { diagnostics.append(.nothingElseToAsk(spec.span, upstream.name.value)) }
        return result
    }

    /// Ascending and apart.
    private static func merged(_ ranges: [Spanned<ClosedRange<UInt16>>]) -> [ClosedRange<UInt16>] {
        var result: [ClosedRange<UInt16>] = []
        for range in ranges.map(\.value).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound <= last.upperBound + 1 {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    /// Zones of targets in which there is no node to prefer them.
    static func checkZones(_ document: SpecDocument, into diagnostics: inout [Diagnostic]) {
        guard !document.nodes.isEmpty else { return }
        let zones = Set(document.nodes.compactMap { $0.value.zone?.value })
        var reported: Set<String> = []
        for upstream in document.upstreams {
            for zone in upstream.value.targets.compactMap(\.zone)
            where !zones.contains(zone.value) && reported.insert(zone.value).inserted {
                diagnostics.append(.zoneWithoutNode(zone, known: zones.sorted()))
            }
        }
    }
}

/// What an upstream hashes, for the routes that lead to it.
struct HashUse {
    var kind: HashSpec.Kind
    /// Empty for what needs none.
    var name: String
    var span: SourceSpan

    /// By name of the upstream.
    static func all(of document: SpecDocument) -> [String: HashUse] {
        var uses: [String: HashUse] = [:]
        for upstream in document.upstreams where upstream.value.balance?.value == .consistentHash {
            guard let hash = upstream.value.hash, let kind = hash.kind else { continue }
            // A missing name is reported as such.
            guard hash.name != nil || kind.value == .consumer else { continue }
            uses[upstream.name.value] = HashUse(
                kind: kind.value,
                name: hash.name?.value ?? "",
                span: hash.name?.span ?? kind.span
            )
        }
        return uses
    }
}
