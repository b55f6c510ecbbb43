extension DiagnosticCode {
    /// E074x: servers that are asked about requests.
    static let consultingCodes: [DiagnosticCode] = [
        .fieldOfAuthorizer, .passesOnFailure, .hashOfAuthorizer, .twoTokens, .literalClientSecret,
    ]

    static let fieldOfAuthorizer = DiagnosticCode(
        "E0740",
        "what an authorizer tells the upstream is written by another plugin, too",
        explanation: """
            The fields of `upstream-headers` come from the answer of the server that `forward-auth` asks. Where another
            plugin of the chain sets, removes or adds the same field, the upstream would get two values, or one that
            nobody meant. Leave the field to one of them.
            """,
        example: """
            plugins:
              - forward-auth: { upstream: gatekeeper, upstream-headers: [ X-User ] }
              - request-headers: { set: { X-User: nobody } }
            """
    )

    static let passesOnFailure = DiagnosticCode(
        "W0741",
        "requests pass while nobody can be asked",
        explanation: """
            With `on-failure: allow` a request passes unjudged when the server does not answer in time, answers 5xx or
            cannot be reached. Whoever can overload it, or keep it from being reached, is let in. Write `deny`, unless
            what is behind it guards itself.
            """,
        example: """
            forward-auth: { upstream: gatekeeper, on-failure: allow }
            """
    )

    static let hashOfAuthorizer = DiagnosticCode(
        "E0742",
        "an authorizer's upstream hashes a capture",
        explanation: """
            Captures belong to the path that a request is forwarded by. A server that `forward-auth` asks gets one fixed
            path. Spread its requests by `address`, `consumer`, `header` or `cookie`, or in turn.
            """,
        example: """
            upstreams:
              gatekeeper:
                targets: [ "http://auth-a:9000", "http://auth-b:9000" ]
                balance: consistent-hash
                hash: { by: capture, name: tenant }
            apis:
              orders: { plugins: [ forward-auth: { upstream: gatekeeper } ] }
            """
    )

    static let twoTokens = DiagnosticCode(
        "E0743",
        "two plugins of a chain read tokens",
        explanation: """
            `jwt` checks a token by its signature, `oauth2-introspection` asks the server that issued it. Each refuses
            what the other one would take, so that together they let nobody pass. Turn one of them off where the other
            one is set.
            """,
        example: """
            plugins:
              - jwt: { audience: orders, jwks: https://login.example.com/jwks.json }
              - oauth2-introspection: { upstream: issuer, path: /introspect, … }
            """
    )

    static let literalClientSecret = DiagnosticCode(
        "E0744",
        "the secret by which the gateway asks is written out in the spec",
        explanation: """
            Who knows the secret of a client can ask the authorization server as that client, and the gateway needs it
            readable: it can be in no table. Write `${env:NAME}` or `${file:PATH}`; a secret that stood in a spec is none
            any more.
            """,
        example: """
            oauth2-introspection: { upstream: issuer, client-id: gateway, client-secret: letmein, … }
            """
    )
}
