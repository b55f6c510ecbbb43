/// The records of one section, read in place.
///
/// It points into the table's memory: whoever holds it keeps the table alive. Indices that come out of a validated
/// table are in range, so access is not checked again in release builds.
@safe
@usableFromInline
package struct Section<Record: BitwiseCopyable>: @unchecked Sendable {
    @usableFromInline let base: UnsafePointer<Record>
    @usableFromInline package let count: Int

    init(base: UnsafePointer<Record>, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    /// - Precondition: `index` comes from the validated table, or is below `count`.
    @inlinable
    package subscript(index: UInt32) -> Record {
        assert(Int(index) < count)
        return unsafe base[Int(index)]
    }

    /// - Precondition: `index` comes from the validated table, or is below `count`.
    @inlinable
    package subscript(index: Int) -> Record {
        assert(index < count)
        return unsafe base[index]
    }

    /// The record itself, for reading one field of many.
    @inlinable
    package func pointer(_ index: UInt32) -> UnsafePointer<Record> {
        assert(Int(index) < count)
        return unsafe base + Int(index)
    }
}

/// Bytes in the table's memory, with the same promise as `Section`.
@safe
@usableFromInline
package struct TableBytes: @unchecked Sendable {
    @usableFromInline package let base: UnsafePointer<UInt8>
    @usableFromInline package let count: Int

    @inlinable
    package init(base: UnsafePointer<UInt8>, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    /// - Precondition: `offset` is below `count`.
    @inlinable
    package subscript(offset: Int) -> UInt8 {
        assert(offset >= 0 && offset < count)
        return unsafe base[offset]
    }

    /// The bytes as a string; what is not UTF-8 is replaced.
    package var string: String {
        unsafe String(decoding: UnsafeBufferPointer(start: base, count: count), as: UTF8.self)
    }

    package var array: [UInt8] {
        unsafe Array(UnsafeBufferPointer(start: base, count: count))
    }

    /// Ascending by bytes.
    package func precedes(_ other: TableBytes) -> Bool {
        unsafe UnsafeBufferPointer(start: base, count: count)
            .lexicographicallyPrecedes(UnsafeBufferPointer(start: other.base, count: other.count))
    }
}

/// A table, read in place: typed views of its sections over memory that somebody else owns and keeps alive and
/// unchanged. Making one walks everything once; behind it nothing can fail.
@safe
@usableFromInline
package struct TableView: @unchecked Sendable {
    @usableFromInline package let base: UnsafePointer<UInt8>
    @usableFromInline package let byteCount: Int

    @usableFromInline package let gateways: Section<GatewayRecord>
    @usableFromInline package let text: Section<UInt8>
    package let listeners: Section<ListenerRecord>
    package let trustedBlocks: Section<AddressBlockRecord>
    @usableFromInline package let methods: Section<TextReference>
    @usableFromInline package let hosts: Section<HostRecord>
    @usableFromInline package let treeNodes: Section<TreeNodeRecord>
    @usableFromInline package let nodeExtras: Section<NodeExtraRecord>
    @usableFromInline package let literalSlots: Section<UInt32>
    @usableFromInline package let constrainedEdges: Section<ConstrainedEdgeRecord>
    @usableFromInline package let prefixEdges: Section<PrefixEdgeRecord>
    @usableFromInline package let wholePathEdges: Section<WholePathEdgeRecord>
    @usableFromInline package let automata: Section<AutomatonRecord>
    @usableFromInline package let automatonBytes: Section<UInt8>
    package let mounts: Section<MountRecord>
    @usableFromInline package let routes: Section<RouteRecord>
    package let routeTexts: Section<RouteTextRecord>
    @usableFromInline package let conditionSets: Section<RangeRecord>
    @usableFromInline package let conditions: Section<ConditionRecord>
    package let apis: Section<APIRecord>
    @usableFromInline package let versions: Section<VersionRecord>
    package let brownouts: Section<BrownoutRecord>
    package let programs: Section<ProgramRecord>
    package let code: Section<UInt32>
    package let upstreams: Section<UpstreamRecord>
    package let targets: Section<TargetRecord>
    package let groups: Section<TextReference>
    package let consumers: Section<ConsumerRecord>
    package let credentials: Section<CredentialRecord>
    package let rateLimits: Section<RateLimitRecord>
    package let rateSets: Section<RangeRecord>
    package let rates: Section<RateRecord>
    package let rateTiers: Section<RateTierRecord>
    package let headerEdits: Section<HeaderEditsRecord>
    package let headerFields: Section<HeaderFieldRecord>
    package let templates: Section<RangeRecord>
    package let templateParts: Section<TemplatePartRecord>
    package let responses: Section<ResponseRecord>
    package let nodes: Section<NodeRecord>

    /// Validates a table: header, checksums, bounds, order, every index, no cycles.
    ///
    /// - Parameter bytes: the whole file, aligned to eight bytes; it must outlive the view and never change.
    /// - Throws: `TableError` with what is wrong and where.
    package init(validating bytes: UnsafeBufferPointer<UInt8>) throws(TableError) {
        let directory = try unsafe TableDirectory(bytes)
        unsafe self.base = directory.base
        self.byteCount = directory.byteCount
        gateways = directory.section(.gateway)
        text = directory.section(.text)
        listeners = directory.section(.listeners)
        trustedBlocks = directory.section(.trustedBlocks)
        methods = directory.section(.methods)
        hosts = directory.section(.hosts)
        treeNodes = directory.section(.treeNodes)
        nodeExtras = directory.section(.nodeExtras)
        literalSlots = directory.section(.literalSlots)
        constrainedEdges = directory.section(.constrainedEdges)
        prefixEdges = directory.section(.prefixEdges)
        wholePathEdges = directory.section(.wholePathEdges)
        automata = directory.section(.automata)
        automatonBytes = directory.section(.automatonBytes)
        mounts = directory.section(.mounts)
        routes = directory.section(.routes)
        routeTexts = directory.section(.routeTexts)
        conditionSets = directory.section(.conditionSets)
        conditions = directory.section(.conditions)
        apis = directory.section(.apis)
        versions = directory.section(.versions)
        brownouts = directory.section(.brownouts)
        programs = directory.section(.programs)
        code = directory.section(.code)
        upstreams = directory.section(.upstreams)
        targets = directory.section(.targets)
        groups = directory.section(.groups)
        consumers = directory.section(.consumers)
        credentials = directory.section(.credentials)
        rateLimits = directory.section(.rateLimits)
        rateSets = directory.section(.rateSets)
        rates = directory.section(.rates)
        rateTiers = directory.section(.rateTiers)
        headerEdits = directory.section(.headerEdits)
        headerFields = directory.section(.headerFields)
        templates = directory.section(.templates)
        templateParts = directory.section(.templateParts)
        responses = directory.section(.responses)
        nodes = directory.section(.nodes)
        try validate()
    }

    /// The settings of the gateway as a whole.
    @inlinable
    package var gateway: GatewayRecord { gateways[0] }

    /// Text of the pool.
    @inlinable
    package func bytes(_ reference: TextReference) -> TableBytes {
        unsafe TableBytes(base: text.base + Int(reference.offset), count: Int(reference.count))
    }

    package func string(_ reference: TextReference) -> String { bytes(reference).string }

    /// Records of a section, as the directory says.
    package func recordCount(_ section: TableSection) -> Int {
        let entry = TableLayout.headerByteCount + section.rawValue * TableLayout.directoryEntryByteCount
        // The directory was checked to be there.
        let count = unsafe UnsafeRawPointer(base).loadUnaligned(
            fromByteOffset: entry + TableLayout.entryRecordCountOffset,
            as: UInt32.self
        )
        return Int(UInt32(littleEndian: count))
    }

    /// SHA-256 of everything behind the header, as the header says.
    package var statedDigest: [UInt8] {
        // The header was checked to be there.
        unsafe Array(UnsafeBufferPointer(start: base + TableLayout.digestOffset, count: TableLayout.digestByteCount))
    }
}

/// The header and directory of a table, checked.
@safe
struct TableDirectory {
    let base: UnsafePointer<UInt8>
    let byteCount: Int
    private var offsets: [Int] = []
    private var counts: [Int] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(TableError) {
        guard bytes.count >= TableLayout.headerByteCount, let start = bytes.baseAddress else {
            throw .tooShort(byteCount: bytes.count)
        }
        guard bytes.count <= TableLayout.fileByteCountMax else { throw .tooLong(byteCount: bytes.count) }
        precondition(UInt(bitPattern: start) % UInt(TableLayout.alignment) == 0, "a table is aligned to eight bytes")
        unsafe base = start
        byteCount = bytes.count
        guard load(UInt32.self, at: TableLayout.magicOffset) == TableLayout.magic else { throw .notATable }
        let version = load(UInt32.self, at: TableLayout.formatVersionOffset)
        guard version == TableLayout.formatVersion else { throw .unsupportedVersion(version) }
        let said = load(UInt64.self, at: TableLayout.fileByteCountOffset)
        guard said == UInt64(bytes.count) else { throw .wrongByteCount(said: said, actual: bytes.count) }
        let sections = TableSection.allCases
        let directoryEnd = TableLayout.headerByteCount + sections.count * TableLayout.directoryEntryByteCount
        let headEnd = TableDirectory.aligned(directoryEnd)
        guard bytes.count >= headEnd else { throw .tooShort(byteCount: bytes.count) }
        let checksum = load(UInt32.self, at: TableLayout.headerChecksumOffset)
        let skipped = TableLayout.headerChecksumOffset..<TableLayout.headerChecksumOffset + 4
        guard unsafe Checksum.crc32(UnsafeBufferPointer(rebasing: bytes[..<headEnd]), asZero: skipped) == checksum,
            load(UInt32.self, at: TableLayout.sectionCountOffset) == UInt32(sections.count)
        else { throw .checksum(section: "header") }
        var end = headEnd
        for section in sections { end = try unsafe locate(section, from: end, in: bytes) }
        guard end == bytes.count else { throw .wrongByteCount(said: UInt64(end), actual: bytes.count) }
    }

    /// Checks one directory entry; the section must begin where the one before it ended.
    ///
    /// - Returns: where the section ends, padding included.
    private mutating func locate(
        _ section: TableSection,
        from start: Int,
        in bytes: UnsafeBufferPointer<UInt8>
    ) throws(TableError) -> Int {
        let entry = TableLayout.headerByteCount + section.rawValue * TableLayout.directoryEntryByteCount
        let offset = Int(load(UInt32.self, at: entry + TableLayout.entryFileOffsetOffset))
        let count = Int(load(UInt32.self, at: entry + TableLayout.entryRecordCountOffset))
        guard load(UInt16.self, at: entry + TableLayout.entryKindOffset) == UInt16(section.rawValue),
            offset == start
        else { throw .misplacedSection(section: "\(section)") }
        guard
            load(UInt16.self, at: entry + TableLayout.entryRecordByteCountOffset)
                == UInt16(section.recordByteCount)
        else { throw .wrongRecordSize(section: "\(section)") }
        // Both factors are below 2^32: no overflow in 64 bits.
        let end = TableDirectory.aligned(offset + count * section.recordByteCount)
        guard end <= byteCount else { throw .misplacedSection(section: "\(section)") }
        let checksum = load(UInt32.self, at: entry + TableLayout.entryChecksumOffset)
        guard unsafe Checksum.crc32(UnsafeBufferPointer(rebasing: bytes[offset..<end])) == checksum else {
            throw .checksum(section: "\(section)")
        }
        offsets.append(offset)
        counts.append(count)
        return end
    }

    /// A section, located and aligned: offsets are multiples of eight and no record needs more.
    func section<Record: BitwiseCopyable>(_ section: TableSection) -> Section<Record> {
        precondition(MemoryLayout<Record>.stride == section.recordByteCount, "the record type of \(section) differs")
        let start = unsafe UnsafeRawPointer(base + offsets[section.rawValue])
        return unsafe Section(
            base: start.assumingMemoryBound(to: Record.self),
            count: counts[section.rawValue]
        )
    }

    /// - Precondition: the value lies within the header or the directory, whose bounds were checked.
    private func load<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
        unsafe Value(littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: type))
    }

    private static func aligned(_ count: Int) -> Int {
        (count + TableLayout.alignment - 1) / TableLayout.alignment * TableLayout.alignment
    }
}
