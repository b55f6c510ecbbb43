internal import CPlatform
internal import Glibc

/// The address of a TCP socket, IPv4 or IPv6: a `sockaddr` and its length, in plain memory.
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

    package var family: Int32 { Int32(UInt16(truncatingIfNeeded: word0)) }

    /// Lends the address to a system call.
    @inline(__always)
    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        // The first `byteCount` bytes of `self` are a `sockaddr`.
        unsafe withUnsafeBytes(of: self) { bytes in
            unsafe body(bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: sockaddr.self), byteCount)
        }
    }

    package var port: UInt16 { UInt16(truncatingIfNeeded: word0 >> 16).byteSwapped }

    /// The same host at another port.
    package func with(port: UInt16) -> SocketAddress {
        var other = self
        other.word0 = word0 & ~(0xFFFF << 16) | UInt64(port.bigEndian) << 16
        return other
    }

    /// `192.0.2.1:80`, `[2001:db8::1]:80`.
    package var text: String { text(withPort: true) }

    func text(withPort: Bool) -> String {
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
