import Foundation
import TestSupport
import Testing

/// Answers from what upstreams have answered before.
@Suite("c24 plugins: response-cache")
struct ResponseCacheScenario {
    private func spec(_ upstream: ScriptedUpstream, _ settings: String = "", _ more: String = "") -> String {
        """
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        consumers:
          ann: { credentials: [ { key: "${env:ANN}" } ] }
          bob: { credentials: [ { key: "${env:BOB}" } ] }
        apis:
          shop:
            path: /shop
            upstream: up
            plugins: [ response-cache: { \(settings) }\(more) ]
            versions:
              v1:
                routes:
                  - ANY /**
                  - { match: "ANY /mine/**", plugins: [ key-auth ] }
        """
    }

    private static let environment = ["ANN": "ann-key-of-the-test-0123456789", "BOB": "bob-key-of-the-test-0123456789"]

    private func gateway(_ spec: String, workers: Int = 1) throws -> RunningGateway {
        try RunningGateway(spec, environment: Self.environment, workers: workers)
    }

    /// Answers with the fields that the path names, and a number that grows with every request.
    private func upstream() throws -> ScriptedUpstream {
        try ScriptedUpstream { turn in
            let target = turn.request.target
            var fields = ["Content-Type: text/plain", "ETag: \"\(turn.number)\""]
            if target.contains("/fresh") { fields.append("Cache-Control: max-age=600") }
            if target.contains("/open") { fields.append("Cache-Control: public, max-age=600") }
            if target.contains("/vary") { fields += ["Cache-Control: max-age=600", "Vary: Accept-Language"] }
            if target.contains("/private") { fields.append("Cache-Control: private, max-age=600") }
            if target.contains("/short") { fields += ["Cache-Control: max-age=2", "Age: 1"] }
            if target.contains("/gone") { return try turn.answer(410, fields + ["Cache-Control: max-age=600"], "gone") }
            if target.contains("/fails"), turn.request.method != "GET" { return try turn.answer(500, fields) }
            if target.contains("/moves"), turn.request.method != "GET" {
                return try turn.answer(201, fields + ["Location: /shop/v1/fresh/other?x=y"])
            }
            let size = target.contains("/large") ? 300_000 : 0
            try turn.answer(200, fields, "\(turn.number)" + String(repeating: "x", count: size))
        }
    }

    private static let hits = #"apic_cache_requests_total{result="hit"}"#
    private static let misses = #"apic_cache_requests_total{result="miss"}"#

    @Test("what is fresh is not asked for again, over HTTP/1.1 and HTTP/2")
    func hits() throws {
        let upstream = try upstream()
        defer { upstream.stop() }
        let gateway = try gateway(
            spec(upstream, "", ", response-headers: { set: { X-Mine: \"1\" }, remove: [ X-Not ] }")
        )
        let wire = try gateway.connect()
        for path in ["fresh/a", "fresh/a?q=1", "fresh/large", "gone", "open"] {
            let first = try wire.ask(WireRequest("GET /shop/v1/\(path)"))
            #expect(first["Cache-Status"] == "apic; fwd=uri-miss; stored" && first["Age"] == nil, "\(path)")
            let again = try wire.ask(WireRequest("GET /shop/v1/\(path)"))
            #expect(again.status == first.status && again.body == first.body && again["ETag"] == first["ETag"])
            #expect(again["Cache-Status"]?.hasPrefix("apic; hit; ttl=") == true && again["Age"] != nil, "\(path)")
            #expect(again["X-Mine"] == "1" && again["Content-Length"] == "\(first.body.count)")
            #expect(again.values("Date").count == 1 && again.values("Content-Length").count == 1)
            let head = try wire.ask(WireRequest("HEAD /shop/v1/\(path)"))
            #expect(
                head.body.isEmpty && head["Content-Length"] == "\(first.body.count)" && head["ETag"] == first["ETag"]
            )
            let frames = try gateway.connectFrames(settings: [(4, 10_000_000)])
            try frames.send(.windowUpdate(0, 100_000_000))
            try frames.send(.headers(1, FrameWire.request("GET", "/shop/v1/\(path)")))
            let same = try frames.answer(1)
            #expect(same.fields.contains { $0.name == "age" } && same.body == first.body, "\(path)")
            // Another authority is another URI.
            let other = try wire.ask(WireRequest("GET /shop/v1/\(path)", ["Host: other.test"]))
            #expect(other["Age"] == nil && other["ETag"] != first["ETag"])
        }
        #expect(try gateway.metric(Self.hits) == 15 && gateway.metric(Self.misses) == 10)
        #expect(upstream.requests.count == 10)
        #expect(try gateway.metric("apic_cache_answers") == 10)
        let pipelined = try gateway.connect()
        let text = WireRequest("GET /shop/v1/fresh/large").text
        try pipelined.send(text + text)
        for _ in 0..<2 { #expect(try pipelined.receiveAnswer().body.count > 300_000) }
        let silent = try wire.ask(WireRequest("GET /shop/v1/silent"))
        #expect(silent["Cache-Status"] == "apic; fwd=uri-miss")
        #expect(try wire.ask(WireRequest("GET /shop/v1/silent")).text != silent.text)
        let own = try wire.ask(WireRequest("GET /shop/v1/private"))
        #expect(try wire.ask(WireRequest("GET /shop/v1/private")).text != own.text)
        try gateway.rebuild(spec(upstream, "default-ttl: 1h"))
        #expect(gateway.waits(for: "apic_generation", toBe: 2))
        #expect(gateway.waits(for: "apic_cache_answers", toBe: 0))
        #expect(try gateway.metric("apic_cache_bytes") == 0)
        let kept = try wire.ask(WireRequest("GET /shop/v1/silent"))
        #expect(try wire.ask(WireRequest("GET /shop/v1/silent")).text == kept.text)
    }

    @Test("requests say what they take, and who has the answer is told so")
    func requests() throws {
        let upstream = try upstream()
        defer { upstream.stop() }
        let gateway = try gateway(spec(upstream))
        let wire = try gateway.connect()
        func ask(_ path: String, _ fields: String...) throws -> WireAnswer {
            try wire.ask(WireRequest("GET /shop/v1/\(path)", fields))
        }
        let none = try ask("fresh", "Cache-Control: only-if-cached")
        #expect(
            none.status == 504 && none.problem == "not-stored" && none.json["refused_by"] as? String == "response-cache"
        )
        #expect(upstream.requests.isEmpty)
        let first = try ask("fresh")
        #expect(try ask("fresh", "Cache-Control: only-if-cached").text == first.text)
        let tag = try #require(first["ETag"])
        let known = try ask("fresh", "If-None-Match: W/\(tag)")
        #expect(known.status == 304 && known["ETag"] == tag && known["Cache-Control"] == "max-age=600")
        #expect(known["Content-Length"] == nil && known["Content-Type"] == nil && known["Age"] != nil)
        #expect(try ask("fresh", "If-None-Match: \"other\"").text == first.text)
        for field in ["Cache-Control: no-store", "Range: bytes=0-0", "If-Match: \(tag)", "If-Range: \(tag)"] {
            let passed = try ask("fresh", field)
            #expect(passed.text != first.text && passed["Cache-Status"] == "apic; fwd=bypass", "\(field)")
        }
        #expect(try ask("fresh").text == first.text)
        for field in ["Cache-Control: no-cache", "Pragma: no-cache"] {
            let before = try ask("fresh")
            let fetched = try ask("fresh", field)
            #expect(fetched.text != before.text && fetched["Cache-Status"] == "apic; fwd=request; stored")
            #expect(try ask("fresh").text == fetched.text)
        }
        let now = try ask("fresh")
        #expect(try ask("fresh", "Cache-Control: min-fresh=601").text != now.text)
        let short = try ask("short")
        #expect(short["Age"] == "1" && short["Cache-Status"] == "apic; fwd=uri-miss; stored")
        let aged = try ask("short", "Cache-Control: max-age=0")
        #expect(aged["Cache-Status"] == "apic; fwd=request; stored" && aged.text != short.text)
        // Until it is too old, which is within a second.
        let end = Date(timeIntervalSinceNow: 20)
        while try ask("short").text == aged.text { #expect(Date() < end) }
        let french = try ask("vary", "Accept-Language: fr")
        let german = try ask("vary", "Accept-Language: de")
        #expect(german["Cache-Status"] == "apic; fwd=vary-miss; stored" && german.text != french.text)
        #expect(try ask("vary", "Accept-Language: fr").text == french.text)
        #expect(try ask("vary", "accept-language:  de ").text == german.text)
    }

    @Test("an answer is for whom it is")
    func askers() throws {
        let upstream = try upstream()
        defer { upstream.stop() }
        let gateway = try gateway(spec(upstream))
        let wire = try gateway.connect()
        let (ann, bob) = ("apikey: \(Self.environment["ANN"] ?? "")", "apikey: \(Self.environment["BOB"] ?? "")")
        func ask(_ path: String, _ fields: String...) throws -> WireAnswer {
            try wire.ask(WireRequest("GET /shop/v1/\(path)", fields))
        }
        let hers = try ask("mine/fresh", ann)
        let his = try ask("mine/fresh", bob)
        #expect(hers.text != his.text)
        #expect(try ask("mine/fresh", ann).text == hers.text && ask("mine/fresh", bob).text == his.text)
        let open = try ask("mine/open", ann)
        #expect(try ask("mine/open", bob).text == open.text)
        for path in ["mine/fresh", "mine/open"] { #expect(try ask(path).status == 401) }
        for field in ["Authorization: Basic eDp5", "Cookie: a=b"] {
            let personal = try ask("fresh/\(field.count)", field)
            #expect(personal["Cache-Status"] == "apic; fwd=uri-miss")
            #expect(try ask("fresh/\(field.count)", field).text != personal.text)
            let shared = try ask("open/\(field.count)", field)
            #expect(try ask("open/\(field.count)").text == shared.text)
        }
    }

    @Test("what is changed or purged is forgotten, by all workers")
    func changes() throws {
        let upstream = try upstream()
        defer { upstream.stop() }
        let gateway = try gateway(spec(upstream), workers: 2)
        // Connections fall to one worker or the other, and each has a store of its own.
        let wires = try (0..<8).map { _ in try gateway.connect() }
        func texts(_ path: String) throws -> Set<String> {
            Set(try wires.map { try $0.ask(WireRequest("GET /shop/v1/\(path)")).text })
        }
        func isForgotten(_ path: String, by change: () throws -> Void) throws -> Bool {
            let before = try texts(path)
            #expect(try texts(path) == before)
            try change()
            return try texts(path).isDisjoint(with: before)
        }
        func post(_ path: String, _ method: String = "POST") throws {
            let answer = try wires[0].ask(WireRequest("\(method) /shop/v1/\(path)", [], body: "a"))
            #expect(answer["Cache-Status"] == "apic; fwd=method")
        }
        #expect(try isForgotten("fresh/a?q=1") { try post("fresh/a") })
        #expect(try isForgotten("fresh/a") { try post("fresh/a", "DELETE") })
        #expect(try !isForgotten("fresh/a") { try post("fresh/b") })
        #expect(try !isForgotten("fresh/fails") { try post("fresh/fails") })
        #expect(try isForgotten("fresh/other") { try post("moves") })
        func purge(_ query: String, _ status: Int) throws {
            let answer = try Wire(port: gateway.statusPort).ask(WireRequest("POST /cache/purge\(query)", []))
            #expect(answer.status == status, "\(query)")
        }
        #expect(try isForgotten("fresh/a") { try purge("?path=/shop/v1/fresh/a", 200) })
        #expect(try !isForgotten("fresh/a") { try purge("?path=/shop/v1/fresh/b", 200) })
        #expect(try !isForgotten("fresh/a") { try purge("?path=/shop/v1/x/../fresh/a", 400) })
        #expect(try isForgotten("fresh/a") { try purge("", 200) })
        let asked = try Wire(port: gateway.statusPort).ask(WireRequest("GET /cache/purge"))
        #expect(asked.status == 405 && asked["Allow"] == "POST")
    }

    @Test("the store has a bound, and cut answers are not stored")
    func bounds() throws {
        let upstream = try ScriptedUpstream { turn in
            let fields = ["Cache-Control: max-age=600"]
            switch turn.request.target {
            case "/cut":
                try turn.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 9\r\n\r\nabcd")
                turn.close()
            case "/close":
                try turn.send(
                    "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nConnection: close\r\n\r\n\(turn.number)"
                )
                turn.close()
            case "/chunks", "/long":
                try turn.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\n")
                let count = turn.request.target == "/long" ? 30 : 3
                for _ in 0..<count {
                    try turn.wire.send("400\r\n\(String(repeating: "\(turn.number % 10)", count: 1024))\r\n")
                }
                try turn.wire.send("0\r\n\r\n")
            default: try turn.answer(200, fields, String(repeating: "\(turn.number % 10)", count: 10_000))
            }
        }
        defer { upstream.stop() }
        let gateway = try gateway(spec(upstream, "max-size: 64KiB, max-object: 20000B"))
        let wire = try gateway.connect()
        for number in 0..<20 { _ = try wire.ask(WireRequest("GET /shop/v1/\(number)")) }
        #expect(try gateway.metric("apic_cache_bytes") <= 65_536 && gateway.metric("apic_cache_answers") == 6)
        #expect(try gateway.metric("apic_cache_evicted_total") == 14)
        let last = try wire.ask(WireRequest("GET /shop/v1/19"))
        #expect(last["Age"] != nil && last.body.count == 10_000)
        let chunks = try wire.ask(WireRequest("GET /shop/v1/chunks"))
        let again = try wire.ask(WireRequest("GET /shop/v1/chunks"))
        #expect(chunks.isChunked && again.body == chunks.body && again["Content-Length"] == "3072")
        for path in ["long", "close"] {
            _ = try wire.ask(WireRequest("GET /shop/v1/\(path)"))
            #expect(try wire.ask(WireRequest("GET /shop/v1/\(path)"))["Age"] == nil, "\(path)")
        }
        for _ in 0..<2 {
            let cut = try gateway.connect()
            try cut.send(WireRequest("GET /shop/v1/cut").text)
            #expect(cut.isReset())
        }
        #expect(try gateway.metric("apic_requests_in_flight") == 0)
        #expect(upstream.requests.count { $0.target == "/cut" } == 2)
    }

    @Test("what is stored is compressed for those who take it")
    func compressed() throws {
        let upstream = try upstream()
        defer { upstream.stop() }
        let gateway = try gateway(spec(upstream, "", ", compress"))
        let wire = try gateway.connect(receiveBuffer: 4_096)
        let plain = try wire.ask(WireRequest("GET /shop/v1/fresh/large"))
        for _ in 0..<3 {
            let packed = try wire.ask(WireRequest("GET /shop/v1/fresh/large", ["Accept-Encoding: gzip"]))
            #expect(packed["Content-Encoding"] == "gzip" && packed["Age"] != nil)
            #expect(packed["ETag"] == plain["ETag"].map { "W/\($0)" } && packed["Vary"] == "Accept-Encoding")
            #expect(try Gunzip.text(packed.body) == plain.text)
            #expect(try wire.ask(WireRequest("GET /shop/v1/fresh/large")).text == plain.text)
        }
        let tag = try #require(plain["ETag"])
        let known = try wire.ask(
            WireRequest("GET /shop/v1/fresh/large", ["Accept-Encoding: gzip", "If-None-Match: W/\(tag)"])
        )
        #expect(known.status == 304 && known["ETag"] == "W/\(tag)" && upstream.requests.count == 1)
    }
}
