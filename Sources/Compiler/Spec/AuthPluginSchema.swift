/// The plugins that find out who calls.
extension PluginSchema {
    static let keyAuth = SchemaMap(
        "key-auth",
        "`key-auth`",
        path: "key-auth",
        "A key names the consumer; without a known one 401.",
        [
            .optional(
                "header",
                "header name, or a list of them",
                default: "apikey, unless `query` or `cookie` is set",
                example: "header: apikey",
                "The field that carries the key."
            ),
            .optional("query", "name", example: "query: api_key", "The query parameter that may carry it."),
            .optional("cookie", "name", example: "cookie: session", "The cookie that may carry it."),
            .optional(
                "forward-credential",
                "boolean",
                default: "false",
                example: "forward-credential: true",
                "Whether the upstream gets to see the key."
            ),
        ]
    )

    static let basicAuth = SchemaMap(
        "basic-auth",
        "`basic-auth`",
        path: "basic-auth",
        "User name and password name the consumer (RFC 7617); without known ones 401.",
        [
            .optional(
                "forward-credential",
                "boolean",
                default: "false",
                example: "forward-credential: true",
                "Whether the upstream gets to see them."
            )
        ]
    )

    static let mtlsAuth = SchemaMap(
        "mtls-auth",
        "`mtls-auth`",
        path: "mtls-auth",
        "The client's certificate names the consumer; without a known one 401. Needs `listen.https.client-certificates`.",
        []
    )

    static let authentication = SchemaMap(
        "authentication",
        "`authentication`",
        path: "authentication",
        "How the plugins that find the consumer go together, and who calls without any credential.",
        [
            .optional(
                "require",
                "`any` or `all`",
                default: "needed where there are several",
                example: "require: any",
                "Whether one of them is enough, or each must find the same consumer."
            ),
            .optional(
                "anonymous",
                "name of a consumer",
                default: "nobody",
                example: "anonymous: guest",
                "Who calls without any credential. A wrong one is still 401."
            ),
        ]
    )
}
