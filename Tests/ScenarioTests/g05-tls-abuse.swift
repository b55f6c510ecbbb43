import Foundation
import TestSupport
import Testing

/// Clients that are slow or hostile behind TLS, beside ones that are not.
@Suite("g05 TLS: abuse")
struct SecureAbuse {
    let authority: CertificateAuthority
    let upstream: ScriptedUpstream

    init() throws {
        authority = try SecureClients.authority()
        upstream = try ScriptedUpstream { turn in
            guard turn.request.target == "/long" else { return try turn.answer(200, [], "quick") }
            try turn.answer(200, [], String(repeating: "x", count: 8_000_000))
        }
    }

    private func serve(workers: Int = 1, cuttingAfter bound: String = "20s") throws -> RunningGateway {
        let timeouts = "{ head: \(bound), body: \(bound), idle: 20s, write: \(bound) }"
        return try SecureSpec.serve(authority, [upstream.port], timeouts: timeouts, workers: workers)
    }

    /// A client that sends a text over TLS and then nothing; what comes back goes to a command.
    private func client(_ gateway: RunningGateway, _ text: String, to command: String = "cat >/dev/null") throws
        -> RunningProgram
    {
        let connect = "openssl s_client -quiet -ign_eof -connect 127.0.0.1:\(gateway.securePort) 2>/dev/null"
        return try Program.timeout.start(
            ["60", "/bin/bash", "-c", "printf '%b' '\(text)' | \(connect) | \(command)"],
            in: authority.folder.url,
            environment: ["PATH": "/usr/bin:/bin"]
        )
    }

    private func servesOthers(_ gateway: RunningGateway) throws {
        let other = SecureClient(port: gateway.securePort, authority: authority)
        #expect(try other.curl("edge.example/").output == "quick")
    }

    @Test("slow heads, slow bodies and slow readers are cut, and others are served meanwhile")
    func slow() throws {
        defer { upstream.stop() }
        let gateway = try serve(cuttingAfter: "2s")
        let clients = try (0..<5).flatMap { _ in
            [
                try client(gateway, "GET / HTTP/1.1\\r\\nHost: a\\r\\nX-A: "),
                try client(gateway, "POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 9\\r\\n\\r\\nx"),
                // The pipe is never read, so that the client cannot read on either.
                try client(gateway, "GET /long HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n", to: "sleep 60"),
            ]
        }
        for kind in ["head", "body", "write"] {
            let timeouts = "apic_timeouts_total{kind=\"\(kind)\"}"
            #expect(
                gateway.program.wait(30) {
                    (try? servesOthers(gateway)) != nil && (try? gateway.metric(timeouts)) == 5
                },
                "\(kind)"
            )
        }
        #expect(gateway.waits(for: "apic_client_connections", toBe: 0))
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        for client in clients { client.stop(SIGKILL) }
    }

    @Test("a client that asks for new keys over and over, or for another handshake, harms nobody")
    func commands() throws {
        defer { upstream.stop() }
        let gateway = try serve()
        // `K` asks for new keys of both sides (TLS 1.3), `R` for another handshake (TLS 1.2).
        for (version, command) in [("-tls1_3", "K"), ("-tls1_2", "R")] {
            let outcome = try Program.timeout.run(
                ["30", "/usr/bin/openssl", "s_client", version, "-connect", "127.0.0.1:\(gateway.securePort)"],
                in: authority.folder.url,
                input: String(repeating: "\(command)\n", count: 300)
            )
            #expect(outcome.output.contains("New, TLSv1."), "\(outcome.errors)")
            try servesOthers(gateway)
        }
        #expect(gateway.waits(for: "apic_client_connections", toBe: 0))
    }

    @Test("a handshake byte by byte is one; records that are too long, empty or of no kind end the connection")
    func records() throws {
        defer { upstream.stop() }
        let gateway = try serve()
        let relay = try DrippingRelay(to: gateway.securePort, countMax: 600)
        let client = SecureClient(port: relay.port, authority: authority)
        #expect(try client.curl("edge.example/").output == "quick")
        let records: [[UInt8]] = [
            [0x16, 0x03, 0x01, 0xFF, 0xFF] + [UInt8](repeating: 1, count: 65_535),
            [0x16, 0x03, 0x01, 0x00, 0x00], [0x17, 0x03, 0x03, 0x00, 0x01, 0x00],
            [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28], [0x80, 0x2E, 0x01, 0x00, 0x02],
            [0x16, 0x03, 0x01, 0x00, 0x04, 0x01, 0xFF, 0xFF, 0xFF],
        ]
        for record in records {
            let wire = try Wire(port: gateway.securePort)
            for _ in 0..<200 where wire.trySend(record) {}
            wire.endSending()
            _ = try? wire.receiveToEnd()
            try servesOthers(gateway)
        }
        #expect(gateway.waits(for: "apic_client_connections", toBe: 0))
    }

    @Test("a PROXY header stands before the handshake, never behind it")
    func proxyProtocol() throws {
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        try authority.copy(["edge.crt", "edge.key"], to: folder)
        let https = "https: { certificate: certs/edge.crt, key: certs/edge.key }"
        let top = "listen: { http: 8000, proxy-protocol: true, timeouts: { head: 20s }, \(https) }"
        try RunningGateway.build(PlainSpec.text([upstream.port], top: top), in: folder)
        try authority.copy(["edge.key"], to: folder, as: "dist/certs")
        let gateway = try RunningGateway(folder, ["--https", "127.0.0.1:0"])

        let headers: [([UInt8], String)] = [
            (ProxyProtocol.four, "203.0.113.7"), (ProxyProtocol.six, "2001:db8::7"), (ProxyProtocol.own, "127.0.0.1"),
        ]
        for (header, peer) in headers {
            for countMax in [0, header.count + 100] {
                let relay = try DrippingRelay(to: gateway.securePort, prefix: header, countMax: countMax)
                let client = SecureClient(port: relay.port, authority: authority)
                for version in ["--http1.1", "--http2"] {
                    #expect(try client.curl("edge.example/", [version]).output == "quick", "\(peer) \(version)")
                    #expect(upstream.requests.last?["X-Forwarded-For"] == peer)
                    #expect(upstream.requests.last?["X-Forwarded-Proto"] == "https")
                }
            }
        }
        // Without one, with two, and with one that is encrypted.
        let bare = SecureClient(port: gateway.securePort, authority: authority)
        #expect(try bare.curl("edge.example/").status != 0)
        let twice = try DrippingRelay(to: gateway.securePort, prefix: ProxyProtocol.four + ProxyProtocol.four)
        #expect(try SecureClient(port: twice.port, authority: authority).curl("edge.example/").status != 0)
        let relay = try DrippingRelay(to: gateway.securePort, prefix: ProxyProtocol.four)
        let inside = try SecureClient(port: relay.port, authority: authority).shakeHands(
            sending: String(decoding: ProxyProtocol.four, as: UTF8.self) + WireRequest("GET /").text
        )
        #expect(inside.output.contains("400 Bad Request"), "\(inside.output)")
        #expect(try SecureClient(port: relay.port, authority: authority).curl("edge.example/").output == "quick")
        #expect(gateway.waits(for: "apic_client_connections", toBe: 0))
    }
}

/// Hands connections on to a port: a prefix first, then what the client sends, its first bytes one by one.
private final class DrippingRelay {
    let port: UInt16
    private let listener: Int32

    init(to server: UInt16, prefix: [UInt8] = [], countMax: Int = 0) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        port = try CuttingRelay.listen(listener)
        Thread.detachNewThread {
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0, let target = try? Wire(port: server) else { return }
                let client = Wire(accepted: descriptor)
                Thread.detachNewThread {
                    while let bytes = try? target.receive(), !bytes.isEmpty, client.trySend(bytes) {}
                    client.endSending()
                }
                Thread.detachNewThread {
                    var left = countMax
                    var bytes = prefix
                    repeat {
                        for byte in bytes.prefix(left) where target.trySend([byte]) { usleep(200) }
                        let rest = bytes.dropFirst(left)
                        left -= min(left, bytes.count)
                        guard rest.isEmpty || target.trySend(Array(rest)) else { break }
                        bytes = (try? client.receive()) ?? []
                    } while !bytes.isEmpty
                    target.endSending()
                }
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }
}
