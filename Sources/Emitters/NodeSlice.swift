internal import GatewayIR

/// What a node gets of a gateway, and what that needs from outside.
struct NodeSlice: Sendable {
    let gateway: Gateway
    /// Names of environment variables that hold secrets, ascending.
    let variables: [String]
    /// Paths of files that hold secrets, ascending.
    let files: [String]

    init(_ gateway: Gateway) {
        self.gateway = gateway
        var references = gateway.certificatePairs.map(\.key) + gateway.clientSecrets
        if let password = gateway.redis?.password { references.append(password) }
        for credential in gateway.credentials {
            if case .secret(let reference) = credential.key { references.append(reference) }
        }
        for key in gateway.tokenKeys {
            if case .secret(let reference) = key.source { references.append(reference) }
        }
        var (variables, files): (Set<String>, Set<String>) = ([], [])
        for reference in references {
            switch reference {
            case .environment(let name): variables.insert(name)
            case .file(let path): files.insert(path)
            }
        }
        self.variables = variables.sorted()
        self.files = files.sorted()
    }

    /// Where the bundle of a node is that gets its own, in the bundle of all; `nil` if it is that one.
    static func folder(of node: Node) -> String? { node.serves == nil ? nil : "nodes/\(node.name)" }

    /// Relative paths of the files that its table, or its node, finds in the bundle's folder.
    func copiedFiles(of node: Node) -> Set<String> {
        let https = gateway.listeners.https
        let pairs = gateway.certificatePairs.flatMap { [$0.certificate, $0.ocspResponse] }
        let authorities = [https?.clientCertificates?.authorities] + gateway.upstreams.map { $0.tls?.authorities }
        let keys = gateway.tokenSettings.map { $0.remoteKeys?.authorities }
        let own = node.source == nil ? [node.certificate] : []
        return Set((pairs + authorities + keys + own).compactMap { $0 }.filter { !$0.hasPrefix("/") })
    }

    /// The files of its bundle, with paths in that bundle: the table first.
    ///
    /// - Parameter copies: of the bundle of all.
    func contents(for node: Node, copies: [Artifact]) -> [Artifact] {
        let files = copiedFiles(of: node)
        let own = copies.filter { files.contains($0.path) }.map {
            Artifact(path: $0.path, bytes: $0.bytes, isCopy: true)
        }
        return [Artifact(path: Bundle.tablePath, bytes: TableEmitter.emit(gateway))] + own
    }
}
