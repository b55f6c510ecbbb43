extension DiagnosticCode {
    /// What can be wrong with the shape of a spec: E02xx.
    package static let specCodes: [DiagnosticCode] = [
        .missingKey, .wrongType, .unknownKey, .notYetSupported, .noValue, .emptyContent, .unknownPlugin, .pluginItem,
        .exclusiveKeys, .oneKeyNeeded, .languageVersion, .settingsNeeded, .badName, .listedTwice, .literalKey, .weakKey,
        .literalPassword, .credentialNeverValid, .literalSigningSecret,
    ]

    static let missingKey = DiagnosticCode(
        "E0201",
        "a key is missing",
        explanation:
            "This map cannot do without the key that the message names. `docs/spec.md` lists the keys of every map.",
        example: "apic: 1\ngateway: storefront\nupstreams:\n  orders: {}     # without targets"
    )

    static let wrongType = DiagnosticCode(
        "E0202",
        "a value has the wrong shape",
        explanation:
            "A list, a map or a scalar stands where something else is expected. The help shows the form that fits.",
        example: "upstreams:\n  orders:\n    targets: { url: \"http://orders:8080\" }     # a list is expected"
    )

    static let unknownKey = DiagnosticCode(
        "E0203",
        "a key is not known here",
        explanation: """
            Specs are read strictly: a key that means nothing is a slip, and passing it over would silently lose what \
            it was to say. If the key looks right, it may belong to a map further up or down. A place for values that \
            only anchors refer to is a key at the top level that begins with `x-`.
            """,
        example: "apis:\n  orders:\n    upstreem: orders"
    )

    static let notYetSupported = DiagnosticCode(
        "E0204",
        "a feature is not supported by this version of apic yet",
        explanation: """
            The language has this feature, but this version of apic does not build it. Nothing is passed over in \
            silence: what the spec says is what is served. The help says what to do meanwhile.
            """,
        example: "listen:\n  https: { port: 8443 }"
    )

    static let noValue = DiagnosticCode(
        "E0205",
        "a key has no value",
        explanation: """
            There is nothing behind the colon, or `null`. In the first file of a build that is a line left unfinished; \
            in a later one `null` deletes what an earlier file says.
            """,
        example: "upstreams:\napis: {}"
    )

    static let emptyContent = DiagnosticCode(
        "E0206",
        "something empty stands where content is needed",
        explanation: "A list, map or text is empty that must say something.",
        example: "upstreams:\n  orders: { targets: [] }"
    )

    static let unknownPlugin = DiagnosticCode(
        "E0207",
        "a plugin is not known",
        explanation: """
            Plugins: `request-id`, `request-size-limit`, `key-auth`, `acl`, `rate-limit`, `request-headers`, `respond`, \
            `response-headers`.
            """,
        example: "plugins:\n  - rate-limiting: { limit: 100/minute }"
    )

    static let pluginItem = DiagnosticCode(
        "E0208",
        "an item of a list of plugins does not name exactly one plugin",
        explanation: """
            An item is a plugin's name, `- key-auth`, or a map from its name to its settings, `- acl: { allow: [partners] }`; \
            beside the name only `sealed: true` may stand. Two plugins are two items.
            """,
        example: "plugins:\n  - key-auth: {}\n    acl: { allow: [partners] }     # a dash is missing"
    )

    static let exclusiveKeys = DiagnosticCode(
        "E0209",
        "two keys exclude each other",
        explanation: "Both keys say the same thing in different ways. Keep one.",
        example: "rate-limit: { limit: 10/second, limits: [ 1000/hour ] }"
    )

    static let oneKeyNeeded = DiagnosticCode(
        "E0210",
        "one of several keys is needed",
        explanation: "The map says something only with one of the keys that the message names.",
        example: "acl: {}"
    )

    static let languageVersion = DiagnosticCode(
        "E0211",
        "the version of the spec language is not known",
        explanation:
            "`apic: 1` is the only version of the language. It is not the version of the program, nor that of your APIs.",
        example: "apic: 2"
    )

    static let settingsNeeded = DiagnosticCode(
        "E0212",
        "a plugin needs settings",
        explanation: "Only `key-auth` and `request-id` do something sensible without settings. `off` removes a plugin.",
        example: "plugins: [ rate-limit ]"
    )

    static let badName = DiagnosticCode(
        "E0213",
        "a name has characters that names cannot have",
        explanation: """
            Names become file names, labels, header values and parts of URLs. They consist of letters, digits, `-`, `_` \
            and `.`, begin with a letter or digit, and have at most 63 characters. Names of consumers, groups and \
            credentials may contain `@` and `+` as well, and have up to 128 characters.
            """,
        example: "apis:\n  our orders: { versions: {} }"
    )

    static let listedTwice = DiagnosticCode(
        "E0214",
        "something is listed twice",
        explanation:
            "The names of header fields are equal whatever their case, and a list of names says each of them once.",
        example: "request-headers: { set: { X-Team: a, x-team: b } }"
    )

    static let literalKey = DiagnosticCode(
        "W0220",
        "an API key is written out in the spec",
        explanation: """
            Whoever can read the spec or its history can use the key. Only a digest of it reaches the table, but the \
            spec still holds it. Write `${env:NAME}` or `${file:PATH}` and give the value to the gateway.
            """,
        example: "credentials: [ { key: 3f1c… } ]"
    )

    static let weakKey = DiagnosticCode(
        "W0221",
        "an API key can be guessed",
        explanation: """
            The key has fewer than 128 bits, judged by its length and the kinds of characters in it. Its digest is in \
            the table, so somebody with the table could try all keys. Make one with `openssl rand -hex 16`.
            """,
        example: "credentials: [ { key: letmein } ]"
    )

    static let literalPassword = DiagnosticCode(
        "E0215",
        "a password is written out in the spec",
        explanation: """
            A password is guessed faster than a key, so its digest must not be in a table that others can read. The \
            gateway takes it from its environment or from a file, and keeps only a digest in memory. Write \
            `${env:NAME}` or `${file:PATH}`; a password that stood in a spec is no secret any more.
            """,
        example: "credentials: [ { basic: { username: acme, password: letmein } } ]"
    )

    static let literalSigningSecret = DiagnosticCode(
        "E0217",
        "a secret that signs requests is written out in the spec",
        explanation: """
            Who knows the secret can sign as the consumer, and the gateway needs it readable: it can be in no table. The \
            gateway takes it from its environment or from a file. Write `${env:NAME}` or `${file:PATH}`; a secret that \
            stood in a spec is none any more.
            """,
        example: "credentials: [ { hmac: { key-id: acme, secret: letmein } } ]"
    )

    static let credentialNeverValid = DiagnosticCode(
        "E0216",
        "a credential expires before it holds",
        explanation:
            "`not-before` is when the credential begins to hold, `expires` when it ends to; the first comes first.",
        example: "credentials: [ { key: \"${env:KEY}\", not-before: 2027-01-01, expires: 2026-01-01 } ]"
    )
}
