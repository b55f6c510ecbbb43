internal import CTLS
internal import Digests
internal import GatewayTable
internal import Glibc

/// Where a bundle's Redis server is, and by which password, in memory that is overwritten when nobody needs it any
/// more.
///
/// Unsafe operations hold because the memory is `passwordCount` bytes and a zero, and lives as long as the object.
@safe
final class RedisAccess: @unchecked Sendable {
    let host: String
    let port: UInt16
    let database: UInt32
    let username: String?
    let interval: Int64
    private let password: UnsafeMutablePointer<CChar>?
    private let passwordCount: Int
    /// Of all of it.
    private let digest: Digest256

    private init(_ record: RedisRecord, in view: TableView, password bytes: [UInt8]?) {
        host = view.string(record.host)
        port = UInt16(truncatingIfNeeded: record.port)
        database = record.database
        interval = Int64(record.interval)
        username = record.username.count == 0 ? nil : view.string(record.username)
        passwordCount = bytes?.count ?? 0
        unsafe password = bytes.map { bytes in
            let memory = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
            for (index, byte) in bytes.enumerated() {
                unsafe (memory + index).initialize(to: CChar(bitPattern: byte))
            }
            unsafe (memory + bytes.count).initialize(to: 0)
            return unsafe memory
        }
        var hash = SHA256()
        hash.update(Array("\(host) \(port) \(database) \(interval) \(username ?? "") ".utf8))
        hash.update(bytes ?? [])
        digest = hash.finish()
    }

    deinit {
        guard let password = unsafe password else { return }
        unsafe apic_tls_wipe(password, passwordCount)
        unsafe password.deallocate()
    }

    /// `host:port`, for people.
    var address: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether it is the same server, for the same user.
    func isSame(as other: RedisAccess?) -> Bool {
        guard let other else { return false }
        return digest == other.digest
    }

    /// - Parameter body: gets the password, zero-terminated; `nil` without one.
    func withPassword<Result>(_ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        unsafe body(password.map { unsafe UnsafePointer($0) })
    }

    /// What a table says, with its secret read; `nil` if its nodes count by themselves.
    ///
    /// - Parameters:
    ///   - folder: of the bundle, with a slash: relative paths are relative to it.
    ///   - files: gets those that were read.
    ///   - digest: gets what they hold.
    static func load(
        _ view: TableView,
        folder: String,
        files: inout [Security.WatchedFile],
        digest: inout SHA256
    ) throws(LoadError) -> RedisAccess? {
        guard view.redis.count > 0 else { return nil }
        let record = view.redis[0]
        guard record.secret.count > 0 else { return RedisAccess(record, in: view, password: nil) }
        let place = view.string(record.secret)
        let secret: [UInt8]
        if record.secretKind == UInt32(CredentialKind.file.rawValue) {
            let path = place.hasPrefix("/") ? place : folder + place
            files.append(Security.WatchedFile(path: path, identity: BundleWatch.Identity(path: path)))
            secret = try Secrets.file(path, consumer: "redis")
        } else {
            secret = try Secrets.environment(place, consumer: "redis")
        }
        digest.update(secret)
        return RedisAccess(record, in: view, password: secret)
    }
}
