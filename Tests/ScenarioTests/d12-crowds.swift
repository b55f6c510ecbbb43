import Foundation
import TestSupport
import Testing

/// Too many of everything: connections, requests, slow clients, open files. Those who behave are served meanwhile.
@Suite("d12 crowds")
struct Crowds {
    @Test("an address has its bound of connections, IPv6 by its network; others and those who go make room")
    func perAddress() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let limits = "limits: { connections-per-address: 2 }, trusted-proxies: [ 198.51.100.0/24 ]"
        let gateway = try RunningGateway(
            PlainSpec.text(upstream, top: "listen: { proxy-protocol: true, \(limits) }"),
            workers: 2
        )
        func connect(_ family: String, _ address: String) throws -> Wire {
            let wire = try gateway.connect()
            try wire.send("PROXY \(family) \(address) \(family == "TCP4" ? "192.0.2.1" : "::1") 1 2\r\n")
            return wire
        }
        func isServed(_ wire: Wire) -> Bool { (try? wire.ask(WireRequest("GET /")).status) == 200 }
        for (family, same, others) in [
            ("TCP4", ["203.0.113.1", "203.0.113.1", "203.0.113.1"], ["203.0.113.2", "203.0.113.3"]),
            ("TCP6", ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:9::1"], ["2001:db8:0:1::1", "2001:db8:1::1"]),
        ] {
            let first = try same[..<2].map { try connect(family, $0) }
            for wire in first { #expect(isServed(wire)) }
            #expect(try connect(family, same[2]).isClosed(within: 20))
            let rest = try others.map { try connect(family, $0) }
            for wire in first + rest { #expect(isServed(wire)) }
            first[0].close()
            #expect(gateway.program.wait(20) { (try? connect(family, same[2])).map(isServed) == true })
        }
        let trusted = try (0..<5).map { _ in try connect("TCP4", "198.51.100.7") }
        for wire in trusted { #expect(isServed(wire)) }
        #expect(try gateway.metric("apic_client_connections_refused_by_address_total") >= 2)
    }

    @Test("requests beyond the mark are answered 503 at once, and those in flight and after are not")
    func requestMark() throws {
        let go = Latch<Bool>()
        let upstream = try ScriptedUpstream { turn in
            if turn.request.target == "/slow" { _ = go.wait(30) }
            try turn.answer(200, [], "done")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: "listen: { limits: { requests: 3 } }"))
        let busy = try (0..<3).map { _ in try gateway.connect() }
        for wire in busy { try wire.send(WireRequest("GET /slow").text) }
        #expect(upstream.waitForRequests(3))
        let wire = try gateway.connect()
        for request in [WireRequest("GET /"), WireRequest("POST /", body: "hello"), WireRequest("HEAD /")] {
            let answer = try wire.ask(request)
            #expect(answer.status == 503)
            #expect(answer["Retry-After"] == "1")
            if request.method != "HEAD" { #expect(answer.problem == "gateway-overloaded") }
        }
        #expect(try gateway.metric(#"apic_refused_requests_total{reason="overload"}"#) == 3)
        #expect(upstream.requests.count == 3)
        go.set(true)
        for wire in busy { #expect(try wire.receiveAnswer().text == "done") }
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
        #expect(try wire.ask(WireRequest("GET /")).text == "done")
    }

    @Test("slow heads, slow bodies and slow readers are cut, while others are served")
    func slowClients() throws {
        let upstream = try ScriptedUpstream { turn in
            guard turn.request.target == "/long" else { return try turn.answer(200, [], "quick") }
            try turn.answer(200, [], String(repeating: "x", count: 4_000_000))
        }
        defer { upstream.stop() }
        let timeouts = "timeouts: { head: 3s, body: 3s, idle: 3s, write: 3s }"
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: "listen: { \(timeouts) }"))
        var slow: [Wire] = []
        for _ in 0..<60 {
            let head = try gateway.connect()
            try head.send("GET / HTTP/1.1\r\nHost: a\r\nX-A: ")
            let body = try gateway.connect()
            try body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx")
            slow += [head, body]
        }
        for _ in 0..<5 {
            let reader = try gateway.connect(receiveBuffer: 4_096)
            try reader.send(WireRequest("GET /long").text)
            slow.append(reader)
        }
        let good = try gateway.connect()
        var served = 0
        let everyoneIsGone = gateway.program.wait(30) {
            // Those of the heads drip on, which buys them nothing.
            for wire in slow[..<120].enumerated().filter({ $0.offset % 2 == 0 }) {
                _ = wire.element.sendWithoutWaiting([0x61])
            }
            if (try? good.ask(WireRequest("GET /")).text) == "quick" { served += 1 }
            return (try? gateway.metric("apic_client_connections")) == 1
        }
        #expect(everyoneIsGone)
        #expect(served > 5)
        #expect(try good.ask(WireRequest("GET /")).text == "quick")
        #expect(try gateway.metric(#"apic_timeouts_total{kind="head"}"#) == 60)
        #expect(try gateway.metric(#"apic_timeouts_total{kind="body"}"#) == 60)
        #expect(try gateway.metric(#"apic_timeouts_total{kind="write"}"#) == 5)
    }

    @Test("out of file descriptors: those who are in are served, those who wait get in as soon as others go")
    func descriptors() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let inside = try (0..<4).map { _ in try gateway.connect() }
        for wire in inside { #expect(try wire.ask(WireRequest("GET /")).status == 200) }
        // Room for three more descriptors, from now on: the limit is on their numbers, among which there are gaps.
        let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(gateway.program.identifier)/fd")
        let taken = Set(names.compactMap { Int($0) })
        var bound = 0
        var room = 0
        while room < 3 {
            if !taken.contains(bound) { room += 1 }
            bound += 1
        }
        let limit = Process()
        limit.executableURL = URL(fileURLWithPath: "/usr/bin/prlimit")
        limit.arguments = ["--pid", "\(gateway.program.identifier)", "--nofile=\(bound):\(bound)"]
        try limit.run()
        limit.waitUntilExit()
        #expect(limit.terminationStatus == 0)
        let outside = try (0..<12).map { _ in try gateway.connect() }
        for wire in outside { try wire.send(WireRequest("GET /").text) }
        #expect(gateway.program.wait(20) { outside.contains { $0.isReadable(within: 0) } })
        // Those who got in at last may still hold what an upstream's connection needs.
        var calmCount = 0
        let isCalm = gateway.program.wait(20) {
            let isServed = inside.allSatisfy { (try? $0.ask(WireRequest("GET /")).status) == 200 }
            calmCount = isServed ? calmCount + 1 : 0
            return calmCount == 5
        }
        #expect(isCalm)
        for _ in 0..<20 { for wire in inside { #expect(try wire.ask(WireRequest("GET /")).status == 200) } }
        #expect(outside.contains { !$0.isReadable(within: 0) }, "there was room for all, so that nothing was tried")
        // Each that is answered leaves, and lets another in.
        var answered: Set<Int> = []
        var served = 0
        let haveAll = gateway.program.wait(30) {
            for (index, wire) in outside.enumerated() where !answered.contains(index) && wire.isReadable(within: 0) {
                // One that finds no descriptor for an upstream is told so.
                let status = try? wire.receiveAnswer().status
                if status == 200 { served += 1 }
                if status == 200 || status == 503 { answered.insert(index) }
                wire.close()
            }
            return answered.count == outside.count
        }
        #expect(haveAll, "\(answered.count) of \(outside.count)")
        #expect(served > 0)
        for wire in inside { #expect(try wire.ask(WireRequest("GET /")).status == 200) }
    }
}
