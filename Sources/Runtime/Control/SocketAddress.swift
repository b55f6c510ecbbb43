internal import CPlatform
internal import Glibc

/// The address of a socket: a `sockaddr` of IPv4 or IPv6 and its length, in plain memory; or a Unix socket, whose
/// longer address stands elsewhere.
package struct SocketAddress: BitwiseCopyable, Equatable, Hashable, Sendable {
    /// `sockaddr_in` or `sockaddr_in6`; zeros behind it.
    private var word0: UInt64 = 0
    private var word1: UInt64 = 0
    private var word2: UInt64 = 0
    private var word3: UInt64 = 0
    package private(set) var byteCount: UInt32 = 0

    /// No address.
    package init() {}

    /// - Parameters:
    ///   - address: a `sockaddr_in` or `sockaddr_in6`.
    ///   - byteCount: its length; anything beyond 32 bytes is no address of ours.
    init?(_ address: UnsafePointer<sockaddr>, byteCount: Int) {
        guard byteCount >= MemoryLayout<sockaddr_in>.size, byteCount <= 32 else { return nil }
        let family = unsafe Int32(address.pointee.sa_family)
        guard family == AF_INET || family == AF_INET6 else { return nil }
        // `self` has 36 bytes, of which at most 32 are written.
        unsafe withUnsafeMutableBytes(of: &self) {
            unsafe $0.baseAddress?.copyMemory(from: address, byteCount: byteCount)
        }
        self.byteCount = UInt32(byteCount)
    }

    /// An IPv4 or IPv6 literal, without brackets, and a port.
    package init?(literal host: String, port: UInt16) {
        var four = sockaddr_in()
        var six = sockaddr_in6()
        if host.utf8.first == UInt8(ascii: "/") {
            guard let address = SocketAddress(path: host) else { return nil }
            self = address
            return
        }
        if unsafe inet_pton(AF_INET, host, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &self) { own in
                unsafe withUnsafeBytes(of: &four) { unsafe own.copyMemory(from: $0) }
            }
            byteCount = UInt32(MemoryLayout<sockaddr_in>.size)
        } else if unsafe inet_pton(AF_INET6, host, &six.sin6_addr) == 1 {
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &self) { own in
                unsafe withUnsafeBytes(of: &six) { unsafe own.copyMemory(from: $0) }
            }
            byteCount = UInt32(MemoryLayout<sockaddr_in6>.size)
        } else {
            return nil
        }
    }

    /// A Unix socket.
    ///
    /// - Parameter path: from the root on, at most 107 bytes.
    package init?(path: String) {
        guard let place = UnixAddress.place(of: path) else { return nil }
        word0 = UInt64(AF_UNIX)
        word1 = UInt64(place)
        byteCount = UInt32(MemoryLayout<sockaddr_un>.size)
    }

    package var family: Int32 { Int32(UInt16(truncatingIfNeeded: word0)) }

    /// Lends the address to a system call.
    @inline(__always)
    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        // An interned address is never freed.
        if family == AF_UNIX, let address = unsafe UnsafePointer<sockaddr>(bitPattern: UInt(word1)) {
            return unsafe body(address, byteCount)
        }
        // The first `byteCount` bytes of `self` are a `sockaddr`.
        return unsafe withUnsafeBytes(of: self) { bytes in
            unsafe body(bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: sockaddr.self), byteCount)
        }
    }

    /// 0 for Unix sockets.
    package var port: UInt16 { UInt16(truncatingIfNeeded: word0 >> 16).byteSwapped }

    /// The same host at another port.
    package func with(port: UInt16) -> SocketAddress {
        if family == AF_UNIX { return self }
        var other = self
        other.word0 = word0 & ~(0xFFFF << 16) | UInt64(port.bigEndian) << 16
        return other
    }

    /// `192.0.2.1:80`, `[2001:db8::1]:80`.
    package var text: String { text(withPort: true) }

    func text(withPort: Bool) -> String {
        if family == AF_UNIX {
            return unsafe withSockaddr { address, _ in "unix:" + (unsafe UnixAddress.path(of: address)) }
        }
        var host = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let isSix = family == AF_INET6
        unsafe withUnsafeBytes(of: self) { bytes in
            // The address stands at offset 8 of `sockaddr_in6` and at 4 of `sockaddr_in`.
            let address = unsafe bytes.baseAddress.unsafelyUnwrapped + (isSix ? 8 : 4)
            _ = unsafe inet_ntop(family, address, &host, socklen_t(host.count))
        }
        let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard withPort else { return name }
        return isSix ? "[\(name)]:\(port)" : "\(name):\(port)"
    }
}

/// Where a target can be reached at present.
package struct TargetAddresses: Equatable, Sendable {
    /// The target's id in the process (`Generation.targetOfRecord`).
    package var target: UInt32
    /// At most `ResolverLimits.addressCountMax`; empty until its name was resolved for the first time.
    package var addresses: [SocketAddress]
}

/// What a worker is told about targets.
package struct TargetChanges: Equatable, Sendable {
    /// Ids that are no target's any more, to be dealt with first: they may have become others' since.
    package var forgotten: [UInt32]
    /// Ascending by target.
    package var addresses: [TargetAddresses]
    /// Ascending by target.
    package var standings: [TargetStanding]
}

/// Whether a target is used.
package struct TargetStanding: Equatable, Sendable {
    /// The target's id in the process.
    package var target: UInt32
    package var isOut: Bool
}
