extension SpecSchema {
    /// A route with `kong`: `match` is not asked for.
    static let routeFromKong = SchemaMap(
        route.title,
        route.noun,
        path: route.path,
        route.meaning,
        route.keys.map { $0.name == "match" ? .optional("match", $0.type, example: $0.example, $0.meaning) : $0 }
    )

    static let kongRoute = SchemaMap(
        "A route taken over from Kong",
        "`kong`",
        path: "apis.NAME.versions.NAME.routes[].kong",
        """
        In place of `match`: the route matches as Kong does, and `rank` says which of several wins. Neither the API's hosts \
        nor its path count. `apic import kong` writes such routes.
        """,
        [
            .optional(
                "prefix",
                "bytes of a path",
                default: "`/`, unless there is `regex`",
                example: "prefix: /service",
                "Paths that begin with these bytes match: `/service`, `/services2`."
            ),
            .optional(
                "regex",
                "regular expression",
                example: "regex: \"/service/[0-9]+$\"",
                "Paths that begin with a match; with `$` at its end, whole paths."
            ),
            .optional(
                "hosts",
                "list of hosts",
                default: "every host",
                example: "hosts: [ api.example.com ]",
                "As in an API's `hosts`."
            ),
            .optional(
                "methods",
                "list of methods",
                default: "every method",
                example: "methods: [ GET ]",
                "Exactly these: `GET` does not take `HEAD`."
            ),
            .optional(
                "base",
                "path",
                default: "`/`",
                example: "base: /api",
                "What the upstream's path begins with: the `path` of Kong's service. With `strip`, what matched is cut off first."
            ),
        ]
    )
}
