import Foundation
import TestSupport
import Testing

/// Who calls: keys in header, query and cookie, and what the upstream learns of it.
@Suite("c01 plugins: key-auth and acl")
struct KeyAuthScenario {
    static let environment = ["ACME_KEY": "acme-key", "GLOBEX_KEY": "globex key+&=%", "INITECH_KEY": "initech-key"]

    static func spec(_ upstream: ScriptedUpstream) -> String {
        """
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        consumers:
          acme:
            groups: [ partners, gold ]
            credentials: [ { key: "${env:ACME_KEY}", id: acme-2026 } ]
          globex:
            groups: [ trials ]
            credentials: [ { key: "${env:GLOBEX_KEY}" } ]
          initech: { credentials: [ { key: "${env:INITECH_KEY}" } ] }
        apis:
          shop:
            path: /shop
            upstream: up
            versions:
              v1:
                routes:
                  - { match: GET /header, plugins: [ { key-auth: { header: X-Key } } ] }
                  - { match: GET /query, plugins: [ { key-auth: { query: api_key } } ] }
                  - { match: GET /cookie, plugins: [ { key-auth: { cookie: session } } ] }
                  - { match: GET /shown/header, plugins: [ { key-auth: { header: X-Key, forward-credential: true } } ] }
                  - { match: GET /shown/query, plugins: [ { key-auth: { query: api_key, forward-credential: true } } ] }
                  - { match: GET /shown/cookie, plugins: [ { key-auth: { cookie: session, forward-credential: true } } ] }
                  - { match: GET /open }
                  - { match: GET /partners, plugins: [ key-auth, { acl: { allow: [ partners ] } } ] }
                  - { match: GET /no-trials, plugins: [ key-auth, { acl: { deny: [ trials ] } } ] }
        """
    }

    /// Line, fields, and the consumer; `nil` is 401.
    static let cases: [(String, [String], String?)] = [
        ("GET /shop/v1/header", ["X-Key: acme-key"], "acme"),
        ("GET /shop/v1/header", ["x-KEY:   acme-key  "], "acme"),
        ("GET /shop/v1/header", ["X-Key: globex key+&=%"], "globex"),
        ("GET /shop/v1/header", [], nil),
        ("GET /shop/v1/header", ["X-Key:"], nil),
        ("GET /shop/v1/header", ["X-Key: acme-key2"], nil),
        ("GET /shop/v1/header", ["X-Key: ACME-KEY"], nil),
        ("GET /shop/v1/header", ["X-Key: acme-key", "X-Key: acme-key"], nil),
        ("GET /shop/v1/header", ["X-Key: acme-key", "x-key: globex key+&=%"], nil),
        ("GET /shop/v1/header", ["apikey: acme-key"], nil),
        ("GET /shop/v1/header?api_key=acme-key", [], nil),
        ("GET /shop/v1/query?api_key=acme-key", [], "acme"),
        ("GET /shop/v1/query?api_key=globex%20key%2B%26%3D%25", [], "globex"),
        ("GET /shop/v1/query?api%5Fkey=globex+key%2b%26=%25", [], "globex"),
        ("GET /shop/v1/query?api_key=acme-key&api_key=acme-key", [], nil),
        ("GET /shop/v1/query?api_key=acme-key&a=1&%61pi_key=globex", [], nil),
        ("GET /shop/v1/query?api_key=", [], nil),
        ("GET /shop/v1/query?api_key=acme-ke%7", [], nil),
        ("GET /shop/v1/query?xapi_key=acme-key", [], nil),
        ("GET /shop/v1/query", [], nil),
        ("GET /shop/v1/cookie", ["Cookie: session=acme-key"], "acme"),
        ("GET /shop/v1/cookie", ["Cookie: a=1; session=acme-key; b=2"], "acme"),
        ("GET /shop/v1/cookie", ["Cookie: a=1", "Cookie: session=acme-key"], "acme"),
        ("GET /shop/v1/cookie", ["Cookie: session=acme-key; session=acme-key"], nil),
        ("GET /shop/v1/cookie", ["Cookie: session=acme-key", "Cookie: session=acme-key"], nil),
        ("GET /shop/v1/cookie", ["Cookie: xsession=acme-key; sessionx=acme-key"], nil),
        ("GET /shop/v1/cookie", ["Cookie: session"], nil),
        ("GET /shop/v1/cookie", [], nil),
    ]

    @Test("a valid key names the consumer, anything else is 401 and goes nowhere")
    func keys() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        for (line, fields, consumer) in Self.cases {
            upstream.forget()
            let answer = try gateway.ask(line, fields)
            let comment: Comment = "\(line) \(fields)"
            #expect(answer.status == (consumer == nil ? 401 : 200), comment)
            #expect(upstream.requests.first?["X-Consumer-Username"] == consumer, comment)
            #expect(upstream.requests.count == (consumer == nil ? 0 : 1), comment)
            if consumer == nil {
                #expect(answer["WWW-Authenticate"] == #"ApiKey realm="scenario""#, comment)
                #expect(answer.problem == "authentication-required", comment)
                #expect(answer.json["refused_by"] as? String == "key-auth", comment)
                // Whether a key exists is never said: every refusal is the same.
                #expect(answer.withoutDate == (try gateway.ask("GET /shop/v1/header").withoutDate), comment)
            }
        }
    }

    @Test("the upstream learns who calls and not by which key, and nobody else can say so")
    func identity() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        let lies = [
            "X-Consumer-Username: root", "x-consumer-groups: admins", "X-Credential-Id: 1", "X-Consumer-Username: r2",
        ]
        _ = try gateway.ask("GET /shop/v1/header", lies + ["X-Key: acme-key"])
        _ = try gateway.ask("GET /shop/v1/header", lies + ["X-Key: globex key+&=%"])
        _ = try gateway.ask("GET /shop/v1/header", lies + ["X-Key: initech-key"])
        _ = try gateway.ask("GET /shop/v1/open", lies)
        let requests = upstream.requests
        try #require(requests.count == 4)
        #expect(requests.map { $0.values("X-Consumer-Username") } == [["acme"], ["globex"], ["initech"], []])
        #expect(
            requests.map { $0.values("X-Consumer-Groups").map { $0.replacingOccurrences(of: " ", with: "") } }
                == [["gold,partners"], ["trials"], [], []]
        )
        #expect(requests.map { $0.values("X-Credential-Id") } == [["acme-2026"], ["globex-1"], ["initech-1"], []])
        #expect(requests.allSatisfy { $0["X-Key"] == nil && !$0.head.text.contains("acme-key") })
    }

    @Test("the credential is cut out of query and cookies and nothing else with it")
    func removal() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        let targets = [
            ("?api_key=acme-key", ""), ("?api_key=acme-key&b=2", "?b=2"), ("?a=1&api_key=acme-key", "?a=1"),
            ("?a=1&api_key=acme-key&b=2", "?a=1&b=2"), ("?&api_key=acme-key&", "?&"), ("?%61pi_key=acme-key&x", "?x"),
        ]
        for (sent, expected) in targets {
            upstream.forget()
            _ = try gateway.ask("GET /shop/v1/query\(sent)")
            #expect(upstream.requests.map(\.target) == ["/query\(expected)"], "\(sent)")
        }
        let cookies: [([String], [String])] = [
            (["session=acme-key"], []),
            (["session=acme-key; b=2"], ["b=2"]),
            (["a=1; session=acme-key"], ["a=1"]),
            (["a=1; session=acme-key; b=2"], ["a=1; b=2"]),
            (["a=1;session=acme-key;b=2"], ["a=1; b=2"]),
            (["a=1", "session=acme-key", "c=3"], ["a=1", "c=3"]),
            (["a=1", "b=2; session=acme-key"], ["a=1", "b=2"]),
        ]
        for (sent, expected) in cookies {
            upstream.forget()
            _ = try gateway.ask("GET /shop/v1/cookie", sent.map { "Cookie: \($0)" })
            #expect(upstream.requests.map { $0.values("Cookie") } == [expected], "\(sent)")
        }
        upstream.forget()
        _ = try gateway.ask("GET /shop/v1/shown/header", ["X-Key: acme-key"])
        _ = try gateway.ask("GET /shop/v1/shown/query?a=1&api_key=acme-key")
        _ = try gateway.ask("GET /shop/v1/shown/cookie", ["Cookie: a=1; session=acme-key"])
        #expect(upstream.requests.map { $0["X-Key"] } == ["acme-key", nil, nil])
        #expect(
            upstream.requests.map(\.target) == ["/shown/header", "/shown/query?a=1&api_key=acme-key", "/shown/cookie"]
        )
        #expect(upstream.requests.map { $0["Cookie"] } == [nil, nil, "a=1; session=acme-key"])
    }

    @Test("acl lets groups through, or all but groups")
    func acl() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        let cases = [
            ("partners", "acme-key", 200), ("partners", "globex key+&=%", 403), ("partners", "initech-key", 403),
            ("no-trials", "acme-key", 200), ("no-trials", "globex key+&=%", 403), ("no-trials", "initech-key", 200),
            ("partners", "wrong", 401),
        ]
        for (path, key, status) in cases {
            let answer = try gateway.ask("GET /shop/v1/\(path)", ["apikey: \(key)"])
            #expect(answer.status == status, "\(path) \(key)")
            if status == 403 { #expect(answer.problem == "consumer-not-allowed") }
        }
        #expect(upstream.requests.count == 3)
    }
}
