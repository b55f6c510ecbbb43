internal import GatewayIR

extension Diagnostic {
    static func wholePathTooLong(_ match: Spanned<String>, count: Int, countMax: Int) -> Diagnostic {
        Diagnostic(
            .patternTooLong,
            "with the path of its API the route has \(count) segments, and there may be \(countMax)",
            at: match.span,
            help: "end it with `/**` and let the upstream look at the rest"
        )
    }

    static func tooManyCaptures(_ match: Spanned<String>, count: Int, countMax: Int) -> Diagnostic {
        Diagnostic(
            .patternTooLong,
            "with the path of its API the route has \(count) captures, and there may be \(countMax)",
            at: match.span,
            help: "end it with `/**` and let the upstream look at the rest"
        )
    }

    static func captureOfAPI(_ name: String, _ match: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .captureTwice,
            "the path of the API captures `\(name)` already",
            at: match.span,
            help: "give the route's capture a name of its own"
        )
    }

    static func tooManyConditions(_ name: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .headerCondition,
            "a route has at most \(ConditionLowering.countMax) header conditions",
            at: name.span,
            help: "let the upstream look at the others"
        )
    }

    static func tooManyConditionSets(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .tooManyOfRoutes,
            "there are more than \(ConditionLowering.setCountMax) different sets of header conditions",
            at: span,
            help: "select by a path segment, or let the upstream look at the header"
        )
    }

    static func conditionOnHost(_ name: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .headerCondition,
            "the host is not matched by a header condition",
            at: name.span,
            help: "set `host` on the API"
        )
    }

    static func conditionOnGatewayField(_ name: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .headerCondition,
            "`\(name.value)` is written anew by the gateway, so no route can depend on it",
            at: name.span,
            help: "choose a field that clients send for you"
        )
    }

    static func conditionOnVersion(_ name: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .headerCondition,
            "`\(name.value)` selects the version, so a condition on it holds always or never",
            at: name.span,
            help: "put the route under the version that it is for"
        )
    }

    static func tooManyMethods(_ name: String, _ match: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .method,
            "`\(name)` is one unusual method too many: a gateway lists \(MethodRegistry.otherCountMax)",
            at: match.span,
            help: "use `ANY` and let the upstream look at the method"
        )
    }

    static func routeWithoutUpstream(_ routes: [Spanned<String>], version: String) -> Diagnostic {
        let more = routes.count > 1 ? " and \(routes.count - 1) more of `\(version)`" : ""
        return Diagnostic(
            .routeWithoutUpstream,
            "`\(routes[0].value)`\(more) has nowhere to send requests",
            at: routes[0].span,
            help: "set `upstream` on the route, the version or the API, or answer with `respond`"
        )
    }

    static func nothingToForward(at span: SourceSpan, answer: EffectiveUse) -> Diagnostic {
        Diagnostic(
            .forwarding,
            "`\(answer.use.name.value)` answers here, so there is no path or host to forward",
            at: span,
            related: [.init(answer.use.span, "answered here")],
            help: "delete it"
        )
    }

    static func stripBesideRewrite(_ rewrite: Spanned<String>, strip: Spanned<Bool>) -> Diagnostic {
        Diagnostic(
            .forwarding,
            "`rewrite` gives the whole path, so there is nothing to strip",
            at: strip.span,
            related: [.init(rewrite.span, "rewritten here")],
            help: "delete one of the two"
        )
    }
}
