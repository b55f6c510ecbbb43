extension SpecSchema {
    static let redis = SchemaMap(
        "redis",
        "`redis`",
        path: "redis",
        "The Redis server in which the nodes of the gateway count together. See "
            + "[rate-limit](plugins/rate-limit.md#counting-together).",
        [
            .required(
                "url",
                "`redis://HOST`, with a port and the number of a database perhaps",
                example: "url: \"redis://redis:6379\"",
                "Where it is; port 6379 and database 0 unless it says else."
            ),
            .optional(
                "username",
                "text",
                default: "the default user",
                example: "username: apic",
                "As whom to speak to it."
            ),
            .optional(
                "password",
                "`${env:NAME}` or `${file:PATH}`",
                default: "none",
                example: "password: \"${env:REDIS_PASSWORD}\"",
                "What it asks for."
            ),
            .optional(
                "every",
                "duration from 10ms to 10s",
                default: "50ms",
                example: "every: 20ms",
                "How often a node tells what it has counted, and hears what the others have."
            ),
        ]
    )
}
