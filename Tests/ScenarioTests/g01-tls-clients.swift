import Foundation
import TestSupport
import Testing

/// TLS towards clients, by the clients that people use.
@Suite("g01 TLS: clients")
struct SecureClients {
    static func authority() throws -> CertificateAuthority {
        let authority = try CertificateAuthority()
        try authority.issue("edge", ["DNS:edge.example"])
        return authority
    }

    @Test("a certificate is chosen by the name asked for: exact, then wildcard, else the first")
    func names() throws {
        let authority = try CertificateAuthority()
        try authority.issue("edge", ["DNS:edge.example", "DNS:*.shop.example"])
        try authority.issue("www", ["DNS:WWW.shop.example"])
        try authority.issue("late", ["DNS:edge.example", "DNS:*.late.example"])
        let pair = { (name: String) in "{ certificate: certs/\(name).crt, key: certs/\(name).key }" }
        let names = ["edge", "www", "late"]
        let gateway = try SecureSpec.serve(
            authority,
            [9],
            https: "certificates: [ \(names.map(pair).joined(separator: ", ")) ]",
            files: names.flatMap { ["\($0).crt", "\($0).key"] }
        )
        let client = SecureClient(port: gateway.securePort, authority: authority)
        let expected = [
            "edge.example": "edge", "www.shop.example": "www", "Www.Shop.Example": "www", "a.shop.example": "edge",
            "a.b.shop.example": "edge", "x.late.example": "late", "late.example": "edge", "unknown.example": "edge",
        ]
        for (name, certificate) in expected {
            let outcome = try client.shakeHands(["-servername", name])
            #expect(outcome.output.contains("subject=CN = \(certificate)\n"), "\(name): \(outcome.output)")
        }
        #expect(try client.shakeHands(["-noservername"]).output.contains("subject=CN = edge\n"))
    }

    @Test("TLS 1.2 and 1.3 are spoken with forward secrecy, nothing older or weaker, and 1.3 alone if asked for")
    func versions() throws {
        let authority = try Self.authority()
        let gateway = try SecureSpec.serve(authority, [9])
        let client = SecureClient(port: gateway.securePort, authority: authority)
        #expect(try client.shakeHands(["-tls1_3"]).output.contains("New, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256"))
        let old = try client.shakeHands(["-tls1_2"]).output
        #expect(old.contains("New, TLSv1.2, Cipher is ECDHE-ECDSA-AES128-GCM-SHA256"))
        #expect(old.contains("Secure Renegotiation IS supported") && old.contains("Compression: NONE"))
        for refused in [["-tls1_1"], ["-tls1"], ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"]] {
            let outcome = try client.shakeHands(
                refused + ["-cipher", refused.last == "-tls1_2" ? "ALL" : refused.last ?? ""]
            )
            #expect(outcome.status != 0, "\(refused)")
        }
        let strict = try SecureSpec.serve(
            authority,
            [9],
            https: "certificate: certs/edge.crt, key: certs/edge.key, min-version: 1.3"
        )
        let other = SecureClient(port: strict.securePort, authority: authority)
        #expect(try other.shakeHands(["-tls1_3"]).status == 0)
        #expect(try other.shakeHands(["-tls1_2"]).status != 0)
    }

    @Test("the protocol is agreed on, or the handshake ends")
    func protocols() throws {
        let authority = try Self.authority()
        let gateway = try SecureSpec.serve(authority, [9])
        let client = SecureClient(port: gateway.securePort, authority: authority)
        #expect(try client.shakeHands(["-alpn", "spdy/1,http/1.1"]).output.contains("ALPN protocol: http/1.1"))
        #expect(try client.shakeHands([]).output.contains("No ALPN negotiated"))
        let foreign = try client.shakeHands(["-alpn", "acme"])
        #expect(foreign.status != 0 && foreign.errors.contains("no application protocol"))
        #expect(gateway.waits(for: #"apic_tls_handshakes_total{side="client",result="failed"}"#, toBe: 1))
    }

    @Test("a session is resumed by its ticket, with any worker, in both versions", arguments: ["-tls1_2", "-tls1_3"])
    func resumption(_ version: String) throws {
        let authority = try Self.authority()
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try SecureSpec.serve(authority, [upstream.port], workers: 3)
        let client = SecureClient(port: gateway.securePort, authority: authority)
        let request = "GET / HTTP/1.1\r\nHost: edge.example\r\nConnection: close\r\n\r\n"
        let name = ["-servername", "edge.example", version]
        let first = try client.shakeHands(name + ["-sess_out", "session.pem"], sending: request)
        #expect(first.output.contains("New, TLSv") && first.output.contains("upstream"))
        for _ in 0..<8 {
            let outcome = try client.shakeHands(name + ["-sess_in", "session.pem"], sending: request)
            #expect(outcome.output.contains("Reused, TLSv") && outcome.output.contains("upstream"), "\(outcome.output)")
        }
        #expect(gateway.waits(for: #"apic_tls_handshakes_total{side="client",result="resumed"}"#, toBe: 8))
        #expect(gateway.waits(for: #"apic_tls_handshakes_total{side="client",result="full"}"#, toBe: 1))
    }

    @Test("upstreams learn that the request came over TLS")
    func forwarded() throws {
        let authority = try Self.authority()
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try SecureSpec.serve(authority, [upstream.port])
        let client = SecureClient(port: gateway.securePort, authority: authority)
        let answer = try client.curl("edge.example/a", ["-H", "X-Forwarded-Proto: http"])
        #expect(answer.output == "upstream", "\(answer.errors)")
        let request = try #require(upstream.requests.first)
        #expect(request.values("X-Forwarded-Proto") == ["https"])
        #expect(request["Forwarded"] == #"for=127.0.0.1;proto=https;host="edge.example""#)
        _ = try gateway.ask("GET /plain")
        #expect(upstream.requests.last?.values("X-Forwarded-Proto") == ["http"])
    }

    @Test("HTTP without TLS is told so, whatever its method; other bytes end the connection")
    func plain() throws {
        let authority = try Self.authority()
        let gateway = try SecureSpec.serve(authority, [9])
        for method in ["GET", "POST", "DELETE", "QUERY", "CONNECT"] {
            let answer = try Wire(port: gateway.securePort).ask(WireRequest("\(method) /", body: "x"))
            #expect(answer.status == 400 && answer.problem == "tls-required", "\(method)")
        }
        let wire = try Wire(port: gateway.securePort)
        try wire.send([0x00, 0x01, 0x02, 0x03, 0xFF, 0x00, 0x00, 0x00])
        #expect(try wire.receiveToEnd().count < 64)
        let half = try Wire(port: gateway.securePort)
        try half.send([0x16, 0x03, 0x01])
        half.endSending()
        #expect(try half.receiveToEnd().count < 64)
    }

    @Test("a handshake that takes too long is cut off, and others are served meanwhile")
    func slow() throws {
        let authority = try Self.authority()
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try SecureSpec.serve(authority, [upstream.port], timeouts: "{ head: 3s }")
        let client = SecureClient(port: gateway.securePort, authority: authority)
        let slow = try (0..<20).map { _ in try Wire(port: gateway.securePort) }
        for wire in slow { try wire.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]) }
        #expect(try client.curl("edge.example/").output == "upstream")
        for wire in slow { #expect(wire.isClosed(within: 20)) }
        #expect(gateway.waits(for: #"apic_timeouts_total{kind="handshake"}"#, toBe: 20))
    }

    @Test("large bodies come whole, both ways")
    func bodies() throws {
        let authority = try Self.authority()
        let size = 48 << 20
        let upstream = try ScriptedUpstream { turn in
            if turn.request.method == "PUT" {
                turn.skipBody()
                let isRight = try LargeBodies.receive(size, on: turn.wire)
                try turn.answer(200, [], isRight ? "right" : "wrong")
            } else {
                try turn.wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
                try LargeBodies.send(size, on: turn.wire)
            }
        }
        defer { upstream.stop() }
        let gateway = try SecureSpec.serve(authority, [upstream.port])
        let client = SecureClient(port: gateway.securePort, authority: authority)
        let whole = (0..<size / LargeBodies.block.count + 1).reduce(into: Data()) { data, _ in data += LargeBodies.block
        }
        let file = authority.folder.url.appendingPathComponent("body")
        try whole.prefix(size).write(to: file)
        let up = try client.curl("edge.example/", ["-T", "body", "-H", "Expect:"])
        #expect(up.output == "right", "\(up.errors)")
        let down = try client.curl("edge.example/", ["-o", "answer"])
        #expect(down.status == 0, "\(down.errors)")
        #expect(try Data(contentsOf: authority.folder.url.appendingPathComponent("answer")) == Data(contentsOf: file))
        #expect(gateway.peakResidentBytes < LargeBodies.residentBytesMax)
    }
}
