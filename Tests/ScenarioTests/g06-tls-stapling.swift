import Foundation
import TestSupport
import Testing

/// Responses of OCSP that are stapled to handshakes, made as an authority's responder makes them.
@Suite("g06 TLS: stapling")
struct SecureStapling {
    let authority: CertificateAuthority

    init() throws {
        authority = try SecureClients.authority()
        try authority.issue("other", ["DNS:other.example"])
    }

    private func serve(environment: [String: String] = [:]) throws -> RunningGateway {
        let folder = try ScratchFolder()
        try authority.copy(["edge.crt", "edge.key"], to: folder)
        let https = "https: { certificate: certs/edge.crt, key: certs/edge.key, ocsp: certs/edge.der }"
        let spec = PlainSpec.text([9], top: "listen: { http: 8000, \(https) }")
        try RunningGateway.build(spec, in: folder)
        try authority.copy(["edge.key"], to: folder, as: "dist/certs")
        try staple("edge.der", in: folder)
        return try RunningGateway(folder, ["--https", "127.0.0.1:0"], environment: environment)
    }

    /// Puts a response in its place, whole.
    private func staple(_ name: String, in folder: ScratchFolder) throws {
        let bytes = try Data(contentsOf: authority.folder.url.appendingPathComponent(name))
        try bytes.write(to: folder.url.appendingPathComponent("dist/certs/edge.der"), options: .atomic)
    }

    /// What a client that asks for a response is told of the certificate.
    private func status(_ gateway: RunningGateway, _ version: String = "-tls1_3") throws -> String {
        try SecureClient(port: gateway.securePort, authority: authority).shakeHands(["-status", version]).output
    }

    @Test("a response is stapled in both versions, renewed when its file is, and left out when it is too old")
    func life() throws {
        try authority.respond("edge", to: "edge.der", minutes: 60)
        let clock = try ShiftedClock()
        let gateway = try serve(environment: clock.environment)
        for version in ["-tls1_2", "-tls1_3"] {
            let told = try status(gateway, version)
            #expect(told.contains("OCSP Response Status: successful"), "\(told)")
            #expect(told.contains("Cert Status: good"))
        }
        try authority.respond("edge", to: "revoked.der", minutes: 60, isRevoked: true)
        try staple("revoked.der", in: gateway.folder)
        #expect(gateway.program.wait(20) { (try? status(gateway).contains("Cert Status: revoked")) == true })
        try clock.set(seconds: 3700)
        #expect(try status(gateway).contains("OCSP response: no response sent"))
    }

    @Test("a response that is none, or another certificate's, is refused by name; what was stapled goes on")
    func refused() throws {
        try authority.respond("edge", to: "edge.der", minutes: 60)
        try authority.respond("other", to: "other.der", minutes: 60)
        try authority.folder.write("no response", to: "garbage.der")
        let good = try Data(contentsOf: authority.folder.url.appendingPathComponent("edge.der"))
        try good.prefix(40).write(to: authority.folder.url.appendingPathComponent("cut.der"))
        let gateway = try serve()
        for (number, name) in ["garbage.der", "other.der", "cut.der"].enumerated() {
            try staple(name, in: gateway.folder)
            #expect(
                gateway.program.wait(20) {
                    ((try? gateway.metric(#"apic_reloads_total{result="refused"}"#)) ?? 0) > Double(number)
                },
                "\(name)"
            )
            #expect(gateway.program.errors.contains("edge.der`: it holds no good response"), "\(name)")
            #expect(try status(gateway).contains("Cert Status: good"), "\(name)")
            try staple("edge.der", in: gateway.folder)
            let isMended = { (try? gateway.status("/status").text.contains(#""last_error":null"#)) == true }
            #expect(gateway.program.wait(20, until: isMended))
        }
    }
}

extension CertificateAuthority {
    /// A response of OCSP for a certificate, as DER.
    ///
    /// - Parameter minutes: for which it holds from now on.
    func respond(_ name: String, to file: String, minutes: Int, isRevoked: Bool = false) throws {
        let serial = try openssl(["x509", "-in", "\(name).crt", "-noout", "-serial"])
            .trimmingCharacters(in: .whitespacesAndNewlines).dropFirst("serial=".count)
        let state = isRevoked ? "R\t391231235959Z\t250101000000Z" : "V\t391231235959Z\t"
        try folder.write("\(state)\t\(serial)\tunknown\t/CN=\(name)\n", to: "index")
        try openssl(
            ["ocsp", "-index", "index", "-rsigner", "authority.crt", "-rkey", "authority.key", "-CA", "authority.crt"]
                + ["-issuer", "authority.crt", "-cert", "\(name).crt", "-respout", file]
                + ["-nmin", "\(minutes)", "-noverify"]
        )
    }
}
