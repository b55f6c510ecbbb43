/// What a connection's bytes pass through between its blocks and the kernel. `Worker.receive` and `Worker.transmit`
/// switch over it; everything above them is the same for all.
enum Transport: UInt8, BitwiseCopyable {
    case plain = 0
    /// TLS, by OpenSSL.
    case tls
    /// A stream of an HTTP/2 connection.
    case stream
    /// Nobody's: a copy of a request has come from it, and the answer is thrown away.
    case sink

    /// No descriptor stands behind the socket.
    @inline(__always)
    var isVirtual: Bool { rawValue >= Transport.stream.rawValue }
}
