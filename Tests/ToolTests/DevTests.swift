import Foundation
import TestSupport
import Testing

/// `apic dev` with a real gateway: serves, swaps on save, keeps the last good bundle, ends its child.
@Suite("Developing", .serialized)
struct DevTests {
    private let folder: ScratchFolder
    private let port: UInt16

    init() throws {
        folder = try ScratchFolder()
        port = try FreePort.take()
    }

    private static let spec = """
        apic: 1
        gateway: dev
        access-log: off
        governance: { public: [ "ANY /**" ] }
        plugins: [ { respond: { status: 200, body: one } } ]
        apis:
          a: { path: /a, versions: { v1: { released: 2026-01-01, routes: [ "GET /" ] } } }

        """

    private func answer() -> String? {
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        curl.arguments = ["curl", "-s", "--max-time", "2", "http://127.0.0.1:\(port)/a/v1"]
        let output = Pipe()
        curl.standardOutput = output
        guard (try? curl.run()) != nil else { return nil }
        let data = try? output.fileHandleForReading.readToEnd()
        curl.waitUntilExit()
        return data.map { String(decoding: $0, as: UTF8.self) }
    }

    private func start(leadsGroup: Bool = false) throws -> RunningProgram {
        try Program.apic.start(
            ["dev", "api.yaml", "--http", "127.0.0.1:\(port)", "--status", "127.0.0.1:\(try FreePort.take())"],
            in: folder.url,
            environment: ["TMPDIR": folder.path],
            leadsGroup: leadsGroup
        )
    }

    @Test("serves, swaps on save, and keeps the last good bundle")
    func swap() throws {
        try folder.write(Self.spec, to: "api.yaml")
        let dev = try start()
        #expect(dev.wait { answer() == "one" })

        try folder.write(Self.spec.replacingOccurrences(of: "body: one", with: "body: two"), to: "api.yaml")
        #expect(dev.wait { answer() == "two" })

        try folder.write(Self.spec + "nope: 1\n", to: "api.yaml")
        #expect(dev.wait { dev.errors.contains("the last good bundle stays in service") })
        #expect(dev.errors.contains("error[E0203]"))
        #expect(answer() == "two")

        #expect(dev.stop(SIGINT) == 0)
        #expect(answer()?.isEmpty != false)
        // The bundle was in a folder of its own, which is gone.
        #expect(try folder.files() == ["api.yaml"])
    }

    @Test("a key beside the spec is found, and stays where it is")
    func keys() throws {
        let authority = try CertificateAuthority()
        try authority.issue("edge", ["DNS:localhost"])
        try authority.copy(["edge.crt", "edge.key"], to: folder)
        let https = try FreePort.take()
        let listen = "listen: { https: { port: \(https), certificate: certs/edge.crt, key: certs/edge.key } }\n"
        try folder.write(Self.spec + listen, to: "api.yaml")
        let dev = try start()
        let client = SecureClient(port: https, authority: authority)
        #expect(dev.wait { (try? client.curl("localhost/a/v1").output) == "one" }, "\(dev.errors)")
        #expect(dev.stop() == 0)
        #expect(try folder.files().sorted() == ["api.yaml", "certs/edge.crt", "certs/edge.key"])
    }

    @Test("^C, which a terminal sends to the whole group, lets the gateway drain")
    func interrupt() throws {
        try folder.write(Self.spec, to: "api.yaml")
        let dev = try start(leadsGroup: true)
        #expect(dev.wait { answer() == "one" })
        kill(-dev.identifier, SIGINT)
        #expect(dev.waitForEnd() == 0)
        #expect(dev.errors.contains(#""message":"draining""#))
        #expect(dev.errors.contains(#""code":"0""#) && !dev.errors.contains("second signal"), "\(dev.errors)")
    }

    @Test("waits for a spec that is wrong at first")
    func wrongAtFirst() throws {
        try folder.write("apic: 1\n", to: "api.yaml")
        let dev = try start()
        #expect(dev.wait { dev.errors.contains("waiting for the next save") })
        try folder.write(Self.spec, to: "api.yaml")
        #expect(dev.wait { answer() == "one" })
        #expect(dev.stop() == 0)
    }
}
