package import GatewayIR

/// What compose and environment files agree on: which containers run the bundle, and what they need from outside.
package struct DeployPlan: Sendable {
    /// Where a container finds the bundle.
    static let bundlePath = "/bundle"

    let gateway: Gateway
    /// The spec's nodes, or one named after the gateway.
    let nodes: [Node]
    /// Names of environment variables that hold secrets, ascending.
    package let secretVariables: [String]
    /// Paths of files that hold secrets, ascending; relative ones are relative to the bundle.
    package let secretFiles: [String]

    package init(_ gateway: Gateway) {
        self.gateway = gateway
        nodes = gateway.nodes.isEmpty ? [Node(name: gateway.name)] : gateway.nodes
        var variables: Set<String> = []
        var files: Set<String> = []
        for credential in gateway.credentials {
            switch credential.key {
            case .digest: continue
            case .secret(.environment(let name)): variables.insert(name)
            case .secret(.file(let path)): files.insert(path)
            }
        }
        for pair in gateway.certificatePairs {
            switch pair.key {
            case .environment(let name): variables.insert(name)
            case .file(let path): files.insert(path)
            }
        }
        secretVariables = variables.sorted()
        secretFiles = files.sorted()
    }

    /// Where a container serves clients. Inside a container loopback would be out of everyone's reach, so it becomes
    /// every address.
    var httpAddresses: [ListenAddress] { Self.reachable(gateway.listeners.http) }

    /// Where a container serves clients over TLS.
    var httpsAddresses: [ListenAddress] { Self.reachable(gateway.listeners.https?.addresses ?? []) }

    /// Where a container answers probes and scrapes from its own network.
    var statusAddress: ListenAddress { Self.reachable(gateway.listeners.status) }

    /// Host ports and the container ports that they lead to.
    func publishedPorts(of node: Node) -> [(published: UInt16, container: UInt16)] {
        let ports = [httpAddresses.first?.port, httpsAddresses.first?.port]
        guard !node.ports.isEmpty else { return ports.compactMap { port in port.map { ($0, $0) } } }
        // A port that leads to no listener is left out.
        return node.ports.compactMap { port in
            ports[port.name == "https" ? 1 : 0].map { (port.published, $0) }
        }
    }

    private static func reachable(_ listeners: [ListenAddress]) -> [ListenAddress] {
        var addresses: [ListenAddress] = []
        for listener in listeners where !listener.isPath {
            let address = reachable(listener)
            if !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }

    private static func reachable(_ address: ListenAddress) -> ListenAddress {
        ListenAddress(host: address.host.contains(":") ? "::" : "0.0.0.0", port: address.port)
    }
}

extension ListenAddress {
    /// `127.0.0.1:8000`, `[::1]:8000`.
    var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
