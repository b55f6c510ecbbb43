extension SpecSchema {
    static let node = SchemaMap(
        "A node",
        "a node",
        path: "nodes.NAME",
        "A machine or container that runs the gateway.",
        [
            .optional("cloud", "text", example: "cloud: aws", "Whose machine it is; becomes a label."),
            .optional("region", "text", example: "region: eu-west-1", "Where it is; becomes a label."),
            .optional(
                "zone",
                "name",
                example: "zone: eu-west-1a",
                "Targets of this zone are preferred while enough of them are in."
            ),
            .optional("labels", "map of texts", default: "none", example: "labels: { tier: edge }", "Further labels."),
            .optional(
                "ports",
                "map",
                example: "ports: { http: 8000 }",
                "Ports of the host that lead to the gateway."
            ),
            .optional("workers", "number", default: "one per core", example: "workers: 4", "Event loops."),
            .optional(
                "resources",
                "map",
                default: "all of the machine's",
                example: "resources: { cpu: 500m, memory: 256MiB }",
                "What it may use; where `workers` is absent, there is one for each whole core of them."
            ),
            .optional(
                "replicas",
                "number or map",
                default: "1",
                example: "replicas: { min: 2, max: 10 }",
                "Containers in a Kubernetes cluster, between two numbers as load demands. Each counts rate limits by itself, but those of `nodes: together`."
            ),
            .optional(
                "certificate",
                "path",
                default: "none",
                example: "certificate: ca/eu-1.crt",
                "By which the node is [known](nodes.md), as PEM. A relative path is copied into the bundle."
            ),
            .optional(
                "runtime",
                "`apic` or `kong`",
                default: "apic",
                example: "runtime: kong",
                "What runs there. A node with [Kong](nodes.md#nodes-that-run-kong) gets its files, and no others."
            ),
            .optional(
                "kong",
                "map",
                example: "kong: { control-plane: x.us.cp0.konghq.com }",
                "Where such a node is told what it serves; only with `runtime: kong`, and needed there."
            ),
            .optional(
                "key",
                "absolute path",
                default: "none",
                example: "key: /run/secrets/eu-1.key",
                "The certificate's private key, where the node finds it: shown to the server that bundles are pulled from."
            ),
            .optional(
                "bundles",
                "`off` or map",
                default: "as `bundles` says",
                example: "bundles: { url: https://us.bundles.example.com/storefront/ }",
                "Keys of [`bundles`](#bundles) that are others for this node; `off` mounts the bundle."
            ),
            .optional(
                "listen",
                "map",
                default: "as `listen` says",
                example: "listen: { http: 8080, status: 127.0.0.1:8180 }",
                "Where this node listens, in place of the addresses of [`listen`](#listen)."
            ),
            .optional(
                "serves",
                "list of APIs",
                default: "all APIs",
                example: "serves: [ orders ]",
                "The only APIs that the node gets to know: its bundle has nothing of the others, nor of their upstreams, secrets and consumers."
            ),
        ]
    )

    static let nodeKong = SchemaMap(
        "nodes.NAME.kong",
        "`kong`",
        path: "nodes.NAME.kong",
        "A node that runs Kong as a data plane.",
        [
            .required(
                "control-plane",
                "host",
                example: "control-plane: x.us.cp0.konghq.com",
                "Where it gets its configuration; the port is 443 unless it says another."
            ),
            .optional(
                "telemetry",
                "host",
                default: "none",
                example: "telemetry: x.us.tp0.konghq.com",
                "Where it tells what it served."
            ),
            .optional(
                "image",
                "text",
                default: "kong/kong-gateway:3.9",
                example: "image: kong/kong-gateway:3.9",
                "The container's image."
            ),
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

    static let nodeListen = SchemaMap(
        "nodes.NAME.listen",
        "`listen` of a node",
        path: "nodes.NAME.listen",
        "Addresses of one node; what is absent stays as it is for all.",
        [
            .optional("http", "address or list of addresses", example: "http: 8080", "In place of `listen.http`."),
            .optional(
                "https",
                "address or list of addresses",
                example: "https: 9443",
                "In place of the addresses of `listen.https`, which must be there: it has the certificates."
            ),
            .optional("status", "address", example: "status: 127.0.0.1:8180", "In place of `listen.status`."),
        ]
    )

    static let nodeResources = SchemaMap(
        "nodes.NAME.resources",
        "`resources`",
        path: "nodes.NAME.resources",
        "Limits of the container or service.",
        [
            .optional("cpu", "cores", example: "cpu: 500m", "Cores, or thousandths of one: `2`, `500m`."),
            .optional("memory", "size", example: "memory: 256MiB", "Beyond it the process is ended."),
        ]
    )

    static let nodeReplicas = SchemaMap(
        "nodes.NAME.replicas",
        "`replicas`",
        path: "nodes.NAME.replicas",
        "How many containers load may make of it.",
        [
            .required("min", "number", example: "min: 2", "At least so many."),
            .required("max", "number", example: "max: 10", "At most so many, not less than `min`."),
        ]
    )
}
