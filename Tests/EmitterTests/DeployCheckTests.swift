import Foundation
import GatewayEmitters
import GatewayIR
import TestSupport
import Testing
import apic

/// Emitted files before those who will read them: Kubernetes' own schemas, and systemd.
@Suite("Deployable files and their validators")
struct DeployCheckTests {
    static let gateways: [String: Gateway] = {
        var lowPorts = DeployFixture.shop
        lowPorts.listeners.http = [ListenAddress(host: "0.0.0.0", port: 80)]
        lowPorts.accessLog = AccessLog(path: "/var/log/apic files/access.log")
        lowPorts.credentials.append(Credential(consumer: 1, id: "globex-3", key: .secret(.file("/etc/low.key"))))
        var longNames = DeployFixture.single
        longNames.name = String(repeating: "g", count: 63)
        longNames.nodes = [Node(name: String(repeating: "n", count: 63))]
        var sockets = DeployFixture.single
        sockets.listeners.http = [ListenAddress(host: "/run/apic.sock", port: 0)]
        return [
            "shop": DeployFixture.shop, "single": DeployFixture.single, "low": lowPorts, "long": longNames,
            "sockets": sockets, "pulling": DeployFixture.pulling,
            "sliced": DeployFixture.sliced,
        ]
    }()

    private struct Outcome {
        var status: Int32
        var output: String
    }

    private func run(_ arguments: [String], in folder: ScratchFolder) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = folder.url
        var environment = ProcessInfo.processInfo.environment
        environment["PYTHONPATH"] = Repository.root.appendingPathComponent(".build/tools/python").path
        process.environment = environment
        let log = folder.url.appendingPathComponent("log")
        try Data().write(to: log)
        let handle = try FileHandle(forWritingTo: log)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: try String(contentsOf: log, encoding: .utf8))
    }

    /// Every file of the bundle of a gateway in a folder.
    private func written(_ gateway: Gateway) throws -> ScratchFolder {
        let folder = try ScratchFolder()
        try BundleWriter(path: folder.path).write(try DeployFixture.bundle(gateway))
        return folder
    }

    @Test("Kubernetes' schemas take every object, strictly", arguments: gateways.keys.sorted())
    func kubernetes(_ name: String) throws {
        let folder = try written(#require(Self.gateways[name]))
        let files = try folder.files().filter {
            $0.hasPrefix("kubernetes/") && $0.hasSuffix(".yaml") && !$0.hasSuffix(".monitor.yaml")
        }
        #expect(files.count >= 2)
        let outcome = try run(["python3", "-m", "kubernetes_validate", "--strict"] + files, in: folder)
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(outcome.output.components(separatedBy: "passed").count > 6, "\(outcome.output)")
    }

    @Test("the validator would say what is wrong")
    func kubernetesCanFail() throws {
        let folder = try written(DeployFixture.single)
        let text = try #require(folder.text("kubernetes/single.yaml"))
        try folder.write(
            text.replacing("maxUnavailable: 1", with: "maxUnavailable: [ 1 ]"),
            to: "kubernetes/single.yaml"
        )
        let outcome = try run(
            ["python3", "-m", "kubernetes_validate", "--strict", "kubernetes/single.yaml"],
            in: folder
        )
        #expect(outcome.status != 0)
    }

    @Test("a bundle is in a ConfigMap as it is, or in an image, never cut")
    func bundleSize() throws {
        let small = try DeployFixture.bundle(DeployFixture.single)
        let encoded = Data(DeployFixture.table).base64EncodedString()
        #expect(
            DeployFixture.text("kubernetes/bundle.yaml", in: small)?.contains("\"gateway.apib\": \"\(encoded)\"")
                == true
        )
        for byteCount in [900 << 10, (900 << 10) + 1] {
            let artifacts = Bundle.emit(
                DeployFixture.single,
                table: Array(repeating: 7, count: byteCount),
                sources: DeployFixture.sources,
                templates: try DeployTemplates()
            )
            let isImage = byteCount > 900 << 10
            #expect(artifacts.contains { $0.path == "kubernetes/bundle.Dockerfile" } == isImage)
            #expect(artifacts.contains { $0.path == "kubernetes/bundle.yaml" } != isImage)
            let node = try #require(DeployFixture.text("kubernetes/single.yaml", in: artifacts))
            #expect(node.contains("image: { reference: \"single-bundle:latest\"") == isImage)
            #expect(node.contains("configMap:") != isImage)
        }
    }

    @Test("no object holds a secret, and every secret is asked for by name")
    func secrets() throws {
        let text = try #require(
            DeployFixture.text("kubernetes/eu-1.yaml", in: DeployFixture.bundle(DeployFixture.shop))
        )
        #expect(text.contains("secretKeyRef: { name: \"shop-secrets\", key: \"ACME_KEY\" }"))
        #expect(text.contains("{ key: \"edge.key\", path: \"edge.key\" }"))
        let low = try DeployFixture.bundle(#require(Self.gateways["low"]))
        let mount = "mountPath: \"/etc/low.key\", subPath: \"low.key\", readOnly: true }"
        #expect(DeployFixture.text("kubernetes/eu-1.yaml", in: low)?.contains(mount) == true)
        #expect(text.contains("{ key: \"keys_globex.key\", path: \"keys/globex.key\", mode: 288 }"))
    }

    @Test("systemd takes every unit", arguments: gateways.keys.sorted())
    func systemd(_ name: String) throws {
        let folder = try written(#require(Self.gateways[name]))
        let units = try folder.files().filter { $0.hasPrefix("systemd/") }
        #expect(!units.isEmpty)
        for unit in units {
            // The program must be where the unit says, and is not on this machine.
            let text = try #require(folder.text(unit)).replacing("/usr/local/bin/apic-gateway", with: "/bin/true")
            try folder.write(text, to: unit)
            let outcome = try run(["systemd-analyze", "verify", "--man=no", unit], in: folder)
            #expect(outcome.status == 0 && outcome.output.isEmpty, "\(unit): \(outcome.output)")
        }
    }

    @Test("systemd would say what is wrong")
    func systemdCanFail() throws {
        let folder = try written(DeployFixture.single)
        let text = try #require(folder.text("systemd/single.service"))
        try folder.write(text.replacing("Type=exec", with: "Type=exec\nRestartSec=soon"), to: "systemd/single.service")
        let outcome = try run(["systemd-analyze", "verify", "--man=no", "systemd/single.service"], in: folder)
        #expect(!outcome.output.isEmpty)
    }

    @Test("limits of a node are those of its container and its unit, and workers follow from them")
    func resources() throws {
        let artifacts = try DeployFixture.bundle(DeployFixture.shop)
        let unit = try #require(DeployFixture.text("systemd/us-1.service", in: artifacts))
        #expect(unit.contains("\nCPUQuota=150%\nMemoryMax=268435456\n"))
        #expect(DeployFixture.text("nodes/us-1.env", in: artifacts)?.contains("\nAPIC_WORKERS=2\n") == true)
        let compose = try #require(DeployFixture.text("docker-compose.yml", in: artifacts))
        #expect(compose.contains("          cpus: \"1.500\"\n          memory: \"268435456\"\n"))
        let object = try #require(DeployFixture.text("kubernetes/us-1.yaml", in: artifacts))
        #expect(object.contains("              cpu: \"1500m\"\n              memory: \"268435456\"\n"))
    }

    @Test("plain `up` starts all nodes, and a profile those of one cloud")
    func profiles() throws {
        #expect(try ComposeConfig(of: DeployFixture.shop, environment: [:]).services.keys.sorted() == ["eu-1", "us-1"])
        var gateway = DeployFixture.shop
        gateway.nodes[1].cloud = "gcp"
        let services = { (profiles: String?) in
            let environment = profiles.map { ["COMPOSE_PROFILES": $0] } ?? [:]
            return try ComposeConfig(of: gateway, environment: environment).services.keys.sorted()
        }
        #expect(try services(nil) == ["eu-1", "us-1"])
        #expect(try services("aws") == ["eu-1"])
        #expect(try services("gcp") == ["us-1"])
    }
}
