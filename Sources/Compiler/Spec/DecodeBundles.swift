package import GatewayIR

/// `bundles` as written, of the gateway or of a node.
package struct BundlesSpec: Sendable {
    /// `bundles: off`
    package var isOff = false
    /// With the slash at its end.
    package var url: Spanned<String>?
    package var seconds: Spanned<Int64>?
    package var authorities: Spanned<String>?
    package var trust: [Spanned<String>] = []
    /// `stale: { warn: 1h, stop: 24h }`, in seconds.
    package var warnsAfter: Spanned<Int64>?
    package var stopsAfter: Spanned<Int64>?
    package var span: SourceSpan

    package init(span: SourceSpan) { self.span = span }
}

/// `nodes.NAME.listen` as written.
package struct NodeListenSpec: Sendable {
    package var http: [Spanned<ListenAddress>] = []
    package var https: [Spanned<ListenAddress>] = []
    package var status: Spanned<ListenAddress>?
}

extension SpecDecoder {
    mutating func bundles(_ field: Field) -> BundlesSpec? {
        guard let fields = fields(field, SpecSchema.bundles) else { return nil }
        var spec = BundlesSpec(span: field.keySpan)
        spec.url = scalar(fields["url"], .bundleURL)
        spec.seconds = scalar(fields["every"], .pullInterval)
        spec.authorities = scalar(fields["ca"], .bundledPath)
        spec.trust = distinct(oneOrMore(fields["trust"], of: "paths of keys", .trustPath), "key") { $0 }
        guard let field = fields["stale"], let stale = self.fields(field, SpecSchema.staleness) else { return spec }
        spec.warnsAfter = scalar(stale["warn"], .staleness)
        spec.stopsAfter = scalar(stale["stop"], .staleness)
        return spec
    }

    /// `off`, or a map.
    mutating func bundlesOfNode(_ field: Field) -> BundlesSpec? {
        guard tree[field.node].kind != .map else { return bundles(field) }
        guard scalar(field, .off) != nil else { return nil }
        var spec = BundlesSpec(span: field.keySpan)
        spec.isOff = true
        return spec
    }

    mutating func listenOfNode(_ field: Field) -> NodeListenSpec? {
        guard let fields = fields(field, SpecSchema.nodeListen) else { return nil }
        return NodeListenSpec(
            http: oneOrMore(fields["http"], of: "addresses", .listenAddress(defaultHost: "0.0.0.0")),
            https: oneOrMore(fields["https"], of: "addresses", .listenAddress(defaultHost: "0.0.0.0")),
            status: scalar(fields["status"], .listenAddress(defaultHost: "127.0.0.1", takesPaths: false))
        )
    }
}

extension ScalarType where Value == String {
    /// The address of a folder at a server of files; a slash at its end is added.
    fileprivate static let bundleURL = ScalarType("a URL such as `https://bundles.example.com/storefront/`") {
        text throws(ScalarProblem) in
        let url = try webURL.parse(text)
        let host = url.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" }
        guard !host.contains("@") else {
            throw ScalarProblem(
                .badURL,
                "the URL of the bundles has a user name in it, which everybody could read",
                help: "delete it; a node shows its `certificate`"
            )
        }
        guard !url.contains("?"), !url.contains("#") else {
            throw ScalarProblem(
                .badURL,
                "`\(text.excerpt)` is no address of a folder: names of files are put behind it",
                help: "delete the query or fragment"
            )
        }
        return url.hasSuffix("/") ? url : url + "/"
    }

    /// A path to a public key. Several are one variable, with commas.
    fileprivate static let trustPath = ScalarType("a path") { text throws(ScalarProblem) in
        let path = try bundledPath.parse(text)
        guard !path.contains(",") else {
            throw ScalarProblem(
                .badPath,
                "the path `\(text.excerpt)` has a comma, which separates paths where gateways are told of them",
                help: "rename the file"
            )
        }
        return path
    }

    /// A path to a private key that is on the node, wherever it has its bundle from.
    static let absoluteKeyPath = ScalarType("an absolute path such as `/run/secrets/eu-1.key`") {
        text throws(ScalarProblem) in
        let path = try keyPath.parse(text)
        guard path.hasPrefix("/") else {
            throw ScalarProblem(
                .badPath,
                "`\(text.excerpt)` is no absolute path, and a private key is no part of a bundle",
                help: "write where the node finds it, such as `/run/secrets/node.key`"
            )
        }
        return path
    }

    fileprivate static let off = ScalarType("`off`, or a map") { text throws(ScalarProblem) in
        guard text == "off" else { throw Words.problem(text, among: ["off"]) }
        return text
    }
}

extension ScalarType where Value == Int64 {
    /// From a second to ten years.
    fileprivate static let staleness = ScalarType(seconds.noun) { text throws(ScalarProblem) in
        let value = try positiveSeconds.parse(text)
        guard value <= 3650 * 86_400 else {
            throw ScalarProblem(
                .outOfRange,
                "the duration `\(text.excerpt)` is longer than ten years",
                help: "leave it out: a bundle is served for ever then"
            )
        }
        return value
    }

    /// From a second to a day.
    fileprivate static let pullInterval = ScalarType(seconds.noun) { text throws(ScalarProblem) in
        let value = try positiveSeconds.parse(text)
        guard value <= 86_400 else {
            throw ScalarProblem(
                .outOfRange,
                "the duration `\(text.excerpt)` is longer than a day",
                help: "write at most `24h`"
            )
        }
        return value
    }
}
