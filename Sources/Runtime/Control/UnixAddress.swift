internal import Glibc
internal import Synchronization

/// Addresses of Unix sockets, which are too long to be carried about: each path has one for the life of the process, so
/// that workers may use it whatever bundle is loaded meanwhile.
enum UnixAddress {
    /// Where in memory the address of a path stands, by path; only ever added to.
    private static let places = Mutex<[String: UInt]>([:])
    static let pathBytesMax = 107

    /// Where the address of a path stands, a `sockaddr_un` that is never changed or freed; `nil` if the path is too
    /// long, or begins elsewhere than at the root.
    static func place(of path: String) -> UInt? {
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count <= pathBytesMax, !path.utf8.contains(0) else {
            return nil
        }
        return places.withLock { places in
            if let place = places[path] { return place }
            let address = UnsafeMutablePointer<sockaddr_un>.allocate(capacity: 1)
            unsafe address.initialize(to: sockaddr_un())
            unsafe address.pointee.sun_family = sa_family_t(AF_UNIX)
            // `sun_path` has 108 bytes, zeros so far.
            unsafe withUnsafeMutableBytes(of: &address.pointee.sun_path) { bytes in
                for (index, byte) in path.utf8.enumerated() { unsafe bytes[index] = byte }
            }
            let place = UInt(bitPattern: address)
            places[path] = place
            return place
        }
    }

    /// The path in an address that was made of one.
    ///
    /// - Parameter address: an interned one, which ends in a zero.
    static func path(of address: UnsafePointer<sockaddr>) -> String {
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        return unsafe String(cString: (UnsafeRawPointer(address) + offset).assumingMemoryBound(to: CChar.self))
    }
}
