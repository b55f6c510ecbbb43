/// The files that users may override with `--templates DIR`, compiled in. A file of the same name in that folder takes
/// the place of the one here.
package enum Templates {
    /// `docker-compose.yml` of a bundle.
    package static let compose = Template(
        fileName: "docker-compose.yml.mustache",
        bytes: PackageResources.docker_compose_yml_mustache
    )
    /// `nodes/NAME.env` of a bundle.
    package static let nodeEnvironment = Template(
        fileName: "node.env.mustache",
        bytes: PackageResources.node_env_mustache
    )
    /// What `apic init` writes.
    package static let spec = Template(fileName: "api.yaml", bytes: PackageResources.api_yaml)
}

/// A file that came with the compiler.
package struct Template: Sendable {
    package let fileName: String
    package let bytes: [UInt8]
}
