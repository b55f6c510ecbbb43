extension DiagnosticCode {
    /// E082x: what nodes get of a bundle, and from where.
    static let bundleCodes: [DiagnosticCode] = [
        .untrustedSource, .noSource, .nodeKeyAlone, .secretBesideBundle, .nodeWithoutCertificates, .stopsTooSoon,
        .unknownServedAPI,
    ]

    static let untrustedSource = DiagnosticCode(
        "E0820",
        "bundles are pulled without a key to trust",
        explanation: """
            A bundle decides where requests go and who may send them. What comes from elsewhere must be signed, so a
            node that pulls needs the public key of whoever signs: `apic sign --new-key` makes a pair.
            """,
        example: """
            bundles: { url: https://bundles.example.com/storefront/ }
            nodes: { eu-1: {} }
            """
    )

    static let noSource = DiagnosticCode(
        "E0821",
        "`bundles` does not say where from",
        explanation: """
            Whom a node trusts and how often it asks means something where it pulls its bundles from a server. That is
            `url`, of the gateway's `bundles` or of the node's own.
            """,
        example: """
            bundles: { trust: keys/release.pub }
            """
    )

    static let nodeKeyAlone = DiagnosticCode(
        "E0822",
        "a node has a key without its certificate",
        explanation: """
            A node shows its certificate to the server that it pulls bundles from, and proves with the key that it is its
            own. `apic cert issue` makes both.
            """,
        example: """
            nodes:
              eu-1: { key: /run/secrets/eu-1.key }
            """
    )

    static let secretBesideBundle = DiagnosticCode(
        "E0823",
        "a node that pulls its bundles would look for a secret in them",
        explanation: """
            A relative path of a secret leads into the bundle's folder. A folder that is mounted can hold it; one that a
            gateway fills from a server does not, since no secret is ever part of a bundle.
            """,
        example: """
            bundles: { url: https://bundles.example.com/storefront/, trust: keys/release.pub }
            consumers:
              acme: { credentials: [ { key: "${file:keys/acme.key}" } ] }
            """
    )

    static let nodeWithoutCertificates = DiagnosticCode(
        "E0824",
        "a node listens for TLS, and the gateway has no certificates",
        explanation: """
            `nodes.NAME.listen` says where a node listens in place of the addresses of `listen`. What is served there,
            certificates included, is the same for all nodes, and stands in `listen.https`.
            """,
        example: """
            nodes:
              eu-1: { listen: { https: 9443 } }
            """
    )

    static let stopsTooSoon = DiagnosticCode(
        "E0825",
        "a node would stop before it warns, or before it asks",
        explanation: """
            `stale.stop` is how long a node serves a bundle that the server does not confirm. It confirms it each time
            that it is asked (`every`, 30 seconds by default), so a shorter time would end the service while all is well;
            and a warning helps only before the end.
            """,
        example: """
            bundles:
              url: https://bundles.example.com/storefront/
              trust: keys/release.pub
              stale: { warn: 24h, stop: 1h }
            """
    )

    static let unknownServedAPI = DiagnosticCode(
        "E0826",
        "a node serves an API that is not there",
        explanation: """
            `serves` names the APIs whose routes a node gets, as they stand under `apis`. With another name the node
            would serve less than is meant.
            """,
        example: """
            apis: { orders: { versions: { v1: { routes: [ GET / ] } } } }
            nodes:
              us-1: { serves: [ order ] }
            """
    )
}
