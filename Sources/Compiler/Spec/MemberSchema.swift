extension SpecSchema {
    static let member = SchemaMap(
        "A member",
        "a member",
        path: "members[]",
        "Another spec that is linked into this one, and the part of the gateway that is its own.",
        [
            .required(
                "spec",
                "path",
                example: "spec: teams/orders/api.yaml",
                "The member's file, relative to the file that names it. It may have members itself."
            ),
            .optional(
                "name",
                "name",
                default: "the member's `gateway`",
                example: "name: orders",
                "What the member is called; its private names begin with it: `orders/acme`."
            ),
            .optional(
                "owns",
                "map",
                default: "what the spec that names it owns",
                example: "owns: { hosts: [ api.example.com ], paths: [ /orders/** ] }",
                "What the member may serve. No two members own the same request."
            ),
        ]
    )

    static let ownership = SchemaMap(
        "members[].owns",
        "`owns`",
        path: "members[].owns",
        "Every API of the member must lie within one of the hosts and one of the paths.",
        [
            .optional(
                "hosts",
                "list of hosts",
                default: "every host",
                example: "hosts: [ api.example.com, \"*.orders.example.com\" ]",
                "As in an API's `hosts`."
            ),
            .optional(
                "paths",
                "list of paths",
                default: "every path",
                example: "paths: [ /orders/** ]",
                "As in a route; `/**` is the path itself and everything below."
            ),
            .optional(
                "plugins",
                "list of plugins",
                default: "all plugins",
                example: "plugins: [ key-auth, acl, rate-limit ]",
                "Those that the member may set or switch off. Policies that others export are not bound by it."
            ),
        ]
    )

    static let names = SchemaMap(
        "export and weak",
        "`export`",
        path: "export",
        "Names of this spec, by what they name. APIs need no export: their names are the gateway's.",
        [
            .optional("upstreams", "list of names", example: "upstreams: [ login ]", "Upstreams."),
            .optional(
                "consumers",
                "list of names",
                example: "consumers: [ monitoring ]",
                "Consumers whose keys are good for the APIs of every spec."
            ),
            .optional(
                "groups",
                "list of names",
                example: "groups: [ partners ]",
                "Groups that the rules of every spec may name."
            ),
            .optional("policies", "list of names", example: "policies: [ partner ]", "Policies."),
        ]
    )
}
