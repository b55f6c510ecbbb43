internal import GatewayIR

/// Plugins about the body of answers.
extension PluginSchema {
    static let compress = SchemaMap(
        "compress",
        "`compress`",
        path: "compress",
        "Compresses the answers of upstreams (gzip) for clients that take it, where it pays.",
        [
            .optional(
                "types",
                "list of media types",
                default: CompressSettings.usualTypes.joined(separator: ", "),
                example: "types: [ application/json, \"text/*\", \"application/*+json\" ]",
                "What is compressed. A subtype may begin with `*`, which stands for anything; at most 64."
            ),
            .optional(
                "min-size",
                "size up to 1GiB",
                default: "1KiB",
                example: "min-size: 2KiB",
                "Answers that say that they have less are left alone."
            ),
            .optional(
                "level",
                "number from 1 to 9",
                default: "5",
                example: "level: 6",
                "1 takes the least time, 9 makes the smallest answers."
            ),
        ]
    )

    static let responseCache = SchemaMap(
        "response-cache",
        "`response-cache`",
        path: "response-cache",
        "Stores the answers of upstreams for as long as they say (RFC 9111), and gives them to those who ask again.",
        [
            .optional(
                "max-size",
                "size from 64KiB to 64GiB",
                default: "64MiB",
                example: "max-size: 256MiB",
                "What all stored answers of the process may take together when one of the route is stored."
            ),
            .optional(
                "max-object",
                "size from 1B to 1GiB",
                default: "1MiB",
                example: "max-object: 256KiB",
                "The largest body that is stored."
            ),
            .optional(
                "default-ttl",
                "duration from 1s to 30d",
                default: "none",
                example: "default-ttl: 10s",
                "For how long an answer is used that says nothing of it; without this it is not stored."
            ),
            .optional(
                "stale-while-revalidate",
                "duration from 1s to 30d",
                default: "none",
                example: "stale-while-revalidate: 30s",
                "For how long behind that it is still used while it is asked for anew, if it does not say it itself."
            ),
            .optional(
                "stale-if-error",
                "duration from 1s to 30d",
                default: "none",
                example: "stale-if-error: 1h",
                "For how long behind that it is still used when its upstream fails, if it does not say it itself."
            ),
        ]
    )
}
