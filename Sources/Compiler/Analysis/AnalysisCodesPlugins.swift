extension DiagnosticCode {
    /// E07xx: plugins, and what they need of each other.
    static let pluginCodes: [DiagnosticCode] = [
        .pluginSealed, .policiesDisagree, .needsAuthentication, .previewNeedsAuthentication,
        .gatewayHeader, .headerEditedTwice, .stripsCredential, .requestIDHeader, .unknownCapture,
        .respondWithUpstream, .respondBody, .offRemovesNothing,
        .corsForAllWithCredentials, .headerOfTwoPlugins, .twoAnswers, .nobodyLeft, .redirectLocation,
        .authenticationUnclear, .authenticationOfNothing, .noClientCertificates, .traceEdited,
        .parameterEditedTwice, .parameterIsCredential,
    ]

    static let pluginSealed = DiagnosticCode(
        "E0702",
        "a sealed plugin is replaced or removed",
        explanation: """
            Whoever set the plugin further out marked it `sealed`: it holds for everything within, unchanged. Delete
            the nearer setting, or ask the owner of the outer one.
            """,
        example: """
            plugins: [ { rate-limit: { limit: 10/second }, sealed: true } ]
            apis:
              orders: { path: /orders, plugins: [ rate-limit: off ] }
            """
    )

    static let policiesDisagree = DiagnosticCode(
        "E0703",
        "two policies of one scope set the same plugin",
        explanation: """
            Policies of one scope are equally near, so neither setting can replace the other. Use one of the policies,
            or set the plugin in `plugins` of the same scope, which is nearer than both.
            """,
        example: """
            policies:
              slow: [ rate-limit: { limit: 1/second } ]
              fast: [ rate-limit: { limit: 100/second } ]
            apis:
              orders: { policy: [ slow, fast ] }
            """
    )

    static let needsAuthentication = DiagnosticCode(
        "E0704",
        "a plugin needs to know the consumer, but nothing authenticates",
        explanation: """
            `acl`, `rate-limit` or `concurrency-limit` with `by: consumer` and the `tiers` of a rate limit ask who is
            calling. On these routes no plugin finds that out. Add `key-auth`, or count `by: address`.
            """,
        example: """
            apis:
              orders: { path: /orders, plugins: [ acl: { allow: [ partners ] } ] }
            """
    )

    static let previewNeedsAuthentication = DiagnosticCode(
        "E0705",
        "a preview for groups, but nothing authenticates",
        explanation: """
            Before its release a version with `preview` is open to consumers in these groups. None of its routes
            authenticates, so nobody could be let in. Add `key-auth` to the version or its API.
            """,
        example: """
            versions:
              v3: { released: 2027-03-01, preview: [ partners ], routes: [ GET / ] }
            """
    )

    static let gatewayHeader = DiagnosticCode(
        "E0706",
        "a header field is the gateway's own word",
        explanation: """
            By some fields the gateway tells upstreams who is calling and over which proxies (`X-Consumer-Username`,
            `X-Forwarded-For`, …) and clients what becomes of a version (`Deprecation`, `Sunset`). It drops what others
            wrote there, so that they can be believed; a spec cannot write them either.
            """,
        example: """
            request-headers: { set: { X-Consumer-Username: admin } }
            """
    )

    static let headerEditedTwice = DiagnosticCode(
        "E0707",
        "a header field is edited twice",
        explanation: """
            Names of header fields have no case. Fields are removed first, then set, then added: `set` replaces all
            values anyway, so `remove` beside it does nothing, and adding to what was just set is two values where one
            was meant.
            """,
        example: """
            request-headers: { remove: [ X-Env ], set: { x-env: live } }
            """
    )

    static let stripsCredential = DiagnosticCode(
        "E0708",
        "a transform takes away the header that the authentication reads",
        explanation: """
            The field holds the caller's credential. The gateway itself removes it before the upstream once it has been
            checked, unless `forward-credential: true` asks for the opposite; so removing it again is either without
            effect or contradicts that wish.
            """,
        example: """
            plugins:
              - key-auth: { header: apikey }
              - request-headers: { remove: [ apikey ] }
            """
    )

    static let requestIDHeader = DiagnosticCode(
        "E0709",
        "the header of the request id is used for something else",
        explanation: """
            The id ties together what gateway, upstream and client log about a request. A transform that changes it, or
            a field that also carries the credential, breaks that.
            """,
        example: """
            plugins:
              - request-id: { header: X-Request-Id }
              - request-headers: { remove: [ X-Request-Id ] }
            """
    )

    static let unknownCapture = DiagnosticCode(
        "E0710",
        "a text refers to a capture that the route does not have",
        explanation: """
            `{name}` stands for a capture of the path of the route on which the plugin runs. A plugin on an API or
            version runs on all its routes, so all of them need the capture. Write `{{` for a literal brace.
            """,
        example: """
            - match: GET /{id}
              plugins: [ request-headers: { set: { X-Order: "{order}" } } ]
            """
    )

    static let respondWithUpstream = DiagnosticCode(
        "E0711",
        "an answer of the gateway's own and an upstream contradict each other",
        explanation: """
            `respond` and `redirect` answer in the gateway, so no upstream is contacted; here an upstream is named as near
            or nearer. Delete one of the two. A route with `respond` of its own may well lie in a version with an
            upstream.
            """,
        example: """
            - match: GET /about
              upstream: orders
              plugins: [ respond: { status: 200, body: hello } ]
            """
    )

    static let respondBody = DiagnosticCode(
        "E0712",
        "an answer with this status has no body",
        explanation: "Answers 204, 205 and 304 end with their header (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5).",
        example: """
            respond: { status: 204, body: done }
            """
    )

    static let offRemovesNothing = DiagnosticCode(
        "W0714",
        "`off` removes nothing",
        explanation: "No scope further out sets this plugin, so there is nothing to remove here.",
        example: """
            apis:
              orders: { path: /orders, plugins: [ rate-limit: off ] }
            """
    )

    static let corsForAllWithCredentials = DiagnosticCode(
        "E0715",
        "pages of every origin may send credentials",
        explanation: """
            With `allow-credentials: true` a page may call with the cookies that its reader's browser has for this gateway. If
            every origin may, any page on the web can act in the name of whoever looks at it. Browsers refuse the
            combination (Fetch standard, CORS check); so does apic.
            """,
        example: """
            cors: { origins: "*", allow-credentials: true }
            """
    )

    static let headerOfTwoPlugins = DiagnosticCode(
        "E0716",
        "two plugins of a chain write the same header field",
        explanation: """
            `response-headers`, `security-headers`, `cors` and `compress` would each write the field, and the client would
            get it twice or not as one of them says. Leave it to one: `security-headers` leaves a field alone that is
            `off`, `cors` knows everything that a browser needs, and `compress` says itself how an answer is encoded.
            """,
        example: """
            plugins:
              - security-headers
              - response-headers: { set: { X-Frame-Options: SAMEORIGIN } }
            """
    )

    static let twoAnswers = DiagnosticCode(
        "E0717",
        "two plugins of a chain answer by themselves",
        explanation: """
            `redirect` and `respond` each end a request, so one of them would never run. Turn the outer one off where the
            other one is set.
            """,
        example: """
            plugins: [ redirect: { to: /new }, respond: { body: gone } ]
            """
    )

    static let nobodyLeft = DiagnosticCode(
        "E0718",
        "an `ip-restriction` leaves nobody",
        explanation: "Every address that is allowed is denied, too, and what is denied is denied.",
        example: """
            ip-restriction: { allow: [ 10.1.0.0/16 ], deny: [ 10.0.0.0/8 ] }
            """
    )

    static let redirectLocation = DiagnosticCode(
        "E0719",
        "a text is no place to redirect to",
        explanation: """
            `to` is an absolute URL (`https://…`) or a path from the root on. Captures stand behind the host only: a host
            out of a request would let anybody send your users anywhere. Other characters than those of a URL are
            percent-encoded.
            """,
        example: """
            redirect: { to: "https://{host}/" }
            """
    )

    static let parameterEditedTwice = DiagnosticCode(
        "E0724",
        "a parameter of the query is edited twice",
        explanation: """
            Parameters are removed first, then set, then added: `set` replaces all values anyway, so `remove` beside it
            does nothing, and adding to what was just set is two values where one was meant.
            """,
        example: """
            request-query: { remove: [ debug ], set: { debug: off } }
            """
    )

    static let parameterIsCredential = DiagnosticCode(
        "E0725",
        "an edit of the query changes what the authentication reads",
        explanation: """
            The plugin that reads a credential out of the query takes it away by itself, unless `forward-credential` says
            that the upstream gets it. Removing or setting the parameter shows a misunderstanding of one or the other.
            """,
        example: """
            plugins:
              - key-auth: { query: api_key }
              - request-query: { remove: [ api_key ] }
            """
    )

    static let traceEdited = DiagnosticCode(
        "E0723",
        "the fields of a trace are written by another plugin",
        explanation: """
            `trace-context` writes `traceparent` for the upstream, and passes `tracestate` on where a trace goes on. Another
            writer of these fields would tear the trace apart.
            """,
        example: """
            plugins:
              - trace-context
              - request-headers: { remove: [ tracestate ] }
            """
    )

    static let authenticationUnclear = DiagnosticCode(
        "E0720",
        "several plugins find the consumer, and it is not said how they go together",
        explanation: """
            With `key-auth` and `basic-auth` on one route it could be meant that either is enough, or that both are
            needed. Say so by the plugin `authentication`.
            """,
        example: """
            plugins: [ key-auth, basic-auth, authentication: { require: any } ]
            """
    )

    static let authenticationOfNothing = DiagnosticCode(
        "E0721",
        "`authentication` has nothing to put together",
        explanation: """
            `authentication` says how other plugins that find the consumer go together, and finds none itself. Where none
            of them is active, it would let everybody or nobody pass.
            """,
        example: """
            plugins: [ authentication: { anonymous: guest } ]
            """
    )

    static let noClientCertificates = DiagnosticCode(
        "E0722",
        "`mtls-auth` needs clients' certificates, and nobody asks for them",
        explanation: """
            A client shows a certificate only if the listener asks for it: `listen.https.client-certificates` says which
            authorities are believed, and whether a client may come without one.
            """,
        example: """
            listen: { http: 8000 }
            plugins: [ mtls-auth ]
            """
    )
}
