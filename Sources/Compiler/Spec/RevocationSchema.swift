extension SpecSchema {
    static let revocations = SchemaMap(
        "revoked",
        "`revoked`",
        path: "revoked",
        "Certificates of nodes that may serve no more. A list is short for `certificates`, with as many as the epoch.",
        [
            .required(
                "epoch",
                "number",
                example: "epoch: 3",
                "Grows with every change: a node that has seen one epoch takes no bundle of an earlier one."
            ),
            .required(
                "certificates",
                "list",
                example: "certificates: [ \"sha256:9f86…\" ]",
                "Fingerprints, or maps with a date."
            ),
        ]
    )

    static let revocation = SchemaMap(
        "A revoked certificate",
        "a revoked certificate",
        path: "revoked.certificates[]",
        "Which certificate, and until when its node goes on. A fingerprint alone means that it stops at once.",
        [
            .required(
                "certificate",
                "fingerprint",
                example: "certificate: \"sha256:9f86…\"",
                "SHA-256 of the certificate, as `apic cert list` prints it."
            ),
            .required(
                "serve-until",
                "instant",
                example: "serve-until: 2026-12-01",
                "The node serves until then, and stops by itself, so that another one can take its place."
            ),
        ]
    )
}
