import Foundation
import TestSupport
import Testing

/// A process takes the listening sockets over from another one, or gets them from a service manager.
@Suite("f04 control: sockets from another process")
struct Takeovers {
    /// The addresses of a first gateway, and the path where its successors take over.
    private struct Place {
        let gateway: RunningGateway
        let path: String

        init(_ upstream: ScriptedUpstream, workers: Int, top: String = "") throws {
            let folder = try ScratchFolder()
            try RunningGateway.build(PlainSpec.text(upstream, top: top), in: folder)
            path = folder.path + "/takeover"
            gateway = try RunningGateway(folder, ["--takeover", path], workers: workers)
        }

        /// Starts a process that takes over.
        func successor(workers: Int, bundle: String = "dist") throws -> RunningProgram {
            let http = "127.0.0.1:\(gateway.port)"
            let status = "127.0.0.1:\(gateway.statusPort)"
            return try Program.gateway.start(
                [bundle, "--http", http, "--status", status, "--workers", "\(workers)", "--takeover", path],
                in: gateway.folder.url
            )
        }
    }

    /// Asks on kept connections, a new one where an answer closed the last, until something holds.
    private func askOn(_ place: Place, until isOver: () -> Bool) throws -> Int {
        var wires: [Wire?] = [nil, nil, nil, nil]
        var count = 0
        for _ in 0..<100_000 where !isOver() {
            for index in wires.indices {
                let wire = try wires[index] ?? place.gateway.connect()
                let answer = try wire.ask(WireRequest("GET /\(count)"))
                #expect(answer.status == 200)
                wires[index] = answer["Connection"] == "close" ? nil : wire
                count += 1
            }
        }
        return count
    }

    @Test("one process after the other, with more workers and with fewer; no request is lost")
    func chain() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let place = try Place(upstream, workers: 2)
        var serving = place.gateway.program
        for workers in [3, 1, 2] {
            let next = try place.successor(workers: workers)
            #expect(try askOn(place) { !serving.isRunning } > 0)
            #expect(serving.waitForEnd() == 0)
            #expect(next.errors.contains("took over"))
            serving = next
        }
        #expect(try askOn(place) { true } == 0)
        #expect(try place.gateway.ask("GET /last").status == 200)
        #expect(try place.gateway.status("/ready").status == 200)
    }

    @Test("a request in flight ends where it began; an idle connection is served once more, and then closed")
    func inFlight() throws {
        let go = Latch<Bool>()
        let upstream = try ScriptedUpstream { turn in
            if turn.request.target == "/slow" { _ = go.wait(30) }
            try turn.answer(200, [], "done")
        }
        defer { upstream.stop() }
        let place = try Place(upstream, workers: 1)
        let idle = try place.gateway.connect()
        #expect(try idle.ask(WireRequest("GET /")).status == 200)
        let busy = try place.gateway.connect()
        try busy.send(WireRequest("GET /slow").text)
        #expect(upstream.waitForRequests(2))
        let next = try place.successor(workers: 1)
        #expect(place.gateway.program.wait(30) { place.gateway.program.errors.contains("replaced by another process") })
        let last = try idle.ask(WireRequest("GET /again"))
        #expect(last.status == 200)
        #expect(last["Connection"] == "close")
        #expect(idle.isClosed())
        // New connections are the new process's.
        #expect(try place.gateway.ask("GET /new")["Connection"] == nil)
        #expect(place.gateway.program.isRunning)
        go.set(true)
        #expect(try busy.receiveAnswer().text == "done")
        #expect(place.gateway.program.waitForEnd() == 0)
        #expect(next.isRunning)
    }

    @Test("what is no socket is not taken for one, and stays where it is")
    func foreignFile() throws {
        let folder = try ScratchFolder()
        try RunningGateway.build(PlainSpec.text([9]), in: folder)
        try folder.write("precious", to: "file")
        symlink(folder.path + "/file", folder.path + "/link")
        for name in ["file", "link", "dist"] {
            let path = "\(folder.path)/\(name)"
            let outcome = try Program.gateway.run(
                ["dist", "--http", "127.0.0.1:0", "--status", "127.0.0.1:0", "--takeover", path],
                in: folder.url
            )
            #expect(outcome.status == 1, "\(name)")
            #expect(outcome.errors.contains(path), "\(outcome.errors)")
        }
        #expect(folder.text("file") == "precious")
        #expect(folder.text("link") == "precious")
    }

    @Test("a process that cannot serve leaves the old one serving; so does one that says nothing of use")
    func failed() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let place = try Place(upstream, workers: 1)
        let broken = try place.successor(workers: 1, bundle: "nowhere")
        #expect(broken.waitForEnd() == 1)
        let stranger = """
            import socket, sys
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
                s.connect(sys.argv[1])
                s.send(b'give me everything')
                assert s.recv(64) == b''
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
                s.connect(sys.argv[1])
                s.send(b'apic-takeover 1')
                assert s.recv(64) == b'last'
            """
        let python = try Program(at: "/usr/bin/env").run(
            ["python3", "-c", stranger, place.path],
            in: place.gateway.folder.url,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"]
        )
        #expect(python.status == 0, "\(python.errors)")
        #expect(place.gateway.program.wait { place.gateway.program.errors.contains("serving on") })
        #expect(try place.gateway.ask("GET /").status == 200)
        let next = try place.successor(workers: 1)
        #expect(place.gateway.program.waitForEnd() == 0)
        #expect(try place.gateway.ask("GET /").status == 200)
        #expect(next.isRunning)
    }

    @Test("sockets of a service manager are served, by every worker, and others are opened beside them")
    func activation() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        try RunningGateway.build(PlainSpec.text(upstream), in: folder)
        // The manager: listens, and becomes the gateway with the socket as descriptor 3.
        let manager = """
            import os, socket, sys
            s = socket.create_server(('127.0.0.1', 0), backlog=64)
            os.dup2(s.fileno(), 3)
            os.set_inheritable(3, True)
            os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')
            address = '127.0.0.1:%d' % s.getsockname()[1]
            early = socket.create_connection(s.getsockname())
            early.send(b'GET /early HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n')
            os.set_inheritable(early.fileno(), True)
            os.execv(sys.argv[1], [sys.argv[1], 'dist', '--http', address, '--status', '127.0.0.1:0', '--workers', '2'])
            """
        let program = try Program(at: "/usr/bin/env").start(
            ["python3", "-c", manager, Program.gateway.url.path],
            in: folder.url,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"]
        )
        let gateway = try RunningGateway(folder, serving: program)
        #expect(upstream.waitForRequests(1))
        for index in 0..<8 { #expect(try gateway.ask("GET /\(index)").status == 200) }
        program.stop()
        #expect(program.waitForEnd() == 0)
    }
}
