extension DiagnosticCode {
    /// E062x to E064x: routes among each other, versions in requests, and where requests go.
    static let routeCodes: [DiagnosticCode] = [
        .versionPlace, .versioningOption, .sameVersionValue, .unusableVersionValue, .routeWithoutUpstream,
        .duplicateRoute, .ambiguousRoutes, .unreachableRoute, .sameMount, .headerCondition, .forwarding,
        .tooManyOfRoutes, .kongRoute,
    ]

    static let kongRoute = DiagnosticCode(
        "E0632",
        "no path can match a route that was taken over from Kong",
        explanation: """
            Paths are normalised before they are matched: percent-escapes of ordinary characters are decoded, `//` is
            merged, `.` and `..` are resolved. A prefix that is not written that way would match nothing.
            """,
        example: """
            - kong: { prefix: service }
              rank: 1
            """
    )

    static let versionPlace = DiagnosticCode(
        "E0620",
        "the place of the version is not clear",
        explanation: """
            Under path versioning the version follows the API's path, or stands where the path has the segment
            `{version}`. A host or media-type pattern has `{version}` exactly once. Other schemes have it nowhere in
            the path.
            """,
        example: """
            path: /{version}/orders
            versioning: header
            """
    )

    static let versioningOption = DiagnosticCode(
        "E0621",
        "an option of `versioning` cannot be used",
        explanation: """
            `header` takes `name` (default `X-API-Version`), `query` takes `name` (default `version`), `media-type` and
            `host` take a `pattern` with `{version}`: `application/vnd.acme.{version}+json`,
            `"{version}.api.example.com"`. Under host versioning the pattern is the host; `host` is left out.
            """,
        example: """
            versioning: { by: media-type }
            """
    )

    static let sameVersionValue = DiagnosticCode(
        "E0622",
        "two versions of an API are selected by the same value",
        explanation: """
            What a request says must lead to one version. `value` is the version's name unless the spec says
            otherwise. Hosts and media types are compared without regard to case.
            """,
        example: """
            versions:
              v1: { value: "1" }
              v1-legacy: { value: "1" }
            """
    )

    static let unusableVersionValue = DiagnosticCode(
        "E0623",
        "a version's value cannot stand where requests would say it",
        explanation: """
            Under path versioning it is one segment of the path, under host versioning part of a DNS label, under the
            others a value of letters, digits and `-._~`.
            """,
        example: """
            versioning: path
            versions:
              v1: { value: "a/b" }
            """
    )

    static let routeWithoutUpstream = DiagnosticCode(
        "E0624",
        "a route has nowhere to send its requests",
        explanation: """
            A route needs an upstream, its own or that of its version or API, unless the plugin `respond` answers for
            it.
            """,
        example: """
            apis:
              orders: { path: /orders, versions: { v1: { routes: [ GET / ] } } }
            """
    )

    static let duplicateRoute = DiagnosticCode(
        "E0625",
        "a route is declared twice",
        explanation: """
            Two routes take exactly the same requests. Delete one, or tell them apart by method, path or a header
            condition. The names of captures do not tell routes apart.
            """,
        example: """
            routes: [ "GET /{id}", "GET /{order}" ]
            """
    )

    static let ambiguousRoutes = DiagnosticCode(
        "E0626",
        "two routes match the same request with equal rank",
        explanation: """
            The most specific route wins: exact host over wildcard, then segment by segment literal over constrained
            capture over capture over tail, then listed method over any, then more header conditions. These two are
            equally specific, and there are requests that match both; the diagnostic shows one. Nothing is decided by
            the order in a file, so make one of them more specific, or keep them apart.
            """,
        example: """
            routes: [ "GET /{id:[0-9]+}", "GET /{sku:[0-9a-f]+}" ]
            """
    )

    static let unreachableRoute = DiagnosticCode(
        "E0627",
        "a route can never be reached",
        explanation: """
            Every request that matches the route matches a more specific one, too, which wins. Delete the route, or
            narrow what hides it.
            """,
        example: """
            routes: [ "GET /{id:.+}", "GET /{id}" ]
            """
    )

    static let sameMount = DiagnosticCode(
        "E0628",
        "two APIs begin at the same place",
        explanation: """
            Requests that match no route are answered in the name of the API under which they fall: with its versions,
            or with the state of one of them. Two APIs at the same host and path would both have to answer, and a
            version that a request names could be that of either. Give each API a path of its own. Under path
            versioning `path: /{version}/orders` keeps the version in front.
            """,
        example: """
            apis:
              orders: { path: /shop, versioning: header }
              billing: { path: /shop, versioning: query }
            """
    )

    static let headerCondition = DiagnosticCode(
        "E0629",
        "a header condition cannot be met or decided",
        explanation: """
            A condition is the name of a header field and the exact value that a request must send. A route has at
            most 15 of them, each for another field. `Host` is matched by `host`, framing fields are the gateway's own.
            """,
        example: """
            - match: GET /
              headers: { Host: api.example.com }
            """
    )

    static let forwarding = DiagnosticCode(
        "E0630",
        "the path that the upstream gets is not clear",
        explanation: """
            By default the API's path and the version are cut off (`strip: true`). `strip: false` forwards the whole
            path; `rewrite` gives a path of its own, which begins with `/` and may hold captures of the route. The
            query is never touched.
            """,
        example: """
            - { match: "GET /{id}", strip: false, rewrite: "internal/{id}" }
            """
    )

    static let tooManyOfRoutes = DiagnosticCode(
        "E0631",
        "there is too much of something for one table",
        explanation: """
            A table holds at most 65,535 different sets of header conditions, 64 different constraints at one place of
            a path, and so many conditions on one path as can be compared in reasonable time. The lookup of a request
            visits at most 4096 nodes of the tree of paths, which takes thousands of routes with literals and captures
            beside each other on a dozen levels.
            """,
        example: """
            routes:   # 65 different constraints at one place
              - GET /{id:a1}
              - GET /{id:a2}
            """
    )
}
