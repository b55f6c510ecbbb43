/// The fixed order of a request's life. A chain is sorted by phase; nothing else decides the order of plugins.
package enum Phase: UInt8, CaseIterable, Comparable, Sendable {
    case requestID
    /// From where the request comes, before anything is said about what there is.
    case origin
    case crossOrigin
    case lifecycleGate
    case sizeLimit
    case authentication
    case authorization
    case rateLimit
    /// What is rehearsed, once it is sure that the request would pass.
    case fault
    case requestTransform
    /// Whether an upstream is asked at all.
    case cache
    /// Which upstreams it is.
    case destination
    case answer
    case responseTransform
    case lifecycleHeaders

    package static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
}

/// The plugins, in the order in which they run. The one list of them: names, phases and the order of chains come from
/// here, and every stage switches over it without a `default`, so that a new case leads through all of them.
package enum PluginKind: Int, CaseIterable, Sendable {
    case requestID
    case traceContext
    case ipRestriction
    case botDetection
    case cors
    case requestSizeLimit
    case mtlsAuth
    case keyAuth
    case basicAuth
    case hmacAuth
    case jwt
    case oauth2Introspection
    case authentication
    case acl
    case forwardAuth
    case concurrencyLimit
    case rateLimit
    case fault
    case requestHeaders
    case requestQuery
    case requestBody
    case responseCache
    case canary
    case mirror
    case redirect
    case respond
    case responseHeaders
    case securityHeaders
    case compress

    /// The plugin's name in the spec, in refusals and in logs.
    package var name: String {
        switch self {
        case .requestID: "request-id"
        case .traceContext: "trace-context"
        case .ipRestriction: "ip-restriction"
        case .botDetection: "bot-detection"
        case .cors: "cors"
        case .requestSizeLimit: "request-size-limit"
        case .mtlsAuth: "mtls-auth"
        case .keyAuth: "key-auth"
        case .basicAuth: "basic-auth"
        case .hmacAuth: "hmac-auth"
        case .jwt: "jwt"
        case .oauth2Introspection: "oauth2-introspection"
        case .authentication: "authentication"
        case .acl: "acl"
        case .forwardAuth: "forward-auth"
        case .concurrencyLimit: "concurrency-limit"
        case .rateLimit: "rate-limit"
        case .fault: "fault"
        case .requestHeaders: "request-headers"
        case .canary: "canary"
        case .mirror: "mirror"
        case .requestQuery: "request-query"
        case .requestBody: "request-body"
        case .redirect: "redirect"
        case .respond: "respond"
        case .responseHeaders: "response-headers"
        case .securityHeaders: "security-headers"
        case .compress: "compress"
        case .responseCache: "response-cache"
        }
    }

    package var phase: Phase {
        switch self {
        case .requestID, .traceContext: .requestID
        case .ipRestriction, .botDetection: .origin
        case .cors: .crossOrigin
        case .requestSizeLimit: .sizeLimit
        case .mtlsAuth, .keyAuth, .basicAuth, .hmacAuth, .jwt, .oauth2Introspection, .authentication: .authentication
        case .acl, .forwardAuth: .authorization
        case .concurrencyLimit, .rateLimit: .rateLimit
        case .fault: .fault
        case .requestHeaders, .requestQuery, .requestBody: .requestTransform
        case .responseCache: .cache
        case .canary, .mirror: .destination
        case .redirect, .respond: .answer
        case .responseHeaders, .securityHeaders, .compress: .responseTransform
        }
    }

    /// Whether the plugin finds out who calls by a credential.
    package var findsConsumer: Bool {
        switch self {
        case .mtlsAuth, .keyAuth, .basicAuth, .hmacAuth, .jwt, .oauth2Introspection: true
        case .requestID, .ipRestriction, .cors, .requestSizeLimit, .authentication, .acl, .forwardAuth,
            .concurrencyLimit, .rateLimit, .fault, .requestHeaders, .canary, .mirror, .redirect, .respond,
            .responseHeaders, .traceContext, .botDetection, .requestQuery, .requestBody,
            .securityHeaders, .compress, .responseCache:
            false
        }
    }

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

    /// - Returns: `nil` if no plugin has this name.
    package init?(named name: String) {
        guard let kind = PluginKind.byName[name] else { return nil }
        self = kind
    }
}
