import GatewayEmitters
import GatewayIR
import GatewayTable

/// A table in memory of its own, aligned as tables are.
final class LoadedTable {
    let memory: UnsafeMutableRawBufferPointer
    let view: TableView

    init(_ bytes: [UInt8]) throws(TableError) {
        memory = .allocate(byteCount: max(bytes.count, 1), alignment: TableLayout.alignment)
        memory.copyBytes(from: bytes)
        do {
            view = try TableView(validating: LoadedTable.bytes(memory, bytes.count))
        } catch {
            memory.deallocate()
            throw error
        }
    }

    convenience init(_ gateway: Gateway) throws(TableError) {
        try self.init(TableEmitter.emit(gateway))
    }

    deinit { memory.deallocate() }

    private static func bytes(_ memory: UnsafeMutableRawBufferPointer, _ count: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: memory.baseAddress?.assumingMemoryBound(to: UInt8.self), count: count)
    }
}

/// A request as a lookup asks about it.
struct TestProbe: RouteProbe {
    var headers: [String: String] = [:]
    /// The chosen version by API; an API without one gets none.
    var versions: [UInt32: UInt32] = [:]

    mutating func selectedVersion(api: UInt32) -> UInt32 { versions[api] ?? VersionChoice.unknown }

    mutating func hasHeader(_ name: TableBytes, _ value: TableBytes) -> Bool { headers[name.string] == value.string }
}

extension TableView {
    /// Finds the route of a request that is given as text.
    func find(host: String, path: String, method: String, probe: TestProbe = TestProbe()) -> RouteMatch {
        var probe = probe
        var match = RouteMatch()
        let host = Array(host.utf8)
        let path = Array(path.utf8)
        let method = Array(method.utf8)
        host.withUnsafeBufferPointer { host in
            path.withUnsafeBufferPointer { path in
                let bit = method.withUnsafeBufferPointer { methodBit($0) }
                find(host: host, path: path, method: bit, probe: &probe, match: &match)
            }
        }
        return match
    }
}

extension RouteMatch {
    /// What the captures hold.
    func captureTexts(of path: String) -> [String] {
        let bytes = Array(path.utf8)
        return (0..<captureCount).map { index in
            let (offset, count) = capture(index)
            return String(decoding: bytes[offset..<offset + count], as: UTF8.self)
        }
    }
}
