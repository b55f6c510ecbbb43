/// Which header fields a spec may name, and for what (RFC 9110 and the fields that the gateway speaks with).
enum FieldRules {
    /// Fields of one connection or of a message's framing: always the gateway's own.
    private static let framing: Set<String> = [
        "connection", "content-length", "expect", "keep-alive", "proxy-connection", "te", "trailer", "trailers",
        "transfer-encoding", "upgrade", "http2-settings",
    ]

    /// What tells an upstream about the caller: the gateway drops what comes in and sets its own.
    private static let caller: Set<String> = [
        "x-consumer-username", "x-consumer-groups", "x-credential-id", "forwarded", "via",
    ]

    /// What tells a client about a version's life; the gateway replaces an upstream's own.
    private static let lifecycle: Set<String> = ["deprecation", "sunset"]

    /// `token` of RFC 9110, section 5.6.2.
    static func isToken(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { ByteSet.token.contains($0) }
    }

    static func isFraming(_ name: String) -> Bool { framing.contains(name.lowercased()) }

    static func isAboutCaller(_ name: String) -> Bool {
        let lowered = name.lowercased()
        return caller.contains(lowered) || lowered.hasPrefix("x-forwarded-")
    }

    /// Fields of W3C Trace Context.
    static func isOfTrace(_ name: String) -> Bool { ["traceparent", "tracestate"].contains(name.lowercased()) }

    static func isAboutLifecycle(_ name: String) -> Bool { lifecycle.contains(name.lowercased()) }
}
