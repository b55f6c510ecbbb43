extension DiagnosticCode {
    /// E09xx: nodes and listeners.
    static let nodeCodes: [DiagnosticCode] = [
        .publishedPortTwice, .statusPortTaken, .listenAddressTwice, .unusableLabel,
        .replicasReversed, .nodeCertificateEnds, .nodeRevoked, .controlPlaneMissing, .otherRuntime,
    ]

    static let controlPlaneMissing = DiagnosticCode(
        "E0840",
        "a node runs Kong without a control plane",
        explanation: """
            A data plane of Kong's gets what it serves from its control plane, Konnect or one of your own. Without one it
            would answer 404 to everything.
            """,
        example: """
            nodes:
              eu-1: { runtime: kong }
            """
    )

    static let otherRuntime = DiagnosticCode(
        "E0841",
        "a node has a setting of what it does not run",
        explanation: """
            `kong` is for nodes with `runtime: kong`, and those have neither `zone`, by which the gateway prefers targets,
            nor `replicas`, since they get no files for Kubernetes.
            """,
        example: """
            nodes:
              eu-1: { kong: { control-plane: x.us.cp0.konghq.com } }
            """
    )

    static let nodeCertificateEnds = DiagnosticCode(
        "W0907",
        "the certificate of a node ends soon, or has ended",
        explanation: """
            A node whose certificate has ended serves on, but whoever asks it for the certificate turns it away: it gets
            no new bundles where it pulls them. From 30 days before the end a build warns.
            """,
        example: """
            nodes:
              eu-1: { certificate: ca/eu-1.crt }
            """
    )

    static let nodeRevoked = DiagnosticCode(
        "W0908",
        "the certificate of a node is revoked by the same spec",
        explanation: """
            A node that finds its own certificate under `revoked` stops. If that is what is meant, delete the node from
            `nodes`, too; if not, it needs another certificate.
            """,
        example: """
            nodes:
              eu-1: { certificate: ca/eu-1.crt }
            revoked: [ "sha256:…" ]   # of ca/eu-1.crt
            """
    )

    static let replicasReversed = DiagnosticCode(
        "E0906",
        "a node has more replicas at least than at most",
        explanation: """
            `replicas` says between which numbers load decides how many containers run the node: `min` first. The same
            number twice, or one number without a map, means always so many.
            """,
        example: """
            nodes:
              eu-1: { replicas: { min: 4, max: 2 } }
            """
    )

    static let publishedPortTwice = DiagnosticCode(
        "E0901",
        "two published ports are the same",
        explanation: """
            The compose file starts every node as a service of one host, and a port of a host leads to one container
            only. Give each node ports of its own.
            """,
        example: """
            nodes:
              eu-1: { ports: { http: 8000 } }
              us-1: { ports: { http: 8000 } }
            """
    )

    static let statusPortTaken = DiagnosticCode(
        "E0902",
        "the status listener and the proxy share a port",
        explanation: """
            Health, metrics and node status must never be reachable where consumers connect, so `listen.status` needs
            a port of its own.
            """,
        example: """
            listen: { http: 8000, status: 127.0.0.1:8000 }
            """
    )

    static let listenAddressTwice = DiagnosticCode(
        "E0903",
        "two listeners have the same address",
        explanation: """
            A port of an address can be bound once. `0.0.0.0` and `::` stand for all addresses, so they clash with
            every other one on the same port.
            """,
        example: """
            listen: { http: [ 8000, "127.0.0.1:8000" ] }
            """
    )

    static let unusableLabel = DiagnosticCode(
        "E0904",
        "a label cannot be written into deployable files",
        explanation: """
            Labels become labels of containers and of Kubernetes objects, whose rules they follow: a key has letters,
            digits, `-`, `_`, `.` (and may begin with `DOMAIN/`), a value has the same characters; both are at most 63
            characters and begin and end with a letter or a digit. A value may be empty.
            """,
        example: """
            nodes:
              eu-1: { labels: { "tier!": edge } }
            """
    )

}
