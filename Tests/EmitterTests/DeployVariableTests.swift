import Foundation
import GatewayEmitters
import GatewayIR
import TestSupport
import Testing

/// What the files of a node tell its gateway: nothing that it does not know, and nothing less than it needs.
@Suite("Variables of deployable files")
struct DeployVariableTests {
    /// Lines of a file of variables.
    private struct File {
        /// With values.
        var values: [String: String] = [:]
        /// Names alone: their values come from whoever starts the container.
        var names: Set<String> = []

        init(_ text: String) {
            for line in text.split(separator: "\n") where !line.hasPrefix("#") {
                let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
                if parts.count == 2 { values[parts[0]] = parts[1] } else { names.insert(parts[0]) }
            }
        }
    }

    private static func text(_ path: String, _ artifacts: [Artifact]) throws -> String {
        try #require(DeployFixture.text(path, in: artifacts), "\(path)")
    }

    /// The variables that the gateway's help names.
    private static func known() throws -> Set<String> {
        let help = try Program.gateway.run(["--help"], in: Repository.root).output
        return Set(help.matches(of: /APIC_[A-Z_]+/).map { String($0.output) })
    }

    /// Those that run the gateway, as opposed to Kong.
    private static func nodes(_ gateway: Gateway) -> [Node] {
        gateway.nodes.isEmpty
            ? [Node(name: gateway.name, source: gateway.source)] : gateway.nodes.filter { $0.kong == nil }
    }

    /// The variables with secrets that a node's table names.
    private static func secrets(_ gateway: Gateway, of node: Node) -> Set<String> {
        let slice = gateway.slice(for: node)
        return slice.credentials.reduce(into: []) { names, credential in
            if case .secret(.environment(let name)) = credential.key { names.insert(name) }
        }
    }

    @Test(
        "each is one that the gateway reads, and the secrets of the bundle are there",
        arguments: DeployTests.gateways.keys.sorted()
    )
    func environmentFiles(_ name: String) throws {
        let gateway = try #require(DeployTests.gateways[name])
        let artifacts = try DeployFixture.bundle(gateway)
        let known = try Self.known()
        #expect(known.contains("APIC_BUNDLE_URL"))
        for node in Self.nodes(gateway) {
            let secrets = Self.secrets(gateway, of: node)
            let pulls = node.source != nil
            let node = node.name
            let file = File(try Self.text("nodes/\(node).env", artifacts))
            #expect(Set(file.values.keys).subtracting(known) == [])
            #expect(file.names == secrets)
            for needed in ["APIC_NODE", "APIC_BUNDLE", "APIC_STATUS"] { #expect(file.values[needed] != nil) }
            for needed in ["APIC_BUNDLE_URL", "APIC_TRUST"] { #expect((file.values[needed] != nil) == pulls) }
            // The cluster and the unit say the same.
            let object = try Self.text("kubernetes/\(node).yaml", artifacts)
            let inCluster = Set(object.matches(of: /name: "?([A-Z_0-9]+)"?[,\n]/).map { String($0.output.1) })
            #expect(inCluster == Set(file.values.keys).union(file.names))
            for (name, value) in file.values { #expect(object.contains("{ name: \"\(name)\", value: \"\(value)\" }")) }
            let unit = try Self.text("systemd/\(node).service", artifacts)
            let inUnit = Set(unit.matches(of: /\nEnvironment="([A-Z_]+)=/).map { String($0.output.1) })
            #expect(inUnit.subtracting(file.values.keys) == [])
            #expect(
                inUnit.isSuperset(
                    of: Set(file.values.keys).subtracting(["APIC_BUNDLE", "APIC_HTTP", "APIC_HTTPS", "APIC_STATUS"])
                )
            )
        }
    }

    @Test("every path that one names is mounted", arguments: DeployTests.gateways.keys.sorted())
    func paths(_ name: String) throws {
        let gateway = try #require(DeployTests.gateways[name])
        let artifacts = try DeployFixture.bundle(gateway)
        let compose = try ComposeConfig(of: gateway, environment: [:])
        for node in Self.nodes(gateway).map(\.name) {
            let service = try #require(compose.services[node])
            let values = File(try Self.text("nodes/\(node).env", artifacts)).values
            #expect(values.allSatisfy { service.environment[$0.key] == $0.value })
            let mounted = service.volumes.map(\.target) + (service.secrets ?? []).map(\.target)
            let object = try Self.text("kubernetes/\(node).yaml", artifacts)
            let inCluster = object.matches(of: /mountPath: "([^"]+)"/).map { String($0.output.1) }
            let named = ["APIC_BUNDLE", "APIC_CERTIFICATE", "APIC_KEY", "APIC_BUNDLE_CA", "APIC_TRUST"]
            for path in named.compactMap({ values[$0] }).flatMap({ $0.split(separator: ",") }).map(String.init) {
                let isBelow = { (folder: String) in path == folder || path.hasPrefix(folder + "/") }
                #expect(mounted.contains(where: isBelow), "\(node): \(path) in \(mounted)")
                #expect(inCluster.contains(where: isBelow), "\(node): \(path) in \(inCluster)")
            }
        }
    }

    @Test(
        "compose needs no other than those of its own file, and uses all of those",
        arguments: DeployTests.gateways.keys.sorted()
    )
    func compose(_ name: String) throws {
        var gateway = try #require(DeployTests.gateways[name])
        for index in gateway.nodes.indices { gateway.nodes[index].cloud = "cloud-\(index)" }
        let artifacts = try DeployFixture.bundle(gateway)
        let text = try Self.text("docker-compose.yml", artifacts)
        let file = File(DeployFixture.text(".env", in: artifacts) ?? "")
        // `$$` is a dollar sign.
        for match in text.replacing("$$", with: "").matches(of: /\$\{?([A-Z_]+)(:-)?/) {
            #expect(match.output.2 != nil || file.values[String(match.output.1)] != nil, "\(match.output.0)")
        }
        #expect(Set(file.values.keys).subtracting(["COMPOSE_PROFILES"]) == [])
        let profiles = Set(text.matches(of: /profiles: \["([^"]+)"\]/).map { String($0.output.1) })
        #expect(Set((file.values["COMPOSE_PROFILES"] ?? "").split(separator: ",").map(String.init)) == profiles)
    }

    @Test("a node that pulls mounts no bundle, and one that does not, no source")
    func pulling() throws {
        let artifacts = try DeployFixture.bundle(DeployFixture.pulling)
        let pulled = try Self.text("kubernetes/eu-1.yaml", artifacts)
        #expect(pulled.contains("emptyDir:") && !pulled.contains("shop-bundle"))
        let mounted = try Self.text("kubernetes/local.yaml", artifacts)
        #expect(mounted.contains("\"shop-bundle\"") && !mounted.contains("emptyDir"))
        #expect(!(try Self.text("nodes/local.env", artifacts)).contains("local.key"))
        var gateway = DeployFixture.pulling
        gateway.nodes.remove(at: 1)
        let paths = try DeployFixture.bundle(gateway).map(\.path)
        #expect(!paths.contains { $0.hasPrefix("kubernetes/bundle.") })
        #expect(try Self.text("kubernetes/us-1.yaml", artifacts).contains("- { port: 8090, protocol: TCP }"))
        #expect(pulled.contains("- { port: 443, protocol: TCP }"))
    }
}
