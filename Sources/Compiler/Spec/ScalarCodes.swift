extension DiagnosticCode {
    /// What can be wrong with scalars: E03xx.
    package static let scalarCodes: [DiagnosticCode] = [
        .unitMissing, .badDuration, .badSize, .badRate, .badInstant, .badBoolean, .badNumber, .outOfRange,
        .badListenAddress,
        .badAddressBlock, .badTarget, .badPercentage, .badWord, .badHeaderName, .badHeaderValue, .framingHeader,
        .badText,
        .badURL, .badPath, .badReference, .missingBuildVariable, .secretMisplaced, .badKey, .badOrigin,
        .badMediaType,
    ]

    static let unitMissing = DiagnosticCode(
        "E0301",
        "a quantity has no unit",
        explanation: """
            A bare number says nothing about its unit, and gateways differ in which one they assume. Durations end in `ms`, `s`, `m`, `h` or `d`; \
            sizes in `B`, `KB`, `MB`, `GB`, `KiB`, `MiB` or `GiB`; rates in `/second`, `/minute`, `/hour` or `/day`.
            """,
        example: "timeouts: { connect: 5 }     # 5s? 5ms?"
    )

    static let badDuration = DiagnosticCode(
        "E0302",
        "a text is no duration",
        explanation:
            "A duration is a whole number and one unit: `250ms`, `5s`, `2m`, `1h`, `180d`. A day has 24 hours.",
        example: "timeouts: { connect: 1.5s }     # 1500ms"
    )

    static let badSize = DiagnosticCode(
        "E0303",
        "a text is no size",
        explanation: """
            A size is a whole number and one unit: `512B`, `64KiB` (65 536 bytes), `64KB` (64 000 bytes), `10MiB`, `10MB`, `1GiB`, `1GB`.
            """,
        example: "request-size-limit: { body: 64k }     # 64KiB or 64KB"
    )

    static let badRate = DiagnosticCode(
        "E0304",
        "a text is no rate",
        explanation: "A rate is a whole number, `/` and `second`, `minute`, `hour` or `day`: `100/minute`.",
        example: "rate-limit: { limit: 100 per minute }"
    )

    static let badInstant = DiagnosticCode(
        "E0305",
        "a text is no instant",
        explanation: """
            An instant is written as in RFC 3339: `2026-12-31T23:59:59Z`, or with an offset, `2026-12-31T23:59:59+01:00`. \
            A bare date is its first second in UTC: `2026-12-31` is `2026-12-31T00:00:00Z`, so a version with that `sunset` \
            is gone all through that day.
            """,
        example: "sunset: 31.12.2026"
    )

    static let badBoolean = DiagnosticCode(
        "E0306",
        "a text is neither `true` nor `false`",
        explanation: "Only `true` and `false` are booleans. YAML 1.1's `yes`, `no`, `on` and `off` are texts here.",
        example: "default: yes"
    )

    static let badNumber = DiagnosticCode(
        "E0307",
        "a text is no whole number",
        explanation: "A number consists of digits only: no sign, no separators, no leading zero, no fraction.",
        example: "retries: two"
    )

    static let outOfRange = DiagnosticCode(
        "E0308",
        "a value is out of range",
        explanation: "The message names the smallest and the largest value that this key takes.",
        example: "listen: { http: 80000 }     # ports end at 65535"
    )

    static let badListenAddress = DiagnosticCode(
        "E0309",
        "a text is no address to listen on",
        explanation: """
            An address to listen on is a port, `8000`, or the literal of a local address and a port: `127.0.0.1:8000`, \
            `[::1]:8000`. Names are not looked up.
            """,
        example: "listen: { http: localhost:8000 }"
    )

    static let badAddressBlock = DiagnosticCode(
        "E0310",
        "a text is no block of addresses",
        explanation: """
            A block is an address and the length of its prefix: `10.0.0.0/8`, `2001:db8::/32`; an address alone is a \
            block of one. Bits behind the prefix are zero.
            """,
        example: "trusted-proxies: [ 10.1.2.3/8 ]"
    )

    static let badTarget = DiagnosticCode(
        "E0311",
        "a text is no URL of a server",
        explanation: """
            A target is `http://host:port`, where the host is a DNS name or an address literal (IPv6 in brackets) and the \
            port is 80 if it is left out; or `http+srv://name`, whose hosts and ports SRV records tell. There is no path \
            in it: what the upstream gets is decided by `strip` and `rewrite`.
            """,
        example: "targets: [ \"orders:8080\" ]     # http://orders:8080"
    )

    static let badPercentage = DiagnosticCode(
        "E0312",
        "a text is no share",
        explanation: "A share is a percentage from `0.0001%` to `100%`, or a number above 0 up to 1: `10%`, `0.1`.",
        example: "access-log: { sample: 10 }     # 10%"
    )

    static let badWord = DiagnosticCode(
        "E0313",
        "a text is none of the words that the key takes",
        explanation: "The key takes one of a few words; the help lists them.",
        example: "request-id: { accept: sometimes }"
    )

    static let badHeaderName = DiagnosticCode(
        "E0314",
        "a text is no name of a header field",
        explanation: """
            The name of a header field consists of letters, digits and ``!#$%&'*+-.^_`|~`` (RFC 9110 section 5.1), without spaces or a colon.
            """,
        example: "request-headers: { set: { \"X Team\": orders } }"
    )

    static let badHeaderValue = DiagnosticCode(
        "E0315",
        "a text cannot be the value of a header field",
        explanation: """
            Values of header fields have no line breaks and no other control characters, and neither begin nor end with \
            a space (RFC 9110 section 5.5). A line break in a value would let it end the header section. Nor do they have \
            characters beyond ASCII, which clients read in different ways.
            """,
        example: "response-headers: { set: { X-Note: \"two\\nlines\" } }"
    )

    static let framingHeader = DiagnosticCode(
        "E0316",
        "a header field belongs to the gateway",
        explanation: """
            The fields that frame a message or manage its connection (`Connection`, `Content-Length`, `Transfer-Encoding`, \
            `Host` and so on) are written by the gateway itself. Changing them would let one request be read as two.
            """,
        example: "request-headers: { set: { Transfer-Encoding: chunked } }"
    )

    static let badText = DiagnosticCode(
        "E0317",
        "a text has characters or a length that it cannot have",
        explanation:
            "Texts such as titles and labels are one line without control characters, and not longer than the message says.",
        example: "title: \"Orders\\nAPI\""
    )

    static let badURL = DiagnosticCode(
        "E0318",
        "a text is no absolute URL",
        explanation: """
            `docs` is sent in the `Link` header, so it is an absolute `https` or `http` URL with only the characters that URLs may have; others are percent-encoded.
            """,
        example: "docs: developer.example.com/orders v1"
    )

    static let badPath = DiagnosticCode(
        "E0319",
        "a path cannot be used",
        explanation: """
            Certificates that a spec names by a relative path are copied into the bundle under the same path, so that the
            bundle is complete wherever it goes; a bundle is one folder deep, and some names in it are taken. Private keys
            are never copied: their paths are opened by the gateway, and a key itself may not stand in a spec.
            """,
        example: "listen: { https: { certificate: ../edge.crt, key: /run/secrets/edge.key } }"
    )

    static let badReference = DiagnosticCode(
        "E0330",
        "a reference is not understood",
        explanation: """
            `${build:NAME}` is replaced from the environment of the build; `${env:NAME}` and `${file:PATH}` name secrets that the gateway \
            reads when it loads the bundle. Nothing else may stand in `${…}`. `$${` stands for `${` itself.
            """,
        example: "gateway: ${NAME}     # ${build:NAME}"
    )

    static let missingBuildVariable = DiagnosticCode(
        "E0331",
        "a variable of the build is not set",
        explanation:
            "`${build:NAME}` is replaced when the spec is built. The build's environment has no variable of this name.",
        example: "gateway: ${build:GATEWAY_NAME}"
    )

    static let secretMisplaced = DiagnosticCode(
        "E0332",
        "a secret stands where it cannot",
        explanation: """
            `${env:NAME}` and `${file:PATH}` are read by the gateway at load, so they can only be the whole value of a key that \
            holds a secret, such as `key` of a credential. Values that the build must know are `${build:NAME}`.
            """,
        example: "gateway: ${env:NAME}"
    )

    static let badKey = DiagnosticCode(
        "E0333",
        "an API key cannot be sent",
        explanation: """
            Clients send keys in a header field, a query parameter or a cookie, so a key consists of visible ASCII \
            characters, at least one and at most 1024.
            """,
        example: "credentials: [ { key: \"two words\" } ]"
    )

    static let badOrigin = DiagnosticCode(
        "E0334",
        "a text is no origin of pages",
        explanation: """
            An origin is what a browser sends in `Origin`: scheme, host and, unless it is the scheme's own, port, without
            a path (RFC 6454). `https://*.example.com` stands for every subdomain, `"*"` alone for every origin. The
            origin `null` is everybody's: any page can have it.
            """,
        example: "cors: { origins: [ app.example.com ] }     # https://app.example.com"
    )

    static let badMediaType = DiagnosticCode(
        "E0335",
        "a text is no media type",
        explanation: """
            A media type is what `Content-Type` says without its parameters: a type and a subtype, `application/json`. The
            subtype may begin with `*`, which stands for anything: `text/*` is all text, `application/*+json` every
            format that is JSON underneath.
            """,
        example: "compress: { types: [ json ] }     # application/json"
    )
}
