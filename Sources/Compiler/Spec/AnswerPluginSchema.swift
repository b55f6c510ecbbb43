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
}
