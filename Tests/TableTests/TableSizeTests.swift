import GatewayEmitters
import GatewayIR
import GatewayTable
import Testing

@Suite struct TableSizeTests {
    /// At most 64 bytes a route beyond its own strings, for the shapes that large specs have.
    @Test(arguments: LargeGateway.Shape.allCases)
    func aRouteCostsAtMost64Bytes(shape: LargeGateway.Shape) throws {
        let count = 20_000
        let bytes = TableEmitter.emit(LargeGateway.make(shape, routeCount: count))
        let table = try LoadedTable(bytes)
        let routeBytes = bytes.count - table.view.text.count
        // Settings, directory and one version are there once.
        #expect(routeBytes - 2048 <= 64 * count, "\(Double(routeBytes) / Double(count)) bytes a route")
    }
}

/// Gateways with many routes.
enum LargeGateway {
    enum Shape: CaseIterable {
        /// Reads and writes of a collection and its items.
        case resources
        /// One route per path.
        case leaves
        /// One route per path, each with a capture at its end.
        case items
        /// Many small APIs: two versions of 25 routes each, with mounts and constraints.
        case services
    }

    static func make(_ shape: Shape, routeCount: Int) -> Gateway {
        if shape == .services { return services(routeCount: routeCount) }
        var gateway = Gateway(
            name: "large",
            upstreams: [Upstream(name: "u", targets: [Target(host: "127.0.0.1", port: 8080)])],
            apis: [API(name: "a", selector: .path, versions: 0..<1)],
            versions: [Version(api: 0, name: "v1", value: "v1", lifecycle: Lifecycle(released: 0))],
            mounts: [Mount(host: .any, prefix: StorefrontGateway.path("api"), api: 0, version: 0)],
            chains: [Chain()]
        )
        for index in 0..<routeCount { gateway.routes.append(route(shape, index)) }
        return gateway
    }

    private static func route(_ shape: Shape, _ index: Int) -> Route {
        let (path, method): (PathPattern, String)
        switch shape {
        case .resources:
            let collection = "resource\(index / 4)"
            (path, method) =
                index % 4 < 2
                ? (StorefrontGateway.path("api", "v1", collection), index % 4 == 0 ? "GET" : "POST")
                : (StorefrontGateway.path("api", "v1", collection, "{id}"), index % 4 == 2 ? "GET" : "DELETE")
        case .leaves: (path, method) = (StorefrontGateway.path("api", "service\(index / 100)", "leaf\(index)"), "GET")
        case .items, .services: (path, method) = (StorefrontGateway.path("api", "item\(index)", "{id}"), "GET")
        }
        return Route(
            host: .any,
            path: path,
            methods: .listed([method]),
            version: 0,
            chain: 0,
            forwarding: Forwarding(upstream: 0, path: .stripping(segmentCount: 1))
        )
    }

    private static func services(routeCount: Int) -> Gateway {
        var gateway = Gateway(
            name: "large",
            upstreams: [Upstream(name: "u", targets: [Target(host: "127.0.0.1", port: 8080)])],
            chains: [Chain()]
        )
        for version in 0..<routeCount / 25 {
            let api = version / 2
            let (name, release) = ("service\(api)", "v\(version % 2 + 1)")
            if version.isMultiple(of: 2) {
                gateway.apis.append(API(name: name, selector: .path, versions: version..<version + 2))
                gateway.mounts.append(Mount(host: .any, prefix: StorefrontGateway.path(name), api: api, version: nil))
            }
            gateway.versions.append(Version(api: api, name: release, value: release, lifecycle: Lifecycle(released: 0)))
            let prefix = StorefrontGateway.path(name, release)
            gateway.mounts.append(Mount(host: .any, prefix: prefix, api: api, version: version))
            for index in 0..<25 {
                let item = index.isMultiple(of: 5) ? "#id" : "{id}"
                let path = StorefrontGateway.path(name, release, "resource\(index)", item)
                gateway.routes.append(
                    Route(
                        host: .any,
                        path: path,
                        methods: .listed(["GET"]),
                        version: version,
                        chain: 0,
                        forwarding: Forwarding(upstream: 0, path: .stripping(segmentCount: 2))
                    )
                )
            }
        }
        return gateway
    }
}
