internal import Credentials
internal import Glibc

/// A certificate authority in a folder, for the nodes of one gateway:
///
///     authority.crt       what servers believe
///     authority.key       its private key
///     NAME.crt            of each node, and
///     NAME.key
///     revoked.yaml        what is built into the next bundle, beside the spec
///
/// Private keys are for their owner only. Nothing is ever overwritten.
struct NodeAuthority {
    /// A certificate of a node.
    struct Issued {
        var node: String
        /// Relative to the authority's folder.
        var path: String
        var facts: CertificateFacts
    }

    static let certificatePath = "authority.crt"
    static let keyPath = "authority.key"
    /// What no node can be called.
    static let ownName = "authority"
    static let daySeconds: Int64 = 86_400
    private static let fileByteCountMax = 1 << 16
    /// Clocks differ: a certificate is valid a little earlier than it was made.
    private static let skewSeconds: Int64 = 300
    private static let missingHelp = "`apic cert init` makes an authority; `--ca` says where it is"

    let folder: String
    private let authority: CertificateAuthority

    /// Opens an authority.
    init(_ folder: String) throws(FileFailure) {
        self.folder = folder
        let (certificatePath, keyPath) = ("\(folder)/\(Self.certificatePath)", "\(folder)/\(Self.keyPath)")
        let pem = CertificatePEM(
            certificate: try Self.text(at: certificatePath, missingHelp: Self.missingHelp),
            key: try Self.text(at: keyPath, missingHelp: Self.missingHelp)
        )
        do throws(CertificateAuthority.Fault) { authority = try CertificateAuthority(pem) } catch {
            switch error {
            case .noCertificate: throw FileFailure("`\(certificatePath)` holds no certificate as PEM")
            case .noKey: throw FileFailure("`\(keyPath)` holds no private key as PEM, or one with a passphrase")
            case .foreignKey: throw FileFailure("`\(keyPath)` is not the key of `\(certificatePath)`")
            }
        }
    }

    /// Makes an authority in a folder.
    ///
    /// - Parameters:
    ///   - name: what its certificate is called.
    ///   - now: seconds since 1970.
    static func make(in folder: String, name: String, days: Int, now: Int64) throws(FileFailure) {
        _ = try Folder(making: folder)
        let paths = (certificate: "\(folder)/\(certificatePath)", key: "\(folder)/\(keyPath)")
        try FileWriting.refuseExisting([paths.certificate, paths.key])
        let pair = try attempt {
            try CertificateAuthority.make(name: name, validity: now - skewSeconds..<now + Int64(days) * daySeconds)
        }.get()
        try write(pair, at: paths.certificate, keyAt: paths.key)
    }

    /// Makes a certificate and a key for a node; none outlives its authority.
    ///
    /// - Parameter isRenewal: what the node has already is moved aside, under the beginning of its fingerprint.
    func issue(_ node: String, days: Int, isRenewal: Bool, now: Int64) throws(FileFailure) -> Issued {
        guard now < authority.expiry else {
            throw FileFailure("the authority in `\(folder)` has expired; make another one with `apic cert init --ca`")
        }
        let base = "\(folder)/\(node)"
        if isRenewal {
            try moveAside(base)
        } else {
            do throws(FileFailure) { try FileWriting.refuseExisting(["\(base).crt", "\(base).key"]) } catch {
                throw FileFailure("\(error); `--renew` moves it aside")
            }
        }
        let expiry = min(now + Int64(days) * Self.daySeconds, authority.expiry)
        let pair = try Self.attempt { try authority.issue(node, validity: now - Self.skewSeconds..<expiry) }.get()
        try Self.write(pair, at: "\(base).crt", keyAt: "\(base).key")
        return Issued(node: node, path: "\(node).crt", facts: try Self.facts(at: "\(base).crt"))
    }

    private func moveAside(_ base: String) throws(FileFailure) {
        let mark = try Self.facts(at: "\(base).crt").fingerprint.prefix(4)
            .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        for suffix in ["crt", "key"] where access("\(base).\(suffix)", F_OK) == 0 {
            let aside = "\(base).\(mark).\(suffix)"
            try FileWriting.refuseExisting([aside])
            guard rename("\(base).\(suffix)", aside) == 0 else {
                throw FileFailure(cannot: "move `\(base).\(suffix)` aside", code: errno)
            }
        }
    }

    /// All certificates of nodes: ascending by node, the newest first.
    func issued() throws(FileFailure) -> [Issued] {
        var all: [Issued] = []
        for path in try Folder(folder).names(in: ".") where path.hasSuffix(".crt") && path != Self.certificatePath {
            all.append(
                Issued(
                    node: String(path.prefix { $0 != "." }),
                    path: path,
                    facts: try Self.facts(at: "\(folder)/\(path)")
                )
            )
        }
        return all.sorted { ($0.node, -$0.facts.expiry, $0.path) < ($1.node, -$1.facts.expiry, $1.path) }
    }

    /// What a certificate in a file says of itself.
    static func facts(at path: String) throws(FileFailure) -> CertificateFacts {
        guard let facts = CertificateFacts(pem: try text(at: path)) else {
            throw FileFailure("`\(path)` holds no certificate as PEM")
        }
        return facts
    }

    private static func text(at path: String, missingHelp: String? = nil) throws(FileFailure) -> String {
        let bytes = try FileReading.bytes(at: path, byteCountMax: fileByteCountMax, missingHelp: missingHelp)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func write(_ pair: CertificatePEM, at path: String, keyAt keyPath: String) throws(FileFailure) {
        try FileWriting.create(keyPath, Array(pair.key.utf8), mode: 0o600)
        do throws(FileFailure) { try FileWriting.create(path, Array(pair.certificate.utf8), mode: 0o644) } catch {
            // A key without its certificate would be in the way of the next attempt.
            unlink(keyPath)
            throw error
        }
    }

    /// What makes certificates throws any error; none of them is the user's.
    private static func attempt<Value>(_ body: () throws -> Value) -> Result<Value, FileFailure> {
        do { return .success(try body()) } catch {
            return .failure(FileFailure("cannot make the certificate: \(error)"))
        }
    }
}
