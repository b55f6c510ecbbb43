import Foundation
import TestSupport
import Testing

/// How a gateway begins and ends: one per port, drained before it goes.
@Suite("f02 control: start and end")
struct StartAndEnd {
    @Test("SIGTERM: what is in flight is finished, idle connections close at once, then the process ends with 0")
    func drain() throws {
        let go = Latch<Bool>()
        let upstream = try ScriptedUpstream { turn in
            if turn.request.target == "/slow" { _ = go.wait(30) }
            try turn.answer(200, [], "done")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream), workers: 2)
        let idle = try gateway.connect()
        #expect(try idle.ask(WireRequest("GET /")).status == 200)
        let fresh = try gateway.connect()
        let busy = try (0..<3).map { _ in try gateway.connect() }
        for wire in busy { try wire.send(WireRequest("GET /slow").text) }
        #expect(upstream.waitForRequests(4))
        gateway.signal(SIGTERM)
        #expect(idle.isClosed(within: 20))
        #expect(fresh.isClosed(within: 20))
        #expect(gateway.program.wait(20) { (try? gateway.connect()) == nil })
        #expect(try gateway.status("/ready").status == 503)
        #expect(try gateway.status("/live").status == 200)
        #expect(gateway.program.isRunning)
        go.set(true)
        for wire in busy {
            let answer = try wire.receiveAnswer()
            #expect(answer.text == "done")
            #expect(answer["Connection"] == "close")
            #expect(wire.isClosed())
        }
        #expect(gateway.program.waitForEnd() == 0)
        // Every request is in the log that was flushed last.
        #expect(gateway.accessLog.count == 4)
    }

    @Test("during the delay it takes requests and says that it is not ready")
    func delay() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: "drain: { delay: 2s }"))
        let wire = try gateway.connect()
        #expect(try wire.ask(WireRequest("GET /"))["Connection"] == nil)
        gateway.signal(SIGTERM)
        #expect(gateway.program.wait(20) { (try? gateway.status("/ready").status) == 503 })
        #expect(try gateway.ask("GET /").status == 200)
        #expect(try wire.ask(WireRequest("GET /")).status == 200)
        #expect(wire.isClosed(within: 20))
        #expect(gateway.program.waitForEnd() == 0)
    }

    @Test("what does not end in time is cut; a second signal ends at once")
    func cut() throws {
        let upstream = try ScriptedUpstream { turn in
            _ = turn.wire.isReadable(within: 25)
            turn.close()
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream, top: "drain: { timeout: 500ms }"))
        let wire = try gateway.connect()
        try wire.send(WireRequest("GET /").text)
        #expect(upstream.waitForRequests(1))
        let waited = Timeouts.seconds {
            gateway.signal(SIGTERM)
            #expect(gateway.program.waitForEnd() == 0)
        }
        #expect(waited > 0.4 && waited < 15)
        #expect(wire.isReset(within: 5))
        #expect(gateway.program.errors.contains(#"what is in flight is cut","requests":"1","tunnels":"0""#))

        let other = try RunningGateway(PlainSpec.text(upstream))
        let second = try other.connect()
        try second.send(WireRequest("GET /").text)
        #expect(upstream.waitForRequests(2))
        other.signal(SIGINT)
        #expect(other.program.wait(20) { (try? other.status("/ready").status) == 503 })
        other.signal(SIGTERM)
        #expect(other.program.waitForEnd() == 128 + SIGTERM)
    }

    @Test("a second gateway on a served port fails with a message, and takes nothing from the first")
    func secondGateway() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream), workers: 2)
        let free = try FreePort.take()
        let cases = [
            (["--http", "127.0.0.1:\(gateway.port)", "--status", "127.0.0.1:\(free)"], gateway.port),
            (["--http", "0.0.0.0:\(gateway.port)", "--status", "127.0.0.1:\(free)"], gateway.port),
            (["--http", "127.0.0.1:\(free)", "--status", "127.0.0.1:\(gateway.statusPort)"], gateway.statusPort),
        ]
        for (arguments, port) in cases {
            let outcome = try Program.gateway.run(["dist"] + arguments, in: gateway.folder.url)
            #expect(outcome.status == 1, "\(arguments)")
            #expect(
                outcome.errors.contains("\(port)") && outcome.errors.contains("already served"),
                "\(outcome.errors)"
            )
        }
        for _ in 0..<20 { #expect(try gateway.ask("GET /").status == 200) }
        // When the first has gone the port is free at once.
        #expect(gateway.program.stop() == 0)
        let successor = try Program.gateway.start(
            ["dist", "--http", "127.0.0.1:\(gateway.port)", "--status", "127.0.0.1:0"],
            in: gateway.folder.url
        )
        #expect(successor.wait(20) { (try? Wire(port: gateway.port).ask(WireRequest("GET /")).status) == 200 })
        #expect(successor.stop() == 0)
    }

    @Test("`health` says what the gateway says; what is missing or wrong ends the start")
    func health() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let folder = gateway.folder.url
        let probe = ["health", "--status", "127.0.0.1:\(gateway.statusPort)"]
        #expect(try Program.gateway.run(probe, in: folder).status == 0)
        #expect(gateway.program.stop() == 0)
        #expect(try Program.gateway.run(probe, in: folder).status == 1)
        // The bundle says where to ask, if nothing else does; nobody is there.
        try gateway.rebuild(PlainSpec.text(upstream, top: "listen: { status: 127.0.0.1:9 }"))
        let outcome = try Program.gateway.run(["health", "dist"], in: folder)
        #expect(outcome.status == 1 && outcome.errors.contains("no answer from `127.0.0.1:9`"), "\(outcome)")
        #expect(try Program.gateway.run(["no-such-bundle"], in: folder).status == 1)
        #expect(try Program.gateway.run(["dist", "--no-such-flag"], in: folder).status == 2)
        #expect(try Program.gateway.run(["dist", "--at", "yesterday"], in: folder).status == 2)
        #expect(try Program.gateway.run([], in: folder).status == 2)
        #expect(try Program.gateway.run(["--version"], in: folder).output.hasPrefix("apic-gateway "))
    }

    @Test("started without standard streams, nothing else takes their numbers")
    func closedStreams() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        try RunningGateway.build(PlainSpec.text(upstream), in: folder)
        let line = """
            exec \(Program.gateway.url.path) dist --http 127.0.0.1:0 --status 127.0.0.1:0 <&- >&- 2>log
            """
        let gateway = try Program.shell.start(["-c", line], in: folder.url)
        #expect(gateway.wait(30) { folder.text("log")?.contains("\"message\":\"serving\"") == true })
        for number in 0...1 {
            let link = "/proc/\(gateway.identifier)/fd/\(number)"
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "/dev/null")
        }
        #expect(gateway.stop() == 0)
    }

    @Test("every flag has a variable, and the flag wins")
    func variables() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        try RunningGateway.build(PlainSpec.text(upstream), in: folder)
        let gateway = try RunningGateway(
            folder,
            ["--node", "eu-1"],
            environment: [
                "APIC_BUNDLE": "no-such-bundle", "APIC_HTTP": "127.0.0.1:1", "APIC_STATUS": "127.0.0.1:1",
                "APIC_WORKERS": "7", "APIC_NODE": "us-1", "APIC_AT": "2031-05-05",
            ]
        )
        let status = try gateway.status("/status").json
        #expect(status["node"] as? String == "eu-1")
        #expect(status["workers"] as? Int == 1)
        #expect(((status["clock"] as? [String: Any])?["now"] as? String)?.hasPrefix("2031-05-05") == true)
    }
}
