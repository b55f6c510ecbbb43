internal import CTLS
internal import Digests
internal import GatewayTable

/// Reads the certificates, keys and authorities that a table names. A table without TLS costs nothing here.
///
/// Unsafe operations hold because what is lent to OpenSSL lives until the call returns.
struct SecurityLoader {
    private let view: TableView
    /// With a slash at its end, or empty.
    private let folder: String
    /// What the bundle's files must be, where only signed bundles are served.
    private let seal: BundleSeal?
    private var files: [Security.WatchedFile] = []
    private var warnings: [String] = []
    private var digest = SHA256()

    private init(_ view: TableView, folder: String, seal: BundleSeal?) {
        self.view = view
        self.seal = seal
        self.folder = folder
    }

    /// - Parameters:
    ///   - bundle: a bundle's directory, or a table file: relative paths are relative to its folder.
    ///   - seal: what the bundle's files must be.
    ///   - former: keeps serving what already listens for TLS when a table has nothing to say about it.
    static func load(
        _ view: TableView,
        bundle: String,
        seal: BundleSeal? = nil,
        former: Security?
    ) throws(LoadError) -> Security {
        var loader = SecurityLoader(view, folder: MappedTable.folder(ofBundle: bundle), seal: seal)
        return try loader.load(former)
    }

    private mutating func load(_ former: Security?) throws(LoadError) -> Security {
        var clients: [(client: TLSClient, digest: Digest256)] = []
        var server: TLSServer?
        var certificates: [Security.Certificate] = []
        do throws(LoadError) {
            for index in 0..<view.upstreamTLS.count { clients.append(try client(view.upstreamTLS[index])) }
            if view.listenerTLS.count > 0 {
                let made = try self.server(view.listenerTLS[0])
                server = made.server
                certificates = made.certificates
            } else if let kept = former?.server {
                unsafe apic_tls_server_retain(kept.pointer)
                server = kept
            }
        } catch {
            for entry in clients { unsafe apic_tls_client_release(entry.client.pointer) }
            throw error
        }
        return Security(
            server: server,
            clients: clients,
            certificates: certificates,
            files: files,
            digest: digest.finish(),
            warnings: warnings
        )
    }

    // MARK: Listeners

    private mutating func server(
        _ record: ListenerTLSRecord
    ) throws(LoadError) -> (server: TLSServer, certificates: [Security.Certificate]) {
        let protocols = TLSServer.protocols(withHTTP2: view.gateway.speaksHTTP2)
        let made = unsafe apic_tls_server_make(
            Int32(record.oldestVersion),
            protocols.utf8Start,
            protocols.utf8CodeUnitCount
        )
        guard let made = unsafe made else { throw .noMemory(code: 12) }
        var certificates: [Security.Certificate] = []
        do throws(LoadError) {
            unsafe try askClients(made, record)
            let range = record.certificates
            for (number, index) in (range.first..<range.first + range.count).enumerated() {
                let path = unsafe try add(view.certificates[index], to: made)
                let expiry = unsafe apic_tls_server_expiry(made, number)
                certificates.append(Security.Certificate(path: path, expiry: expiry))
            }
        } catch {
            unsafe apic_tls_server_release(made)
            throw error
        }
        unsafe apic_tls_server_finish(made)
        return (unsafe TLSServer(pointer: made), certificates)
    }

    private mutating func askClients(_ server: OpaquePointer, _ record: ListenerTLSRecord) throws(LoadError) {
        guard let mode = ClientCertificateMode(rawValue: record.clientMode), mode != .none else { return }
        let path = path(record.clientAuthorities)
        let authorities = try readBundled(record.clientAuthorities)
        var problem = apic_tls_problem()
        let kind = unsafe apic_tls_server_ask_clients(server, authorities.lent, mode == .require ? 1 : 0, &problem)
        guard kind == 0 else { throw Self.error(problem, path: path, key: path) }
    }

    private mutating func add(_ record: CertificateRecord, to server: OpaquePointer) throws(LoadError) -> String {
        let path = path(record.certificate)
        let chain = try readBundled(record.certificate)
        let key = try self.key(record, of: path)
        let responsePath = record.ocspResponse.count > 0 ? self.path(record.ocspResponse) : ""
        let response = responsePath.isEmpty ? SecretBytes.none : try read(responsePath)
        var problem = apic_tls_problem()
        let kind = unsafe apic_tls_server_add(server, chain.lent, key.bytes.lent, response.lent, &problem)
        if Int(kind) == apic_tls_bad_response {
            throw .unusableFile(path: responsePath, reason: "it holds no good response of OCSP for `\(path)`, as DER")
        }
        guard kind == 0 else { throw Self.error(problem, path: path, key: key.place) }
        return path
    }

    // MARK: Upstreams

    private mutating func client(
        _ record: UpstreamTLSRecord
    ) throws(LoadError) -> (client: TLSClient, digest: Digest256) {
        var own = SHA256()
        own.update([record.verifies ? 1 : 0] + view.bytes(record.serverName).array + [0])
        let authoritiesPath = record.authorities.count > 0 ? path(record.authorities) : ""
        let authorities = authoritiesPath.isEmpty ? SecretBytes.none : try readBundled(record.authorities)
        unsafe own.update(authorities.buffer)
        var problem = apic_tls_problem()
        guard record.certificate != TableLayout.none else {
            let made = unsafe apic_tls_client_make(
                record.verifies ? 1 : 0,
                authorities.lent,
                apic_tls_bytes(),
                apic_tls_bytes(),
                &problem
            )
            guard let made = unsafe made else {
                throw Self.error(problem, path: authoritiesPath, key: authoritiesPath)
            }
            return (unsafe TLSClient(pointer: made), own.finish())
        }
        let pair = view.certificates[record.certificate]
        let path = path(pair.certificate)
        let chain = try readBundled(pair.certificate)
        let key = try self.key(pair, of: path)
        unsafe own.update(chain.buffer)
        unsafe own.update(key.bytes.buffer)
        let made = unsafe apic_tls_client_make(
            record.verifies ? 1 : 0,
            authorities.lent,
            chain.lent,
            key.bytes.lent,
            &problem
        )
        guard let made = unsafe made else { throw Self.error(problem, path: path, key: key.place) }
        return (unsafe TLSClient(pointer: made), own.finish())
    }

    // MARK: Files

    private func path(_ reference: TextReference) -> String {
        let path = view.string(reference)
        return path.hasPrefix("/") ? path : folder + path
    }

    /// Reads a certificate or authorities, which a signature lists if the bundle brings them along.
    private mutating func readBundled(_ reference: TextReference) throws(LoadError) -> SecretBytes {
        let path = path(reference)
        let name = view.string(reference)
        let bytes = try read(path)
        if let seal, !name.hasPrefix("/") {
            let digest = unsafe SHA256.digest(bytes.buffer)
            try seal.check(digest, byteCount: bytes.count, of: name, at: path)
        }
        return bytes
    }

    private mutating func read(_ path: String) throws(LoadError) -> SecretBytes {
        // First what it is, then what it holds: a change in between is noticed later.
        files.append(Security.WatchedFile(path: path, identity: BundleWatch.Identity(path: path)))
        let bytes = try SecretBytes.file(path)
        unsafe digest.update(bytes.buffer)
        return bytes
    }

    /// A key and where it comes from.
    private struct Key: ~Copyable {
        var bytes: SecretBytes
        var place: String
    }

    private mutating func key(_ record: CertificateRecord, of certificate: String) throws(LoadError) -> Key {
        if record.keyKind == PrivateKeyKind.environment.rawValue {
            let name = view.string(record.key)
            let bytes = try SecretBytes.variable(name, certificate: certificate)
            unsafe digest.update(bytes.buffer)
            return Key(bytes: bytes, place: "${env:\(name)}")
        }
        let path = path(record.key)
        let bytes = try read(path)
        if bytes.isExposed {
            warnings.append("others than its owner can read the private key `\(path)`; `chmod 600` it")
        }
        return Key(bytes: bytes, place: path)
    }

    /// - Parameters:
    ///   - path: of the certificate.
    ///   - key: where its key is.
    private static func error(_ problem: apic_tls_problem, path: String, key: String) -> LoadError {
        var problem = problem
        // The text is zero-terminated within its array.
        let detail = unsafe withUnsafeBytes(of: &problem.detail) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        switch Int(problem.kind) {
        case apic_tls_no_memory: return .noMemory(code: 12)
        case apic_tls_no_certificate: return .unusableFile(path: path, reason: "it holds no certificate as PEM")
        case apic_tls_no_key: return .unusableFile(path: key, reason: "it holds no private key as PEM")
        case apic_tls_key_locked:
            return .unusableFile(
                path: key,
                reason: "the private key is locked by a passphrase, which nobody is there to say"
            )
        case apic_tls_key_foreign:
            return .unusableFile(path: key, reason: "the private key is not that of the certificate `\(path)`")
        case apic_tls_expired: return .unusableFile(path: path, reason: "the certificate expired at \(detail)")
        case apic_tls_not_yet_valid:
            return .unusableFile(path: path, reason: "the certificate is valid from \(detail) on")
        default: return .unusableFile(path: path, reason: detail.isEmpty ? "OpenSSL refuses it" : "OpenSSL: \(detail)")
        }
    }
}
