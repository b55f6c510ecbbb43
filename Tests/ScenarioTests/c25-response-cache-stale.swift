import Foundation
import TestSupport
import Testing

/// What becomes of stored answers that are too old.
@Suite("c25 plugins: response-cache, answers that are too old")
struct StaleAnswerScenario {
    private func spec(_ upstream: ScriptedUpstream, _ settings: String = "") -> String {
        """
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ], retries: 0 } }
        apis:
          shop:
            path: /shop
            upstream: up
            plugins: [ response-cache: { \(settings) } ]
            versions: { v1: { routes: [ ANY /** ] } }
        """
    }

    /// Says what is set for its path, with a number that grows with every request.
    private final class Script: @unchecked Sendable {
        private let lock = NSLock()
        private var fields: [String] = []
        private var status = 200
        private var gate: DispatchSemaphore?

        func set(_ status: Int, _ fields: [String] = [], gate: DispatchSemaphore? = nil) {
            lock.withLock { (self.status, self.fields, self.gate) = (status, fields, gate) }
        }

        func answer(_ turn: UpstreamTurn) throws {
            let (status, fields, gate) = lock.withLock { (self.status, self.fields, self.gate) }
            if let gate { #expect(gate.wait(timeout: .now() + 20) == .success) }
            guard status > 0 else { return turn.close() }
            try turn.answer(status, fields, status == 304 ? "" : "\(turn.number)")
        }
    }

    private static let aged = "Age: 1"
    private static let stale = #"apic_cache_stale_total"#

    @Test("an upstream is asked whether an answer has changed")
    func renewal() throws {
        let script = Script()
        let upstream = try ScriptedUpstream { try script.answer($0) }
        defer { upstream.stop() }
        let gateway = try RunningGateway(spec(upstream))
        let wire = try gateway.connect()
        func ask(_ fields: String..., method: String = "GET") throws -> WireAnswer {
            try wire.ask(WireRequest("\(method) /shop/v1/a", ["Cache-Control: max-age=0"] + fields))
        }
        let date = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"
        script.set(200, ["Cache-Control: max-age=600", Self.aged, "ETag: \"a\"", date, "X-Old: 1"])
        let first = try ask()
        #expect(first["Cache-Status"] == "apic; fwd=uri-miss; stored")
        script.set(304, ["Cache-Control: max-age=300", Self.aged, "ETag: \"a\"", "X-New: 1"])
        let renewed = try ask("If-None-Match: \"b\"")
        #expect(renewed.status == 200 && renewed.text == first.text && renewed["Content-Length"] == "1")
        #expect(renewed["Cache-Status"] == "apic; fwd=request; fwd-status=304")
        #expect(renewed["X-New"] == "1" && renewed["X-Old"] == "1" && renewed["Cache-Control"] == "max-age=300")
        #expect(renewed["Age"] == "1" && renewed.values("ETag").count == 1 && renewed.values("Date").count == 1)
        let asked = try #require(upstream.requests.last)
        #expect(asked.values("If-None-Match") == ["\"a\""])
        #expect(asked.values("If-Modified-Since") == ["Sun, 06 Nov 1994 08:49:37 GMT"])
        #expect(try ask("If-None-Match: W/\"a\"").status == 304)
        let head = try ask(method: "HEAD")
        #expect(head.status == 200 && head["Content-Length"] == "1" && head.body.isEmpty)
        #expect(upstream.requests.last?.method == "HEAD")
        // Who takes what there is gets it, and the new time counts.
        let stored = try wire.ask(WireRequest("GET /shop/v1/a"))
        #expect(stored["Cache-Status"]?.hasPrefix("apic; hit; ttl=29") == true && stored["X-New"] == "1")
        #expect(try gateway.metric("apic_cache_renewed_total") == 3)
        #expect(try gateway.metric("apic_cache_answers") == 1)
        // One that is about another answer says nothing of the stored one.
        script.set(304, ["Cache-Control: max-age=300", "ETag: \"b\""])
        #expect(try ask().status == 502)
        #expect(try gateway.metric("apic_cache_answers") == 1)
        script.set(200, ["Cache-Control: max-age=600", Self.aged, "ETag: \"d\""])
        let changed = try ask()
        #expect(changed["ETag"] == "\"d\"" && changed["Cache-Status"] == "apic; fwd=request; stored")
        #expect(try gateway.metric("apic_cache_answers") == 1)
        // What is gone is gone.
        script.set(404)
        #expect(try ask().status == 404)
        #expect(try gateway.metric("apic_cache_answers") == 0)
        #expect(try gateway.metric("apic_requests_in_flight") == 0)
    }

    @Test("an answer that may be used meanwhile is, and is asked for anew once")
    func meanwhile() throws {
        let (script, gate) = (Script(), DispatchSemaphore(value: 0))
        let upstream = try ScriptedUpstream { try script.answer($0) }
        defer { upstream.stop() }
        let gateway = try RunningGateway(spec(upstream))
        let wire = try gateway.connect()
        func ask(_ fields: String..., method: String = "GET") throws -> WireAnswer {
            try wire.ask(WireRequest("\(method) /shop/v1/a?b=c", fields))
        }
        let control = "Cache-Control: max-age=1, stale-while-revalidate=600"
        script.set(200, [control, Self.aged, "ETag: \"a\""])
        let first = try ask()
        #expect(first["Cache-Status"] == "apic; fwd=uri-miss; stored")
        script.set(200, [control, Self.aged, "ETag: \"b\""], gate: gate)
        for _ in 0..<5 {
            let old = try ask()
            #expect(old.text == first.text && old["Cache-Status"]?.hasPrefix("apic; hit; ttl=") == true)
        }
        #expect(try ask(method: "HEAD")["ETag"] == "\"a\"")
        #expect(upstream.waitForRequests(2))
        let asked = try #require(upstream.requests.last)
        #expect(asked.target.hasSuffix("?b=c"))
        #expect(asked.values("If-None-Match") == ["\"a\""])
        gate.signal()
        #expect(gateway.waits(for: "apic_cache_stored_total", toBe: 2))
        // Not changed, this time.
        script.set(304, [control, Self.aged, "ETag: \"b\"", "X-New: 1"])
        let second = try ask()
        #expect(second["ETag"] == "\"b\"" && second["X-New"] == nil)
        #expect(gateway.waits(for: "apic_cache_renewed_total", toBe: 1))
        script.set(0)
        let third = try ask()
        #expect(third["X-New"] == "1" && third.text == second.text)
        #expect(upstream.waitForRequests(4))
        // It failed, so that the next one asks again; who does not take what is too old waits for it.
        #expect(try ask("Cache-Control: max-age=0").status == 502)
        script.set(200, [control, "ETag: \"c\""])
        #expect(try ask("Cache-Control: max-age=0")["ETag"] == "\"c\"")
        #expect(try gateway.metric(Self.stale) == 8)
        #expect(try gateway.metric("apic_mirrored_requests_in_flight") == 0)
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test("the time runs out, and an answer that may not be used any more is not")
    func ends() throws {
        let script = Script()
        let upstream = try ScriptedUpstream { try script.answer($0) }
        defer { upstream.stop() }
        let gateway = try RunningGateway(spec(upstream))
        let wire = try gateway.connect()
        func ask() throws -> WireAnswer { try wire.ask(WireRequest("GET /shop/v1/a")) }
        script.set(200, ["Cache-Control: max-age=2, stale-if-error=2", Self.aged, "ETag: \"a\""])
        _ = try ask()
        script.set(503)
        let end = Date(timeIntervalSinceNow: 20)
        var kinds: [String] = []
        while kinds.last != "503", Date() < end {
            let answer = try ask()
            let status = answer["Cache-Status"] ?? ""
            let kind =
                answer.status == 503
                ? "503" : status.contains("stale-if-error") ? "stale" : status.contains("hit") ? "hit" : status
            if kind == "stale" { #expect(status == "apic; fwd=stale; fwd-status=503; detail=stale-if-error") }
            if kinds.last != kind { kinds.append(kind) }
        }
        // On a slow machine the first may be over at once.
        #expect(kinds == ["hit", "stale", "503"] || kinds == ["stale", "503"])
    }

    @Test("what is stored is better than an upstream that fails, if it says so")
    func failure() throws {
        let script = Script()
        let upstream = try ScriptedUpstream { try script.answer($0) }
        defer { upstream.stop() }
        let gateway = try RunningGateway(spec(upstream, "stale-if-error: 1h"))
        let wire = try gateway.connect()
        func ask(_ path: String, _ fields: String...) throws -> WireAnswer {
            try wire.ask(WireRequest("GET /shop/v1/\(path)", ["Cache-Control: max-age=0"] + fields))
        }
        script.set(200, ["Cache-Control: max-age=600", Self.aged, "ETag: \"a\""])
        let first = try ask("a")
        script.set(200, ["Cache-Control: max-age=600, must-revalidate", Self.aged])
        _ = try ask("strict")
        script.set(200, ["Cache-Control: max-age=600, stale-if-error=0", Self.aged])
        _ = try ask("never")
        for status in [500, 502, 503, 504] {
            script.set(status, ["Connection: close"])
            let rescued = try ask("a")
            #expect(rescued.status == 200 && rescued.text == first.text && rescued["Age"] != nil)
            #expect(rescued["Cache-Status"] == "apic; fwd=request; fwd-status=\(status); detail=stale-if-error")
            #expect(try ask("strict").status == status && ask("never").status == status)
            #expect(try ask("a", "If-None-Match: \"a\"").status == 304)
        }
        script.set(501)
        #expect(try ask("b").status == 501)
        script.set(0)
        let closed = try ask("a")
        #expect(closed.text == first.text && closed["Cache-Status"] == "apic; fwd=request; detail=stale-if-error")
        #expect(try ask("strict").status == 502)
        upstream.stop()
        #expect(try ask("a").text == first.text)
        #expect(try ask("strict").status >= 502)
        #expect(try gateway.metric(Self.stale) == 10)
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }
}
