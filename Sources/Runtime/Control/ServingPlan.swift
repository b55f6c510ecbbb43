internal import GatewayTable

/// What a start settles for the life of the process: from the command line, the environment and the table.
struct ServingPlan: Equatable {
    var listeners: [ListenerPlan]
    var status: Endpoint
    var workerCount: Int
    /// `nil` is standard output.
    var accessLogPath: String?
    /// Things that are probably not what the operator wants.
    private(set) var warnings: [String] = []
    private let connectionCountMax: UInt64

    /// Descriptors of a process beside its connections.
    private static let descriptorReserve: UInt64 = 128

    init(options: Options, table: TableView) {
        let gateway = table.gateway
        let ofTable = ServingPlan.listeners(of: table)
        let plain = options.http?.map { ListenerPlan(endpoint: $0) } ?? ofTable.filter { !$0.isSecure }
        let secure =
            options.https?.map { ListenerPlan(endpoint: $0, isSecure: true) } ?? ofTable.filter(\.isSecure)
        listeners = plain + secure
        // Addresses of the command line change nothing of how connections begin.
        let takesProxyHeader = ofTable.contains(where: \.takesProxyHeader)
        for index in listeners.indices { listeners[index].takesProxyHeader = takesProxyHeader }
        status = options.status ?? ServingPlan.status(of: table)
        accessLogPath = ServingPlan.accessLogPath(of: table)
        connectionCountMax = UInt64(gateway.connectionCountMax)
        var ofNode: UInt32 = 0
        if let name = options.node {
            let record = (0..<table.nodes.count).first { table.string(table.nodes[$0].name) == name }
            if let record {
                ofNode = table.nodes[record].workerCount
            } else if table.nodes.count > 0 {
                warnings.append("the spec has no node `\(name)`")
            }
        }
        let wanted = options.workerCount ?? (ofNode > 0 ? Int(ofNode) : WorkerCount.natural)
        workerCount = min(wanted, Invocation.workerCountMax)
    }

    static func listeners(of table: TableView) -> [ListenerPlan] {
        (0..<table.listeners.count).map { index in
            let record = table.listeners[index]
            return ListenerPlan(
                endpoint: Endpoint(host: table.string(record.host), port: UInt16(truncatingIfNeeded: record.port)),
                isSecure: record.isSecure,
                takesProxyHeader: record.takesProxyHeader
            )
        }
    }

    static func status(of table: TableView) -> Endpoint {
        let gateway = table.gateway
        return Endpoint(host: table.string(gateway.statusHost), port: UInt16(truncatingIfNeeded: gateway.statusPort))
    }

    static func accessLogPath(of table: TableView) -> String? {
        let path = table.string(table.gateway.accessLogPath)
        return path.isEmpty ? nil : path
    }

    func warn(_ log: ProcessLog, descriptorLimit: UInt64) {
        for warning in warnings { log.warning(warning) }
        // A proxied request holds a connection on either side.
        let wanted = 2 * connectionCountMax + ServingPlan.descriptorReserve
        guard descriptorLimit < wanted else { return }
        log.warning(
            "the limit on open files is too low for the limit on connections",
            ["limit": String(descriptorLimit), "wanted": String(wanted)]
        )
    }
}
