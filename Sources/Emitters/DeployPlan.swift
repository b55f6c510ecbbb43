internal import Digests
package import GatewayIR

/// What compose and environment files agree on: which containers run the bundle, and what they need from outside.
package struct DeployPlan: Sendable {
    /// Something that a gateway is told by its environment.
    struct Variable {
        var name: String
        var value: String

        /// `nil` if there is nothing to tell.
        init?(_ name: String, _ value: String?) {
            guard let value else { return nil }
            self.name = name
            self.value = value
        }
    }

    /// Where a container finds the bundle, or keeps the one that it pulled.
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

    /// By name of the node: what it gets of the gateway, where that is not all.
    private let slices: [String: NodeSlice]
    private let whole: NodeSlice

    package init(_ gateway: Gateway) {
        self.gateway = gateway
        nodes =
            gateway.nodes.isEmpty
            ? [Node(name: gateway.name, source: gateway.source)] : gateway.nodes.filter { $0.kong == nil }
        kongNodes = KongNode.all(of: gateway)
        slices = Dictionary(
            uniqueKeysWithValues: nodes.filter { $0.serves != nil }.map {
                ($0.name, NodeSlice(gateway.slice(for: $0)))
            }
        )
        whole = NodeSlice(gateway)
        secretVariables = whole.variables
        secretFiles = nodes.reduce(into: Set(whole.files)) { $0.formUnion($1.broughtFiles) }.sorted()
    }

    /// What a node gets of the gateway.
    func slice(of node: Node) -> NodeSlice { slices[node.name] ?? whole }

    /// Paths of files that one node needs, as `secretFiles`.
    func secretFiles(of node: Node) -> [String] {
        Set(slice(of: node).files).union(node.broughtFiles).sorted()
    }

    /// Where a container serves clients. Inside a container loopback would be out of everyone's reach, so it becomes
    /// every address.
    func httpAddresses(of node: Node) -> [ListenAddress] {
        Self.reachable(node.addresses.http ?? gateway.listeners.http)
    }

    /// Where a container serves clients over TLS.
    func httpsAddresses(of node: Node) -> [ListenAddress] {
        guard let https = gateway.listeners.https else { return [] }
        return Self.reachable(node.addresses.https ?? https.addresses)
    }

    /// Where a container answers probes and scrapes from its own network.
    func statusAddress(of node: Node) -> ListenAddress {
        Self.reachable(node.addresses.status ?? gateway.listeners.status)
    }

    /// Host ports and the container ports that they lead to.
    func publishedPorts(of node: Node) -> [(published: UInt16, container: UInt16)] {
        containerPorts(of: node).map { ($0.published, $0.container) }
    }

    /// The same, named after what is spoken there.
    func containerPorts(of node: Node) -> [(name: String, published: UInt16, container: UInt16)] {
        let ports = [("http", httpAddresses(of: node).first?.port), ("https", httpsAddresses(of: node).first?.port)]
        // A port that leads to no listener is left out.
        return ports.compactMap { name, container in
            guard let container else { return nil }
            guard !node.ports.isEmpty else { return (name, container, container) }
            return node.ports.first { $0.name == name }.map { (name, $0.published, container) }
        }
    }

    /// What a container's gateway is told by its environment, secrets apart.
    func variables(of node: Node) -> [Variable] {
        let (http, https) = (httpAddresses(of: node), httpsAddresses(of: node))
        let variables = [
            Variable("APIC_NODE", node.name), Variable("APIC_BUNDLE", Self.bundlePath),
            Variable("APIC_HTTP", Self.list(http)), Variable("APIC_HTTPS", Self.list(https)),
            Variable("APIC_STATUS", statusAddress(of: node).text),
            Variable("APIC_WORKERS", workerCount(of: node).map { "\($0)" }),
        ]
        return variables.compactMap { $0 } + pullVariables(of: node, files: Self.filesPath(of: node))
    }

    /// How a gateway is told which node it is and where it pulls its bundles from.
    ///
    /// - Parameter files: where it finds files that the spec names by relative paths.
    func pullVariables(of node: Node, files: String) -> [Variable] {
        let place = { (path: String) in path.hasPrefix("/") ? path : "\(files)/\(path)" }
        let source = node.source
        let variables = [
            Variable("APIC_CERTIFICATE", node.certificate.map(place)),
            Variable("APIC_KEY", source == nil ? nil : node.key),
            Variable("APIC_BUNDLE_URL", source.map { $0.url + (NodeSlice.folder(of: node).map { "\($0)/" } ?? "") }),
            Variable("APIC_BUNDLE_CA", source?.authorities.map(place)),
            Variable("APIC_TRUST", source?.trust.map(place).joined(separator: ",")),
            Variable("APIC_PULL_EVERY", source?.seconds.map { "\($0)" }),
            Variable("APIC_STALE_WARN", source?.warnsAfter.map { "\($0)" }),
            Variable("APIC_STALE_STOP", source?.stopsAfter.map { "\($0)" }),
        ]
        return variables.compactMap { $0 }
    }

    /// Addresses as a variable lists them; `nil` for none.
    static func list(_ addresses: [ListenAddress]) -> String? {
        addresses.isEmpty ? nil : addresses.map(\.text).joined(separator: ",")
    }

    /// Where a container finds files that the spec names by relative paths: in the bundle, or, since it needs them
    /// before it has one, in a folder of their own.
    static func filesPath(of node: Node) -> String { node.source == nil ? bundlePath : "/node" }

    /// Event loops: as the spec says, or as many as the node may use of its machine; `nil` is one per core.
    func workerCount(of node: Node) -> Int? {
        node.workerCount ?? node.cpuMillis.map { max((Int($0) + 999) / 1000, 1) }
    }

    /// A little longer than the gateway itself takes to end, rounded up.
    var gracePeriodSeconds: UInt64 {
        (UInt64(gateway.drain.delay) + UInt64(gateway.drain.timeout) + 999) / 1000 + 5
    }

    /// Whether a node listens where only the privileged may.
    func bindsLowPorts(_ node: Node) -> Bool {
        (httpAddresses(of: node) + httpsAddresses(of: node) + [statusAddress(of: node)]).contains { $0.port < 1024 }
    }

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
    /// `127.0.0.1:8000`, `[::1]:8000`, `unix:/run/gateway.sock`.
    var text: String { isPath ? "unix:\(host)" : host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension Node {
    /// Files of its own that whoever runs it has to bring to where the spec says. Those that are no secret are brought
    /// like those that are.
    var broughtFiles: [String] {
        var paths = [certificate].compactMap { $0 }
        if let source { paths += [key, source.authorities].compactMap { $0 } + source.trust }
        return paths.filter { $0.hasPrefix("/") }
    }

    /// Files that it needs before it has a bundle, and that the build brings: relative paths, ascending.
    var ownFiles: [String] {
        guard let source else { return [] }
        let paths = [certificate, source.authorities].compactMap { $0 } + source.trust
        return Set(paths.filter { !$0.hasPrefix("/") }).sorted()
    }
}
