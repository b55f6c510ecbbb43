internal import Foundation
internal import Glibc
internal import Synchronization

/// An upstream to try a gateway with: it answers with what it received, on loopback only.
///
/// Plain blocking sockets, one thread for each connection: an echo has to show fields as they came, in their order and
/// with their repetitions, which HTTP libraries hide; and an upstream for demos needs no more.
final class EchoServer: Sendable {
    private static let connectionCountMax = 1024
    private static let idleSeconds = 120

    let port: UInt16
    private let listener: Int32
    private let connectionCount = Atomic<Int>(0)

    /// - Parameter port: 0 takes a free one.
    init(port: UInt16) throws(FileFailure) {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw FileFailure(cannot: "open a socket", code: errno) }
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let code: Int32 = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard bind(descriptor, generic, length) == 0, listen(descriptor, 1024) == 0,
                    getsockname(descriptor, generic, &length) == 0
                else { return errno }
                return 0
            }
        }
        guard code == 0 else {
            close(descriptor)
            throw FileFailure(cannot: "listen on 127.0.0.1:\(port)", code: code)
        }
        self.port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(listener) }

    /// Serves for good.
    func run() {
        while true {
            let socket = accept(listener, nil, nil)
            guard socket >= 0 else {
                // Out of descriptors or memory: wait for connections to end.
                if errno != EINTR && errno != ECONNABORTED { usleep(10_000) }
                continue
            }
            guard connectionCount.load(ordering: .relaxed) < Self.connectionCountMax else {
                close(socket)
                continue
            }
            connectionCount.add(1, ordering: .relaxed)
            configure(socket)
            Thread.detachNewThread { [self] in
                var connection = EchoConnection(socket: socket, server: "127.0.0.1:\(port)")
                connection.serve()
                connectionCount.subtract(1, ordering: .relaxed)
            }
        }
    }

    private func configure(_ socket: Int32) {
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var idle = timeval(tv_sec: Self.idleSeconds, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &idle, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &idle, socklen_t(MemoryLayout<timeval>.size))
    }
}
