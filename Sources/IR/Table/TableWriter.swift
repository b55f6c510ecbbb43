internal import CZlib

/// Assembles sections into a table file. The counterpart of `TableView`: what it lays out, the view reads.
package struct TableWriter: Sendable {
    private var sections: [[UInt8]]
    private var recordCounts: [Int]

    package init() {
        sections = Array(repeating: [], count: TableSection.allCases.count)
        recordCounts = Array(repeating: 0, count: TableSection.allCases.count)
    }

    /// Sets a section to an array of its records.
    ///
    /// - Precondition: `Record` is the section's record type.
    package mutating func set<Record: BitwiseCopyable>(_ section: TableSection, _ records: [Record]) {
        precondition(MemoryLayout<Record>.stride == section.recordByteCount, "the record type of \(section) differs")
        // Records are padding-free integers (a test checks it), so their bytes are all initialised.
        let bytes = unsafe records.withUnsafeBytes { unsafe Array($0) }
        sections[section.rawValue] = bytes
        recordCounts[section.rawValue] = records.count
    }

    /// The table file.
    ///
    /// - Parameter digest: SHA-256 of the bytes it is given; 32 bytes.
    package consuming func finish(digest: (ArraySlice<UInt8>) -> [UInt8]) -> [UInt8] {
        let directoryEnd =
            TableLayout.headerByteCount + TableSection.allCases.count * TableLayout.directoryEntryByteCount
        var file = [UInt8](repeating: 0, count: TableWriter.aligned(directoryEnd))
        file.reserveCapacity(sections.reduce(file.count) { $0 + TableWriter.aligned($1.count) })
        for section in TableSection.allCases {
            let entry = TableLayout.headerByteCount + section.rawValue * TableLayout.directoryEntryByteCount
            let start = file.count
            file += sections[section.rawValue]
            file += repeatElement(0, count: TableWriter.aligned(file.count) - file.count)
            file.put(UInt16(section.rawValue), at: entry + TableLayout.entryKindOffset)
            file.put(UInt16(section.recordByteCount), at: entry + TableLayout.entryRecordByteCountOffset)
            file.put(UInt32(start), at: entry + TableLayout.entryFileOffsetOffset)
            file.put(UInt32(recordCounts[section.rawValue]), at: entry + TableLayout.entryRecordCountOffset)
            let checksum = unsafe file.withUnsafeBufferPointer {
                unsafe Checksum.crc32(UnsafeBufferPointer(rebasing: $0[start...]))
            }
            file.put(checksum, at: entry + TableLayout.entryChecksumOffset)
        }
        file.put(TableLayout.magic, at: TableLayout.magicOffset)
        file.put(TableLayout.formatVersion, at: TableLayout.formatVersionOffset)
        file.put(UInt64(file.count), at: TableLayout.fileByteCountOffset)
        file.put(UInt32(TableSection.allCases.count), at: TableLayout.sectionCountOffset)
        let digest = digest(file[TableLayout.headerByteCount...])
        precondition(digest.count == TableLayout.digestByteCount, "a SHA-256 has 32 bytes")
        for (index, byte) in digest.enumerated() { file[TableLayout.digestOffset + index] = byte }
        let headEnd = TableWriter.aligned(directoryEnd)
        let checksum = unsafe file.withUnsafeBufferPointer {
            unsafe Checksum.crc32(UnsafeBufferPointer(rebasing: $0[..<headEnd]))
        }
        file.put(checksum, at: TableLayout.headerChecksumOffset)
        return file
    }

    private static func aligned(_ count: Int) -> Int {
        (count + TableLayout.alignment - 1) / TableLayout.alignment * TableLayout.alignment
    }
}

extension [UInt8] {
    fileprivate mutating func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        for byte in 0..<MemoryLayout<Value>.size {
            self[offset + byte] = UInt8(truncatingIfNeeded: value >> Value(8 * byte))
        }
    }
}

/// CRC-32 (ISO-HDLC, the one of zlib and Ethernet).
package enum Checksum {
    package static func crc32(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
        // zlib reads exactly `count` bytes.
        unsafe UInt32(truncatingIfNeeded: CZlib.crc32_z(0, bytes.baseAddress, bytes.count))
    }

    /// The checksum of zeros in place of `skipped`, which lies within `bytes`.
    static func crc32(_ bytes: UnsafeBufferPointer<UInt8>, asZero skipped: Range<Int>) -> UInt32 {
        let zeros = [UInt8](repeating: 0, count: skipped.count)
        var state = unsafe CZlib.crc32_z(0, bytes.baseAddress, skipped.lowerBound)
        state = unsafe zeros.withUnsafeBufferPointer { unsafe CZlib.crc32_z(state, $0.baseAddress, $0.count) }
        let rest = unsafe UnsafeBufferPointer(rebasing: bytes[skipped.upperBound...])
        return unsafe UInt32(truncatingIfNeeded: CZlib.crc32_z(state, rest.baseAddress, rest.count))
    }
}
