internal import GatewayIR

/// An upstream as Kong's, and what services say of it.
struct KongUpstream {
    let upstream: Upstream

    /// What Kong has nothing like, as clauses.
    var refusals: [String] {
        var clauses: [String] = []
        if upstream.targets.contains(where: { $0.host.hasPrefix("/") }) { clauses.append("targets at Unix sockets") }
        if upstream.targets.contains(where: \.isService) { clauses.append("targets told by SRV records") }
        if upstream.speaksHTTP2 { clauses.append("HTTP/2 to targets (`http2`)") }
        if Set(upstream.targets.map(\.isSecure)).count > 1 { clauses.append("targets of which some speak TLS") }
        if Set(upstream.targets.map(\.priority)).count > 1 { clauses.append("priorities of targets") }
        if upstream.balance == .randomTwo { clauses.append("`balance: random-two`") }
        if let tls = upstream.tls {
            if tls.authorities != nil { clauses.append("authorities of its own (`tls.ca`): Kong has them by id") }
            if tls.certificate != nil {
                clauses.append("a client's certificate (`tls.certificate`): Kong has it by id")
            }
        }
        if let health = upstream.health, health.passive != nil, health.active == nil {
            clauses.append("`health.passive` alone: a target that is out would never come back")
        }
        return clauses
    }

    /// What it does otherwise, as clauses.
    var changes: [String] {
        var clauses: [String] = []
        if upstream.retryBudget != nil { clauses.append("there is no budget of retries") }
        if upstream.hedgeAfter != nil { clauses.append("slow requests are not hedged (`retries.hedge`)") }
        if upstream.waitingRoom != nil { clauses.append("nobody waits for a busy target (`queue`)") }
        if upstream.targets.contains(where: { $0.zone != nil }) { clauses.append("zones of targets mean nothing") }
        if upstream.health?.passive != nil {
            clauses.append("a target that is out is asked (`health.active`), not tried")
        }
        return clauses
    }

    var value: KongValue {
        var entries: KongMap = ["name": .text(upstream.name)]
        entries += algorithm
        if let name = upstream.tls?.serverName { entries.append("host_header", .text(name)) }
        if let health = upstream.health { entries.append("healthchecks", Self.checks(health, upstream)) }
        let targets = upstream.targets.map { target -> KongValue in
            let host = target.host.contains(":") ? "[\(target.host)]" : target.host
            return .map(["target": .text("\(host):\(target.port)"), "weight": .number(Int(target.weight))])
        }
        entries.append("targets", .list(targets))
        return .map(entries)
    }

    /// What a service with this upstream says of it.
    var serviceEntries: KongMap {
        let isSecure = upstream.tls != nil
        var entries: KongMap = [
            "protocol": .text(isSecure ? "https" : "http"), "host": .text(upstream.name),
            "port": .number(isSecure ? 443 : 80),
        ]
        if let tls = upstream.tls { entries.append("tls_verify", .flag(tls.verifies)) }
        return entries + [
            "connect_timeout": .number(Int(upstream.timeouts.connect)),
            "read_timeout": .number(Int(upstream.timeouts.response)),
            "write_timeout": .number(Int(upstream.timeouts.response)),
            "retries": .number(Int(upstream.retryCountMax)),
        ]
    }

    private var algorithm: KongMap {
        switch upstream.balance {
        case .roundRobin, .randomTwo: return ["algorithm": .text("round-robin")]
        case .leastConnections: return ["algorithm": .text("least-connections")]
        case .consistentHash(let hash):
            let by: KongMap =
                switch hash.key {
                case .address: ["hash_on": .text("ip")]
                case .consumer: ["hash_on": .text("consumer"), "hash_fallback": .text("ip")]
                case .header(let name): ["hash_on": .text("header"), "hash_on_header": .text(name)]
                case .cookie(let name):
                    [
                        "hash_on": .text("cookie"), "hash_on_cookie": .text(name),
                        "hash_on_cookie_path": .text("/"),
                    ]
                case .capture(let name): ["hash_on": .text("uri_capture"), "hash_on_uri_capture": .text(name)]
                }
            return ["algorithm": .text("consistent-hashing")] + by
        }
    }

    private static func checks(_ health: HealthChecks, _ upstream: Upstream) -> KongValue {
        var entries: KongMap = [:]
        if let active = health.active {
            // Seconds, and whole ones at least for intervals.
            let interval = KongValue.number(max(Int(active.interval) / 1_000, 1))
            let failures = KongValue.number(Int(active.unhealthyCount))
            let statuses = active.statuses.flatMap { Array($0) }.map { KongValue.number(Int($0)) }
            let others = (400...599).filter { status in !active.statuses.contains { $0.contains(UInt16(status)) } }
            entries.append(
                "active",
                .map([
                    "type": .text(upstream.tls == nil ? "http" : "https"), "http_path": .text(active.path),
                    "timeout": .number(max((Int(active.timeout) + 999) / 1_000, 1)),
                    "healthy": .map([
                        "interval": interval, "successes": .number(Int(active.healthyCount)),
                        "http_statuses": .list(statuses),
                    ]),
                    "unhealthy": .map([
                        "interval": interval, "http_failures": failures, "tcp_failures": failures,
                        "timeouts": failures, "http_statuses": .list(others.map { .number($0) }),
                    ]),
                ])
            )
        }
        if let passive = health.passive {
            let failures = KongValue.number(Int(passive.failureCount))
            let statuses = passive.statuses.flatMap { Array($0) }.map { KongValue.number(Int($0)) }
            entries.append(
                "passive",
                .map([
                    "unhealthy": .map([
                        "http_failures": failures, "tcp_failures": failures, "timeouts": failures,
                        "http_statuses": .list(statuses),
                    ])
                ])
            )
        }
        return .map(entries)
    }
}
