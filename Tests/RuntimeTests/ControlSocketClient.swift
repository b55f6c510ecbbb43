import Glibc

@testable import GatewayRuntime

/// A client that sends exactly the bytes that it is told to.
final class SocketClient {
    let descriptor: Int32

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let address = SocketAddress(literal: "127.0.0.1", port: port)
        guard address?.withSockaddr({ connect(descriptor, $0, $1) }) == 0 else { throw ConnectionFailed(code: errno) }
    }

    struct ConnectionFailed: Error {
        var code: Int32
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Everything until the other side closes, or the time is over.
    func receiveAll(withinMilliseconds limit: Int32 = 8_000) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, limit) == 1 else { return String(decoding: bytes, as: UTF8.self) + "<open>" }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    /// The whole answer to a GET.
    static func get(_ path: String, port: UInt16) throws -> String {
        let client = try SocketClient(port: port)
        client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
        return client.receiveAll()
    }

    /// The status of the answer to a GET.
    static func status(of path: String, port: UInt16) throws -> Int {
        let client = try SocketClient(port: port)
        client.send("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return Int(client.receiveAll().dropFirst(9).prefix(3)) ?? 0
    }
}
