// The one walk over everything. Each check names the record and the field that fails it; what these functions accept,
// the lookup and the interpreter use without looking again. Every section is walked once, in time linear in its size.
//
// Ranges tile the section that they point into: their records follow each other without a gap or an overlap, so that a
// record has one owner and nothing is walked twice.

extension TableView {
    /// - Throws: what is wrong first, in the order of this list: what a check relies on was checked before it.
    func validate() throws(TableError) {
        try validateSettings()
        try validateVersions()
        try validateRedis()
        try validatePolicies()
        try validateBalancing()
        try validateSecurity()
        try validateEdge()
        try validateRevocations()
        try validateTokens()
        try validateConsulting()
        try validateTraffic()
        try validateSignatures()
        try validateTemplates()
        try validateQueries()
        try validateBodies()
        try validatePrograms()
        try validateAutomata()
        try validateRoutes()
        try validateHosts()
        try validateTree()
    }

    @inline(__always)
    func check(_ reference: TextReference, _ section: TableSection, _ record: Int, _ field: StaticString)
        throws(TableError)
    {
        // Both are below 2^32: no overflow in 64 bits.
        guard Int(reference.offset) + Int(reference.count) <= text.count else {
            throw TableError.outOfRange(section, record, field)
        }
    }

    @inline(__always)
    func check(
        _ index: UInt32,
        below count: Int,
        _ section: TableSection,
        _ record: Int,
        _ field: StaticString
    ) throws(TableError) {
        guard Int(index) < count else { throw TableError.outOfRange(section, record, field) }
    }

    @inline(__always)
    func require(
        _ condition: Bool,
        _ section: TableSection,
        _ record: Int,
        _ what: @autoclosure () -> String
    ) throws(TableError) {
        guard condition else { throw TableError.malformed(section, record, what()) }
    }

    /// Whole header lines, each `name: value` with its CRLF and no other control byte; or nothing.
    func checkHeaderLines(
        _ reference: TextReference,
        _ section: TableSection,
        _ record: Int,
        _ field: StaticString
    ) throws(TableError) {
        try check(reference, section, record, field)
        guard HeaderLineCheck.areLines(bytes(reference)) else {
            throw .malformed(
                section: "\(section)",
                record: record,
                what: "`\(field)` holds something beside header lines"
            )
        }
    }
}

// Errors are made apart from where they are found, so that what finds none is small enough to be fast.
extension TableError {
    @inline(never)
    fileprivate static func outOfRange(_ section: TableSection, _ record: Int, _ field: StaticString) -> TableError {
        .outOfRange(section: "\(section)", record: record, field: field.description)
    }

    @inline(never)
    fileprivate static func malformed(_ section: TableSection, _ record: Int, _ what: String) -> TableError {
        .malformed(section: "\(section)", record: record, what: what)
    }
}

/// How far the ranges of a section's records have covered the section that they point into.
struct Tiling {
    let count: Int
    let owner: TableSection
    let field: StaticString
    private var end = 0

    /// - Parameter count: records of the section that the ranges point into.
    init(_ count: Int, owner: TableSection, field: StaticString) {
        self.count = count
        self.owner = owner
        self.field = field
    }

    /// Takes the range of the next record; it begins where the one before it ended.
    mutating func take(_ range: RangeRecord, _ record: Int) throws(TableError) {
        // Both are below 2^32: no overflow in 64 bits.
        guard Int(range.first) + Int(range.count) <= count else {
            throw .outOfRange(section: "\(owner)", record: record, field: field.description)
        }
        guard range.count > 0 else { return }
        guard Int(range.first) == end else { throw .disordered(section: "\(owner)", record: record) }
        end += Int(range.count)
    }

    /// Nothing may be left over.
    func finish() throws(TableError) {
        guard end == count else { throw .outOfRange(section: "\(owner)", record: end, field: field.description) }
    }
}

/// The syntax of header lines (RFC 9112 section 5), so far as the safety of framing depends on it.
enum HeaderLineCheck {
    static func areLines(_ bytes: TableBytes) -> Bool {
        var offset = 0
        while offset < bytes.count {
            guard let end = lineEnd(bytes, from: offset) else { return false }
            offset = end
        }
        return true
    }

    /// `name: value`, of which the value may go on behind these bytes.
    static func isLineStart(_ bytes: TableBytes) -> Bool {
        guard let value = valueStart(bytes, from: 0) else { return false }
        return isValue(bytes, value..<bytes.count)
    }

    /// Bytes that a field value may hold anywhere: no control byte but tab.
    static func isValue(_ bytes: TableBytes, _ range: Range<Int>) -> Bool {
        for offset in range {
            let byte = bytes[offset]
            guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else { return false }
        }
        return true
    }

    /// Where the line that begins at `start` ends, its CRLF included.
    private static func lineEnd(_ bytes: TableBytes, from start: Int) -> Int? {
        guard let value = valueStart(bytes, from: start) else { return nil }
        var end = value
        while end < bytes.count, bytes[end] != 0x0D { end += 1 }
        guard end + 1 < bytes.count, bytes[end + 1] == 0x0A, isValue(bytes, value..<end) else { return nil }
        return end + 2
    }

    /// Where the value begins, behind a name, a colon and a space.
    private static func valueStart(_ bytes: TableBytes, from start: Int) -> Int? {
        var colon = start
        while colon < bytes.count, isTokenByte(bytes[colon]) { colon += 1 }
        guard colon > start, colon + 1 < bytes.count else { return nil }
        return bytes[colon] == UInt8(ascii: ":") && bytes[colon + 1] == UInt8(ascii: " ") ? colon + 2 : nil
    }

    /// RFC 9110 section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
