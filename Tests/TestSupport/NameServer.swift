internal import Foundation

/// A name server on loopback, over UDP (RFC 1035), with answers that can be changed while it runs.
package final class NameServer: @unchecked Sendable {
    /// One record that answers a question.
    package enum Record: Sendable {
        case address(String)
        case service(String, port: UInt16, priority: UInt16 = 0, weight: UInt16 = 0)
        case alias(String)

        fileprivate var type: UInt16 {
            switch self {
            case .address(let text): text.contains(":") ? 28 : 1
            case .service: 33
            case .alias: 5
            }
        }

        fileprivate var data: [UInt8] {
            switch self {
            case .address(let text):
                var bytes = [UInt8](repeating: 0, count: text.contains(":") ? 16 : 4)
                inet_pton(text.contains(":") ? AF_INET6 : AF_INET, text, &bytes)
                return bytes
            case .service(let host, let port, let priority, let weight):
                return [priority, weight, port].flatMap(NameServer.bytes) + NameServer.name(host)
            case .alias(let host): return NameServer.name(host)
            }
        }
    }

    package private(set) var port: UInt16 = 0
    private let descriptor: Int32
    private let lock = NSLock()
    private var records: [String: [Record]] = [:]
    private var secondsToLive: UInt32 = 60
    private var isSilent = false
    private var asked: [String: Int] = [:]

    package init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var place = Wire.address("127.0.0.1", port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                bind(descriptor, place, size) | getsockname(descriptor, place, &size)
            }
        }
        guard code == 0 else { throw WireError("cannot bind: \(String(cString: strerror(errno)))") }
        port = UInt16(bigEndian: place.sin_port)
        Thread.detachNewThread { [self] in serve() }
    }

    /// What it answers from now on; a name that is not there does not exist.
    package func set(_ records: [String: [Record]], secondsToLive: UInt32 = 60) {
        lock.withLock { (self.records, self.secondsToLive) = (records, secondsToLive) }
    }

    /// Whether it answers nothing at all.
    package func silence(_ isSilent: Bool) { lock.withLock { self.isSilent = isSilent } }

    /// How often a name was asked for.
    package func count(_ name: String) -> Int { lock.withLock { asked[name, default: 0] } }

    package func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private func serve() {
        var question = [UInt8](repeating: 0, count: 1024)
        while true {
            var peer = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let count = withUnsafeMutablePointer(to: &peer) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(descriptor, &question, question.count, 0, $0, &size)
                }
            }
            // A socket that is shut down has nothing more to say.
            guard count > 0 else { break }
            guard let answer = answer(to: Array(question[..<count])) else { continue }
            _ = withUnsafePointer(to: &peer) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(descriptor, answer, answer.count, 0, $0, size)
                }
            }
        }
        close(descriptor)
    }

    private func answer(to question: [UInt8]) -> [UInt8]? {
        var labels: [String] = []
        var offset = 12
        while offset < question.count, question[offset] > 0 {
            let end = offset + 1 + Int(question[offset])
            guard end < question.count else { return nil }
            labels.append(String(decoding: question[offset + 1..<end], as: UTF8.self))
            offset = end
        }
        guard offset + 4 < question.count else { return nil }
        let type = UInt16(question[offset + 1]) << 8 | UInt16(question[offset + 2])
        let name = labels.joined(separator: ".").lowercased()
        return lock.withLock { () -> [UInt8]? in
            asked[name, default: 0] += 1
            if isSilent { return nil }
            let known: [Record]? = records[name]
            let found: [Record] = (known ?? []).filter { $0.type == type || $0.type == 5 }
            // An answer, with recursion; 3 is a name that does not exist.
            let flags: [UInt8] = [0x81, known == nil ? 0x83 : 0x80]
            let counts = [1, UInt16(found.count), 0, 0].flatMap(Self.bytes)
            var answer = Array(question[0..<2]) + flags + counts + question[12..<offset + 5]
            for record in found {
                // A pointer to the question's name.
                answer += [0xC0, 12] + Self.bytes(record.type) + [0, 1] + Self.bytes(UInt16(secondsToLive >> 16))
                answer +=
                    Self.bytes(UInt16(secondsToLive & 0xFFFF)) + Self.bytes(UInt16(record.data.count)) + record.data
            }
            return answer
        }
    }

    private static func bytes(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }

    private static func name(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }
}
