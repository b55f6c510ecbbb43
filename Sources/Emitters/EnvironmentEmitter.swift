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
    /// Its certificate, and where it pulls bundles from.
    var source: [DeployPlan.Variable]
    /// Names only.
    var variables: [String]
    var hasVariables: Bool
    /// Paths only.
    var files: [String]
    var hasFiles: Bool

    init(_ node: Node, in plan: DeployPlan) {
        self.node = node.name
        bundlePath = DeployPlan.bundlePath
        http = DeployPlan.list(plan.httpAddresses(of: node))
        https = DeployPlan.list(plan.httpsAddresses(of: node))
        status = plan.statusAddress(of: node).text
        workers = plan.workerCount(of: node).map { "\($0)" }
        source = plan.pullVariables(of: node, files: DeployPlan.filesPath(of: node))
        variables = plan.slice(of: node).variables
        hasVariables = !variables.isEmpty
        files = plan.secretFiles(of: node)
        hasFiles = !files.isEmpty
    }

    /// In the bundle.
    static func path(of node: Node) -> String { "nodes/\(node.name).env" }
}
