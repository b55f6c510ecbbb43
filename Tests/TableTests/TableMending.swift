import GatewayTable

/// Makes the checksums of an altered table fit again, so that what they guard is checked by itself.
enum TableMending {
    /// Alters every byte of a table in two ways, with the checksums that go with it.
    ///
    /// - Parameter read: reads what a gateway would, in every altered table that passes for one.
    /// - Returns: how many do not.
    static func alter(_ intact: [UInt8], read: (TableView) -> Void) -> Int {
        var refused = 0
        for offset in intact.indices {
            for value: UInt8 in [0x01, 0xFF] {
                var altered = intact
                altered[offset] ^= value
                mendChecksums(&altered)
                guard let table = try? LoadedTable(altered) else {
                    refused += 1
                    continue
                }
                read(table.view)
            }
        }
        return refused
    }

    static func mendChecksums(_ bytes: inout [UInt8]) {
        let sections = TableSection.allCases
        let headEnd = aligned(TableLayout.headerByteCount + sections.count * TableLayout.directoryEntryByteCount)
        guard bytes.count >= headEnd else { return }
        for section in sections {
            let entry = TableLayout.headerByteCount + section.rawValue * TableLayout.directoryEntryByteCount
            let start = Int(number(bytes, entry + TableLayout.entryFileOffsetOffset))
            let count = Int(number(bytes, entry + TableLayout.entryRecordCountOffset))
            let end = aligned(start + count * section.recordByteCount)
            guard start <= end, end <= bytes.count else { continue }
            put(crc32(bytes[start..<end]), &bytes, entry + TableLayout.entryChecksumOffset)
        }
        put(0, &bytes, TableLayout.headerChecksumOffset)
        put(crc32(bytes[..<headEnd]), &bytes, TableLayout.headerChecksumOffset)
    }

    private static func aligned(_ count: Int) -> Int { (count + 7) / 8 * 8 }

    private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }

    private static func put(_ value: UInt32, _ bytes: inout [UInt8], _ offset: Int) {
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
    }

    /// CRC-32 as the polynomial says, a byte at a time: not the code under test.
    private static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var state: UInt32 = .max
        bytes.withUnsafeBufferPointer { bytes in
            table.withUnsafeBufferPointer { table in
                for byte in bytes { state = state >> 8 ^ table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] }
            }
        }
        return ~state
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { state, _ in state & 1 == 1 ? state >> 1 ^ 0xEDB8_8320 : state >> 1 }
    }
}
