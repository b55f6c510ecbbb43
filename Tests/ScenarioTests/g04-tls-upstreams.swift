import Foundation
import TestSupport
import Testing

/// TLS towards upstreams: who is believed, and what a connection that is cut means.
@Suite("g04 TLS: upstreams")
struct SecureUpstreams {
    let authority: CertificateAuthority

    init() throws {
        authority = try CertificateAuthority()
        try authority.issue("server", ["DNS:server.example", "IP:127.0.0.1"])
        try authority.issue("named", ["DNS:server.example"])
        try authority.issue("late", ["IP:127.0.0.1"], days: -1)
        try authority.folder.write("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nfrom a file", to: "file")
    }

    private func serve(
        _ port: UInt16...,
        tls: String = "{ ca: certs/authority.crt }",
        retries: Int = 0
    ) throws -> RunningGateway {
        let folder = try ScratchFolder()
        try authority.copy(["authority.crt", "server.crt", "server.key"], to: folder)
        let spec = PlainSpec.text(
            port,
            upstream: "tls: \(tls), retries: \(retries), timeouts: { connect: 2s }",
            top: "listen: { http: 8000 }",
            scheme: "https"
        )
        try RunningGateway.build(spec, in: folder)
        try authority.copy(["server.key"], to: folder, as: "dist/certs")
        return try RunningGateway(folder)
    }

    private func problem(_ gateway: RunningGateway) throws -> String? { try gateway.ask("GET /file").problem }

    @Test("a server that proves who it is is asked, and its session is resumed")
    func good() throws {
        let server = try FileServer(authority, certificate: "server")
        let gateway = try serve(server.port)
        for _ in 0..<4 {
            let answer = try gateway.ask("GET /file")
            #expect(answer.status == 200 && answer.text == "from a file")
        }
        #expect(try gateway.metric(#"apic_tls_handshakes_total{side="upstream",result="full"}"#) == 1)
        #expect(try gateway.metric(#"apic_tls_handshakes_total{side="upstream",result="resumed"}"#) == 3)
    }

    @Test("a server that does not is 502, with the reason in log and metrics")
    func bad() throws {
        let good = try FileServer(authority, certificate: "server")
        let named = try FileServer(authority, certificate: "named")
        let late = try FileServer(authority, certificate: "late")
        let refused = { (reason: String) in "apic_tls_upstream_certificates_refused_total{reason=\"\(reason)\"}" }
        let cases: [(port: UInt16, tls: String, reason: String)] = [
            (good.port, "{}", "untrusted"), (named.port, "{ ca: certs/authority.crt }", "misnamed"),
            (late.port, "{ ca: certs/authority.crt }", "expired"),
            (good.port, "{ ca: certs/authority.crt, server-name: other.example }", "misnamed"),
        ]
        for (port, tls, reason) in cases {
            let gateway = try serve(port, tls: tls)
            let answer = try gateway.ask("GET /file")
            #expect(answer.status == 502 && answer.problem == "upstream-certificate-\(reason)", "\(tls)")
            #expect(try gateway.metric(refused(reason)) == 1)
            #expect(gateway.program.wait(10) { gateway.accessLog.last?["reason"] != nil })
            #expect(gateway.accessLog.last?["reason"] as? String == "upstream-certificate-\(reason)")
        }
        let byName = try serve(named.port, tls: "{ ca: certs/authority.crt, server-name: server.example }")
        #expect(try byName.ask("GET /file").text == "from a file")
        let blind = try serve(late.port, tls: "{ verify: false }")
        #expect(try blind.ask("GET /file").text == "from a file")
    }

    @Test("a certificate that was refused is not asked for again, but another target is")
    func refusedOnce() throws {
        let late = try FileServer(authority, certificate: "late")
        let alone = try serve(late.port, retries: 3)
        #expect(try problem(alone) == "upstream-certificate-expired")
        #expect(try alone.metric("apic_upstream_retries_total") == 0)
        #expect(try alone.metric(#"apic_tls_handshakes_total{side="upstream",result="failed"}"#) == 1)

        let good = try FileServer(authority, certificate: "server")
        let both = try serve(late.port, good.port, retries: 3)
        for _ in 0..<4 { #expect(try both.ask("GET /file").text == "from a file") }
        let retries = try both.metric("apic_upstream_retries_total")
        #expect(retries > 0)
        #expect(try both.metric(#"apic_tls_upstream_certificates_refused_total{reason="expired"}"#) == retries)

        // Two that are refused: each once.
        let other = try FileServer(authority, certificate: "named")
        let none = try serve(late.port, other.port, retries: 3)
        #expect(try none.ask("GET /file").status == 502)
        #expect(try none.metric("apic_upstream_retries_total") == 1)
    }

    @Test("a server that speaks no TLS, or nothing at all, fails within the time to connect")
    func foreign() throws {
        let plain = try ScriptedUpstream()
        defer { plain.stop() }
        let gateway = try serve(plain.port)
        #expect(try problem(gateway) == "upstream-timeout" || problem(gateway) == "upstream-handshake-failed")
        let silent = try SilentListener()
        let other = try serve(silent.port)
        #expect(try problem(other) == "upstream-timeout")
        #expect(try other.metric(#"apic_timeouts_total{kind="connect"}"#) == 1)
    }

    @Test("the gateway shows its certificate to a server that asks for one")
    func shown() throws {
        let asking = ["-Verify", "1", "-CAfile", "authority.crt", "-verify_return_error"]
        let server = try FileServer(authority, certificate: "server", asking)
        let without = try serve(server.port)
        #expect(try without.ask("GET /file").status == 502)
        let pair = "certificate: certs/server.crt, key: certs/server.key"
        let with = try serve(server.port, tls: "{ ca: certs/authority.crt, \(pair) }")
        #expect(try with.ask("GET /file").text == "from a file")
    }

    @Test("a body that ends with the connection is whole only if TLS says so")
    func truncated() throws {
        let body = String(repeating: "0123456789abcdef", count: 8_192)
        try authority.folder.write("HTTP/1.0 200 OK\r\n\r\n" + body, to: "large")
        let server = try FileServer(authority, certificate: "server")
        let whole = try serve(server.port)
        #expect(try whole.ask("GET /large").text == body)
        let relay = try CuttingRelay(to: server.port, after: 60_000)
        let cut = try serve(relay.port)
        let wire = try cut.connect()
        try wire.send(WireRequest("GET /large").text)
        #expect(try wire.receiveHead().startLine.contains("200"))
        // The end of a chunked body never comes; a reset does.
        #expect(throws: WireError.self) { try wire.receive(through: "0\r\n\r\n") }
        #expect(cut.waits(for: #"apic_upstream_failures_total{kind="protocol"}"#, toBe: 1))
    }

    @Test("bodies go through TLS on both sides, on kept connections")
    func chain() throws {
        let size = 16 << 20
        let upstream = try ScriptedUpstream { turn in
            guard turn.request.method == "PUT" else { return try turn.answer(200, [], "small") }
            turn.skipBody()
            let isRight = try LargeBodies.receive(size, on: turn.wire)
            try turn.wire.send("HTTP/1.1 \(isRight ? 200 : 500) x\r\nContent-Length: \(size)\r\n\r\n")
            try LargeBodies.send(size, on: turn.wire)
        }
        defer { upstream.stop() }
        let inner = try SecureSpec.serve(
            authority,
            [upstream.port],
            https: "certificate: certs/server.crt, key: certs/server.key",
            files: ["server.crt", "server.key"]
        )
        let outer = try serve(inner.securePort)
        for _ in 0..<20 { #expect(try outer.ask("GET /").text == "small") }
        #expect(try outer.metric("apic_upstream_connections_total") == 1)
        let wire = try outer.connect()
        try wire.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: \(size)\r\n\r\n")
        try LargeBodies.send(size, on: wire)
        #expect(try wire.receiveHead().startLine.contains("200"))
        #expect(try LargeBodies.receive(size, on: wire))
        #expect(outer.peakResidentBytes < LargeBodies.residentBytesMax)
    }
}

/// Takes connections and says nothing.
private final class SilentListener {
    let port: UInt16
    private let listener: Int32

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        port = try CuttingRelay.listen(listener)
    }

    deinit { close(listener) }
}

/// Passes bytes on both ways, and cuts each connection after so many from the server, without a word of TLS.
final class CuttingRelay {
    let port: UInt16
    private let listener: Int32

    init(to server: UInt16, after count: Int) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        port = try CuttingRelay.listen(listener)
        Thread.detachNewThread {
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0, let target = try? Wire(port: server) else { return }
                let client = Wire(accepted: descriptor)
                Thread.detachNewThread {
                    while let bytes = try? client.receive(), !bytes.isEmpty, target.trySend(bytes) {}
                }
                var left = count
                while left > 0, let bytes = try? target.receive(countMax: left), !bytes.isEmpty {
                    guard client.trySend(bytes) else { break }
                    left -= bytes.count
                }
                client.cut()
                target.cut()
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    static func listen(_ listener: Int32) throws -> UInt16 {
        var place = Wire.address("127.0.0.1", port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                bind(listener, place, size) | Glibc.listen(listener, 16) | getsockname(listener, place, &size)
            }
        }
        guard code == 0 else { throw WireError("cannot listen") }
        return UInt16(bigEndian: place.sin_port)
    }
}
