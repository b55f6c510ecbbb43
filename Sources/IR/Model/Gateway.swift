/// A gateway as plain, fully resolved values: every default is filled in, every name is an index, every chain is
/// merged and ordered. It is what the compiler hands to the emitters; nothing in it refers back to the spec.
///
/// Order is part of the value: each array is sorted (by name, or as its property says), so that equal specs give equal
/// gateways however their maps were written.
package struct Gateway: Equatable, Sendable {
    /// The gateway's name; the salt of its credentials derives from it.
    package var name: String
    package var listeners: Listeners
    package var limits: RequestLimits
    package var timeouts: ClientTimeouts
    package var drain: Drain
    /// Where requests are logged, or `nil` if they are not.
    package var accessLog: AccessLog?
    /// Names of all consumer groups, ascending, and behind them those that the linker made. At most 256.
    package var groups: [String]
    /// Ascending by name.
    package var consumers: [Consumer]
    /// Ascending by consumer, then in the order of the spec.
    package var credentials: [Credential]
    /// Ascending by name.
    package var upstreams: [Upstream]
    /// Ascending by name.
    package var apis: [API]
    /// All versions of all APIs: ascending by API, then by name.
    package var versions: [Version]
    /// Where APIs and versions begin in the space of hosts and paths.
    package var mounts: [Mount]
    /// The distinct chains of all routes, in the order in which routes first use them.
    package var chains: [Chain]
    /// All routes, one per host and path; ascending by API, version, then as written.
    package var routes: [Route]
    /// Ascending by name.
    package var nodes: [Node]
    /// Where nodes pull their bundles from that say nothing else; `nil` if bundles are mounted.
    package var source: PullSource?
    /// Where nodes count together; `nil` if each counts by itself.
    package var redis: RedisServer?
    /// Which of them may serve no more.
    package var revocations: Revocations

    package init(
        name: String,
        listeners: Listeners = Listeners(),
        limits: RequestLimits = RequestLimits(),
        timeouts: ClientTimeouts = ClientTimeouts(),
        drain: Drain = Drain(),
        accessLog: AccessLog? = AccessLog(),
        groups: [String] = [],
        consumers: [Consumer] = [],
        credentials: [Credential] = [],
        upstreams: [Upstream] = [],
        apis: [API] = [],
        versions: [Version] = [],
        mounts: [Mount] = [],
        chains: [Chain] = [],
        routes: [Route] = [],
        nodes: [Node] = [],
        source: PullSource? = nil,
        redis: RedisServer? = nil,
        revocations: Revocations = Revocations()
    ) {
        self.name = name
        self.listeners = listeners
        self.limits = limits
        self.timeouts = timeouts
        self.drain = drain
        self.accessLog = accessLog
        self.groups = groups
        self.consumers = consumers
        self.credentials = credentials
        self.upstreams = upstreams
        self.apis = apis
        self.versions = versions
        self.mounts = mounts
        self.chains = chains
        self.routes = routes
        self.nodes = nodes
        self.source = source
        self.redis = redis
        self.revocations = revocations
    }
}

/// A position in the sources of a build, for tools that explain where a value comes from. It never reaches the table.
package struct Origin: Hashable, Sendable {
    /// Index of the file in the order in which the files were given.
    package var file: UInt32
    /// Offset in bytes.
    package var offset: UInt32

    package init(file: UInt32 = 0, offset: UInt32 = 0) {
        self.file = file
        self.offset = offset
    }
}
