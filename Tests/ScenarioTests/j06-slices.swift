import Foundation
import TestSupport
import Testing

/// A node that serves one API of two gets a bundle that knows nothing of the other.
@Suite("j06 nodes that serve a part")
struct Slices {
    final class Site {
        let folder: ScratchFolder
        let orders: ScriptedUpstream
        let billing: ScriptedUpstream
        let source: Pulling.Source
        let ports: [UInt16]

        init() throws {
            folder = try ScratchFolder()
            (orders, billing) = (try ScriptedUpstream(), try ScriptedUpstream())
            try Signing.keys(in: folder)
            try Signing.apic(["cert", "init"], in: folder)
            try Signing.apic(["cert", "issue", "us-1"], in: folder)
            source = try Pulling.Source(folder)
            ports = try (0..<2).map { _ in try FreePort.take() }
            try publish(1, 10)
        }

        func publish(_ number: Int, _ sequence: Int) throws {
            let path = folder.path
            try folder.write(
                """
                apic: 1
                gateway: scenario
                access-log: off
                upstreams:
                  order-servers: { targets: [ "http://127.0.0.1:\(orders.port)" ] }
                  billing-servers: { targets: [ "http://127.0.0.1:\(billing.port)" ] }
                consumers:
                  acme: { groups: [ buyers ], credentials: [ { key: "${env:ACME_KEY}" } ] }
                  globex: { groups: [ accountants ], credentials: [ { key: "${env:GLOBEX_KEY}" } ] }
                apis:
                  orders:
                    path: /orders
                    upstream: order-servers
                    plugins: [ key-auth, { acl: { allow: [ buyers ] } }, { response-headers: { set: { X-Spec: "\(number)" } } } ]
                    versions: { v1: { routes: [ GET / ] } }
                  billing:
                    path: /billing
                    upstream: billing-servers
                    plugins: [ key-auth, { acl: { allow: [ accountants ] } } ]
                    versions: { v1: { routes: [ GET / ] } }
                bundles:
                  url: https://127.0.0.1:\(source.port)
                  every: 1s
                  ca: \(source.authority.certificate)
                  trust: \(path)/release.key.pub
                nodes:
                  eu-1: { bundles: off }
                  us-1:
                    serves: [ orders ]
                    certificate: \(path)/ca/us-1.crt
                    key: \(path)/ca/us-1.key
                    listen: { http: \(ports[0]), status: \(ports[1]) }
                    workers: 1

                """,
                to: "api.yaml"
            )
            try Signing.apic(["build", "api.yaml", "-o", "dist"], in: folder)
            try Signing.apic(["sign", "dist", "--key", "release.key", "--sequence", "\(sequence)"], in: folder)
        }

        func stop() {
            source.stop()
            orders.stop()
            billing.stop()
        }
    }

    private static let others = ["billing", "globex", "GLOBEX_KEY", "accountants"]

    @Test("its table has no trace of the other API, and is signed, verified and read like any")
    func contents() throws {
        let site = try Site()
        defer { site.stop() }
        let folder = site.folder
        let whole = try Data(contentsOf: folder.url.appendingPathComponent("dist/gateway.apib"))
        let slice = try Data(contentsOf: folder.url.appendingPathComponent("dist/nodes/us-1/gateway.apib"))
        for word in Self.others + ["\(site.billing.port)"] {
            #expect(slice.range(of: Data(word.utf8)) == nil, "\(word)")
        }
        for word in Self.others { #expect(whole.range(of: Data(word.utf8)) != nil, "\(word)") }
        for word in ["orders", "acme", "ACME_KEY", "buyers"] {
            #expect(slice.range(of: Data(word.utf8)) != nil, "\(word)")
        }
        let variables = try #require(folder.text("dist/nodes/us-1.env"))
        #expect(variables.contains("\nACME_KEY\n") && !variables.contains("GLOBEX"))
        #expect(folder.text("dist/nodes/eu-1.env")?.contains("\nGLOBEX_KEY\n") == true)
        #expect(folder.text("dist/manifest.json")?.contains("\"nodes/us-1/gateway.apib\"") == true)
        let verified = try Program.apic.run(["verify", "dist", "--trust", "release.key.pub"], in: folder.url)
        #expect(verified.status == 0 && verified.output.contains("dist/nodes/us-1: signed"), "\(verified.errors)")
        let inspected = try Program.apic.run(["inspect", "dist/nodes/us-1"], in: folder.url)
        #expect(inspected.status == 0 && inspected.output.contains("/orders/v1"))
        // One that was not signed with the rest is refused with it.
        var altered = slice
        altered[altered.count / 2] ^= 1
        try altered.write(to: folder.url.appendingPathComponent("dist/nodes/us-1/gateway.apib"))
        #expect(try Program.apic.run(["verify", "dist", "--trust", "release.key.pub"], in: folder.url).status != 0)
    }

    @Test("the node pulls its own bundle, serves its API and no other, and takes a new one")
    func serving() throws {
        let site = try Site()
        defer { site.stop() }
        var variables = try EnvironmentFile.parse(#require(site.folder.text("dist/nodes/us-1.env")))
        variables["ACME_KEY"] = "a-key-that-is-long-enough-for-acme"
        let program = try Program.gateway.start(["state"], in: site.folder.url, environment: variables)
        let gateway = try RunningGateway(site.folder, serving: program)
        let key = "apikey: a-key-that-is-long-enough-for-acme"
        #expect(site.source.wasAsked("200 /nodes/us-1/gateway.apib us-1"))
        #expect(!site.source.wasAsked("200 /gateway.apib us-1"))
        let answer = try gateway.ask("GET /orders/v1", [key])
        #expect(answer.status == 200 && answer["X-Spec"] == "1")
        #expect(try gateway.ask("GET /billing/v1", [key]).status == 404)
        #expect(try gateway.status("/status").json["node"] as? String == "us-1")
        try site.publish(2, 11)
        #expect(gateway.program.wait(30) { (try? gateway.ask("GET /orders/v1", [key])["X-Spec"]) == "2" })
        #expect(try gateway.metric("apic_bundle_sequence") == 11)
    }

    @Test("a gateway serves the folder of a node as it serves any bundle")
    func mounted() throws {
        let site = try Site()
        defer { site.stop() }
        let line = [
            "dist/nodes/us-1", "--trust", "release.key.pub", "--http", "127.0.0.1:0", "--status", "127.0.0.1:0",
            "--node", "us-1",
        ]
        let key = "a-key-that-is-long-enough-for-acme"
        let program = try Program.gateway.start(line, in: site.folder.url, environment: ["ACME_KEY": key])
        let gateway = try RunningGateway(site.folder, serving: program)
        #expect(try gateway.ask("GET /orders/v1", ["apikey: \(key)"]).status == 200)
        #expect(try gateway.ask("GET /billing/v1").status == 404)
        try site.publish(2, 11)
        #expect(gateway.waits(for: "apic_bundle_sequence", toBe: 11))
        #expect(try gateway.ask("GET /orders/v1", ["apikey: \(key)"])["X-Spec"] == "2")
    }
}
