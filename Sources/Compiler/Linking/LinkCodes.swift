extension DiagnosticCode {
    /// E10xx: specs that are linked.
    package static let linkCodes: [DiagnosticCode] = [
        .memberUnreadable, .memberTwice, .memberLoop, .memberNameTwice, .nameTwice, .privateName, .contestedName,
        .exportsNothing, .globalPlugin, .pluginNotOwned, .ownersOverlap, .outsideOwnership, .membersOverlap,
        .ownsTooMuch, .passedOver,
    ]

    static let memberUnreadable = DiagnosticCode(
        "E1001",
        "a member's file cannot be read",
        explanation: """
            `spec` is a path relative to the file that says so. Nothing is linked until every member can be read, since
            whatever the missing one declares would seem to be missing, too.
            """,
        example: """
            members:
              - { spec: teams/no-such-file.yaml }
            """
    )

    static let memberTwice = DiagnosticCode(
        "E1002",
        "a file is linked twice",
        explanation: """
            A spec is a member of one other spec, once. Whether the paths to it are spelled alike does not matter.
            """,
        example: """
            members:
              - { spec: orders.yaml }
              - { spec: ./orders.yaml }
            """
    )

    static let memberLoop = DiagnosticCode(
        "E1003",
        "a spec is a member of itself",
        explanation: """
            Members may have members, but never one of the specs through which they are reached.
            """,
        example: """
            # in api.yaml
            members: [ { spec: api.yaml } ]
            """
    )

    static let memberNameTwice = DiagnosticCode(
        "E1004",
        "two members have the same name",
        explanation: """
            A member is called what its `gateway` says, unless `name` says otherwise. Its private names are qualified
            with it (`orders/acme`), wherever in the tree of members it stands, so each member needs a name of its own.
            """,
        example: """
            members:
              - { spec: orders.yaml, name: orders }
              - { spec: billing.yaml, name: orders }
            """
    )

    static let nameTwice = DiagnosticCode(
        "E1005",
        "a name is defined twice",
        explanation: """
            An exported name means the same in all specs of a link, so nobody else may define it: neither export it
            again nor use it for something of his own. For a group, that would let consumers of one team into what another
            team's rules guard. The names of APIs are always the gateway's. Rename one of the two, or list the exported
            one under `weak`: then it is a default, which gives way.
            """,
        example: """
            # platform.yaml
            export: { policies: [ partner ] }
            # orders.yaml, a member
            policies: { partner: [ key-auth ] }
            """
    )

    static let privateName = DiagnosticCode(
        "E1006",
        "a name is private to another spec",
        explanation: """
            Upstreams, consumers, groups and policies belong to the spec that defines them. What others are to use must
            be listed there under `export`. This is what keeps one team's partners out of another team's APIs.
            """,
        example: """
            # orders.yaml, while only billing.yaml has a consumer in the group
            plugins: [ key-auth, { acl: { allow: [ accountants ] } } ]
            """
    )

    static let contestedName = DiagnosticCode(
        "E1007",
        "several specs offer a default for a name",
        explanation: """
            A name that two specs list under `weak` means to each of them its own definition. A third one that has none
            cannot tell which is meant.
            """,
        example: """
            # orders.yaml and billing.yaml
            weak: { policies: [ standard ] }
            # returns.yaml
            policy: standard
            """
    )

    static let exportsNothing = DiagnosticCode(
        "E1008",
        "a spec exports what it does not define",
        explanation: """
            `export` and `weak` list names of the spec that they stand in. Names of its members are exported there.
            """,
        example: """
            export: { upstreams: [ login ] }
            """
    )

    static let globalPlugin = DiagnosticCode(
        "E1009",
        "a member sets plugins of every route",
        explanation: """
            Plugins at the top level hold for all routes of the gateway, those of other teams included, so only the spec
            that is built may have them. Built alone, a member may, and its routes would then behave differently
            in the linked gateway: write them for each API instead.
            """,
        example: """
            # orders.yaml, a member
            plugins: [ request-id ]
            """
    )

    static let pluginNotOwned = DiagnosticCode(
        "E1010",
        "a member uses a plugin that it may not use",
        explanation: """
            `owns.plugins` lists what the member and its own members may set or switch off. Policies that another spec
            exports are not bound by it: they are that spec's word.
            """,
        example: """
            members:
              - { spec: orders.yaml, owns: { plugins: [ rate-limit ] } }
            # orders.yaml
            policies: { partner: [ key-auth ] }
            """
    )

    static let ownersOverlap = DiagnosticCode(
        "E1011",
        "two members own the same requests",
        explanation: """
            What a member owns, nobody else can serve. Two members' hosts and paths meet here: the request that is shown
            would belong to both. Give each a part of its own, or one of them to the other as a member.
            """,
        example: """
            members:
              - { spec: orders.yaml, owns: { paths: [ /shop/** ] } }
              - { spec: billing.yaml, owns: { paths: [ /shop/billing/** ] } }
            """
    )

    static let outsideOwnership = DiagnosticCode(
        "E1012",
        "an API lies outside of what its member owns",
        explanation: """
            Every API of a member must lie within one of the hosts and one of the paths that the member owns, with
            everything below its `path`: the gateway answers there in the API's name, also where it has no route.
            An API without `host` takes requests for every host.
            """,
        example: """
            members:
              - { spec: orders.yaml, owns: { paths: [ /orders/** ] } }
            # orders.yaml
            apis: { refunds: { path: /refunds } }
            """
    )

    static let membersOverlap = DiagnosticCode(
        "E1013",
        "routes of two specs take the same requests",
        explanation: """
            Within a spec the more specific route wins. Between the specs of two teams that would let one of them take
            over requests of the other by adding a route, so no request may match routes of both, whatever their rank.
            The diagnostic shows one that does. `owns` keeps teams apart from the beginning.
            """,
        example: """
            # orders.yaml
            routes: [ "ANY /**" ]
            # refunds.yaml, on the same host and path
            routes: [ "GET /refunds" ]
            """
    )

    static let ownsTooMuch = DiagnosticCode(
        "E1014",
        "a member is given what its giver does not own",
        explanation: """
            Members of members own a part of what the spec owns that names them.
            """,
        example: """
            # platform.yaml
            members: [ { spec: shop.yaml, owns: { paths: [ /shop/** ] } } ]
            # shop.yaml
            members: [ { spec: orders.yaml, owns: { paths: [ /orders/** ] } } ]
            """
    )

    static let passedOver = DiagnosticCode(
        "W1015",
        "keys of a member hold only where it is built alone",
        explanation: """
            A member builds and tests alone, with `listen`, `drain`, `access-log`, `nodes`, `redis`, `revoked` and `governance` of
            its own.
            In a link those of the spec that is built hold, and the member's are passed over. This is a note, no warning.
            """,
        example: """
            # orders.yaml, a member
            listen: { http: 9000 }
            """
    )
}
