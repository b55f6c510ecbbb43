/// `GET /{id}`, or the long form with `match`.
package struct RouteSpec: Sendable {
    /// Holds what most of a hundred thousand routes do not have: one word of each route in place of 400 bytes.
    private final class Box: Sendable {
        let details: RouteDetails

        init(_ details: RouteDetails) { self.details = details }
    }

    /// `GET /{id}`, `GET,POST /x`, `ANY /x/**`, unparsed; the span is that of the text.
    package var match: Spanned<String>
    private var box: Box?

    package init(match: Spanned<String>) { self.match = match }

    /// What the route says beside its match, if it has the long form.
    package var details: RouteDetails? {
        get { box?.details }
        set { box = newValue.map(Box.init) }
    }

    /// Whether it is nothing but a match.
    package var isPlain: Bool { box == nil }

    // What is read of most routes, without a copy of all details.

    var policies: [Spanned<String>] { box?.details.policies ?? [] }
    var plugins: [PluginUse] { box?.details.plugins ?? [] }
    var upstream: Spanned<String>? { box?.details.upstream }
    /// Whether the chain of the version is that of the route.
    var inheritsChain: Bool { box.map { $0.details.policies.isEmpty && $0.details.plugins.isEmpty } ?? true }
}

/// What a route says in its long form, beside `match`.
package struct RouteDetails: Sendable {
    /// Header conditions, names as written.
    package var headers: [Named<Spanned<String>>] = []
    package var policies: [Spanned<String>] = []
    package var plugins: [PluginUse] = []
    package var upstream: Spanned<String>?
    package var strip: Spanned<Bool>?
    package var rewrite: Spanned<String>?
    package var preserveHost: Spanned<Bool>?
    /// What one request takes of a rate limit.
    package var cost: Spanned<UInt32>?
    /// In place of `match`, which is then only where it stands.
    package var kong: KongRouteSpec?

    package init() {}
}
