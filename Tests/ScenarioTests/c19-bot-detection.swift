import Foundation
import TestSupport
import Testing

/// Programs that may call, by what they say of themselves.
@Suite("c19 plugins: bot-detection")
struct BotDetectionScenario {
    @Test("programs are let through by expressions about their User-Agent")
    func agents() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            """
            upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
            apis:
              shop:
                path: /shop
                upstream: up
                versions:
                  v1:
                    routes:
                      - match: GET /deny
                        plugins:
                          - bot-detection:
                              deny: [ bot, "^curl/[0-7]\\\\.", "spider$", "(Apache-)?HttpClient/", "[^a-z]Scan" ]
                              allow: [ "Googlebot/2\\\\.1" ]
                      - { match: GET /allow, plugins: [ bot-detection: { allow: [ "^acme/", "Mozilla" ] } ] }
                      - { match: GET /named, plugins: [ bot-detection: { deny: [ x ], missing: deny } ] }
                  v2: { released: 2099-01-01, plugins: [ bot-detection: { deny: [ bot ] } ], routes: [ GET /deny ] }
            """
        )
        let cases: [(path: String, agents: [String], status: Int)] = [
            ("deny", ["Mozilla/5.0 (X11; Linux x86_64)"], 200), ("deny", [], 200), ("deny", [""], 200),
            ("deny", ["AhrefsBot/7.0"], 403), ("deny", ["bot"], 403), ("deny", ["a BOT b"], 403), ("deny", ["bo"], 200),
            ("deny", ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"], 200),
            ("deny", ["Mozilla/5.0 (compatible; Googlebot/2x1)"], 403),
            ("deny", ["curl/7.88.1"], 403), ("deny", ["CURL/7."], 403), ("deny", ["curl/8.0.0"], 200),
            ("deny", ["libcurl/7.88.1"], 200), ("deny", ["curl/7"], 200),
            ("deny", ["Baiduspider"], 403), ("deny", ["Baiduspider "], 403), ("deny", ["spider/2"], 200),
            ("deny", ["Java HttpClient/4"], 403), ("deny", ["apache-httpclient/4"], 403), ("deny", ["HttpClient"], 200),
            ("deny", ["a Scan"], 403), ("deny", ["aScan"], 200), ("deny", ["AScan"], 200),
            ("deny", ["caf\u{e9} bot"], 403), ("deny", ["caf\u{e9}"], 200),
            ("deny", ["a", "b"], 403), ("deny", ["bo", "t"], 403),
            ("deny", [String(repeating: "x", count: 8_000) + "bot"], 403),
            ("deny", [String(repeating: "bo", count: 4_000)], 200),
            ("allow", ["acme/1"], 200), ("allow", ["x acme/1"], 403), ("allow", ["Mozilla/5.0"], 200),
            ("allow", [], 403),
            ("named", ["y"], 200), ("named", ["y x"], 403), ("named", [], 403), ("named", [""], 403),
        ]
        for (path, agents, status) in cases {
            upstream.forget()
            let answer = try gateway.ask("GET /shop/v1/\(path)", agents.map { "User-Agent: \($0)" })
            let comment: Comment = "\(path) \(agents.map { $0.prefix(60) })"
            #expect(answer.status == status, comment)
            #expect(upstream.requests.count == (status == 200 ? 1 : 0), comment)
            guard status == 403 else { continue }
            #expect(answer.problem == "agent-not-allowed" && answer.json["refused_by"] as? String == "bot-detection")
        }
        let refused = Double(cases.count { $0.status == 403 })
        #expect(try gateway.metric(#"apic_refused_requests_total{reason="bot-detection"}"#) == refused)
        // Nobody learns of a version that is not released yet.
        #expect(try gateway.ask("GET /shop/v2/deny", ["User-Agent: bot"]).problem == "version-unknown")
    }
}
