import Foundation
import TestSupport
import Testing

/// From where one may call, where to one is sent, and what browsers are told.
@Suite("c05 plugins: ip-restriction, redirect, security-headers")
struct EdgePluginScenario {
    private static func spec(_ upstream: ScriptedUpstream, trusted: String = "[ 127.0.0.0/8 ]") -> String {
        """
        listen: { trusted-proxies: \(trusted) }
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        apis:
          shop:
            path: /shop
            upstream: up
            versions:
              v1:
                routes:
                  - match: GET /office
                    plugins: [ ip-restriction: { allow: [ 192.0.2.0/24, "2001:db8::/32" ], deny: [ 192.0.2.66 ] } ]
                  - match: GET /world
                    plugins: [ ip-restriction: { deny: [ 198.51.100.0/25, 198.51.100.200, "::1" ] } ]
                  - match: GET /limited
                    plugins: [ rate-limit: { limit: 1/hour, by: address } ]
                  - match: GET /safe
                    plugins: [ security-headers ]
                  - match: GET /tuned
                    plugins:
                      - security-headers: { x-frame-options: SAMEORIGIN, content-security-policy: off, remove: [ X-Debug ] }
                      - request-size-limit: { body: 1KB }
              v2:
                released: 2099-01-01
                plugins: [ ip-restriction: { allow: [ 192.0.2.1 ] } ]
                routes: [ GET /office ]
          old:
            path: /old
            versions:
              v1:
                routes:
                  - { match: "GET /items/{id}", plugins: [ { redirect: { to: "/shop/v1/items/{id}" } } ] }
                  - match: "ANY /docs/**"
                    plugins: [ redirect: { to: "https://docs.example.com/{**}", status: 302 } ]
                  - { match: GET /found, plugins: [ { redirect: { to: "https://x.example/?a=1", status: 303 } } ] }
                  - { match: GET /bare, plugins: [ { redirect: { to: /new, query: false } } ] }
        """
    }

    @Test("addresses are let through by blocks, the client's own behind trusted proxies")
    func addresses() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream))
        let cases: [(path: String, fields: [String], status: Int)] = [
            ("office", [], 403),
            ("office", ["X-Forwarded-For: 192.0.2.7"], 200),
            ("office", ["X-Forwarded-For: 192.0.2.0"], 200),
            ("office", ["X-Forwarded-For: 192.0.2.255:4711"], 200),
            ("office", ["X-Forwarded-For: 192.0.3.0"], 403),
            ("office", ["X-Forwarded-For: 192.0.1.255"], 403),
            ("office", ["X-Forwarded-For: 192.0.2.66"], 403),
            ("office", ["X-Forwarded-For: 2001:db8:ffff::1"], 200),
            ("office", ["X-Forwarded-For: [2001:db8::1]:80"], 200),
            ("office", ["X-Forwarded-For: 2001:db9::1"], 403),
            // What stands before the last address that is no proxy is the client's own word.
            ("office", ["X-Forwarded-For: 192.0.2.7, 203.0.113.9"], 403),
            ("office", ["X-Forwarded-For: 203.0.113.9, 192.0.2.7, 127.0.0.9"], 200),
            ("office", ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-For: 203.0.113.9"], 403),
            ("office", ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 192.0.2.7"], 200),
            ("office", ["X-Forwarded-For: 192.0.2.7, unknown"], 403),
            ("office", ["X-Forwarded-For: 192.0.2.7,"], 403),
            ("office", ["Forwarded: for=192.0.2.7;proto=https"], 200),
            ("office", ["Forwarded: proto=https; For=\"[2001:db8::7]:4711\""], 200),
            ("office", ["Forwarded: for=192.0.2.7, for=203.0.113.9"], 403),
            ("office", ["Forwarded: for=_hidden"], 403),
            ("office", ["Forwarded: for=192.0.2.7", "X-Forwarded-For: 203.0.113.9"], 403),
            ("world", [], 200),
            ("world", ["X-Forwarded-For: 198.51.100.127"], 403),
            ("world", ["X-Forwarded-For: 198.51.100.128"], 200),
            ("world", ["X-Forwarded-For: 198.51.100.200"], 403),
            ("world", ["X-Forwarded-For: ::1"], 403),
        ]
        for (path, fields, status) in cases {
            let answer = try gateway.ask("GET /shop/v1/\(path)", fields)
            #expect(answer.status == status, "\(path) \(fields)")
            guard status == 403 else { continue }
            #expect(answer.problem == "address-not-allowed")
            #expect(answer.json["refused_by"] as? String == "ip-restriction")
        }
        let refused = cases.count { $0.status == 403 }
        #expect(gateway.waits(for: "apic_refused_requests_total{reason=\"ip-restriction\"}", toBe: Double(refused)))
        // A planned version is as unknown to strangers as any other.
        let planned = try gateway.ask("GET /shop/v2/office")
        #expect(planned.withoutDate == (try gateway.ask("GET /shop/v9/office")).withoutDate)
    }

    @Test("nobody else's word on an address counts")
    func untrusted() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream, trusted: "[ 10.0.0.0/8 ]"))
        #expect(try gateway.ask("GET /shop/v1/office", ["X-Forwarded-For: 192.0.2.7"]).status == 403)
        #expect(try gateway.ask("GET /shop/v1/office", ["Forwarded: for=192.0.2.7"]).status == 403)
        #expect(try gateway.ask("GET /shop/v1/limited", ["X-Forwarded-For: 192.0.2.7"]).status == 200)
        #expect(try gateway.ask("GET /shop/v1/limited", ["X-Forwarded-For: 192.0.2.8"]).status == 429)
    }

    @Test("a limit by address counts clients behind a trusted proxy apart")
    func limits() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream))
        let statuses = try ["192.0.2.7", "192.0.2.8", "192.0.2.7", "2001:db8::1", "2001:db8:0::1"].map {
            try gateway.ask("GET /shop/v1/limited", ["X-Forwarded-For: \($0)"]).status
        }
        #expect(statuses == [200, 200, 429, 200, 429])
    }

    @Test("redirects lead where the spec says, with captures and query")
    func redirects() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream))
        let cases = [
            ("GET /old/v1/items/7", 308, "/shop/v1/items/7"),
            ("HEAD /old/v1/items/a%2Fb?x=1&y", 308, "/shop/v1/items/a%2Fb?x=1&y"),
            ("POST /old/v1/docs/a/b.html?q", 302, "https://docs.example.com/a/b.html?q"),
            ("GET /old/v1/docs", 302, "https://docs.example.com/"),
            ("GET /old/v1/docs//evil.example", 302, "https://docs.example.com/evil.example"),
            ("GET /old/v1/found?b=2", 303, "https://x.example/?a=1"),
            ("GET /old/v1/bare?b=2", 308, "/new"),
        ]
        for (line, status, location) in cases {
            let wire = try gateway.connect()
            let answer = try wire.ask(WireRequest(line, body: line.hasPrefix("POST") ? "body" : nil))
            #expect(answer.status == status, "\(line)")
            #expect(answer.values("Location") == [location], "\(line)")
            #expect(answer["Content-Length"] == "0", "\(line)")
            #expect(try wire.ask(WireRequest("GET /nothing")).status == 404, "\(line): the connection goes on")
        }
        #expect(upstream.requests.isEmpty)
    }

    @Test("browsers are told to be careful, on refusals, too")
    func security() throws {
        let own = ["Server: old/1.0", "X-Powered-By: cards", "X-Frame-Options: ALLOWALL", "X-Debug: 1"]
        let upstream = try ScriptedUpstream { try $0.answer(200, own) }
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream))
        let safe = try gateway.ask("GET /shop/v1/safe")
        #expect(safe.status == 200)
        #expect(safe.values("X-Frame-Options") == ["DENY"])
        #expect(safe.values("X-Content-Type-Options") == ["nosniff"])
        #expect(safe.values("Content-Security-Policy") == ["default-src 'none'; frame-ancestors 'none'"])
        #expect(safe.values("Referrer-Policy") == ["no-referrer"])
        #expect(safe["Server"] == nil && safe["X-Powered-By"] == nil && safe["X-Debug"] == "1")
        // Not without TLS, where anybody can say it.
        #expect(safe["Strict-Transport-Security"] == nil)
        let tuned = try gateway.ask("GET /shop/v1/tuned")
        #expect(tuned.values("X-Frame-Options") == ["SAMEORIGIN"])
        #expect(tuned["Content-Security-Policy"] == nil && tuned["X-Debug"] == nil && tuned["Server"] == "old/1.0")
        let body = String(repeating: "x", count: 2000)
        let refused = try gateway.ask(WireRequest("GET /shop/v1/tuned", body: body))
        #expect(refused.status == 413)
        #expect(refused.values("X-Frame-Options") == ["SAMEORIGIN"])
    }

    @Test("Strict-Transport-Security is said over TLS only")
    func strictTransport() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let authority = try CertificateAuthority()
        try authority.issue("edge", ["DNS:edge.example"])
        let folder = try ScratchFolder()
        try authority.copy(["edge.crt", "edge.key"], to: folder)
        let https = "listen: { http: 8000, https: { certificate: certs/edge.crt, key: certs/edge.key } }\n"
        let spec = PlainSpec.text([upstream.port], top: https, plugins: "[ security-headers ]")
        try RunningGateway.build(spec, in: folder)
        try authority.copy(["edge.key"], to: folder, as: "dist/certs")
        let gateway = try RunningGateway(folder, ["--https", "127.0.0.1:0"])
        #expect(try gateway.ask("GET /")["Strict-Transport-Security"] == nil)
        let client = SecureClient(port: gateway.securePort, authority: authority)
        let head = try client.curl("edge.example/", ["-D", "-", "-o", "/dev/null"]).output.lowercased()
        #expect(head.contains("strict-transport-security: max-age=31536000; includesubdomains\r\n"), "\(head)")
    }
}
