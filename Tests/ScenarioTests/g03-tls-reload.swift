import Foundation
import TestSupport
import Testing

/// Certificates that change while they are served.
@Suite("g03 TLS: reload")
struct SecureReload {
    let authority: CertificateAuthority

    init() throws {
        authority = try CertificateAuthority()
        for name in ["edge", "next"] { try authority.issue(name, ["DNS:edge.example"]) }
        try authority.issue("late", ["DNS:edge.example"], days: -1)
    }

    /// Puts a file of the authority's in the place of one that is served, by renaming.
    private func put(_ name: String, as place: String, of gateway: RunningGateway) throws {
        let path = "\(gateway.folder.path)/dist/certs/\(place)"
        try authority.folder.text(name)?.write(toFile: path + ".new", atomically: false, encoding: .utf8)
        chmod(path + ".new", 0o600)
        guard rename(path + ".new", path) == 0 else { throw WireError("cannot rename") }
    }

    private func subject(_ gateway: RunningGateway) throws -> String? {
        let outcome = try SecureClient(port: gateway.securePort, authority: authority).shakeHands()
        return outcome.output.split(separator: "\n").first { $0.hasPrefix("subject=") }.map(String.init)
    }

    @Test("a renewed certificate is noticed without a build and without a signal")
    func renewed() throws {
        let gateway = try SecureSpec.serve(authority, [9])
        #expect(try subject(gateway) == "subject=CN = edge")
        // While only one of the two is there they are no pair, which is refused and tried again.
        try put("next.key", as: "edge.key", of: gateway)
        #expect(gateway.program.wait(20) { (try? gateway.metric(#"apic_reloads_total{result="refused"}"#)) ?? 0 > 0 })
        #expect(gateway.program.errors.contains("edge.key`: the private key is not that of the certificate"))
        #expect(try subject(gateway) == "subject=CN = edge")
        try put("next.crt", as: "edge.crt", of: gateway)
        #expect(gateway.waits(for: "apic_generation", toBe: 2))
        #expect(try subject(gateway) == "subject=CN = next")
        gateway.signal(SIGHUP)
        #expect(gateway.waits(for: #"apic_reloads_total{result="unchanged"}"#, toBe: 1))
    }

    @Test("what cannot be served is refused by name, and the old certificate stays")
    func refused() throws {
        let gateway = try SecureSpec.serve(authority, [9])
        let place = "\(gateway.folder.path)/dist/certs/edge.crt"
        var count = 0.0
        func expect(_ reason: String) throws {
            gateway.signal(SIGHUP)
            let refused = #"apic_reloads_total{result="refused"}"#
            #expect(gateway.program.wait(20) { (try? gateway.metric(refused)) ?? 0 > count })
            count = try gateway.metric(refused)
            #expect(gateway.program.errors.contains(reason), "\(reason)")
            #expect(try subject(gateway) == "subject=CN = edge")
        }
        try put("late.crt", as: "edge.crt", of: gateway)
        try expect("edge.crt`: the certificate expired at 20")
        try put("edge.key", as: "edge.crt", of: gateway)
        try expect("edge.crt`: it holds no certificate as PEM")
        #expect(unlink(place) == 0)
        try expect("edge.crt`: No such file or directory")
        #expect(mkdir(place, 0o700) == 0)
        try expect("edge.crt`: it is not a regular file")
        #expect(rmdir(place) == 0)
        try put("edge.crt", as: "edge.crt", of: gateway)
        gateway.signal(SIGHUP)
        #expect(gateway.waits(for: #"apic_reloads_total{result="unchanged"}"#, toBe: 1))
    }

    @Test("a gateway does not start on what it cannot serve")
    func start() throws {
        #expect(throws: WireError.self) {
            try SecureSpec.serve(
                authority,
                [9],
                https: "certificate: certs/late.crt, key: certs/late.key",
                files: ["late.crt", "late.key"]
            )
        }
        #expect(throws: WireError.self) {
            try SecureSpec.serve(authority, [9], https: "certificate: certs/edge.crt, key: \"${env:NO_KEY}\"")
        }
        let key = authority.folder.text("edge.key") ?? ""
        let gateway = try SecureSpec.serve(
            authority,
            [9],
            https: "certificate: certs/edge.crt, key: \"${env:EDGE_KEY}\"",
            environment: ["EDGE_KEY": key]
        )
        #expect(try subject(gateway) == "subject=CN = edge")
        #expect(!gateway.program.errors.contains("PRIVATE KEY"))
    }

    @Test("a key that others can read is warned of")
    func exposed() throws {
        let gateway = try SecureSpec.serve(authority, [9])
        #expect(!gateway.program.errors.contains("others than its owner"))
        chmod("\(gateway.folder.path)/dist/certs/edge.key", 0o644)
        try put("next.crt", as: "edge.crt", of: gateway)
        try authority.folder.text("next.key")?.write(
            toFile: "\(gateway.folder.path)/dist/certs/edge.key",
            atomically: false,
            encoding: .utf8
        )
        #expect(gateway.waits(for: "apic_generation", toBe: 2))
        #expect(gateway.program.wait(20) { gateway.program.errors.contains("others than its owner can read") })
    }

    @Test("under load no request and no handshake fails")
    func underLoad() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try SecureSpec.serve(authority, [upstream.port], workers: 2)
        let client = SecureClient(port: gateway.securePort, authority: authority)
        let stop = Latch<Bool>()
        let (answered, failed, ended) = (Counter(), Counter(), Counter())
        for number in 0..<3 {
            Thread.detachNewThread {
                while stop.wait(0) == nil {
                    // One client keeps its connection for 20 requests, the others come anew.
                    let url = number == 0 ? "edge.example/[1-20]" : "edge.example/"
                    let outcome = try? client.curl(url, ["-f"])
                    outcome?.status == 0 ? answered.add(1) : failed.add(1)
                }
                ended.add(1)
            }
        }
        for round in 0..<6 {
            let names = round % 2 == 0 ? "next" : "edge"
            let before = answered.value
            try put("\(names).key", as: "edge.key", of: gateway)
            try put("\(names).crt", as: "edge.crt", of: gateway)
            gateway.signal(SIGHUP)
            #expect(gateway.program.wait(20) { (try? gateway.metric("apic_generation")) ?? 0 >= Double(round + 2) })
            #expect(gateway.program.wait(20) { answered.value > before })
        }
        stop.set(true)
        #expect(gateway.program.wait(60) { ended.value == 3 })
        #expect(failed.value == 0)
        #expect(answered.value > 10)
    }
}
