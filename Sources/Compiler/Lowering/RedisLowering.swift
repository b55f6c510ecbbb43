internal import GatewayIR

/// Where nodes count together.
enum RedisLowering {
    private static let usualInterval: Milliseconds = 50

    /// `nil` if each counts by itself.
    static func server(_ document: SpecDocument) -> RedisServer? {
        guard let spec = document.redis, let address = spec.address?.value else { return nil }
        return RedisServer(
            host: address.host,
            port: address.port,
            database: address.database,
            username: spec.username?.value,
            password: spec.password,
            interval: spec.interval?.value ?? usualInterval
        )
    }
}
