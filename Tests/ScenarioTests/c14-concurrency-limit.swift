import Foundation
import TestSupport
import Testing

/// How many requests may be in flight at once.
@Suite("c14 plugins: concurrency-limit")
struct ConcurrencyLimitScenario {
    @Test("so many at once, by all or by what is counted; whoever is done, or gone, makes room")
    func limits() throws {
        let go = Latch<Bool>()
        let upstream = try ScriptedUpstream { turn in
            if turn.request.target.hasSuffix("wait") { _ = go.wait(20) }
            try turn.answer(200, [], "done")
        }
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
                      - match: GET /all/{what}
                        plugins: [ concurrency-limit: { limit: 2, by: all }, rate-limit: { limit: 6/hour, by: all } ]
                      - match: GET /team/{what}
                        plugins: [ concurrency-limit: { limit: 1, by: { header: X-Team } } ]
            """,
            workers: 2
        )
        let waiting = try (0..<2).map { _ in try gateway.connect() }
        for wire in waiting { try wire.send(WireRequest("GET /shop/v1/all/wait").text) }
        #expect(upstream.waitForRequests(2))
        // Refused ones are not counted by the rate limit behind it.
        for _ in 0..<10 {
            let refused = try gateway.ask("GET /shop/v1/all/x")
            #expect(refused.status == 503 && refused.problem == "concurrency-limit-exceeded")
            #expect(refused["Retry-After"] == "1" && refused.json["refused_by"] as? String == "concurrency-limit")
        }
        #expect(try gateway.metric(#"apic_refused_requests_total{reason="concurrency-limit"}"#) == 10)
        // Who goes away makes room.
        waiting[0].reset()
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 1))
        #expect(try gateway.ask("GET /shop/v1/all/x").text == "done")
        #expect(try gateway.ask("GET /shop/v1/all/x").text == "done")

        let red = try gateway.connect()
        try red.send(WireRequest("GET /shop/v1/team/wait", ["X-Team: red"]).text)
        #expect(upstream.waitForRequests(5))
        #expect(try gateway.ask("GET /shop/v1/team/x", ["X-Team: red"]).status == 429)
        #expect(try gateway.ask("GET /shop/v1/team/x", ["X-Team: blue"]).status == 200)
        go.set(true)
        #expect(try red.receiveAnswer().text == "done" && waiting[1].receiveAnswer().text == "done")
        for _ in 0..<5 { #expect(try red.ask(WireRequest("GET /shop/v1/team/x", ["X-Team: red"])).status == 200) }
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        let statuses = try (0..<3).map { _ in try gateway.ask("GET /shop/v1/all/x").status }
        #expect(statuses == [200, 200, 429])
    }

    @Test("the place is free again however a request ends")
    func ends() throws {
        let upstream = try ScriptedUpstream { turn in
            switch turn.request.target {
            case "/cut": turn.reset()
            case "/silent": _ = try? turn.wire.receive()
            case "/chat":
                try turn.wire.send(Upgrades.consent)
                _ = try? turn.wire.receive()
                turn.close()
            default: try turn.answer(200, [], "done")
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            """
            upstreams:
              up:
                targets: [ "http://127.0.0.1:\(upstream.port)" ]
                timeouts: { response: 1s }
                retries: 0
            plugins: [ concurrency-limit: { limit: 1, by: address } ]
            apis:
              all:
                path: /
                upstream: up
                versions:
                  v1:
                    routes:
                      - ANY /**
                      - { match: GET /respond, plugins: [ respond: { status: 200, body: here } ] }
                      - { match: POST /small, plugins: [ request-size-limit: { body: 1KiB } ] }
            """
        )
        func isFree() throws -> Bool {
            for name in ["apic_requests_in_flight", "apic_tunnels"] where !gateway.waits(for: name, toBe: 0) {
                return false
            }
            return try gateway.ask("GET /v1/free").text == "done"
        }
        #expect(try gateway.ask("GET /v1/cut").status == 502)
        #expect(try isFree())
        #expect(try gateway.ask("GET /v1/silent").status == 504)
        #expect(try isFree())
        #expect(try gateway.ask("GET /v1/respond").text == "here")
        #expect(try isFree())
        #expect(try gateway.ask("POST /v1/small", body: String(repeating: "x", count: 2000)).status == 413)
        #expect(try isFree())

        let tunnel = try gateway.connect()
        try tunnel.send(WireRequest("GET /v1/chat", Upgrades.wish).text)
        #expect(try tunnel.receiveAnyAnswer().status == 101)
        #expect(try gateway.ask("GET /v1/free").status == 429)
        tunnel.close()
        #expect(try isFree())

        let frames = try gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("GET", "/v1/silent")))
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 1))
        try frames.send(.headers(3, FrameWire.request("GET", "/v1/free")))
        #expect(try frames.answer(3).status == 429)
        try frames.send(.reset(1))
        #expect(try isFree())
        try frames.send(.headers(5, FrameWire.request("GET", "/v1/free")))
        #expect(try frames.answer(5).text == "done")
    }
}
