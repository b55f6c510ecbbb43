import Foundation
import TestSupport
import Testing

/// What `apic build` does with the certificates that a spec names.
@Suite("Certificates in a bundle")
struct CertificateCopyTests {
    static let spec = """
        apic: 1
        gateway: shop
        listen: { https: { certificate: certs/edge.crt, key: keys/edge.key } }
        apis:
          a: { plugins: [ { respond: { body: ok } } ], versions: { v1: { routes: [ GET / ] } } }

        """
    static let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

    private func build(_ folder: ScratchFolder, to output: String = "dist") throws -> Program.Outcome {
        try Program.apic.run(["build", "specs/api.yaml", "-o", output], in: folder.url)
    }

    @Test("they are copied from beside the spec, listed, replaced, and removed when nothing names them")
    func copied() throws {
        let folder = try ScratchFolder()
        try folder.write(Self.spec, to: "specs/api.yaml")
        try folder.write(Self.certificate, to: "specs/certs/edge.crt")
        try folder.write("a key", to: "specs/keys/edge.key")
        #expect(try build(folder).status == 0)
        #expect(folder.text("dist/certs/edge.crt") == Self.certificate)
        #expect(!folder.exists("dist/keys/edge.key"))
        #expect(folder.text("dist/manifest.json")?.contains("\"certs/edge.crt\"") == true)
        try folder.write(Self.certificate + "# renewed\n", to: "specs/certs/edge.crt")
        #expect(try build(folder).status == 0)
        #expect(folder.text("dist/certs/edge.crt") == Self.certificate + "# renewed\n")
        try folder.write(Self.spec.replacing("certs/edge.crt", with: "/etc/edge.crt"), to: "specs/api.yaml")
        #expect(try build(folder).status == 0)
        #expect(!folder.exists("dist/certs"))
    }

    @Test("a bundle beside its spec keeps the spec's own files")
    func inPlace() throws {
        let folder = try ScratchFolder()
        try folder.write(Self.spec, to: "specs/api.yaml")
        try folder.write(Self.certificate, to: "specs/certs/edge.crt")
        #expect(try build(folder, to: "specs").status == 0)
        try folder.write(Self.spec.replacing("certs/edge.crt", with: "/etc/edge.crt"), to: "specs/api.yaml")
        #expect(try build(folder, to: "specs").status == 0)
        #expect(folder.text("specs/certs/edge.crt") == Self.certificate)
    }

    @Test("a private key, something else, a missing file and somebody's file are refused, and nothing is written")
    func refused() throws {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"
        for (content, reason) in [
            (Self.certificate + key, "private key"), ("hello", "no certificate"), (nil, "names it"),
        ] {
            let folder = try ScratchFolder()
            try folder.write(Self.spec, to: "specs/api.yaml")
            if let content { try folder.write(content, to: "specs/certs/edge.crt") }
            let outcome = try build(folder)
            #expect(outcome.status != 0 && outcome.errors.contains(reason), "\(outcome.errors)")
            #expect(!folder.exists("dist/gateway.apib"))
        }
        let folder = try ScratchFolder()
        try folder.write(Self.spec, to: "specs/api.yaml")
        try folder.write(Self.certificate, to: "specs/certs/edge.crt")
        try folder.write("mine", to: "dist/certs/edge.crt")
        #expect(try build(folder).status != 0)
        #expect(folder.text("dist/certs/edge.crt") == "mine")
    }
}
