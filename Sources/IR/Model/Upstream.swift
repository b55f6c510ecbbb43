/// A named set of servers that answer the same requests.
package struct Upstream: Equatable, Sendable {
    package var name: String
    /// At least one; ascending by host and port.
    package var targets: [Target]
    package var timeouts: UpstreamTimeouts
    /// There if and only if some target is spoken to by TLS.
    package var tls: UpstreamTLS?
    /// Its targets speak HTTP/2.
    package var speaksHTTP2: Bool
    /// Further attempts after the first, each on another target where there is one; idempotent requests only.
    package var retryCountMax: UInt8
    /// `nil` if only `retryCountMax` bounds them.
    package var retryBudget: RetryBudget?
    /// After so long without an answer another target is asked, too; `nil` is never.
    package var hedgeAfter: Milliseconds?
    /// Connections to one target from one worker.
    package var connectionCountMax: UInt32
    /// Idle connections kept for reuse to one target by one worker.
    package var idleConnectionCountMax: UInt32
    /// Where requests wait while all targets are busy; `nil` if they do not.
    package var waitingRoom: WaitingRoom?
    package var balance: Balance
    package var health: HealthChecks?
    /// Between two questions for the addresses of names.
    package var resolveInterval: Milliseconds

    package init(
        name: String,
        targets: [Target],
        timeouts: UpstreamTimeouts = UpstreamTimeouts(),
        tls: UpstreamTLS? = nil,
        speaksHTTP2: Bool = false,
        retryCountMax: UInt8 = 1,
        retryBudget: RetryBudget? = nil,
        hedgeAfter: Milliseconds? = nil,
        connectionCountMax: UInt32 = 1024,
        idleConnectionCountMax: UInt32 = 512,
        waitingRoom: WaitingRoom? = nil,
        balance: Balance = .roundRobin,
        health: HealthChecks? = nil,
        resolveInterval: Milliseconds = 30_000
    ) {
        self.name = name
        self.targets = targets
        self.timeouts = timeouts
        self.tls = tls
        self.speaksHTTP2 = speaksHTTP2
        self.retryCountMax = retryCountMax
        self.connectionCountMax = connectionCountMax
        self.idleConnectionCountMax = idleConnectionCountMax
        self.retryBudget = retryBudget
        self.hedgeAfter = hedgeAfter
        self.waitingRoom = waitingRoom
        self.balance = balance
        self.health = health
        self.resolveInterval = resolveInterval
    }
}

/// One server of an upstream.
package struct Target: Equatable, Sendable {
    /// A DNS name or an address literal (IPv6 without brackets), or the path of a Unix socket, whose port is 0.
    package var host: String
    package var port: UInt16
    /// 1 to 100: the share of requests, against the other targets of the upstream.
    package var weight: UInt8
    /// Spoken to by TLS.
    package var isSecure: Bool
    /// The host is the name of a service, whose servers SRV records tell (RFC 2782); the port is 0.
    package var isService: Bool
    /// Those with the least number are used while enough of them are in.
    package var priority: UInt8
    /// Where it is; nodes prefer targets of their own zone.
    package var zone: String?

    package init(
        host: String,
        port: UInt16,
        weight: UInt8 = 1,
        isSecure: Bool = false,
        isService: Bool = false,
        priority: UInt8 = 0,
        zone: String? = nil
    ) {
        self.host = host
        self.port = port
        self.weight = weight
        self.isSecure = isSecure
        self.isService = isService
        self.priority = priority
        self.zone = zone
    }
}

/// How long an upstream may take.
package struct UpstreamTimeouts: Equatable, Sendable {
    /// To connect.
    package var connect: Milliseconds
    /// From the request's last byte to the head of the answer, and then between two reads of its body.
    package var response: Milliseconds
    /// An idle connection is kept for this long.
    package var idle: Milliseconds
    /// A connection that changed its protocol may be silent, both ways, for this long.
    package var tunnel: Milliseconds

    package init(
        connect: Milliseconds = 1_000,
        response: Milliseconds = 30_000,
        idle: Milliseconds = 60_000,
        tunnel: Milliseconds = 300_000
    ) {
        self.connect = connect
        self.response = response
        self.idle = idle
        self.tunnel = tunnel
    }
}
