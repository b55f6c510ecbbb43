internal import GatewayIR

extension Diagnostic {
    static func gatewayHeader(_ name: Spanned<String>, _ reason: GatewayHeader) -> Diagnostic {
        let (message, help): (String, String) =
            switch reason {
            case .caller:
                ("tells upstreams what the gateway knows about the caller", "choose a name of your own for it")
            case .lifecycle: ("follows from the dates of the version", "set `deprecated` and `sunset` on the version")
            }
        return Diagnostic(.gatewayHeader, "`\(name.value)` \(message)", at: name.span, help: help)
    }

    /// - Parameter code: of header fields or of parameters.
    static func editedTwice(_ code: DiagnosticCode, _ name: Spanned<String>, first: SourceSpan) -> Diagnostic {
        Diagnostic(
            code,
            "`\(name.value)` is edited twice",
            at: name.span,
            related: [.init(first, "first edited here")],
            help: "keep one: `set` replaces what is there, `add` goes beside it, `remove` takes it away"
        )
    }

    static func parameterIsCredential(_ name: Spanned<String>, auth: EffectiveUse) -> Diagnostic {
        Diagnostic(
            .parameterIsCredential,
            "`request-query` changes `\(name.value)`, which `\(auth.use.name.value)` reads",
            at: name.span,
            related: [.init(auth.use.span, "read here")],
            help: "delete it: credentials are taken away unless `forward-credential` says otherwise"
        )
    }

    static func respondBody(_ status: Spanned<UInt16>, body: SourceSpan) -> Diagnostic {
        Diagnostic(
            .respondBody,
            "an answer with status \(status.value) has no body",
            at: body,
            related: [.init(status.span, "the status is set here")],
            help: "delete the body, or answer with 200"
        )
    }

    // On a route.

    static func needsAuthentication(_ what: String, _ use: EffectiveUse, help: String, route: RouteMention)
        -> Diagnostic
    {
        Diagnostic(
            .needsAuthentication,
            "\(what) needs to know the consumer, and nothing authenticates on `\(route.text)`",
            at: use.use.span,
            related: [.init(route.span, "on this route")],
            help: help
        )
    }

    static func stripsCredential(
        _ name: Spanned<String>,
        auth: EffectiveUse,
        forwards: Bool,
        verb: String
    ) -> Diagnostic {
        Diagnostic(
            .stripsCredential,
            "`request-headers` \(verb) `\(name.value)`, which `\(auth.use.name.value)` reads",
            at: name.span,
            related: [.init(auth.use.span, "read here")],
            help: forwards
                ? "delete it, or delete `forward-credential: true`, which asks for the opposite"
                : "delete it: the gateway removes the credential itself once it has been checked"
        )
    }

    static func requestIDEdited(_ name: Spanned<String>, plugin: String, id: EffectiveUse) -> Diagnostic {
        Diagnostic(
            .requestIDHeader,
            "`\(plugin)` changes `\(name.value)`, which carries the request id",
            at: name.span,
            related: [.init(id.use.span, "the id is set here")],
            help: "delete it; `request-id: { echo: false }` keeps the id from clients"
        )
    }

    static func traceEdited(_ name: Spanned<String>, plugin: String, trace: EffectiveUse) -> Diagnostic {
        Diagnostic(
            .traceEdited,
            "`\(plugin)` writes `\(name.value)`, by which traces go on",
            at: name.span,
            related: [.init(trace.use.span, "`trace-context` writes it")],
            help: "delete it, or write `trace-context: off` here"
        )
    }

    static func requestIDIsCredential(_ header: String, id: EffectiveUse, auth: EffectiveUse) -> Diagnostic {
        Diagnostic(
            .requestIDHeader,
            "`\(header)` cannot carry both the request id and a credential",
            at: id.use.span,
            related: [.init(auth.use.span, "`\(auth.use.name.value)` reads it here")],
            help: "choose another `header` for one of them"
        )
    }

    static func unknownCapture(_ name: String, at span: SourceSpan, known: [String], route: RouteMention) -> Diagnostic
    {
        let list = known.filter { $0 != "**" }
        let fallback =
            list.isEmpty
            ? "name a segment in the path, as in `/{\(name)}`, or write `{{` for a brace"
            : "it has \(list.map { "`\($0)`" }.joined(separator: ", "))"
        return Diagnostic(
            .unknownCapture,
            "`\(route.text)` has no capture `\(name)`",
            at: span,
            related: [.init(route.span, "the path of this route")],
            help: suggestion(for: name, among: list) ?? fallback
        )
    }

    static func respondWithUpstream(_ upstream: Spanned<String>, answer: EffectiveUse) -> Diagnostic {
        let plugin = answer.use.name.value
        return Diagnostic(
            .respondWithUpstream,
            "`\(plugin)` answers here, so nothing is sent to `\(upstream.value)`",
            at: upstream.span,
            related: [.init(answer.use.span, "answered here")],
            help: "delete the upstream, or write `\(plugin): off` beside it"
        )
    }

    static func authenticationUnclear(_ finders: [EffectiveUse], on route: RouteMention) -> Diagnostic {
        let names = finders.map { "`\($0.use.name.value)`" }.joined(separator: " and ")
        return Diagnostic(
            .authenticationUnclear,
            "\(names) both find the consumer on `\(route.text)`: is one of them enough?",
            at: finders[finders.count - 1].use.span,
            related: [.init(finders[0].use.span, "the other one"), .init(route.span, "on this route")],
            help: "add `authentication: { require: any }`, or `all`, or turn one of them off"
        )
    }

    static func authenticationOfNothing(_ use: EffectiveUse, on route: RouteMention) -> Diagnostic {
        Diagnostic(
            .authenticationOfNothing,
            "no plugin finds the consumer on `\(route.text)`",
            at: use.use.span,
            related: [.init(route.span, "on this route")],
            help: "add `key-auth`, `basic-auth` or `mtls-auth`, or delete `authentication`"
        )
    }

    static func noClientCertificates(_ use: EffectiveUse) -> Diagnostic {
        Diagnostic(
            .noClientCertificates,
            "no listener asks clients for certificates",
            at: use.use.span,
            help: "set `listen.https.client-certificates: { ca: …, mode: request }`"
        )
    }

    static func twoAnswers(_ first: EffectiveUse, _ second: EffectiveUse) -> Diagnostic {
        // The outer one is the one to turn off, where the inner one is set.
        let (outer, inner) = first.place.scope <= second.place.scope ? (first, second) : (second, first)
        return Diagnostic(
            .twoAnswers,
            "`\(inner.use.name.value)` and `\(outer.use.name.value)` both answer",
            at: inner.use.span,
            related: [.init(outer.use.span, "the other one")],
            help: "keep one of them, or write `\(outer.use.name.value): off` beside this one"
        )
    }

    static func queryBesideQuery(_ span: SourceSpan, location: SourceSpan) -> Diagnostic {
        Diagnostic(
            .redirectLocation,
            "the request's query cannot go along behind this URL's own",
            at: span,
            related: [.init(location, "it has a query or a fragment")],
            help: "delete one of the two"
        )
    }

    static func headerOfTwoPlugins(_ name: Spanned<String>, of first: String, other: EffectiveUse) -> Diagnostic {
        let plugin = other.use.name.value
        return Diagnostic(
            .headerOfTwoPlugins,
            "`\(first)` edits `\(name.value)`, which `\(plugin)` writes",
            at: name.span,
            related: [.init(other.use.span, "written here")],
            help: other.kind == .securityHeaders
                ? "delete it, or write `\(name.value.lowercased()): …` in `security-headers`"
                : "delete it: `\(plugin)` writes what the client needs"
        )
    }

    static func previewNeedsAuthentication(_ version: Named<VersionSpec>) -> Diagnostic {
        Diagnostic(
            .previewNeedsAuthentication,
            "`\(version.name.value)` has a preview for groups, but none of its routes finds consumers",
            at: version.value.preview.first?.span ?? version.name.span,
            help: "add `key-auth` to the version or its API"
        )
    }
}

/// A route in a message.
struct RouteMention {
    var text: String
    var span: SourceSpan
}
