internal import GatewayIR
internal import Tokens

extension SpecDecoder {
    mutating func jwt(_ fields: Fields) -> TokenSpec? {
        let reportedCount = diagnostics.count
        var settings = TokenSettings()
        settings.audiences = audiences(fields["audience"])
        settings.issuer = scalar(fields["issuer"], .claimText)?.value
        takePlace(fields, &settings)
        takeKeys(fields, &settings)
        takeAlgorithms(fields, &settings)
        settings.requirements = requirements(fields["require"])
        settings.headers = claimHeaders(fields["headers"])
        settings.consumerClaim = scalar(fields["consumer"], .claimText)?.value
        if let skew = scalar(fields["skew"], .seconds), isInRange(skew, 0...3600, "1h") {
            settings.skewSeconds = UInt32(skew.value)
        }
        if let lifetime = scalar(fields["lifetime"], .positiveSeconds), isInRange(lifetime, 1...315_360_000, "3650d") {
            settings.lifetimeSecondsMax = UInt32(lifetime.value)
        }
        settings.forwardsCredential = scalar(fields["forward-credential"], .boolean)?.value ?? false
        guard diagnostics[reportedCount...].allSatisfy({ $0.code.severity != .error }) else { return nil }
        return TokenSpec(
            settings: settings,
            authorities: fields["ca"].map { Spanned(tree.text(of: $0.node), span($0.node)) }
        )
    }

    mutating func isInRange(_ value: Spanned<Int64>, _ range: ClosedRange<Int64>, _ longest: String) -> Bool {
        if range.contains(value.value) { return true }
        report(
            Diagnostic(
                .outOfRange,
                "the duration is longer than makes sense here",
                at: value.span,
                help: "write at most `\(longest)`"
            )
        )
        return false
    }

    /// `any` is none.
    mutating func audiences(_ field: Field?) -> [String] {
        let texts = distinct(oneOrMore(field, of: "audiences", .claimText), "audiences") { $0 }.map(\.value)
        return texts == ["any"] ? [] : texts.sorted()
    }

    mutating func takePlace(_ fields: Fields, _ settings: inout TokenSettings) {
        switch exclusive(fields, ["header", "query", "cookie"])?.key.name {
        case "header": scalar(fields["header"], .editableHeaderName).map { settings.source = .header($0.value) }
        case "query": scalar(fields["query"], .queryName).map { settings.source = .query($0.value) }
        case "cookie":
            scalar(fields["cookie"], .token("the name of a cookie")).map { settings.source = .cookie($0.value) }
        default: break
        }
    }

    // MARK: Keys

    private mutating func takeKeys(_ fields: Fields, _ settings: inout TokenSettings) {
        let discovers = scalar(fields["discovery"], .boolean)?.value == true
        let remote = discovers ? exclusive(fields, ["discovery", "jwks"]) : fields["jwks"]
        if fields.keyNode("keys") == nil, fields.keyNode("jwks") == nil, !discovers {
            report(
                Diagnostic(
                    .oneKeyNeeded,
                    "`jwt` needs `keys`, `jwks` or `discovery: true`",
                    at: span(fields.node),
                    help: "add `jwks: https://…`, or `discovery: true` beside `issuer`"
                )
            )
        }
        for item in items(fields["keys"], of: "keys", isNeeded: true) {
            if let key = tokenKey(item) { settings.keys.append(key) }
        }
        let authorities = scalar(fields["ca"], .bundledPath)?.value
        guard let remote else { return }
        guard discovers else {
            guard let url = scalar(remote, .webURL) else { return }
            checkTransport(url)
            settings.remoteKeys = RemoteKeys(url: url.value, authorities: authorities)
            return
        }
        requireKey("issuer", in: fields)
        guard fields.keyNode("issuer") != nil, let url = scalar(fields["issuer"], .issuerURL) else { return }
        checkTransport(url)
        settings.remoteKeys = RemoteKeys(url: url.value, isIssuer: true, authorities: authorities)
    }

    /// To this machine itself nobody is in between.
    private mutating func checkTransport(_ url: Spanned<String>) {
        guard url.value.lowercased().hasPrefix("http://") else { return }
        let host = url.value.dropFirst(7).prefix { !"/?#".contains($0) }
        let isOwn = ["127.", "localhost", "[::1]"].contains { host.hasPrefix($0) }
        guard !isOwn else { return }
        report(
            Diagnostic(
                .keysInPlainText,
                "whoever can change what comes over this connection can make tokens for anybody",
                at: url.span,
                help: "write `https://`, and name the authority with `ca` if it is one of your own"
            )
        )
    }

    private mutating func tokenKey(_ node: NodeIndex) -> TokenKey? {
        guard let fields = fields(node, PluginSchema.tokenKey) else { return nil }
        let id = scalar(fields["id"], .claimText)?.value ?? ""
        let algorithm = scalar(fields["algorithm"], .tokenAlgorithm)
        guard let field = exactlyOne(fields, ["public-key", "secret"]) else { return nil }
        let isSecret = field.key.name == "secret"
        if isSecret { requireKey("algorithm", in: fields) }
        if let algorithm, algorithm.value.isSymmetric != isSecret {
            report(.tokenKeyAlgorithm(algorithm, isSecret: isSecret))
            return nil
        }
        if let reference = secretReference(field.node) {
            return TokenKey(id: id, algorithm: algorithm?.value, source: .secret(reference))
        }
        guard !isSecret else {
            report(
                Diagnostic(
                    .literalTokenSecret,
                    "who can read the spec can make tokens for anybody",
                    at: field.keySpan,
                    help:
                        "write `${env:NAME}` or `${file:PATH}`, give the secret to the gateway, and choose another one"
                )
            )
            return nil
        }
        guard let text = keyText(field) else { return nil }
        return check(text, field, algorithm).map {
            TokenKey(id: id, algorithm: algorithm?.value, source: .text($0))
        }
    }

    /// A text, or a map that is written as JSON.
    private mutating func keyText(_ field: Field) -> String? {
        guard tree[field.node].kind == .map else {
            return text(field.node, expected: "a public key", of: field.key)
        }
        return json(field.node).map { String(decoding: $0, as: UTF8.self) }
    }

    private mutating func check(
        _ text: String,
        _ field: Field,
        _ algorithm: Spanned<TokenAlgorithm>?
    ) -> String? {
        let wanted = algorithm.flatMap { SignatureAlgorithm(rawValue: $0.value.rawValue) }
        do throws(KeyFault) {
            _ = try WebKeys.keys(in: Array(text.utf8), algorithm: wanted, id: [])
            return text
        } catch {
            if let algorithm, error == .ofOtherAlgorithm {
                report(.tokenKeyAlgorithm(algorithm, isSecret: false))
            } else {
                // At the key: what stands behind it may be private.
                report(
                    Diagnostic(
                        .badTokenKey,
                        "this key cannot check tokens: \(error.message)",
                        at: field.keySpan,
                        help: "write what `openssl pkey -pubin` prints, or `${file:PATH}`"
                    )
                )
            }
            return nil
        }
    }

    private mutating func takeAlgorithms(_ fields: Fields, _ settings: inout TokenSettings) {
        let listed = distinct(
            list(fields["algorithms"], of: "algorithms", .tokenAlgorithm, isNeeded: true),
            "algorithms"
        ) {
            $0.name
        }
        for algorithm in listed where algorithm.value.isSymmetric {
            report(.tokenKeyAlgorithm(algorithm, isSecret: false))
        }
        let open =
            listed.isEmpty ? TokenAlgorithm.allCases.filter { !$0.isSymmetric } : listed.map(\.value)
        // What a key says for itself needs no second word.
        let own = settings.keys.compactMap(\.algorithm)
        settings.algorithms = TokenAlgorithm.allCases.filter { open.contains($0) || own.contains($0) }
    }

    // MARK: Claims

    /// Claims by name, each with one value or several.
    mutating func requirements(_ field: Field?) -> [ClaimRequirement] {
        let entries = entries(field, of: "claims", name: .claimText) { decoder, _, node in
            decoder.tree[node].kind == .list
                ? decoder.claimTexts(node, of: field) : decoder.scalar(node, .claimText).map { [$0.value] }
        }
        return entries.map { ClaimRequirement(claim: $0.name.value, values: $0.value.sorted()) }
            .sorted { $0.claim < $1.claim }
    }

    private mutating func claimTexts(_ node: NodeIndex, of field: Field?) -> [String]? {
        let texts = tree.items(of: node).map { $0 }.compactMap { scalar($0, .claimText)?.value }
        if texts.isEmpty, let field { reportEmpty(field, "nothing would do") }
        return texts.isEmpty ? nil : Array(Set(texts))
    }

    mutating func claimHeaders(_ field: Field?) -> [ClaimHeader] {
        entries(field, of: "claims", name: .editableHeaderName) { $0.scalar($2, .claimText)?.value }
            .map { ClaimHeader(header: $0.name.value, claim: $0.value) }
            .sorted { $0.header < $1.header }
    }

    /// `scopes` and `claims` of an `acl`.
    mutating func aclClaims(_ fields: Fields) -> [ClaimRequirement] {
        let scopes = distinct(list(fields["scopes"], of: "scopes", .claimText, isNeeded: true), "scopes") { $0 }
        let needed =
            scopes.isEmpty
            ? [] : [ClaimRequirement(claim: "scope", values: scopes.map(\.value).sorted(), needsAll: true)]
        return needed + requirements(fields["claims"])
    }

    /// `jwt: acme`, or `jwt: { value: acme, issuer: … }`.
    mutating func tokenCredential(_ field: Field, id: Spanned<String>?) -> CredentialSpec? {
        var value: String?
        var issuer: String?
        if tree[field.node].kind == .map {
            guard let fields = fields(field, SpecSchema.tokenCredential) else { return nil }
            issuer = scalar(fields["issuer"], .claimText)?.value
            value = scalar(fields["value"], .claimText)?.value
        } else {
            value = scalar(field, .claimText)?.value
        }
        guard let value else { return nil }
        let identity = Array((issuer ?? "").utf8) + [0] + Array(value.utf8)
        return CredentialSpec(id: id, key: Spanned(.token(identity), span(field.node)))
    }
}

extension WebKeys {
    /// - Throws: what is wrong with one of the keys in a text.
    fileprivate static func keys(
        in bytes: [UInt8],
        algorithm: SignatureAlgorithm?,
        id: [UInt8]
    ) throws(KeyFault) -> [SigningKey] {
        var result: Result<[SigningKey], KeyFault> = .failure(.malformed)
        unsafe bytes.withUnsafeBytes { bytes in
            do throws(KeyFault) {
                result = .success(try unsafe keys(in: bytes, algorithm: algorithm, id: id))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }
}

extension Diagnostic {
    fileprivate static func tokenKeyAlgorithm(_ algorithm: Spanned<TokenAlgorithm>, isSecret: Bool) -> Diagnostic {
        Diagnostic(
            .tokenKeyAlgorithm,
            "`\(algorithm.value.name)` does not go with \(isSecret ? "a secret" : "this public key")",
            at: algorithm.span,
            help: isSecret
                ? "write `HS256`, `HS384` or `HS512`"
                : algorithm.value.isSymmetric
                    ? "give the key as `secret`, or write the algorithm of the public key"
                    : "write the algorithm that the issuer signs with by this key"
        )
    }
}

extension ScalarType where Value == TokenAlgorithm {
    fileprivate static let tokenAlgorithm = ScalarType("an algorithm such as `ES256`") { text throws(ScalarProblem) in
        let names = TokenAlgorithm.allCases.map(\.name)
        if let algorithm = TokenAlgorithm.allCases.first(where: { $0.name == text }) { return algorithm }
        if text.lowercased() == "none" {
            throw ScalarProblem(
                .badWord,
                "`none` is no signature: everybody could make such tokens",
                help: "write the algorithm that the issuer signs with, such as `ES256`"
            )
        }
        throw Words.problem(text, among: names)
    }
}

extension ScalarType where Value == String {
    /// A claim's name or what it says.
    static let claimText = ScalarType("a text", line(maxCount: 1024).parse)

    /// OpenID Connect Discovery section 2: no query and no fragment.
    fileprivate static let issuerURL = ScalarType("the issuer's URL") { text throws(ScalarProblem) in
        let url = try webURL.parse(text)
        guard !url.contains(where: { "?#".contains($0) }) else {
            throw ScalarProblem(
                .badURL,
                "the URL of an issuer has neither a query nor a fragment",
                help: "write it as the issuer's metadata says it under `issuer`"
            )
        }
        return url
    }
}
