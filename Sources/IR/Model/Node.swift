/// Kong as a data plane: where its control plane is, which tells it what to serve.
package struct KongDataPlane: Hashable, Sendable {
    /// A host and a port.
    package struct Endpoint: Hashable, Sendable {
        package var host: String
        package var port: UInt16

        package init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }

        /// `us.cp0.example.com:443`.
        package var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    package var controlPlane: Endpoint
    package var telemetry: Endpoint?
    package var image: String

    package init(controlPlane: Endpoint, telemetry: Endpoint? = nil, image: String) {
        self.controlPlane = controlPlane
        self.telemetry = telemetry
        self.image = image
    }
}

/// A machine or container that runs the gateway, or Kong beside it.
package struct Node: Equatable, Sendable {
    /// A label of a node.
    package struct Label: Hashable, Sendable {
        package var key: String
        package var value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// A port of the host that leads to a port of the container.
    package struct PublishedPort: Hashable, Sendable {
        /// `http` or `https`.
        package var name: String
        package var published: UInt16

        package init(name: String, published: UInt16) {
            self.name = name
            self.published = published
        }
    }

    /// Where it listens, if not where all do.
    package struct Addresses: Equatable, Sendable {
        package var http: [ListenAddress]?
        package var https: [ListenAddress]?
        package var status: ListenAddress?

        package init(
            http: [ListenAddress]? = nil,
            https: [ListenAddress]? = nil,
            status: ListenAddress? = nil
        ) {
            self.http = http
            self.https = https
            self.status = status
        }
    }

    package var name: String
    package var cloud: String?
    package var region: String?
    /// Where it is among the zones of targets.
    package var zone: String?
    /// Ascending by key.
    package var labels: [Label]
    /// Ascending by name.
    package var ports: [PublishedPort]
    /// `nil` is one per core.
    package var workerCount: Int?
    /// A path to the certificate by which it is known, as PEM; a relative one is relative to the bundle.
    package var certificate: String?
    /// An absolute path to the certificate's private key.
    package var key: String?
    /// Names of the APIs that it serves and may know of; `nil` is all.
    package var serves: [String]?
    /// Where it pulls its bundles from; `nil` if they are mounted.
    package var source: PullSource?
    package var addresses: Addresses
    /// Thousandths of a core that it may use.
    package var cpuMillis: UInt32?
    package var memoryBytes: UInt64?
    /// Containers that run it in a cluster; more than one number means that load decides.
    package var replicas: ClosedRange<UInt32>?
    /// Where it runs Kong and not the gateway.
    package var kong: KongDataPlane?

    package init(
        name: String,
        cloud: String? = nil,
        region: String? = nil,
        zone: String? = nil,
        labels: [Label] = [],
        ports: [PublishedPort] = [],
        workerCount: Int? = nil,
        certificate: String? = nil,
        key: String? = nil,
        serves: [String]? = nil,
        source: PullSource? = nil,
        addresses: Addresses = Addresses(),
        cpuMillis: UInt32? = nil,
        memoryBytes: UInt64? = nil,
        replicas: ClosedRange<UInt32>? = nil,
        kong: KongDataPlane? = nil
    ) {
        self.name = name
        self.cloud = cloud
        self.region = region
        self.zone = zone
        self.labels = labels
        self.ports = ports
        self.workerCount = workerCount
        self.certificate = certificate
        self.key = key
        self.serves = serves
        self.source = source
        self.addresses = addresses
        self.cpuMillis = cpuMillis
        self.memoryBytes = memoryBytes
        self.replicas = replicas
        self.kong = kong
    }
}
