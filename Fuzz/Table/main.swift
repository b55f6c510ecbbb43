// Bytes as a table. Checksums are mended first, so that the walk behind them is reached. What validates must serve:
// lookups, states and texts of every record may not trap.

import FuzzDriver
import GatewayTable
import Glibc

/// Lookups that touch every kind of edge.
private let paths = ["/", "/a", "/orders/v1/7", "/orders/v1/7/lines/8", "/catalog/products/1/images/x/y", "//", "/%41"]
    .map { Array($0.utf8) }
private let hosts = ["", "localhost", "a.example.com", "api.example.com", "v1.api.example.com"].map { Array($0.utf8) }

private struct AnyProbe: RouteProbe {
    mutating func selectedVersion(api: UInt32) -> UInt32 { 0 }
    mutating func hasHeader(_ name: TableBytes, _ value: TableBytes) -> Bool { name.count == value.count }
}

/// Makes magic, version, size and checksums right, as far as the directory makes sense.
private func mend(_ memory: UnsafeMutableRawBufferPointer) {
    func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        memory.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }
    func load(at offset: Int) -> Int {
        Int(UInt32(littleEndian: memory.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
    func checksum(_ range: Range<Int>) -> UInt32 {
        let bytes = UnsafeRawBufferPointer(rebasing: memory[range])
        return Checksum.crc32(bytes.assumingMemoryBound(to: UInt8.self))
    }
    let directoryEnd = TableLayout.headerByteCount + TableSection.allCases.count * TableLayout.directoryEntryByteCount
    guard memory.count >= directoryEnd else { return }
    store(TableLayout.magic, at: TableLayout.magicOffset)
    store(TableLayout.formatVersion, at: TableLayout.formatVersionOffset)
    store(UInt64(memory.count), at: TableLayout.fileByteCountOffset)
    store(UInt32(TableSection.allCases.count), at: TableLayout.sectionCountOffset)
    for section in TableSection.allCases {
        let entry = TableLayout.headerByteCount + section.rawValue * TableLayout.directoryEntryByteCount
        let offset = load(at: entry + TableLayout.entryFileOffsetOffset)
        let count = load(at: entry + TableLayout.entryRecordCountOffset)
        let end = (offset + count * section.recordByteCount + 7) / 8 * 8
        guard offset <= end, end <= memory.count else { continue }
        store(checksum(offset..<end), at: entry + TableLayout.entryChecksumOffset)
    }
    store(UInt32(0), at: TableLayout.headerChecksumOffset)
    store(checksum(0..<((directoryEnd + 7) / 8 * 8)), at: TableLayout.headerChecksumOffset)
}

private func use(_ view: TableView) {
    var match = RouteMatch()
    for host in hosts {
        for path in paths {
            var probe = AnyProbe()
            host.withUnsafeBufferPointer { host in
                path.withUnsafeBufferPointer { path in
                    view.find(host: host, path: path, method: MethodTable.get, probe: &probe, match: &match)
                }
            }
            precondition(match.route == TableLayout.none || match.route < view.routes.count)
        }
    }
    for version in 0..<UInt32(view.versions.count) {
        for instant in [Int64.min, 0, 1_800_000_000, .max] {
            _ = view.state(ofVersion: version, at: instant)
            _ = view.nextChange(ofVersion: version, after: instant)
        }
        _ = view.string(view.versions[version].headerLines)
    }
    // The report reads every record that has a meaning: programs with their operands, routes with their paths.
    precondition(!TableReport(view, at: 1_800_000_000).text.isEmpty)
}

private func check(_ bytes: UnsafeBufferPointer<UInt8>) {
    let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(bytes.count, 1),
        alignment: TableLayout.alignment
    )
    defer { memory.deallocate() }
    memory.copyBytes(from: bytes)
    let table = UnsafeMutableRawBufferPointer(rebasing: memory[..<bytes.count])
    mend(table)
    let start = UnsafePointer(memory.baseAddress?.assumingMemoryBound(to: UInt8.self))
    guard let view = try? TableView(validating: UnsafeBufferPointer(start: start, count: bytes.count)) else { return }
    use(view)
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        check(UnsafeBufferPointer(start: data, count: size))
        return 0
    }
)
