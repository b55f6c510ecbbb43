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
    /// A file of variables that hold secrets.
    var secretsPath: String
    var nodeVariable: String
    var workersVariable: String?
    var certificateVariable: String?
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
        bundlePath = "/etc/apic/\(gatewayName)"
        secretsPath = "/etc/apic/\(gatewayName)-\(name).secrets.env"
        nodeVariable = "APIC_NODE=\(node.name)"
        workersVariable = plan.workerCount(of: node).map { "APIC_WORKERS=\($0)" }
        certificateVariable = DeployPlan.certificate(of: node, in: bundlePath).map { "APIC_CERTIFICATE=\($0)" }
        gracePeriod = "\(plan.gracePeriodSeconds)"
        descriptorCount = "\(plan.descriptorCount)"
        cpuQuota = node.cpuMillis.map { "\(($0 + 9) / 10)%" }
        memoryMax = node.memoryBytes.map { "\($0)" }
        bindsLowPorts = plan.bindsLowPorts
        if let path = gateway.accessLog?.path, let slash = path.lastIndex(of: "/") {
            logFolder = slash == path.startIndex ? nil : String(path[..<slash])
        }
        secretVariables = plan.secretVariables
        secretFiles = plan.secretFiles
    }

    /// A name as part of a path or a description, where nothing is quoted.
    private static func word(_ text: String) -> String {
        String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "_" })
    }
}
