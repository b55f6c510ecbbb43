/// The methods that a route takes.
package enum MethodSet: Hashable, Sendable {
    /// These methods, as sent on the wire, ascending. `GET` implies `HEAD` where no route lists `HEAD`.
    case listed([String])
    /// Every method.
    case any

    /// As one writes it: `GET`, `GET,POST`, `ANY`.
    package var text: String {
        switch self {
        case .listed(let methods): methods.joined(separator: ",")
        case .any: "ANY"
        }
    }
}

/// A header field that a request must carry with exactly this value.
package struct HeaderCondition: Hashable, Sendable {
    /// Lower-case.
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// Which path the upstream gets.
package enum ForwardedPath: Hashable, Sendable {
    /// The normalised path without its first segments, `/` if nothing remains.
    case stripping(segmentCount: Int)
    /// The whole normalised path.
    case whole
    /// A path of its own.
    case rewritten(TextTemplate)
    /// A base and the path behind it, with or without what matched: for routes with `kong`.
    indirect case joined(base: String, strips: Bool)
}

/// Where a route's requests go.
package struct Forwarding: Hashable, Sendable {
    /// Index into `Gateway.upstreams`.
    package var upstream: Int
    package var path: ForwardedPath
    /// Whether the upstream gets the client's `Host` and not its own name.
    package var preservesHost: Bool
    /// Which of the route's captures is hashed, where the upstream hashes one.
    package var hashedCapture: Int?
    /// The same for each of a canary's upstreams.
    package var canaryCaptures: [Int?]
    /// The same, where a mirror's upstream hashes one.
    package var mirrorCapture: Int?

    package init(
        upstream: Int,
        path: ForwardedPath,
        preservesHost: Bool = false,
        hashedCapture: Int? = nil,
        canaryCaptures: [Int?] = [],
        mirrorCapture: Int? = nil
    ) {
        self.upstream = upstream
        self.path = path
        self.preservesHost = preservesHost
        self.hashedCapture = hashedCapture
        self.canaryCaptures = canaryCaptures
        self.mirrorCapture = mirrorCapture
    }
}

/// Text with captures of the route's path in it.
package struct TextTemplate: Hashable, Sendable {
    /// A piece of a template.
    package enum Part: Hashable, Sendable {
        case text(String)
        /// Index of a capture in `PathPattern.captureNames` of the route.
        case capture(Int)
    }

    /// No two neighbouring texts, no empty text.
    package var parts: [Part]

    package init(parts: [Part]) {
        self.parts = parts
    }

    package init(_ text: String) {
        parts = text.isEmpty ? [] : [.text(text)]
    }
}

/// One way in: requests that match it run its chain.
package struct Route: Equatable, Sendable {
    package var host: HostPattern
    /// Whole path: the API's path, the version where it stands in the path, and the route's own pattern.
    package var path: PathPattern
    package var methods: MethodSet
    /// Ascending by name.
    package var conditions: [HeaderCondition]
    /// Index into `Gateway.versions`.
    package var version: Int
    /// Index into `Gateway.chains`.
    package var chain: Int
    /// How the path matches, if that was taken over from Kong; `path` is then any.
    package var kong: KongMatch?
    /// `nil` where the chain answers by itself (`respond`).
    package var forwarding: Forwarding?
    /// Where the route stands in the spec.
    package var origin: Origin

    package init(
        host: HostPattern,
        path: PathPattern,
        methods: MethodSet,
        conditions: [HeaderCondition] = [],
        version: Int,
        chain: Int,
        kong: KongMatch? = nil,
        forwarding: Forwarding?,
        origin: Origin = Origin()
    ) {
        self.host = host
        self.path = path
        self.methods = methods
        self.conditions = conditions
        self.version = version
        self.chain = chain
        self.kong = kong
        self.forwarding = forwarding
        self.origin = origin
    }

    /// The path as one writes it.
    package var pathText: String { kong?.text ?? path.text }
}
