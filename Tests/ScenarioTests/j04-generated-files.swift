import Foundation
import TestSupport
import Testing

/// Two nodes on one machine, started from the files that `apic build` wrote for them: what those say is all that the
/// gateways are told.
@Suite("j04 nodes from generated files")
struct GeneratedFiles {
    static let nodes = ["eu-1", "us-1"]

    /// A folder with an authority of nodes, a key that signs, and a server of the bundles that are built in it.
    final class Site {
        let folder: ScratchFolder
        let upstream: ScriptedUpstream
        let source: Pulling.Source
        private let ports: [UInt16]

        init() throws {
            folder = try ScratchFolder()
            upstream = try ScriptedUpstream()
            try Signing.keys(in: folder)
            try Signing.apic(["cert", "init"], in: folder)
            for node in GeneratedFiles.nodes { try Signing.apic(["cert", "issue", node], in: folder) }
            source = try Pulling.Source(folder)
            ports = try (0..<4).map { _ in try FreePort.take() }
            try publish(1, 10)
        }

        /// Builds a spec whose answers say its number, and signs it.
        func publish(_ number: Int, _ sequence: Int, with files: [String] = []) throws {
            let path = folder.path
            var spec = "apic: 1\ngateway: scenario\n" + Reload.spec(upstream, number)
            spec += "\nbundles:\n  url: https://127.0.0.1:\(source.port)/\n  every: 1s\n"
            spec += "  ca: \(source.authority.certificate)\n  trust: \(path)/release.key.pub\nnodes:\n"
            for (index, node) in GeneratedFiles.nodes.enumerated() {
                spec += "  \(node):\n    certificate: \(path)/ca/\(node).crt\n    key: \(path)/ca/\(node).key\n"
                spec += "    listen: { http: \(ports[2 * index]), status: \(ports[2 * index + 1]) }\n    workers: 1\n"
            }
            try folder.write(spec, to: "api.yaml")
            try Signing.apic(["build", "api.yaml"] + files + ["-o", "dist"], in: folder)
            try sign(sequence)
        }

        func sign(_ sequence: Int, with key: String = "release.key") throws {
            try Signing.apic(["sign", "dist", "--key", key, "--sequence", "\(sequence)"], in: folder)
        }

        /// Starts a node's gateway with the variables of its file. The argument is its volume: `/bundle` is in a
        /// container only.
        func launch(_ node: String) throws -> RunningProgram {
            let text = try #require(folder.text("dist/nodes/\(node).env"))
            return try Program.gateway.start(
                ["state-\(node)"],
                in: folder.url,
                environment: EnvironmentFile.parse(text)
            )
        }

        func start(_ node: String) throws -> RunningGateway { try RunningGateway(folder, serving: launch(node)) }

        func stop() {
            source.stop()
            upstream.stop()
        }
    }

    private func serves(_ gateway: RunningGateway, _ number: Int) -> Bool {
        gateway.program.wait(30) { Reload.served(gateway) == "\(number)" }
    }

    @Test("both serve where their files say, through restarts without the source, and take a new bundle")
    func life() throws {
        let site = try Site()
        defer { site.stop() }
        var gateways = try Self.nodes.map(site.start)
        for (gateway, node) in zip(gateways, Self.nodes) {
            #expect(serves(gateway, 1))
            #expect(site.source.wasAsked("200 /gateway.apib \(node)"))
            let variables = try EnvironmentFile.parse(#require(site.folder.text("dist/nodes/\(node).env")))
            #expect(variables["APIC_HTTP"] == "0.0.0.0:\(gateway.port)")
            #expect(variables["APIC_STATUS"] == "0.0.0.0:\(gateway.statusPort)")
            #expect(try gateway.status("/status").json["node"] as? String == node)
            #expect(try gateway.metric("apic_node_certificate_expiry_timestamp_seconds") > 1_700_000_000)
        }
        #expect(gateways[0].port != gateways[1].port)
        site.source.stop()
        for gateway in gateways {
            #expect(gateway.program.wait(30) { gateway.program.errors.contains("cannot pull a bundle, serving on") })
            #expect(gateway.program.stop() == 0)
        }
        gateways = try Self.nodes.map(site.start)
        for gateway in gateways { #expect(serves(gateway, 1)) }
        try site.publish(2, 11)
        try site.source.restart()
        for gateway in gateways {
            #expect(serves(gateway, 2))
            #expect(gateway.waits(for: "apic_bundle_sequence", toBe: 11))
        }
    }

    @Test("what is tampered with, unsigned or older is refused, and one that revokes a node stops that node only")
    func refusals() throws {
        let site = try Site()
        defer { site.stop() }
        let gateways = try Self.nodes.map(site.start)
        for gateway in gateways { #expect(serves(gateway, 1)) }
        func expect(_ words: String, after change: () throws -> Void) throws {
            try change()
            for gateway in gateways {
                gateway.signal(SIGHUP)
                #expect(gateway.program.wait(30) { gateway.program.errors.contains(words) }, "\(words)")
                #expect(Reload.served(gateway) == "1")
            }
        }
        try site.publish(2, 11)
        let table = site.folder.url.appendingPathComponent("dist/gateway.apib")
        let good = try Data(contentsOf: table)
        try expect("it is not the file that was signed") {
            var altered = good
            altered[altered.count / 2] ^= 1
            try altered.write(to: table)
        }
        try expect("sequence number is 9, and 10 was served") {
            try good.write(to: table)
            try site.sign(9)
        }
        try expect("bundle.sig: the answer is 404") { #expect(unlink(site.folder.path + "/dist/bundle.sig") == 0) }
        try Signing.apic(["cert", "revoke", "eu-1"], in: site.folder)
        try site.publish(3, 12, with: ["ca/revoked.yaml"])
        for gateway in gateways { gateway.signal(SIGHUP) }
        #expect(gateways[0].program.wait(30) { !gateways[0].program.isRunning })
        #expect(gateways[0].program.waitForEnd() == 1)
        #expect(serves(gateways[1], 3))
    }
}

/// A file of variables as Compose reads it, for the ways in which `apic build` writes values.
enum EnvironmentFile {
    static func parse(_ text: String) -> [String: String] {
        var variables: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            var value = line[line.index(after: equals)...]
            if value.hasPrefix("'"), value.hasSuffix("'") { value = value.dropFirst().dropLast() }
            variables[String(line[..<equals])] = String(value)
        }
        return variables
    }
}
