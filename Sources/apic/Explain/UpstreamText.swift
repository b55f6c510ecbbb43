internal import GatewayIR

/// How an upstream chooses the target of a request, in words.
enum UpstreamText {
    /// - Parameter hashedCapture: the name of the capture that is hashed, if one is.
    static func lines(_ upstream: Upstream, hashedCapture: String?) -> [String] {
        guard upstream.targets.count > 1 else { return waits(of: upstream) }
        var lines: [String] = []
        switch upstream.balance {
        case .roundRobin: break
        case .leastConnections: lines.append("the one with the fewest requests in flight")
        case .randomTwo: lines.append("the less busy of two by chance")
        case .consistentHash(let hash):
            lines.append(
                "the one that \(text(hash.key, hashedCapture)) is hashed to, up to \(hash.boundPercent) % of its share"
            )
        }
        if upstream.targets.contains(where: { $0.priority != upstream.targets[0].priority }) {
            lines.append("higher priorities when too few of the lower ones are in")
        }
        if let health = upstream.health { lines += HealthText.lines(health) }
        return lines + waits(of: upstream)
    }

    private static func text(_ key: HashKey, _ capture: String?) -> String {
        switch key {
        case .address: "the client's address"
        case .consumer: "the consumer"
        case .header(let name): "the field `\(name)`"
        case .cookie(let name): "the cookie `\(name)`"
        case .capture: "`\(capture ?? "")` of the path"
        }
    }

    private static func waits(of upstream: Upstream) -> [String] {
        guard let room = upstream.waitingRoom else { return [] }
        return ["waits up to \(room.wait) ms while all are busy"]
    }
}

/// When targets are left out, in words.
private enum HealthText {
    static func lines(_ health: HealthChecks) -> [String] {
        var lines: [String] = []
        if let active = health.active {
            lines.append(
                "not one that fails at `\(active.path)` \(active.unhealthyCount) times, asked each \(active.interval) ms"
            )
        }
        if let passive = health.passive {
            lines.append(
                "not one that failed \(passive.failureCount) times in a row, for \(passive.ejection) ms and more"
            )
        }
        return lines
    }
}
