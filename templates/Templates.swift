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
    /// `nodes/NAME.env` of a node that runs Kong.
    package static let kongEnvironment = Template(
        fileName: "kong.env.mustache",
        bytes: PackageResources.kong_env_mustache
    )
    /// `kubernetes/NAME.yaml` of a bundle.
    package static let kubernetes = Template(
        fileName: "kubernetes.yaml.mustache",
        bytes: PackageResources.kubernetes_yaml_mustache
    )
    /// `kubernetes/NAME.monitor.yaml` of a bundle.
    package static let kubernetesMonitor = Template(
        fileName: "kubernetes-monitor.yaml.mustache",
        bytes: PackageResources.kubernetes_monitor_yaml_mustache
    )
    /// `kubernetes/bundle.yaml` of a bundle that fits into a ConfigMap.
    package static let kubernetesBundle = Template(
        fileName: "kubernetes-bundle.yaml.mustache",
        bytes: PackageResources.kubernetes_bundle_yaml_mustache
    )
    /// `kubernetes/bundle.Dockerfile` of one that does not.
    package static let kubernetesImage = Template(
        fileName: "bundle.Dockerfile.mustache",
        bytes: PackageResources.bundle_Dockerfile_mustache
    )
    /// `systemd/NAME.service` of a bundle.
    package static let service = Template(
        fileName: "node.service.mustache",
        bytes: PackageResources.node_service_mustache
    )
    /// `.env` of a bundle.
    package static let composeEnvironment = Template(
        fileName: "compose.env.mustache",
        bytes: PackageResources.compose_env_mustache
    )
    /// What `apic init` writes.
    package static let spec = Template(fileName: "api.yaml", bytes: PackageResources.api_yaml)
}

/// A file that came with the compiler.
package struct Template: Sendable {
    package let fileName: String
    package let bytes: [UInt8]
}
