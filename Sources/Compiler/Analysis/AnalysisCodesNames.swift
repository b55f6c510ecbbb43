extension DiagnosticCode {
    /// E04xx: names, and what they refer to.
    static let nameCodes: [DiagnosticCode] = [
        .unknownUpstream, .unknownPolicy, .unknownGroup, .unusableName, .sameKeyTwice, .tooManyGroups,
        .sameCredentialID, .unknownConsumer, .sameTargetTwice, .unusedUpstream, .unusedPolicy,
    ]

    static let unknownUpstream = DiagnosticCode(
        "E0401",
        "no upstream has this name",
        explanation: """
            Routes, versions and APIs refer to an upstream by its name under `upstreams`. The name here is not among
            them. Correct the spelling, or declare the upstream.
            """,
        example: """
            upstreams:
              orders: { targets: [ "http://orders:8080" ] }
            apis:
              orders: { path: /orders, upstream: oders, versions: { v1: { routes: [ GET / ] } } }
            """
    )

    static let unknownPolicy = DiagnosticCode(
        "E0402",
        "no policy has this name",
        explanation: """
            `policy` refers to a list of plugins by its name under `policies`. The name here is not among them. Correct
            the spelling, or declare the policy.
            """,
        example: """
            policies:
              partner: [ key-auth ]
            apis:
              orders: { path: /orders, policy: partners }
            """
    )

    static let unknownGroup = DiagnosticCode(
        "E0403",
        "no consumer is in this group",
        explanation: """
            A group exists because a consumer is in it. A rule about a group that nobody is in would admit nobody, or
            bind nobody: most likely its name is misspelt, or the consumer still lacks the group.
            """,
        example: """
            consumers:
              acme: { groups: [ partners ] }
            policies:
              partner: [ key-auth, acl: { allow: [ partner ] } ]
            """
    )

    static let unknownConsumer = DiagnosticCode(
        "E0408",
        "no consumer has this name",
        explanation: """
            `anonymous` refers to a consumer by its name under `consumers`. The name here is not among them. Correct the
            spelling, or declare the consumer; it needs no credentials.
            """,
        example: """
            consumers: { guest: { groups: [ guests ] } }
            plugins: [ key-auth, authentication: { anonymous: gast } ]
            """
    )

    static let unusableName = DiagnosticCode(
        "E0404",
        "a name cannot name a container or a file",
        explanation: """
            The gateway and its nodes name services, containers, files and Kubernetes objects. Names that are allowed
            in all of these have lower-case letters, digits and `-`, begin and end with a letter or a digit, and have
            at most 63 characters (a DNS label, RFC 1123).
            """,
        example: """
            nodes:
              EU_1: { ports: { http: 8000 } }
            """
    )

    static let sameKeyTwice = DiagnosticCode(
        "E0405",
        "two credentials have the same key",
        explanation: """
            A key tells the gateway who calls. If two credentials have the same one it could mean either consumer, or
            either credential of one consumer. Give each its own key.
            """,
        example: """
            consumers:
              acme: { credentials: [ key: "${env:PARTNER_KEY}" ] }
              umbrella: { credentials: [ key: "${env:PARTNER_KEY}" ] }
            """
    )

    static let tooManyGroups = DiagnosticCode(
        "E0406",
        "there are more than 4096 consumer groups",
        explanation: """
            A gateway has room for so many, those that the linker makes to keep the keys of members apart included. Merge
            groups that are always used together.
            """,
        example: """
            consumers:
              acme: { groups: [ group-0, group-1, group-2 ] }   # and 4094 more
            """
    )

    static let sameCredentialID = DiagnosticCode(
        "E0407",
        "two credentials have the same id",
        explanation: """
            Upstreams and logs learn by which credential a request was admitted from its id (`X-Credential-Id`). Two
            credentials with one id could not be told apart when one of them leaks. Ids are unique in a gateway;
            without `id` a credential is named after its consumer and its place: `acme-1`.
            """,
        example: """
            consumers:
              acme: { credentials: [ { id: main, key: "${env:A}" }, { id: main, key: "${env:B}" } ] }
            """
    )

    static let sameTargetTwice = DiagnosticCode(
        "E0410",
        "an upstream names the same target twice",
        explanation: """
            Requests are shared out by `weight`, so naming a server twice is not needed to send it more, and a server
            that fails would be retried on itself. Name it once, with the weights added.
            """,
        example: """
            upstreams:
              orders: { targets: [ "http://orders:8080", "http://orders:8080" ] }
            """
    )

    static let unusedUpstream = DiagnosticCode(
        "W0411",
        "nothing uses this upstream",
        explanation: """
            No route sends requests to this upstream. It is left out of nothing and does no harm, but it is often a
            sign of a route that still points elsewhere.
            """,
        example: """
            upstreams:
              orders: { targets: [ "http://orders:8080" ] }
              orders-new: { targets: [ "http://orders-new:8080" ] }
            apis:
              orders: { path: /orders, upstream: orders, versions: { v1: { routes: [ GET / ] } } }
            """
    )

    static let unusedPolicy = DiagnosticCode(
        "W0412",
        "nothing uses this policy",
        explanation: """
            No API, version or route names this policy, so none of its plugins runs. A protection that is written down
            but not in force is worse than none: use it, or delete it.
            """,
        example: """
            policies:
              partner: [ key-auth ]
            apis:
              orders: { path: /orders }
            """
    )

}
