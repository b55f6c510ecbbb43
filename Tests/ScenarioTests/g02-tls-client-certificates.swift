import Foundation
import TestSupport
import Testing

/// Mutual TLS: who may come in.
@Suite("g02 TLS: certificates of clients")
struct ClientCertificateScenarios {
    let authority: CertificateAuthority
    let other: CertificateAuthority

    init() throws {
        authority = try CertificateAuthority()
        other = try CertificateAuthority()
        try authority.issue("edge", ["DNS:edge.example"])
        try authority.issue("acme", ["DNS:acme.example", "URI:spiffe://acme/client"])
        try authority.issue("late", [], days: -1)
        try other.issue("foreign")
        for file in ["foreign.crt", "foreign.key"] {
            try authority.folder.write(other.folder.text(file) ?? "", to: file)
        }
    }

    private func serve(_ mode: String, _ upstream: ScriptedUpstream) throws -> RunningGateway {
        try SecureSpec.serve(
            authority,
            [upstream.port],
            https: "certificate: certs/edge.crt, key: certs/edge.key, "
                + "client-certificates: { ca: certs/authority.crt, mode: \(mode) }",
            files: ["edge.crt", "edge.key", "authority.crt"]
        )
    }

    private func shows(_ name: String) -> [String] { ["--cert", "\(name).crt", "--key", "\(name).key"] }

    @Test("required: a good one passes, none, a foreign and an expired one do not", arguments: ["1.2", "1.3"])
    func required(_ version: String) throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try serve("require", upstream)
        let client = SecureClient(port: gateway.securePort, authority: authority)
        let only = ["--tlsv\(version)", "--tls-max", version]
        let good = try client.curl("edge.example/", only + shows("acme"))
        #expect(good.output == "upstream", "\(good.errors)")
        #expect(try client.curl("edge.example/", only).status != 0)
        #expect(try client.curl("edge.example/", only + shows("foreign")).status != 0)
        #expect(try client.curl("edge.example/", only + shows("late")).status != 0)
        #expect(upstream.requests.count == 1)
        #expect(gateway.waits(for: #"apic_tls_handshakes_total{side="client",result="failed"}"#, toBe: 3))
    }

    @Test("requested: none is fine, a wrong one is not")
    func requested() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try serve("request", upstream)
        let client = SecureClient(port: gateway.securePort, authority: authority)
        #expect(try client.curl("edge.example/", shows("acme")).output == "upstream")
        #expect(try client.curl("edge.example/").output == "upstream")
        #expect(try client.curl("edge.example/", shows("foreign")).status != 0)
    }

    @Test("a session of one certificate is resumed, and not under other rules")
    func resumed() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try serve("require", upstream)
        let client = SecureClient(port: gateway.securePort, authority: authority)
        let request = "GET / HTTP/1.1\r\nHost: edge.example\r\nConnection: close\r\n\r\n"
        let acme = ["-servername", "edge.example", "-cert", "acme.crt", "-key", "acme.key"]
        _ = try client.shakeHands(acme + ["-sess_out", "session.pem"], sending: request)
        let again = try client.shakeHands(["-servername", "edge.example", "-sess_in", "session.pem"], sending: request)
        #expect(again.output.contains("Reused, TLSv1.3") && again.output.contains("upstream"))
        // Another authority is believed now: who came in by the former one must prove himself again.
        try gateway.folder.write(other.folder.text("authority.crt") ?? "", to: "dist/certs/authority.crt")
        #expect(gateway.waits(for: "apic_generation", toBe: 2))
        let late = try client.shakeHands(["-servername", "edge.example", "-sess_in", "session.pem"], sending: request)
        #expect(!late.output.contains("Reused") && !late.output.contains("upstream"))
        #expect(try client.curl("edge.example/", shows("foreign")).output == "upstream")
        #expect(try client.curl("edge.example/", shows("acme")).status != 0)
    }
}
