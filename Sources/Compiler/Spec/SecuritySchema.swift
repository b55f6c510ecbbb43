extension SpecSchema {
    static let https = SchemaMap(
        "listen.https",
        "`https`",
        path: "listen.https",
        "Listeners with TLS. Files are read when the bundle is loaded, and again when they change.",
        [
            .optional("port", "port", default: "8443", example: "port: 8443", "On all IPv4 addresses."),
            .optional(
                "address",
                "listen address, or a list of them",
                example: "address: \"[::]:8443\"",
                "In place of `port`."
            ),
            .optional(
                "certificate",
                "path",
                example: "certificate: certs/edge.crt",
                "PEM: the certificate, then those that issued it. A relative path is copied into the bundle."
            ),
            .optional(
                "key",
                "path or secret",
                example: "key: \"${file:/run/secrets/edge.key}\"",
                "Its private key, as PEM. Never copied: a path that the gateway opens, or `${env:NAME}`."
            ),
            .optional(
                "ocsp",
                "path",
                example: "ocsp: /var/lib/ocsp/edge.der",
                "An OCSP response (DER) to staple. Never copied, since it changes by itself."
            ),
            .optional(
                "certificates",
                "list of certificates",
                example: "certificates: [ { certificate: certs/edge.crt, key: /run/secrets/edge.key } ]",
                "Several, in place of `certificate`: chosen by the names in them, exact ones before wildcards; the first "
                    + "is for all other clients."
            ),
            .optional(
                "client-certificates",
                "map",
                default: "not asked for",
                example: "client-certificates: { ca: certs/clients.pem }",
                "Mutual TLS: what clients show of themselves."
            ),
            .optional(
                "min-version",
                "`1.2` or `1.3`",
                default: "1.2",
                example: "min-version: 1.3",
                "The oldest version of TLS that is spoken."
            ),
        ]
    )

    static let certificate = SchemaMap(
        "A certificate",
        "a certificate",
        path: "listen.https.certificates[]",
        "A certificate and its key.",
        [
            .required(
                "certificate",
                "path",
                example: "certificate: certs/edge.crt",
                "PEM: the certificate, then those that issued it."
            ),
            .required("key", "path or secret", example: "key: /run/secrets/edge.key", "Its private key, as PEM."),
            .optional("ocsp", "path", example: "ocsp: /var/lib/ocsp/edge.der", "An OCSP response (DER) to staple."),
        ]
    )

    static let clientCertificates = SchemaMap(
        "listen.https.client-certificates",
        "`client-certificates`",
        path: "listen.https.client-certificates",
        "Mutual TLS.",
        [
            .required("ca", "path", example: "ca: certs/clients.pem", "The authorities that are believed, as PEM."),
            .optional(
                "mode",
                "`require` or `request`",
                default: "require",
                example: "mode: request",
                "Whether a client without a certificate is turned away. One with a wrong certificate always is."
            ),
        ]
    )

    static let upstreamTLS = SchemaMap(
        "upstreams.NAME.tls",
        "`tls`",
        path: "upstreams.NAME.tls",
        "How `https://` targets are spoken to. Without it they are verified against the system's authorities.",
        [
            .optional("ca", "path", example: "ca: certs/internal.pem", "The authorities that are believed, as PEM."),
            .optional(
                "verify",
                "`true` or `false`",
                default: "true",
                example: "verify: true",
                "Whether a server must prove that it is the one that was meant."
            ),
            .optional(
                "server-name",
                "host",
                default: "the target's host",
                example: "server-name: orders.internal",
                "What servers are asked for, and must be called."
            ),
            .optional(
                "certificate",
                "path",
                example: "certificate: certs/gateway.crt",
                "What the gateway shows if it is asked, as PEM."
            ),
            .optional("key", "path or secret", example: "key: /run/secrets/gateway.key", "Its private key, as PEM."),
        ]
    )
}
