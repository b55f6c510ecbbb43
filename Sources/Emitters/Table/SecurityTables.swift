internal import GatewayIR
internal import GatewayTable

/// Certificates of listeners, then of upstreams, and who uses which.
struct SecurityTables {
    private(set) var certificates: [CertificateRecord] = []
    private(set) var listeners: [ListenerTLSRecord] = []
    private(set) var upstreams: [UpstreamTLSRecord] = []

    mutating func set(_ https: SecureListeners, _ text: inout TextPool) {
        var record = ListenerTLSRecord()
        record.certificates = RangeRecord(first: UInt32(certificates.count), count: UInt32(https.certificates.count))
        certificates += https.certificates.map { CertificateRecord($0, &text) }
        record.oldestVersion = https.oldestVersion == .v13 ? 13 : 12
        if let clients = https.clientCertificates {
            record.clientAuthorities = text.add(clients.authorities)
            let mode: ClientCertificateMode = clients.mode == .require ? .require : .request
            record.clientMode = mode.rawValue
        }
        listeners = [record]
    }

    /// - Returns: the record's index.
    mutating func add(_ tls: UpstreamTLS, _ text: inout TextPool) -> UInt32 {
        var record = UpstreamTLSRecord()
        record.authorities = text.add(tls.authorities ?? "")
        record.serverName = text.add(tls.serverName ?? "")
        if tls.verifies { record.flags |= UpstreamTLSRecord.verifyFlag }
        if let pair = tls.certificate {
            record.certificate = UInt32(certificates.count)
            certificates.append(CertificateRecord(pair, &text))
        }
        upstreams.append(record)
        return UInt32(upstreams.count - 1)
    }
}

extension CertificateRecord {
    fileprivate init(_ pair: CertificatePair, _ text: inout TextPool) {
        self.init()
        certificate = text.add(pair.certificate)
        ocspResponse = text.add(pair.ocspResponse ?? "")
        switch pair.key {
        case .file(let path):
            key = text.add(path)
            keyKind = PrivateKeyKind.file.rawValue
        case .environment(let name):
            key = text.add(name)
            keyKind = PrivateKeyKind.environment.rawValue
        }
    }
}
