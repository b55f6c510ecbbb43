import Foundation
import TestSupport
import Testing

/// What one client gets, or says, must not become what another one gets.
@Suite("c26 plugins: response-cache, one client and another")
struct CachedPartiesScenario {
    private func spec(_ upstream: ScriptedUpstream, listen: String = "") -> String {
        """
        \(listen)
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        consumers:
          ann: { groups: [ staff ], credentials: [ { key: "${env:ANN}" } ] }
          bob: { credentials: [ { key: "${env:BOB}" } ] }
          guest: {}
        apis:
          shop:
            path: /shop
            upstream: up
            plugins: [ response-cache ]
            versions:
              v1:
                routes:
                  - ANY /**
                  - { match: "ANY /mine/**", plugins: [ key-auth ] }
                  - { match: "ANY /any/**", plugins: [ key-auth, authentication: { anonymous: guest } ] }
        """
    }

    private static let environment = ["ANN": "ann-key-of-the-test-0123456789", "BOB": "bob-key-of-the-test-0123456789"]
    private static let ann = "apikey: \(environment["ANN"] ?? "")"
    private static let bob = "apikey: \(environment["BOB"] ?? "")"

    @Test("what the upstream was told of who asks decides for whom its answer is")
    func askers() throws {
        let upstream = try ScriptedUpstream { turn in
            var fields = ["Cache-Control: max-age=600"]
            if turn.request.target.contains("/open") { fields = ["Cache-Control: public, max-age=600"] }
            if turn.request.target.contains("/named") { fields.append("Vary: X-Consumer-Username") }
            if turn.request.target.contains("/grouped") { fields.append("Vary: Accept, X-Consumer-Groups") }
            if turn.request.target.contains("/french") { fields.append("Vary: Accept-Language") }
            try turn.answer(200, fields, "\(turn.number)")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(spec(upstream), environment: Self.environment)
        let wire = try gateway.connect()
        func text(_ path: String, _ fields: String...) throws -> String {
            try wire.ask(WireRequest("GET /shop/v1/\(path)", fields)).text
        }
        func isShared(_ path: String, _ one: [String], _ other: [String]) throws -> Bool {
            let first = try wire.ask(WireRequest("GET /shop/v1/\(path)", one))
            return try wire.ask(WireRequest("GET /shop/v1/\(path)", other)).text == first.text
        }
        // An application that asks for many users, each of whom its upstream knows by what it passes on.
        let (one, other) = ("Authorization: Bearer one", "Authorization: Bearer other")
        #expect(try !isShared("mine/a", [Self.ann, one], [Self.ann, other]))
        #expect(try !isShared("any/a", [one], [other]) && !isShared("any/b", [one], []))
        #expect(try isShared("any/c", [], []) && isShared("open/a", [one], [other]))
        // What the gateway writes is not what clients send.
        #expect(try !isShared("mine/open/named", [Self.ann], [Self.bob]))
        #expect(try !isShared("mine/open/grouped", [Self.bob], [Self.ann]))
        // Whom the upstream does not see speak French gets no French, and nobody gets it in his place.
        let hidden = ["Accept-Language: fr", "Connection: accept-language"]
        #expect(try !isShared("french", hidden, ["Accept-Language: fr"]))
        let passed = try wire.ask(WireRequest("GET /shop/v1/french", hidden))
        #expect(passed["Cache-Status"] == "apic; fwd=bypass")
        #expect(try isShared("french", ["Accept-Language: fr"], ["Connection: keep-alive", "Accept-Language: fr"]))
        for odd in [
            "X-HTTP-Method-Override: DELETE", "X-Original-URL: /x", "X-Rewrite-URL: /x", "x-method-override: a",
        ] {
            #expect(try !isShared("odd/\(odd.count)", [odd], []), "\(odd)")
        }
    }

    @Test("what trusted peers say of their clients tells answers apart")
    func peers() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.answer(200, ["Cache-Control: public, max-age=600"], "\(turn.number)")
        }
        defer { upstream.stop() }
        for isTrusted in [false, true] {
            let listen = isTrusted ? "listen: { trusted-proxies: [ 127.0.0.1/32 ] }" : ""
            let gateway = try RunningGateway(spec(upstream, listen: listen), environment: Self.environment)
            let wire = try gateway.connect()
            var texts: Set<String> = []
            let others = [
                "X-Forwarded-Proto: https", "X-Forwarded-Host: a.test", "X-Forwarded-Prefix: /a",
                "Forwarded: for=192.0.2.1;proto=https", "Forwarded: for=192.0.2.1;host=a.test",
            ]
            for field in [""] + others {
                texts.insert(try wire.ask(WireRequest("GET /shop/v1/a", field.isEmpty ? [] : [field])).text)
            }
            #expect(texts.count == (isTrusted ? others.count + 1 : 1))
            // Who is behind them is no part of what is asked for.
            for field in ["X-Forwarded-For: 192.0.2.7", "Forwarded: for=192.0.2.7"] {
                let answer = try wire.ask(WireRequest("GET /shop/v1/a", [field]))
                #expect(answer["Age"] != nil, "\(field)")
            }
        }
    }

    @Test("what an upstream says to one client of an unchanged answer, no other one hears")
    func unchanged() throws {
        let gate = DispatchSemaphore(value: 0)
        let upstream = try ScriptedUpstream { turn in
            guard let who = turn.request["X-Who"] else {
                return try turn.answer(
                    200,
                    ["Cache-Control: max-age=600, stale-if-error=600", "Age: 1", "ETag: \"a\""],
                    "body"
                )
            }
            #expect(turn.request["If-None-Match"] == "\"a\"")
            switch who {
            case "new": try turn.answer(304, ["Set-Cookie: sid=1", "X-Who: new", "ETag: \"a\""], "")
            case "own": try turn.answer(304, ["Cache-Control: private", "X-Who: own"], "")
            case "late":
                #expect(gate.wait(timeout: .now() + 20) == .success)
                try turn.answer(304, ["X-Late: 1"], "")
            default: try turn.answer(503)
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(spec(upstream), environment: Self.environment)
        let wire = try gateway.connect()
        func ask(_ wire: Wire, _ who: String) throws -> WireAnswer {
            try wire.ask(WireRequest("GET /shop/v1/a", ["Cache-Control: max-age=0", "X-Who: \(who)"]))
        }
        _ = try wire.ask(WireRequest("GET /shop/v1/a"))
        let late = try gateway.connect()
        try late.send(WireRequest("GET /shop/v1/a", ["Cache-Control: max-age=0", "X-Who: late"]).text)
        #expect(upstream.waitForRequests(2))
        for who in ["new", "own"] {
            let answer = try ask(wire, who)
            #expect(answer.status == 200 && answer.text == "body" && answer["X-Who"] == who)
            #expect((answer["Set-Cookie"] == "sid=1") == (who == "new"))
            #expect((answer["Cache-Control"] == "private") == (who == "own"))
            let rescued = try ask(wire, "failed")
            #expect(rescued.text == "body" && rescued["X-Who"] == nil && rescued["Set-Cookie"] == nil)
            #expect(rescued["Cache-Control"] == "max-age=600, stale-if-error=600")
        }
        gate.signal()
        let answer = try late.receiveAnswer()
        #expect(answer.text == "body" && answer["X-Late"] == "1" && answer["Set-Cookie"] == nil)
        let stored = try wire.ask(WireRequest("GET /shop/v1/a"))
        #expect(stored["X-Late"] == "1" && stored["X-Who"] == nil && stored["Set-Cookie"] == nil)
        #expect(try gateway.metric("apic_cache_answers") == 1)
    }

    @Test("an upstream that says too much, or something else, harms nobody")
    func odd() throws {
        let upstream = try ScriptedUpstream { turn in
            let isFirst = turn.request["If-None-Match"] == nil
            func lines(_ name: String) -> [String] { (0..<200).map { "\(name)-\($0): 1" } }
            switch turn.request.target {
            case let target where target.hasSuffix("/many"):
                try turn.answer(
                    isFirst ? 200 : 304,
                    lines(isFirst ? "A" : "B") + ["Cache-Control: max-age=9", "ETag: a"]
                )
            case let target where target.hasSuffix("/vary"):
                let fields = ["Cache-Control: max-age=9", "ETag: a"]
                try turn.answer(isFirst ? 200 : 304, fields + (isFirst ? [] : ["Vary: Accept"]), isFirst ? "body" : "")
            default:
                let fields = ["Cache-Control: max-age=9", "ETag: \(isFirst ? "a" : "b")"]
                try turn.answer(isFirst ? 200 : 304, fields, isFirst ? "body" : "")
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(spec(upstream), environment: Self.environment)
        let wire = try gateway.connect()
        func ask(_ path: String) throws -> WireAnswer {
            try wire.ask(WireRequest("GET /shop/v1/\(path)", ["Cache-Control: min-fresh=100"]))
        }
        for (path, status) in [("many", 200), ("vary", 200), ("other", 502)] {
            let first = try ask(path)
            let second = try ask(path)
            #expect(first.status == 200 && second.status == status, "\(path)")
            if status == 200 { #expect(second.body == first.body) }
        }
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }
}
