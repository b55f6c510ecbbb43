/// `kong` of a route, as written.
package struct KongRouteSpec: Sendable {
    package var prefix: Spanned<String>?
    package var regex: Spanned<String>?
    package var hosts: [Spanned<String>] = []
    package var methods: [Spanned<String>] = []
    package var base: Spanned<String>?
    package var rank: Spanned<UInt64>?
    package var span: SourceSpan
}

extension SpecDecoder {
    /// A route that matches as Kong does, with its rank.
    mutating func kongRoute(_ route: Fields) -> KongRouteSpec? {
        guard let field = route["kong"] else {
            if let rank = route.keyNode("rank") {
                report(
                    Diagnostic(
                        .exclusiveKeys,
                        "`rank` is for routes with `kong`",
                        at: span(rank),
                        help: "delete it: the most specific route wins"
                    )
                )
            }
            return nil
        }
        for name in ["match", "rewrite"] {
            guard let other = route.keyNode(name) else { continue }
            report(
                Diagnostic(
                    .exclusiveKeys,
                    "`\(name)` and `kong` both say what becomes of the path",
                    at: span(other),
                    related: [.init(field.keySpan, "`kong` is here")],
                    help: "keep one of them"
                )
            )
        }
        requireKey("rank", in: route)
        var spec = KongRouteSpec(span: field.keySpan)
        spec.rank = scalar(route["rank"], .number(0...UInt64(Int64.max)))
        guard let fields = fields(field, SpecSchema.kongRoute) else { return spec }
        spec.prefix = scalar(fields["prefix"], .pattern("the beginning of a path"))
        spec.regex = scalar(fields["regex"], .pattern("a regular expression"))
        spec.hosts = oneOrMore(fields["hosts"], of: "hosts", .pattern("a host such as `api.example.com`"))
        spec.methods = distinct(list(fields["methods"], of: "methods", .method, isNeeded: true), "method") { $0 }
        spec.base = scalar(fields["base"], .pattern("a path such as `/api`"))
        if let prefix = fields.keyNode("prefix"), let regex = fields.keyNode("regex") {
            report(
                Diagnostic(
                    .exclusiveKeys,
                    "`prefix` and `regex` both say which paths match",
                    at: span(regex),
                    related: [.init(span(prefix), "`prefix` is here")],
                    help: "write a route for each"
                )
            )
        }
        return spec
    }
}
