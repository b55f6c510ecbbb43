/// When a request's own id, or its trace, is believed.
package enum RequestIDAcceptance: UInt8, Hashable, Sendable {
    case never
    /// Only from a peer in `listen.trusted-proxies`.
    case trusted
    case always
}

/// `request-id`: names every request.
package struct RequestIDSettings: Hashable, Sendable {
    /// As sent to the upstream and, if echoed, to the client.
    package var header: String
    package var accept: RequestIDAcceptance
    /// Whether the answer carries the id, too.
    package var echo: Bool

    package init(header: String = "X-Request-Id", accept: RequestIDAcceptance = .trusted, echo: Bool = true) {
        self.header = header
        self.accept = accept
        self.echo = echo
    }
}

/// `trace-context`: the gateway takes part in traces (W3C Trace Context).
package struct TraceContextSettings: Hashable, Sendable {
    /// Whose traces go on; others begin here.
    package var accept: RequestIDAcceptance
    /// How many of a million traces that begin here are sampled.
    package var samplePerMillion: UInt32

    package init(accept: RequestIDAcceptance = .trusted, samplePerMillion: UInt32 = 1_000_000) {
        self.accept = accept
        self.samplePerMillion = samplePerMillion
    }
}

/// `ip-restriction`: from which addresses a route may be called. What is denied is denied though it be allowed, too.
package struct IPRestrictionSettings: Hashable, Sendable {
    /// Empty if every address is allowed that is not denied.
    package var allow: [AddressBlock]
    package var deny: [AddressBlock]

    package init(allow: [AddressBlock] = [], deny: [AddressBlock] = []) {
        self.allow = allow
        self.deny = deny
    }
}

/// `cors`: which pages of other origins may read the answers (the Fetch standard's CORS protocol).
package struct CORSSettings: Hashable, Sendable {
    /// Origins as browsers write them, lower-case and without default port: `https://app.example.com`; or with a
    /// wildcard for subdomains, `https://*.example.com`. Empty if every origin may.
    package var origins: [String]
    /// What a preflight hears of methods; empty if it hears the one it asked for.
    package var methods: [String]
    /// What a preflight hears of header fields; empty if it hears those it asked for.
    package var headers: [String]
    /// Fields of answers that pages may read, beside those that they always may.
    package var exposes: [String]
    /// Pages may send cookies and other credentials of the browser.
    package var takesCredentials: Bool
    /// How long a browser may remember a preflight.
    package var maxAgeSeconds: UInt32
    /// Pages of public networks may call (Private Network Access).
    package var opensPrivateNetwork: Bool

    package init(
        origins: [String] = [],
        methods: [String] = [],
        headers: [String] = [],
        exposes: [String] = [],
        takesCredentials: Bool = false,
        maxAgeSeconds: UInt32 = CORSSettings.defaultMaxAgeSeconds,
        opensPrivateNetwork: Bool = false
    ) {
        self.origins = origins
        self.methods = methods
        self.headers = headers
        self.exposes = exposes
        self.takesCredentials = takesCredentials
        self.maxAgeSeconds = maxAgeSeconds
        self.opensPrivateNetwork = opensPrivateNetwork
    }

    /// Ten minutes: what all browsers honour.
    package static let defaultMaxAgeSeconds: UInt32 = 600
}

/// `request-size-limit`: bounds the body of a request.
package struct RequestSizeLimitSettings: Hashable, Sendable {
    package var bodyBytesMax: UInt64

    package init(bodyBytesMax: UInt64) {
        self.bodyBytesMax = bodyBytesMax
    }
}

/// Where a key is looked for.
package enum KeySource: Hashable, Sendable {
    /// A header field; the name as written.
    case header(String)
    case query(String)
    case cookie(String)
}

/// `key-auth`: a key names the consumer.
package struct KeyAuthSettings: Hashable, Sendable {
    /// Header fields, then a query parameter, then a cookie; at least one.
    package var sources: [KeySource]
    /// Whether the upstream gets to see the key.
    package var forwardsCredential: Bool

    package init(sources: [KeySource] = [.header("apikey")], forwardsCredential: Bool = false) {
        self.sources = sources
        self.forwardsCredential = forwardsCredential
    }
}

/// `basic-auth`: user name and password name the consumer (RFC 7617).
package struct BasicAuthSettings: Hashable, Sendable {
    /// Whether the upstream gets to see them.
    package var forwardsCredential: Bool

    package init(forwardsCredential: Bool = false) { self.forwardsCredential = forwardsCredential }
}

/// `authentication`: how the plugins that find the consumer go together.
package struct AuthenticationSettings: Hashable, Sendable {
    /// How many of them must find the consumer.
    package enum Requirement: String, CaseIterable, Hashable, Sendable {
        case any
        case all
    }

    package var requirement: Requirement
    /// Who calls without any credential: an index into `Gateway.consumers`. A credential that is wrong stays refused.
    package var anonymous: Int?

    package init(requirement: Requirement = .any, anonymous: Int? = nil) {
        self.requirement = requirement
        self.anonymous = anonymous
    }
}

/// `acl`: which groups of consumers may pass, or what a token must say.
package enum ACLSettings: Hashable, Sendable {
    /// Consumers in at least one of these groups (indices into `Gateway.groups`, ascending).
    case allow([Int])
    /// All consumers but those in one of these groups (indices, ascending).
    case deny([Int])
    /// Consumers in this group, and who passed authentication and is no consumer.
    case audience(Int)
    /// Whoever comes with a token that says all of this.
    case claims([ClaimRequirement])
}

/// What a rate limit counts by.
package enum RateLimitKey: Hashable, Sendable {
    case consumer
    case address
    /// A header field; the name is lower-case. Requests without it share one count.
    case header(String)
    /// The request's path, as it is matched.
    case path
    /// What a token says, by the claim's name. Tokens without it share one count.
    case claim(String)
    /// All requests share one count.
    case all
}

/// So many requests in so much time.
package struct Rate: Hashable, Sendable {
    /// At least 1.
    package var limit: UInt32
    /// 1, 60, 3600 or 86400.
    package var windowSeconds: UInt32

    package init(limit: UInt32, windowSeconds: UInt32) {
        self.limit = limit
        self.windowSeconds = windowSeconds
    }

    /// The window's name, as specs, answers and Kong have it.
    package var windowName: String {
        switch windowSeconds {
        case 1: "second"
        case 60: "minute"
        case 3600: "hour"
        case 86_400: "day"
        default: "\(windowSeconds)s"
        }
    }

    /// `100/minute`, as specs have it.
    ///
    /// - Parameter factor: of so many such limits together.
    package func text(times factor: UInt64 = 1) -> String { "\(UInt64(limit) * factor)/\(windowName)" }
}

/// Rates of their own for a group of consumers.
package struct RateLimitTier: Hashable, Sendable {
    /// Index into `Gateway.groups`.
    package var group: Int
    /// Ascending by window.
    package var rates: [Rate]

    package init(group: Int, rates: [Rate]) {
        self.group = group
        self.rates = rates
    }
}

/// `concurrency-limit`: bounds how many requests are in flight at once.
package struct ConcurrencyLimitSettings: Hashable, Sendable {
    /// Names the counts, as those of a rate limit.
    package var identity: String
    /// At least 1.
    package var limit: UInt32
    package var key: RateLimitKey

    package init(identity: String, limit: UInt32, key: RateLimitKey) {
        self.identity = identity
        self.limit = limit
        self.key = key
    }
}

/// `rate-limit`: bounds how often.
package struct RateLimitSettings: Hashable, Sendable {
    /// Names the counts: equal identities count together. Where the setting is attached: `global`, `api/orders`,
    /// `version/orders/v1`, `route/orders/v1/GET \/`.
    package var identity: String
    /// Ascending by window.
    package var rates: [Rate]
    /// Ascending by group. A consumer in several tiers gets the one whose smallest window allows most.
    package var tiers: [RateLimitTier]
    package var key: RateLimitKey
    /// What one request takes of every rate. Routes that count together may differ in it.
    package var cost: UInt32
    /// The nodes of the gateway count together, in its Redis server.
    package var isShared: Bool

    package init(
        identity: String,
        rates: [Rate],
        tiers: [RateLimitTier] = [],
        key: RateLimitKey,
        cost: UInt32 = 1,
        isShared: Bool = false
    ) {
        self.identity = identity
        self.rates = rates
        self.tiers = tiers
        self.key = key
        self.cost = cost
        self.isShared = isShared
    }
}

/// A header field, or a parameter of a query, with a value that may contain captures.
package struct HeaderField: Hashable, Sendable {
    package var name: String
    package var value: TextTemplate

    package init(name: String, value: TextTemplate) {
        self.name = name
        self.value = value
    }
}

/// `request-headers`, `response-headers`: removed first, then set, then added.
package struct HeaderEdits: Hashable, Sendable {
    /// Ascending by name, as written.
    package var remove: [String]
    /// Ascending by name.
    package var set: [HeaderField]
    /// Ascending by name.
    package var add: [HeaderField]

    package init(remove: [String] = [], set: [HeaderField] = [], add: [HeaderField] = []) {
        self.remove = remove
        self.set = set
        self.add = add
    }
}

/// `request-query`: removed first, then set, then added.
package struct QueryEdits: Hashable, Sendable {
    /// Ascending.
    package var remove: [String]
    /// Ascending by name; the text of values is percent-encoded.
    package var set: [HeaderField]
    /// Ascending by name.
    package var add: [HeaderField]

    package init(remove: [String] = [], set: [HeaderField] = [], add: [HeaderField] = []) {
        self.remove = remove
        self.set = set
        self.add = add
    }
}

/// `respond`: an answer by the gateway itself.
package struct RespondSettings: Hashable, Sendable {
    /// 200 to 599.
    package var status: UInt16
    /// Ascending by name; `Content-Type` is among them if there is a body.
    package var headers: [HeaderField]
    package var body: [UInt8]

    package init(status: UInt16, headers: [HeaderField] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// `redirect`: sends clients elsewhere.
package struct RedirectSettings: Hashable, Sendable {
    /// 301, 302, 303, 307 or 308.
    package var status: UInt16
    /// An absolute URL or a path.
    package var location: TextTemplate
    /// The request's query goes along.
    package var keepsQuery: Bool

    package init(status: UInt16 = 308, location: TextTemplate, keepsQuery: Bool = true) {
        self.status = status
        self.location = location
        self.keepsQuery = keepsQuery
    }
}

/// `security-headers`: what makes browsers careful, on refusals, too.
package struct SecurityHeadersSettings: Hashable, Sendable {
    package var edits: HeaderEdits
    /// The value of `Strict-Transport-Security`, sent over TLS only (RFC 6797 section 7.2).
    package var strictTransport: String?

    package init(edits: HeaderEdits, strictTransport: String?) {
        self.edits = edits
        self.strictTransport = strictTransport
    }
}
