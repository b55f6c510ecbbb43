import Foundation
import GatewayEmitters
import GatewayIR

/// Gateways that are small but whole, and bundles of them on disk.
enum ControlFixture {
    static let day: Int64 = 86_400

    /// An API `orders` with a version per lifecycle, and a route per version that answers by itself.
    ///
    /// - Parameters:
    ///   - now: versions are planned, active, deprecated, sunset and retired at this instant.
    ///   - name: tells bundles apart.
    static func gateway(
        name: String = "fixture",
        now: Int64 = 1_800_000_000,
        targets: [Target] = [Target(host: "127.0.0.1", port: 9)],
        credentials: [Credential.Key] = [],
        accessLog: AccessLog? = nil
    ) -> Gateway {
        let lifecycles = [
            Lifecycle(released: now - 100 * day),
            Lifecycle(released: now - 100 * day, deprecated: now - 50 * day, sunset: now + 10 * day),
            Lifecycle(released: now + day),
            Lifecycle(released: now - 100 * day, deprecated: now - 50 * day, sunset: now - day, retired: now + day),
            Lifecycle(released: now - 100 * day, deprecated: now - 50 * day, sunset: now - 9 * day, retired: now - day),
        ]
        let names = ["active", "deprecated", "planned", "sunset", "zombie"]
        var gateway = Gateway(
            name: name,
            accessLog: accessLog,
            groups: [],
            consumers: [Consumer(name: "acme")],
            credentials: credentials.enumerated().map { Credential(consumer: 0, id: "key-\($0)", key: $1) },
            upstreams: [Upstream(name: "orders", targets: targets)],
            apis: [API(name: "orders", title: "Orders", owner: "a \"team\"", selector: .path, versions: 0..<5)],
            versions: zip(names, lifecycles).map { Version(api: 0, name: $0, value: $0, lifecycle: $1) },
            chains: [Chain()]
        )
        for (index, name) in names.enumerated() {
            gateway.routes.append(
                Route(
                    host: .any,
                    path: PathPattern(segments: [.literal("orders"), .literal(name)], end: .tail(name: nil)),
                    methods: .any,
                    version: index,
                    chain: 0,
                    forwarding: Forwarding(upstream: 0, path: .whole)
                )
            )
        }
        return gateway
    }

    static func table(name: String = "fixture") -> [UInt8] { TableEmitter.emit(gateway(name: name)) }
}

/// A folder that is removed with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        // What the gateway does at its start: a reader that goes away is an error, not an end.
        signal(SIGPIPE, SIG_IGN)
        path = FileManager.default.temporaryDirectory.appendingPathComponent("apic-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A path within the folder.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes beside, then renames: the way of a good deployment.
    func replace(_ name: String, with bytes: [UInt8]) throws {
        let beside = file(name) + ".new"
        try Data(bytes).write(to: URL(fileURLWithPath: beside))
        guard rename(beside, file(name)) == 0 else { throw POSIXError(.EIO) }
    }

    /// Writes into the file that is there.
    func overwrite(_ name: String, with bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    }
}

/// Waits for something to become true.
///
/// - Returns: whether it did within the time.
func eventually(withinMilliseconds limit: Int = 20_000, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = Date().addingTimeInterval(Double(limit) / 1_000)
    while try !condition() {
        if Date() > end { return false }
        usleep(2_000)
    }
    return true
}
