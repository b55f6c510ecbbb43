extension SpecSchema {
    static let bundles = SchemaMap(
        "bundles",
        "`bundles`",
        path: "bundles",
        "A server of files that nodes pull their signed bundles from, and whom they believe. See [pulling.md](pulling.md).",
        [
            .optional(
                "url",
                "URL",
                default: "bundles are mounted, or copied",
                example: "url: https://bundles.example.com/storefront/",
                "The address of the bundle's folder."
            ),
            .optional("every", "duration", default: "30s", example: "every: 1m", "How often the server is asked."),
            .optional(
                "ca",
                "path",
                default: "the system's authorities",
                example: "ca: certs/bundles-ca.crt",
                "Whose certificate the server must have, as PEM. A relative path is copied into the bundle."
            ),
            .optional(
                "trust",
                "path or list of paths",
                default: "none",
                example: "trust: keys/release.pub",
                "Public keys, as PEM: nodes serve only what one of them [signed](signing.md). A node that pulls needs one. A relative path is copied into the bundle."
            ),
            .optional(
                "stale",
                "map",
                default: "a bundle is served for ever",
                example: "stale: { warn: 1h, stop: 24h }",
                "What happens when the server does not confirm for long that the bundle is still the newest."
            ),
        ]
    )

    static let staleness = SchemaMap(
        "bundles.stale",
        "`stale`",
        path: "bundles.stale",
        "For how long a node serves a bundle that the server does not confirm: because it cannot be reached, or because what it gives is refused.",
        [
            .optional("warn", "duration", default: "never", example: "warn: 1h", "The log and the metrics say so."),
            .optional(
                "stop",
                "duration",
                default: "never",
                example: "stop: 24h",
                "Requests are answered with 503 until the server confirms the bundle, or gives a new one."
            ),
        ]
    )
}
