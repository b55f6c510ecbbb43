internal import GatewayIR

/// `kubernetes/`: the objects that run a bundle in a cluster, one file for each node, and the bundle itself for those
/// that do not pull it.
enum KubernetesEmitter {
    static func emit(
        _ plan: DeployPlan,
        table: [UInt8],
        copies: [Artifact],
        slices: [(node: Node, contents: [Artifact])],
        _ templates: DeployTemplates
    ) -> [Artifact] {
        let whole = KubernetesBundle(
            KubernetesName.joined(plan.gateway.name, "bundle"),
            [Artifact(path: Bundle.tablePath, bytes: table)] + copies
        )
        let own = Dictionary(
            uniqueKeysWithValues: slices.map { ($0.node.name, KubernetesBundle($0.node, $0.contents, of: plan)) }
        )
        var artifacts = plan.nodes.flatMap { node in
            let node = KubernetesNode(node, in: plan, own[node.name] ?? whole, copies: copies)
            return [
                Artifact(path: "kubernetes/\(node.node).yaml", generated: templates.renderKubernetes(node)),
                // Apart from the rest, since a cluster without the operator does not know the kind.
                Artifact(
                    path: "kubernetes/\(node.node).monitor.yaml",
                    generated: templates.renderKubernetesMonitor(node)
                ),
            ]
        }
        // Bundles that are pulled are not mounted.
        for node in plan.nodes where node.source == nil {
            guard let bundle = own[node.name] else { continue }
            artifacts.append(artifact(bundle, named: "\(node.name).bundle", templates))
        }
        if plan.nodes.contains(where: { $0.source == nil && own[$0.name] == nil }) {
            artifacts.append(artifact(whole, named: "bundle", templates))
        }
        return artifacts
    }

    private static func artifact(_ bundle: KubernetesBundle, named name: String, _ templates: DeployTemplates)
        -> Artifact
    {
        bundle.isImage
            ? Artifact(path: "kubernetes/\(name).Dockerfile", generated: templates.renderKubernetesImage(bundle))
            : Artifact(path: "kubernetes/\(name).yaml", generated: templates.renderKubernetesBundle(bundle))
    }
}

/// The bundle as the cluster gets it: a ConfigMap where it fits into one, else an image.
struct KubernetesBundle {
    /// Bytes of all files together. A ConfigMap takes 1 MiB with its names; nothing is ever cut to fit.
    static let configMapByteCountMax = 900 << 10

    struct File {
        /// What a ConfigMap can call it.
        var key: String
        /// In the bundle.
        var path: String
        /// In the folder that an image is built in.
        var source: String
        /// In an image.
        var destination: String
        var base64: String
    }

    var name: String
    var image: String
    var isImage: Bool
    /// Makes the image.
    var imageFile: String
    var files: [File]

    /// - Parameters:
    ///   - contents: a table and what it needs.
    ///   - folder: where they are in the bundle of all nodes.
    init(_ name: String, _ contents: [Artifact], in folder: String? = nil) {
        self.name = name
        let byteCount = contents.reduce(0) { $0 + $1.bytes.count }
        isImage = byteCount > Self.configMapByteCountMax
        image = "\(name):latest"
        imageFile = "kubernetes/bundle.Dockerfile"
        files = Self.files(contents, in: folder, isImage: isImage)
    }

    /// The bundle of a node that gets its own.
    init(_ node: Node, _ contents: [Artifact], of plan: DeployPlan) {
        let name = KubernetesName.joined(plan.gateway.name, "\(node.name)-bundle")
        self.init(name, contents, in: NodeSlice.folder(of: node))
        imageFile = "kubernetes/\(node.name).bundle.Dockerfile"
    }

    /// Files with keys that a ConfigMap takes: a table by its name, others by numbers.
    static func files(_ contents: [Artifact], in folder: String? = nil, isImage: Bool = false) -> [File] {
        contents.enumerated().map { number, file in
            File(
                key: file.path == Bundle.tablePath ? file.path : "copy-\(number)",
                path: file.path,
                source: folder.map { "\($0)/\(file.path)" } ?? file.path,
                destination: "/\(file.path)",
                base64: isImage ? "" : Base64.text(file.bytes)
            )
        }
    }
}

/// What the templates of a node's objects see. Values are whole scalars; the templates quote them.
struct KubernetesNode {
    struct Port {
        var name: String
        var published: String
        var container: String
    }

    struct Folder {
        var volume: String
        var path: String
        /// Else only its files: in `/etc` there is more that the gateway needs. Such files do not follow changes.
        var isWhole: Bool
        var files: [SecretFile]
    }

    struct SecretFile {
        var key: String
        /// In its folder.
        var name: String
        var path: String
    }

    struct Entry {
        var key: String
        var value: String
    }

    var node: String
    /// Of the objects.
    var name: String
    /// Of the service for the status port.
    var statusName: String
    var gateway: String
    var image = "apic-gateway:\(CompilerVersion.text)"
    var bundle: KubernetesBundle
    var bundlePath = DeployPlan.bundlePath
    /// Whether it pulls its bundles.
    var pulls: Bool
    /// What is asked until it answers for the first time. A node that waits for its source is alive.
    var startPath: String
    /// Of the ConfigMap with files that it needs before it has a bundle.
    var filesName: String
    var filesPath: String
    var files: [KubernetesBundle.File]
    var hasFiles: Bool
    var labels: [Entry]
    var annotations: [Entry]
    var hasAnnotations: Bool
    var gracePeriod: String
    var ports: [Port]
    var hasPorts: Bool
    var statusPort: String
    /// Whether it listens where only the privileged may.
    var bindsLowPorts: Bool
    var variables: [DeployPlan.Variable]
    var secretName: String
    var secretVariables: [String]
    /// Folders of files that hold secrets.
    var folders: [Folder]
    /// Secrets that the spec looks for in the bundle's folder.
    var bundledSecrets: [SecretFile]
    var cpuRequest: String
    var memoryRequest: String
    var cpuLimit: String?
    var memoryLimit: String?
    var hasLimits: Bool
    var replicas: String
    /// `nil` if their number is fixed.
    var replicasMax: String?
    var spreads: Bool
    /// Ports of upstreams, and of servers of keys and bundles, ascending.
    var upstreamPorts: [String]
    var hasUpstreams: Bool
    /// Some upstream's ports are what SRV records tell.
    var hasServices: Bool

    init(_ node: Node, in plan: DeployPlan, _ bundle: KubernetesBundle, copies: [Artifact]) {
        let slice = plan.slice(of: node)
        let gateway = slice.gateway
        self.node = node.name
        name = node.name == gateway.name ? node.name : KubernetesName.joined(gateway.name, node.name)
        statusName = KubernetesName.joined(name, "status")
        self.gateway = gateway.name
        self.bundle = bundle
        pulls = node.source != nil
        startPath = pulls ? "/live" : "/ready"
        filesName = KubernetesName.joined(name, "files")
        filesPath = DeployPlan.filesPath(of: node)
        files = KubernetesBundle.files(copies.filter { node.ownFiles.contains($0.path) })
        hasFiles = !files.isEmpty
        labels = Self.labels(of: node)
        annotations = [("apic/cloud", node.cloud), ("apic/region", node.region)]
            .compactMap { key, value in value.map { Entry(key: key, value: $0) } }
        hasAnnotations = !annotations.isEmpty
        gracePeriod = "\(plan.gracePeriodSeconds)"
        ports = plan.containerPorts(of: node).map {
            Port(name: $0.name, published: "\($0.published)", container: "\($0.container)")
        }
        hasPorts = !ports.isEmpty
        statusPort = "\(plan.statusAddress(of: node).port)"
        bindsLowPorts = plan.bindsLowPorts(node)
        variables = plan.variables(of: node)
        secretName = KubernetesName.joined(gateway.name, "secrets")
        secretVariables = slice.variables
        let secrets = plan.secretFiles(of: node)
        folders = Self.folders(of: secrets.filter { $0.hasPrefix("/") })
        bundledSecrets = secrets.filter { !$0.hasPrefix("/") }
            .map { SecretFile(key: KubernetesName.key($0), name: $0, path: $0) }
        let cpu = node.cpuMillis.map { "\($0)m" }
        cpuLimit = cpu
        memoryLimit = node.memoryBytes.map { "\($0)" }
        cpuRequest = cpu ?? "100m"
        memoryRequest = memoryLimit ?? "64Mi"
        hasLimits = cpuLimit != nil || memoryLimit != nil
        let replicas = node.replicas ?? 1...1
        self.replicas = "\(replicas.lowerBound)"
        replicasMax = replicas.count > 1 ? "\(replicas.upperBound)" : nil
        spreads = replicas.upperBound > 1
        let targets = gateway.upstreams.flatMap(\.targets).filter { $0.port != 0 }
        let keyPorts = gateway.tokenSettings.compactMap { $0.remoteKeys?.port }
        let sourcePorts = [node.source?.port].compactMap { $0 }
        // What servers SRV records tell, and where, nobody knows beforehand.
        hasServices = gateway.upstreams.flatMap(\.targets).contains(where: \.isService)
        upstreamPorts = Set(targets.map(\.port) + keyPorts + sourcePorts).sorted().map { "\($0)" }
        hasUpstreams = !upstreamPorts.isEmpty
    }

    /// The spec's labels; those that select the objects are the template's.
    private static func labels(of node: Node) -> [Entry] {
        node.labels.filter { !$0.key.hasPrefix("app.kubernetes.io/") }.map { Entry(key: $0.key, value: $0.value) }
    }

    private static func folders(of paths: [String]) -> [Folder] {
        var folders: [Folder] = []
        for path in paths {
            let slash = path.lastIndex(of: "/") ?? path.startIndex
            let folder = slash == path.startIndex ? "/" : String(path[..<slash])
            let name = String(path[path.index(after: slash)...])
            let file = SecretFile(key: KubernetesName.key(path), name: name, path: path)
            if let index = folders.firstIndex(where: { $0.path == folder }) {
                folders[index].files.append(file)
            } else {
                folders.append(
                    Folder(
                        volume: "secrets-\(folders.count + 1)",
                        path: folder,
                        isWhole: folder.hasPrefix("/run/") || folder.hasPrefix("/var/run/"),
                        files: [file]
                    )
                )
            }
        }
        return folders
    }
}

/// Names that Kubernetes takes.
enum KubernetesName {
    /// What a service's name may have.
    private static let byteCountMax = 63

    /// Both, joined; where that would be too long, the first is cut, and a digest keeps different names apart.
    static func joined(_ first: String, _ second: String) -> String {
        let whole = "\(first)-\(second)"
        guard whole.utf8.count > byteCountMax else { return whole }
        let digest = String(DeployPlan.digest(of: whole).prefix(8))
        return "n-\(digest)-\(whole.suffix(byteCountMax - digest.count - 3))"
    }

    /// A key of a Secret for a path: letters, digits, `-`, `_`, `.`.
    static func key(_ path: String) -> String {
        let usual = "/run/secrets/"
        let relative = path.hasPrefix(usual) ? path.dropFirst(usual.count) : path.drop { $0 == "/" }
        return String(relative.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "_" })
    }
}

/// Base 64 (RFC 4648) for files in ConfigMaps.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            word <<= UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                let digit = Int(word >> UInt32(18 - 6 * position)) & 63
                output.append(position <= group.count ? alphabet[digit] : UInt8(ascii: "="))
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
