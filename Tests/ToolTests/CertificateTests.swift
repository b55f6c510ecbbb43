import Foundation
import TestSupport
import Testing

/// `apic cert`, and what OpenSSL makes of its certificates.
@Suite("Certificates of nodes")
struct CertificateTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func apic(_ arguments: String...) throws -> Program.Outcome {
        try Program.apic.run(arguments, in: folder.url)
    }

    private func openssl(_ arguments: String...) throws -> Program.Outcome {
        try Program.timeout.run(["30", "/usr/bin/openssl"] + arguments, in: folder.url)
    }

    private func mode(of path: String) -> mode_t {
        var status = stat()
        return stat("\(folder.path)/\(path)", &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test("OpenSSL verifies a node's certificate as a client's, and nothing else")
    func issue() throws {
        #expect(try apic("cert", "init", "--name", "storefront nodes").status == 0)
        let issued = try apic("cert", "issue", "eu-1")
        #expect(issued.status == 0, "\(issued.errors)")
        #expect(["ca/authority.key", "ca/eu-1.key"].map(mode) == [0o600, 0o600])
        let verified = try openssl(
            "verify",
            "-x509_strict",
            "-purpose",
            "sslclient",
            "-CAfile",
            "ca/authority.crt",
            "ca/eu-1.crt"
        )
        #expect(verified.status == 0, "\(verified.errors)")
        let asServer = try openssl(
            "verify",
            "-purpose",
            "sslserver",
            "-CAfile",
            "ca/authority.crt",
            "ca/eu-1.crt"
        )
        #expect(asServer.status != 0)
        let text = try openssl("x509", "-noout", "-text", "-fingerprint", "-sha256", "-in", "ca/eu-1.crt").output
        for part in ["Subject: CN = eu-1", "Issuer: CN = storefront nodes", "DNS:eu-1", "prime256v1", "CA:FALSE"] {
            #expect(text.contains(part), "\(part)")
        }
        let print = text.split(separator: "\n").last { $0.contains("Fingerprint=") }?.split(separator: "=").last ?? ""
        #expect(issued.output.contains("sha256:" + print.lowercased().replacing(":", with: "")))
        // 90 days, less the present second.
        #expect(try openssl("x509", "-noout", "-checkend", "7689600", "-in", "ca/eu-1.crt").status == 0)
        #expect(try openssl("x509", "-noout", "-checkend", "7776001", "-in", "ca/eu-1.crt").status == 1)
        let keys = try ["pkey -in ca/eu-1.key -pubout", "x509 -noout -pubkey -in ca/eu-1.crt"].map {
            try Program.timeout.run(
                ["30", "/usr/bin/openssl"] + $0.split(separator: " ").map(String.init),
                in: folder.url
            )
            .output
        }
        #expect(keys[0] == keys[1])
    }

    @Test("nothing is overwritten; a renewal moves aside, and both are taken back together")
    func renewal() throws {
        #expect(try apic("cert", "init").status == 0)
        let before = folder.text("ca/authority.key")
        #expect(try apic("cert", "init").status == 1)
        #expect(folder.text("ca/authority.key") == before)
        #expect(try apic("cert", "issue", "eu-1", "--days", "20").status == 0)
        let first = folder.text("ca/eu-1.crt")
        let again = try apic("cert", "issue", "eu-1")
        #expect(again.status == 1)
        #expect(again.errors.contains("`--renew` moves it aside"))
        #expect(try apic("cert", "issue", "eu-1", "--renew").status == 0)
        #expect(try apic("cert", "issue", "us-1").status == 0)
        #expect(try folder.files().filter { $0.hasPrefix("ca/eu-1.") }.count == 4)
        #expect(try folder.files().contains { folder.text($0) == first })
        let listed = try apic("cert", "list").output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(listed.map { $0[0] } == ["NODE", "eu-1", "eu-1", "us-1"])
        #expect(listed.dropFirst().map { $0[2] } == ["valid", "ends", "valid"])

        #expect(try apic("cert", "revoke", "eu-1").output.contains("epoch 1"))
        #expect(try apic("cert", "revoke", "us-1", "--serve-until", "2099-01-01").output.contains("epoch 2"))
        let revoked = try apic("cert", "list").output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(revoked.dropFirst().map { $0[2] } == ["revoked", "revoked", "revoked"])
        let text = try #require(folder.text("ca/revoked.yaml"))
        #expect(text.split(separator: "\n").count { $0.contains("sha256:") } == 3)
        #expect(text.contains("serve-until: 2099-01-01T00:00:00Z"))
        try folder.write(
            """
            apic: 1
            gateway: small
            upstreams: { u: { targets: [ "http://127.0.0.1:9" ] } }
            apis: { a: { path: /a, upstream: u, versions: { v1: { routes: [ "GET /" ] } } } }

            """,
            to: "api.yaml"
        )
        let built = try apic("build", "api.yaml", "ca/revoked.yaml")
        #expect(built.status == 0, "\(built.errors)")
        let inspected = try apic("inspect", "dist").output
        #expect(inspected.contains("revocation epoch"))
        #expect(inspected.contains("2099-01-01T00:00:00Z"))
    }

    @Test("a build warns of certificates that end soon or are revoked, and deploys them")
    func build() throws {
        #expect(try apic("cert", "init").status == 0)
        for (node, days) in [("eu-1", "29"), ("us-1", "90"), ("ap-1", "90")] {
            #expect(try apic("cert", "issue", node, "--days", days).status == 0)
        }
        #expect(try apic("cert", "revoke", "us-1").status == 0)
        try folder.write(
            """
            apic: 1
            gateway: small
            upstreams: { u: { targets: [ "http://127.0.0.1:9" ] } }
            governance: { public: [ "ANY /**" ] }
            apis: { a: { path: /a, upstream: u, versions: { v1: { routes: [ "GET /" ] } } } }
            nodes:
              eu-1: { certificate: ca/eu-1.crt, ports: { http: 8001 } }
              us-1: { certificate: ca/us-1.crt, ports: { http: 8002 } }
              ap-1: { certificate: /etc/apic/ap-1.crt, ports: { http: 8003 } }

            """,
            to: "api.yaml"
        )
        let built = try apic("build", "api.yaml", "ca/revoked.yaml")
        #expect(built.status == 0, "\(built.errors)")
        #expect(built.errors.contains("warning[W0907]: the certificate of `eu-1` ends in 2"))
        #expect(built.errors.contains("warning[W0908]: `us-1` has a certificate that this spec revokes"))
        #expect(!built.errors.contains("ap-1"))
        #expect(folder.text("dist/ca/eu-1.crt") == folder.text("ca/eu-1.crt"))
        #expect(folder.text("dist/nodes/eu-1.env")?.contains("APIC_CERTIFICATE=/bundle/ca/eu-1.crt") == true)
        #expect(folder.text("dist/nodes/ap-1.env")?.contains("APIC_CERTIFICATE=/etc/apic/ap-1.crt") == true)
        #expect(
            folder.text("dist/systemd/eu-1.service")?.contains("APIC_CERTIFICATE=/etc/apic/small/ca/eu-1.crt") == true
        )
    }

    @Test("what is not there or not understood is told, and no revocation is forgotten")
    func mistakes() throws {
        #expect(try apic("cert", "issue", "eu-1").errors.contains("`apic cert init` makes an authority"))
        #expect(try apic("cert", "init").status == 0)
        for name in ["EU-1", "eu_1", "../eu", "-eu", "", "authority"] {
            #expect(try Program.apic.run(["cert", "issue", "--", name], in: folder.url).status == 2, "\(name)")
        }
        #expect(try apic("cert", "issue", "eu-1", "--days", "0").status == 2)
        #expect(try apic("cert", "revoke", "eu-1").errors.contains("has no certificate of `eu-1`"))
        #expect(try apic("cert", "issue", "eu-1").status == 0)
        for text in ["revoked: [ \"sha256:9f\" ]\n", "revoked: 7\n", "revoked: [\n", "revok: []\n", ""] {
            try folder.write(text, to: "ca/revoked.yaml")
            let outcome = try apic("cert", "revoke", "eu-1")
            #expect(outcome.status == 1, "\(text)")
            #expect(folder.text("ca/revoked.yaml") == text)
        }
        // Another authority's key.
        #expect(try apic("cert", "init", "--ca", "other").status == 0)
        try folder.write(folder.text("other/authority.key") ?? "", to: "ca/authority.key")
        #expect(try apic("cert", "issue", "us-1").errors.contains("is not the key of"))
    }
}
