extension TableView {
    /// Certificates, secure listeners, and TLS towards upstreams.
    func validateSecurity() throws(TableError) {
        for index in 0..<certificates.count {
            let record = certificates[index]
            try check(record.certificate, .certificates, index, "certificate")
            try check(record.key, .certificates, index, "key")
            try check(record.ocspResponse, .certificates, index, "ocspResponse")
            try require(record.certificate.count > 0 && record.key.count > 0, .certificates, index, "an empty path")
            try require(PrivateKeyKind(rawValue: record.keyKind) != nil, .certificates, index, "unknown kind of key")
        }
        try validateListenerTLS()
        for index in 0..<upstreamTLS.count {
            let record = upstreamTLS[index]
            try check(record.authorities, .upstreamTLS, index, "authorities")
            try check(record.serverName, .upstreamTLS, index, "serverName")
            try check(record.flags, below: 2, .upstreamTLS, index, "flags")
            if record.certificate != TableLayout.none {
                try check(record.certificate, below: certificates.count, .upstreamTLS, index, "certificate")
            }
        }
        for index in 0..<upstreams.count {
            let upstream = upstreams[index]
            if upstream.tls != TableLayout.none {
                try check(upstream.tls, below: upstreamTLS.count, .upstreams, index, "tls")
                continue
            }
            // The ranges of targets were checked to tile.
            for target in upstream.targets.first..<upstream.targets.first + upstream.targets.count {
                try require(!targets[target].isSecure, .upstreams, index, "a secure target, and no `tls`")
            }
        }
    }

    private func validateListenerTLS() throws(TableError) {
        let isNeeded = (0..<listeners.count).contains { listeners[$0].isSecure }
        try require(listenerTLS.count <= 1, .listenerTLS, listenerTLS.count, "more than one record")
        try require(listenerTLS.count == 1 || !isNeeded, .listenerTLS, 0, "a secure listener, and no record")
        guard listenerTLS.count == 1 else { return }
        let record = listenerTLS[0]
        try check(record.clientAuthorities, .listenerTLS, 0, "clientAuthorities")
        try require(record.oldestVersion == 12 || record.oldestVersion == 13, .listenerTLS, 0, "unknown version of TLS")
        guard let mode = ClientCertificateMode(rawValue: record.clientMode) else {
            throw .malformed(section: "listenerTLS", record: 0, what: "unknown mode of client certificates")
        }
        try require(
            (mode == .none) == (record.clientAuthorities.count == 0),
            .listenerTLS,
            0,
            "a mode without authorities"
        )
        try require(record.certificates.count > 0, .listenerTLS, 0, "no certificate")
        let end = UInt64(record.certificates.first) + UInt64(record.certificates.count)
        try require(end <= UInt64(certificates.count), .listenerTLS, 0, "`certificates` is out of range")
    }
}
