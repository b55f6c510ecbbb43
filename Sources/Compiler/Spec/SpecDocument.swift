package import GatewayIR

// The spec as written: every value typed and with its position, nothing resolved, no default filled in. A field is
// `nil` or empty where the spec does not say it or where what it says was refused (and reported) by the decoder.
// Maps keep the order of the file; the decoder has refused duplicate keys.

/// A whole spec, merged from its files.
package struct SpecDocument: Sendable {
    package var gateway: Spanned<String>?
    package var listen = ListenSpec()
    package var drain = DrainSpec()
    package var accessLog: AccessLogSpec?
    package var upstreams: [Named<UpstreamSpec>] = []
    package var consumers: [Named<ConsumerSpec>] = []
    package var policies: [Named<[PluginUse]>] = []
    /// Plugins of every route.
    package var plugins: [PluginUse] = []
    package var governance: GovernanceSpec?
    package var apis: [Named<APISpec>] = []
    package var nodes: [Named<NodeSpec>] = []
    /// Where nodes pull their bundles from.
    package var bundles: BundlesSpec?
    package var redis: RedisSpec?
    package var revocations: RevocationsSpec?
    /// Specs that are linked into this one.
    package var members: [MemberSpec] = []
    /// Names that other specs of a link may use.
    package var exports = NamesSpec()
    /// The same, where they give way to another definition.
    package var weakExports = NamesSpec()
    /// Keys that stand here and hold only where the spec is built alone.
    package var localKeys: [Spanned<String>] = []
    /// The whole document; where something required is missing.
    package var span: SourceSpan
    /// Values that the decoder refused, ascending: what is missing there is reported already.
    package var refused: [SourceSpan] = []
    /// Names of keys of which an entry, or the whole value, was refused somewhere.
    package var incompleteKeys: Set<String> = []

    package init(span: SourceSpan) { self.span = span }

    /// Whether something inside of a stretch was refused, so that what seems to be missing there is not.
    package func hasRefusal(within span: SourceSpan) -> Bool {
        var low = 0
        var high = refused.count
        while low < high {
            let middle = (low + high) / 2
            let isBefore = (refused[middle].file, refused[middle].start) < (span.file, span.start)
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return low < refused.count && refused[low].file == span.file && refused[low].end <= span.end
    }
}

/// An entry of a map whose keys are names.
package struct Named<Value: Sendable>: Sendable {
    package var name: Spanned<String>
    package var value: Value

    package init(_ name: Spanned<String>, _ value: Value) {
        self.name = name
        self.value = value
    }
}

package struct ListenSpec: Sendable {
    /// `8000`, `127.0.0.1:8000`, `[::1]:8000`, or a list of these.
    package var http: [Spanned<ListenAddress>] = []
    package var https: HTTPSSpec?
    /// Where `https:` stands, though what it says was refused.
    package var isHTTPSWanted = false
    package var status: Spanned<ListenAddress>?
    package var trustedProxies: [Spanned<AddressBlock>] = []
    package var takesProxyHeader: Spanned<Bool>?
    /// `listen.http2`.
    package var speaksHTTP2: Spanned<Bool>?
    /// `listen.limits`: `head`, `headers`, `body`, `connections`.
    package var headBytesMax: Spanned<UInt32>?
    package var headerCountMax: Spanned<UInt32>?
    package var bodyBytesMax: Spanned<UInt64>?
    package var connectionCountMax: Spanned<UInt32>?
    package var connectionsPerAddressMax: Spanned<UInt32>?
    package var requestCountMax: Spanned<UInt32>?
    package var lagMax: Spanned<Milliseconds>?
    /// `listen.timeouts`: `head`, `body`, `request`, `idle`, `write`.
    package var headTimeout: Spanned<Milliseconds>?
    package var bodyTimeout: Spanned<Milliseconds>?
    package var requestTimeout: Spanned<Milliseconds>?
    package var idleTimeout: Spanned<Milliseconds>?
    package var writeTimeout: Spanned<Milliseconds>?

    package init() {}
}

/// `listen.https`.
package struct HTTPSSpec: Sendable {
    package var addresses: [Spanned<ListenAddress>] = []
    package var certificates: [CertificateSpec] = []
    package var oldestVersion: Spanned<TLSVersion>?
    package var clientCertificates: ClientCertificatesSpec?
    package var span: SourceSpan

    package init(span: SourceSpan) { self.span = span }
}

package struct CertificateSpec: Sendable {
    package var certificate: Spanned<String>
    package var key: Spanned<SecretReference>
    package var ocspResponse: Spanned<String>?
}

package struct ClientCertificatesSpec: Sendable {
    package var authorities: Spanned<String>
    package var mode: Spanned<ClientCertificates.Mode>?
}

/// `upstreams.NAME.tls`.
package struct UpstreamTLSSpec: Sendable {
    package var authorities: Spanned<String>?
    package var verifies: Spanned<Bool>?
    package var serverName: Spanned<String>?
    package var certificate: CertificateSpec?
    package var span: SourceSpan

    package init(span: SourceSpan) { self.span = span }
}

package struct DrainSpec: Sendable {
    package var delay: Spanned<Milliseconds>?
    package var timeout: Spanned<Milliseconds>?

    package init() {}
}

package struct AccessLogSpec: Sendable {
    /// `access-log: off`.
    package var isOff = false
    /// `stdout` or a path.
    package var path: Spanned<String>?
    /// `1%` to `100%`, or a number between 0 and 1, in millionths.
    package var samplePerMillion: Spanned<UInt32>?
    package var fields: [Spanned<AccessLogField>]?
    package var span: SourceSpan

    package init(span: SourceSpan) { self.span = span }
}

package struct ConsumerSpec: Sendable {
    package var groups: [Spanned<String>] = []
    package var credentials: [CredentialSpec] = []
    package var span: SourceSpan

    package init(span: SourceSpan) { self.span = span }
}

/// `- key: "${env:ACME_KEY}"`, `- basic: { … }`, `- hmac: { … }`, `- certificate: { … }` or `- jwt: acme`, with `id:`
/// and dates.
package struct CredentialSpec: Sendable {
    package enum Key: Sendable {
        case literal([UInt8])
        case secret(SecretReference)
        /// What a certificate is known by: `f` and its SHA-256, `n` and a name, `s` and its subject.
        case certificate([UInt8])
        /// What a token is known by: its issuer or nothing, a zero byte, and what the claim says.
        case token([UInt8])
    }

    /// What `X-Credential-Id` says; default: consumer's name, `-`, number from 1.
    package var id: Spanned<String>?
    package var key: Spanned<Key>
    /// Of `basic:`, whose password is the key.
    package var username: Spanned<String>?
    /// Of `hmac:`, whose secret is the key.
    package var keyID: Spanned<String>?
    package var notBefore: Spanned<Instant>?
    package var expires: Spanned<Instant>?

    package init(id: Spanned<String>?, key: Spanned<Key>, username: Spanned<String>? = nil) {
        self.id = id
        self.key = key
        self.username = username
    }
}

/// An item of a `plugins` list or of a policy: `- acl: { allow: [partners] }`, `- key-auth`, `- rate-limit: off`,
/// `- { request-size-limit: { body: 1MiB }, sealed: true }`.
package struct PluginUse: Sendable {
    /// Indirect, so that a use is small: each is copied into the chains of all that it is in force for.
    package indirect enum Setting: Sendable {
        case off
        case requestID(RequestIDSettings)
        case traceContext(TraceContextSettings)
        case ipRestriction(IPRestrictionSettings)
        case botDetection(BotDetectionSettings)
        case cors(CORSSettings)
        case requestSizeLimit(RequestSizeLimitSettings)
        case mtlsAuth
        case keyAuth(KeyAuthSettings)
        case basicAuth(BasicAuthSettings)
        case hmacAuth(SignatureSettings)
        case jwt(TokenSpec)
        case oauth2Introspection(IntrospectionSpec)
        case authentication(AuthenticationSpec)
        /// Group names, unresolved; exactly one of the three is not empty.
        case acl(allow: [Spanned<String>], deny: [Spanned<String>], claims: [ClaimRequirement])
        case forwardAuth(ForwardAuthSpec)
        case concurrencyLimit(ConcurrencyLimitSpec)
        case rateLimit(RateLimitSpec)
        case fault(FaultSpec)
        case requestHeaders(HeaderEditsSpec)
        case canary(CanarySpec)
        case mirror(MirrorSpec)
        case requestQuery(HeaderEditsSpec)
        case requestBody(BodyEdits)
        case redirect(RedirectSpec)
        case respond(RespondSpec)
        case responseHeaders(HeaderEditsSpec)
        case securityHeaders(SecurityHeadersSettings)
        case compress(CompressSettings)
        case responseCache(ResponseCacheSettings)
    }

    /// The plugin's name as in `Plugin.name`.
    package var name: Spanned<String>
    package var setting: Setting
    package var isSealed: Bool
    /// The whole item.
    package var span: SourceSpan

    package init(name: Spanned<String>, setting: Setting, isSealed: Bool = false, span: SourceSpan) {
        self.name = name
        self.setting = setting
        self.isSealed = isSealed
        self.span = span
    }
}

/// `jwt: { issuer: https://login.example.com/, audience: orders, discovery: true }`.
package struct TokenSpec: Sendable {
    package var settings: TokenSettings
    /// A path to the authorities of whom keys are fetched from, as in the settings.
    package var authorities: Spanned<String>?
}

/// `authentication: { require: all, anonymous: guest }`.
package struct AuthenticationSpec: Sendable {
    package var requirement: Spanned<AuthenticationSettings.Requirement>?
    /// A consumer's name.
    package var anonymous: Spanned<String>?
}

/// `oauth2-introspection: { upstream: issuer, path: /introspect, client-id: gateway, … }`.
package struct IntrospectionSpec: Sendable {
    /// The upstream's name.
    package var upstream: Spanned<String>
    /// Without the upstream.
    package var settings: IntrospectionSettings
}

/// `forward-auth: { upstream: gatekeeper, path: /verify }`.
package struct ForwardAuthSpec: Sendable {
    /// The upstream's name.
    package var upstream: Spanned<String>
    /// Without the upstream.
    package var settings: ForwardAuthSettings
    package var onFailure: Spanned<Bool>?
    /// As in the settings, where they stand.
    package var requestHeaders: [Spanned<String>] = []
    package var upstreamHeaders: [Spanned<String>] = []
    package var clientHeaders: [Spanned<String>] = []
}

package struct RateLimitSpec: Sendable {
    /// From `limit:` or `limits:`.
    package var rates: [Spanned<Rate>] = []
    /// By group name.
    package var tiers: [Named<[Spanned<Rate>]>] = []
    /// `consumer` (default where the chain authenticates), `address`, `path`, `{ header: X-Team }`,
    /// `{ claim: tenant }`.
    package var key: Spanned<RateLimitKey>?
    package var nodes: Spanned<NodeCounting>?

    package init() {}
}

/// How the nodes of a gateway count requests against one limit.
package enum NodeCounting: String, CaseIterable, Sendable {
    /// Each by itself.
    case each
    /// All of them, in a server that they share.
    case together
}

/// Of header fields, or of parameters of a query. Values may hold captures: `{id}`; a literal brace is doubled.
package struct HeaderEditsSpec: Sendable {
    package var remove: [Spanned<String>] = []
    package var set: [Named<Spanned<String>>] = []
    package var add: [Named<Spanned<String>>] = []

    package init() {}
}

/// `redirect: { to: "/items/{id}", status: 308, query: true }`.
package struct RedirectSpec: Sendable {
    /// May hold captures; unparsed.
    package var location: Spanned<String>
    package var status: Spanned<UInt16>?
    package var keepsQuery: Spanned<Bool>?
}

/// `respond: { status: 200, headers: {…}, body: "…" }` or `json: {…}` for a body from YAML.
package struct RespondSpec: Sendable {
    package var status: Spanned<UInt16>?
    package var headers: [Named<Spanned<String>>] = []
    package var body: Spanned<[UInt8]>?
    /// Whether the body came from `json:`, so that its default type is `application/json`, else `text/plain`.
    package var isJSON = false

    package init() {}
}

package struct GovernanceSpec: Sendable {
    package enum Requirement: String, CaseIterable, Sendable {
        case owner
        case authentication
        case rateLimit = "rate-limit"
        case timeouts
        case sizeLimit = "size-limit"
        case docs
        case successor
        case upstreamTLS = "upstream-tls"
        case credentials
    }

    /// In seconds.
    package var notice: Spanned<Int64>?
    package var require: [Spanned<Requirement>] = []
    /// `GET /catalog/**`, parsed by the analysis.
    package var publicRoutes: [Spanned<String>] = []
    /// Seconds from `not-before` to `expires` of a credential.
    package var credentialAge: Spanned<Int64>?
    package var span: SourceSpan

    package init(span: SourceSpan) { self.span = span }
}

package struct APISpec: Sendable {
    package var title: Spanned<String>?
    package var owner: Spanned<String>?
    /// `host:` or `hosts:`, unparsed; none is any host.
    package var hosts: [Spanned<String>] = []
    /// Unparsed; default `/`.
    package var path: Spanned<String>?
    package var versioning: Spanned<VersioningSpec>?
    /// Names of policies, from `policy: name` or a list.
    package var policies: [Spanned<String>] = []
    package var plugins: [PluginUse] = []
    /// Default upstream of the versions.
    package var upstream: Spanned<String>?
    package var versions: [Named<VersionSpec>] = []
    /// Of several specs that are linked, the one that declares the API: an index into `Linkage.units`.
    package var unit = 0
    package var span: SourceSpan

    package init(span: SourceSpan) { self.span = span }
}

/// `path`, or the long form `{ by: header, name: X-API-Version }`.
package enum VersioningSpec: Sendable, Equatable {
    case path
    case header(name: String?)
    case query(name: String?)
    /// `application/vnd.acme.{version}+json`.
    case mediaType(pattern: String?)
    /// `{version}.api.example.com`.
    case host(pattern: String?)
}

package struct VersionSpec: Sendable {
    package var value: Spanned<String>?
    package var isDefault: Spanned<Bool>?
    /// Group names.
    package var preview: [Spanned<String>] = []
    package var released: Spanned<Instant>?
    package var deprecated: Spanned<Instant>?
    package var sunset: Spanned<Instant>?
    package var announce: Spanned<Instant>?
    /// In seconds.
    package var tombstone: Spanned<Int64>?
    package var brownouts: [BrownoutSpec] = []
    package var successor: Spanned<String>?
    package var docs: Spanned<String>?
    package var upstream: Spanned<String>?
    package var policies: [Spanned<String>] = []
    package var plugins: [PluginUse] = []
    package var routes: [RouteSpec] = []
    package var span: SourceSpan

    package init(span: SourceSpan) { self.span = span }
}

/// `{ from: 2026-12-01T10:00:00Z, for: 1h, status: 503 }`.
package struct BrownoutSpec: Sendable {
    package var from: Spanned<Instant>
    /// In seconds.
    package var duration: Spanned<Int64>
    package var status: Spanned<UInt16>?
    package var span: SourceSpan

    package init(from: Spanned<Instant>, duration: Spanned<Int64>, status: Spanned<UInt16>?, span: SourceSpan) {
        self.from = from
        self.duration = duration
        self.status = status
        self.span = span
    }
}

/// What runs on a node.
package enum NodeRuntime: String, CaseIterable, Sendable {
    case apic
    case kong
}

/// `kong: { control-plane: x.us.cp0.konghq.com, telemetry: x.us.tp0.konghq.com, image: kong/kong-gateway:3.9 }`.
package struct KongNodeSpec: Sendable {
    package var controlPlane: Spanned<KongDataPlane.Endpoint>?
    package var telemetry: Spanned<KongDataPlane.Endpoint>?
    package var image: Spanned<String>?
    /// Where the key stands.
    package var span: SourceSpan
}

package struct NodeSpec: Sendable {
    package var cloud: Spanned<String>?
    package var region: Spanned<String>?
    package var zone: Spanned<String>?
    package var labels: [Named<Spanned<String>>] = []
    /// `http`, `https`.
    package var ports: [Named<Spanned<UInt16>>] = []
    package var workers: Spanned<UInt32>?
    package var certificate: Spanned<String>?
    package var key: Spanned<String>?
    /// `nil` where it is absent.
    package var serves: [Spanned<String>]?
    package var bundles: BundlesSpec?
    package var listen: NodeListenSpec?
    /// Thousandths of a core.
    package var cpu: Spanned<UInt32>?
    package var memory: Spanned<UInt64>?
    /// `replicas: 2`, or `{ min: 2, max: 10 }`.
    package var replicasMin: Spanned<UInt32>?
    package var replicasMax: Spanned<UInt32>?
    /// `apic` is the default.
    package var runtime: Spanned<NodeRuntime>?
    package var kong: KongNodeSpec?
    package var span: SourceSpan

    package init(span: SourceSpan) { self.span = span }
}
