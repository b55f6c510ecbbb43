import Foundation
import GatewayEmitters
import GatewayIR
import TestSupport
import Testing
import apic

@Suite("Deployable files")
struct DeployTests {
    static let gateways = [
        "shop": DeployFixture.shop, "single": DeployFixture.single, "fleet": DeployFixture.kong,
        "pulling": DeployFixture.pulling, "sliced": DeployFixture.sliced,
    ]

    @Test("look as expected", arguments: gateways.keys.sorted())
    func golden(_ name: String) throws {
        let artifacts = try DeployFixture.bundle(#require(Self.gateways[name]))
        for artifact in artifacts where !Bundle.isTable(artifact.path) && !artifact.isCopy {
            expectGolden(bytes: artifact.bytes, at: "Tests/EmitterTests/Goldens/\(name)/\(artifact.path)")
        }
    }

    @Test("come in an order that a watching gateway can rely on")
    func order() throws {
        let paths = try DeployFixture.bundle(DeployFixture.shop).map(\.path)
        #expect(
            paths == [
                ".env", "docker-compose.yml", "kubernetes/bundle.yaml", "kubernetes/eu-1.monitor.yaml",
                "kubernetes/eu-1.yaml", "kubernetes/us-1.monitor.yaml", "kubernetes/us-1.yaml", "nodes/eu-1.env",
                "nodes/us-1.env", "systemd/eu-1.service", "systemd/us-1.service", "manifest.json", "gateway.apib",
            ]
        )
    }

    @Test("hold no digest of a key")
    func noSecret() throws {
        for artifact in try DeployFixture.bundle(DeployFixture.shop) {
            #expect(!String(decoding: artifact.bytes, as: UTF8.self).contains("07070707"))
        }
    }

    @Test("are accepted by compose with an empty environment", arguments: gateways.keys.sorted())
    func composeAccepts(_ name: String) throws {
        let gateway = try #require(Self.gateways[name])
        let config = try ComposeConfig(of: gateway, environment: [:])
        for node in gateway.nodes.isEmpty ? [Node(name: gateway.name)] : gateway.nodes where node.kong == nil {
            let service = try #require(config.services[node.name])
            #expect(service.read_only == true)
            #expect(service.cap_drop == ["ALL"])
            #expect(service.security_opt == ["no-new-privileges:true"])
            #expect(service.healthcheck?.test == ["CMD", "apic-gateway", "health"])
            let isPulled = node.source != nil
            #expect(service.volumes.contains { $0.target == "/bundle" && ($0.read_only == true) != isPulled })
            #expect(service.environment["APIC_NODE"] == node.name)
            #expect(service.environment["APIC_BUNDLE"] == "/bundle")
            #expect(service.environment["ACME_KEY"] == nil)
            #expect(!(service.ports ?? []).contains { $0.target == 8100 })
        }
    }

    @Test("have a project name that compose takes", arguments: ["Shop.EU", "_-x", "9 lives", "\u{e9}t\u{e9}", "---"])
    func projectName(_ name: String) throws {
        var gateway = DeployFixture.single
        gateway.name = name
        gateway.nodes = [Node(name: "n")]
        #expect(try ComposeConfig(of: gateway, environment: [:]).services.keys.sorted() == ["n"])
    }

    @Test("publish the ports of the spec")
    func ports() throws {
        let config = try ComposeConfig(of: DeployFixture.shop, environment: [:])
        let published = { (name: String) in
            (config.services[name]?.ports ?? []).map { "\($0.published)->\($0.target)" }
        }
        #expect(published("eu-1") == ["8000->8000", "8443->9443"])
        #expect(published("us-1") == ["8001->8000"])
    }

    @Test("run Kong where a node says so, and let nobody have its ports twice")
    func kong() throws {
        let config = try ComposeConfig(of: DeployFixture.kong, environment: [:])
        #expect(config.services.keys.sorted() == ["eu-1", "kong-1", "kong-2"])
        let first = try #require(config.services["kong-1"])
        #expect(
            first.environment == [
                "KONG_ROLE": "data_plane", "KONG_DATABASE": "off", "KONG_VITALS": "off", "KONG_CLUSTER_MTLS": "pki",
                "KONG_CLUSTER_CONTROL_PLANE": "x.us.cp0.konghq.com:443",
                "KONG_CLUSTER_SERVER_NAME": "x.us.cp0.konghq.com",
                "KONG_CLUSTER_TELEMETRY_ENDPOINT": "x.us.tp0.konghq.com:443",
                "KONG_CLUSTER_TELEMETRY_SERVER_NAME": "x.us.tp0.konghq.com", "KONG_KONNECT_MODE": "on",
                "KONG_LUA_SSL_TRUSTED_CERTIFICATE": "system", "KONG_CLUSTER_DP_LABELS": "tier:edge,zone:a.1",
                "KONG_NGINX_WORKER_PROCESSES": "2", "KONG_CLUSTER_CERT": "/run/secrets/kong-1.crt",
                "KONG_CLUSTER_CERT_KEY": "/run/secrets/kong-1.key",
            ]
        )
        #expect(first.healthcheck?.test == ["CMD", "kong", "health"])
        #expect(first.secrets?.map(\.target) == ["/run/secrets/kong-1.crt", "/run/secrets/kong-1.key"])
        let second = try #require(config.services["kong-2"])
        // With a control plane of one's own nothing is said of Konnect.
        #expect(second.environment["KONG_KONNECT_MODE"] == nil)
        #expect(second.environment["KONG_CLUSTER_DP_LABELS"] == nil)
        #expect(second.environment["KONG_CLUSTER_CONTROL_PLANE"] == "cp.internal:8005")
        let published = { (service: ComposeConfig.Service) in
            (service.ports ?? []).map { "\($0.published)->\($0.target)" }
        }
        #expect(published(first) == ["8001->8000", "8444->8443"])
        // 8000 is another node's, and so is 8001: the next number is free in both.
        #expect(published(second) == ["8002->8000", "8445->8443"])
    }

    @Test("are no others for a node that runs Kong, and the table does not know it")
    func kongAlone() throws {
        let paths = try DeployFixture.bundle(DeployFixture.kong).map(\.path)
        #expect(
            paths.filter { $0.contains("kong") || $0.contains("eu-1") } == [
                "kubernetes/eu-1.monitor.yaml", "kubernetes/eu-1.yaml", "nodes/eu-1.env", "nodes/kong-1.env",
                "nodes/kong-2.env", "systemd/eu-1.service",
            ]
        )
        var without = DeployFixture.kong
        without.nodes.removeAll { $0.kong != nil }
        #expect(TableEmitter.emit(DeployFixture.kong) == TableEmitter.emit(without))
    }

    @Test("pass secrets through from the environment of whoever starts them")
    func secretsPass() throws {
        let config = try ComposeConfig(of: DeployFixture.shop, environment: ["ACME_KEY": "s3cret"])
        #expect(config.services["us-1"]?.environment["ACME_KEY"] == "s3cret")
        #expect(config.services["us-1"]?.secrets?.map(\.target) == ["/run/secrets/acme.key", "/run/secrets/edge.key"])
    }

    /// Texts that mean something in YAML, in Compose or in a file of variables.
    static let hostile = [
        "plain", "", "no", "0x1f", "1e3", "a: b", "# no comment", "- x", "{a}", "[a", "*x", "&x", "!x", "%x", "@x",
        "`x",
        "a\"b", "it's", "back\\slash", "$HOME", "${HOME}", "$$", "\\$x", "line\nbreak", "tab\tstop", "\u{e9}\u{1F98A}",
        " spaces ", "{{mustache}}", "\u{7f}", "a\rb", "'", "\"", "trailing\\",
    ]

    @Test("keep every value as it is in the spec", arguments: hostile)
    func quoting(_ text: String) throws {
        var gateway = DeployFixture.single
        gateway.nodes = [
            Node(name: "n", cloud: text, region: text, labels: [Node.Label(key: "key", value: text)])
        ]
        let config = try ComposeConfig(of: gateway, environment: ["HOME": "/nowhere"])
        let labels = try #require(config.services["n"]?.labels)
        // `docker compose config` prints what can be read again: with `$` doubled.
        let doubled = text.replacingOccurrences(of: "$", with: "$$")
        #expect(labels["key"] == doubled)
        #expect(labels["apic.cloud"] == doubled)
        #expect(labels["apic.region"] == doubled)
    }

    @Test("keep every name in files of variables", arguments: hostile.filter { !$0.contains("\0") })
    func environmentQuoting(_ text: String) throws {
        var gateway = DeployFixture.single
        gateway.listeners.status.port = 8100
        gateway.nodes = [Node(name: "n")]
        let template = "VALUE={{node}}\n"
        gateway.nodes[0].name = text
        let artifacts = try DeployFixture.bundle(gateway, templates: ["node.env.mustache": Array(template.utf8)])
        let file = try #require(artifacts.first { $0.path == "nodes/\(text).env" })

        let folder = try ScratchFolder()
        try folder.write(String(decoding: file.bytes, as: UTF8.self), to: "n.env")
        try folder.write("services: { n: { image: x, env_file: [n.env] } }", to: "docker-compose.yml")
        let config = try ComposeConfig(in: folder, environment: ["HOME": "/nowhere"])
        #expect(config.services["n"]?.environment["VALUE"] == text.replacingOccurrences(of: "$", with: "$$"))
    }

    @Test("come from templates that users may replace, and are quoted all the same")
    func overrides() throws {
        var gateway = DeployFixture.single
        gateway.nodes = [Node(name: "a\"b")]
        let template = "services:\n{{#services}}\n  {{name}}: { image: own }\n{{/services}}\n"
        let artifacts = try DeployFixture.bundle(
            gateway,
            templates: ["docker-compose.yml.mustache": Array(template.utf8)]
        )
        let text = try #require(DeployFixture.text("docker-compose.yml", in: artifacts))
        #expect(text.hasPrefix(Bundle.generatedMark))
        #expect(text.hasSuffix("services:\n  \"a\\\"b\": { image: own }\n"))
    }

    @Test("say where a template is broken")
    func brokenTemplate() throws {
        let broken = Array("name: {{project}}\n{{#services}}\nopen\n".utf8)
        let error = #expect(throws: TemplateError.self) {
            try DeployTemplates(overrides: ["docker-compose.yml.mustache": broken])
        }
        #expect(error?.fileName == "docker-compose.yml.mustache")
        #expect(error?.reason.contains("line") == true)
    }
}

/// What the real `docker-compose config` makes of a bundle's files.
struct ComposeConfig: Decodable {
    struct Service: Decodable {
        struct Port: Decodable {
            var target: Int
            var published: String
        }
        struct Volume: Decodable {
            var target: String
            var read_only: Bool?
        }
        struct Secret: Decodable { var target: String }
        struct Healthcheck: Decodable { var test: [String] }

        var read_only: Bool?
        var cap_drop: [String]?
        var security_opt: [String]?
        var healthcheck: Healthcheck?
        var ports: [Port]?
        var volumes: [Volume]
        var secrets: [Secret]?
        var labels: [String: String]?
        var environment: [String: String]

        enum CodingKeys: CodingKey {
            case read_only
            case cap_drop
            case security_opt
            case healthcheck
            case ports
            case volumes
            case secrets
            case labels
            case environment
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            read_only = try container.decodeIfPresent(Bool.self, forKey: .read_only)
            cap_drop = try container.decodeIfPresent([String].self, forKey: .cap_drop)
            security_opt = try container.decodeIfPresent([String].self, forKey: .security_opt)
            healthcheck = try container.decodeIfPresent(Healthcheck.self, forKey: .healthcheck)
            ports = try container.decodeIfPresent([Port].self, forKey: .ports)
            volumes = try container.decodeIfPresent([Volume].self, forKey: .volumes) ?? []
            secrets = try container.decodeIfPresent([Secret].self, forKey: .secrets)
            labels = try container.decodeIfPresent([String: String].self, forKey: .labels)
            environment = try container.decodeIfPresent([String: String].self, forKey: .environment) ?? [:]
        }
    }

    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    var services: [String: Service]

    init(of gateway: Gateway, environment: [String: String]) throws {
        let folder = try ScratchFolder()
        try BundleWriter(path: folder.path).write(try DeployFixture.bundle(gateway))
        try self.init(in: folder, environment: environment)
    }

    init(in folder: ScratchFolder, environment: [String: String]) throws {
        let compose = Repository.root.appendingPathComponent(".build/tools/bin/docker-compose")
        guard FileManager.default.isExecutableFile(atPath: compose.path) else {
            throw Refused(description: "there is no .build/tools/bin/docker-compose: run scripts/setup test")
        }
        let process = Process()
        process.executableURL = compose
        process.arguments = ["config", "--format", "json"]
        process.currentDirectoryURL = folder.url
        process.environment = environment
        let output = Pipe()
        let errors = folder.url.appendingPathComponent("errors")
        try Data().write(to: errors)
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let json = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let complaints = try String(contentsOf: errors, encoding: .utf8)
        guard process.terminationStatus == 0, complaints.isEmpty else { throw Refused(description: complaints) }
        self = try JSONDecoder().decode(ComposeConfig.self, from: json)
    }
}
