import Foundation
import TestSupport
import Testing

/// Secrets are named by the table and read by the gateway: at the start and with every load.
@Suite("c04 plugins: secrets")
struct Secrets {
    static func spec(_ folder: ScratchFolder, extra: String = "") -> String {
        """
        consumers:
          env: { credentials: [ { key: "${env:ENV_KEY}" } ] }
          file: { credentials: [ { key: "${file:\(folder.path)/file.key}" } ] }
          literal: { credentials: [ { key: 0123456789abcdef0123456789abcdef } ] }
        \(extra)
        apis:
          shop:
            path: /shop
            plugins: [ key-auth, { respond: { body: known } } ]
            versions: { v1: { routes: [ "GET /" ] } }
        """
    }

    @Test("a key from the environment, from a file and from the spec opens; the bundle holds none of them")
    func sources() throws {
        let folder = try ScratchFolder()
        try folder.write("file-key\n", to: "file.key")
        try RunningGateway.build(Self.spec(folder), in: folder)
        let gateway = try RunningGateway(folder, environment: ["ENV_KEY": "env-key"])
        for key in ["env-key", "file-key", "0123456789abcdef0123456789abcdef"] {
            #expect(try gateway.ask("GET /shop/v1", ["apikey: \(key)"]).status == 200, "\(key)")
        }
        for key in ["ENV_KEY", "${env:ENV_KEY}", "file-key\n", ""] {
            #expect(try gateway.ask("GET /shop/v1", ["apikey: \(key)"]).status != 200, "\(key)")
        }
        for name in try folder.files() where name.hasPrefix("dist/") {
            let bytes = try Data(contentsOf: folder.url.appendingPathComponent(name))
            for secret in ["env-key", "file-key", "0123456789abcdef0123456789abcdef"] {
                #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(secret) in \(name)")
            }
        }
        let said = gateway.program.errors + gateway.program.output + (try gateway.status("/status").text)
        for secret in ["env-key", "file-key", "0123456789abcdef"] { #expect(!said.contains(secret)) }
    }

    @Test("a secret that is missing at the start is named, and nothing is served")
    func missingAtStart() throws {
        let folder = try ScratchFolder()
        try folder.write("file-key", to: "file.key")
        try RunningGateway.build(Self.spec(folder), in: folder)
        let line = ["dist", "--http", "127.0.0.1:0", "--status", "127.0.0.1:0"]
        let without = try Program.gateway.run(line, in: folder.url)
        #expect(without.status == 1)
        #expect(without.errors.contains("`ENV_KEY`"))
        #expect(without.errors.contains("env"))
        let empty = try Program.gateway.run(line, in: folder.url, environment: ["ENV_KEY": ""])
        #expect(empty.status == 1)
        #expect(empty.errors.contains("`ENV_KEY`"))
        try FileManager.default.removeItem(at: folder.url.appendingPathComponent("file.key"))
        let noFile = try Program.gateway.run(line, in: folder.url, environment: ["ENV_KEY": "k"])
        #expect(noFile.status == 1)
        #expect(noFile.errors.contains("file.key"))
        try folder.write("env-key", to: "file.key")
        let shared = try Program.gateway.run(line, in: folder.url, environment: ["ENV_KEY": "env-key"])
        #expect(shared.status == 1)
        #expect(shared.errors.contains("env-1") && shared.errors.contains("file-1"))
        #expect(!shared.errors.contains("env-key"))
    }

    @Test("a secret that is missing at a reload leaves the old bundle and its keys; a new value comes by SIGHUP")
    func reload() throws {
        let folder = try ScratchFolder()
        try folder.write("file-key", to: "file.key")
        try RunningGateway.build(Self.spec(folder), in: folder)
        let gateway = try RunningGateway(folder, environment: ["ENV_KEY": "env-key"])
        func opens(_ key: String) -> Bool { (try? gateway.ask("GET /shop/v1", ["apikey: \(key)"]).status) == 200 }

        try gateway.rebuild(Self.spec(folder, extra: #"  late: { credentials: [ { key: "${env:LATE_KEY}" } ] }"#))
        #expect(gateway.program.wait(20) { gateway.program.errors.contains("LATE_KEY") })
        #expect(opens("env-key") && opens("file-key"))
        let reloads = try gateway.status("/status").json["reloads"] as? [String: Any]
        #expect((reloads?["last_error"] as? [String: Any])?["message"].map { "\($0)".contains("LATE_KEY") } == true)

        try folder.write("rotated-key", to: "file.key")
        try gateway.rebuild(Self.spec(folder))
        gateway.signal(SIGHUP)
        #expect(gateway.program.wait(20) { opens("rotated-key") })
        #expect(!opens("file-key"))
        #expect(opens("env-key"))

        try FileManager.default.removeItem(at: folder.url.appendingPathComponent("file.key"))
        gateway.signal(SIGHUP)
        #expect(
            gateway.program.wait(20) {
                gateway.program.errors.contains("cannot read") || gateway.program.errors.contains("No such file")
            }
        )
        #expect(opens("rotated-key"))
    }
}
