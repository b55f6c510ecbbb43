internal import GatewayIR

extension Diagnostic {
    static func duplicateRoute(_ route: RouteMention, first: RouteMention) -> Diagnostic {
        Diagnostic(
            .duplicateRoute,
            "`\(route.text)` is declared twice",
            at: route.span,
            related: [.init(first.span, "first declared here")],
            help: "delete one, or tell them apart by method, path or `headers`"
        )
    }

    static func ambiguousRoutes(_ route: RouteMention, first: RouteMention, witness: String) -> Diagnostic {
        Diagnostic(
            .ambiguousRoutes,
            "`\(route.text)` and `\(first.text)` match the same request, and neither is more specific",
            at: route.span,
            related: [.init(first.span, "the other route")],
            notes: ["both match `\(witness)`"],
            help: "make one more specific (a literal, a constraint, a header condition), or keep them apart"
        )
    }

    static func unreachableRoute(_ route: RouteMention, hidden hider: RouteMention) -> Diagnostic {
        Diagnostic(
            .unreachableRoute,
            "`\(route.text)` is never reached: more specific routes take all its requests",
            at: route.span,
            related: [.init(hider.span, "`\(hider.text)` takes them before")],
            help: "delete it, or narrow what takes its requests"
        )
    }

    static func tooManyConstraints(_ match: SourceSpan, count: Int) -> Diagnostic {
        Diagnostic(
            .tooManyOfRoutes,
            "\(count) different constraints stand at one place of a path, and there may be \(RouteConflicts.constraintCountMax)",
            at: match,
            help: "use one capture and let the upstream tell them apart"
        )
    }

    static func tooManyComparisons(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .tooManyOfRoutes,
            "too many routes have the same path to compare their conditions",
            at: span,
            help: "tell them apart by the path, or let the upstream look at the header fields"
        )
    }
}
