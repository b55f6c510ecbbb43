import Foundation
import TestSupport
import Testing

/// Sockets beside IPv4: Unix sockets and IPv6, on both sides.
@Suite("d11 listeners: Unix sockets and IPv6")
struct ListenerKinds {
    /// A gateway on a Unix socket beside its port.
    static func gateway(_ spec: String, path: String, workers: Int = 1) throws -> RunningGateway {
        let folder = try ScratchFolder()
        try RunningGateway.build(spec, in: folder)
        return try RunningGateway(folder, ["--http", "unix:\(path)"], workers: workers)
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test("clients of a Unix socket are served by all workers, and named so that others can read it")
    func unixListener() throws {
        let upstream = try ScriptedUpstream { try $0.answer(200, [], $0.request["X-Forwarded-For"] ?? "") }
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        let path = folder.url.path + "/gateway.sock"
        let gateway = try Self.gateway(PlainSpec.text(upstream), path: path, workers: 2)
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o660)
        let wires = try (0..<40).map { _ in try Wire(path: path) }
        for wire in wires {
            #expect(try wire.ask(WireRequest("GET /", ["X-Forwarded-For: 10.9.9.9"])).text == "_unix")
        }
        #expect(upstream.requests.last?["Forwarded"] == "for=_unix;proto=http;host=\"gateway.test\"")
        #expect(try gateway.ask("GET /").text == "127.0.0.1")
        #expect(gateway.program.wait(20) { gateway.accessLog.count == 41 })
        #expect(gateway.accessLog.filter { $0["client"] as? String == "_unix" }.count == 40)
        #expect(try gateway.status("/status").text.contains("unix:\(path)"))
        gateway.signal(SIGTERM)
        #expect(gateway.program.waitForEnd() == 0)
        #expect(!Self.exists(path))
    }

    @Test("a socket file that nobody serves gives way; one that is served, or is another file, does not")
    func socketFiles() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        let path = folder.url.path + "/gateway.sock"
        let first = try Self.gateway(PlainSpec.text(upstream), path: path)
        first.signal(SIGKILL)
        _ = first.program.waitForEnd()
        #expect(Self.exists(path))
        let second = try Self.gateway(PlainSpec.text(upstream), path: path)
        #expect(try Wire(path: path).ask(WireRequest("GET /")).status == 200)
        let arguments = ["dist", "--http", "unix:\(path)", "--status", "127.0.0.1:0"]
        let third = try Program.gateway.run(arguments, in: second.folder.url)
        #expect(third.status == 1)
        #expect(third.errors.contains("already served"), "\(third.errors)")
        #expect(try Wire(path: path).ask(WireRequest("GET /")).status == 200)
        // The file is another one's meanwhile: it stays.
        #expect(unlink(path) == 0)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        second.signal(SIGTERM)
        #expect(second.program.waitForEnd() == 0)
        #expect(Self.exists(path))
        let fourth = try Program.gateway.run(arguments, in: second.folder.url)
        #expect(fourth.status == 1)
        #expect(fourth.errors.contains("no socket"), "\(fourth.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("mine".utf8))
    }

    @Test("a peer on a Unix socket is trusted where the spec says so")
    func trustedUnix() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        let path = folder.url.path + "/gateway.sock"
        let gateway = try Self.gateway(
            PlainSpec.text(upstream, top: "listen: { trusted-proxies: [ unix ] }"),
            path: path
        )
        _ = try Wire(path: path).ask(WireRequest("GET /", ["X-Forwarded-For: 10.9.9.9"]))
        #expect(upstream.requests.last?.values("X-Forwarded-For").joined(separator: ", ") == "10.9.9.9, _unix")
        _ = try gateway.ask("GET /", ["X-Forwarded-For: 10.9.9.9"])
        #expect(upstream.requests.last?.values("X-Forwarded-For") == ["127.0.0.1"])
    }

    @Test("targets may be Unix sockets: kept, counted and retried like others")
    func unixTarget() throws {
        let folder = try ScratchFolder()
        let path = folder.url.path + "/app.sock"
        // The gateway itself is the server behind the socket.
        let upstream = try ScriptedUpstream { try $0.answer(200, [], "\($0.request["Host"] ?? "") \($0.request.text)") }
        defer { upstream.stop() }
        let inner = try Self.gateway(PlainSpec.text(upstream, upstream: "retries: 0"), path: path)
        let outer = try RunningGateway(
            """
            upstreams: { up: { targets: [ "unix:\(path)" ], retries: 0 } }
            apis:
              all: { path: /, upstream: up, versioning: { by: header, name: X-V }, versions: { v1: { default: true, routes: [ "ANY /**" ] } } }
            """
        )
        let wire = try outer.connect()
        for index in 0..<5 {
            #expect(try wire.ask(WireRequest("POST /", body: "body \(index)")).status == 200)
        }
        #expect(upstream.requests.last?.values("X-Forwarded-Host") == ["localhost"])
        #expect(try outer.metric("apic_upstream_connections") == 1)
        #expect(try outer.status("/status").text.contains(path))
        inner.signal(SIGTERM)
        #expect(inner.program.waitForEnd() == 0)
        #expect(try wire.ask(WireRequest("GET /")).status == 503)
    }

    @Test("IPv6 clients and targets, alone and beside IPv4 on one port")
    func six() throws {
        let upstream = try ScriptedUpstream { try $0.answer(200, [], $0.request["X-Forwarded-For"] ?? "") }
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        try RunningGateway.build(PlainSpec.text(upstream), in: folder)
        let gateway = try RunningGateway(folder, ["--http", "[::1]:0"])
        let line = gateway.program.errors.split(separator: "\n").first { $0.contains("[::1]:") } ?? ""
        let port = UInt16(line.components(separatedBy: "[::1]:").last?.prefix { $0.isNumber } ?? "") ?? 0
        #expect(try Wire(sixPort: port).ask(WireRequest("GET /")).text == "::1")
        #expect(upstream.requests.last?["Forwarded"] == "for=\"[::1]\";proto=http;host=\"gateway.test\"")
        // A target by IPv6: the gateway's own listener.
        let outer = try RunningGateway(
            """
            upstreams: { up: { targets: [ "http://[::1]:\(port)" ] } }
            apis:
              all: { path: /, upstream: up, versioning: { by: header, name: X-V }, versions: { v1: { default: true, routes: [ "ANY /**" ] } } }
            """
        )
        #expect(try outer.ask("GET /").text == "::1")
        #expect(upstream.requests.last?["X-Forwarded-Host"] == "[::1]:\(port)")
        // `::` takes IPv4, too; a client of IPv4 is one.
        let both = try ScratchFolder()
        try RunningGateway.build(PlainSpec.text(upstream), in: both)
        let dual = try Program.gateway.start(
            ["dist", "--http", "[::]:\(try FreePort.take())", "--status", "127.0.0.1:0"],
            in: both.url
        )
        defer { _ = dual.stop() }
        #expect(dual.wait(20) { dual.errors.contains("\"message\":\"serving\"") })
        let dualPort = UInt16(dual.errors.components(separatedBy: "[::]:").last?.prefix { $0.isNumber } ?? "") ?? 0
        #expect(try Wire(port: dualPort).ask(WireRequest("GET /")).text == "127.0.0.1")
        #expect(try Wire(sixPort: dualPort).ask(WireRequest("GET /")).text == "::1")
    }
}
