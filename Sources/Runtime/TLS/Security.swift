internal import CTLS
internal import Digests

/// What a bundle needs of TLS, loaded: certificates, keys and authorities. One of a generation; it counts references
/// to what OpenSSL keeps, and connections count their own, so that those that are open outlive it.
///
/// Unsafe operations hold because `clients` has a place for every record of `upstreamTLS`.
@safe
package final class Security: @unchecked Sendable {
    /// A certificate of listeners, for the metrics.
    struct Certificate {
        var path: String
        /// Seconds since 1970.
        var expiry: Int64
    }

    /// A file that was read, and what told it from its next version then.
    struct WatchedFile: Equatable {
        var path: String
        var identity: BundleWatch.Identity?
    }

    /// `nil` where nothing listens for TLS.
    let server: TLSServer?
    private let clients: UnsafeMutablePointer<OpaquePointer>
    private let clientCount: Int
    /// By record of `upstreamTLS`: of everything that decides whom a connection is with.
    let clientDigests: [Digest256]
    let certificates: [Certificate]
    let files: [WatchedFile]
    /// Of the content of all files and variables.
    let digest: Digest256
    /// Things that are probably not what the operator wants.
    let warnings: [String]

    init(
        server: TLSServer?,
        clients: [(client: TLSClient, digest: Digest256)],
        certificates: [Certificate],
        files: [WatchedFile],
        digest: Digest256,
        warnings: [String]
    ) {
        self.server = server
        clientCount = clients.count
        unsafe self.clients = .allocate(capacity: max(clients.count, 1))
        for (index, entry) in clients.enumerated() {
            unsafe (self.clients + index).initialize(to: entry.client.pointer)
        }
        clientDigests = clients.map(\.digest)
        self.certificates = certificates
        self.files = files
        self.digest = digest
        self.warnings = warnings
    }

    deinit {
        if let server { unsafe apic_tls_server_release(server.pointer) }
        for index in 0..<clientCount { unsafe apic_tls_client_release(clients[index]) }
        unsafe clients.deallocate()
    }

    /// What to shake hands by with an upstream's servers.
    var clientList: TLSClientList { unsafe TLSClientList(base: clients) }
}

/// By record of `upstreamTLS`; valid as long as the `Security` that it is of.
@safe
struct TLSClientList: BitwiseCopyable, @unchecked Sendable {
    fileprivate let base: UnsafeMutablePointer<OpaquePointer>

    /// - Precondition: `index` is that of a record of the table.
    subscript(index: UInt32) -> TLSClient { unsafe TLSClient(pointer: base[Int(index)]) }
}
