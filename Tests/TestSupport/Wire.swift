package import Foundation

/// What a test waited for in vain.
package struct WireError: Error, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}

/// One TCP connection of a test, of either side, on loopback. Calls block, none longer than `secondsMax`.
///
/// Used by one thread at a time.
package final class Wire: @unchecked Sendable {
    /// How long a read or a write may take before it counts as failed.
    package static let secondsMax = 30

    package let descriptor: Int32
    /// Lives as long as the connection: the program at its other end.
    package var peer: AnyObject?
    /// Lines behind the last body that came.
    package internal(set) var trailers: [String] = []
    /// Bytes that came and were not taken yet.
    private var pending: [UInt8] = []
    private let lock = NSLock()
    private var isOpen = true

    /// Connects to a port on loopback.
    ///
    /// - Parameters:
    ///   - address: of this machine.
    ///   - receiveBuffer: bytes that the kernel keeps for a slow reader; `nil` leaves its choice.
    package init(port: UInt16, address: String = "127.0.0.1", receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw WireError("no socket: \(String(cString: strerror(errno)))") }
        if let receiveBuffer { Wire.set(descriptor, SO_RCVBUF, receiveBuffer) }
        var place = Wire.address(address, port: port)
        try connectTo(&place, "port \(port)")
        setUp()
    }

    /// Connects to a Unix socket.
    package init(path: String) throws {
        var place = sockaddr_un()
        place.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &place.sun_path) { bytes in
            for (index, byte) in path.utf8.prefix(bytes.count - 1).enumerated() { bytes[index] = byte }
        }
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try connectTo(&place, "socket \(path)")
        setUp()
    }

    /// Connects to a port on the loopback address of IPv6.
    package init(sixPort port: UInt16) throws {
        var place = sockaddr_in6()
        place.sin6_family = sa_family_t(AF_INET6)
        place.sin6_port = port.bigEndian
        inet_pton(AF_INET6, "::1", &place.sin6_addr)
        descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try connectTo(&place, "port \(port) of ::1")
        setUp()
    }

    private func connectTo<Place>(_ place: inout Place, _ name: String) throws {
        let code = withUnsafePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<Place>.size))
            }
        }
        guard code == 0 else {
            let reason = String(cString: strerror(errno))
            Glibc.close(descriptor)
            throw WireError("cannot connect to \(name): \(reason)")
        }
    }

    /// Takes over a connection that was accepted.
    package init(accepted descriptor: Int32) {
        self.descriptor = descriptor
        setUp()
    }

    deinit { close() }

    private func setUp() {
        Wire.set(descriptor, SO_RCVTIMEO, timeval(tv_sec: Wire.secondsMax, tv_usec: 0))
        Wire.set(descriptor, SO_SNDTIMEO, timeval(tv_sec: Wire.secondsMax, tv_usec: 0))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    package static func address(_ text: String, port: UInt16) -> sockaddr_in {
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        inet_pton(AF_INET, text, &place.sin_addr)
        return place
    }

    package static func set<Value: BitwiseCopyable>(_ descriptor: Int32, _ option: Int32, _ value: Value) {
        var value = value
        setsockopt(descriptor, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<Value>.size))
    }

    // MARK: Sending

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        guard trySend(bytes) else { throw WireError("cannot send: \(String(cString: strerror(errno)))") }
    }

    /// - Returns: whether the kernel took everything.
    @discardableResult
    package func trySend(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor,
                    $0.baseAddress.map { $0 + sent },
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Sends what the kernel takes without waiting.
    ///
    /// - Returns: bytes taken; -1 if the connection is broken.
    package func sendWithoutWaiting(_ bytes: [UInt8]) -> Int {
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, bytes.count, flags) }
        return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : count
    }

    /// Says that nothing more will come.
    package func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    // MARK: Receiving

    /// Whether something can be read, an end included, within so many seconds.
    package func isReadable(within seconds: Double) -> Bool {
        if !pending.isEmpty { return true }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, Int32(seconds * 1000)) == 1
    }

    /// The bytes that are there or come next; empty at the end of the connection.
    package func receive(countMax: Int = 65_536) throws -> [UInt8] {
        if !pending.isEmpty {
            let taken = Array(pending.prefix(countMax))
            pending.removeFirst(taken.count)
            return taken
        }
        return try receiveFresh(countMax)
    }

    private func receiveFresh(_ countMax: Int) throws -> [UInt8] {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: countMax) { buffer, filled in
            count = recv(descriptor, buffer.baseAddress, countMax, 0)
            filled = max(count, 0)
        }
        if count < 0 { throw WireError("cannot receive: \(String(cString: strerror(errno)))") }
        return bytes
    }

    /// As many bytes as asked for.
    package func receive(exactly count: Int) throws -> [UInt8] {
        while pending.count < count { try fill() }
        let taken = Array(pending.prefix(count))
        pending.removeFirst(count)
        return taken
    }

    /// All bytes up to the end of the connection.
    package func receiveToEnd() throws -> [UInt8] {
        var all = pending
        pending = []
        while true {
            let bytes = try receive()
            if bytes.isEmpty { return all }
            all += bytes
        }
    }

    /// Bytes up to and including a text.
    package func receive(through text: String, countMax: Int = 1_000_000) throws -> [UInt8] {
        let mark = Array(text.utf8)
        var scanned = 0
        while true {
            while scanned + mark.count <= pending.count {
                if pending[scanned..<scanned + mark.count].elementsEqual(mark) {
                    return try receive(exactly: scanned + mark.count)
                }
                scanned += 1
            }
            guard pending.count < countMax else {
                throw WireError("\(countMax) bytes without \(text.debugDescription)")
            }
            try fill()
        }
    }

    private func fill() throws {
        let bytes = try receiveFresh(65_536)
        pending += bytes
        if bytes.isEmpty {
            throw WireError("the connection ended after \(String(decoding: pending, as: UTF8.self).debugDescription)")
        }
    }

    /// Whether the peer closes, in whatever way, within so many seconds, and sends nothing before.
    package func isClosed(within seconds: Double = 10) -> Bool {
        guard pending.isEmpty, isReadable(within: seconds) else { return false }
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK)) <= 0
    }

    /// Whether the peer ended the connection by a reset.
    package func isReset(within seconds: Double = 10) -> Bool {
        guard isReadable(within: seconds) else { return false }
        while true {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count < 0 { return errno == ECONNRESET }
            if count == 0 { return false }
        }
    }

    // MARK: The end

    package func close() {
        lock.withLock {
            // The number may be another socket's as soon as it is closed.
            if isOpen { Glibc.close(descriptor) }
            isOpen = false
        }
    }

    /// Closes so that the peer sees a reset.
    package func reset() {
        Wire.set(descriptor, SO_LINGER, linger(l_onoff: 1, l_linger: 0))
        close()
    }

    /// Ends both directions; may be called while another thread reads or writes.
    package func cut() {
        lock.withLock { if isOpen { shutdown(descriptor, Int32(SHUT_RDWR)) } }
    }
}
