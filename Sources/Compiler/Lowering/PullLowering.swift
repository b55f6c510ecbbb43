internal import GatewayIR

/// Where nodes pull their bundles from: what all have in common, and what a node says in its place.
enum PullLowering {
    /// - Parameters:
    ///   - common: of the gateway.
    ///   - own: of a node; each key of it beats that of the gateway.
    /// - Returns: `nil` if bundles are mounted.
    static func source(_ common: BundlesSpec?, _ own: BundlesSpec?) -> PullSource? {
        guard own?.isOff != true, let url = own?.url ?? common?.url else { return nil }
        return PullSource(
            url: url.value,
            seconds: (own?.seconds ?? common?.seconds)?.value,
            authorities: (own?.authorities ?? common?.authorities)?.value,
            trust: trust(common, own).map(\.value),
            warnsAfter: (own?.warnsAfter ?? common?.warnsAfter)?.value,
            stopsAfter: (own?.stopsAfter ?? common?.stopsAfter)?.value
        )
    }

    private static func trust(_ common: BundlesSpec?, _ own: BundlesSpec?) -> [Spanned<String>] {
        guard let own, !own.trust.isEmpty else { return common?.trust ?? [] }
        return own.trust
    }

    /// Files that pulling nodes need before they have a bundle, apart from their certificates.
    static func keys(_ document: SpecDocument) -> [Spanned<String>] { specs(document).flatMap(\.trust) }

    /// The same: authorities.
    static func authorities(_ document: SpecDocument) -> [Spanned<String>] { specs(document).compactMap(\.authorities) }

    private static func specs(_ document: SpecDocument) -> [BundlesSpec] {
        (document.bundles.map { [$0] } ?? []) + document.nodes.compactMap(\.value.bundles)
    }

    static func check(_ document: SpecDocument, into diagnostics: inout [Diagnostic]) {
        let common = document.bundles
        var untrusted: Set<SourceSpan> = []
        var reported: Set<SourceSpan> = []
        var pulling: String?
        for node in document.nodes where !node.value.runsKong {
            let own = node.value.bundles
            if let key = node.value.key, node.value.certificate == nil, !document.hasRefusal(within: node.value.span) {
                diagnostics.append(.nodeKeyAlone(key, node: node.name.value))
            }
            guard own?.isOff != true else { continue }
            guard let url = own?.url ?? common?.url else {
                if let own, !document.hasRefusal(within: node.value.span) {
                    diagnostics.append(.noSource(at: own.span))
                }
                continue
            }
            pulling = pulling ?? node.name.value
            checkStaleness(common, own, reported: &reported, into: &diagnostics)
            guard trust(common, own).isEmpty, untrusted.insert(url.span).inserted else { continue }
            if document.incompleteKeys.contains("trust") { continue }
            diagnostics.append(.untrustedSource(url, node: node.name.value))
        }
        if let common, document.nodes.isEmpty {
            if let url = common.url {
                pulling = document.gateway?.value
                checkStaleness(common, nil, reported: &reported, into: &diagnostics)
                if common.trust.isEmpty, !document.incompleteKeys.contains("trust") {
                    diagnostics.append(.untrustedSource(url, node: nil))
                }
            } else if !document.incompleteKeys.contains("url") {
                diagnostics.append(.noSource(at: common.span))
            }
        }
        if let pulling { refuseRelativeSecrets(document, of: pulling, into: &diagnostics) }
    }

    /// - Parameter reported: values that were found wrong for another node.
    private static func checkStaleness(
        _ common: BundlesSpec?,
        _ own: BundlesSpec?,
        reported: inout Set<SourceSpan>,
        into diagnostics: inout [Diagnostic]
    ) {
        guard let stop = own?.stopsAfter ?? common?.stopsAfter, !reported.contains(stop.span) else { return }
        if let warning = own?.warnsAfter ?? common?.warnsAfter, warning.value >= stop.value {
            reported.insert(stop.span)
            diagnostics.append(.stopsTooSoon(stop, than: warning, "warns"))
        } else if let every = own?.seconds ?? common?.seconds, every.value >= stop.value {
            reported.insert(stop.span)
            diagnostics.append(.stopsTooSoon(stop, than: every, "asks"))
        } else if (own?.seconds ?? common?.seconds) == nil, stop.value <= PullSource.usualSeconds {
            reported.insert(stop.span)
            diagnostics.append(.stopsTooSoon(stop, than: nil, "asks"))
        }
    }

    /// A path that is relative leads into the bundle's folder, and no secret comes with a bundle.
    private static func refuseRelativeSecrets(
        _ document: SpecDocument,
        of node: String,
        into diagnostics: inout [Diagnostic]
    ) {
        var secrets: [Spanned<SecretReference>] = []
        for consumer in document.consumers {
            for credential in consumer.value.credentials {
                guard case .secret(let secret) = credential.key.value else { continue }
                secrets.append(Spanned(secret, credential.key.span))
            }
        }
        secrets += (document.listen.https?.certificates ?? []).map(\.key)
        secrets += document.upstreams.compactMap { $0.value.tls?.certificate?.key }
        document.forEachPluginUse { use in
            guard case .jwt(let spec) = use.setting else { return }
            for key in spec.settings.keys {
                guard case .secret(let secret) = key.source else { continue }
                secrets.append(Spanned(secret, use.name.span))
            }
        }
        for secret in secrets {
            guard case .file(let path) = secret.value, !path.hasPrefix("/") else { continue }
            diagnostics.append(.secretBesideBundle(path, at: secret.span, node: node))
        }
    }
}

extension Diagnostic {
    fileprivate static func stopsTooSoon(
        _ stop: Spanned<Int64>,
        than other: Spanned<Int64>?,
        _ verb: String
    ) -> Diagnostic {
        let seconds = other?.value ?? PullSource.usualSeconds
        return Diagnostic(
            .stopsTooSoon,
            "a node stops after \(stop.value)s, and \(verb) after \(seconds)s only",
            at: stop.span,
            related: other.map { [.init($0.span, "it \(verb) after this time")] } ?? [],
            help: "write more than `stop: \(seconds)s`"
        )
    }

    fileprivate static func untrustedSource(_ url: Spanned<String>, node: String?) -> Diagnostic {
        let who = node.map { "`\($0)` pulls" } ?? "bundles are pulled"
        return Diagnostic(
            .untrustedSource,
            "\(who) from `\(url.value)` without a key to trust",
            at: url.span,
            help: "add the public key that bundles are signed for: `trust: keys/release.pub`"
        )
    }

    fileprivate static func noSource(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .noSource,
            "`bundles` does not say where from",
            at: span,
            help: "add `url: https://bundles.example.com/storefront/`"
        )
    }

    fileprivate static func nodeKeyAlone(_ key: Spanned<String>, node: String) -> Diagnostic {
        Diagnostic(
            .nodeKeyAlone,
            "`\(node)` has a private key, and no certificate to show with it",
            at: key.span,
            help: "add `certificate`, or delete the key"
        )
    }

    fileprivate static func secretBesideBundle(_ path: String, at span: SourceSpan, node: String) -> Diagnostic {
        Diagnostic(
            .secretBesideBundle,
            "the secret `\(path)` would have to be in the bundle's folder, and `\(node)` pulls its bundles, which bring no secrets",
            at: span,
            help:
                "write an absolute path such as `/run/secrets/\(path.split(separator: "/").last ?? "key")`, or `${env:NAME}`"
        )
    }
}
