internal import GatewayIR

/// Plugins that steer traffic.
extension PluginSchema {
    static let fault = SchemaMap(
        "fault",
        "`fault`",
        path: "fault",
        "Rehearses slow and failing requests. At least one of `delay` and `abort`.",
        [
            .optional("delay", "duration up to 1m", example: "delay: 300ms", "How long requests are held up."),
            .optional(
                "delay-share",
                "share",
                default: "100%",
                example: "delay-share: 10%",
                "How many of them."
            ),
            .optional(
                "abort",
                "status code from 400 to 599",
                example: "abort: 503",
                "What requests are answered with, after the delay if there is one."
            ),
            .optional(
                "abort-share",
                "share",
                default: "100%",
                example: "abort-share: 1%",
                "How many of them, whether they were delayed or not."
            ),
            .optional(
                "header",
                "header name",
                default: "none",
                example: "header: X-Rehearsal",
                "Only requests with this field."
            ),
            .optional("from", "instant", default: "always", example: "from: 2026-12-01T10:00:00Z", "When it begins."),
            .optional("until", "instant", default: "never", example: "until: 2026-12-01T11:00:00Z", "When it ends."),
        ]
    )
}
