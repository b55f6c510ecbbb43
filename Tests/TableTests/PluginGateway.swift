import GatewayIR

extension Gateway {
    /// A gateway whose one route, `ANY /orders/**`, has these plugins. Of the upstreams it goes to the first.
    static func with(
        _ plugins: [Plugin],
        name: String,
        consumers: [Consumer] = [],
        credentials: [Credential] = [],
        upstreams: [Upstream] = [Upstream(name: "u", targets: [Target(host: "127.0.0.1", port: 8080)])]
    ) -> Gateway {
        Gateway(
            name: name,
            consumers: consumers,
            credentials: credentials,
            upstreams: upstreams,
            apis: [API(name: "orders", selector: .path, versions: 0..<1)],
            versions: [Version(api: 0, name: "v1", value: "v1", lifecycle: Lifecycle(released: 0))],
            chains: [Chain(steps: plugins.map { ChainStep(plugin: $0, scope: .api) })],
            routes: [
                Route(
                    host: .any,
                    path: PathPattern(segments: [.literal("orders")], end: .tail(name: nil)),
                    methods: .any,
                    version: 0,
                    chain: 0,
                    forwarding: Forwarding(upstream: 0, path: .whole)
                )
            ]
        )
    }
}
