internal import CPlatform
internal import Glibc

/// Listening sockets that another process opened: the service manager, or the gateway that this one takes over from.
struct AdoptedSockets: ~Copyable {
    private struct Entry {
        var address: SocketAddress
        var descriptor: Int32
    }

    private var entries: [Entry] = []

    /// - Parameter descriptors: to be closed by this value unless they are taken. What is no socket that listens for
    ///   streams is closed at once.
    init(_ descriptors: [Int32] = []) { adopt(descriptors) }

    deinit { for entry in entries { close(entry.descriptor) } }

    mutating func adopt(_ descriptors: [Int32]) {
        for descriptor in descriptors {
            if let address = AdoptedSockets.address(of: descriptor), apic_adopt_descriptor(descriptor) == 0 {
                entries.append(Entry(address: address, descriptor: descriptor))
            } else {
                close(descriptor)
            }
        }
    }

    private static func address(of descriptor: Int32) -> SocketAddress? {
        var storage = sockaddr_storage()
        let count = unsafe apic_listening_address(descriptor, &storage, UInt32(MemoryLayout<sockaddr_storage>.size))
        guard count > 0 else { return nil }
        if Int32(storage.ss_family) == AF_UNIX {
            // The kernel ends a path with a zero.
            let path = unsafe withUnsafePointer(to: &storage) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe UnixAddress.path(of: $0) }
            }
            return SocketAddress(path: path)
        }
        // The kernel wrote `count` bytes of a socket address.
        return unsafe withUnsafePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe SocketAddress($0, byteCount: Int(count))
            }
        }
    }

    /// Takes out the sockets of an address; the caller closes them.
    mutating func take(_ endpoint: Endpoint) -> [Int32] {
        let wanted = SocketAddress(literal: endpoint.host, port: endpoint.port)
        let taken = entries.filter { $0.address == wanted }
        entries.removeAll { $0.address == wanted }
        return taken.map(\.descriptor)
    }

    /// Addresses whose sockets nobody took.
    var addresses: [String] { entries.map(\.address.text) }

    /// The sockets that the service manager opened for this process (sd_listen_fds(3)): `LISTEN_FDS` of them, from
    /// descriptor 3 on, if `LISTEN_PID` is this process. What is no listening socket is left alone.
    ///
    /// - Parameter variable: the environment.
    /// - Precondition: the process has not opened a descriptor yet, so that those numbers are the manager's.
    static func ofServiceManager(variable: (String) -> String?) -> AdoptedSockets {
        guard variable("LISTEN_PID").flatMap({ pid_t($0) }) == getpid(),
            let count = variable("LISTEN_FDS").flatMap({ Int32($0) }),
            (1...Int32(Takeover.socketCountMax)).contains(count)
        else { return AdoptedSockets() }
        return AdoptedSockets((3..<3 + count).filter { address(of: $0) != nil })
    }
}
