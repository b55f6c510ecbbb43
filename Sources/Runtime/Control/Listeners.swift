internal import CPlatform
internal import Glibc

/// Why an address cannot be listened on.
package struct ListenError: Error, Equatable, Sendable {
    package var endpoint: Endpoint
    package var code: Int32

    /// One line, lower-case, for people.
    package var message: String {
        switch code {
        case EADDRINUSE: "`\(endpoint.text)` is already served by another process"
        case EEXIST: "`\(endpoint.host)` is a file that is no socket"
        case EACCES where endpoint.isPath: "not permitted to make the socket `\(endpoint.host)`"
        case EACCES: "not permitted to listen on `\(endpoint.text)`: ports below 1024 need CAP_NET_BIND_SERVICE"
        case EADDRNOTAVAIL: "this machine has no address `\(endpoint.host)`"
        default: "cannot listen on `\(endpoint.text)`: \(systemMessage(code))"
        }
    }
}

/// An address to listen on, and how connections to it begin.
struct ListenerPlan: Hashable {
    var endpoint: Endpoint
    var isSecure = false
    var takesProxyHeader = false
}

/// Listening sockets.
enum Listeners {
    /// Connections that wait to be accepted; the system may allow fewer.
    static let backlog: Int32 = 4096

    /// Sockets of one address.
    struct Bound {
        /// With the port that the system chose, if it was to choose.
        var endpoint: Endpoint
        /// At least one per worker; more if a process with more workers left them.
        var descriptors: [Int32]
        /// All are the same socket.
        var isOneSocket = false
        var isSecure = false
        var takesProxyHeader = false
        /// The socket file that was made, if it is a Unix socket.
        var file: apic_file?

        /// Removes the socket file unless another one took its place.
        func removeFile() {
            var present = apic_file()
            guard let file, unsafe apic_file_is_socket(endpoint.host, &present) > 0, present.inode == file.inode,
                present.device == file.device
            else { return }
            _ = unsafe unlink(endpoint.host)
        }

        /// The sockets of a worker.
        func listeners(ofWorker worker: Int, of workerCount: Int) -> [WorkerListener] {
            stride(from: worker, to: descriptors.count, by: workerCount).map {
                WorkerListener(
                    descriptor: descriptors[$0],
                    isSecure: isSecure,
                    takesProxyHeader: takesProxyHeader
                )
            }
        }
    }

    /// Opens a socket per worker on each address; each worker accepts from its own.
    ///
    /// - Parameter adopted: sockets that another process opened; those of the addresses are taken out.
    /// - Returns: in the order of the addresses.
    static func open(
        _ plans: [ListenerPlan],
        workerCount: Int,
        adopting adopted: inout AdoptedSockets
    ) throws(ListenError) -> [Bound] {
        var all: [Bound] = []
        do throws(ListenError) {
            for plan in plans {
                let endpoint = plan.endpoint
                // `::` takes IPv4, too, unless that is asked for by itself.
                let isShadowed = plans.contains {
                    $0.endpoint.port == endpoint.port && !$0.endpoint.host.contains(":") && !$0.endpoint.isPath
                }
                let own = adopted.take(endpoint)
                var bound =
                    !own.isEmpty
                    ? try adopt(own, endpoint, workerCount: workerCount, isOnlyIPv6: isShadowed)
                    : endpoint.isPath
                        ? try openPath(endpoint, workerCount: workerCount)
                        : try open(endpoint, workerCount: workerCount, isOnlyIPv6: isShadowed)
                bound.isSecure = plan.isSecure
                bound.takesProxyHeader = plan.takesProxyHeader
                all.append(bound)
            }
        } catch {
            for bound in all {
                bound.descriptors.forEach { close($0) }
                bound.removeFile()
            }
            throw error
        }
        return all
    }

    private static func open(
        _ endpoint: Endpoint,
        workerCount: Int,
        isOnlyIPv6: Bool
    ) throws(ListenError) -> Bound {
        // Sockets that share an address share it with any process of the same user. So first make sure that nobody is
        // there, with a socket that does not share.
        if endpoint.port != 0 {
            close(try socket(endpoint, isShared: false, isOnlyIPv6: isOnlyIPv6, backlog: 0))
        }
        var bound = Bound(endpoint: endpoint, descriptors: [])
        do throws(ListenError) {
            for _ in 0..<workerCount {
                let descriptor = try socket(bound.endpoint, isShared: true, isOnlyIPv6: isOnlyIPv6, backlog: backlog)
                bound.descriptors.append(descriptor)
                bound.endpoint.port = apic_bound_port(descriptor)
            }
        } catch {
            bound.descriptors.forEach { close($0) }
            throw error
        }
        return bound
    }

    /// Opens a Unix socket, which all workers share: the system wakes one of them for a connection.
    private static func openPath(_ endpoint: Endpoint, workerCount: Int) throws(ListenError) -> Bound {
        guard let address = SocketAddress(path: endpoint.host) else {
            throw ListenError(endpoint: endpoint, code: ENAMETOOLONG)
        }
        let descriptor = unsafe address.withSockaddr { address, count in
            unsafe apic_listen_path(address, count, endpoint.host, backlog)
        }
        guard descriptor >= 0 else { throw ListenError(endpoint: endpoint, code: -descriptor) }
        var bound = Bound(endpoint: endpoint, descriptors: [descriptor])
        bound.file = socketFile(at: endpoint.host)
        bound.isOneSocket = true
        do throws(ListenError) { try duplicate(&bound, upTo: workerCount) } catch {
            bound.removeFile()
            throw error
        }
        return bound
    }

    private static func socketFile(at path: String) -> apic_file? {
        var file = apic_file()
        return unsafe apic_file_is_socket(path, &file) > 0 ? file : nil
    }

    /// Adds second descriptors of a socket until there are so many.
    private static func duplicate(_ bound: inout Bound, upTo count: Int) throws(ListenError) {
        while bound.descriptors.count < count {
            let copy = apic_duplicate(bound.descriptors[0])
            guard copy >= 0 else {
                let code = errno
                bound.descriptors.forEach { close($0) }
                throw ListenError(endpoint: bound.endpoint, code: code)
            }
            bound.descriptors.append(copy)
        }
    }

    /// Makes the sockets of an address, opened by another process, enough for all workers: by more of them where the
    /// address may be shared, and by second descriptors where not. No socket is left out, since connections wait in it.
    private static func adopt(
        _ descriptors: [Int32],
        _ endpoint: Endpoint,
        workerCount: Int,
        isOnlyIPv6: Bool
    ) throws(ListenError) -> Bound {
        var bound = Bound(endpoint: endpoint, descriptors: descriptors)
        bound.isOneSocket = descriptors.count == 1 && (endpoint.isPath || apic_shares_address(descriptors[0]) == 0)
        if endpoint.isPath { bound.file = socketFile(at: endpoint.host) }
        if bound.isOneSocket {
            try duplicate(&bound, upTo: workerCount)
            return bound
        }
        do throws(ListenError) {
            while bound.descriptors.count < workerCount {
                let descriptor = try socket(endpoint, isShared: true, isOnlyIPv6: isOnlyIPv6, backlog: backlog)
                bound.descriptors.append(descriptor)
            }
        } catch {
            bound.descriptors.forEach { close($0) }
            throw error
        }
        return bound
    }

    /// Opens one socket that nobody shares, or takes the one that another process opened.
    static func openAlone(_ endpoint: Endpoint, adopting adopted: inout AdoptedSockets) throws(ListenError) -> Bound {
        let own = adopted.take(endpoint)
        if let first = own.first {
            for other in own.dropFirst() { close(other) }
            return Bound(endpoint: endpoint, descriptors: [first], isOneSocket: true)
        }
        let descriptor = try socket(endpoint, isShared: false, isOnlyIPv6: false, backlog: 128)
        return Bound(
            endpoint: Endpoint(host: endpoint.host, port: apic_bound_port(descriptor)),
            descriptors: [descriptor]
        )
    }

    private static func socket(
        _ endpoint: Endpoint,
        isShared: Bool,
        isOnlyIPv6: Bool,
        backlog: Int32
    ) throws(ListenError) -> Int32 {
        guard let address = SocketAddress(literal: endpoint.host, port: endpoint.port) else {
            throw ListenError(endpoint: endpoint, code: EADDRNOTAVAIL)
        }
        let descriptor = unsafe address.withSockaddr { address, count in
            unsafe apic_listen(address, count, isShared ? 1 : 0, isOnlyIPv6 ? 1 : 0, backlog)
        }
        guard descriptor >= 0 else { throw ListenError(endpoint: endpoint, code: -descriptor) }
        return descriptor
    }
}
