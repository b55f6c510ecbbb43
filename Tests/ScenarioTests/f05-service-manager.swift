import Foundation
import TestSupport
import Testing

/// What the gateway tells a service manager (sd_notify(3)), over a real socket.
@Suite("f05 control: notices to a service manager")
struct ServiceManager {
    /// Stands in for the manager: a Unix datagram socket.
    private final class Ear {
        private let descriptor: Int32

        init(path: String) throws {
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var place = sockaddr_un()
            place.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &place.sun_path) { bytes in
                // Behind `@` stands a name without a file, whose first byte is zero.
                for (index, byte) in path.utf8.enumerated() { bytes[index] = index == 0 && byte == 0x40 ? 0 : byte }
            }
            let size = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? 2) + socklen_t(path.utf8.count)
            let code = withUnsafePointer(to: &place) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
            }
            guard code == 0 else { throw WireError("cannot bind \(path): \(String(cString: strerror(errno)))") }
        }

        deinit { close(descriptor) }

        /// The next message, or what there was of it within 20 seconds.
        func next() -> [String: String] {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 20_000) == 1 else { return [:] }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            let lines = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).split(separator: "\n")
            return lines.reduce(into: [:]) { result, line in
                let parts = line.split(separator: "=", maxSplits: 1)
                result[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
            }
        }

        var isSilent: Bool {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&entry, 1, 0) == 0
        }
    }

    @Test("ready, loading again, what came of it, and the end", arguments: [true, false])
    func life(hasFile: Bool) throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        let address = hasFile ? folder.path + "/notify" : "@apic-test-\(getpid())-\(UUID().uuidString)"
        let ear = try Ear(path: address)
        try RunningGateway.build(PlainSpec.text(upstream), in: folder)
        let gateway = try RunningGateway(folder, environment: ["NOTIFY_SOCKET": address])
        let ready = ear.next()
        #expect(ready["READY"] == "1")
        #expect(ready["MAINPID"] == "\(gateway.program.identifier)")
        // Who hears that it is ready can ask.
        #expect(try gateway.ask("GET /").status == 200)

        var before: UInt64 = 0
        func reloads(_ status: String) throws {
            gateway.signal(SIGHUP)
            let begin = ear.next()
            #expect(begin["RELOADING"] == "1")
            let instant = UInt64(begin["MONOTONIC_USEC"] ?? "") ?? 0
            #expect(instant > before)
            before = instant
            let end = ear.next()
            #expect(end["READY"] == "1")
            #expect(end["STATUS"]?.hasPrefix(status) == true, "\(end)")
        }
        try reloads("serving")
        try folder.write("not a table", to: "dist/gateway.apib")
        try reloads("serving; refused another bundle:")
        // By itself it loads what changes, and tells nobody who did not ask.
        try gateway.rebuild(PlainSpec.text(upstream, upstream: "retries: 0"))
        #expect(gateway.waits(for: #"apic_reloads_total{result="success"}"#, toBe: 1))
        #expect(ear.isSilent)

        gateway.signal(SIGTERM)
        #expect(ear.next()["STOPPING"] == "1")
        #expect(gateway.program.waitForEnd() == 0)
        #expect(ear.isSilent)
    }

    @Test("who takes over is the main process from then on, and the other one ends without a word")
    func takeover() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        let ear = try Ear(path: folder.path + "/notify")
        try RunningGateway.build(PlainSpec.text(upstream), in: folder)
        let environment = ["NOTIFY_SOCKET": folder.path + "/notify"]
        let path = folder.path + "/takeover"
        let first = try RunningGateway(folder, ["--takeover", path], environment: environment)
        #expect(ear.next()["MAINPID"] == "\(first.program.identifier)")
        let second = try Program.gateway.start(
            ["dist", "--http", "127.0.0.1:\(first.port)", "--status", "127.0.0.1:\(first.statusPort)"]
                + ["--takeover", path],
            in: folder.url,
            environment: environment
        )
        let notice = ear.next()
        #expect(notice["READY"] == "1")
        #expect(notice["MAINPID"] == "\(second.identifier)")
        #expect(first.program.waitForEnd() == 0)
        #expect(ear.isSilent)
        #expect(second.stop() == 0)
        #expect(ear.next()["STOPPING"] == "1")
    }

    @Test("where nobody listens, or what is named is no socket, the gateway serves all the same")
    func nobody() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let long = "/" + String(repeating: "x", count: 300)
        for address in ["/nowhere/notify", "/dev/null", "@", "/", "vsock:2:1234", long] {
            let folder = try ScratchFolder()
            try RunningGateway.build(PlainSpec.text(upstream), in: folder)
            let gateway = try RunningGateway(folder, environment: ["NOTIFY_SOCKET": address])
            #expect(try gateway.ask("GET /").status == 200)
            gateway.signal(SIGHUP)
            #expect(gateway.waits(for: #"apic_reloads_total{result="unchanged"}"#, toBe: 1))
            #expect(gateway.program.stop() == 0)
        }
    }
}
