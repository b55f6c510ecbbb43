/// The fixed order of a request's life. A chain is sorted by phase; nothing else decides the order of plugins.
package enum Phase: UInt8, CaseIterable, Comparable, Sendable {
    case requestID
    case lifecycleGate
    case sizeLimit
    case authentication
    case authorization
    case rateLimit
    case requestTransform
    case answer
    case responseTransform
    case lifecycleHeaders

    package static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
}

/// Where a step of a chain was written: the nearest scope wins per plugin name.
package enum Scope: UInt8, Comparable, Sendable {
    case global
    case api
    case version
    case route

    package static func < (left: Scope, right: Scope) -> Bool { left.rawValue < right.rawValue }
}

/// A plugin with its settings, defaults filled in.
package enum Plugin: Hashable, Sendable {
    case requestID(RequestIDSettings)
    case requestSizeLimit(RequestSizeLimitSettings)
    case keyAuth(KeyAuthSettings)
    case acl(ACLSettings)
    case rateLimit(RateLimitSettings)
    case requestHeaders(HeaderEdits)
    case respond(RespondSettings)
    case responseHeaders(HeaderEdits)

    /// The plugin's name in the spec, in refusals and in logs.
    package var name: String {
        switch self {
        case .requestID: "request-id"
        case .requestSizeLimit: "request-size-limit"
        case .keyAuth: "key-auth"
        case .acl: "acl"
        case .rateLimit: "rate-limit"
        case .requestHeaders: "request-headers"
        case .respond: "respond"
        case .responseHeaders: "response-headers"
        }
    }

    package var phase: Phase {
        switch self {
        case .requestID: .requestID
        case .requestSizeLimit: .sizeLimit
        case .keyAuth: .authentication
        case .acl: .authorization
        case .rateLimit: .rateLimit
        case .requestHeaders: .requestTransform
        case .respond: .answer
        case .responseHeaders: .responseTransform
        }
    }
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

/// What happens to the requests of a route: plugins ascending by phase, at most one of each name.
package struct Chain: Hashable, Sendable {
    package var steps: [ChainStep]

    package init(steps: [ChainStep] = []) {
        self.steps = steps
    }
}
