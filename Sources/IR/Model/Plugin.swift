/// Where a step of a chain was written: the nearest scope wins per plugin name.
package enum Scope: UInt8, Comparable, Sendable {
    case global
    case api
    case version
    case route

    package static func < (left: Scope, right: Scope) -> Bool { left.rawValue < right.rawValue }
}

/// A plugin with its settings, defaults filled in. Indirect, so that the steps of many chains are small.
package indirect enum Plugin: Hashable, Sendable {
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
    case jwt(TokenSettings)
    case oauth2Introspection(IntrospectionSettings)
    case authentication(AuthenticationSettings)
    case acl(ACLSettings)
    case forwardAuth(ForwardAuthSettings)
    case concurrencyLimit(ConcurrencyLimitSettings)
    case rateLimit(RateLimitSettings)
    case fault(FaultSettings)
    case requestHeaders(HeaderEdits)
    case canary(CanarySettings)
    case mirror(MirrorSettings)
    case requestQuery(QueryEdits)
    case requestBody(BodyEdits)
    case redirect(RedirectSettings)
    case respond(RespondSettings)
    case responseHeaders(HeaderEdits)
    case securityHeaders(SecurityHeadersSettings)
    case compress(CompressSettings)
    case responseCache(ResponseCacheSettings)

    package var kind: PluginKind {
        switch self {
        case .requestID: .requestID
        case .traceContext: .traceContext
        case .ipRestriction: .ipRestriction
        case .botDetection: .botDetection
        case .cors: .cors
        case .requestSizeLimit: .requestSizeLimit
        case .mtlsAuth: .mtlsAuth
        case .keyAuth: .keyAuth
        case .basicAuth: .basicAuth
        case .hmacAuth: .hmacAuth
        case .jwt: .jwt
        case .oauth2Introspection: .oauth2Introspection
        case .authentication: .authentication
        case .acl: .acl
        case .forwardAuth: .forwardAuth
        case .concurrencyLimit: .concurrencyLimit
        case .rateLimit: .rateLimit
        case .fault: .fault
        case .requestHeaders: .requestHeaders
        case .canary: .canary
        case .mirror: .mirror
        case .requestQuery: .requestQuery
        case .requestBody: .requestBody
        case .redirect: .redirect
        case .respond: .respond
        case .responseHeaders: .responseHeaders
        case .securityHeaders: .securityHeaders
        case .compress: .compress
        case .responseCache: .responseCache
        }
    }

    /// Of a plugin that reads tokens: what they must be.
    package var tokenSettings: TokenSettings? {
        switch self {
        case .jwt(let settings): settings
        case .oauth2Introspection(let settings): settings.token
        default: nil
        }
    }

    /// The plugin's name in the spec, in refusals and in logs.
    package var name: String { kind.name }

    package var phase: Phase { kind.phase }
}

/// One plugin of a chain, and where it comes from.
package struct ChainStep: Hashable, Sendable {
    package var plugin: Plugin
    package var scope: Scope
    /// Where the setting stands in the spec.
    package var origin: Origin

    package init(plugin: Plugin, scope: Scope, origin: Origin = Origin()) {
        self.plugin = plugin
        self.scope = scope
        self.origin = origin
    }
}

/// What happens to the requests of a route: plugins ascending by phase, at most one of each name; of `acl` there may be
/// two, the first from the linker.
package struct Chain: Hashable, Sendable {
    package var steps: [ChainStep]

    package init(steps: [ChainStep] = []) {
        self.steps = steps
    }
}

extension Chain {
    /// Where a share of the requests goes, if some do.
    package var canary: CanarySettings? {
        for step in steps {
            if case .canary(let settings) = step.plugin { return settings }
        }
        return nil
    }

    /// Where copies of the requests go, if they do.
    package var mirror: MirrorSettings? {
        for step in steps {
            if case .mirror(let settings) = step.plugin { return settings }
        }
        return nil
    }

    /// How answers are compressed, if they are.
    package var compression: CompressSettings? {
        for step in steps {
            if case .compress(let settings) = step.plugin { return settings }
        }
        return nil
    }
}
