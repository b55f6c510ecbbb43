import Foundation

/// A port of loopback that nobody listened on a moment ago, and that the system gives to nobody by itself.
package enum FreePort {
    package static func take() throws -> UInt16 {
        for _ in 0..<200 {
            // Below those that connections get.
            let port = UInt16.random(in: 10_000..<32_000)
            if isFree(port) { return port }
        }
        throw WireError("no port is free")
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
