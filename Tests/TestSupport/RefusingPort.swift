internal import Foundation

/// A port of loopback that refuses connections and that nobody else gets meanwhile: it is bound, but not listened on.
///
/// A port that is only free may be another test's a moment later, with a server that answers.
package final class RefusingPort {
    package let port: UInt16
    private let descriptor: Int32

    /// Holds a port until this is gone.
    ///
    /// Who sets `SO_REUSEADDR` and names the port may listen on it beside.
    ///
    /// - Parameter port: 0 takes a free one.
    package init(_ port: UInt16 = 0) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        Wire.set(descriptor, SO_REUSEADDR, Int32(1))
        var place = Wire.address("127.0.0.1", port: port)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                bind(descriptor, place, size) | getsockname(descriptor, place, &size)
            }
        }
        guard code == 0 else {
            let reason = String(cString: strerror(errno))
            Glibc.close(descriptor)
            throw WireError("cannot hold port \(port): \(reason)")
        }
        self.descriptor = descriptor
        self.port = UInt16(bigEndian: place.sin_port)
    }

    deinit { Glibc.close(descriptor) }

    /// A port that is held until the test program ends.
    package static func take() throws -> UInt16 {
        try Unmanaged.passRetained(RefusingPort()).takeUnretainedValue().port
    }
}
