internal import Digests
package import GatewayIR

/// What compose and environment files agree on: which containers run the bundle, and what they need from outside.
package struct DeployPlan: Sendable {
    /// Where a container finds the bundle.
    static let bundlePath = "/bundle"

    let gateway: Gateway
    /// The spec's nodes that run the gateway, or one named after it.
    let nodes: [Node]
    /// Those that run Kong, ascending by name.
    let kongNodes: [KongNode]
    /// Names of environment variables that hold secrets, ascending.
    package let secretVariables: [String]
    /// Paths of files that hold secrets, ascending; relative ones are relative to the bundle.
    package let secretFiles: [String]

    package init(_ gateway: Gateway) {
        self.gateway = gateway
        nodes = gateway.nodes.isEmpty ? [Node(name: gateway.name)] : gateway.nodes.filter { $0.kong == nil }
        kongNodes = KongNode.all(of: gateway)
        var secrets = gateway.certificatePairs.map(\.key) + gateway.clientSecrets
        for credential in gateway.credentials {
            if case .secret(let secret) = credential.key { secrets.append(secret) }
        }
        for key in gateway.tokenKeys {
            if case .secret(let secret) = key.source { secrets.append(secret) }
        }
        var variables: Set<String> = []
        var files: Set<String> = []
        for secret in secrets {
            switch secret {
            case .environment(let name): variables.insert(name)
            case .file(let path): files.insert(path)
            }
        }
        // One that stands elsewhere is no secret, but has to be brought like one.
        for path in nodes.compactMap(\.certificate) where path.hasPrefix("/") { files.insert(path) }
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
        containerPorts(of: node).map { ($0.published, $0.container) }
    }

    /// The same, named after what is spoken there.
    func containerPorts(of node: Node) -> [(name: String, published: UInt16, container: UInt16)] {
        let ports = [("http", httpAddresses.first?.port), ("https", httpsAddresses.first?.port)]
        // A port that leads to no listener is left out.
        return ports.compactMap { name, container in
            guard let container else { return nil }
            guard !node.ports.isEmpty else { return (name, container, container) }
            return node.ports.first { $0.name == name }.map { (name, $0.published, container) }
        }
    }

    /// What a container's gateway is told by its environment, secrets apart.
    func variables(of node: Node) -> [(name: String, value: String)] {
        let list = { (addresses: [ListenAddress]) in
            addresses.isEmpty ? nil : addresses.map(\.text).joined(separator: ",")
        }
        let variables: [(name: String, value: String?)] = [
            ("APIC_NODE", node.name), ("APIC_BUNDLE", Self.bundlePath), ("APIC_HTTP", list(httpAddresses)),
            ("APIC_HTTPS", list(httpsAddresses)), ("APIC_STATUS", statusAddress.text),
            ("APIC_WORKERS", workerCount(of: node).map { "\($0)" }),
            ("APIC_CERTIFICATE", Self.certificate(of: node, in: Self.bundlePath)),
        ]
        return variables.compactMap { name, value in value.map { (name, $0) } }
    }

    /// Where a node finds its certificate.
    ///
    /// - Parameter folder: where it finds the bundle.
    static func certificate(of node: Node, in folder: String) -> String? {
        node.certificate.map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" }
    }

    /// Event loops: as the spec says, or as many as the node may use of its machine; `nil` is one per core.
    func workerCount(of node: Node) -> Int? {
        node.workerCount ?? node.cpuMillis.map { max((Int($0) + 999) / 1000, 1) }
    }

    /// A little longer than the gateway itself takes to end, rounded up.
    var gracePeriodSeconds: UInt64 {
        (UInt64(gateway.drain.delay) + UInt64(gateway.drain.timeout) + 999) / 1000 + 5
    }

    /// Whether it listens where only the privileged may.
    var bindsLowPorts: Bool { (httpAddresses + httpsAddresses + [statusAddress]).contains { $0.port < 1024 } }

    /// A client's connection and one to an upstream, and what every process has open.
    var descriptorCount: Int { Int(gateway.limits.connectionCountMax) * 2 + 1024 }

    /// SHA-256 in hex.
    static func digest(of text: String) -> String { SHA256.digest(Array(text.utf8)).hex }

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
