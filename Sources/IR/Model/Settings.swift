/// A span of time in milliseconds.
package typealias Milliseconds = UInt32

/// An address to listen on: an IPv4 or IPv6 literal and a port, or the path of a Unix socket.
package struct ListenAddress: Hashable, Sendable {
    /// An IPv4 or IPv6 literal without brackets, `0.0.0.0` and `::` being all addresses; or a path from the root on.
    package var host: String
    /// 0 beside a path.
    package var port: UInt16

    package var isPath: Bool { host.utf8.first == UInt8(ascii: "/") }

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }
}

/// A block of addresses: an IPv6 (or IPv4-mapped) network of 16 bytes and the length of its prefix in bits.
package struct AddressBlock: Hashable, Sendable {
    /// 16 bytes; IPv4 as `::ffff:a.b.c.d`. Bits behind the prefix are zero.
    package var network: [UInt8]
    /// 0 to 128, counted on the 16 bytes: an IPv4 `/8` is 104.
    package var prefixLength: UInt8

    package init(network: [UInt8], prefixLength: UInt8) {
        self.network = network
        self.prefixLength = prefixLength
    }
}

/// Where the gateway listens and whom it believes.
package struct Listeners: Equatable, Sendable {
    /// Plain HTTP; none if there is `https` alone.
    package var http: [ListenAddress]
    package var https: SecureListeners?
    /// Health, metrics and node status; never reachable on the proxy's port.
    package var status: ListenAddress
    /// Peers whose `Forwarded` and `X-Forwarded-*` are kept.
    package var trustedProxies: [AddressBlock]
    /// Connections begin with a PROXY header, which says who the peer is.
    package var takesProxyHeader: Bool
    /// Clients may speak HTTP/2.
    package var speaksHTTP2: Bool

    package init(
        http: [ListenAddress] = [ListenAddress(host: "0.0.0.0", port: 8000)],
        https: SecureListeners? = nil,
        status: ListenAddress = ListenAddress(host: "127.0.0.1", port: 8100),
        trustedProxies: [AddressBlock] = [],
        takesProxyHeader: Bool = false,
        speaksHTTP2: Bool = true
    ) {
        self.http = http
        self.https = https
        self.status = status
        self.trustedProxies = trustedProxies
        self.takesProxyHeader = takesProxyHeader
        self.speaksHTTP2 = speaksHTTP2
    }
}

/// Bounds on what a client may send.
package struct RequestLimits: Equatable, Sendable {
    /// Request line and header fields together, in bytes.
    package var headBytesMax: UInt32
    /// Header fields of a request.
    package var headerCountMax: UInt32
    /// Body in bytes, for every route; `nil` means no bound of the gateway's own.
    package var bodyBytesMax: UInt64?
    /// Client connections of the whole gateway.
    package var connectionCountMax: UInt32
    /// Of these, those of one address.
    package var connectionsPerAddressMax: UInt32?
    /// Requests in flight of the whole gateway.
    package var requestCountMax: UInt32?
    /// How long events may wait for their turn in a worker before new requests are turned away.
    package var lagMax: Milliseconds?

    package init(
        headBytesMax: UInt32 = 16 * 1024,
        headerCountMax: UInt32 = 100,
        bodyBytesMax: UInt64? = nil,
        connectionCountMax: UInt32 = 16_384,
        connectionsPerAddressMax: UInt32? = nil,
        requestCountMax: UInt32? = nil,
        lagMax: Milliseconds? = nil
    ) {
        self.headBytesMax = headBytesMax
        self.headerCountMax = headerCountMax
        self.bodyBytesMax = bodyBytesMax
        self.connectionCountMax = connectionCountMax
        self.connectionsPerAddressMax = connectionsPerAddressMax
        self.requestCountMax = requestCountMax
        self.lagMax = lagMax
    }
}

/// How long a client may take.
package struct ClientTimeouts: Equatable, Sendable {
    /// From the first byte of a request head to its last.
    package var head: Milliseconds
    /// Between two reads of a request body.
    package var body: Milliseconds
    /// From the end of a request head to the end of its body.
    package var request: Milliseconds
    /// Between two requests on one connection.
    package var idle: Milliseconds
    /// Between two writes that the client accepts.
    package var write: Milliseconds

    package init(
        head: Milliseconds = 10_000,
        body: Milliseconds = 30_000,
        request: Milliseconds = 3_600_000,
        idle: Milliseconds = 60_000,
        write: Milliseconds = 30_000
    ) {
        self.head = head
        self.body = body
        self.request = request
        self.idle = idle
        self.write = write
    }
}

/// How a gateway stops.
package struct Drain: Equatable, Sendable {
    /// From SIGTERM, with readiness already 503, to closing the listeners.
    package var delay: Milliseconds
    /// From closing the listeners to exit, whatever is still in flight.
    package var timeout: Milliseconds

    package init(delay: Milliseconds = 0, timeout: Milliseconds = 30_000) {
        self.delay = delay
        self.timeout = timeout
    }
}

/// A field of a line of the access log, in the order in which fields are written.
package enum AccessLogField: UInt8, CaseIterable, Sendable {
    case time
    case requestID
    case client
    case method
    case path
    case route
    case api
    case version
    case consumer
    case upstream
    case status
    case bytesIn
    case bytesOut
    case duration
    case upstreamDuration
    case refusedBy
    case reason
    case traceID

    /// The field's name in the spec and, with `_` for `-`, the key in the JSON of the line.
    package var name: String {
        switch self {
        case .time: "time"
        case .requestID: "request-id"
        case .client: "client"
        case .method: "method"
        case .path: "path"
        case .route: "route"
        case .api: "api"
        case .version: "version"
        case .consumer: "consumer"
        case .upstream: "upstream"
        case .status: "status"
        case .bytesIn: "bytes-in"
        case .bytesOut: "bytes-out"
        case .duration: "duration"
        case .upstreamDuration: "upstream-duration"
        case .refusedBy: "refused-by"
        case .reason: "reason"
        case .traceID: "trace-id"
        }
    }
}

/// What is logged of each request, and where.
package struct AccessLog: Equatable, Sendable {
    /// A file's path, or `nil` for standard output.
    package var path: String?
    /// How many of a million requests are logged; 1 000 000 is all.
    package var samplePerMillion: UInt32
    /// Ascending by raw value.
    package var fields: [AccessLogField]

    package init(
        path: String? = nil,
        samplePerMillion: UInt32 = 1_000_000,
        fields: [AccessLogField] = AccessLogField.allCases
    ) {
        self.path = path
        self.samplePerMillion = samplePerMillion
        self.fields = fields
    }
}
