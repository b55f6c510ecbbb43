internal import CPlatform
internal import CRedis

/// A connection to a Redis server, for a thread that may wait.
///
/// Unsafe operations hold because the connection is this value's own until it ends.
@safe
struct RedisConnection: ~Copyable {
    /// One clause, for people.
    struct Failure: Error {
        var reason: String
    }

    /// To connect, and for each round trip.
    private static let timeoutMilliseconds = 1_000
    /// Counts that go through the wire at once.
    private static let batchCountMax = 2_048

    private let connection: OpaquePointer

    /// - Parameter sharing: gets the server's clock.
    init(_ access: RedisAccess, _ sharing: inout CountSharing) throws(Failure) {
        var problem = [CChar](repeating: 0, count: Int(apic_redis_problem_size))
        var clock: UInt64 = 0
        let asked = apic_microseconds()
        // The library keeps none of the texts.
        let opened = unsafe access.withPassword { password in
            unsafe access.host.withCString { host in
                unsafe RedisConnection.withOptionalCString(access.username) { username in
                    var place = unsafe apic_redis_place(
                        host: host,
                        port: Int32(access.port),
                        database: access.database,
                        username: username,
                        password: password,
                        milliseconds: RedisConnection.timeoutMilliseconds
                    )
                    return unsafe apic_redis_open(&place, &clock, &problem)
                }
            }
        }
        guard let opened = unsafe opened else { throw Failure(reason: RedisConnection.text(problem)) }
        unsafe connection = opened
        sharing.hear(clock: clock, asked: asked, heard: apic_microseconds())
    }

    deinit { unsafe apic_redis_close(connection) }

    /// Tells what is to be told in this round, and hears what the others have counted.
    mutating func exchange(_ sharing: inout CountSharing) throws(Failure) {
        var problem = [CChar](repeating: 0, count: Int(apic_redis_problem_size))
        var start = 0
        repeat {
            let end = min(start + RedisConnection.batchCountMax, sharing.exchange.count)
            var clock: UInt64 = 0
            let asked = apic_microseconds()
            let code = unsafe sharing.exchange.withUnsafeMutableBufferPointer { counts in
                // An array without elements has no address, and none is looked at.
                unsafe apic_redis_share(
                    connection,
                    counts.baseAddress.map { unsafe $0 + start },
                    end - start,
                    &clock,
                    &problem
                )
            }
            guard code == 0 else { throw Failure(reason: RedisConnection.text(problem)) }
            sharing.hear(start..<end)
            sharing.hear(clock: clock, asked: asked, heard: apic_microseconds())
            start = end
        } while start < sharing.exchange.count
    }

    private static func text(_ problem: [CChar]) -> String {
        String(decoding: problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func withOptionalCString<Result>(
        _ text: String?,
        _ body: (UnsafePointer<CChar>?) -> Result
    ) -> Result {
        guard let text else { return body(nil) }
        return unsafe text.withCString { unsafe body($0) }
    }
}
