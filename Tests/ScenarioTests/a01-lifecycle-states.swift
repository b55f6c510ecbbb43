import Foundation
import TestSupport
import Testing

/// One version through its whole life, by the gateway's own clock.
@Suite("a01 lifecycle: states")
struct LifecycleStates {
    static func spec(_ upstream: ScriptedUpstream) -> String {
        """
        upstreams: { shop: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        apis:
          orders:
            path: /orders
            upstream: shop
            versions:
              v1:
                released: 2026-01-01
                announce: 2026-03-01
                deprecated: 2026-06-01
                sunset: 2026-12-31T23:59:59Z
                tombstone: 30d
                brownouts:
                  - { from: 2026-10-01T10:00:00Z, for: 1h }
                  - { from: 2026-11-01T10:00:00Z, for: 30m, status: 410 }
                successor: v2
                docs: https://developer.example.com/orders/v1-to-v2
                routes: [ "GET /", "GET /{id}", "POST /" ]
              v2:
                released: 2025-12-01
                routes: [ "GET /", "GET /{id}", "POST /" ]
        """
    }

    static let announced: [WireHead.Field] = [
        .init(name: "Deprecation", value: "@1780272000"),
        .init(name: "Sunset", value: "Thu, 31 Dec 2026 23:59:59 GMT"),
        .init(
            name: "Link",
            value: #"<https://developer.example.com/orders/v1-to-v2>; rel="deprecation"; type="text/html""#
        ),
        .init(
            name: "Link",
            value: #"<https://developer.example.com/orders/v1-to-v2>; rel="sunset"; type="text/html""#
        ),
        .init(name: "Link", value: #"</orders/v2/>; rel="successor-version""#),
    ]

    struct Moment: Sendable {
        var at: String
        var status: Int
        var problem: String?
        var isAnnounced: Bool
        /// Bounds of `Retry-After` in seconds.
        var retryAfter: ClosedRange<Int>?

        init(_ at: String, _ status: Int, _ problem: String? = nil, announced: Bool, retry: ClosedRange<Int>? = nil) {
            (self.at, self.status, self.problem, isAnnounced, retryAfter) = (at, status, problem, announced, retry)
        }
    }

    static let moments = [
        Moment("2025-12-31T23:00:00Z", 404, "version-unknown", announced: false),
        Moment("2026-01-01", 200, announced: false),
        Moment("2026-02-28T12:00:00Z", 200, announced: false),
        Moment("2026-03-01", 200, announced: true),
        Moment("2026-06-01", 200, announced: true),
        Moment("2026-10-01T10:00:00Z", 503, "version-brownout", announced: true, retry: 3500...3600),
        Moment("2026-10-01T11:00:00Z", 200, announced: true),
        Moment("2026-11-01T10:10:00Z", 410, "version-brownout", announced: true, retry: 1100...1200),
        Moment("2026-12-31T23:59:59Z", 410, "version-sunset", announced: true),
        Moment("2027-01-30T12:00:00Z", 410, "version-sunset", announced: true),
        Moment("2027-01-30T23:59:59Z", 404, "version-unknown", announced: false),
    ]

    @Test("a request gets what its version's state says, and the headers of that state")
    func states() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        try RunningGateway.build(Self.spec(upstream), in: folder)
        for moment in Self.moments {
            let gateway = try RunningGateway(folder, ["--at", moment.at])
            let before = upstream.requests.count
            let answer = try gateway.ask("GET /orders/v1/7")
            let comment = Comment(rawValue: moment.at)
            #expect(answer.status == moment.status, comment)
            #expect(answer.problem == moment.problem, comment)
            let lifecycle = answer.head.fields.filter { ["Deprecation", "Sunset", "Link"].contains($0.name) }
            #expect(lifecycle == (moment.isAnnounced ? Self.announced : []), comment)
            #expect(upstream.requests.count - before == (moment.status == 200 ? 1 : 0), comment)
            if let bounds = moment.retryAfter {
                #expect(answer["Retry-After"].flatMap { Int($0) }.map { bounds.contains($0) } == true, comment)
            } else {
                #expect(answer["Retry-After"] == nil, comment)
            }
            if moment.problem != nil {
                #expect(answer["Content-Type"] == "application/problem+json", comment)
                #expect(answer["Cache-Control"] == "no-store", comment)
                #expect(answer.json["status"] as? Int == moment.status, comment)
            }
            // The neighbour is not touched.
            #expect(try gateway.ask("GET /orders/v2/7").status == 200, comment)
        }
    }

    @Test("410 says what was, when it went, and where to go")
    func gone() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        try RunningGateway.build(Self.spec(upstream), in: folder)
        let gateway = try RunningGateway(folder, ["--at", "2027-01-15"])
        let answer = try gateway.ask("GET /orders/v1/7")
        #expect(answer.json["type"] as? String == "urn:apic:problem:version-sunset")
        #expect(answer.json["refused_by"] as? String == "lifecycle")
        #expect(answer.json["api"] as? String == "orders")
        #expect(answer.json["version"] as? String == "v1")
        #expect(answer.json["sunset"] as? String == "2026-12-31T23:59:59Z")
        #expect(answer.json["successor"] as? String == "/orders/v2/")
        #expect(answer.json["docs"] as? String == "https://developer.example.com/orders/v1-to-v2")
        let head = try gateway.connect().ask(WireRequest("HEAD /orders/v1/7"))
        #expect(head.status == 410)
        #expect(head["Content-Length"] == "\(answer.body.count)")
    }

    @Test("the gate holds for every path and method under the version, and nothing beside it")
    func gateHolds() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        try RunningGateway.build(Self.spec(upstream), in: folder)
        let lines = [
            "GET /orders/v1", "GET /orders/v1/", "GET /orders/v1/7", "DELETE /orders/v1/7", "PURGE /orders/v1",
            "POST /orders/v1/no/such/place", "OPTIONS /orders/v1/7", "GET /orders/v1/%2F", "GET /orders/./v1/../v1/x",
        ]
        for (at, status) in [("2027-01-15", 410), ("2026-10-01T10:20:00Z", 503)] {
            let gateway = try RunningGateway(folder, ["--at", at])
            for line in lines {
                let answer = try gateway.ask(line)
                #expect(answer.status == status, "\(line) at \(at)")
                #expect(answer["Sunset"] != nil, "\(line) at \(at)")
            }
            #expect(try gateway.ask("GET /orders/v11/7").status == 404)
            #expect(try gateway.ask("GET /orders/v2/7").status == 200)
            #expect(try gateway.ask("DELETE /orders/v2/7").status == 405)
        }
        #expect(upstream.requests.allSatisfy { $0.method == "GET" && $0.target == "/7" })
    }

    @Test("an unknown version lists those that a client may use")
    func unknownVersion() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        try RunningGateway.build(Self.spec(upstream), in: folder)
        let known = [
            "2025-12-15": ["v2"], "2026-02-01": ["v1", "v2"], "2026-07-01": ["v1", "v2"], "2027-01-15": ["v2"],
            "2025-06-01": [],
        ]
        for (at, versions) in known {
            let gateway = try RunningGateway(folder, ["--at", at])
            for line in ["GET /orders/v9/7", "GET /orders", "GET /orders/v9", "POST /orders/7"] {
                let answer = try gateway.ask(line)
                #expect(answer.status == 404, "\(line) at \(at)")
                #expect(answer.problem == "version-unknown", "\(line) at \(at)")
                #expect(answer.json["api"] as? String == "orders", "\(line) at \(at)")
                #expect(answer.json["versions"] as? [String] == versions, "\(line) at \(at)")
            }
            #expect(try gateway.ask("GET /elsewhere").problem == "route-not-found")
        }
    }
}
