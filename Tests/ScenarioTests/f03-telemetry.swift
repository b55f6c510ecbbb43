import Foundation
import TestSupport
import Testing

/// What a gateway says of its traffic: log lines, metrics, status pages. Never a query, never a secret.
@Suite("f03 control: telemetry")
struct Telemetry {
    static let key = "a-secret-key-that-nobody-may-see"

    static func spec(_ upstream: ScriptedUpstream, log: String = "stdout") -> String {
        """
        access-log: \(log)
        upstreams:
          up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] }
          dead: { targets: [ "http://127.0.0.1:1" ], retries: 0 }
        consumers: { acme: { groups: [ partners ], credentials: [ { key: "${env:ACME_KEY}" } ] } }
        apis:
          shop:
            path: /shop
            upstream: up
            versions:
              v1:
                plugins: [ request-id ]
                routes:
                  - GET /items/{id}
                  - POST /items
                  - { match: GET /locked, plugins: [ key-auth ] }
                  - { match: GET /query, plugins: [ { key-auth: { query: key } } ] }
                  - { match: GET /limited, plugins: [ { rate-limit: { limit: 1/day, by: address } } ] }
                  - { match: GET /dead, upstream: dead }
        """
    }

    static let environment = ["ACME_KEY": key]

    @Test("a line per request with what happened, and nothing that is nobody's business")
    func accessLog() throws {
        let upstream = try ScriptedUpstream { turn in try turn.answer(201, [], "four") }
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        let wire = try gateway.connect()
        let requests = [
            WireRequest("GET /shop/v1//items/./42?token=hidden-query"),
            WireRequest("POST /shop/v1/items", ["Authorization: Bearer hidden-token"], body: "hello"),
            WireRequest("GET /shop/v1/locked", ["apikey: \(Self.key)", "Cookie: hidden-cookie=1"]),
            WireRequest("GET /shop/v1/query?key=\(Self.key)"),
            WireRequest("GET /shop/v1/locked", ["apikey: hidden-wrong-key"]),
            WireRequest("GET /shop/v1/limited"), WireRequest("GET /shop/v1/limited"),
            WireRequest("GET /shop/v1/dead"), WireRequest("DELETE /shop/v1/items/7"),
            WireRequest("GET /nowhere?x=hidden"),
            WireRequest("GET /a\"b\u{7f}"),
        ]
        for request in requests { _ = try wire.ask(request) }
        #expect(gateway.program.wait(20) { gateway.accessLog.count == requests.count })
        let lines = gateway.accessLog
        try #require(lines.count == requests.count)
        func values(_ name: String) -> [String] { lines.map { $0[name].map { "\($0)" } ?? "-" } }
        #expect(values("status") == ["201", "201", "201", "201", "401", "201", "429", "503", "405", "404", "400"])
        #expect(values("method").prefix(3) == ["GET", "POST", "GET"])
        #expect(values("path").prefix(2) == ["/shop/v1/items/42", "/shop/v1/items"])
        #expect(values("route")[0] == "/shop/v1/items/{id}")
        #expect(values("api").prefix(9).allSatisfy { $0 == "shop" })
        #expect(values("version").prefix(9).allSatisfy { $0 == "v1" })
        #expect(values("consumer") == ["-", "-", "acme", "acme", "-", "-", "-", "-", "-", "-", "-"])
        #expect(values("upstream")[0] == "127.0.0.1:\(upstream.port)")
        #expect(values("bytes_in")[1] == "5")
        #expect(values("bytes_out")[0] == "4")
        #expect(
            values("refused_by")[4...] == ["key-auth", "-", "rate-limit", "upstream", "router", "router", "gateway"]
        )
        #expect(values("reason")[6] == "rate-limit-exceeded")
        #expect(values("client").allSatisfy { $0 == "127.0.0.1" })
        #expect(values("request_id")[0] == upstream.requests[0]["X-Request-Id"])
        for (line, hasUpstream) in zip(lines, [true, true, true, true, false, true, false]) {
            let duration = try #require(line["duration"] as? Double)
            // The clock is read once per turn of the loop: what the gateway answers itself may take no time.
            #expect(duration >= 0 && duration < 20)
            if hasUpstream { #expect(duration > 0) }
            #expect((line["upstream_duration"] != nil) == hasUpstream)
            #expect((line["time"] as? String)?.hasSuffix("Z") == true)
        }
        let said = gateway.program.output + gateway.program.errors + (try gateway.status("/metrics").text)
        #expect(!said.contains("hidden") && !said.contains(Self.key))
        #expect(!gateway.program.output.contains("?"))
    }

    @Test("behind a proxy that is believed, the log has the client that it names; of others no word is taken")
    func clientsBehindProxies() throws {
        let upstream = try ScriptedUpstream { turn in try turn.answer(200, [], "") }
        defer { upstream.stop() }
        func logged(trusting network: String) throws -> [String] {
            let listen = "listen: { trusted-proxies: [ \(network), 10.0.0.0/8 ] }\n"
            let gateway = try RunningGateway(listen + Self.spec(upstream), environment: Self.environment)
            let wire = try gateway.connect()
            let forwarded = [
                "X-Forwarded-For: 203.0.113.9, 192.0.2.7, 10.1.1.1", "Forwarded: for=\"[2001:db8::7]:4711\"",
                "X-Forwarded-For: unknown",
            ]
            for field in forwarded { _ = try wire.ask(WireRequest("GET /shop/v1/items/1", [field])) }
            // One that the gateway answers itself, and one without a word of anybody.
            _ = try wire.ask(WireRequest("GET /nowhere", [forwarded[0]]))
            _ = try wire.ask(WireRequest("GET /shop/v1/items/1"))
            _ = gateway.program.wait(20) { gateway.accessLog.count == 5 }
            let lines = gateway.accessLog
            #expect(lines.allSatisfy { $0["route"] as? String ?? "-" != "" })
            #expect(lines.first?["route"] as? String == "/shop/v1/items/{id}")
            return lines.map { "\($0["client"] ?? "-")" }
        }
        let proxied = ["192.0.2.7", "2001:db8::7", "127.0.0.1", "192.0.2.7", "127.0.0.1"]
        #expect(try logged(trusting: "127.0.0.0/8") == proxied)
        #expect(try logged(trusting: "127.0.0.2/32") == [String](repeating: "127.0.0.1", count: 5))
    }

    @Test("SIGUSR1 opens the log anew, so that it can be moved away; no line is lost")
    func reopen() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        let path = folder.path + "/access.log"
        let spec = Self.spec(upstream, log: "{ path: \(path), fields: [ path, status ] }")
        try RunningGateway.build(spec, in: folder)
        let gateway = try RunningGateway(folder, environment: Self.environment, workers: 2)
        func ask(_ count: Int) throws {
            for _ in 0..<count { #expect(try gateway.ask("GET /shop/v1/items/1").status == 200) }
        }
        func lines(_ name: String) -> Int { folder.text(name)?.split(separator: "\n").count ?? 0 }
        try ask(10)
        #expect(gateway.program.wait(20) { lines("access.log") == 10 })
        #expect(folder.text("access.log")?.hasPrefix(#"{"path":"/shop/v1/items/1","status":200}"#) == true)
        #expect(rename(path, path + ".1") == 0)
        try ask(10)
        #expect(gateway.program.wait(20) { lines("access.log.1") == 20 })
        #expect(!folder.exists("access.log"))
        gateway.signal(SIGUSR1)
        #expect(gateway.program.wait(20) { folder.exists("access.log") })
        try ask(10)
        #expect(gateway.program.wait(20) { lines("access.log") == 10 })
        #expect(lines("access.log.1") == 20)
        #expect(gateway.program.output.isEmpty)
        #expect(gateway.program.stop() == 0)
    }

    @Test("a sample is a sample, and off is off")
    func sample() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        for (log, bounds) in [("{ sample: 20% }", 20...180), ("off", 0...0)] {
            let gateway = try RunningGateway(Self.spec(upstream, log: log), environment: Self.environment)
            let wire = try gateway.connect()
            try wire.send(String(repeating: WireRequest("GET /nowhere").text, count: 500))
            for _ in 0..<500 { #expect(try wire.receiveAnswer().status == 404) }
            #expect(gateway.program.stop() == 0)
            #expect(bounds.contains(gateway.accessLog.count), "\(log): \(gateway.accessLog.count)")
        }
    }

    @Test("metrics count requests by version and class, refusals by reason, bytes and connections")
    func metrics() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.answer(turn.request.target == "/items/404" ? 404 : 200, [], "four")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment, workers: 3)
        for _ in 0..<7 { _ = try gateway.ask("GET /shop/v1/items/1") }
        for _ in 0..<3 { _ = try gateway.ask("GET /shop/v1/items/404") }
        for _ in 0..<2 { _ = try gateway.ask("POST /shop/v1/items", body: "hello") }
        for _ in 0..<4 { _ = try gateway.ask("GET /shop/v1/locked") }
        for _ in 0..<3 { _ = try gateway.ask("GET /shop/v1/limited") }
        for _ in 0..<2 { _ = try gateway.ask("GET /shop/v1/dead") }
        for _ in 0..<5 { _ = try gateway.ask("GET /nowhere") }
        let expected: [(String, Double)] = [
            (#"apic_requests_total{api="shop",version="v1",class="2xx"}"#, 10),
            (#"apic_requests_total{api="shop",version="v1",class="4xx"}"#, 9),
            (#"apic_requests_total{api="shop",version="v1",class="5xx"}"#, 2),
            (#"apic_requests_total{api="",version="",class="4xx"}"#, 5),
            (#"apic_request_body_bytes_total{api="shop",version="v1"}"#, 10),
            (#"apic_request_duration_seconds_count{api="shop",version="v1"}"#, 21),
            (#"apic_request_duration_seconds_bucket{api="shop",version="v1",le="+Inf"}"#, 21),
            (#"apic_refused_requests_total{reason="authentication"}"#, 4),
            (#"apic_refused_requests_total{reason="rate-limit"}"#, 2),
            (#"apic_refused_requests_total{reason="no-route"}"#, 5),
            (#"apic_upstream_failures_total{kind="connect"}"#, 2),
            ("apic_requests_in_flight", 0), ("apic_ready", 1), ("apic_access_log_dropped_total", 0),
            (#"apic_lifecycle_state{api="shop",version="v1",state="active"}"#, 1),
        ]
        for (sample, value) in expected { #expect(gateway.waits(for: sample, toBe: value), "\(sample)") }
        #expect(try gateway.metric("apic_client_connections_total") >= 26)
        #expect(try gateway.metric("process_resident_memory_bytes") > 1_000_000)
        let page = try gateway.status("/metrics")
        #expect(page["Content-Type"]?.hasPrefix("text/plain; version=0.0.4") == true)
    }

    @Test("status pages are on their own port, and on no other")
    func pages() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment, workers: 2)
        for (path, status) in [
            ("/live", 200), ("/ready", 200), ("/status", 200), ("/metrics", 200), ("/", 404), ("/shop/v1/items/1", 404),
        ] { #expect(try gateway.status(path).status == status, "\(path)") }
        for path in ["/live", "/ready", "/status", "/metrics"] {
            #expect(try gateway.ask("GET \(path)").status == 404, "\(path)")
        }
        #expect(try Wire(port: gateway.statusPort).ask(WireRequest("POST /status", body: "x")).status == 405)
        let status = try gateway.status("/status").json
        #expect(status["gateway"] as? String == "scenario")
        #expect(status["ready"] as? Bool == true)
        #expect(status["workers"] as? Int == 2)
        #expect(status["listeners"] as? [String] == ["127.0.0.1:\(gateway.port)"])
        let targets = try #require(status["targets"] as? [[String: Any]])
        #expect(targets.contains { $0["port"] as? Int == Int(upstream.port) })
        let table = gateway.folder.path + "/dist/gateway.apib"
        let sum = Process()
        let output = Pipe()
        sum.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        sum.arguments = ["sha256sum", table]
        sum.standardOutput = output
        try sum.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        sum.waitUntilExit()
        #expect(status["sha256"] as? String == text.split(separator: " ").first.map(String.init))
    }
}
