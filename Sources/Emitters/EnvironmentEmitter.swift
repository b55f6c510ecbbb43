internal import GatewayIR

/// `nodes/NAME.env`: what a container's gateway is told by its environment.
enum EnvironmentEmitter {
    static func emit(_ plan: DeployPlan, _ templates: DeployTemplates) -> [Artifact] {
        let own = plan.nodes.map { node in
            Artifact(
                path: NodeEnvironment.path(of: node),
                generated: templates.renderEnvironment(NodeEnvironment(node, in: plan))
            )
        }
        let others = plan.kongNodes.map { node in
            Artifact(
                path: NodeEnvironment.path(of: node.node),
                generated: templates.renderKongEnvironment(KongEnvironment(node))
            )
        }
        return own + others
    }
}

/// What the template of `nodes/NAME.env` sees.
struct NodeEnvironment {
    var node: String
    var bundlePath: String
    /// `nil` where there is no such listener.
    var http: String?
    var https: String?
    var status: String
    var workers: String?
    var certificate: String?
    /// Names only.
    var variables: [String]
    var hasVariables: Bool
    /// Paths only.
    var files: [String]
    var hasFiles: Bool

    init(_ node: Node, in plan: DeployPlan) {
        self.node = node.name
        bundlePath = DeployPlan.bundlePath
        let list = { (addresses: [ListenAddress]) in
            addresses.isEmpty ? nil : addresses.map(\.text).joined(separator: ",")
        }
        http = list(plan.httpAddresses)
        https = list(plan.httpsAddresses)
        status = plan.statusAddress.text
        workers = plan.workerCount(of: node).map { "\($0)" }
        certificate = DeployPlan.certificate(of: node, in: DeployPlan.bundlePath)
        variables = plan.secretVariables
        hasVariables = !variables.isEmpty
        files = plan.secretFiles
        hasFiles = !files.isEmpty
    }

    /// In the bundle.
    static func path(of node: Node) -> String { "nodes/\(node.name).env" }
}
