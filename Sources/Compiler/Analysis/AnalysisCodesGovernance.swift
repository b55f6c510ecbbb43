extension DiagnosticCode {
    /// E08xx: what governance requires.
    static let governanceCodes: [DiagnosticCode] = [
        .ownerRequired, .authenticationRequired, .rateLimitRequired, .timeoutsRequired, .sizeLimitRequired,
        .docsRequired, .successorRequired, .publicMatchesNothing, .openRoutes, .upstreamTLSRequired,
        .credentialsRequired, .credentialTooOld,
    ]

    static let ownerRequired = DiagnosticCode(
        "E0801",
        "an API has no owner",
        explanation: """
            Governance requires that every API says who answers for it, so that someone can be asked before it is
            changed or switched off. Add `owner: TEAM <ADDRESS>`.
            """,
        example: """
            governance: { require: [ owner ] }
            apis:
              orders: { path: /orders }
            """
    )

    static let authenticationRequired = DiagnosticCode(
        "E0802",
        "routes are open to everyone though governance requires authentication",
        explanation: """
            Every route must authenticate its callers, by a plugin such as `key-auth` on the route, its version, its
            API or globally, unless `governance.public` lists it. What counts is the chain in force: a plugin that a
            nearer scope removes does not count.
            """,
        example: """
            governance: { require: [ authentication ] }
            apis:
              orders: { path: /orders, versions: { v1: { routes: [ GET / ] } } }
            """
    )

    static let rateLimitRequired = DiagnosticCode(
        "E0803",
        "routes have no rate limit though governance requires one",
        explanation: "Add `rate-limit` to the route, its version, its API, a policy of theirs, or globally.",
        example: """
            governance: { require: [ rate-limit ] }
            apis:
              orders: { path: /orders, versions: { v1: { routes: [ GET / ] } } }
            """
    )

    static let timeoutsRequired = DiagnosticCode(
        "E0804",
        "an upstream has no timeouts of its own though governance requires them",
        explanation: """
            The defaults of the gateway suit nobody in particular. Governance requires that whoever owns an upstream
            says how long it may take: `timeouts: { connect: 1s, response: 30s }`.
            """,
        example: """
            governance: { require: [ timeouts ] }
            upstreams:
              orders: { targets: [ "http://orders:8080" ] }
            """
    )

    static let sizeLimitRequired = DiagnosticCode(
        "E0805",
        "routes take bodies of any size though governance requires a limit",
        explanation: """
            Add `request-size-limit` to the route, its version, its API, a policy of theirs, or globally; or set
            `listen.limits.body` for the whole gateway.
            """,
        example: """
            governance: { require: [ size-limit ] }
            apis:
              orders: { path: /orders, versions: { v1: { routes: [ POST / ] } } }
            """
    )

    static let docsRequired = DiagnosticCode(
        "E0806",
        "a deprecated version does not say where to read about the change",
        explanation: """
            Governance requires `docs` on every version with a `deprecated` date: the `Link` header fields that
            announce the deprecation and the sunset point there.
            """,
        example: """
            governance: { require: [ docs ] }
            # …
            v1: { released: 2024-03-01, deprecated: 2026-06-01 }
            """
    )

    static let successorRequired = DiagnosticCode(
        "E0807",
        "a deprecated version has no successor",
        explanation: """
            Governance requires `successor` on every version with a `deprecated` date: consumers must have somewhere
            to go.
            """,
        example: """
            governance: { require: [ successor ] }
            # …
            v1: { released: 2024-03-01, deprecated: 2026-06-01 }
            """
    )

    static let publicMatchesNothing = DiagnosticCode(
        "W0808",
        "an entry of `governance.public` covers no route",
        explanation: """
            The entry names no route as a whole, so it permits nothing. Most likely a path changed, or the entry lacks
            the version's segment. An entry covers a route if it takes all its methods and all its paths.
            """,
        example: """
            governance: { require: [ authentication ], public: [ "GET /catalogue/**" ] }
            """
    )

    static let openRoutes = DiagnosticCode(
        "W0809",
        "routes of an API are open to everyone",
        explanation: """
            Nothing in the chain of these routes asks who is calling. If that is meant, list them in
            `governance.public`; if not, add `key-auth`. One warning stands for all such routes of an API, and, after
            ten APIs, one for all others.
            """,
        example: """
            apis:
              catalog: { path: /catalog, versions: { v1: { routes: [ GET / ] } } }
            """
    )

    static let upstreamTLSRequired = DiagnosticCode(
        "E0810",
        "a target is asked in the clear though governance requires TLS",
        explanation: """
            Governance requires that what goes to upstreams is encrypted, and comes from whom its certificate names. Write
            `https://` before the target's host. Unix sockets and loopback addresses do not leave the machine, and pass.
            """,
        example: """
            governance: { require: [ upstream-tls ] }
            upstreams:
              orders: { targets: [ "http://orders:8080" ] }
            """
    )

    static let credentialsRequired = DiagnosticCode(
        "E0811",
        "a consumer has no credentials",
        explanation: """
            Nobody can be this consumer: what it was declared for, such as a group's access or a tier, is without effect,
            and most likely its credential was forgotten or deleted. The `anonymous` consumer of a route needs none.
            """,
        example: """
            governance: { require: [ credentials ] }
            consumers:
              acme: { groups: [ partners ] }
            """
    )

    static let credentialTooOld = DiagnosticCode(
        "E0812",
        "a credential holds for longer than governance allows",
        explanation: """
            Keys, passwords and secrets must be replaced in time, and `governance.credential-age` says how long one may
            hold: from `not-before` to `expires`, both of which it must state. Add its successor beside it, with a
            `not-before` of its own, before it ends. Certificates and tokens have an end of their own.
            """,
        example: """
            governance: { credential-age: 365d }
            consumers:
              acme: { credentials: [ { key: "${env:ACME_KEY}", not-before: 2026-01-01, expires: 2028-01-01 } ] }
            """
    )
}
