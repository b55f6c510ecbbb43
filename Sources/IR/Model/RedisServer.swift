/// Where the nodes of a gateway count together: a Redis server.
package struct RedisServer: Hashable, Sendable {
    /// A DNS name or an address, IPv6 without brackets.
    package var host: String
    package var port: UInt16
    package var database: UInt32
    /// `nil` is the default user.
    package var username: String?
    /// `nil` if it asks for none.
    package var password: SecretReference?
    /// How often a node tells what it has counted, and hears what the others have.
    package var interval: Milliseconds

    package init(
        host: String,
        port: UInt16,
        database: UInt32 = 0,
        username: String? = nil,
        password: SecretReference? = nil,
        interval: Milliseconds
    ) {
        self.host = host
        self.port = port
        self.database = database
        self.username = username
        self.password = password
        self.interval = interval
    }
}

extension Chain {
    /// Whether nodes count together what its rate limit counts.
    package var isCountedTogether: Bool {
        steps.contains { step in
            if case .rateLimit(let settings) = step.plugin { settings.isShared } else { false }
        }
    }
}
