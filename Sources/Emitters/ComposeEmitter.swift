internal import GatewayIR

/// `docker-compose.yml`: one service per node.
enum ComposeEmitter {
    static func emit(_ plan: DeployPlan, _ templates: DeployTemplates) -> [Artifact] {
        let project = ComposeProject(plan)
        var artifacts = [Artifact(path: "docker-compose.yml", generated: templates.renderCompose(project))]
        let profiles = Set((project.services.map(\.profile) + project.kongServices.map(\.profile)).compactMap(\.self))
            .sorted()
        if !profiles.isEmpty {
            let text = templates.renderComposeEnvironment(ComposeProfiles(profiles: profiles.joined(separator: ",")))
            artifacts.append(Artifact(path: ".env", generated: text))
        }
        return artifacts
    }
}

/// What the template of `.env` sees.
struct ComposeProfiles {
    /// Of all nodes, with commas.
    var profiles: String
}

/// What the template of `docker-compose.yml` sees. Values are whole scalars; the template quotes them.
struct ComposeProject {
    struct Service {
        var name: String
        var image: String
        var stopGracePeriod: String
        var bundlePath: String
        /// The bundle's folder; it is mounted if it is not pulled.
        var bundleSource: String
        /// Keeps the bundles that it pulls; `nil` if they are mounted.
        var volume: String?
        /// Files that it needs before it has one.
        var files: [File]
        var environmentFile: String
        var ports: [String]
        var hasPorts: Bool
        var statusPort: String
        var secrets: [Secret]
        var hasSecrets: Bool
        var labels: [Label]
        /// The node's cloud, if Compose takes its name.
        var profile: String?
        var descriptorCount: String
        var cpuLimit: String?
        var memoryLimit: String?
        var hasLimits: Bool
    }

    struct KongService {
        var name: String
        var image: String
        var profile: String?
        var environmentFile: String
        var ports: [String]
        var cpuLimit: String?
        var memoryLimit: String?
        var hasLimits: Bool
        /// The node's certificate and its key.
        var secrets: [Secret]
        var labels: [Label]
    }

    struct File {
        /// Relative to the compose file.
        var source: String
        /// The path in the container.
        var target: String
    }

    struct Secret {
        var name: String
        /// The path in the container.
        var target: String
        /// A quoted scalar, with a variable for Compose to interpolate.
        var source: String
    }

    struct Label {
        var key: String
        var value: String
    }

    var project: String
    var services: [Service]
    var kongServices: [KongService]
    var secrets: [Secret]
    var hasSecrets: Bool
    /// Names.
    var volumes: [String]
    var hasVolumes: Bool

    init(_ plan: DeployPlan) {
        project = Self.projectName(plan.gateway.name)
        kongServices = plan.kongNodes.map { KongService($0, in: plan.gateway) }
        secrets = Self.secrets(plan.secretFiles)
        for secret in kongServices.flatMap(\.secrets) where !secrets.contains(where: { $0.name == secret.name }) {
            secrets.append(secret)
        }
        hasSecrets = !secrets.isEmpty
        volumes = plan.nodes.compactMap(Self.volume)
        hasVolumes = !volumes.isEmpty
        services = plan.nodes.map { node in
            let secrets = Self.secrets(plan.secretFiles(of: node))
            let ports = plan.publishedPorts(of: node).map { "\($0.published):\($0.container)" }
            return Service(
                name: node.name,
                image: DeployFormat.quotedForYAML("${APIC_IMAGE:-apic-gateway:\(CompilerVersion.text)}"),
                stopGracePeriod: "\(plan.gracePeriodSeconds)s",
                bundlePath: DeployPlan.bundlePath,
                bundleSource: NodeSlice.folder(of: node).map { "./\($0)" } ?? ".",
                volume: Self.volume(node),
                files: node.ownFiles.map {
                    File(source: "./\($0)", target: "\(DeployPlan.filesPath(of: node))/\($0)")
                },
                environmentFile: NodeEnvironment.path(of: node),
                ports: ports,
                hasPorts: !ports.isEmpty,
                statusPort: "\(plan.statusAddress(of: node).port)",
                secrets: secrets,
                hasSecrets: !secrets.isEmpty,
                labels: Self.labels(of: node, in: plan.gateway),
                profile: node.cloud.flatMap(Self.profile),
                descriptorCount: "\(plan.descriptorCount)",
                cpuLimit: node.cpuMillis.map(Self.cores),
                memoryLimit: node.memoryBytes.map { "\($0)" },
                hasLimits: node.cpuMillis != nil || node.memoryBytes != nil
            )
        }
    }

    /// Compose takes `[a-z0-9][a-z0-9_-]*` only.
    private static func projectName(_ gateway: String) -> String {
        let name = gateway.lowercased().map { character in
            character.isASCII && (character.isLetter || character.isNumber || character == "_") ? character : "-"
        }
        let usable = name.drop { $0 == "-" || $0 == "_" }
        return usable.isEmpty ? "gateway" : String(usable)
    }

    /// Compose takes `[a-zA-Z0-9][a-zA-Z0-9_.-]+`.
    fileprivate static func profile(_ cloud: String) -> String? {
        let isPlain =
            cloud.utf8.count > 1
            && cloud.allSatisfy { character in
                character.isASCII && (character.isLetter || character.isNumber || "_.-".contains(character))
            }
        guard isPlain, let first = cloud.first, first.isLetter || first.isNumber else { return nil }
        return cloud
    }

    /// `1500` thousandths are `1.500`.
    fileprivate static func cores(_ millis: UInt32) -> String {
        let rest = String(millis % 1000)
        return "\(millis / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }

    /// A path relative to the bundle is in the folder that is mounted anyway.
    private static func secrets(_ paths: [String]) -> [Secret] {
        paths.filter { $0.hasPrefix("/") }.map { secret($0) }
    }

    private static func volume(_ node: Node) -> String? { node.source == nil ? nil : "bundle-\(node.name)" }

    /// `/run/secrets/edge.key` is `edge.key` in the host's folder of secrets; other paths keep all their folders.
    ///
    /// - Parameter isInBundle: it is relative to this file.
    fileprivate static func secret(_ path: String, inBundle isInBundle: Bool = false) -> Secret {
        let usual = "/run/secrets/"
        let relative = isInBundle ? path : String(path.dropFirst(path.hasPrefix(usual) ? usual.count : 1))
        let name = relative.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "_" }
        let source =
            (isInBundle ? "./" : "${APIC_SECRETS:-../secrets}/")
            + relative.split(separator: "$", omittingEmptySubsequences: false)
            .joined(separator: "$$")
        return Secret(name: String(name), target: path, source: DeployFormat.quotedForYAML(source))
    }

    /// The spec's labels and those that tell what the container is; the latter win.
    fileprivate static func labels(of node: Node, in gateway: Gateway) -> [Label] {
        var own = [Label(key: "apic.gateway", value: gateway.name), Label(key: "apic.node", value: node.name)]
        if let cloud = node.cloud { own.append(Label(key: "apic.cloud", value: cloud)) }
        if let region = node.region { own.append(Label(key: "apic.region", value: region)) }
        let others = node.labels.filter { label in !own.contains { $0.key == label.key } }
        return (own + others.map { Label(key: $0.key, value: $0.value) }).sorted { $0.key < $1.key }
    }
}

extension ComposeProject.KongService {
    fileprivate init(_ kong: KongNode, in gateway: Gateway) {
        let node = kong.node
        var certificate = ComposeProject.secret(kong.certificate)
        // One that is copied into the bundle stands beside this file.
        if let path = node.certificate {
            certificate =
                path.hasPrefix("/") ? ComposeProject.secret(path) : ComposeProject.secret(path, inBundle: true)
            certificate.target = kong.certificate
        }
        self.init(
            name: node.name,
            image: kong.dataPlane.image,
            profile: node.cloud.flatMap(ComposeProject.profile),
            environmentFile: NodeEnvironment.path(of: node),
            ports: kong.ports.map { "\($0.published):\($0.container)" },
            cpuLimit: node.cpuMillis.map(ComposeProject.cores),
            memoryLimit: node.memoryBytes.map { "\($0)" },
            hasLimits: node.cpuMillis != nil || node.memoryBytes != nil,
            secrets: [certificate, ComposeProject.secret(kong.key)],
            labels: ComposeProject.labels(of: node, in: gateway)
        )
    }
}
