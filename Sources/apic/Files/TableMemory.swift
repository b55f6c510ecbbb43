internal import GatewayTable

/// A table file in memory, checked, with the alignment that views need.
final class TableMemory {
    private let view: TableView
    private let memory: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8]) throws(TableError) {
        memory = .allocate(byteCount: max(bytes.count, 1), alignment: TableLayout.alignment)
        memory.copyBytes(from: bytes)
        do {
            let start = UnsafePointer(memory.baseAddress?.assumingMemoryBound(to: UInt8.self))
            view = try TableView(validating: UnsafeBufferPointer(start: start, count: bytes.count))
        } catch {
            memory.deallocate()
            throw error
        }
    }

    /// Lends the table: a view does not keep its memory alive by itself.
    func withView<Result, Failure: Error>(_ body: (TableView) throws(Failure) -> Result) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(view)
    }

    deinit { memory.deallocate() }
}
