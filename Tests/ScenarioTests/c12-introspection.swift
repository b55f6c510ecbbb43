import Foundation
import TestSupport
import Testing

/// An authorization server says what tokens are worth (RFC 7662).
@Suite("c12 plugins: oauth2-introspection")
struct IntrospectionScenario {
    /// An authorization server that knows some tokens, and answers only who proves to be its client.
    private final class AuthorizationServer: @unchecked Sendable {
        private let lock = NSLock()
        private var answers: [String: String] = [:]
        private(set) var server: ScriptedUpstream!
        static let client = "Basic " + Data("gate%3Away:s3cret%20%2B%25".utf8).base64EncodedString()

        init() throws {
            server = try ScriptedUpstream { [unowned self] turn in
                try turn.readBody()
                guard turn.request.method == "POST", turn.request["Authorization"] == Self.client,
                    turn.request["Content-Type"] == "application/x-www-form-urlencoded"
                else { return try turn.answer(401) }
                let form = URLComponents(string: "?" + turn.request.text)?.queryItems ?? []
                let token = form.first { $0.name == "token" }?.value ?? ""
                let answer = lock.withLock { answers[token] } ?? #"{"active":false}"#
                if answer == "cut" {
                    try turn.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"active\":true")
                    return turn.close()
                }
                try turn.answer(answer == "error" ? 500 : 200, ["Content-Type: application/json"], answer)
            }
        }

        func set(_ token: String, _ answer: String) { lock.withLock { answers[token] = answer } }

        var tokens: [String] { server.requests.map(\.text) }
    }

    static let environment = ["CLIENT_SECRET": "s3cret +%"]

    private static func spec(_ upstream: UInt16, _ server: UInt16, _ settings: String, http2: Bool = false) -> String {
        """
        upstreams:
          up: { targets: [ "http://127.0.0.1:\(upstream)" ] }
          issuer: { targets: [ "http://127.0.0.1:\(server)" ], http2: \(http2) }
        consumers:
          billing: { groups: [ internal ], credentials: [ { jwt: billing-app, id: billing-app } ] }
        policies:
          token:
            - oauth2-introspection:
                upstream: issuer
                path: /oauth2/introspect
                client-id: "gate:way"
                client-secret: "${env:CLIENT_SECRET}"
                headers: { X-Subject: sub, X-Scope: scope }
                \(settings)
        apis:
          shop:
            path: /shop
            upstream: up
            policy: token
            versions:
              v1:
                routes:
                  - ANY /open
                  - { match: GET /scope, plugins: [ { acl: { scopes: [ "orders:write" ] } } ] }
                  - { match: GET /limited, plugins: [ { rate-limit: { limit: 2/hour, by: consumer } } ] }
        """
    }

    private static func bearer(_ token: String) -> [String] { ["Authorization: Bearer \(token)"] }

    @Test("good tokens pass and are asked for once; what was said of them goes on, and is what acl asks for")
    func active() throws {
        let upstream = try ScriptedUpstream()
        let issuer = try AuthorizationServer()
        defer {
            upstream.stop()
            issuer.server.stop()
        }
        let far = Int(Date().timeIntervalSince1970) + 3600
        issuer.set("good", #"{"active":true,"sub":"alice","scope":"orders:read","aud":"orders","exp":\#(far)}"#)
        issuer.set("wri+te/=", #"{"active":true,"sub":"bob","scope":"orders:write","aud":["x","orders"]}"#)
        issuer.set(
            "large",
            #"{"active":true,"sub":"carol","aud":"orders","x":"\#(String(repeating: "x", count: 5_000))"}"#
        )
        let gateway = try RunningGateway(
            Self.spec(upstream.port, issuer.server.port, "audience: orders"),
            environment: Self.environment
        )
        for _ in 0..<3 {
            #expect(try gateway.ask("POST /shop/v1/open", Self.bearer("good"), body: "body").status == 200)
        }
        #expect(issuer.tokens == ["token=good&token_type_hint=access_token"])
        let question = try #require(issuer.server.requests.first)
        #expect(
            question.head.startLine == "POST /oauth2/introspect HTTP/1.1" && question["Accept"] == "application/json"
        )
        #expect(upstream.requests.allSatisfy { $0["X-Subject"] == "alice" && $0["X-Scope"] == "orders:read" })
        #expect(upstream.requests.allSatisfy { $0["Authorization"] == nil && $0.text == "body" })

        let narrow = try gateway.ask("GET /shop/v1/scope", Self.bearer("good"))
        #expect(narrow.status == 403 && narrow.problem == "claims-insufficient")
        for _ in 0..<2 { #expect(try gateway.ask("GET /shop/v1/scope", Self.bearer("wri+te/=")).status == 200) }
        #expect(issuer.tokens.last == "token=wri%2Bte%2F%3D&token_type_hint=access_token" && issuer.tokens.count == 2)
        // Counted by who the token is about.
        let statuses = try (0..<3).map { _ in try gateway.ask("GET /shop/v1/limited", Self.bearer("good")).status }
        #expect(statuses == [200, 200, 429])
        #expect(try gateway.ask("GET /shop/v1/limited", Self.bearer("wri+te/=")).status == 200)
        // An answer that is too long to keep is asked for again.
        for _ in 0..<2 { #expect(try gateway.ask("GET /shop/v1/open", Self.bearer("large")).status == 200) }
        #expect(upstream.requests.last?["X-Subject"] == "carol" && issuer.tokens.count == 4)
        #expect(try gateway.metric(#"apic_introspections_total{result="active"}"#) == 4)
        #expect(try gateway.metric(#"apic_tokens_total{result="known"}"#) == 8)
    }

    @Test("others are refused, and not asked for again for a while; the client learns no more than that")
    func refused() throws {
        let upstream = try ScriptedUpstream()
        let issuer = try AuthorizationServer()
        defer {
            upstream.stop()
            issuer.server.stop()
        }
        let past = Int(Date().timeIntervalSince1970) - 3600
        let cases: [(token: String, answer: String, reason: String)] = [
            ("unknown", #"{"active":false,"sub":"alice"}"#, "token-inactive"),
            ("expired", #"{"active":true,"client_id":"billing-app","exp":\#(past)}"#, "token-expired"),
            ("nobody", #"{"active":true,"client_id":"other-app"}"#, "token-consumer"),
            ("poor", #"{"active":true}"#, "token-consumer"),
            ("foreign", #"{"active":true,"client_id":"billing-app","iss":"https://b.example"}"#, "token-issuer"),
        ]
        for (token, answer, _) in cases {
            issuer.set(
                token,
                answer.replacingOccurrences(of: #""active":true"#, with: #""active":true,"iss":"https://a.example""#)
            )
        }
        issuer.set("foreign", cases[4].answer)
        issuer.set("good", #"{"active":true,"iss":"https://a.example","client_id":"billing-app"}"#)
        let gateway = try RunningGateway(
            Self.spec(
                upstream.port,
                issuer.server.port,
                "audience: any\n        consumer: client_id\n        issuer: https://a.example"
            ),
            environment: Self.environment
        )
        for (number, (token, _, _)) in cases.enumerated() {
            for _ in 0..<2 {
                let answer = try gateway.ask("GET /shop/v1/open", Self.bearer(token))
                #expect(answer.status == 401 && answer.problem == "authentication-required", "\(token)")
                #expect(answer["WWW-Authenticate"] == #"Bearer realm="scenario", error="invalid_token""#)
                #expect(answer.json["refused_by"] as? String == "oauth2-introspection")
            }
            #expect(issuer.tokens.count == number + 1)
        }
        let none = try gateway.ask("GET /shop/v1/open")
        #expect(none.status == 401 && none["WWW-Authenticate"] == #"Bearer realm="scenario""#)
        #expect(try gateway.ask("GET /shop/v1/open", ["Authorization: Basic eDp5"]).status == 401)
        #expect(try gateway.ask("GET /shop/v1/open", Self.bearer("a") + Self.bearer("b")).status == 401)
        #expect(issuer.tokens.count == cases.count)
        #expect(try gateway.ask("GET /shop/v1/open", Self.bearer("good")).status == 200)
        #expect(upstream.requests.count == 1 && upstream.requests[0]["X-Consumer-Username"] == "billing")
        #expect(gateway.program.wait(20) { gateway.accessLog.count == 14 })
        let reasons = gateway.accessLog.compactMap { $0["reason"] as? String }
        for (number, entry) in cases.enumerated() { #expect(reasons[2 * number] == entry.reason) }
        #expect(!gateway.program.output.contains("s3cret") && !gateway.program.errors.contains("s3cret"))
        #expect(try gateway.metric(#"apic_introspections_total{result="refused"}"#) == Double(cases.count))
    }

    @Test("a server that does not say is no yes: 503, and the next request asks again")
    func failures() throws {
        let upstream = try ScriptedUpstream()
        let issuer = try AuthorizationServer()
        defer {
            upstream.stop()
            issuer.server.stop()
        }
        let answers = [
            "error", "cut", "", "[]", "{}", #"{"active":"true"}"#, #"{"active":true,"active":true}"#,
            "{\"active\":true}}",
            "{\"active\":true,\"x\":\"" + String(repeating: "x", count: 17_000) + "\"}",
        ]
        let gateway = try RunningGateway(
            Self.spec(upstream.port, issuer.server.port, "audience: any"),
            environment: Self.environment
        )
        for answer in answers {
            issuer.set("token", answer)
            let refused = try gateway.ask("GET /shop/v1/open", Self.bearer("token"))
            #expect(refused.status == 503 && refused.problem == "introspection-unavailable", "\(answer.prefix(30))")
            #expect(refused["Retry-After"] == "1")
        }
        #expect(upstream.requests.isEmpty)
        issuer.set("token", #"{"active":true}"#)
        #expect(try gateway.ask("GET /shop/v1/open", Self.bearer("token")).status == 200)
        #expect(try gateway.metric(#"apic_introspections_total{result="failed"}"#) == Double(answers.count))
        // Another client's secret.
        let stranger = try RunningGateway(
            Self.spec(upstream.port, issuer.server.port, "audience: any"),
            environment: ["CLIENT_SECRET": "wrong"]
        )
        #expect(try stranger.ask("GET /shop/v1/open", Self.bearer("token")).status == 503)
        #expect(throws: WireError.self) {
            _ = try RunningGateway(Self.spec(upstream.port, issuer.server.port, "audience: any"))
        }
    }

    @Test("over HTTP/2, before a server that decides, and without keeping anything")
    func beside() throws {
        let upstream = try ScriptedUpstream()
        let forms = Latch<[String]>()
        let issuer = try FrameUpstream { peer in
            var seen: [String] = []
            while let request = try peer.nextRequest() {
                var body = ""
                var isOver = request.endsStream
                while !isOver, let data = try peer.frames.receive(.data) {
                    body += String(decoding: data.payload, as: UTF8.self)
                    isOver = data.endsStream
                }
                seen.append(body)
                if seen.count == 3 { forms.set(seen) }
                try peer.answer(request.stream, 200, [], #"{"active":true,"sub":"alice","scope":"a b"}"#)
            }
        }
        let gatekeeper = try ScriptedUpstream { try $0.answer(200) }
        defer {
            upstream.stop()
            issuer.stop()
            gatekeeper.stop()
        }
        let spec = Self.spec(upstream.port, issuer.port, "audience: any\n        cache: 0s", http2: true)
            .replacingOccurrences(
                of: "consumers:",
                with: "  gatekeeper: { targets: [ \"http://127.0.0.1:\(gatekeeper.port)\" ] }\nconsumers:"
            )
            .replacingOccurrences(
                of: "- ANY /open",
                with: "- { match: ANY /open, plugins: [ { forward-auth: { upstream: gatekeeper } } ] }"
            )
        let gateway = try RunningGateway(spec, environment: Self.environment)
        for _ in 0..<3 { #expect(try gateway.ask("GET /shop/v1/open", Self.bearer("t o")).status == 401) }
        for _ in 0..<3 { #expect(try gateway.ask("GET /shop/v1/open", Self.bearer("to")).status == 200) }
        #expect(forms.wait(20) == Array(repeating: "token=to&token_type_hint=access_token", count: 3))
        #expect(upstream.requests.map { $0["X-Subject"] } == ["alice", "alice", "alice"])
        #expect(upstream.requests.allSatisfy { $0["X-Scope"] == "a b" } && gatekeeper.requests.count == 3)
    }
}
