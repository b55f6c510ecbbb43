extension DiagnosticCode {
    /// E04xx and E09xx: what concerns TLS.
    static let securityCodes: [DiagnosticCode] = [
        .unverifiedUpstream, .tlsWithoutTarget, .tunnelOverHTTP2, .publishedPortUnserved,
    ]

    static let unverifiedUpstream = DiagnosticCode(
        "W0413",
        "the servers of an upstream are not verified",
        explanation: """
            With `verify: false` the gateway encrypts what it sends, but takes any certificate for the server's: who can
            redirect its connections reads and changes everything. Servers with certificates of an authority of your own
            are verified with `ca`; a server that has another name than its target's host, with `server-name`.
            """,
        example: """
            upstreams:
              orders: { targets: [ "https://orders:8443" ], tls: { verify: false } }
            """
    )

    static let tlsWithoutTarget = DiagnosticCode(
        "W0414",
        "an upstream has `tls` and no `https` target",
        explanation: """
            Whether TLS is spoken to a server is said by the scheme of its URL. Settings of `tls` alone encrypt nothing,
            which is probably not what was meant.
            """,
        example: """
            upstreams:
              orders: { targets: [ "http://orders:8080" ], tls: { ca: certs/internal.pem } }
            """
    )

    static let tunnelOverHTTP2 = DiagnosticCode(
        "W0415",
        "an upstream that speaks HTTP/2 has a time for tunnels",
        explanation: """
            HTTP/2 has no `Upgrade` (RFC 9113 section 8.6): a request that asks to change the protocol goes to such an
            upstream as an ordinary one, and no tunnel comes about. WebSocket needs an upstream without `http2`; both may
            name the same server.
            """,
        example: """
            upstreams:
              orders: { targets: [ "http://orders:8080" ], http2: true, timeouts: { tunnel: 1h } }
            """
    )

    static let publishedPortUnserved = DiagnosticCode(
        "W0905",
        "a node publishes a port on which nothing listens",
        explanation: """
            A node's `ports` lead to the listeners of the spec. Where there is none of that kind, the port would be open
            on the host and refuse every connection, so it is left out of the deployable files.
            """,
        example: """
            listen: { http: 8000 }
            nodes:
              eu-1: { ports: { http: 8000, https: 8443 } }
            """
    )
}
