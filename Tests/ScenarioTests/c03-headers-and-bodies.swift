import Foundation
import TestSupport
import Testing

/// Plugins that change what passes, bound it, name it, or answer by themselves.
@Suite("c03 plugins: headers, sizes, ids, answers")
struct HeadersAndBodies {
    static func spec(_ upstream: ScriptedUpstream) -> String {
        """
        listen: { trusted-proxies: [ 127.0.0.2/32 ] }
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        apis:
          shop:
            path: /shop
            upstream: up
            versions:
              v1:
                routes:
                  - match: GET /edits/{id}/{name}
                    plugins:
                      - request-headers:
                          remove: [ X-Debug, cookie ]
                          set: { X-Id: "{id}", X-Both: "{name} of {id} {{x}}" }
                          add: { X-Tag: added }
                      - response-headers:
                          remove: [ Server ]
                          set: { X-Order: "{id}", Cache-Control: no-cache }
                          add: { Set-Cookie: a=1 }
                  - { match: POST /small, plugins: [ { request-size-limit: { body: 1KiB } } ] }
                  - { match: GET /json, plugins: [ { respond: { status: 418, json: { b: [ 1, true ], a: "x\\"y" }, headers: { X-A: b } } } ] }
                  - { match: GET /text, plugins: [ { respond: { body: "pöng" } } ] }
                  - { match: GET /nothing, plugins: [ { respond: { status: 204 } } ] }
                  - { match: POST /text, plugins: [ { respond: { body: taken } } ] }
                  - { match: GET /id, plugins: [ request-id ] }
                  - { match: GET /id/always, plugins: [ { request-id: { header: X-Trace, accept: always } } ] }
                  - { match: GET /id/never, plugins: [ { request-id: { accept: never, echo: false } } ] }
                  - { match: GET /id/refused, plugins: [ request-id, { acl: { allow: [ none ] } }, key-auth ] }
        consumers: { someone: { groups: [ none ], credentials: [ { key: "${env:SOME_KEY}" } ] } }
        """
    }

    static let environment = ["SOME_KEY": "some-key"]

    @Test("header edits: remove, then set, then add, with captures")
    func edits() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.answer(200, ["Server: x", "X-Order: 0", "cache-control: public", "Set-Cookie: b=2", "X-Kept: 1"])
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        let answer = try gateway.ask(
            "GET /shop/v1/edits/7/a%20b",
            ["X-DEBUG: 1", "Cookie: c=3", "x-id: 9", "X-Id: 10", "X-Tag: own", "X-Kept: yes"]
        )
        let request = try #require(upstream.requests.first)
        #expect(request["X-Debug"] == nil)
        #expect(request["Cookie"] == nil)
        #expect(request.values("X-Id") == ["7"])
        #expect(request.values("X-Both") == ["a%20b of 7 {x}"])
        #expect(request.values("X-Tag") == ["own", "added"])
        #expect(request["X-Kept"] == "yes")
        #expect(answer["Server"] == nil)
        #expect(answer.values("X-Order") == ["7"])
        #expect(answer.values("Cache-Control") == ["no-cache"])
        #expect(answer.values("Set-Cookie") == ["b=2", "a=1"])
        #expect(answer["X-Kept"] == "1")
    }

    @Test("a body beyond its bound is 413, by its length before it is sent, by its chunks when they come")
    func sizes() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        func body(_ count: Int) -> String { String(repeating: "x", count: count) }
        #expect(try gateway.ask("POST /shop/v1/small", body: body(1024)).status == 200)
        #expect(upstream.requests.last?.text.count == 1024)
        upstream.forget()
        let refused = try gateway.ask("POST /shop/v1/small", body: body(1025))
        #expect(refused.status == 413)
        #expect(refused.problem == "body-too-large")
        #expect(upstream.requests.isEmpty)

        func chunked(_ sizes: [Int]) -> String {
            let chunks = sizes.map { String($0, radix: 16) + "\r\n" + body($0) + "\r\n" }.joined()
            return "POST /shop/v1/small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)0\r\n\r\n"
        }
        let wire = try gateway.connect()
        try wire.send(chunked([1000, 24]))
        #expect(try wire.receiveAnswer().status == 200)
        try wire.send(chunked([1000, 25]))
        let answer = try wire.receiveAnswer()
        #expect(answer.status == 413)
        #expect(!upstream.requests.contains { $0.body.count == 1025 })
        // A client that waits to be told need not send at all.
        let polite = try gateway.connect()
        try polite.send(
            "POST /shop/v1/small HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n"
        )
        #expect(try polite.receiveAnyAnswer().status == 413)
    }

    @Test("the gateway's own answers")
    func respond() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        let wire = try gateway.connect()
        let json = try wire.ask(WireRequest("GET /shop/v1/json"))
        #expect(json.status == 418)
        #expect(json["Content-Type"] == "application/json")
        #expect(json["X-A"] == "b")
        #expect(json.text == #"{"a":"x\"y","b":[1,true]}"#)
        let text = try wire.ask(WireRequest("GET /shop/v1/text"))
        #expect(text.text == "pöng")
        #expect(text["Content-Length"] == "5")
        #expect(text["Content-Type"]?.hasPrefix("text/plain") == true)
        let nothing = try wire.ask(WireRequest("GET /shop/v1/nothing"))
        #expect(nothing.status == 204)
        #expect(nothing["Content-Length"] == nil)
        // A body that nobody wants is read over.
        #expect(
            try wire.ask(WireRequest("POST /shop/v1/text", body: String(repeating: "x", count: 100_000))).text
                == "taken"
        )
        #expect(try wire.ask(WireRequest("HEAD /shop/v1/text"))["Content-Length"] == "5")
        #expect(try wire.ask(WireRequest("GET /shop/v1/text")).text == "pöng")
        #expect(upstream.requests.isEmpty)
    }

    @Test("every request has an id: made, or taken over from those who are believed")
    func ids() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
        func ask(_ path: String, _ fields: [String]) throws -> (seen: [String], told: [String]) {
            upstream.forget()
            let answer = try gateway.ask("GET /shop/v1/id\(path)", fields)
            let name = path == "/always" ? "X-Trace" : "X-Request-Id"
            return (upstream.requests.first?.values(name) ?? [], answer.values(name))
        }
        let made = try ask("", [])
        #expect(made.seen == made.told)
        #expect(made.seen.first?.count ?? 0 >= 16)
        #expect(try ask("", []).seen != made.seen)
        #expect(try ask("", ["X-Request-Id: mine"]).seen.first != "mine")
        #expect(try ask("", ["X-Request-Id: mine", "x-request-id: mine"]).seen.count == 1)
        #expect(try ask("/always", ["x-trace: mine-42"]) == (["mine-42"], ["mine-42"]))
        for bad in ["", "a b", "a,b", "a\"b", String(repeating: "x", count: 65), "é"] {
            let answer = try ask("/always", ["X-Trace: \(bad)"])
            #expect(answer.seen.count == 1 && answer.seen != [bad], "\(bad)")
        }
        let never = try ask("/never", ["X-Request-Id: mine"])
        #expect(never.seen.count == 1 && never.seen != ["mine"])
        #expect(never.told == [])
        let refused = try gateway.ask("GET /shop/v1/id/refused")
        #expect(refused.status == 401)
        #expect(refused.json["request_id"] as? String == refused["X-Request-Id"])
        #expect(
            gateway.program.wait {
                gateway.accessLog.contains { $0["request_id"] as? String == refused["X-Request-Id"] }
            }
        )
    }

    @Test("a trusted peer's request id is kept")
    func trustedIDs() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let spec = Self.spec(upstream).replacingOccurrences(of: "127.0.0.2/32", with: "127.0.0.0/8")
        let gateway = try RunningGateway(spec, environment: Self.environment)
        let answer = try gateway.ask("GET /shop/v1/id", ["X-Request-Id: theirs"])
        #expect(answer["X-Request-Id"] == "theirs")
        #expect(upstream.requests.first?.values("X-Request-Id") == ["theirs"])
    }
}
