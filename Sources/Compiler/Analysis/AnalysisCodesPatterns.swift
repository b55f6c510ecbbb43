extension DiagnosticCode {
    /// E060x to E061x: what a pattern of hosts, paths or text can have wrong with itself.
    static let patternCodes: [DiagnosticCode] = [
        .routeText, .method, .pathSegment, .percentEscape, .pathByte, .captureSyntax, .captureTwice, .tailPlace,
        .patternTooLong, .constraintSyntax, .constraintUnsupported, .constraintTooLarge, .constraintEmpty,
        .hostPattern, .template,
    ]

    static let routeText = DiagnosticCode(
        "E0601",
        "a route is not `METHOD /path`",
        explanation: """
            A route is one or more methods, a space, and a path that begins with `/`: `GET /orders/{id}`,
            `GET,POST /orders`, `ANY /files/**`. The path continues that of the API and the version.
            """,
        example: """
            routes: [ "/orders" ]
            """
    )

    static let method = DiagnosticCode(
        "E0602",
        "a method cannot be used",
        explanation: """
            Methods are tokens of RFC 9110 and case-sensitive: `GET`, not `get`. `ANY` stands for all of them and then
            stands alone. `CONNECT` asks for a tunnel, which a gateway in front of APIs does not open. A gateway knows
            at most 22 methods besides the usual ones.
            """,
        example: """
            routes: [ "get /orders" ]
            """
    )

    static let pathSegment = DiagnosticCode(
        "E0603",
        "a path pattern has a segment that no request can have",
        explanation: """
            Requests are matched on the normalised path (RFC 3986, section 6.2.2): `.` and `..` are resolved and `//`
            is one `/`. A pattern with such a segment would never match.
            """,
        example: """
            routes: [ "GET /orders//{id}", "GET /a/../b" ]
            """
    )

    static let percentEscape = DiagnosticCode(
        "E0604",
        "a percent-escape in a path pattern cannot match",
        explanation: """
            An escape is `%` and two hexadecimal digits. `%2F` is data in a request's segment and never a separator, so
            a pattern with it invites mistakes and is refused; escapes of control bytes and of `\\` (`%5C`) are refused
            in requests, so a pattern with them would never match.
            """,
        example: """
            routes: [ "GET /a%2Fb", "GET /100%" ]
            """
    )

    static let pathByte = DiagnosticCode(
        "E0605",
        "a path pattern has a character that stands in no path",
        explanation: """
            A path has letters, digits and `-._~!$&'()+,;=:@`; everything else is percent-encoded in a URL, so write
            it that way. `?` begins a query, which is not part of a route; `#` never reaches a server. `*` is not a
            wildcard within a segment: use a capture, or `/**` for all that follows.
            """,
        example: """
            routes: [ "GET /a b", "GET /search?q={q}", "GET /*.png" ]
            """
    )

    static let captureSyntax = DiagnosticCode(
        "E0606",
        "a capture is not well-formed",
        explanation: """
            A capture is a whole segment: `{name}`, `{name:constraint}`, or `{name:**}` at the end. Its name has
            letters, digits, `_` and `-` and begins with a letter or `_`. Braces close, and nothing stands before or
            behind them in the segment; what would stand there can go into a constraint.
            """,
        example: """
            routes: [ "GET /{id", "GET /{id}.json", "GET /{}" ]
            """
    )

    static let captureTwice = DiagnosticCode(
        "E0607",
        "two captures of a path have the same name",
        explanation: """
            Rewrites and header templates refer to a capture by name, so names are unique within a route, its API's
            path included.
            """,
        example: """
            routes: [ "GET /{id}/lines/{id}" ]
            """
    )

    static let tailPlace = DiagnosticCode(
        "E0608",
        "`**` does not stand at the end",
        explanation: """
            `/**` (or `{name:**}`) takes all segments that follow, so nothing can stand behind it, and an API's path
            cannot have it: its routes continue the path.
            """,
        example: """
            routes: [ "GET /files/**/meta" ]
            """
    )

    static let patternTooLong = DiagnosticCode(
        "E0609",
        "a path pattern is too long",
        explanation: """
            A route has at most 27 segments, 16 of them captures, in at most 2048 bytes, the API's path and the version
            included: its rank is one integer, and the work for one request is bounded.
            """,
        example: """
            routes: [ "GET /a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z/1/2" ]
            """
    )

    static let constraintSyntax = DiagnosticCode(
        "E0610",
        "a constraint is not a regular expression",
        explanation: """
            A constraint has literals, escapes (`\\d`, `\\w`, `\\s`, their negations, `\\.`), classes (`[a-z0-9]`, `[^.]`),
            `.`, groups, `|`, `*`, `+`, `?` and `{m,n}`. It is always anchored at both ends of the segment and is
            matched against the normalised, still percent-encoded segment.
            """,
        example: """
            routes: [ "GET /{id:[0-9}", "GET /{id:(a|b}" ]
            """
    )

    static let constraintUnsupported = DiagnosticCode(
        "E0611",
        "a constraint uses what an automaton cannot do",
        explanation: """
            Constraints become automata that look at every byte once: matching takes linear time whatever a client
            sends. Back-references and look-around do not fit into that; lazy and possessive repetition mean nothing
            where only whole segments match.
            """,
        example: """
            routes: [ "GET /{id:(?!new)[a-z]+}" ]
            """
    )

    static let constraintTooLarge = DiagnosticCode(
        "E0612",
        "the automaton of a constraint is too large",
        explanation: """
            An automaton has at most 1024 states. Counted repetitions multiply, and alternatives behind an open
            beginning (`.*a.{12}`) double with every step. Write a looser constraint; let the upstream check the rest.
            """,
        example: """
            routes: [ "GET /{id:(a{1,1000}){1,1000}}" ]
            """
    )

    static let constraintEmpty = DiagnosticCode(
        "E0613",
        "a constraint matches no segment",
        explanation: """
            No text that can stand in a path is in the language of the constraint: it matches nothing, or only the
            empty text. A space, a `?` or a `#` never stands in a path as it is.
            """,
        example: """
            routes: [ "GET /{id:a b}", "GET /{id:}" ]
            """
    )

    static let hostPattern = DiagnosticCode(
        "E0614",
        "a host cannot be matched",
        explanation: """
            A host is a DNS name without a port: `api.example.com`; `*.example.com` for everything below a name, at any
            depth; or `*` for every host. Names in other scripts are written as their A-labels (RFC 5890), since that
            is what clients send.
            """,
        example: """
            apis:
              orders: { host: "api.example.com:8443", path: /orders }
            """
    )

    static let template = DiagnosticCode(
        "E0615",
        "a text with captures is not well-formed",
        explanation: """
            `{name}` stands for a capture of the route's path; `{{` and `}}` stand for the braces themselves.
            """,
        example: """
            request-headers: { set: { X-Order: "{id" } }
            """
    )
}
