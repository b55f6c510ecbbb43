internal import GatewayIR

/// What TLS needs, with its defaults filled in.
enum SecurityLowering {
    static func listeners(_ spec: HTTPSSpec?) -> SecureListeners? {
        guard let spec, !spec.certificates.isEmpty else { return nil }
        var result = SecureListeners(certificates: spec.certificates.map(pair))
        if !spec.addresses.isEmpty { result.addresses = spec.addresses.map(\.value) }
        if let version = spec.oldestVersion?.value { result.oldestVersion = version }
        result.clientCertificates = spec.clientCertificates.map {
            ClientCertificates(authorities: $0.authorities.value, mode: $0.mode?.value ?? .require)
        }
        return result
    }

    /// - Returns: `nil` if no target is spoken to by TLS.
    static func upstream(_ upstream: Named<UpstreamSpec>, into diagnostics: inout [Diagnostic]) -> UpstreamTLS? {
        let spec = upstream.value.tls
        guard upstream.value.targets.contains(where: \.isSecure) else {
            // A target that was refused may have been the one.
            if let spec, !upstream.value.targets.isEmpty { diagnostics.append(.tlsWithoutTarget(spec.span)) }
            return nil
        }
        var result = UpstreamTLS()
        guard let spec else { return result }
        if let verifies = spec.verifies {
            result.verifies = verifies.value
            if !verifies.value { diagnostics.append(.unverifiedUpstream(upstream.name.value, at: verifies.span)) }
        }
        result.authorities = spec.authorities?.value
        result.serverName = spec.serverName?.value
        result.certificate = spec.certificate.map(pair)
        return result
    }

    private static func pair(_ spec: CertificateSpec) -> CertificatePair {
        CertificatePair(
            certificate: spec.certificate.value,
            key: spec.key.value,
            ocspResponse: spec.ocspResponse?.value
        )
    }

    /// Files that the bundle gets copies of, and the position of their paths: ascending by path, each once.
    static func bundledFiles(_ document: SpecDocument) -> [BundledFile] {
        var paths: [Spanned<String>] = []
        if let https = document.listen.https {
            paths += https.certificates.map(\.certificate)
            if let clients = https.clientCertificates { paths.append(clients.authorities) }
        }
        for upstream in document.upstreams {
            guard let tls = upstream.value.tls else { continue }
            if let path = tls.authorities { paths.append(path) }
            if let pair = tls.certificate { paths.append(pair.certificate) }
        }
        document.forEachPluginUse { use in
            guard case .jwt(let spec) = use.setting, let path = spec.authorities else { return }
            paths.append(path)
        }
        paths += document.nodes.compactMap(\.value.certificate)
        paths += PullLowering.authorities(document)
        var known: Set<BundledFile> = []
        for path in paths where !path.value.hasPrefix("/") {
            known.insert(BundledFile(path: path.value, file: path.span.file))
        }
        for path in PullLowering.keys(document) where !path.value.hasPrefix("/") {
            known.insert(BundledFile(path: path.value, file: path.span.file, isPublicKey: true))
        }
        return known.sorted { ($0.path, $0.file) < ($1.path, $1.file) }
    }
}

extension SecurityLowering {
    /// Those that the bundle gets copies of.
    static func nodeCertificates(_ document: SpecDocument) -> [NodeCertificate] {
        document.nodes.compactMap { node in
            node.value.certificate.flatMap { path in
                path.value.hasPrefix("/")
                    ? nil : NodeCertificate(node: node.name.value, path: path.value, span: path.span)
            }
        }
    }
}

extension Diagnostic {
    static func unverifiedUpstream(_ name: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .unverifiedUpstream,
            "whoever answers for `\(name)` is believed: its certificates are not verified",
            at: span,
            help: "delete `verify`, and name the authority with `ca` if it is one of your own"
        )
    }

    static func tlsWithoutTarget(_ span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .tlsWithoutTarget,
            "`tls` has no effect: no target of the upstream is `https://`",
            at: span,
            help: "write the targets as `https://host:port`, or delete `tls`"
        )
    }
}
