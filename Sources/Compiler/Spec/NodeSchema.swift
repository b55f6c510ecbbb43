extension SpecSchema {
    static let node = SchemaMap(
        "A node",
        "a node",
        path: "nodes.NAME",
        "A machine or container that runs the gateway.",
        [
            .optional("cloud", "text", example: "cloud: aws", "Whose machine it is; becomes a label."),
            .optional("region", "text", example: "region: eu-west-1", "Where it is; becomes a label."),
            .optional("labels", "map of texts", default: "none", example: "labels: { tier: edge }", "Further labels."),
            .optional(
                "ports",
                "map",
                example: "ports: { http: 8000 }",
                "Ports of the host that lead to the gateway."
            ),
            .optional("workers", "number", default: "one per core", example: "workers: 4", "Event loops."),
            .later("certificate", "leave it out: nodes do not join over the network yet"),
            .later("serves", "leave it out: every node serves all APIs"),
        ]
    )

    static let nodePorts = SchemaMap(
        "nodes.NAME.ports",
        "`ports`",
        path: "nodes.NAME.ports",
        "Published ports.",
        [
            .optional("http", "port", example: "http: 8000", "Leads to the first address of `listen.http`."),
            .optional("https", "port", example: "https: 8443", "Leads to the first address of `listen.https`."),
        ]
    )
}
