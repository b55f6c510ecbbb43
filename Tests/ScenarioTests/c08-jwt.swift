import Foundation
import TestSupport
import Testing

/// Signed tokens: who is let in, who is not, and what either gets to know. The tokens are signed by openssl.
@Suite("c08 plugins: jwt")
struct TokenScenario {
    private static let secret = "a secret of forty-eight bytes, which nobody has.."

    private static func spec(_ upstream: ScriptedUpstream, _ issuer: TokenIssuer) -> String {
        """
        listen: { http: 8000, limits: { head: 48KiB } }
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        consumers:
          billing: { groups: [ internal ], credentials: [ { jwt: billing-service, id: billing-token } ] }
          acme: { credentials: [ { jwt: { value: "7", issuer: "https://login.example" } }, { key: "${env:KEY}" } ] }
          old: { credentials: [ { jwt: old-service, expires: 2020-01-01 } ] }
        policies:
          token:
            - jwt:
                issuer: https://login.example
                audience: [ orders, shop ]
                keys:
                  - { public-key: "${file:\(issuer.folder.path)/rsa.pem}", algorithm: RS256, id: rsa }
                  - { public-key: "${file:\(issuer.folder.path)/rsa.pem}", algorithm: PS256, id: pss }
                  - { public-key: "${file:\(issuer.folder.path)/p256.pem}", id: p256 }
                  - { public-key: "${file:\(issuer.folder.path)/ed.pem}" }
                  - { secret: "${env:SECRET}", algorithm: HS256, id: hs }
                lifetime: 1h
                headers: { X-Subject: sub, X-Roles: realm.roles, X-Text: text }
        apis:
          shop:
            path: /shop
            upstream: up
            policy: token
            versions:
              v1:
                routes:
                  - GET /open
                  - { match: GET /scope, plugins: [ { acl: { scopes: [ "orders:read", "orders:write" ] } } ] }
                  - { match: GET /role, plugins: [ { acl: { claims: { realm.roles: [ admin, owner ] } } } ] }
                  - { match: GET /limited, plugins: [ { rate-limit: { limit: 2/hour, by: consumer } } ] }
                  - match: GET /any
                    plugins: [ key-auth, { authentication: { require: any } } ]
                  - match: GET /cookie
                    plugins:
                      - jwt: { audience: any, keys: [ { secret: "${env:SECRET}", algorithm: HS256 } ], cookie: session }
                  - match: GET /query
                    plugins:
                      - jwt: { audience: any, keys: [ { secret: "${env:SECRET}", algorithm: HS256 } ], query: token }
                  - match: GET /own
                    plugins:
                      - jwt:
                          audience: any
                          keys: [ { secret: "${env:SECRET}", algorithm: HS256 } ]
                          header: X-Token
                          forward-credential: true
                  - match: GET /consumer
                    plugins:
                      - jwt:
                          audience: any
                          keys: [ { secret: "${env:SECRET}", algorithm: HS256 } ]
                          consumer: sub
                          require: { tenant: [ red, blue ], level: 3 }
                      - acl: { deny: [ internal ] }
        """
    }

    /// An issuer with a key of each kind, and a gateway that knows them.
    private struct Stage {
        let issuer: TokenIssuer
        let upstream: ScriptedUpstream
        let gateway: RunningGateway

        init() throws {
            issuer = try TokenIssuer()
            try issuer.makeKey("rsa", .rsa)
            try issuer.makeKey("p256", .p256)
            try issuer.makeKey("ed", .ed25519)
            upstream = try ScriptedUpstream()
            gateway = try RunningGateway(
                TokenScenario.spec(upstream, issuer),
                environment: ["SECRET": TokenScenario.secret, "KEY": "k"]
            )
        }

        func status(_ path: String, _ token: String) throws -> Int {
            try gateway.ask("GET /shop/v1/\(path)", ["Authorization: Bearer \(token)"]).status
        }
    }

    private static let claims = #""iss":"https://login.example","aud":["x","orders"],"sub":"billing-service""#

    @Test("tokens of every kind of key pass, and the upstream learns what the route says")
    func passing() throws {
        let stage = try Stage()
        defer { stage.upstream.stop() }
        let extra = Self.claims + #","realm":{"roles":["admin","user"]},"text":"a\u0000b""#
        let kinds = [
            ("RS256", "rsa", "rsa"), ("PS256", "rsa", "pss"), ("ES256", "p256", "p256"), ("EdDSA", "ed", "any"),
            ("HS256", Self.secret, "hs"),
        ]
        for (algorithm, key, id) in kinds {
            let token = try stage.issuer.token(algorithm, key: key, extra, header: "\"kid\":\"\(id)\",\"typ\":\"JWT\"")
            // The second time it is known.
            for round in 0..<2 {
                stage.upstream.forget()
                let answer = try stage.gateway.ask(
                    "GET /shop/v1/open",
                    [
                        "authorization: bEARER  \(token) ", "X-Subject: root", "x-subject: root", "X-Text: root",
                        "X-Roles: root",
                    ]
                )
                #expect(answer.status == 200, "\(algorithm) \(round)")
                let request = try #require(stage.upstream.requests.first)
                #expect(request.values("X-Subject") == ["billing-service"], "\(algorithm) \(round)")
                #expect(request.values("X-Roles") == ["admin,user"])
                // What cannot stand in a field does not, and the client's own word for it neither.
                #expect(request.values("X-Text") == [])
                #expect(request["Authorization"] == nil && request["X-Consumer-Username"] == nil)
            }
        }
        let count = Double(kinds.count)
        #expect(try stage.gateway.metric(#"apic_tokens_total{result="verified"}"#) == count)
        #expect(try stage.gateway.metric(#"apic_tokens_total{result="known"}"#) == count)
    }

    @Test("whatever is changed of a token, it is refused, and its sender learns nothing more")
    func tampering() throws {
        let stage = try Stage()
        defer { stage.upstream.stop() }
        let issuer = stage.issuer
        let good = try issuer.token("RS256", key: "rsa", Self.claims, header: #""kid":"rsa""#)
        #expect(try stage.status("open", good) == 200)
        let parts = good.split(separator: ".").map(String.init)
        let pem = try #require(issuer.folder.text("rsa.pem"))
        try issuer.makeKey("stranger", .rsa)
        try issuer.makeKey("p384", .p384)
        func header(_ text: String) -> String { TokenIssuer.encoded(text) }
        let now = Int(Date().timeIntervalSince1970)
        let end = "\"exp\":\(now + 300)"
        func hmac(_ payload: String, _ head: String = #"{"alg":"HS256","kid":"hs"}"#) throws -> String {
            try issuer.sign(header: head, payload: payload, "HS256", key: Self.secret)
        }
        let whole = "{\(end),\(Self.claims)}"
        #expect(try stage.status("open", try hmac(whole)) == 200)
        let bad: [(String, String)] = [
            ("alg none", "\(header(#"{"alg":"none"}"#)).\(parts[1])."),
            ("alg none, signed", "\(header(#"{"alg":"none","kid":"rsa"}"#)).\(parts[1]).\(parts[2])"),
            ("a public key as a secret", try issuer.token("HS256", key: pem, Self.claims, header: #""kid":"rsa""#)),
            ("the same without a name", try issuer.token("HS256", key: pem, Self.claims)),
            ("another header", "\(header(#"{"alg":"PS256","kid":"rsa"}"#)).\(parts[1]).\(parts[2])"),
            ("RS of a PS key", try issuer.token("RS256", key: "rsa", Self.claims, header: #""kid":"pss""#)),
            ("RS512 of an RS256 key", try issuer.token("RS512", key: "rsa", Self.claims, header: #""kid":"rsa""#)),
            ("other claims", "\(parts[0]).\(header(#"{\#(end),"jti":"1",\#(Self.claims)}"#)).\(parts[2])"),
            ("a signature cut off", "\(parts[0]).\(parts[1]).\(parts[2].dropLast(4))"),
            ("a longer signature", good + "AAAA"), ("padding", good + "="), ("a blank", good + " x"),
            ("no signature", "\(parts[0]).\(parts[1])."), ("two parts", "\(parts[0]).\(parts[1])"),
            ("four parts", good + ".AAAA"),
            ("another signer", try issuer.token("RS256", key: "stranger", Self.claims, header: #""kid":"rsa""#)),
            ("another name", try issuer.token("RS256", key: "rsa", Self.claims, header: #""kid":"who""#)),
            ("a wrong curve", try issuer.token("ES384", key: "p384", Self.claims, header: #""kid":"p256""#)),
            ("critical", try issuer.token("RS256", key: "rsa", Self.claims, header: #""kid":"rsa","crit":["exp"]"#)),
            ("twice", try hmac("{\(end),\(Self.claims),\"sub\":\"root\"}")),
            ("twice, escaped", try hmac("{\(end),\(Self.claims),\"\\u0073ub\":\"root\"}")),
            ("no end", try hmac("{\(Self.claims)}")), ("ended", try hmac("{\"exp\":\(now - 60),\(Self.claims)}")),
            ("an end that is a text", try hmac("{\"exp\":\"\(now + 300)\",\(Self.claims)}")),
            ("an end far away", try hmac("{\"exp\":\(now + 7200),\(Self.claims)}")),
            ("an end beyond numbers", try hmac("{\"exp\":1e99,\(Self.claims)}")),
            ("not yet", try hmac("{\(end),\"nbf\":\(now + 120),\(Self.claims)}")),
            ("from the future", try hmac("{\(end),\"iat\":\(now + 120),\(Self.claims)}")),
            ("another issuer", try hmac(#"{\#(end),"iss":"https://login.example/","aud":"orders"}"#)),
            ("no issuer", try hmac(#"{\#(end),"aud":"orders"}"#)),
            ("another audience", try hmac(#"{\#(end),"iss":"https://login.example","aud":["x"]}"#)),
            ("no audience", try hmac(#"{\#(end),"iss":"https://login.example"}"#)),
            ("no JSON", try hmac("x")), ("a list", try hmac("[]")),
            ("huge", try hmac("{\(end),\(Self.claims),\"x\":\"\(String(repeating: "x", count: 16_000))\"}")),
        ]
        stage.upstream.forget()
        var bodies: Set<String> = []
        for (what, token) in bad {
            for _ in 0..<2 {
                let answer = try stage.gateway.ask("GET /shop/v1/open", ["Authorization: Bearer \(token)"])
                #expect(answer.status == 401, "\(what)")
                #expect(
                    answer.values("WWW-Authenticate") == [#"Bearer realm="scenario", error="invalid_token""#],
                    "\(what)"
                )
                bodies.insert(answer.text)
            }
        }
        #expect(bodies.count == 1 && bodies.first?.contains(#""refused_by":"jwt""#) == true)
        #expect(stage.upstream.requests.isEmpty)
        let missing = try stage.gateway.ask("GET /shop/v1/open")
        #expect(missing.status == 401 && missing.values("WWW-Authenticate") == [#"Bearer realm="scenario""#])
        for fields in [["Authorization: Bearer"], ["Authorization: Bearer \(good)", "Authorization: Bearer \(good)"]] {
            #expect(try stage.gateway.ask("GET /shop/v1/open", fields).status == 401, "\(fields.count)")
        }
        #expect(try stage.gateway.ask("GET /shop/v1/open", ["Authorization: Basic \(good)"]).status == 401)
        // The reasons are told to those who run the gateway.
        #expect(try stage.gateway.metric(#"apic_tokens_refused_total{reason="token-expired"}"#) == 2)
        #expect(try stage.gateway.metric(#"apic_tokens_refused_total{reason="token-audience"}"#) == 4)
        #expect(stage.gateway.program.wait(10) { stage.gateway.accessLog.count >= 2 * bad.count })
        let reasons = Set(stage.gateway.accessLog.compactMap { $0["reason"] as? String })
        for reason in ["token-signature", "token-algorithm", "token-critical", "token-key-unknown", "token-malformed"] {
            #expect(reasons.contains(reason), "\(reason)")
        }
        let said =
            stage.gateway.program.output + stage.gateway.program.errors + (try stage.gateway.status("/metrics").text)
        #expect(!said.contains(parts[2]) && !said.contains(Self.secret))
    }

    @Test("claims and scopes decide who may, and the others learn that more is needed")
    func claims() throws {
        let stage = try Stage()
        defer { stage.upstream.stop() }
        func token(_ extra: String) throws -> String {
            try stage.issuer.token("HS256", key: Self.secret, Self.claims + extra, header: #""kid":"hs""#)
        }
        let cases: [(String, String, Int)] = [
            ("scope", #","scope":"a orders:write b orders:read""#, 200), ("scope", #","scope":"orders:read""#, 403),
            ("scope", #","scp":["orders:read","orders:write"]"#, 200), ("scope", #","scope":["orders:read"]"#, 403),
            ("scope", #","scope":"orders:readorders:write orders:read""#, 403), ("scope", "", 403),
            ("role", #","realm":{"roles":["user","owner"]}"#, 200), ("role", #","realm":{"roles":"admin"}"#, 200),
            ("role", #","realm.roles":"admin","realm":{"roles":"user"}"#, 200), ("role", #","realm":["admin"]"#, 403),
            ("role", #","realm":{"roles":["user"]}"#, 403), ("role", #","realm":{"roles":[["admin"]]}"#, 403),
        ]
        for (path, extra, status) in cases {
            let token = try token(extra)
            // Known tokens are asked, too.
            for _ in 0..<2 { #expect(try stage.status(path, token) == status, "\(path) \(extra)") }
        }
        let answer = try stage.gateway.ask("GET /shop/v1/scope", ["Authorization: Bearer \(try token(""))"])
        #expect(answer.values("WWW-Authenticate") == [#"Bearer realm="scenario", error="insufficient_scope""#])
        #expect(answer.problem == "claims-insufficient" && answer.json["refused_by"] as? String == "acl")
    }

    @Test("limits by consumer count by subject where nobody is a consumer")
    func limits() throws {
        let stage = try Stage()
        defer { stage.upstream.stop() }
        func token(_ subject: String, _ id: Int) throws -> String {
            let claims = #""iss":"https://login.example","aud":"shop","sub":"\#(subject)","jti":"\#(id)""#
            return try stage.issuer.token("HS256", key: Self.secret, claims, header: #""kid":"hs""#)
        }
        for subject in ["ann", "ben"] {
            let statuses = try (0..<3).map { try stage.status("limited", try token(subject, $0)) }
            #expect(statuses == [200, 200, 429], "\(subject)")
        }
    }

    @Test("a claim names the consumer, in tokens of the right issuer, and only while its credential holds")
    func consumers() throws {
        let stage = try Stage()
        defer { stage.upstream.stop() }
        func token(_ claims: String) throws -> String {
            try stage.issuer.token("HS256", key: Self.secret, claims)
        }
        let needed = #","tenant":"blue","level":3"#
        let cases: [(String, Int)] = [
            (#""sub":"7","iss":"https://login.example""# + needed, 200),
            (#""sub":7,"iss":"https://login.example""# + needed, 200),
            (#""sub":"7","iss":"https://other.example""# + needed, 401), (#""sub":"7""# + needed, 401),
            (#""sub":"billing-service""# + needed, 403), (#""sub":"old-service""# + needed, 401),
            (#""sub":"nobody""# + needed, 401), (#""sub":["7"]"# + needed, 401), (String(needed.dropFirst()), 401),
            (#""sub":"7","iss":"https://login.example","tenant":"green","level":3"#, 401),
            (#""sub":"7","iss":"https://login.example","tenant":"red","level":"3""#, 200),
            (#""sub":"7","iss":"https://login.example","tenant":"red""#, 401),
        ]
        for (claims, status) in cases {
            stage.upstream.forget()
            let answer = try stage.gateway.ask("GET /shop/v1/consumer", ["Authorization: Bearer \(try token(claims))"])
            #expect(answer.status == status, "\(claims)")
            guard status == 200 else { continue }
            #expect(stage.upstream.requests.first?["X-Consumer-Username"] == "acme")
            #expect(stage.upstream.requests.first?["X-Credential-Id"] == "acme-1")
        }
    }

    @Test("a token comes from the place that the route says, and is taken out of it")
    func places() throws {
        let stage = try Stage()
        defer { stage.upstream.stop() }
        let token = try stage.issuer.token("HS256", key: Self.secret)
        func ask(_ path: String, _ fields: [String] = []) throws -> (Int, ReceivedRequest?) {
            stage.upstream.forget()
            return (try stage.gateway.ask("GET /shop/v1/\(path)", fields).status, stage.upstream.requests.first)
        }
        let cookie = try ask("cookie", ["Cookie: a=b; session=\(token); c=d"])
        #expect(cookie.0 == 200 && cookie.1?["Cookie"] == "a=b; c=d")
        let query = try ask("query?a=b&token=\(token)&c=d")
        #expect(query.0 == 200 && query.1?.target == "/query?a=b&c=d")
        let own = try ask("own", ["X-Token: \(token)"])
        #expect(own.0 == 200 && own.1?["X-Token"] == token)
        #expect(try ask("own", ["X-Token: Bearer \(token)"]).0 == 200)
        for (path, fields) in [
            ("cookie", ["Authorization: Bearer \(token)"]), ("query", ["Authorization: Bearer \(token)"]),
            ("own", ["Authorization: Bearer \(token)"]), ("query?token=\(token)&token=\(token)", []),
            ("cookie", ["Cookie: session=\(token); session=\(token)"]),
            ("own", ["X-Token: \(token)", "X-Token: \(token)"]),
            ("query?token=", []), ("cookie", ["Cookie: session="]), ("own", ["X-Token:"]),
        ] {
            #expect(try ask(path, fields).0 == 401, "\(path.prefix(20)) \(fields.count)")
        }
    }

    @Test("a key or a token is enough where either is; a wrong one never is, and claims are not the client's to send")
    func either() throws {
        let stage = try Stage()
        defer { stage.upstream.stop() }
        let token = "Authorization: Bearer \(try stage.issuer.token("EdDSA", key: "ed", Self.claims))"
        let spoofed = ["X-Subject: root", "X-Roles: admin"]
        #expect(try stage.gateway.ask("GET /shop/v1/any", ["apikey: k"] + spoofed).status == 200)
        #expect(try stage.gateway.ask("GET /shop/v1/any", [token] + spoofed).status == 200)
        #expect(try stage.gateway.ask("GET /shop/v1/any", [token, "apikey: wrong"]).status == 401)
        #expect(try stage.gateway.ask("GET /shop/v1/any", [token + "x", "apikey: k"]).status == 401)
        #expect(try stage.gateway.ask("GET /shop/v1/any").status == 401)
        let requests = stage.upstream.requests
        try #require(requests.count == 2)
        #expect(requests[0]["X-Consumer-Username"] == "acme" && requests[0]["X-Subject"] == nil)
        #expect(requests[0]["X-Roles"] == nil && requests[1]["X-Roles"] == nil)
        #expect(requests[1]["X-Consumer-Username"] == nil && requests[1]["X-Subject"] == "billing-service")
    }

    @Test("claims are not the client's to send in trailers, either")
    func trailers() throws {
        let stage = try Stage()
        defer { stage.upstream.stop() }
        let echo = try TrailerFields.upstream()
        defer { echo.stop() }
        let spec = """
            upstreams: { up: { targets: [ "http://127.0.0.1:\(echo.port)" ] } }
            apis:
              shop:
                path: /shop
                upstream: up
                plugins:
                  - jwt:
                      audience: any
                      keys: [ { secret: "${env:SECRET}", algorithm: HS256 } ]
                      headers: { X-Subject: sub }
                versions: { v1: { routes: [ "POST /" ] } }
            """
        let gateway = try RunningGateway(spec, environment: ["SECRET": Self.secret])
        let token = try stage.issuer.token("HS256", key: Self.secret)
        let wire = try gateway.connect()
        try wire.send(
            "POST /shop/v1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nAuthorization: Bearer \(token)\r\n\r\n"
                + TrailerFields.chunked("hello", "X-One: 1\r\nx-subject: root\r\n")
        )
        let answer = try wire.receiveAnswer()
        #expect(answer.status == 200 && answer["X-Got"] == "X-One: 1")
    }

    @Test("over HTTP/2 it is the same")
    func streams() throws {
        let stage = try Stage()
        defer { stage.upstream.stop() }
        let token = try stage.issuer.token("RS256", key: "rsa", Self.claims, header: #""kid":"rsa""#)
        for (token, status) in [(token, "200"), (token + "x", "401"), (token, "200")] {
            let outcome = try Program.timeout.run(
                [
                    "30", "/usr/bin/curl", "-s", "--http2-prior-knowledge", "-o", "/dev/null", "-w", "%{http_code}",
                    "-H", "Authorization: Bearer \(token)", "http://127.0.0.1:\(stage.gateway.port)/shop/v1/open",
                ],
                in: stage.issuer.folder.url
            )
            #expect(outcome.output == status)
        }
        #expect(stage.upstream.requests.map { $0["X-Subject"] } == ["billing-service", "billing-service"])
    }

    @Test("keys that protect nothing, are private, or are not there are named, and nothing is served")
    func unusableKeys() throws {
        let issuer = try TokenIssuer()
        try issuer.makeKey("weak", .smallRSA)
        try issuer.makeKey("p256", .p256)
        let path = issuer.folder.path
        let cases: [(String, String)] = [
            ("public-key: \"${file:\(path)/weak.pem}\", algorithm: RS256", "too weak"),
            ("public-key: \"${file:\(path)/p256.pem}\", algorithm: RS256", "no key for the algorithm"),
            ("public-key: \"${file:\(path)/p256.key}\"", "private key"),
            ("public-key: \"${file:\(path)/nothing.pem}\"", "nothing.pem"),
            ("secret: \"${env:SHORT}\", algorithm: HS256", "32 are the least"),
            ("secret: \"${env:SHORT}\", algorithm: HS512", "64 are the least"),
            ("secret: \"${env:NOTHING}\", algorithm: HS256", "`NOTHING`"),
        ]
        for (key, message) in cases {
            let folder = try ScratchFolder()
            let spec = """
                apis:
                  shop:
                    path: /shop
                    plugins: [ jwt: { audience: any, keys: [ { \(key) } ] }, respond: { body: x } ]
                    versions: { v1: { routes: [ "GET /" ] } }
                """
            try RunningGateway.build(spec, in: folder)
            let outcome = try Program.gateway.run(
                ["dist", "--http", "127.0.0.1:0", "--status", "127.0.0.1:0"],
                in: folder.url,
                environment: ["SHORT": "thirty bytes are not enough..."]
            )
            #expect(outcome.status == 1 && outcome.errors.contains(message), "\(key): \(outcome.errors)")
            #expect(!outcome.errors.contains("thirty bytes"))
        }
    }

    @Test("a token is checked again when it ends, and a changed key file takes effect by itself")
    func changes() throws {
        let stage = try Stage()
        defer { stage.upstream.stop() }
        // With 30 s of skew it still holds for two seconds or so.
        let short = try stage.issuer.token("EdDSA", key: "ed", Self.claims, expires: -28)
        #expect(try stage.status("open", short) == 200)
        #expect(stage.gateway.program.wait(20) { (try? stage.status("open", short)) == 401 })
        let old = try stage.issuer.token("EdDSA", key: "ed", Self.claims)
        #expect(try stage.status("open", old) == 200)
        try stage.issuer.makeKey("ed", .ed25519)
        let new = try stage.issuer.token("EdDSA", key: "ed", Self.claims)
        stage.gateway.signal(SIGHUP)
        #expect(stage.gateway.program.wait(20) { (try? stage.status("open", new)) == 200 })
        #expect(try stage.status("open", old) == 401)
    }
}
