internal import GatewayIR

extension Diagnostic {
    static func ownerRequired(_ api: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .ownerRequired,
            "nobody owns `\(api.value)`",
            at: api.span,
            help: "add `owner: TEAM <ADDRESS>` to the API"
        )
    }

    /// - Parameter code: authentication, rate limit or size limit.
    static func requirement(
        _ code: DiagnosticCode,
        _ first: RouteMention,
        count: Int,
        api: Spanned<String>,
        required: SourceSpan
    ) -> Diagnostic {
        let more = count > 1 ? " and \(count - 1) more of `\(api.value)`" : ""
        let (message, help): (String, String) =
            switch code {
            case .authenticationRequired:
                (
                    "`\(first.text)`\(more) \(count > 1 ? "are" : "is") open to everyone",
                    "add `key-auth` to the API, or list the routes in `governance.public`"
                )
            case .rateLimitRequired:
                (
                    "`\(first.text)`\(more) \(count > 1 ? "have" : "has") no rate limit",
                    "add `rate-limit` to the API or a policy of its"
                )
            default:
                (
                    "`\(first.text)`\(more) \(count > 1 ? "take" : "takes") bodies of any size",
                    "add `request-size-limit` to the API, or set `listen.limits.body`"
                )
            }
        return Diagnostic(
            code,
            message,
            at: first.span,
            related: [.init(required, "required here")],
            help: help
        )
    }

    static func openRoutes(_ first: RouteMention, count: Int, api: Spanned<String>) -> Diagnostic {
        let more = count > 1 ? " and \(count - 1) more of `\(api.value)` are" : " is"
        return Diagnostic(
            .openRoutes,
            "`\(first.text)`\(more) open to everyone",
            at: first.span,
            help: "add `key-auth`, or list what is meant to be open in `governance.public`"
        )
    }

    /// For the APIs beyond those that are named one by one.
    static func openRoutes(_ first: RouteMention, count: Int, apiCount: Int) -> Diagnostic {
        Diagnostic(
            .openRoutes,
            "`\(first.text)` and \(count - 1) more routes, of \(apiCount) further APIs, are open to everyone",
            at: first.span,
            help: "add `key-auth` to the top level's `plugins`, or list what is meant to be open in `governance.public`"
        )
    }

    static func timeoutsRequired(_ upstream: Spanned<String>, required: SourceSpan) -> Diagnostic {
        Diagnostic(
            .timeoutsRequired,
            "the upstream `\(upstream.value)` has no timeouts of its own",
            at: upstream.span,
            related: [.init(required, "required here")],
            help: "add `timeouts: { connect: 1s, response: 30s }`"
        )
    }

    static func upstreamTLSRequired(
        _ target: TargetSpec,
        upstream: String,
        count: Int,
        required: SourceSpan
    ) -> Diagnostic {
        let others = count == 1 ? "" : ", and \(count - 1) more of its targets"
        return Diagnostic(
            .upstreamTLSRequired,
            "a target of `\(upstream)` is asked in the clear\(others)",
            at: target.span,
            related: [.init(required, "required here")],
            help: "write `https://` before its host"
        )
    }

    static func credentialsRequired(_ consumer: Spanned<String>, required: SourceSpan) -> Diagnostic {
        Diagnostic(
            .credentialsRequired,
            "nobody can be `\(consumer.value)`: it has no credentials",
            at: consumer.span,
            related: [.init(required, "required here")],
            help: "add `credentials` to it, or delete it"
        )
    }

    static func credentialUnbounded(
        _ credential: CredentialSpec,
        of consumer: String,
        lacks: [String],
        age: Spanned<Int64>
    ) -> Diagnostic {
        Diagnostic(
            .credentialTooOld,
            "a credential of `\(consumer)` does not say how long it holds",
            at: credential.key.span,
            related: [.init(age.span, "\(InstantText.span(age.value)) at most, it says here")],
            help: "add \(lacks.joined(separator: " and ")) to it"
        )
    }

    static func credentialTooOld(
        of consumer: String,
        from begin: Spanned<Int64>,
        to end: Spanned<Int64>,
        age: Spanned<Int64>
    ) -> Diagnostic {
        let latest = InstantText.text(InstantText.dayAtOrBefore(begin.value + age.value))
        return Diagnostic(
            .credentialTooOld,
            "a credential of `\(consumer)` holds for \(InstantText.span(end.value - begin.value))",
            at: end.span,
            related: [
                .init(begin.span, "it begins here"),
                .init(age.span, "\(InstantText.span(age.value)) at most, it says here"),
            ],
            help: "set `expires` to \(latest) or earlier, and add its successor beside it"
        )
    }

    static func docsRequired(_ version: Spanned<String>, deprecated: SourceSpan, required: SourceSpan) -> Diagnostic {
        Diagnostic(
            .docsRequired,
            "`\(version.value)` is deprecated, and nothing says where to read about it",
            at: version.span,
            related: [.init(deprecated, "deprecated here"), .init(required, "required here")],
            help: "add `docs: https://…` to the version"
        )
    }

    static func successorRequired(
        _ version: Spanned<String>,
        deprecated: SourceSpan,
        required: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .successorRequired,
            "`\(version.value)` is deprecated, and no version succeeds it",
            at: version.span,
            related: [.init(deprecated, "deprecated here"), .init(required, "required here")],
            help: "add `successor: VERSION` to the version"
        )
    }

    static func publicMatchesNothing(_ entry: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .publicMatchesNothing,
            "no route lies within `\(entry.value)`",
            at: entry.span,
            help: "write the whole path, the version's segment included, as in `GET /catalog/v1/**`, or delete it"
        )
    }
}
