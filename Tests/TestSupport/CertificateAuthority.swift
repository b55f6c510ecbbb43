package import Foundation

/// A certificate authority of a test's own, made by the `openssl` program in a scratch folder.
package final class CertificateAuthority {
    package let folder: ScratchFolder
    /// Path of its certificate.
    package var certificate: String { "\(folder.path)/authority.crt" }

    package init() throws {
        folder = try ScratchFolder()
        try openssl(
            ["req", "-x509", "-days", "30", "-subj", "/CN=authority", "-keyout", "authority.key"]
                + ["-out", "authority.crt"] + CertificateAuthority.newKey
        )
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    /// A certificate and its key, as `NAME.crt` and `NAME.key` in the authority's folder.
    ///
    /// - Parameters:
    ///   - names: as OpenSSL writes them: `DNS:a.example`, `IP:127.0.0.1`.
    ///   - days: from now; a negative number is in the past.
    package func issue(_ name: String, _ names: [String] = [], days: Int = 30) throws {
        let extra = names.isEmpty ? [] : ["-addext", "subjectAltName=" + names.joined(separator: ",")]
        try openssl(
            ["req", "-subj", "/CN=\(name)", "-keyout", "\(name).key", "-out", "\(name).csr"] + extra
                + CertificateAuthority.newKey
        )
        try openssl(
            ["x509", "-req", "-in", "\(name).csr", "-CA", "authority.crt", "-CAkey", "authority.key"]
                + ["-days", "\(days)", "-copy_extensions", "copy", "-out", "\(name).crt"]
        )
    }

    /// Copies files of the authority's into another folder.
    package func copy(_ names: [String], to other: ScratchFolder, as folderName: String = "certs") throws {
        for name in names {
            try other.write(folder.text(name) ?? "", to: "\(folderName)/\(name)")
            chmod("\(other.path)/\(folderName)/\(name)", 0o600)
        }
    }

    /// Runs `openssl` in the authority's folder.
    ///
    /// - Returns: its standard output.
    @discardableResult
    package func openssl(_ arguments: [String]) throws -> String {
        let outcome = try Program.timeout.run(["30", "/usr/bin/openssl"] + arguments, in: folder.url)
        guard outcome.status == 0 else { throw WireError("openssl \(arguments): \(outcome.errors)") }
        return outcome.output
    }
}

/// What a TLS client on this machine saw.
package struct SecureClient: Sendable {
    package var port: UInt16
    /// Path of the authority that it believes.
    package var authority: String
    /// Where it runs.
    package var folder: URL

    package init(port: UInt16, authority: CertificateAuthority) {
        self.port = port
        self.authority = authority.certificate
        folder = authority.folder.url
    }

    /// Asks by curl. The host of the URL is only a name: the connection is to the port.
    ///
    /// - Returns: standard output is the answer's body.
    package func curl(_ url: String, _ arguments: [String] = []) throws -> Program.Outcome {
        try Program.timeout.run(
            ["60", "/usr/bin/curl", "-sS", "--cacert", authority, "--connect-to", "::127.0.0.1:\(port)"] + arguments
                + ["https://\(url)"],
            in: folder
        )
    }

    /// Shakes hands by `openssl s_client`, sends a text and reads until the other side ends.
    ///
    /// - Returns: standard output is what it tells of the connection, and what came.
    package func shakeHands(_ arguments: [String] = [], sending text: String? = nil) throws -> Program.Outcome {
        try Program.timeout.run(
            ["30", "/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", authority]
                + (text == nil ? [] : ["-ign_eof"]) + arguments,
            in: folder,
            input: text ?? ""
        )
    }
}

/// `openssl s_server`, which sends files of a folder as whole HTTP answers that end with the connection.
package final class FileServer {
    package let port: UInt16
    private let program: RunningProgram

    /// - Parameters:
    ///   - name: of the certificate.
    ///   - arguments: further ones.
    package init(_ authority: CertificateAuthority, certificate name: String, _ arguments: [String] = []) throws {
        let files = ["-cert", "\(name).crt", "-key", "\(name).key"]
        let program = try Program.timeout.start(
            ["120", "/usr/bin/openssl", "s_server", "-HTTP", "-accept", "127.0.0.1:0"] + files + arguments,
            in: authority.folder.url
        )
        guard program.wait(20, until: { program.output.contains("ACCEPT") || !program.isRunning }),
            let line = program.output.split(separator: "\n").first(where: { $0.hasPrefix("ACCEPT") }),
            let port = UInt16(line.split(separator: ":").last ?? "")
        else { throw WireError("openssl s_server: \(program.errors)\(program.output)") }
        self.port = port
        self.program = program
    }
}
