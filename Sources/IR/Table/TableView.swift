public import CPlatform

/// The records of one section, read in place.
///
/// It points into the table's memory: whoever holds it keeps the table alive. Indices that come out of a validated
/// table are in range, so access is not checked again in release builds.
@safe
@usableFromInline
package struct Section<Record: BitwiseCopyable>: @unchecked Sendable {
    @usableFromInline let base: UnsafePointer<Record>
    @usableFromInline package let count: Int

    @inlinable @inline(__always)
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

    /// Asks for the memory of a record that will be read soon. Nothing is read, so that the index may be any.
    @inlinable @inline(__always)
    package func prefetch(_ index: UInt32) {
        unsafe apic_prefetch(base + Int(index))
    }

    /// The record itself, for reading one field of many.
    @inlinable
    package func pointer(_ index: UInt32) -> UnsafePointer<Record> {
        assert(Int(index) < max(count, 1))
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
///
/// A pointer and a length, free to copy: where a section is stands in the file's own directory, at an offset that is
/// known when this is compiled, so that reaching a record costs one load more than reaching a field.
@safe
@frozen
@usableFromInline
package struct TableView: @unchecked Sendable {
    @usableFromInline package let base: UnsafePointer<UInt8>
    @usableFromInline package let byteCount: Int

    /// Validates a table: header, checksums, bounds, order, every index, no cycles.
    ///
    /// - Parameter bytes: the whole file, aligned to eight bytes; it must outlive the view and never change.
    /// - Throws: `TableError` with what is wrong and where.
    package init(validating bytes: UnsafeBufferPointer<UInt8>) throws(TableError) {
        let candidate = try unsafe TableCandidate(bytes)
        for part in 0..<TableCandidate.partCount { try candidate.validate(part: part) }
        unsafe self = candidate.view
    }

    /// - Parameter directory: of a table of which no more is known.
    fileprivate init(_ directory: TableDirectory) {
        unsafe base = directory.base
        byteCount = directory.byteCount
    }

    /// A section by its number, which is that of its case in `TableSection` (a test compares them).
    @inlinable @inline(__always)
    func section<Record: BitwiseCopyable>(_ number: Int) -> Section<Record> {
        // The directory was checked: the section lies in the file, is aligned, and has records of this size.
        let entry = unsafe UnsafeRawPointer(base + (64 + 24 * number))
        let offset = unsafe entry.load(fromByteOffset: 8, as: UInt32.self)
        let count = unsafe entry.load(fromByteOffset: 12, as: UInt32.self)
        return unsafe Section(
            base: UnsafeRawPointer(base + Int(offset)).assumingMemoryBound(to: Record.self),
            count: Int(count)
        )
    }

    @inlinable package var gateways: Section<GatewayRecord> { section(0) }
    @inlinable package var text: Section<UInt8> { section(1) }
    @inlinable package var listeners: Section<ListenerRecord> { section(2) }
    @inlinable package var trustedBlocks: Section<AddressBlockRecord> { section(3) }
    @inlinable package var methods: Section<TextReference> { section(4) }
    @inlinable package var hosts: Section<HostRecord> { section(5) }
    @inlinable package var treeNodes: Section<TreeNodeRecord> { section(6) }
    @inlinable package var nodeExtras: Section<NodeExtraRecord> { section(7) }
    @inlinable package var literalSlots: Section<UInt32> { section(8) }
    @inlinable package var constrainedEdges: Section<ConstrainedEdgeRecord> { section(9) }
    @inlinable package var prefixEdges: Section<PrefixEdgeRecord> { section(10) }
    @inlinable package var wholePathEdges: Section<WholePathEdgeRecord> { section(11) }
    @inlinable package var automata: Section<AutomatonRecord> { section(12) }
    @inlinable package var automatonBytes: Section<UInt8> { section(13) }
    @inlinable package var mounts: Section<MountRecord> { section(14) }
    @inlinable package var routes: Section<RouteRecord> { section(15) }
    @inlinable package var routeTexts: Section<RouteTextRecord> { section(16) }
    @inlinable package var conditionSets: Section<RangeRecord> { section(17) }
    @inlinable package var conditions: Section<ConditionRecord> { section(18) }
    @inlinable package var apis: Section<APIRecord> { section(19) }
    @inlinable package var versions: Section<VersionRecord> { section(20) }
    @inlinable package var brownouts: Section<BrownoutRecord> { section(21) }
    @inlinable package var programs: Section<ProgramRecord> { section(22) }
    @inlinable package var code: Section<UInt32> { section(23) }
    @inlinable package var upstreams: Section<UpstreamRecord> { section(24) }
    @inlinable package var targets: Section<TargetRecord> { section(25) }
    @inlinable package var groups: Section<TextReference> { section(26) }
    @inlinable package var consumers: Section<ConsumerRecord> { section(27) }
    @inlinable package var credentials: Section<CredentialRecord> { section(28) }
    @inlinable package var rateLimits: Section<RateLimitRecord> { section(29) }
    @inlinable package var rateSets: Section<RangeRecord> { section(30) }
    @inlinable package var rates: Section<RateRecord> { section(31) }
    @inlinable package var rateTiers: Section<RateTierRecord> { section(32) }
    @inlinable package var headerEdits: Section<EditsRecord> { section(33) }
    @inlinable package var headerFields: Section<HeaderFieldRecord> { section(34) }
    @inlinable package var templates: Section<RangeRecord> { section(35) }
    @inlinable package var templateParts: Section<TemplatePartRecord> { section(36) }
    @inlinable package var responses: Section<ResponseRecord> { section(37) }
    @inlinable package var nodes: Section<NodeRecord> { section(38) }
    @inlinable package var certificates: Section<CertificateRecord> { section(39) }
    @inlinable package var listenerTLS: Section<ListenerTLSRecord> { section(40) }
    @inlinable package var upstreamTLS: Section<UpstreamTLSRecord> { section(41) }
    @inlinable package var addressSets: Section<RangeRecord> { section(42) }
    @inlinable package var addressRanges: Section<AddressRangeRecord> { section(43) }
    @inlinable package var crossOrigins: Section<CrossOriginRecord> { section(44) }
    @inlinable package var origins: Section<TextReference> { section(45) }
    @inlinable package var revocations: Section<RevocationRecord> { section(46) }
    @inlinable package var tokenPolicies: Section<TokenPolicyRecord> { section(47) }
    @inlinable package var tokenKeys: Section<TokenKeyRecord> { section(48) }
    @inlinable package var keySources: Section<KeySourceRecord> { section(49) }
    @inlinable package var claimRequirements: Section<ClaimRequirementRecord> { section(50) }
    @inlinable package var claimHeaders: Section<ClaimHeaderRecord> { section(51) }
    @inlinable package var tokenTexts: Section<TextReference> { section(52) }
    @inlinable package var healthChecks: Section<HealthRecord> { section(53) }
    @inlinable package var statusRanges: Section<StatusRangeRecord> { section(54) }
    @inlinable package var hashSlots: Section<UInt16> { section(55) }
    @inlinable package var authorizers: Section<AuthorizerRecord> { section(56) }
    @inlinable package var fieldNames: Section<TextReference> { section(57) }
    @inlinable package var introspections: Section<IntrospectionRecord> { section(58) }
    @inlinable package var concurrencyLimits: Section<ConcurrencyLimitRecord> { section(59) }
    @inlinable package var faults: Section<FaultRecord> { section(60) }
    @inlinable package var canaries: Section<CanaryRecord> { section(61) }
    @inlinable package var canarySteps: Section<CanaryStepRecord> { section(62) }
    @inlinable package var canaryPieces: Section<CanaryPieceRecord> { section(66) }
    @inlinable package var bodyEdits: Section<BodyEditsRecord> { section(67) }
    @inlinable package var bodyOperations: Section<BodyOperationRecord> { section(68) }
    @inlinable package var groupLists: Section<UInt32> { section(69) }
    @inlinable package var signaturePolicies: Section<SignaturePolicyRecord> { section(63) }
    @inlinable package var queryEdits: Section<EditsRecord> { section(64) }
    @inlinable package var queryParameters: Section<QueryParameterRecord> { section(65) }
    @inlinable package var redis: Section<RedisRecord> { section(70) }

    /// The settings of the gateway as a whole.
    @inlinable
    package var gateway: GatewayRecord { gateways[0] }

    /// The version that a route belongs to.
    @inlinable
    package func version(ofRoute index: UInt32) -> UInt32 {
        unsafe programs.pointer(routes.pointer(index).pointee.program).pointee.version
    }

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

/// A table of which the header and the directory are right, and no more is known.
///
/// The validation of the rest has parts that can run at the same time: none relies on what another checks.
@safe
package struct TableCandidate: Sendable {
    private let directory: TableDirectory
    /// The table.
    ///
    /// Unsafe to use before all parts have passed.
    @unsafe package let view: TableView

    /// - Parameter bytes: as for `TableView.init(validating:)`.
    package init(_ bytes: UnsafeBufferPointer<UInt8>) throws(TableError) {
        directory = try unsafe TableDirectory(bytes)
        unsafe view = TableView(directory)
    }

    /// A checksum for each section; then the labels of the tree and the structure, which take longest.
    package static var partCount: Int { TableSection.allCases.count + 2 }

    /// - Parameter part: below `partCount`. The first part that throws says best what is wrong.
    package func validate(part: Int) throws(TableError) {
        let sections = TableSection.allCases
        switch part - sections.count {
        // Every label of the tree is one, and is found by its slot.
        case 0: try unsafe view.validateLabels()
        // Bounds, order, every index, no cycles.
        case 1: try unsafe view.validate()
        default: try directory.validateChecksum(of: sections[part])
        }
    }
}

/// The header and directory of a table, checked.
@safe
private struct TableDirectory: @unchecked Sendable {
    let base: UnsafePointer<UInt8>
    let byteCount: Int

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
        for section in sections { end = try locate(section, from: end) }
        guard end == bytes.count else { throw .wrongByteCount(said: UInt64(end), actual: bytes.count) }
    }

    /// Checks one directory entry; the section must begin where the one before it ended.
    ///
    /// - Returns: where the section ends, padding included.
    private func locate(_ section: TableSection, from start: Int) throws(TableError) -> Int {
        let entry = TableDirectory.entry(of: section)
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
        return end
    }

    /// The checksum of a section with its padding.
    func validateChecksum(of section: TableSection) throws(TableError) {
        let entry = TableDirectory.entry(of: section)
        let offset = Int(load(UInt32.self, at: entry + TableLayout.entryFileOffsetOffset))
        let count = Int(load(UInt32.self, at: entry + TableLayout.entryRecordCountOffset))
        let end = TableDirectory.aligned(offset + count * section.recordByteCount)
        let checksum = load(UInt32.self, at: entry + TableLayout.entryChecksumOffset)
        // `locate` has seen that the section lies within the file.
        guard unsafe Checksum.crc32(UnsafeBufferPointer(start: base + offset, count: end - offset)) == checksum
        else { throw .checksum(section: "\(section)") }
    }

    private static func entry(of section: TableSection) -> Int {
        TableLayout.headerByteCount + section.rawValue * TableLayout.directoryEntryByteCount
    }

    /// - Precondition: the value lies within the header or the directory, whose bounds were checked.
    private func load<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
        unsafe Value(littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: type))
    }

    private static func aligned(_ count: Int) -> Int {
        (count + TableLayout.alignment - 1) / TableLayout.alignment * TableLayout.alignment
    }
}
