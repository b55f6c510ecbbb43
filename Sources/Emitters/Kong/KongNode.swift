internal import GatewayIR

/// A node that runs Kong as a data plane. What it serves comes from its control plane; what it is called, where it is
/// reached and by which certificate it is known comes from the spec.
struct KongNode: Sendable {
    /// Where Kong listens unless it is told otherwise.
    private static let containerPorts: [(name: String, port: UInt16)] = [("http", 8000), ("https", 8443)]
    private static let secretsPath = "/run/secrets"

    let node: Node
    let dataPlane: KongDataPlane
    /// Ports of the host and those of the container that they lead to.
    let ports: [(published: UInt16, container: UInt16)]

    /// In the container.
    var certificate: String { Self.secretsPath + "/\(node.name).crt" }
    var key: String { Self.secretsPath + "/\(node.name).key" }

    /// All of a gateway. Where the spec names no ports, a node publishes Kong's own, both raised by the first number
    /// with which nobody else has either.
    static func all(of gateway: Gateway) -> [KongNode] {
        var taken = Set(gateway.nodes.flatMap { $0.ports.map(\.published) })
        if gateway.nodes.contains(where: { $0.kong == nil && $0.ports.isEmpty }) {
            taken.formUnion(gateway.listeners.http.map(\.port))
            taken.formUnion((gateway.listeners.https?.addresses ?? []).map(\.port))
        }
        return gateway.nodes.compactMap { node in
            guard let kong = node.kong else { return nil }
            var ports = containerPorts.compactMap { name, port in
                node.ports.first { $0.name == name }.map { (published: $0.published, container: port) }
            }
            if ports.isEmpty {
                let offset = (0...UInt16(gateway.nodes.count + taken.count)).first { offset in
                    containerPorts.allSatisfy { !taken.contains($0.port + offset) }
                }
                ports = containerPorts.map { (published: $0.port + (offset ?? 0), container: $0.port) }
                taken.formUnion(ports.map(\.published))
            }
            return KongNode(node: node, dataPlane: kong, ports: ports)
        }
    }
}

/// What the template of such a node's `nodes/NAME.env` sees.
struct KongEnvironment {
    /// Konnect's own control planes.
    private static let konnectDomain = ".konghq.com"

    var controlPlane: String
    var serverName: String
    var telemetry: String?
    var telemetryServerName: String?
    var isKonnect: Bool
    var certificate: String
    var key: String
    /// `KEY:VALUE`, with commas.
    var labels: String?
    var workers: String?

    init(_ node: KongNode) {
        let kong = node.dataPlane
        controlPlane = kong.controlPlane.text
        serverName = kong.controlPlane.host
        telemetry = kong.telemetry?.text
        telemetryServerName = kong.telemetry?.host
        isKonnect = kong.controlPlane.host.hasSuffix(Self.konnectDomain)
        certificate = node.certificate
        key = node.key
        let pairs = node.node.labels.map { "\($0.key):\($0.value)" }
        labels = pairs.isEmpty ? nil : pairs.joined(separator: ",")
        workers = node.node.workerCount.map { "\($0)" }
    }
}
