import Foundation
import TestSupport
import Testing

/// From the first frame of a connection to its last: idleness, reloads, the gateway's own end.
@Suite("h03 HTTP/2: connections")
struct HTTP2Connections {
    @Test("an idle connection is told that it ends")
    func idle() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: "listen: { timeouts: { idle: 1500ms } }"))
        let frames = try gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("GET", "/")))
        #expect(try frames.answer(1).status == 200)
        // Pings are no requests.
        try frames.send(Frame(.ping, [UInt8](repeating: 7, count: 8)))
        #expect(try frames.goAwayCode() == 0)
        #expect(try frames.receive() == nil)
        let silent = try gateway.connectFrames()
        #expect(try silent.goAwayCode() == 0)
        #expect(try gateway.metric(#"apic_timeouts_total{kind="idle"}"#) == 2)
    }

    @Test("a draining gateway warns, takes what is on its way, ends what it began, and then closes")
    func drain() throws {
        let gate = Latch<Bool>()
        let upstream = try ScriptedUpstream { turn in
            if turn.request.target == "/wait" { _ = gate.wait(20) }
            try turn.answer(200, [], "upstream")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: "drain: { timeout: 20s }"))
        let frames = try gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("GET", "/wait")))
        #expect(upstream.waitForRequests(1))
        gateway.signal(SIGTERM)
        let warning = try #require(try frames.receive(.goAway))
        #expect(warning.number() == 0x7FFF_FFFF && warning.number(at: 4) == 0)
        // The client had not heard it when it sent this.
        try frames.send(.headers(3, FrameWire.request("GET", "/")))
        #expect(try frames.answer(3).status == 200)
        // A client that does not answer the ping is not waited for.
        #expect(try frames.receive(.goAway)?.number() == 3)
        try frames.send(.headers(5, FrameWire.request("GET", "/")))
        gate.set(true)
        #expect(try frames.answer(1).text == "upstream")
        #expect(try frames.receive(.data) == nil)
        #expect(gateway.program.waitForEnd() == 0)
    }

    @Test("reloads under load lose no request")
    func reload() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream), workers: 2)
        let url = "http://127.0.0.1:\(gateway.port)/"
        let load = try Program.installed("h2load").start(
            ["-n", "4000", "-c", "4", "-m", "8", url],
            in: gateway.folder.url
        )
        for number in 0..<4 where load.isRunning {
            try gateway.rebuild(PlainSpec.text(upstream, upstream: "retries: \(number)"))
            #expect(gateway.waits(for: "apic_generation", toBe: Double(number + 2)))
        }
        #expect(load.waitForEnd() == 0)
        #expect(load.output.contains("4000 succeeded, 0 failed, 0 errored"), "\(load.output)")
        #expect(load.output.contains("status codes: 4000 2xx"), "\(load.output)")
    }

    @Test("an answer without a body is not lost behind a full connection when the request's end is yet to come")
    func emptyAnswersBehindFullOutput() throws {
        let upstream = try ScriptedUpstream { turn in
            try turn.answer(200, [], turn.request.target == "/large" ? String(repeating: "a", count: 16_000_000) : "")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let frames = try gateway.connectFrames(settings: [(4, 0x7FFF_FFFF)], receiveBuffer: 32_768)
        try frames.send(.windowUpdate(0, 0x4000_0000), .headers(1, FrameWire.request("GET", "/large")))
        #expect(try frames.receive(.data)?.stream == 1)
        // The connection is full long before the last of them is answered.
        let others = (1...100).map { UInt32(2 * $0 + 1) }
        for stream in others {
            // All of it has been said, but for the end of the stream.
            let fields = FrameWire.request("POST", "/", [("content-length", "0")])
            try frames.send(.headers(stream, fields, endsStream: false))
            #expect(upstream.waitForRequests(Int(stream / 2) + 1))
        }
        var statuses: [UInt32: Int] = [:]
        var ended: Set<UInt32> = []
        while ended.count <= others.count, let frame = try frames.receive() {
            if frame.kind == .headers { statuses[frame.stream] = Int(frame[":status"] ?? "") }
            if frame.endsStream || frame.kind == .reset { ended.insert(frame.stream) }
        }
        #expect(others.allSatisfy { statuses[$0] == 200 }, "\(statuses)")
    }

    @Test("nghttp reads an answer, and finds nothing wrong")
    func nghttp() throws {
        let upstream = try ScriptedUpstream { try $0.answer(200, [], String(repeating: "a", count: 200_000)) }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let url = "http://127.0.0.1:\(gateway.port)"
        let outcome = try Program.installed("nghttp").run(["-nv", url + "/a", url + "/b"], in: gateway.folder.url)
        #expect(outcome.status == 0)
        #expect(outcome.output.components(separatedBy: ":status: 200").count == 3, "\(outcome.output)")
        #expect(!outcome.output.contains("RST_STREAM") && !outcome.output.contains("INVALID"), "\(outcome.output)")
    }

    @Test("over TLS the protocol is agreed on, and preferred to HTTP/1.1")
    func overTLS() throws {
        let authority = try SecureClients.authority()
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try SecureSpec.serve(authority, [upstream.port])
        let client = SecureClient(port: gateway.securePort, authority: authority)
        let version = ["-w", " %{http_version}"]
        #expect(try client.curl("edge.example/", version).output == "upstream 2")
        #expect(upstream.requests.last?["Via"] == "2.0 apic" && upstream.requests.last?["X-Forwarded-Proto"] == "https")
        #expect(try client.curl("edge.example/", version + ["--http1.1"]).output == "upstream 1.1")
        let without = try SecureSpec.serve(authority, [upstream.port], timeouts: "{}, http2: false")
        let other = SecureClient(port: without.securePort, authority: authority)
        #expect(try other.curl("edge.example/", version).output == "upstream 1.1")
    }
}
