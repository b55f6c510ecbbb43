/// The plugins at the edge: from where one may call, and what browsers are told.
extension PluginSchema {
    static let ipRestriction = SchemaMap(
        "ip-restriction",
        "`ip-restriction`",
        path: "ip-restriction",
        "From which addresses a route may be called; from others 403. Behind `listen.trusted-proxies` the client's "
            + "address counts.",
        [
            .optional(
                "allow",
                "list of blocks of addresses",
                default: "all",
                example: "allow: [ 10.0.0.0/8, \"2001:db8::/32\" ]",
                "Only from these."
            ),
            .optional(
                "deny",
                "list of blocks of addresses",
                default: "none",
                example: "deny: [ 192.0.2.7 ]",
                "Not from these, though they be allowed."
            ),
        ]
    )

    static let botDetection = SchemaMap(
        "bot-detection",
        "`bot-detection`",
        path: "bot-detection",
        "Which programs may call, by `User-Agent`; others get 403. Expressions match anywhere in it, letters in any case.",
        [
            .optional(
                "allow",
                "list of expressions",
                default: "none",
                example: "allow: [ \"Googlebot/\" ]",
                "These pass, though they be denied. Without `deny` only these do."
            ),
            .optional(
                "deny",
                "list of expressions",
                default: "none",
                example: "deny: [ bot, crawler, \"^curl/[0-7]\\\\.\" ]",
                "These get 403."
            ),
            .optional(
                "missing",
                "`allow` or `deny`",
                default: "allow, `deny` without a list `deny`",
                example: "missing: deny",
                "What becomes of requests without `User-Agent`."
            ),
        ]
    )

    static let cors = SchemaMap(
        "cors",
        "`cors`",
        path: "cors",
        "Which pages of other origins may call (Fetch standard). Preflights are answered here; an upstream's own "
            + "`Access-Control-*` are replaced.",
        [
            .required(
                "origins",
                "`\"*\"`, or a list of origins",
                example: "origins: [ \"https://app.example.com\" ]",
                "Pages of these may read answers; `https://*.example.com` is every subdomain."
            ),
            .optional(
                "methods",
                "list of methods",
                default: "the one asked for",
                example: "methods: [ GET, POST ]",
                "What a preflight is told; a method without a route is refused anyway."
            ),
            .optional(
                "headers",
                "list of header names",
                default: "those asked for",
                example: "headers: [ Content-Type ]",
                "Fields that a page may send."
            ),
            .optional(
                "expose",
                "list of header names",
                default: "none",
                example: "expose: [ RateLimit ]",
                "Fields of the answer that a page may read."
            ),
            .optional(
                "allow-credentials",
                "boolean",
                default: "false",
                example: "allow-credentials: true",
                "Whether pages may send cookies and the like; not with `\"*\"`."
            ),
            .optional(
                "max-age",
                "duration",
                default: "10m",
                example: "max-age: 10m",
                "How long a browser may remember a preflight; `0s` is never."
            ),
            .optional(
                "private-network",
                "boolean",
                default: "false",
                example: "private-network: true",
                "Whether pages of public networks may call a gateway in a private one."
            ),
        ]
    )

    static let redirect = SchemaMap(
        "redirect",
        "`redirect`",
        path: "redirect",
        "Sends clients elsewhere; no upstream is contacted.",
        [
            .required(
                "to",
                "URL or path with captures",
                example: "to: \"https://shop.example.com/items/{id}\"",
                "Where to. Captures stand behind the host; a brace is doubled."
            ),
            .optional(
                "status",
                "301, 302, 303, 307 or 308",
                default: "308",
                example: "status: 302",
                "308 and 301 are for good; 307 and 308 keep method and body."
            ),
            .optional(
                "query",
                "boolean",
                default: "true unless `to` has one",
                example: "query: false",
                "Whether the request's query goes along."
            ),
        ]
    )

    static let securityHeaders = SchemaMap(
        "security-headers",
        "`security-headers`",
        path: "security-headers",
        "What makes browsers careful with the answers of an API, refusals included. `off` leaves a field to the "
            + "upstream.",
        [
            .optional(
                "strict-transport-security",
                "header value or `off`",
                default: SecurityHeaderField.strictTransportSecurity.shownDefault,
                example: "strict-transport-security: \"max-age=86400\"",
                "Come by TLS only; sent over TLS only."
            ),
            .optional(
                "x-content-type-options",
                "header value or `off`",
                default: SecurityHeaderField.contentTypeOptions.shownDefault,
                example: "x-content-type-options: \"nosniff\"",
                "The stated type holds."
            ),
            .optional(
                "x-frame-options",
                "header value or `off`",
                default: SecurityHeaderField.frameOptions.shownDefault,
                example: "x-frame-options: \"SAMEORIGIN\"",
                "Who may frame the answer, for old browsers."
            ),
            .optional(
                "content-security-policy",
                "header value or `off`",
                default: SecurityHeaderField.contentSecurityPolicy.shownDefault,
                example: "content-security-policy: \"default-src 'self'\"",
                "What the answer may load if it is shown as a page."
            ),
            .optional(
                "referrer-policy",
                "header value or `off`",
                default: SecurityHeaderField.referrerPolicy.shownDefault,
                example: "referrer-policy: \"same-origin\"",
                "What links out of the answer tell."
            ),
            .optional(
                "permissions-policy",
                "header value or `off`",
                default: SecurityHeaderField.permissionsPolicy.shownDefault,
                example: "permissions-policy: \"geolocation=()\"",
                "Features that the answer may use if it is shown as a page."
            ),
            .optional(
                "cross-origin-resource-policy",
                "header value or `off`",
                default: SecurityHeaderField.resourcePolicy.shownDefault,
                example: "cross-origin-resource-policy: \"same-site\"",
                "Pages of which origins may embed the answer."
            ),
            .optional(
                "remove",
                "list of header names",
                default: SecurityHeaderField.removed.joined(separator: ", "),
                example: "remove: [ Server ]",
                "What tells too much about an upstream, taken away."
            ),
        ]
    )
}

/// The fields of `security-headers`, which are also its keys, with what an API that serves no pages should say
/// (the REST security cheat sheet of OWASP).
enum SecurityHeaderField: String, CaseIterable {
    case strictTransportSecurity = "Strict-Transport-Security"
    case contentTypeOptions = "X-Content-Type-Options"
    case frameOptions = "X-Frame-Options"
    case contentSecurityPolicy = "Content-Security-Policy"
    case referrerPolicy = "Referrer-Policy"
    case permissionsPolicy = "Permissions-Policy"
    case resourcePolicy = "Cross-Origin-Resource-Policy"

    /// What is sent unless the spec says otherwise; `nil` sends nothing.
    var defaultValue: String? {
        switch self {
        case .strictTransportSecurity: "max-age=31536000; includeSubDomains"
        case .contentTypeOptions: "nosniff"
        case .frameOptions: "DENY"
        case .contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'"
        case .referrerPolicy: "no-referrer"
        case .permissionsPolicy, .resourcePolicy: nil
        }
    }

    var keyName: String { rawValue.lowercased() }

    /// Fields of upstreams that are removed unless the spec says otherwise.
    static let removed = ["Server", "X-Powered-By"]

    /// The default as the reference shows it.
    fileprivate var shownDefault: String { defaultValue.map { "`\($0)`" } ?? "off" }
}
