import Foundation
import TestSupport
import Testing

/// Konnect's quickstart script, however it is quoted, as files that Compose takes.
@Suite("Importing from Konnect")
struct KonnectImportTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private static let certificate = "-----BEGIN CERTIFICATE-----\nMIIB$`\\x\n-----END CERTIFICATE-----"
    private static let key = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----"

    private func imported(_ script: String) throws -> Program.Outcome {
        try folder.write(script, to: "script.sh")
        return try Program.apic.run(["import", "konnect", "script.sh", "--node", "eu-1"], in: folder.url)
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat("\(folder.path)/\(path)", &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test(
        "any quoting, continuation and spelling of flags gives the same files",
        arguments: [
            """
            docker run -d \\
            -e "KONG_ROLE=data_plane" \\
            -e "KONG_CLUSTER_CONTROL_PLANE=x.us.cp0.konghq.com:443" \\
            -e "KONG_CLUSTER_CERT=\(certificate.replacing("\\", with: "\\\\").replacing("$", with: "\\$").replacing("`", with: "\\`"))" \\
            -e "KONG_CLUSTER_CERT_KEY=\(key)" \\
            -e "KONG_CLUSTER_DP_LABELS=created-by:quickstart,type:docker-linuxdockerOS" \\
            -p 8000:8000 -p 8443:8443 \\
            kong/kong-gateway:3.9
            """,
            """
            # quickstart
            sudo docker container run --detach --env=KONG_ROLE=data_plane --env KONG_CLUSTER_CONTROL_PLANE=x.us.cp0.konghq.com:443 \\
              -e 'KONG_CLUSTER_CERT=\(certificate)' -eKONG_CLUSTER_CERT_KEY='\(key)' \\\r
              --env 'KONG_CLUSTER_DP_LABELS='"created-by:quickstart",type:docker-linuxdockerOS \\
              --publish=8000:8000 --publish 0.0.0.0:8443:8443/tcp --name kong kong/kong-gateway:3.9
            """,
            """
            docker run -e KONG_ROLE="data_plane" -e KONG_CLUSTER_CONTROL_PLANE=x.us.cp0.konghq.com:443 \
            -e KONG_CLUSTER_CERT=$'\(certificate.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))' \
            -e KONG_CLUSTER_CERT_KEY="\(key.replacing("\n", with: "\\n"))" \
            -e KONG_CLUSTER_DP_LABELS=created-by:quickstart,type:docker-linuxdockerOS -p8000:8000 -p8443:8443 kong/kong-gateway:3.9
            """,
        ]
    )
    func spellings(_ script: String) throws {
        let outcome = try imported(script)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(folder.text("konnect/eu-1.crt") == Self.certificate + "\n")
        #expect(folder.text("konnect/eu-1.key") == Self.key + "\n")
        #expect(["eu-1.key", "eu-1.env", "eu-1.crt"].map { mode("konnect/\($0)") } == [0o600, 0o600, 0o644])
        let env = try #require(folder.text("konnect/eu-1.env"))
        #expect(
            env.split(separator: "\n").sorted() == [
                "KONG_CLUSTER_CERT=/run/secrets/eu-1.crt", "KONG_CLUSTER_CERT_KEY=/run/secrets/eu-1.key",
                "KONG_CLUSTER_CONTROL_PLANE=x.us.cp0.konghq.com:443",
                "KONG_CLUSTER_DP_LABELS=created-by:quickstart,type:docker-linuxdockerOS", "KONG_ROLE=data_plane",
            ]
        )
        let node = try #require(folder.text("konnect/node.yaml"))
        #expect(node.contains("ports: { http: 8000, https: 8443 }"))
        #expect(node.contains("\"created-by\": \"quickstart\""))
        let compose = Repository.root.appendingPathComponent(".build/tools/bin/docker-compose").path
        let config = try Program(at: compose).run(
            ["-f", "konnect/docker-compose.yml", "config"],
            in: folder.url,
            environment: [:]
        )
        #expect(config.status == 0, "\(config.errors)")
        #expect(config.output.contains("image: kong/kong-gateway:3.9"))
        #expect(config.output.contains("KONG_CLUSTER_CERT_KEY: /run/secrets/eu-1.key"))
        // The key is nowhere but in its file.
        for file in try folder.files() where file.hasPrefix("konnect/") && file != "konnect/eu-1.key" {
            #expect(folder.text(file)?.contains("MIGH") == false, "\(file)")
        }
        #expect(try imported(script).status == 1)
    }

    @Test("the node is one that a spec builds, with all that the script said")
    func node() throws {
        let outcome = try imported(
            """
            docker run -d -e KONG_ROLE=data_plane -e KONG_DATABASE=off -e KONG_VITALS=off -e KONG_CLUSTER_MTLS=pki \\
              -e KONG_CLUSTER_CONTROL_PLANE=x.us.cp0.konghq.com:443 -e KONG_CLUSTER_SERVER_NAME=x.us.cp0.konghq.com \\
              -e KONG_CLUSTER_TELEMETRY_ENDPOINT=x.us.tp0.konghq.com:443 \\
              -e KONG_CLUSTER_TELEMETRY_SERVER_NAME=x.us.tp0.konghq.com -e KONG_KONNECT_MODE=on \\
              -e 'KONG_CLUSTER_CERT=\(Self.certificate)' -e 'KONG_CLUSTER_CERT_KEY=\(Self.key)' \\
              -e KONG_LUA_SSL_TRUSTED_CERTIFICATE=system \\
              -e KONG_CLUSTER_DP_LABELS=created-by:quickstart,type:docker-linuxdockerOS -p 9000:8000 -p 9443:8443 \\
              kong/kong-gateway:3.8
            """
        )
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        try folder.write(
            """
            apic: 1
            gateway: shop
            upstreams: { u: { targets: [ "http://u:8080" ] } }
            apis: { a: { upstream: u, versions: { v1: { routes: [ "GET /" ] } } } }
            """,
            to: "api.yaml"
        )
        let build = try Program.apic.run(["build", "api.yaml", "konnect/node.yaml"], in: folder.url)
        #expect(build.status == 0, "\(build.errors)")
        let variables = { (path: String) in
            Set((folder.text(path) ?? "").split(separator: "\n").filter { $0.hasPrefix("KONG_") })
        }
        #expect(variables("konnect/eu-1.env").count == 13)
        #expect(variables("dist/nodes/eu-1.env") == variables("konnect/eu-1.env"))
        let compose = try #require(folder.text("dist/docker-compose.yml"))
        for words in ["kong/kong-gateway:3.8", "\"9000:8000\"", "\"9443:8443\"", "/eu-1.key\""] {
            #expect(compose.contains(words), "\(words)")
        }
    }

    @Test("values that mean something to Compose or a shell stay what they are")
    func values() throws {
        let outcome = try imported(
            #"docker run -e 'KONG_A=a $B "c" \d #e' -e KONG_B= -e KONG_C="$HOME" -e FROM_HOST --cpus 2 'kong/kong:$x' start"#
        )
        #expect(outcome.status == 0)
        for words in ["`--cpus 2`", "`-e FROM_HOST`", "`start`", "`KONG_C` was to be replaced by the shell"] {
            #expect(outcome.errors.contains(words), "\(words)")
        }
        let compose = Repository.root.appendingPathComponent(".build/tools/bin/docker-compose").path
        let config = try Program(at: compose).run(
            ["-f", "konnect/docker-compose.yml", "config", "--format", "json"],
            in: folder.url,
            environment: [:]
        )
        #expect(config.status == 0, "\(config.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(config.output.utf8)) as? [String: Any]
        let service = (object?["services"] as? [String: Any])?["eu-1"] as? [String: Any]
        let environment = service?["environment"] as? [String: String]
        // `config` doubles dollars, so that its output can be read again.
        #expect(environment?["KONG_A"] == #"a $$B "c" \d #e"#)
        #expect(environment?["KONG_B"] == "")
    }

    @Test("what is no such script is told")
    func mistakes() throws {
        for (script, words) in [
            ("echo hello\n", "there is no `docker run`"),
            ("docker run -e 'KONG_A=b kong\n", "a quote `'` is not closed"),
            ("docker run -e KONG_A=b\n", "names no image"), ("", "there is no `docker run`"),
            ("\n\ndocker run -e \"A=b\n", "script.sh:3: mistake: a quote"),
        ] {
            let outcome = try imported(script)
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
            #expect(!folder.exists("konnect"))
        }
    }
}
