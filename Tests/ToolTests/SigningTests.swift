import Foundation
import TestSupport
import Testing

/// `apic sign` and `apic verify`, and what OpenSSL makes of their files.
@Suite("Signing")
struct SigningTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        try folder.write(
            """
            apic: 1
            gateway: small
            upstreams: { u: { targets: [ "http://127.0.0.1:9" ] } }
            apis: { a: { path: /a, upstream: u, versions: { v1: { routes: [ "GET /" ] } } } }

            """,
            to: "api.yaml"
        )
    }

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

    @Test("keys are PEM for their owner alone, and nothing is overwritten")
    func keys() throws {
        #expect(try apic("sign", "--new-key", "a.key").status == 0)
        #expect(mode(of: "a.key") == 0o600)
        #expect(try openssl("pkey", "-in", "a.key", "-noout", "-text").output.contains("ED25519 Private-Key"))
        let pair = try openssl("pkey", "-in", "a.key", "-pubout").output
        #expect(pair == folder.text("a.key.pub"))
        let before = folder.text("a.key")
        let again = try apic("sign", "--new-key", "a.key")
        #expect(again.status == 1)
        #expect(again.errors.contains("`a.key` is there already"))
        #expect(folder.text("a.key") == before)
        // A public key alone is in the way, too: then no private one is left without it.
        try folder.write("x", to: "b.key.pub")
        #expect(try apic("sign", "--new-key", "b.key").status == 1)
        #expect(!folder.exists("b.key"))
    }

    @Test("a key of OpenSSL's signs, and OpenSSL verifies")
    func foreignKey() throws {
        #expect(try apic("build", "api.yaml").status == 0)
        #expect(try openssl("genpkey", "-algorithm", "ed25519", "-out", "o.key").status == 0)
        #expect(try openssl("pkey", "-in", "o.key", "-pubout", "-out", "o.pub").status == 0)
        let signed = try apic("sign", "dist", "--key", "o.key", "--sequence", "7")
        #expect(signed.status == 0, "\(signed.errors)")
        #expect(signed.output.hasPrefix("dist: signed 1 file as number 7 with the key "))
        #expect(try apic("verify", "dist", "--trust", "o.pub").status == 0)
        let text = try #require(folder.text("dist/bundle.sig"))
        let lines = text.split(separator: "\n")
        let hex = try #require(lines.last?.split(separator: " ").last)
        try folder.write(lines.dropLast().joined(separator: "\n") + "\n", to: "message")
        let bytes = stride(from: 0, to: hex.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
        try Data(bytes).write(to: folder.url.appendingPathComponent("signature"))
        let verified = try openssl(
            "pkeyutl",
            "-verify",
            "-pubin",
            "-inkey",
            "o.pub",
            "-rawin",
            "-in",
            "message",
            "-sigfile",
            "signature"
        )
        #expect(verified.status == 0, "\(verified.errors)\(verified.output)")
    }

    @Test("numbers follow each other, and the present at least")
    func sequences() throws {
        #expect(try apic("build", "api.yaml").status == 0)
        #expect(try apic("sign", "--new-key", "a.key").status == 0)
        let future = 90_000_000_000
        #expect(try apic("sign", "dist", "--key", "a.key", "--sequence", "\(future)").status == 0)
        #expect(try apic("sign", "dist", "--key", "a.key").output.contains("number \(future + 1) "))
        #expect(unlink(folder.path + "/dist/bundle.sig") == 0)
        let fresh = try apic("sign", "dist", "--key", "a.key").output
        let number = fresh.split(separator: " ").compactMap { Int($0) }.last ?? 0
        #expect(abs(number - Int(time(nil))) < 3_600)
    }

    @Test("what cannot be signed or verified is told")
    func mistakes() throws {
        #expect(try apic("sign").status == 2)
        #expect(try apic("sign", "dist").status == 2)
        #expect(try apic("sign", "dist", "--new-key", "k").status == 2)
        #expect(try apic("verify", "dist").status == 2)
        #expect(try apic("sign", "--new-key", "a.key").status == 0)
        #expect(try apic("sign", "dist", "--key", "a.key").errors.contains("cannot open the folder `dist`"))
        #expect(try apic("build", "api.yaml").status == 0)
        #expect(try apic("sign", "dist", "--key", "none.key").errors.contains("there is no file `none.key`"))
        #expect(try apic("sign", "dist", "--key", "a.key.pub").errors.contains("no private key of Ed25519"))
        let unsigned = try apic("verify", "dist", "--trust", "a.key.pub")
        #expect(unsigned.status == 1)
        #expect(unsigned.errors.contains("the bundle is not signed"))
        #expect(try apic("sign", "dist", "--key", "a.key").status == 0)
        let table = folder.url.appendingPathComponent("dist/gateway.apib")
        try (try Data(contentsOf: table) + [0]).write(to: table)
        #expect(try apic("verify", "dist", "--trust", "a.key.pub").errors.contains("not the file that was signed"))
        #expect(try apic("sign", "dist", "--key", "a.key").status == 1)
    }
}
