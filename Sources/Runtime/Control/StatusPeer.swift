internal import Glibc

/// Who is at the other end of a connection to the status port.
enum StatusPeer {
    /// Whether it is this machine by its loopback address.
    static func isLocal(_ descriptor: Int32) -> Bool {
        var place = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // The kernel writes at most `size` bytes; each family's address lies within them.
        return unsafe withUnsafeMutableBytes(of: &place) { bytes in
            guard let base = bytes.baseAddress else { return false }
            let isKnown = unsafe getpeername(descriptor, base.assumingMemoryBound(to: sockaddr.self), &size) == 0
            guard isKnown else { return false }
            switch unsafe Int32(base.assumingMemoryBound(to: sockaddr.self).pointee.sa_family) {
            case AF_INET:
                let four = unsafe base.assumingMemoryBound(to: sockaddr_in.self).pointee
                return UInt32(bigEndian: four.sin_addr.s_addr) >> 24 == 127
            case AF_INET6:
                var six = unsafe base.assumingMemoryBound(to: sockaddr_in6.self).pointee.sin6_addr
                return unsafe withUnsafeBytes(of: &six) { address in
                    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127]
                    return unsafe address.elementsEqual([UInt8](repeating: 0, count: 15) + [1])
                        || (unsafe address.starts(with: mapped))
                }
            default: return false
            }
        }
    }
}
