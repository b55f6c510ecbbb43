internal import GatewayTable

/// How the targets of an upstream are watched. Part of a target's name: those that are watched in another way, or for
/// another upstream, are other targets.
package struct HealthSettings: Hashable, Sendable {
    package var upstream: String
    /// Empty if targets are not asked.
    package var path = ""
    /// What `Host` says.
    package var host = ""
    /// Milliseconds.
    package var interval: Int64 = 0
    package var timeout: Int64 = 0
    package var healthyCount = 0
    package var unhealthyCount = 0
    package var goodStatuses: [ClosedRange<UInt16>] = []
    /// 0 if targets are not judged by their requests.
    package var failureCount = 0
    package var ejection: Int64 = 0
    package var ejectionMax: Int64 = 0

    package var isAsked: Bool { !path.isEmpty }

    package init(upstream: String) { self.upstream = upstream }

    /// What a table says of a target; `nil` if it is not watched.
    init?(_ target: TargetRecord, of upstream: UpstreamRecord, in view: TableView) {
        guard upstream.health != TableLayout.none else { return nil }
        let record = view.healthChecks[upstream.health]
        self.upstream = view.string(upstream.name)
        path = view.string(record.path)
        host = record.host.count > 0 ? view.string(record.host) : view.string(target.authority)
        (interval, timeout) = (Int64(record.interval), Int64(record.timeout))
        (healthyCount, unhealthyCount) = (Int(record.healthyCount), Int(record.unhealthyCount))
        goodStatuses = (record.goodStatuses.first..<record.goodStatuses.first + record.goodStatuses.count).map {
            let range = view.statusRanges[$0]
            return UInt16(range.first)...UInt16(range.last)
        }
        failureCount = Int(record.failureCount)
        (ejection, ejectionMax) = (Int64(record.ejection), Int64(record.ejectionMax))
    }
}

/// A target that is watched.
package struct WatchedTarget: Sendable {
    package var settings: HealthSettings
    /// `orders-a:8080`, `unix:/run/orders.sock`.
    package var name: String
    var speaksHTTP2 = false
    /// How TLS is spoken with it, which the generation keeps; `nil` if it is not.
    var security: ProbeSecurity?

    init(settings: HealthSettings, name: String, security: ProbeSecurity? = nil) {
        self.settings = settings
        self.name = name
        self.security = security
    }
}

extension WatchedTarget {
    /// - Returns: `nil` if the target is not watched.
    init?(_ target: TargetRecord, of upstream: UpstreamRecord, in generation: Generation) {
        let view = generation.view
        guard let settings = HealthSettings(target, of: upstream, in: view) else { return nil }
        let host = view.string(target.host)
        let shownHost = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        self.settings = settings
        name =
            host.hasPrefix("/") ? "unix:\(host)" : target.isService ? "srv:\(host)" : "\(shownHost):\(target.port)"
        speaksHTTP2 = target.speaksHTTP2
        guard target.isSecure else { return }
        let serverName = view.string(view.upstreamTLS[upstream.tls].serverName)
        security = ProbeSecurity(
            owner: generation.security,
            client: upstream.tls,
            serverName: !serverName.isEmpty ? serverName : target.isService ? view.string(target.authority) : host
        )
    }
}

/// How a probe speaks TLS.
struct ProbeSecurity: Sendable {
    /// Keeps what OpenSSL needs.
    var owner: Security
    /// Index into `upstreamTLS` of the table.
    var client: UInt32
    /// What the server must be called.
    var serverName: String
}
