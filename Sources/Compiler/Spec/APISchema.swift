extension SpecSchema {
    static let api = SchemaMap(
        "An API",
        "an API",
        path: "apis.NAME",
        "A family of versions with one owner.",
        [
            .optional("title", "text", default: "its name", example: "title: Orders", "As people call it."),
            .optional("owner", "text", example: "owner: orders-team <orders@example.com>", "Who answers for it."),
            .optional(
                "host",
                "host",
                default: "every host",
                example: "host: api.example.com",
                "`api.example.com` or `*.example.com`."
            ),
            .optional(
                "hosts",
                "list of hosts",
                example: "hosts: [ api.example.com, \"*.example.org\" ]",
                "Several hosts."
            ),
            .optional(
                "path",
                "path",
                default: "/",
                example: "path: /orders",
                "Where the API begins. `/{version}/orders` puts the version elsewhere than behind it."
            ),
            .optional(
                "versioning",
                "`path`, or a map",
                default: "path",
                example: "versioning: { by: header, name: X-API-Version }",
                "How a request says which version it means."
            ),
            .optional(
                "policy",
                "name, or a list of names",
                default: "none",
                example: "policy: partner",
                "Policies of all its routes."
            ),
            .optional(
                "plugins",
                "list of plugins",
                default: "none",
                example: "plugins: [ key-auth ]",
                "Plugins of all its routes."
            ),
            .optional("upstream", "name", example: "upstream: orders", "Upstream of versions that name none."),
            .required("versions", "map of versions", example: "versions: { v1: { … } }", "The versions by name."),
        ]
    )

    static let versioning = SchemaMap(
        "versioning",
        "`versioning`",
        path: "apis.NAME.versioning",
        "The long form.",
        [
            .required(
                "by",
                "`path`, `header`, `query`, `media-type` or `host`",
                example: "by: header",
                "Where the version is said."
            ),
            .optional(
                "name",
                "name of a header field or query parameter",
                example: "name: X-API-Version",
                "For `header` and `query`."
            ),
            .optional(
                "pattern",
                "text with `{version}`",
                example: "pattern: application/vnd.acme.{version}+json",
                "For `media-type` and `host`."
            ),
        ]
    )

    static let version = SchemaMap(
        "A version",
        "a version",
        path: "apis.NAME.versions.NAME",
        "One version, with the dates of its life.",
        [
            .optional(
                "value",
                "text",
                default: "its name",
                example: "value: \"1\"",
                "What a request says to select it."
            ),
            .optional(
                "default",
                "boolean",
                default: "false",
                example: "default: true",
                "Taken where a request selects none."
            ),
            .optional(
                "preview",
                "list of groups",
                default: "nobody",
                example: "preview: [ beta ]",
                "Who may call it before `released`."
            ),
            .optional(
                "released",
                "instant",
                default: "always",
                example: "released: 2026-05-01",
                "From here on it is served."
            ),
            .optional(
                "deprecated",
                "instant",
                default: "never",
                example: "deprecated: 2026-06-01",
                "From here on answers say that it is deprecated."
            ),
            .optional(
                "sunset",
                "instant",
                default: "never",
                example: "sunset: 2026-12-31T23:59:59Z",
                "From here on requests get 410."
            ),
            .optional(
                "announce",
                "instant",
                default: "at once",
                example: "announce: 2026-05-01",
                "From here on answers name a future `deprecated`."
            ),
            .optional(
                "tombstone",
                "duration",
                default: "90d",
                example: "tombstone: 90d",
                "So long after `sunset` requests get 410; then 404."
            ),
            .optional(
                "brownouts",
                "list of brownouts",
                default: "none",
                example: "brownouts: [ { from: 2026-12-01T10:00:00Z, for: 1h } ]",
                "Rehearsals of the end."
            ),
            .optional(
                "successor",
                "name of a version",
                default: "none",
                example: "successor: v2",
                "What to use instead."
            ),
            .optional(
                "docs",
                "URL",
                default: "none",
                example: "docs: https://developer.example.com/v1-to-v2",
                "Where people read about the change."
            ),
            .optional(
                "upstream",
                "name",
                default: "that of the API",
                example: "upstream: orders",
                "Where requests go."
            ),
            .optional(
                "policy",
                "name, or a list of names",
                default: "none",
                example: "policy: partner",
                "Policies of its routes."
            ),
            .optional(
                "plugins",
                "list of plugins",
                default: "none",
                example: "plugins: [ key-auth ]",
                "Plugins of its routes."
            ),
            .required("routes", "list of routes", example: "routes: [ \"GET /\", \"GET /{id}\" ]", "What it offers."),
            .later("allow", "leave it out: `apic plan`, which asks for it, is not there yet"),
        ]
    )

    static let brownout = SchemaMap(
        "A brownout",
        "a brownout",
        path: "apis.NAME.versions.NAME.brownouts[]",
        "A window in which a deprecated version is refused.",
        [
            .required("from", "instant", example: "from: 2026-12-01T10:00:00Z", "Its begin."),
            .required("for", "duration", example: "for: 1h", "Its length."),
            .optional(
                "status",
                "status code from 400 to 599",
                default: "503",
                example: "status: 503",
                "What requests get."
            ),
        ]
    )

    static let route = SchemaMap(
        "A route",
        "a route",
        path: "apis.NAME.versions.NAME.routes[]",
        "The long form of `METHOD /path`.",
        [
            .required(
                "match",
                "text",
                example: "match: POST /{id}",
                "`GET /{id}`, `GET,POST /x`, `ANY /x/**`; `kong` may stand in its place."
            ),
            .optional(
                "headers",
                "map of texts",
                default: "none",
                example: "headers: { X-Env: canary }",
                "Header fields that a request must carry."
            ),
            .optional(
                "policy",
                "name, or a list of names",
                default: "none",
                example: "policy: partner",
                "Policies of the route."
            ),
            .optional(
                "plugins",
                "list of plugins",
                default: "none",
                example: "plugins: [ { request-size-limit: { body: 64KiB } } ]",
                "Plugins of the route."
            ),
            .optional(
                "upstream",
                "name",
                default: "that of the version",
                example: "upstream: orders",
                "Where its requests go."
            ),
            .optional(
                "strip",
                "boolean",
                default: "true",
                example: "strip: false",
                "Whether the upstream gets the path without that of API and version."
            ),
            .optional("rewrite", "path", example: "rewrite: /internal/{id}", "The path that the upstream gets."),
            .optional(
                "preserve-host",
                "boolean",
                default: "false",
                example: "preserve-host: true",
                "Whether the upstream gets the client's `Host`."
            ),
            .optional(
                "cost",
                "number from 1 to 10000",
                default: "1",
                example: "cost: 5",
                "How many of what a `rate-limit` allows one request takes: dear routes use up a shared limit sooner."
            ),
            .optional(
                "kong",
                "map",
                default: "none",
                example: "kong: { prefix: /service }",
                "Matches as Kong does, in place of `match`."
            ),
            .optional(
                "rank",
                "number",
                default: "**required** beside `kong`",
                example: "rank: 7",
                "Of all routes with `kong` that match a request, the one with the greatest rank wins."
            ),
        ]
    )
}
