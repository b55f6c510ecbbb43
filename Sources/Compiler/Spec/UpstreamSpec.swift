package import GatewayIR

package struct UpstreamSpec: Sendable {
    package var targets: [TargetSpec] = []
    package var balance: Spanned<BalanceName>?
    package var hash: HashSpec?
    package var health: HealthSpec?
    package var tls: UpstreamTLSSpec?
    package var speaksHTTP2: Spanned<Bool>?
    package var connectTimeout: Spanned<Milliseconds>?
    package var responseTimeout: Spanned<Milliseconds>?
    package var idleTimeout: Spanned<Milliseconds>?
    package var tunnelTimeout: Spanned<Milliseconds>?
    /// Where `timeouts:` stands, for governance.
    package var timeouts: SourceSpan?
    /// `retries: 1`, or `{ attempts, budget, burst }`.
    package var retries: Spanned<UInt8>?
    package var retryBudget: Spanned<UInt32>?
    package var retryBurst: Spanned<UInt32>?
    package var hedgeAfter: Spanned<Milliseconds>?
    /// `connections: { max, idle, queue, wait }`, per target and worker.
    package var connectionCountMax: Spanned<UInt32>?
    package var idleConnectionCountMax: Spanned<UInt32>?
    package var queueCountMax: Spanned<UInt32>?
    package var queueWait: Spanned<Milliseconds>?
    package var resolveInterval: Spanned<Milliseconds>?
    package var span: SourceSpan

    package init(span: SourceSpan) { self.span = span }
}

/// `"http://orders-a:8080"` or `{ url: …, weight: 2 }`.
package struct TargetSpec: Sendable {
    /// DNS name or address literal, IPv6 without brackets.
    package var host: String
    package var port: UInt16
    /// `https`.
    package var isSecure: Bool
    /// The host is the name of a service, whose servers SRV records tell.
    package var isService = false
    package var weight: Spanned<UInt8>?
    package var priority: Spanned<UInt8>?
    package var zone: Spanned<String>?
    package var span: SourceSpan

    package init(host: String, port: UInt16, isSecure: Bool, weight: Spanned<UInt8>?, span: SourceSpan) {
        self.host = host
        self.port = port
        self.isSecure = isSecure
        self.weight = weight
        self.span = span
    }
}

/// `balance:`.
package enum BalanceName: String, CaseIterable, Sendable {
    case roundRobin = "round-robin"
    case leastConnections = "least-connections"
    case randomTwo = "random-two"
    case consistentHash = "consistent-hash"
}

/// `hash: { by: header, name: X-User, bound: 125% }`.
package struct HashSpec: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case address
        case consumer
        case header
        case cookie
        case capture
    }

    package var kind: Spanned<Kind>?
    package var name: Spanned<String>?
    package var boundPercent: Spanned<UInt32>?
    package var span: SourceSpan

    package init(span: SourceSpan) { self.span = span }
}

/// `health: { active, passive, panic, slow-start }`.
package struct HealthSpec: Sendable {
    package struct Active: Sendable {
        package var path: Spanned<String>?
        package var host: Spanned<String>?
        package var interval: Spanned<Milliseconds>?
        package var timeout: Spanned<Milliseconds>?
        package var healthyCount: Spanned<UInt32>?
        package var unhealthyCount: Spanned<UInt32>?
        package var statuses: [Spanned<ClosedRange<UInt16>>] = []
        package var span: SourceSpan

        package init(span: SourceSpan) { self.span = span }
    }

    package struct Passive: Sendable {
        package var failureCount: Spanned<UInt32>?
        package var ejection: Spanned<Milliseconds>?
        package var ejectionMax: Spanned<Milliseconds>?
        package var statuses: [Spanned<ClosedRange<UInt16>>] = []
        package var span: SourceSpan

        package init(span: SourceSpan) { self.span = span }
    }

    package var active: Active?
    package var passive: Passive?
    package var panicPercent: Spanned<UInt32>?
    package var slowStart: Spanned<Milliseconds>?
    package var span: SourceSpan

    package init(span: SourceSpan) { self.span = span }
}
