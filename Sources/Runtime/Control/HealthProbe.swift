internal import CPlatform
internal import GatewayTable
internal import Glibc

/// `apic-gateway health`: asks a gateway on this machine whether it is ready.
package enum HealthProbe {
    private static let timeoutMilliseconds: Int64 = 3_000
    /// Where a gateway tells its status if nothing says otherwise.
    static let standard = Endpoint(host: "127.0.0.1", port: 8100)

    /// - Parameters:
    ///   - status: the gateway's status address; all addresses are asked for on loopback.
    ///   - bundle: says the status address, if `status` does not.
    /// - Returns: what the gateway said, or why it could not be asked.
    package static func run(status: Endpoint?, bundle: String?) -> (isReady: Bool, message: String) {
        var endpoint = status ?? standard
        if status == nil, let bundle {
            do throws(LoadError) {
                let table = try MappedTable.load(bundle: bundle)
                // A view does not keep its table in memory.
                endpoint = withExtendedLifetime(table) { ServingPlan.status(of: table.view) }
            } catch {
                return (false, error.message)
            }
        }
        if endpoint.host == "0.0.0.0" { endpoint.host = "127.0.0.1" }
        if endpoint.host == "::" { endpoint.host = "::1" }
        guard let answer = ask(endpoint) else { return (false, "no answer from `\(endpoint.text)`") }
        let text = String(decoding: answer, as: UTF8.self)
        let body = text.split(separator: "\r\n", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        return (text.hasPrefix("HTTP/1.1 200 "), String(body.prefix { $0 != "\n" }))
    }

    /// The whole answer to `GET /ready`, or `nil`.
    private static func ask(_ endpoint: Endpoint) -> [UInt8]? {
        guard let address = SocketAddress(literal: endpoint.host, port: endpoint.port) else { return nil }
        let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        _ = apic_set_nonblocking(descriptor)
        let end = Clock.monotonicMilliseconds + timeoutMilliseconds
        // Whether it connected shows when sending.
        _ = unsafe address.withSockaddr { unsafe connect(descriptor, $0, $1) }
        guard wait(descriptor, POLLOUT, until: end) else { return nil }
        let request = Array("GET /ready HTTP/1.1\r\nHost: \(endpoint.text)\r\nConnection: close\r\n\r\n".utf8)
        let sent = unsafe request.withUnsafeBytes {
            unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent == request.count else { return nil }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while answer.count < 65_536, wait(descriptor, POLLIN, until: end) {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count == 0 { return answer }
            guard count > 0 else { return nil }
            answer += buffer[..<count]
        }
        return nil
    }

    private static func wait(_ descriptor: Int32, _ events: Int32, until end: Int64) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let left = end - Clock.monotonicMilliseconds
        return unsafe left > 0 && poll(&entry, 1, Int32(left)) == 1
    }
}
