internal import Foundation

/// A listener whose queue is full, so that connections to it neither come about nor are refused.
package final class FullListener {
    package private(set) var port: UInt16 = 0
    private let listener: Int32
    private var fillers: [Int32] = []

    package init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var place = Wire.address("127.0.0.1", port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                bind(listener, place, size) | listen(listener, 0) | getsockname(listener, place, &size)
            }
        }
        guard code == 0 else { throw WireError("cannot listen: \(String(cString: strerror(errno)))") }
        port = UInt16(bigEndian: place.sin_port)
        // A queue of length 0 holds one; the others wait in vain.
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        for _ in 0..<4 {
            let filler = socket(AF_INET, kind, 0)
            fillers.append(filler)
            withUnsafePointer(to: &place) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(filler, $0, size) }
            }
        }
    }

    deinit { for descriptor in fillers + [listener] { close(descriptor) } }
}
