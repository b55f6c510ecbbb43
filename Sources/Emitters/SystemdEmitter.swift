internal import GatewayIR

/// `systemd/NAME.service`: a node without containers.
enum SystemdEmitter {
    static func emit(_ plan: DeployPlan, _ templates: DeployTemplates) -> [Artifact] {
        plan.nodes.map { node in
            Artifact(
                path: "systemd/\(node.name).service",
                generated: templates.renderService(SystemdService(node, in: plan))
            )
        }
    }
}

/// What the template of a unit sees.
struct SystemdService {
    var description: String
    var bundlePath: String
    /// Where the node's own is in the bundle of all; `nil` if that is it.
    var bundleFolder: String?
    /// A file of variables that hold secrets.
    var secretsPath: String
    var nodeVariable: String
    var workersVariable: String?
    /// Further ones, `NAME=value` each: where it listens, its certificate, and where it pulls bundles from.
    var settings: [String]
    /// Whether it pulls its bundles.
    var pulls: Bool
    /// Where it keeps them, below `/var/lib`.
    var stateFolder: String
    /// Files that it needs before it has one.
    var files: [String]
    var gracePeriod: String
    var descriptorCount: String
    var cpuQuota: String?
    var memoryMax: String?
    var bindsLowPorts: Bool
    /// Where the access log is written, if to a file.
    var logFolder: String?
    var secretVariables: [String]
    var secretFiles: [String]

    init(_ node: Node, in plan: DeployPlan) {
        let gateway = plan.gateway
        let (name, gatewayName) = (Self.word(node.name), Self.word(gateway.name))
        description = "API gateway \(gatewayName), node \(name)"
        let folder = "/etc/apic/\(gatewayName)"
        pulls = node.source != nil
        stateFolder = "apic/\(gatewayName)-\(name)"
        bundlePath = pulls ? "/var/lib/\(stateFolder)" : folder
        bundleFolder = pulls ? nil : NodeSlice.folder(of: node)
        files = node.ownFiles.map { "\(folder)/\($0)" }
        secretsPath = "/etc/apic/\(gatewayName)-\(name).secrets.env"
        nodeVariable = "APIC_NODE=\(node.name)"
        workersVariable = plan.workerCount(of: node).map { "APIC_WORKERS=\($0)" }
        settings = (Self.listenVariables(of: node) + plan.pullVariables(of: node, files: folder))
            .map { "\($0.name)=\($0.value)" }
        gracePeriod = "\(plan.gracePeriodSeconds)"
        descriptorCount = "\(plan.descriptorCount)"
        cpuQuota = node.cpuMillis.map { "\(($0 + 9) / 10)%" }
        memoryMax = node.memoryBytes.map { "\($0)" }
        bindsLowPorts = plan.bindsLowPorts(node)
        if let path = gateway.accessLog?.path, let slash = path.lastIndex(of: "/") {
            logFolder = slash == path.startIndex ? nil : String(path[..<slash])
        }
        secretVariables = plan.slice(of: node).variables
        secretFiles = plan.secretFiles(of: node)
    }

    /// Addresses that are not those of the bundle.
    private static func listenVariables(of node: Node) -> [DeployPlan.Variable] {
        let addresses = node.addresses
        let variables = [
            DeployPlan.Variable("APIC_HTTP", addresses.http.flatMap(DeployPlan.list)),
            DeployPlan.Variable("APIC_HTTPS", addresses.https.flatMap(DeployPlan.list)),
            DeployPlan.Variable("APIC_STATUS", addresses.status?.text),
        ]
        return variables.compactMap { $0 }
    }

    /// A name as part of a path or a description, where nothing is quoted.
    private static func word(_ text: String) -> String {
        String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "_" })
    }
}
